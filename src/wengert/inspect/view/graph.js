// The graph around the present step: what it reads above it, what reads it below, a few of each.

const NODE = { width: 150, height: 54, across: 170, down: 88 };
const MOST = { whole: 14, operands: 4, further: 3, users: 4 };

function svgElement(name, attributes, ...children) {
  const found = document.createElementNS(document.querySelector("#graph svg").namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  found.append(...children);
  return found;
}

// The items to draw, in the order of the tape, and how many users of the present one are left out.
function neighbourhood(tape, item) {
  if (tape.items <= MOST.whole) return { items: [...Array(tape.items).keys()], left: 0 };
  const shown = new Set([item]);
  const near = tape.steps.operands[item].slice(0, MOST.operands);
  near.forEach((one) => shown.add(one));
  let further = 0;
  for (const one of near) {
    for (const other of tape.steps.operands[one]) {
      if (further < MOST.further && !shown.has(other)) {
        shown.add(other);
        further += 1;
      }
    }
  }
  const [start, end] = [tape.usersFrom[item], tape.usersFrom[item + 1]];
  for (let i = start; i < Math.min(end, start + MOST.users); i++) shown.add(tape.users[i]);
  return { items: [...shown].sort((one, other) => one - other), left: Math.max(0, end - start - MOST.users) };
}

// Rows so that every operand stands above, and in each row the order that keeps edges short.
function placed(tape, items) {
  const places = new Map();
  const rows = [];
  for (const item of items) {
    const above = tape.steps.operands[item].filter((one) => places.has(one)).map((one) => places.get(one));
    const row = above.reduce((most, one) => Math.max(most, one.row + 1), 0);
    const place = { item, row, x: 0, wish: null, above };
    places.set(item, place);
    (rows[row] ||= []).push(place);
  }
  for (const row of rows) {
    for (const place of row) {
      if (place.above.length) place.wish = place.above.reduce((sum, one) => sum + one.x, 0) / place.above.length;
    }
    row.sort((one, other) => (one.wish ?? 0) - (other.wish ?? 0) || one.item - other.item);
    row.forEach((place, i) => (place.x = (i - (row.length - 1) / 2) * NODE.across));
  }
  return { places, rows };
}

function shortened(text, length) {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function drawNode(tape, state, place, go) {
  const { item } = place;
  const { steps } = tape;
  const isLater = state.visit < 0 && item > state.item;
  const adjoint = state.visit < 0 ? null : tape.adjointOf(item, state.visit);
  const kind = isLater ? 0 : adjoint ? adjoint.kind : steps.kind[item];
  const classes = ["node"];
  if (item === state.item) classes.push("present");
  if (isLater) classes.push("later");
  if (kind) classes.push("not-finite");
  const name = tape.nameOf(item);
  const operation = tape.data.operations[steps.operation[item]];
  const value = isLater ? "" : adjoint ? `adjoint ${adjoint.text || "none"}` : steps.value[item];
  const lines = [
    [name, "name"],
    [operation, "small"],
    [value, kind ? "small bad" : "small"],
  ];
  const [x, y] = [place.x, place.row * NODE.down];
  const node = svgElement(
    "g",
    { class: classes.join(" "), role: "button", tabindex: "0", "aria-label": `${steps.expression[item]} ${value}`, "data-item": item },
    svgElement("rect", { x: x - NODE.width / 2, y, width: NODE.width, height: NODE.height, rx: 7 }),
    ...lines.map(([text, style], i) => svgElement("text", { x, y: y + 16 + 16 * i, class: style }, shortened(text, i ? 20 : 17))),
  );
  node.addEventListener("click", () => go(item));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      go(item);
    }
  });
  return node;
}

function drawEdge(from, to, isReversed, isActive) {
  const [x1, y1] = [from.x, from.row * NODE.down + NODE.height];
  const [x2, y2] = [to.x, to.row * NODE.down];
  const bend = Math.min(40, (y2 - y1) / 2);
  const marker = `url(#${isActive ? "active-end" : "end"})`;
  return svgElement("path", {
    class: isActive ? "edge active" : "edge",
    d: isReversed
      ? `M ${x2} ${y2} C ${x2} ${y2 - bend} ${x1} ${y1 + bend} ${x1} ${y1 + 3}`
      : `M ${x1} ${y1} C ${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2 - 3}`,
    "marker-end": marker,
  });
}

function arrowHead(id, style) {
  const box = { id, class: style, viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto" };
  return svgElement("marker", box, svgElement("path", { d: "M 0 0 L 8 4 L 0 8 z" }));
}

function drawGraph(panel, tape, state, go) {
  const item = state.item < 0 ? tape.items - 1 : state.item;
  const { items, left } = neighbourhood(tape, item);
  const { places, rows } = placed(tape, items);
  const widest = Math.max(2, ...rows.map((row) => row.length));
  const [width, height] = [widest * NODE.across, (rows.length - 1) * NODE.down + NODE.height];
  const drawing = panel.querySelector("svg");
  drawing.setAttribute("viewBox", `${-width / 2 - 4} -4 ${width + 8} ${Math.max(height, 3 * NODE.down) + 8}`);
  drawing.replaceChildren(svgElement("defs", {}, arrowHead("end", ""), arrowHead("active-end", "active")));
  for (const to of places.values()) {
    for (const from of to.above) drawing.append(drawEdge(from, to, state.visit >= 0, to.item === state.item));
  }
  for (const place of places.values()) drawing.append(drawNode(tape, state, place, go));
  const heading = panel.querySelector("h2");
  heading.textContent = state.visit < 0 ? "Graph, operands above" : "Graph, adjoints go up";
  if (left) heading.textContent += `; ${left.toLocaleString("en")} more use ${tape.nameOf(item)}`;
}
