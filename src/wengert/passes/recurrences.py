"""Recurrences over rows and columns: two loops, straight-line code, and elements used again constant distances away.

What goes in: a statement. What comes out: a `Recurrence`, and the `Distance` between two of its accesses; `None` where
there is none. What holds: a distance is that between all pairs of iterations in which two accesses are at the same
element. Wolfe, *High Performance Compilers for Parallel Computing*, 1996, chapters 5 and 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from wengert.analysis.affine import affine
from wengert.analysis.index import Index
from wengert.program.statements import Accumulate, Bind, Block, Check, For, Load, Statement, Store, Value
from wengert.program.traverse import bound

__all__ = ["Access", "Distance", "Recurrence", "distance_between", "recurrence_of"]

Access: TypeAlias = Load | Store | Accumulate

_MOST_STATEMENTS = 60  # in the body of the innermost loop, which is repeated for each row: registers are few


@dataclass(frozen=True)
class Recurrence:
    """A loop over rows, and the parts of its body: numbers that its columns share, the loop over those, and checks."""

    rows: For
    before: Block
    columns: For
    after: Block

    @property
    def checks(self) -> list[Check]:
        """What is checked after each row."""
        return [one for one in self.after if isinstance(one, Check)]

    @property
    def accesses(self) -> list[Access]:
        """All that one iteration reads and writes."""
        return [one for one in self.columns.body if isinstance(one, Load | Store | Accumulate)]

    @property
    def is_regular(self) -> bool:
        """Whether all rows have the same columns, and the same checks after them, which may name the row."""
        changing = {self.rows.counter} | {bound(one) for one in self.before}
        same = (self.columns.start, self.columns.stop, *(one.condition for one in self.checks))
        return changing.isdisjoint(same) and all(isinstance(one, Check) for one in self.after)


def recurrence_of(statement: Statement) -> Recurrence | None:
    """The recurrence that a statement is by its form."""
    if not isinstance(statement, For) or abs(statement.step) != 1:
        return None
    at = [position for position, one in enumerate(statement.body) if isinstance(one, For)]
    if len(at) != 1:
        return None
    before, columns, after = statement.body[: at[0]], statement.body[at[0]], statement.body[at[0] + 1 :]
    assert isinstance(columns, For)
    if columns.order_free or abs(columns.step) != 1 or len(columns.body) > _MOST_STATEMENTS:
        return None
    if not all(isinstance(one, Bind) for one in before) or not all(isinstance(one, Bind | Check) for one in after):
        return None
    if not all(isinstance(one, Bind | Load | Store | Accumulate) for one in columns.body):
        return None
    return Recurrence(statement, before, columns, after)


@dataclass(frozen=True)
class Distance:
    """Iterations from an access to another that is at the same element, over rows and over columns.

    `None`: any number of iterations. `never`: they are never at the same element.
    """

    rows: int | None = None
    columns: int | None = None
    never: bool = False


def distance_between(index: Index, nest: Recurrence, first: Access, second: Access) -> Distance | None:
    """The distance from one access to another, if it is constant."""
    if first.storage is not second.storage:
        return Distance(never=True) if index.root(first.storage) is not index.root(second.storage) else None
    changing = {bound(one) for one in (*nest.before, *nest.columns.body)}
    loops = {nest.rows.counter: nest.rows, nest.columns.counter: nest.columns}
    found: dict[Value, int] = {}
    for own_index, its_index in zip(first.indices, second.indices, strict=True):
        own, its = dict(affine(index, own_index)), dict(affine(index, its_index))
        moved = own.pop(None, 0) - its.pop(None, 0)
        counters = [counter for counter in loops if counter in own]
        if own != its or len(counters) > 1 or not changing.isdisjoint(own):
            return None
        if not counters:
            if moved:
                return Distance(never=True)
            continue
        (counter,) = counters
        iterations, remainder = divmod(moved * loops[counter].step, own[counter])
        if remainder or found.setdefault(counter, iterations) != iterations:
            return Distance(never=True)
    return Distance(found.get(nest.rows.counter), found.get(nest.columns.counter))
