"""Parts of a loop's body that run in loops of their own, and what each iteration carries from one part to another.

What goes in: a loop, and its body in parts. What comes out: the statements of each part for a new counter. What holds:
a variable that several parts use is a row of numbers, one for each iteration; a value that a later part uses is
computed or loaded again where that is cheap and gives the same, and is put into a row otherwise. Allen and Kennedy,
*Optimizing Compilers for Modern Architectures*, 2001, section 5.3 (scalar expansion).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wengert.analysis.index import Index
from wengert.passes.nests import compute_again
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Bind,
    Block,
    For,
    If,
    Load,
    Operand,
    Statement,
    Storage,
    Store,
    Value,
)
from wengert.program.traverse import bound, operands, rebuild, walk

__all__ = ["Expansion", "is_expandable"]


def is_expandable(loop: For) -> bool:
    """Whether the body of a loop is made of what can be parted: no checks, no memory other than variables."""
    for one in walk(loop.body):
        if not isinstance(one, Bind | Load | Store | Accumulate | Allocate | For | If):
            return False
        if isinstance(one, Allocate) and (one.sizes or one.kept is not None):
            return False
    return True


class Expansion:
    """The parts of the body of `loop`. Each part is a list of statements of one block."""

    def __init__(self, index: Index, loop: For, parts: Sequence[Sequence[Statement]]) -> None:
        self.index, self.loop = index, loop
        self.order = {one: position for position, one in enumerate(walk(loop.body))}
        self.definitions = {value: one for one in self.order if (value := bound(one)) is not None}
        self.makers = {one.storage: one for one in self.order if isinstance(one, Allocate)}
        self.part_of = {one: number for number, part in enumerate(parts) for one in walk(tuple(part))}
        self.rows: dict[Value | Storage, Storage] = {}
        self.carried: dict[int, list[Value]] = {}
        self._expand_variables()
        for one, part in self.part_of.items():
            for operand in operands(one):
                self._carry(operand, part)

    def _expand_variables(self) -> None:
        using: dict[Storage, set[int]] = {}
        for one, part in self.part_of.items():
            if isinstance(one, Allocate | Load | Store | Accumulate) and one.storage in self.makers:
                using.setdefault(one.storage, set()).add(part)
        for storage, parts in using.items():
            if len(parts) > 1:
                self.rows[storage] = Storage(storage.hint, storage.dtype, 1)

    def _carry(self, operand: Operand, part: int) -> None:
        """Have a value in a part, if another binds it."""
        definition = self.definitions.get(operand) if isinstance(operand, Value) else None
        carried = self.carried.setdefault(part, [])
        if definition is None or self.part_of[definition] == part or operand in carried:
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

    def is_carried_within(self, loop: For) -> bool:
        """Whether the iterations of a loop share a row: of a value or variable that is made in them."""
        return any(
            bound(one) in self.rows or (isinstance(one, Allocate) and one.storage in self.rows)
            for one in walk(loop.body)
        )

    # The new program.

    def allocate_rows(self, builder: Builder) -> None:
        """Make the rows, before the new loops."""
        if self.rows:
            length = builder.bind("subtract", self.loop.stop, self.loop.start, hint="size")
            length = builder.bind("maximum", length, integer(0), hint="size")
            for carried, row in self.rows.items():
                builder.append(Allocate(row, (length,), self._starts_zeroed(carried), None, self.loop.where))

    def _starts_zeroed(self, carried: Value | Storage) -> bool:
        """Whether a variable is made once for each iteration, zeroed, so that its row can be."""
        maker = self.makers.get(carried) if isinstance(carried, Storage) else None
        return maker is not None and maker.zeroed and maker in self.loop.body

    def part(self, statements: Sequence[Statement], counter: Value) -> Block:
        """The statements of a part in an iteration with the counter `counter`."""
        builder = Builder()
        known: dict[Operand, Operand] = {self.loop.counter: counter}
        place = builder.bind("subtract", counter, self.loop.start, hint="place")
        for value in self.carried.get(self.part_of[statements[0]], ()):
            definition = self.definitions[value]
            row = self.rows.get(value)
            if row is None and isinstance(definition, Load):
                row = self.rows.get(definition.storage)
            if row is not None:
                known[value] = builder.load(row, (place,), value.hint)
            else:
                compute_again(builder, [definition], known)
        changed = self._changed(statements, known, place)
        builder.append_all(changed)
        return builder.finish() if changed else ()

    def _changed(self, block: Sequence[Statement], known: dict[Operand, Operand], place: Operand) -> Block:
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
                    zero = Builder().cast(integer(0), row.dtype)
                    found.append(Store(row, (place,), zero, one.where))
            elif isinstance(changed, Load | Store | Accumulate):
                found.append(replace(changed, indices=(place,)))
            value = bound(one)
            if value is not None and value in self.rows:
                found.append(Store(self.rows[value], (place,), value, one.where))
        return tuple(found)
