// The page: one position, which buttons, keys, slider, rows, nodes and lines change, and all panels show.

const tape = new Tape(JSON.parse(document.getElementById("data").textContent));
const byId = (id) => document.getElementById(id);
let position = 0;
let found = null;

const goToItem = (item) => goTo(tape.positionOf(item, tape.at(position).visit >= 0));
const table = new StepTable(byId("rows"), tape, goToItem);
const source = new SourcePane(byId("source"), tape, goToItem);

function element(name, text, style) {
  const made = document.createElement(name);
  made.textContent = text;
  if (style) made.className = style;
  return made;
}

function goTo(wanted) {
  position = Math.min(Math.max(wanted, 0), tape.length - 1);
  const state = tape.at(position);
  byId("position").value = position;
  byId("first").disabled = byId("back").disabled = position === 0;
  byId("last").disabled = byId("forward").disabled = position === tape.length - 1;
  byId("turn").disabled = !tape.backward || state.item < 0 || tape.visitOf[state.item] < 0;
  byId("now").textContent = sentence(state);
  showEntry(state);
  drawGraph(byId("graph"), tape, state, goToItem);
  table.show(state);
  source.show(state);
}

function count(number) {
  return number.toLocaleString("en");
}

function sentence({ item, visit }) {
  if (item < 0) return `Reverse: the result ${tape.data.result} gets its adjoint, ${updateTexts(visit).join(", ") || "none"}`;
  const where = tape.placeOf(item);
  const line = where ? `, ${where.name}` : "";
  const step = tape.steps.number[item] ? `step ${count(tape.steps.number[item])}` : "argument";
  const iteration = tape.iterationOf(item) ? `, ${tape.iterationOf(item)}` : "";
  if (visit < 0) return `Forward, ${step}: ${tape.steps.expression[item]}, value ${tape.steps.value[item] || "none"}${line}${iteration}`;
  return `Reverse, ${step}: ${tape.steps.expression[item]}, adds to ${updateTexts(visit).join(", ")}${line}${iteration}`;
}

function updateTexts(visit) {
  return tape.updatesOf(visit).map((update) => {
    const owner = tape.ownerOf.get(tape.backward.slot[update]);
    return `${owner === undefined ? "?" : tape.nameOf(owner)}: ${tape.backward.value[update]}`;
  });
}

// The panel of the present step.

function showEntry(state) {
  const { item, visit } = state;
  const parts = [element("h2", visit < 0 ? "Forward: values" : "Reverse: adjoints")];
  const list = document.createElement("dl");
  const add = (name, ...values) => {
    if (values.every((value) => value === "")) return;
    const cell = document.createElement("dd");
    cell.append(...values);
    list.append(element("dt", name), cell);
  };
  const title = element("p", "", "title");
  title.append(element("code", item < 0 ? `return ${tape.data.result}` : tape.steps.expression[item]));
  parts.push(title);
  if (tape.origins.includes(position)) parts.push(element("p", originText(state), "enters"));
  if (visit >= 0) {
    if (item >= 0) addAdjoint(tape.adjointOf(item, visit), add);
    tape.updatesOf(visit).forEach((update, i) => add(i ? "" : item < 0 ? "adjoint of" : "adds to", updated(update)));
  }
  if (item >= 0) describe(item, add);
  byId("entry").replaceChildren(...parts, list);
}

function updated(update) {
  const owner = tape.ownerOf.get(tape.backward.slot[update]);
  return mention(owner, `, now ${tape.backward.value[update]}`, tape.backward.kind[update]);
}

function originText({ item, visit }) {
  if (visit >= 0) return "NaN or infinity enters the reverse sweep here: all values and the adjoint of the step are finite.";
  if (item < tape.arguments) return "NaN or infinity comes in with this argument.";
  return "NaN or infinity enters here: all recorded operands are finite.";
}

// A button with the name of an item, and a text beside it.
function mention(item, text, kind) {
  const whole = document.createElement("span");
  if (item === undefined) return element("span", text.slice(2));
  const button = element("button", tape.nameOf(item), "link code");
  button.addEventListener("click", () => goToItem(item));
  whole.append(button, element("span", text, kind ? "code bad" : "code"));
  return whole;
}

function addAdjoint(adjoint, add) {
  add("adjoint", element("span", adjoint.text || "none", adjoint.kind ? "code bad" : "code"));
}

