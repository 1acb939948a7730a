"""Moves independent loops outwards, so that what one of their iterations works on stays in the cache.

What goes in: a program. What comes out: nests over one range that follow one another, in sequential loops too, as one
loop over that range, around all that is done for one of its places: `for k: for i: for j` becomes `for i: for k: for
j`. It is done where arrays of the caller's lie in memory so, and where an inner loop is left to run side by side. What
holds: of an array that is written, each iteration uses places of its own, and does there what was done, in the same
order, so every bit is the same. Allen and Kennedy, *Optimizing Compilers for Modern Architectures*, 2001, sections 5.2
(interchange) and 8.6 (fusion for reuse).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from wengert.analysis.affine import affine
from wengert.analysis.index import Index, index_program
from wengert.passes.independent import keeps_no_stack
from wengert.passes.motion import commute, effects_of
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Bind,
    Block,
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
from wengert.program.traverse import bound, rebuild, substitute, walk

__all__ = ["move_loops_outward"]

_COLUMN = object()  # stands for the counters of all loops that become one

_Range: TypeAlias = tuple[Operand, Operand]
_Form: TypeAlias = frozenset[tuple[object, int]]


def move_loops_outward(program: Program) -> Program:
    """The program with independent loops outside of sequential ones."""
    return replace(program, body=_Mover(index_program(program)).block(program.body))


@dataclass(eq=False)
class _Region:
    """Statements over one range that follow one another, those between them that can run before, and all in order."""

    range: _Range
    columns: list[For] = field(default_factory=list)
    before: list[Statement] = field(default_factory=list)
    original: list[Statement] = field(default_factory=list)


class _Mover:
    def __init__(self, index: Index) -> None:
        self.index = index

    def block(self, block: Block) -> Block:
        """A block with loops moved outwards."""
        found: list[Statement] = []
        region: _Region | None = None
        for one in block:
            over = self._range(one) if isinstance(one, For) else None
            if region is not None and self._joins(region, one, over):
                region.original.append(one)
                continue
            if region is not None:
                found += self._finished(region)
                region = None
            if over is not None and isinstance(one, For) and self._is_own((one,)):
                region = _Region(over, [one], [], [one])
            else:
                found.append(self._nested(one))
        return (*found, *self._finished(region)) if region is not None else tuple(found)

    def _nested(self, statement: Statement) -> Statement:
        if isinstance(statement, For | If | While):
            return rebuild(statement, lambda operand: operand, lambda storage: storage, self.block)
        return statement

    def _joins(self, region: _Region, one: Statement, over: _Range | None) -> bool:
        """Whether a statement becomes part of a region; it does then."""
        if isinstance(one, For) and over == region.range and self._is_own((*region.columns, one)):
            region.columns.append(one)
            return True
        effects = effects_of(self.index, one)
        if isinstance(one, For | While) or not all(commute(effects_of(self.index, c), effects) for c in region.columns):
            return False
        region.before.append(one)
        return True

    def _finished(self, region: _Region) -> Sequence[Statement]:
        """The loop that a region becomes, or what it was if that does not pay."""
        if sum(self._gain(one, ()) for one in region.columns) <= 0:
            return [self._nested(one) for one in region.original]
        counter = Value(next(_nests(region.columns[0])).counter.hint, "int64")
        arrays: list[Statement] = []
        body = tuple(inner for one in region.columns for inner in self._column(one, counter, arrays))
        loop = For(counter, *region.range, 1, body, False, region.columns[0].where)
        return [*region.before, *arrays, replace(loop, order_free=keeps_no_stack(loop))]

    # What can be moved.

    def _range(self, loop: For) -> _Range | None:
        """The range of the order-free nests that a loop is or consists of."""
        if loop.order_free:
            is_nest = loop.step == 1 and any(isinstance(one, For) and one.order_free for one in loop.body)
            return (loop.start, loop.stop) if is_nest and _is_plain(loop.body) else None
        ranges = {self._range(one) for one in loop.body if isinstance(one, For)}
        if len(ranges) != 1 or not all(_may_be_repeated(one) for one in loop.body if not isinstance(one, For)):
            return None
        (over,) = ranges
        inside = {loop.counter, *(bound(one) for one in loop.body)}
        sizes = {size for one in walk(loop.body) if isinstance(one, Allocate) for size in one.sizes}
        return None if over is None or not inside.isdisjoint({*over, *sizes}) else over

    def _is_own(self, loops: Sequence[For]) -> bool:
        """Whether each iteration of the loop to be uses places of its own in whatever is written."""
        nests = [nest for loop in loops for nest in _nests(loop)]
        own = {one.storage for nest in nests for one in walk(nest.body) if isinstance(one, Allocate)}
        places: dict[Storage, list[tuple[_Form, ...]]] = {}
        written: set[Storage] = set()
        for loop in loops:
            for one, counter in _accesses(loop):
                if one.storage not in own:
                    root = self.index.root(one.storage)
                    if not isinstance(one, Load):
                        written.add(root)
                    is_outside = counter is None or root is not one.storage
                    places.setdefault(root, []).append(() if is_outside else self._place(one, counter))
        return all(self._share_an_axis(places[root]) for root in written)

    def _place(self, one: Load | Store | Accumulate, counter: Value | None) -> tuple[_Form, ...]:
        return tuple(
            frozenset((_COLUMN if symbol is counter else symbol, c) for symbol, c in affine(self.index, index).items())
            for index in one.indices
        )

    def _share_an_axis(self, places: Sequence[tuple[_Form, ...]]) -> bool:
        """Whether along one axis all places are where the counter is, or a constant away."""
        ranks = {len(place) for place in places}
        if len(ranks) != 1:
            return False
        for forms in zip(*places, strict=True):
            form = dict(forms[0])
            if form.get(_COLUMN) == 1 and not form.keys() - {_COLUMN, None} and set(forms) == {forms[0]}:
                return True
        return False

    # What pays.

    def _gain(self, loop: For, around: tuple[Value, ...]) -> int:
        """How many accesses to the caller's arrays would move along memory more than they do, less those otherwise."""
        if not loop.order_free:
            return sum(self._gain(one, (*around, loop.counter)) for one in loop.body if isinstance(one, For))
        gain = 0
        for place in {
            (one.storage, self._place(one, loop.counter))
            for one in walk(loop.body)
            if isinstance(one, Load | Store | Accumulate) and one.storage not in self.index.makers
        }:
            symbols = [{symbol for symbol, _ in form} for form in place[1]]
            columns = [axis for axis, moved in enumerate(symbols) if _COLUMN in moved]
            outer = [axis for axis, moved in enumerate(symbols) if not moved.isdisjoint(around)]
            if columns and outer:
                gain += 1 if max(columns) < max(outer) else -1
        return gain

    # The new program.

    def _column(self, loop: For, counter: Value, arrays: list[Statement]) -> Block:
        """What is done for one place of the range; arrays that it makes in a sequential loop are made before."""
        if loop.order_free:
            return substitute(loop.body, {loop.counter: counter})
        body: list[Statement] = []
        for one in loop.body:
            if isinstance(one, For):
                body += self._column(one, counter, arrays)
            else:
                (arrays if isinstance(one, Allocate) else body).append(one)
        return (replace(loop, body=tuple(body)),)


def _nests(loop: For) -> Iterator[For]:
    """The order-free loops over the range, of which a loop consists or which it is."""
    if loop.order_free:
        yield loop
        return
    for one in loop.body:
        if isinstance(one, For):
            yield from _nests(one)


def _accesses(loop: For) -> Iterator[tuple[Load | Store | Accumulate, Value | None]]:
    """The accesses in a loop, and the counter of the nest that each is in."""
    for one in walk(loop.body) if loop.order_free else loop.body:
        if isinstance(one, Load | Store | Accumulate):
            yield one, loop.counter if loop.order_free else None
        elif isinstance(one, For) and not loop.order_free:
            yield from _accesses(one)


def _is_plain(block: Block) -> bool:
    """Whether statements have no effects but on elements, and end."""
    return all(
        isinstance(one, Bind | Load | Store | Accumulate | For | If) or (isinstance(one, Allocate) and one.kept is None)
        for one in walk(block)
    )


def _may_be_repeated(statement: Statement) -> bool:
    """Whether a statement between nests can be done once for each of their iterations, or before all of them."""
    if isinstance(statement, Allocate):
        return bool(statement.sizes) and not statement.zeroed and statement.kept is None
    return isinstance(statement, Bind | Load)
