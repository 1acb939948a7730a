"""Interchanges loops, so that the innermost one walks along rows.

What goes in: a program. What comes out: a loop with independent iterations, around loops whose accesses are down the
columns for their own counters and along the rows for its counter, is moved inside those; the rest of its body becomes
loops of its own before, between and after them. What its iterations carry from one of these parts to the next, numbers
and variables, is computed again or put into a row of numbers. What holds: each iteration does what it did, in
the order in which it did it, so every bit is the same. Allen and Kennedy, *Optimizing Compilers for Modern
Architectures*, 2001, sections 5.2 (interchange), 5.3 (scalar expansion) and 2.4 (distribution).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from wengert.analysis.affine import affine
from wengert.analysis.index import Index, index_program
from wengert.passes.independent import has_independent_iterations
from wengert.passes.nests import compute_again
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Bind,
    Block,
    Constant,
    For,
    If,
    Load,
    Operand,
    Program,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import bound, made, operands, rebuild, walk

__all__ = ["interchange_loops"]

_FEWEST = 16  # iterations, where their number is known, that are worth an innermost loop


def interchange_loops(program: Program) -> Program:
    """The program with loops interchanged where that makes accesses contiguous."""
    index = index_program(program)

    def block(statements: Block) -> Block:
        return tuple(changed for one in statements for changed in statement(one))

    def statement(one: Statement) -> Sequence[Statement]:
        if isinstance(one, For):
            found = _interchanged(index, one)
            if found is not None:
                return found
        if isinstance(one, For | If | While):
            return [rebuild(one, lambda operand: operand, lambda storage: storage, block)]
        return [one]

    return replace(program, body=block(program.body))


def _interchanged(index: Index, loop: For) -> Sequence[Statement] | None:
    """The loop moved into those in its body, if it may be and that pays."""
    if loop.step != 1 or not _is_long(loop) or not any(isinstance(one, For) for one in loop.body):
        return None
    if not all(isinstance(one, Bind | Load | Store | Accumulate | Allocate | For | If) for one in walk(loop.body)):
        return None
    if any(isinstance(one, Allocate) and (one.sizes or one.kept is not None) for one in walk(loop.body)):
        return None
    plan = _Plan(index, loop)
    if not plan.pays or not (loop.order_free or has_independent_iterations(index, loop)):
        return None
    return _Distribution(index, plan).statements()


def _is_long(loop: For) -> bool:
    if isinstance(loop.start, Constant) and isinstance(loop.stop, Constant):
        return int(loop.stop.value.real) - int(loop.start.value.real) >= _FEWEST
    return True


# What is moved where.


@dataclass(eq=False)
class _Part:
    """Statements that follow one another and stay in one loop over the counter that is moved inwards."""

    statements: list[Statement]


@dataclass(eq=False)
class _Sunk:
    """A loop that will be outside of the one that is moved inwards."""

    loop: For
    items: list[_Item]


_Item: TypeAlias = "_Part | _Sunk"


class _Plan:
    """Which loops in the body of `loop` will be outside of it, and the parts that the rest of the body falls into."""

    def __init__(self, index: Index, loop: For) -> None:
        self.index, self.loop = index, loop
        self.inside: set[Operand] = {loop.counter}
        for one in walk(loop.body):
            value = one.counter if isinstance(one, For) else bound(one)
            if value is not None:
                self.inside.add(value)
        self.items = self._items(loop.body, ())
        self.pays = any(isinstance(item, _Sunk) for item in self.items)

    def _items(self, block: Block, around: tuple[Value, ...]) -> list[_Item]:
        """The parts of a block. `around`: the counters of the loops outside of it, but inside of the loop."""
        items: list[_Item] = []
        for one in block:
            if isinstance(one, For) and one.start not in self.inside and one.stop not in self.inside:
                nested = self._items(one.body, (*around, one.counter))
                is_innermost = not any(isinstance(inner, For | If) for inner in one.body)
                if self._gains(one, around) if is_innermost else any(isinstance(item, _Sunk) for item in nested):
                    items.append(_Sunk(one, nested))
                    continue
            if items and isinstance(items[-1], _Part):
                items[-1].statements.append(one)
            else:
                items.append(_Part([one]))
        return items

    def _gains(self, innermost: For, around: tuple[Value, ...]) -> bool:
        """Whether fewer accesses jump from row to row when the outer loop runs innermost."""
        own, moved = 0, 0
        within = {bound(one) for one in innermost.body}
        changing = self.inside - {innermost.counter, *around}
        for one in innermost.body:
            if isinstance(one, Load | Store | Accumulate) and one.indices:
                own += self._jumps(one.indices, innermost.counter, within)
                moved += self._jumps(one.indices, self.loop.counter, changing)
        return moved < own

    def _jumps(self, indices: Sequence[Operand], counter: Value, changing: Iterable[object]) -> bool:
        *outer, last = (affine(self.index, one) for one in indices)
        for form in outer:
            if counter in form or any(symbol in changing for symbol in form):
                return True
        rest = [symbol for symbol in last if symbol is not counter]
        return abs(last.get(counter, 0)) > 1 or any(symbol in changing for symbol in rest)


# The new loops.


class _Distribution:
    """The loop of a plan as several loops."""

    def __init__(self, index: Index, plan: _Plan) -> None:
        self.index, self.plan, self.loop = index, plan, plan.loop
        self.builder = Builder()
        self.builder.where = plan.loop.where
        self.order = {one: position for position, one in enumerate(walk(plan.loop.body))}
        self.definitions = {value: one for one in self.order if (value := bound(one)) is not None}
        self.makers = {one.storage: one for one in self.order if isinstance(one, Allocate)}
        self.part_of: dict[Statement, _Part] = {}
        self._note_parts(plan.items)
        # What crosses from one part to another: the rows of numbers that it is in, and what is computed again.
        self.rows: dict[Value | Storage, Storage] = {}
        self.carried: dict[_Part, list[Value]] = {}
        self._expand_cells()
        for one, part in self.part_of.items():
            for operand in operands(one):
                self._carry(operand, part)

    def _note_parts(self, items: Sequence[_Item]) -> None:
        for item in items:
            if isinstance(item, _Sunk):
                self._note_parts(item.items)
            else:
                self.part_of.update((one, item) for one in walk(tuple(item.statements)))

    # What is carried.

    def _expand_cells(self) -> None:
        """A row for each variable of the body that several parts use."""
        using: dict[Storage, set[_Part]] = {}
        for one, part in self.part_of.items():
            if isinstance(one, Allocate | Load | Store | Accumulate) and one.storage in self.makers:
                using.setdefault(one.storage, set()).add(part)
        for storage, parts in using.items():
            if len(parts) > 1:
                self.rows[storage] = Storage(storage.hint, storage.dtype, 1)

    def _carry(self, operand: Operand, part: _Part) -> None:
        """Have a value in a part, if another binds it."""
        definition = self.definitions.get(operand) if isinstance(operand, Value) else None
        carried = self.carried.setdefault(part, [])
        if definition is None or self.part_of[definition] is part or operand in carried:
            return
        assert isinstance(operand, Value)
        if self._can_be_had_again(definition):
            for one in operands(definition):
                self._carry(one, part)
        elif operand not in self.rows:
            self.rows[operand] = Storage(operand.hint, operand.dtype, 1)
        carried.append(operand)

    def _can_be_had_again(self, definition: Statement) -> bool:
        """Whether it is cheap to compute or load a value again, and gives the same."""
        if not all(self._is_at_hand(one) for one in operands(definition)):
            return False
        if isinstance(definition, Load):
            is_carried = definition.storage not in self.makers or definition.storage in self.rows
            return is_carried and not self._is_written_after(definition)
        return isinstance(definition, Bind) and definition.value.dtype in ("int64", "bool")

    def _is_at_hand(self, operand: Operand) -> bool:
        definition = self.definitions.get(operand) if isinstance(operand, Value) else None
        return definition is None or (isinstance(definition, Bind) and self._can_be_had_again(definition))

    def _is_written_after(self, load: Load) -> bool:
        """Whether its iteration may write to the storage after a load. Other iterations write to other elements."""
        depth = len(self.index.places[self.loop].loops) + 1
        around = self.index.places[load].loops[depth : depth + 1]
        for writer in self.index.writers.get(self.index.root(load.storage), ()):
            if writer in self.order:
                is_repeated = around and self.index.places[writer].loops[depth : depth + 1] == around
                if is_repeated or self.order[writer] > self.order[load]:
                    return True
        return False

    # The new program.

    def statements(self) -> Block:
        """The rows, then the loops."""
        builder = self.builder
        with builder.block() as loops:
            for item in self.plan.items:
                self._item(item)
        if self.rows:
            length = builder.bind("subtract", self.loop.stop, self.loop.start, hint="size")
            length = builder.bind("maximum", length, integer(0), hint="size")
            for carried, row in self.rows.items():
                builder.append(Allocate(row, (length,), self._starts_zeroed(carried), None, self.loop.where))
        builder.append_all(loops)
        return builder.finish()

    def _starts_zeroed(self, carried: Value | Storage) -> bool:
        """Whether a variable is made once for each iteration, zeroed, so that its row can be."""
        maker = self.makers.get(carried) if isinstance(carried, Storage) else None
        return maker is not None and maker.zeroed and maker in self.loop.body

    def _item(self, item: _Item) -> None:
        if isinstance(item, _Part):
            self._part(item)
            return
        with self.builder.block() as body:
            for inner in item.items:
                self._item(inner)
        own = {thing for one in walk(item.loop.body) for thing in (bound(one), made(one))}
        order_free = item.loop.order_free and not any(carried in own for carried in self.rows)
        self.builder.append(replace(item.loop, body=tuple(body), order_free=order_free))

    def _part(self, part: _Part) -> None:
        builder, loop = self.builder, self.loop
        counter = Value(loop.counter.hint, "int64")
        known: dict[Operand, Operand] = {loop.counter: counter}
        with builder.block() as body:
            place = builder.bind("subtract", counter, loop.start, hint="place")
            for value in self.carried.get(part, ()):
                definition = self.definitions[value]
                row = self.rows.get(value)
                if row is None and isinstance(definition, Load):
                    row = self.rows.get(definition.storage)
                if row is not None:
                    known[value] = builder.load(row, (place,), value.hint)
                else:
                    compute_again(builder, [definition], known)
            before = len(body)
            builder.append_all(self._changed(tuple(part.statements), known, place))
        if len(body) > before:
            builder.append(For(counter, loop.start, loop.stop, 1, tuple(body), True, loop.where))

    def _changed(self, block: Block, known: dict[Operand, Operand], place: Operand) -> Block:
        """The statements of a part, with rows in place of what they carry."""
        found: list[Statement] = []
        for one in block:
            changed = rebuild(
                one,
                lambda operand: known.get(operand, operand),
                lambda storage: self.rows.get(storage, storage),
                lambda inner: self._changed(inner, known, place),
            )
            row = self.rows.get(one.storage) if isinstance(one, Allocate | Load | Store | Accumulate) else None
            if row is None:
                found.append(changed)
            elif isinstance(one, Allocate):
                if one.zeroed and not self._starts_zeroed(one.storage):
                    found.append(Store(row, (place,), self.builder.cast(integer(0), row.dtype), one.where))
            elif isinstance(changed, Load | Store | Accumulate):
                found.append(replace(changed, indices=(place,)))
            value = bound(one)
            if value in self.rows:
                found.append(Store(self.rows[value], (place,), value, one.where))
        return tuple(found)
