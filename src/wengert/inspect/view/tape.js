// The trace as data. A position counts the values of the forward sweep, then the visits of the reverse sweep, the first
// of which gives the result its adjoint. An item is an argument or a step, by its place in the table.

class Tape {
  constructor(data) {
    this.data = data;
    this.steps = data.steps;
    this.items = data.steps.expression.length;
    this.backward = data.backward;
    this.visits = data.backward ? data.backward.place.length : 0;
    this.length = this.items + this.visits;
    this.arguments = this.steps.number.findIndex((number) => number > 0);
    if (this.arguments < 0) this.arguments = this.items;
    this.readUsers();
    this.readAdjoints();
    this.readWrites();
    this.origins = [
      ...data.enters,
      ...(this.backward ? this.backward.enters.map((visit) => this.items + visit) : []),
    ];
  }

  // For each item the later ones that read it: those of item i are users[usersFrom[i]] up to users[usersFrom[i + 1]].
  readUsers() {
    const { operands } = this.steps;
    this.usersFrom = new Int32Array(this.items + 1);
    for (const list of operands) for (const one of list) this.usersFrom[one + 1] += 1;
    for (let i = 0; i < this.items; i++) this.usersFrom[i + 1] += this.usersFrom[i];
    const next = this.usersFrom.slice();
    this.users = new Int32Array(this.usersFrom[this.items]);
    operands.forEach((list, item) => {
      for (const one of list) this.users[next[one]++] = item;
    });
  }

  // A storage has one slot and, after each write, another content. The adjoint of a content begins where the sweep visits
  // the next write, `begins`, and ends where it visits the write that made it.
  readWrites() {
    this.storageOf = new Map();
    this.begins = new Map();
    const holder = new Map(this.ownerOf);
    for (const [item, name, slot] of this.data.writes) {
      this.storageOf.set(item, { name, slot });
      if (slot === null) continue;
      if (holder.has(slot)) this.begins.set(`${slot} ${holder.get(slot)}`, this.visitOf[item]);
      holder.set(slot, item);
    }
  }

  // For each slot its updates in the order of the sweep, found in the same way.
  readAdjoints() {
    this.visitOf = new Int32Array(this.items).fill(-1);
    this.ownerOf = new Map();
    this.steps.slots.forEach((slots, item) => slots.forEach((slot) => this.ownerOf.set(slot, item)));
    if (!this.backward) return;
    const { place, count, slot } = this.backward;
    this.updatesFrom = new Int32Array(this.visits + 1);
    this.visitOfUpdate = new Int32Array(slot.length);
    for (let visit = 0; visit < this.visits; visit++) {
      const start = this.updatesFrom[visit];
      this.updatesFrom[visit + 1] = start + count[visit];
      this.visitOfUpdate.fill(visit, start, start + count[visit]);
      if (place[visit] >= 0) this.visitOf[place[visit]] = visit;
    }
    let slots = 0;
    for (const one of slot) slots = Math.max(slots, one + 1);
    this.slotFrom = new Int32Array(slots + 1);
    for (const one of slot) this.slotFrom[one + 1] += 1;
    for (let i = 0; i < slots; i++) this.slotFrom[i + 1] += this.slotFrom[i];
    const next = this.slotFrom.slice();
    this.slotUpdates = new Int32Array(slot.length);
    slot.forEach((one, update) => (this.slotUpdates[next[one]++] = update));
  }

  // What is shown at a position: the item (-1 where the reverse sweep starts), and the visit, or -1 in the forward sweep.
  at(position) {
    if (position < this.items) return { item: position, visit: -1 };
    const visit = position - this.items;
    return { item: this.backward.place[visit], visit };
  }

  // Where an item is shown: in the sweep that is wanted if it is visited there, else in the forward sweep.
  positionOf(item, inReverse) {
    return inReverse && this.visitOf[item] >= 0 ? this.items + this.visitOf[item] : item;
  }

  // The name of what an item defines; for a write that of the storage.
  nameOf(item) {
    return this.storageOf.get(item)?.name ?? this.steps.expression[item].split(/ [+-]?= /, 1)[0];
  }

