// The source of the program around the lines that were recorded, each with the number of its steps.

class SourcePane {
  constructor(panel, tape, go) {
    this.panel = panel;
    this.tape = tape;
    this.go = go;
    this.file = -1;
    this.items = new Map(); // by file and line, the items that the line recorded
    tape.steps.place.forEach((place, item) => {
      if (place < 0) return;
      const [file, line] = tape.data.places[place];
      const key = `${file}:${line}`;
      if (!this.items.has(key)) this.items.set(key, []);
      this.items.get(key).push(item);
    });
    if (tape.data.files.length) this.draw(0);
  }

  draw(file) {
    this.file = file;
    const { name, pieces } = this.tape.data.files[file];
    const heading = document.createElement("h2");
    heading.textContent = pieces.length ? `${name}, with the number of steps of each line` : `${name}: its source is not known`;
    const table = document.createElement("table");
    this.rows = new Map();
    pieces.forEach(([start, lines], i) => {
      if (i) table.insertRow().insertCell().textContent = "⋮";
      lines.forEach((text, offset) => this.drawLine(table, start + offset, text));
    });
    this.panel.replaceChildren(heading, table);
  }

  drawLine(table, line, text) {
    const row = table.insertRow();
    const [number, hits, code] = [row.insertCell(), row.insertCell(), row.insertCell()];
    number.className = "number";
    number.textContent = line;
    hits.className = "hits";
    code.className = "code";
    code.textContent = text;
    this.rows.set(line, row);
    const items = this.items.get(`${this.file}:${line}`);
    if (!items) return;
    row.className = "used";
    const button = document.createElement("button");
    button.className = "link";
    button.textContent = `${items.length.toLocaleString("en")}×`;
    button.setAttribute("aria-label", `line ${line}, ${items.length} steps: go to the next`);
    hits.append(button);
    row.addEventListener("click", () => this.go(this.following(items)));
  }

  // The item of a line that comes after the present one, or the line's first.
  following(items) {
    return items.find((item) => item > this.present) ?? items[0];
  }

  show(state) {
    this.present = state.item;
    const place = state.item < 0 ? null : this.tape.placeOf(state.item);
    if (place && place.file !== this.file) this.draw(place.file);
    this.panel.querySelector("tr.present")?.classList.remove("present");
    const row = place && this.rows.get(place.line);
    if (!row) return;
    row.classList.add("present");
    const { panel } = this;
    const top = row.getBoundingClientRect().top - panel.getBoundingClientRect().top;
    if (top < 40 || top > panel.clientHeight - 40) panel.scrollTop += top - panel.clientHeight / 2;
  }
}
