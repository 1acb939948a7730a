"""Elements in rotation: what a loop uses again in its next iterations stays in variables meanwhile.

What goes in: a recurrence. What comes out: its `Window`s, each the elements of one storage that an iteration uses side
by side, and its body, written for a few rows at once. What holds: an element is read when its first access comes, and
written when its last write comes; between these only its own row may use it, which is for the caller to know. Numbers
and the order of additions stay the same. Callahan, Carr and Kennedy, "Improving register allocation for subscripted
variables", PLDI 1990.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wengert.analysis.index import Index
from wengert.passes.nests import slice_for
from wengert.passes.recurrences import Access, Recurrence, distance_between
from wengert.program.builder import Builder, integer
from wengert.program.statements import Accumulate, Bind, Block, Check, Load, Operand, Statement, Storage, Store, Value
from wengert.program.traverse import bound, operands, substitute

__all__ = ["Lane", "Lanes", "Window", "windows_of"]

_MOST_CARRIED = 8  # variables of a row, from each iteration to the next
_DTYPES = ("float64", "float32", "complex128", "complex64", "int64")


@dataclass(frozen=True, eq=False)
class Window:
    """Accesses, each by how many iterations it is ahead: when `reference` will be at the element it is at now."""

    reference: Access
    offsets: dict[Access, int]

    @property
    def lowest(self) -> int:
        """The offset at which an element is used last."""
        return min(self.offsets.values())

    @property
    def highest(self) -> int:
        """The offset at which an element is used first."""
        return max(self.offsets.values())

    @property
    def carried(self) -> range:
        """The offsets of the elements that the next iteration takes over, as it counts them."""
        return range(self.lowest, self.highest)

    @property
    def has_no_gap(self) -> bool:
        """Whether every iteration uses all elements from the first to the last."""
        return set(self.offsets.values()).issuperset(self.carried)

    @property
    def is_read_first(self) -> bool:
        """Whether the first access to an element reads it."""
        return not isinstance(next(one for one, at in self.offsets.items() if at == self.highest), Store)

    @property
    def last_write(self) -> Access | None:
        """The access after which an element does not change."""
        writes = [one for one in self.offsets if not isinstance(one, Load)]
        return min(reversed(writes), key=self.offsets.__getitem__, default=None)

    @property
    def unwritten(self) -> range:
        """The offsets at which, when the loop has ended, there are elements to be written; as the next would count."""
        writes = [at for one, at in self.offsets.items() if not isinstance(one, Load)]
        return range(min(writes), max(writes)) if writes else range(0)


def windows_of(index: Index, nest: Recurrence) -> list[Window]:
    """The windows of a recurrence whose accesses to what is written are constant distances apart."""
    groups: list[Window] = []
    for one in nest.accesses:
        if one.storage.dtype not in _DTYPES:
            continue
        for group in groups:
            distance = distance_between(index, nest, group.reference, one)
            if distance is None or distance.never or distance.rows or distance.columns is None:
                continue
            group.offsets[one] = -distance.columns
            break
        else:
            if distance_between(index, nest, one, one) is not None:
                groups.append(Window(one, {one: 0}))
    used = [group for group in groups if len(group.offsets) > 1 and group.has_no_gap]
    found, carried = [], 0
    for group in sorted(used, key=lambda group: group.last_write is None):
        carried += len(group.carried)
        if carried <= _MOST_CARRIED:
            found.append(group)
    return found


@dataclass
class Lane:
    """One row. `known`: what stands for what in it; `held`: the elements of windows now; `cells`: those carried."""

    known: dict[Operand, Operand]
    held: dict[tuple[Window, int], Operand] = field(default_factory=dict)
    cells: dict[tuple[Window, int], Storage] = field(default_factory=dict)


class Lanes:
    """Writes the body of a recurrence for some rows at once, statement by statement, its windows in variables."""

    def __init__(self, builder: Builder, nest: Recurrence, windows: Sequence[Window], rows: Sequence[Operand]) -> None:
        self.builder, self.nest, self.windows = builder, nest, windows
        self.lanes = [Lane({nest.rows.counter: row}) for row in rows]
        self.of = {access: window for window in windows for access in window.offsets}
        self.body = self._needed(nest.columns.body)
        self._again(nest.before)

    def _needed(self, block: Block) -> Block:
        """The body without indices of elements in windows."""
        needed: set[Operand] = set()
        kept: list[Statement] = []
        for one in reversed(block):
            value = bound(one)
            if value is not None and value not in needed:
                continue
            kept.append(one)
            if not isinstance(one, Load | Store | Accumulate) or one not in self.of:
                needed.update(operands(one))
            elif not isinstance(one, Load):
                needed.add(one.operand)
        return tuple(kept[::-1])

    def begin(self, columns: Sequence[Operand]) -> None:
        """Before the loop: what its first iteration takes over. `columns`: where each lane begins."""
        for lane, column in zip(self.lanes, columns, strict=True):
            for window in self.windows:
                for offset in window.carried:
                    storage = window.reference.storage
                    cell = lane.cells[window, offset] = self.builder.allocate(storage.hint, storage.dtype)
                    value = self.builder.load(storage, self._place(lane, window, column, offset), storage.hint)
                    self.builder.store(cell, (), value)

    def point(self, columns: Sequence[Operand]) -> None:
        """In the loop: one point of each row."""
        for lane, column in zip(self.lanes, columns, strict=True):
            lane.known[self.nest.columns.counter] = column
            for window in self.windows:
                for offset in window.carried:
                    lane.held[window, offset] = self.builder.load(lane.cells[window, offset], ())
                if window.is_read_first:
                    place = self._place(lane, window, column, window.highest)
                    storage = window.reference.storage
                    lane.held[window, window.highest] = self.builder.load(storage, place, storage.hint)
        self._again(self.body)
        for lane in self.lanes:
            for (window, offset), cell in lane.cells.items():
                self.builder.store(cell, (), lane.held[window, offset + 1])

    def end(self, columns: Sequence[Operand]) -> None:
        """After the loop, which had as many iterations as a window is wide: elements still to be written."""
        for lane, column in zip(self.lanes, columns, strict=True):
            for window in self.windows:
                for offset in window.unwritten:
                    value = self.builder.load(lane.cells[window, offset], ())
                    place = self._place(lane, window, column, offset)
                    self.builder.store(window.reference.storage, place, value)

    def check(self, checks: Sequence[Check]) -> None:
        """After the loop: checks of each row."""
        for lane in self.lanes:
            known = {value: given for value, given in lane.known.items() if isinstance(value, Value)}
            self.builder.append_all(substitute(tuple(checks), known))

    def _place(self, lane: Lane, window: Window, column: Operand, offset: int) -> list[Operand]:
        """The indices of the element at an offset, seen from a column."""
        loop = self.nest.columns
        moved = offset * loop.step
        at = self.builder.bind("add" if moved > 0 else "subtract", column, integer(abs(moved))) if moved else column
        known = {**lane.known, loop.counter: at}
        for one in slice_for(loop.body, window.reference.indices):
            self._repeat(one, known)
        return [known.get(one, one) for one in window.reference.indices]

    def _again(self, block: Block) -> None:
        """Repeat each statement for each lane."""
        for one in block:
            self.builder.where = one.where
            for lane in self.lanes:
                if isinstance(one, Load | Store | Accumulate) and one in self.of:
                    self._use(one, lane, self.of[one])
                else:
                    self._repeat(one, lane.known)

    def _use(self, one: Access, lane: Lane, window: Window) -> None:
        """An access to an element in a window."""
        at = (window, window.offsets[one])
        if isinstance(one, Load):
            lane.known[one.value] = lane.held[at]
            return
        operand = lane.known.get(one.operand, one.operand)
        if isinstance(one, Accumulate):
            operand = self.builder.bind("add", lane.held[at], operand)
        lane.held[at] = operand
        if one is window.last_write:
            column = lane.known[self.nest.columns.counter]
            self.builder.store(one.storage, self._place(lane, window, column, at[1]), operand)

    def _repeat(self, one: Statement, known: dict[Operand, Operand]) -> None:
        builder = self.builder
        given = [known.get(operand, operand) for operand in operands(one)]
        match one:
            case Bind(value=value, function=function):
                known[value] = builder.bind(function, *given, dtype=value.dtype, hint=value.hint)
            case Load(value=value, storage=storage):
                known[value] = builder.load(storage, given, value.hint)
            case Store(storage=storage):
                builder.store(storage, given[:-1], given[-1])
            case Accumulate(storage=storage):
                builder.accumulate(storage, given[:-1], given[-1])
            case _:
                raise AssertionError("only straight-line code is repeated")