  placeOf(item) {
    const place = this.data.places[this.steps.place[item]];
    return place ? { file: place[0], line: place[1], name: `${this.data.files[place[0]].name}:${place[1]}`, inside: place[2] } : null;
  }

  iterationOf(item) {
    return this.data.iterations[this.steps.iteration[item]];
  }

  updatesOf(visit) {
    const found = [];
    for (let i = this.updatesFrom[visit]; i < this.updatesFrom[visit + 1]; i++) found.push(i);
    return found;
  }

  // The last update of a slot at a visit or before, or -1.
  updateAt(slot, visit) {
    if (!this.backward || slot + 1 >= this.slotFrom.length) return -1;
    let low = this.slotFrom[slot];
    let high = this.slotFrom[slot + 1];
    const start = low;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.visitOfUpdate[this.slotUpdates[middle]] <= visit) low = middle + 1;
      else high = middle;
    }
    return low === start ? -1 : this.slotUpdates[low - 1];
  }

  // The adjoint of an item as far as it has been added up at a visit: its text and its kind.
  adjointOf(item, visit) {
    const storage = this.storageOf.get(item);
    const slots = !storage ? this.steps.slots[item] : storage.slot === null ? [] : [storage.slot];
    const end = storage && this.visitOf[item] >= 0 ? this.visitOf[item] - 1 : visit;
    const updates = slots.map((slot) => {
      const begin = this.begins.get(`${slot} ${item}`) ?? 0;
      return visit < begin ? -1 : this.updateAt(slot, Math.min(visit, end));
    });
    return {
      text: updates.map((update) => (update < 0 ? "0.0" : this.backward.value[update])).join("; "),
      kind: updates.reduce((kind, update) => (update < 0 ? kind : kind | this.backward.kind[update]), 0),
    };
  }

  // The kinds of values that a position shows as new: bit 1 for infinity, bit 2 for NaN.
  kindAt(position) {
    if (position < this.items) return this.steps.kind[position];
    return this.updatesOf(position - this.items).reduce((kind, update) => kind | this.backward.kind[update], 0);
  }

  // The next position in a direction, 1 or -1, that shows NaN or infinity; the present one if there is none.
  nextNotFinite(position, direction) {
    for (let next = position + direction; next >= 0 && next < this.length; next += direction) {
      if (this.kindAt(next)) return next;
    }
    return position;
  }

  // The items whose text holds the query, or whose line is the one that is named, of a kind if that is not 0.
  search(query, kind) {
    const found = [];
    const text = query.trim().toLowerCase();
    const line = /^([^\s:]*):(\d+)$/.exec(text);
    this.prepareSearch();
    for (let item = 0; item < this.items; item++) {
      if (kind && !(this.kinds[item] & kind)) continue;
      if (line) {
        const place = this.placeOf(item);
        if (!place || place.line !== Number(line[2]) || !place.name.toLowerCase().includes(line[1])) continue;
      } else if (!this.texts[item].includes(text)) continue;
      found.push(item);
    }
    return found;
  }

  prepareSearch() {
    if (this.texts) return;
    const lines = this.data.files.map((file) => {
      const texts = new Map();
      for (const [start, piece] of file.pieces) piece.forEach((text, i) => texts.set(start + i, text.trim()));
      return texts;
    });
    const places = this.data.places.map(([file, line]) => `${this.data.files[file].name}:${line} ${lines[file].get(line) || ""}`);
    this.texts = this.steps.expression.map((expression, item) => {
      const operation = this.data.operations[this.steps.operation[item]];
      return `${expression} ${operation} ${places[this.steps.place[item]] || ""} ${this.iterationOf(item)}`.toLowerCase();
    });
    this.kinds = Uint8Array.from(this.steps.kind);
    if (!this.backward) return;
    this.backward.slot.forEach((slot, update) => {
      const owner = this.ownerOf.get(slot);
      if (owner !== undefined) this.kinds[owner] |= this.backward.kind[update];
    });
  }
}
