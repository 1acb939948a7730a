// The table of steps. Only the rows in sight are in the document, between two spacers as high as the others.

const ROW_HEIGHT = 28; // as --row in the style
const ROWS_BESIDE = 6;

class StepTable {
  constructor(scroller, tape, go) {
    this.scroller = scroller;
    this.tape = tape;
    this.go = go;
    this.found = null; // the items to list, or null for all
    this.state = { item: 0, visit: -1 };
    this.columns = ["step", "expression", "value", ...(tape.backward ? ["adjoint"] : []), "place", "iteration"];
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const column of this.columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.className = column;
      cell.textContent = column === "place" ? "line" : column;
      head.append(cell);
    }
    this.table = table;
    this.body = table.createTBody();
    scroller.append(table);
    scroller.addEventListener("scroll", () => this.drawSoon());
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-item]");
      if (row) go(Number(row.dataset.item));
    });
    new ResizeObserver(() => this.drawSoon()).observe(scroller);
  }

  get count() {
    return this.found ? this.found.length : this.tape.items;
  }

  itemOf(row) {
    return this.found ? this.found[row] : row;
  }

  // The row of an item, or of the first one after it.
  rowOf(item) {
    if (!this.found) return item;
    let [low, high] = [0, this.found.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.found[middle] < item) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  list(found) {
    this.found = found;
    this.table.setAttribute("aria-rowcount", this.count + 1);
    this.reveal();
    this.draw();
  }

  show(state) {
    this.state = state;
    this.reveal();
    this.draw();
  }

  reveal() {
    const item = this.state.item < 0 ? this.tape.items - 1 : this.state.item;
    const top = this.rowOf(item) * ROW_HEIGHT;
    const inSight = this.scroller.clientHeight - 2 * ROW_HEIGHT;
    if (top < this.scroller.scrollTop || top > this.scroller.scrollTop + inSight) {
      this.draw(); // the spacers first: they say how far there is to scroll
      this.scroller.scrollTop = Math.max(0, top - inSight / 2);
    }
  }

  drawSoon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW_HEIGHT) - ROWS_BESIDE);
    const shown = Math.ceil(this.scroller.clientHeight / ROW_HEIGHT) + 2 * ROWS_BESIDE;
    const start = Math.min(first, this.count);
    const end = Math.min(start + shown, this.count);
    this.table.className = this.state.visit < 0 ? "forward" : "reverse";
    const rows = [this.spacer(start)];
    for (let row = start; row < end; row++) rows.push(this.row(row));
    rows.push(this.spacer(this.count - end));
    this.body.replaceChildren(...rows);
  }

  spacer(count) {
    const row = document.createElement("tr");
    row.className = "spacer";
    row.setAttribute("aria-hidden", "true");
    const cell = row.insertCell();
    cell.style.height = `${count * ROW_HEIGHT}px`;
    return row;
  }

  row(number) {
    const { tape, state } = this;
    const item = this.itemOf(number);
    const isLater = state.visit < 0 && item > state.item;
    const adjoint = state.visit < 0 ? { text: "", kind: 0 } : tape.adjointOf(item, state.visit);
    const place = tape.placeOf(item);
    const texts = {
      step: tape.steps.number[item] || "",
      expression: tape.steps.expression[item],
      value: isLater ? "" : tape.steps.value[item],
      adjoint: adjoint.text,
      place: place ? place.name : "",
      iteration: tape.iterationOf(item),
    };
    const row = document.createElement("tr");
    row.dataset.item = item;
    row.setAttribute("aria-rowindex", number + 2);
    if (item === state.item) {
      row.className = "present";
      row.setAttribute("aria-current", "step");
    } else if (isLater) row.className = "later";
    for (const column of this.columns) {
      const cell = row.insertCell();
      cell.className = column;
      cell.textContent = texts[column];
      if (column !== "step" && column !== "iteration") {
        cell.classList.add("code");
        cell.title = texts[column];
      }
    }
    if (!isLater && tape.steps.kind[item]) row.querySelector(".value").classList.add("bad");
    if (adjoint.kind) row.querySelector(".adjoint").classList.add("bad");
    return row;
  }
}
