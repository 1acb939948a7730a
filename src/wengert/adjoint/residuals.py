"""Residuals: where the forward sweep saves numbers for the reverse sweep, and how both address them.

What goes in: sites (anything hashable that stands for one saved number in each execution of a block) and what
encloses them. What comes out: a `Slot` for each, and the statements that save and read. What holds: a slot is an
array indexed by the counters of the innermost `for` loops whose trip counts are known on entry of the outermost of
them; that array is made just before that loop, and kept if that is not in the outermost block. Inside a `while`, or
an `if` with no such loop, the slot is a stack. In a block that begins again before it ends, as those of a recursive
function that call it do, everything that lasts as long as the block is pushed at its end, and popped at the beginning
of its reverse: so what was pushed last is popped first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from wengert.analysis.index import Enclosing, Index
from wengert.analysis.needed import Plan
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Constant,
    For,
    Function,
    If,
    Operand,
    Stack,
    Storage,
    Store,
    While,
)

__all__ = ["Residuals", "Slot", "trip_count"]


@dataclass(slots=True)
class Slot:
    """One kind of saved number. `loops`: those whose counters index it, outermost first; none for a `stack`.

    `stack` is that of the numbers themselves, or, where there are loops, of the arrays that were kept.
    """

    hint: str
    dtype: str
    loops: tuple[For, ...]
    stack: Stack | None
    storage: Storage | None = None


def slot_for(index: Index, hint: str, dtype: str, enclosing: tuple[Enclosing, ...]) -> Slot:
    """The slot of a site in a nested block."""
    first = len(enclosing)
    loops: list[For] = []
    bounds: list[Operand] = []
    for depth in range(len(enclosing) - 1, -1, -1):
        control = enclosing[depth].statement
        if isinstance(control, If):
            continue
        if isinstance(control, While | Function) or index.is_revisited(enclosing[: depth + 1]):
            break
        if not all(_known_before(index, bound, depth) for bound in bounds):
            break
        first = depth
        loops.insert(0, control)
        bounds += [control.start, control.stop]
    if not loops:
        return Slot(hint, dtype, (), Stack(hint, dtype))
    kept = Stack(hint, "storage") if first > 0 else None
    return Slot(hint, dtype, tuple(loops), kept)


def _known_before(index: Index, operand: Operand, depth: int) -> bool:
    """Whether a bound is bound outside the control statement at this depth."""
    return isinstance(operand, Constant) or len(index.enclosing_definition(operand)) <= depth


def trip_count(builder: Builder, start: Operand, stop: Operand, step: int) -> Operand:
    """How often `for ... in range(start, stop, step)` runs."""
    length = builder.bind("subtract", stop, start) if step > 0 else builder.bind("subtract", start, stop)
    size = abs(step)
    if size > 1:
        length = builder.bind("floor_divide", builder.bind("add", length, integer(size - 1)), integer(size))
    return builder.bind("maximum", length, integer(0))


def position_in(builder: Builder, counter: Operand, start: Operand, step: int) -> Operand:
    """The number of the iteration, from 0."""
    distance = builder.bind("subtract", counter, start) if step > 0 else builder.bind("subtract", start, counter)
    return distance if abs(step) == 1 else builder.bind("floor_divide", distance, integer(abs(step)))


class Residuals:
    """The slots of one reversal. `get` gives a primal value where the reverse sweep is."""

    def __init__(self, index: Index, plan: Plan, builder: Builder, get: Callable[[Operand], Operand]) -> None:
        self.index, self.plan, self.builder, self.get = index, plan, builder, get
        self.stacks: list[Stack] = list(index.program.stacks)
        self.slots: dict[object, Slot] = {}
        self._before: dict[For, list[Slot]] = {}
        self._place_all()

    def _place_all(self) -> None:
        """A slot for each number that the plan saves, and for the counts of `while` loops in nested blocks."""
        for value, how in self.plan.how.items():
            if how == "saved":
                self._place(value, value.hint, value.dtype, self.index.enclosing_definition(value))
        for statement in self.plan.overwriting:
            if isinstance(statement, Store | Accumulate) and self.index.places[statement].enclosing:
                storage = statement.storage
                self._place(statement, storage.hint, storage.dtype, self.index.places[statement].enclosing)
        for storage in self.plan.kept:
            enclosing = self.index.enclosing_storage(storage)
            if storage.rank == 0 or (self.index.is_revisited(enclosing) and not self._is_reshape(storage)):
                self._place(storage, storage.hint, storage.dtype, enclosing)
        for control in self.plan.live:
            if isinstance(control, While) and self.index.places[control].enclosing:
                self._place(control, "count", "int64", self.index.places[control].enclosing)

    def _place(self, site: object, hint: str, dtype: str, enclosing: tuple[Enclosing, ...]) -> None:
        slot = self.slots[site] = slot_for(self.index, f"{hint}_saved", dtype, enclosing)
        if slot.loops:
            self._before.setdefault(slot.loops[0], []).append(slot)
        if slot.stack is not None:
            self.stacks.append(slot.stack)

    def _is_reshape(self, storage: Storage) -> bool:
        return self.index.root(storage) is not storage

    def push_all(self, storage: Storage) -> None:
        """Push the elements of an array, in the forward sweep."""
        stack, sizes = self.slots[storage].stack, self.index.sizes[storage]
        assert stack is not None
        with ExitStack() as loops:
            place = [loops.enter_context(self.builder.loop(integer(0), size)) for size in sizes]
            self.builder.push(stack, self.builder.load(storage, place))

    def pop_all(self, storage: Storage, sizes: Sequence[Operand]) -> Storage:
        """A new array with the elements that were pushed, in the reverse sweep."""
        stack, builder = self.slots[storage].stack, self.builder
        assert stack is not None
        made = builder.allocate(storage.hint, storage.dtype, sizes)
        with ExitStack() as loops:
            last = [builder.bind("subtract", size, integer(1)) for size in sizes]
            place = [loops.enter_context(builder.loop(one, integer(-1), -1)) for one in last]
            builder.store(made, place, builder.pop(stack, storage.hint))
        return made

    def make(self, loop: For) -> None:
        """Allocate the slots that are made before a loop of the forward sweep."""
        for slot in self._before.get(loop, ()):
            sizes = [trip_count(self.builder, one.start, one.stop, one.step) for one in slot.loops]
            slot.storage = self.builder.allocate(slot.hint, slot.dtype, sizes, kept=slot.stack)

    def recall(self, loop: For) -> None:
        """Have the slots of a loop again, before its reverse."""
        for slot in self._before.get(loop, ()):
            if slot.stack is not None:
                sizes = [
                    trip_count(self.builder, self.get(one.start), self.get(one.stop), one.step) for one in slot.loops
                ]
                slot.storage = self.builder.recall(slot.hint, slot.dtype, sizes, slot.stack)

    def save(self, site: object, operand: Operand) -> None:
        """Save a number, in the forward sweep."""
        slot = self.slots[site]
        if slot.storage is None:
            assert slot.stack is not None
            self.builder.push(slot.stack, operand)
        else:
            indices = [position_in(self.builder, one.counter, one.start, one.step) for one in slot.loops]
            self.builder.store(slot.storage, indices, operand)

    def saved(self, site: object) -> Operand:
        """The number that was saved, in the reverse sweep. From a stack it is to be had once."""
        slot = self.slots[site]
        if slot.storage is None:
            assert slot.stack is not None
            return self.builder.pop(slot.stack, slot.hint)
        indices = [
            position_in(self.builder, self.get(one.counter), self.get(one.start), one.step) for one in slot.loops
        ]
        return self.builder.load(slot.storage, indices, slot.hint)