function describe(item, add) {
  const { steps, data } = tape;
  const [dtype, shape] = data.types[steps.type[item]];
  const kind = steps.kind[item] ? "code bad" : "code";
  const storage = tape.storageOf.get(item);
  add(storage ? `${storage.name} after it` : "value", element("span", steps.value[item], kind));
  add("dtype", dtype);
  add("shape", shape || (dtype ? "a number" : ""));
  add("operation", data.operations[steps.operation[item]]);
  steps.operands[item].forEach((operand, i) => {
    add(i ? "" : "operands", mention(operand, ` = ${steps.value[operand] || "constant"}`, steps.kind[operand]));
  });
  const place = tape.placeOf(item);
  if (place) add("line", `${place.name}, in ${place.inside}`);
  add("iteration", tape.iterationOf(item));
  add("saved", steps.saved[item] && `${steps.saved[item]}, which adds ${count(steps.bytes[item])} bytes`);
}

// Search.

function search() {
  const query = byId("query").value;
  const kind = Number(byId("kind").value);
  found = query.trim() || kind ? tape.search(query, kind) : null;
  byId("found").textContent = found ? `${count(found.length)} of ${count(tape.items)} found` : "";
  table.list(found);
}

function goToFound(direction) {
  if (!found || !found.length) return;
  const { item } = tape.at(position);
  const row = table.rowOf(item);
  const isListed = found[row] === item;
  const next = direction > 0 ? row + (isListed ? 1 : 0) : row - 1;
  goToItem(found[(next + found.length) % found.length]);
}

function endSearch() {
  byId("query").value = "";
  byId("kind").value = "0";
  search();
  byId("rows").focus();
}

// Where NaN or infinity entered: each press shows the next place, after the last one the first.
let lastOrigin = -1;
function goToOrigin() {
  if (!tape.origins.length) {
    goTo(tape.nextNotFinite(-1, 1) < 0 ? position : tape.nextNotFinite(-1, 1));
    return;
  }
  lastOrigin = (lastOrigin + 1) % tape.origins.length;
  goTo(tape.origins[lastOrigin]);
}

function turn() {
  const { item, visit } = tape.at(position);
  if (item >= 0) goTo(tape.positionOf(item, visit < 0));
}

function focusSearch() {
  byId("query").focus();
  byId("query").select();
}

const KEYS = {
  ArrowRight: () => goTo(position + 1),
  ArrowLeft: () => goTo(position - 1),
  PageDown: () => goTo(position + 10),
  PageUp: () => goTo(position - 10),
  Home: () => goTo(0),
  End: () => goTo(tape.length - 1),
  b: turn,
  w: goToOrigin,
  n: () => goTo(tape.nextNotFinite(position, 1)),
  N: () => goTo(tape.nextNotFinite(position, -1)),
  "/": focusSearch,
  "?": () => (byId("keys").open = !byId("keys").open),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input[type=search], select")) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

byId("first").addEventListener("click", KEYS.Home);
byId("back").addEventListener("click", KEYS.ArrowLeft);
byId("forward").addEventListener("click", KEYS.ArrowRight);
byId("last").addEventListener("click", KEYS.End);
byId("turn").addEventListener("click", turn);
byId("origin").addEventListener("click", goToOrigin);
byId("position").addEventListener("input", (event) => goTo(Number(event.target.value)));
byId("find").addEventListener("submit", (event) => event.preventDefault());
byId("query").addEventListener("input", search);
byId("kind").addEventListener("change", search);
byId("query").addEventListener("keydown", (event) => {
  if (event.key === "Enter") goToFound(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") endSearch();
});

const steps = tape.items - tape.arguments;
byId("about").textContent =
  `${count(steps)} ${steps === 1 ? "step" : "steps"}, ${count(tape.data.savedBytes)} bytes saved; returns ${tape.data.result}. ` +
  (tape.backward ? "" : "The result is not one number: call reverse with its cotangent to see the adjoints.");
byId("origin").disabled = !tape.origins.length && tape.nextNotFinite(-1, 1) < 0;
byId("origin").title += tape.origins.length ? `: ${tape.origins.length} found` : ": none";
byId("position").max = tape.length - 1;
table.list(null);
goTo(0);
