"""Whether a write can reach an element that was read, at another time of the same run.

What goes in: reads and writes with their places. What comes out: yes or no, "no" being certain. What holds: two
instances of statements share the iteration of some outer loops; in what is inside those, each has counters and values
of its own. Banerjee, *Dependence Analysis*, 1997, chapter 4, with Fourier's elimination in place of the special
tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from wengert.analysis.affine import Form, affine, at_most, equal, facts_of, feasible
from wengert.analysis.index import Enclosing, Index, Place
from wengert.program.statements import (
    Accumulate,
    Apply,
    Call,
    For,
    Function,
    If,
    Operand,
    Section,
    Span,
    Statement,
    Storage,
    Store,
    Value,
    While,
)

__all__ = ["Instance", "Moment", "Read", "is_changed_between", "is_overwritten_after", "moment_after", "reads_of"]

Axis: TypeAlias = Operand | Span


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of the run: just after the statement that ends at `clock`, in a block enclosed like this."""

    enclosing: tuple[Enclosing, ...]
    clock: int


@dataclass(frozen=True, slots=True)
class Read:
    """Elements of a storage whose contents at the moment `at` the reverse sweep reads.

    The indices are those of the place `defined`, an earlier one in the same or an enclosing block.
    """

    storage: Storage
    axes: tuple[Axis, ...]
    defined: Place
    at: Moment


def moment_after(index: Index, statement: Statement) -> Moment:
    """The time just after a statement."""
    place = index.places[statement]
    return Moment(place.enclosing, place.end)


def reads_of(section: Section | tuple[Storage, tuple[Axis, ...]], defined: Place, at: Moment) -> Read:
    """The read of a section, or of a storage at indices."""
    storage, axes = (section.storage, section.axes) if isinstance(section, Section) else section
    return Read(storage, axes, defined, at)


def _written(index: Index, statement: Statement, root: Storage) -> Iterator[tuple[Storage, tuple[Axis, ...]]]:
    match statement:
        case Store(storage=storage, indices=indices) | Accumulate(storage=storage, indices=indices):
            yield storage, indices
        case Apply(outputs=outputs):
            for section in outputs:
                if index.root(section.storage) is root:
                    yield section.storage, section.axes
        case Call():
            yield Storage("anywhere", root.dtype, root.rank), ()


class Instance:
    """One execution of a statement. Values of the loops that both instances share are the same symbols."""

    def __init__(self, index: Index, tag: str, shared: int) -> None:
        self.index, self.tag, self.shared = index, tag, shared
        self.constraints: list[Form] = []
        self._known: set[object] = set()
        self._spans = 0

    def symbol(self, value: object) -> object:
        """What stands for a value in this execution: itself, or one of its own."""
        if not isinstance(value, Value):
            return value
        loops = [one for one in self.index.enclosing_definition(value) if not isinstance(one.statement, If)]
        return value if len(loops) <= self.shared else (self.tag, value)

    def form(self, form: Form) -> Form:
        """The form in the symbols of this instance; what is known of them joins the constraints."""
        for value in form:
            if value is not None and value not in self._known:
                self._known.add(value)
                for fact in facts_of(self.index, value):
                    self.constraints.append(self.form(fact))
        return {self.symbol(value): coefficient for value, coefficient in form.items()}

    def axis(self, axis: Axis) -> Form:
        """An index, or any of a span, as a form."""
        if not isinstance(axis, Span):
            return self.form(affine(self.index, axis))
        self._spans += 1
        place = (self.tag, self._spans)
        step = affine(self.index, axis.step)
        if step.keys() - {None}:
            return {(self.tag, "anywhere", self._spans): 1}
        moved = self.form(affine(self.index, axis.start))
        moved[place] = step.get(None, 0)
        size = self.form(affine(self.index, axis.size))
        self.constraints += [{place: -1}, at_most({place: 1, None: 1}, size)]
        return moved


def _can_meet(
    index: Index, read: Read, statement: Statement, shared: int, ordered_by: For | While | Function | None = None
) -> bool:
    """Whether a write touches an element of the read, where the outer `shared` loops are in the same iteration.

    `ordered_by`: the next loop, in which the read's iteration comes before that of the write.
    """
    root = index.root(read.storage)
    for storage, axes in _written(index, statement, root):
        if storage is not read.storage:
            return True
        first, second = Instance(index, "read", shared), Instance(index, "write", shared)
        constraints: list[Form] = []
        for own, other in zip(read.axes, axes, strict=True):
            constraints += equal(first.axis(own), second.axis(other))
        if isinstance(ordered_by, For):
            earlier = first.form({ordered_by.counter: 1})
            later = second.form({ordered_by.counter: 1})
            if ordered_by.step > 0:
                constraints.append(at_most({**earlier, None: ordered_by.step}, later))
            else:
                constraints.append(at_most(later, {**earlier, None: ordered_by.step}))
        if feasible([*constraints, *first.constraints, *second.constraints]):
            return True
    return False


def _common(first: tuple[Enclosing, ...], second: tuple[Enclosing, ...]) -> tuple[list[For | While | Function], bool]:
    """The loops around both places, and whether the places exclude one another in one iteration of them."""
    loops: list[For | While | Function] = []
    for one, other in zip(first, second, strict=False):
        if one.statement is not other.statement:
            break
        if one.branch != other.branch and isinstance(one.statement, If):
            return loops, True
        if not isinstance(one.statement, If):
            loops.append(one.statement)
    return loops, False


def is_overwritten_after(index: Index, read: Read, statement: Statement) -> bool:
    """Whether `statement`, run after the moment of the read, may write an element that it reads."""
    place = index.places[statement]
    loops, exclusive = _common(read.at.enclosing, place.enclosing)
    made_in = sum(not isinstance(one.statement, If) for one in index.enclosing_storage(index.root(read.storage)))
    for level in range(made_in, len(loops)):  # storages of different iterations are different storages
        if _can_meet(index, read, statement, level, loops[level]):
            return True
    if exclusive or place.begin <= read.at.clock:
        return False
    return _can_meet(index, read, statement, len(loops))


def is_changed_between(index: Index, read: Read, statement: Statement) -> bool:
    """Whether `statement` may write an element of the read after `read.defined` and up to the moment of the read."""
    place, start = index.places[statement], read.defined
    depth = len(start.enclosing)
    if place.enclosing[:depth] != start.enclosing or place.begin <= start.begin:
        return False
    inner_loops = {one.statement for one in read.at.enclosing[depth:] if not isinstance(one.statement, If)}
    repeated = any(one.statement in inner_loops for one in place.enclosing[depth:])
    if place.begin > read.at.clock and not repeated:
        return False
    return _can_meet(index, read, statement, len(start.loops))


def may_meet(index: Index, loop: For, first: Store | Accumulate, second: Store | Accumulate) -> bool:
    """Whether `first`, in one iteration of the loop, and `second`, in a later one, may write the same element."""
    place = index.places[first]
    if index.root(first.storage) is not index.root(second.storage):
        return False
    read = Read(first.storage, first.indices, place, moment_after(index, first))
    return _can_meet(index, read, second, place.loops.index(loop), loop)
