"""Gathers: the adjoint of a stencil, which adds to neighbours, as a loop over the places that are added to.

What goes in: a program. What comes out: each nest of order-free loops that accumulates into one storage at places a
constant distance apart as a nest over those places, in which every element is read, added to and written once, its
contributions computed at the shifted iterations; then what else the nest did, in a nest of its own. What holds: rows
that all contributions reach are one loop without branches, which can be vectorised, and a few single places at both of
its ends; in other rows each contribution that reaches them is a loop. A nest whose contributions are dear to compute
stays as it is. Hueckelheim et al., "Automatic differentiation for adjoint stencil loops", ICPP 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeAlias

from wengert.analysis.affine import affine
from wengert.analysis.index import Index, index_program
from wengert.passes.nests import Nest, compute_again, moved, nest_of, rebuilt, slice_for
from wengert.passes.resets import Reset, find_reset
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
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
from wengert.program.traverse import bound

__all__ = ["gather_stencils"]

Offset: TypeAlias = tuple[int, ...]
"""How far a place is from that of the group's first accumulation, along each loop of the nest."""

_WIDEST = 16  # places at the end of a row that are written out one by one
_MOST_AT_ENDS = 120  # contributions to such places
_SCATTERED = 5.0  # the cost of a contribution put into a buffer and added from there, in additions
_DEAR = {"divide": 6.0, "sqrt": 6.0, "reciprocal": 6.0}
_CHEAP = (
    "add subtract multiply negative square absolute maximum minimum where cast conjugate real imag complex_number "
    "less less_equal greater greater_equal equal not_equal logical_and logical_or logical_not sign"
)


@dataclass(frozen=True)
class _Group:
    """Accumulations whose places are a constant distance apart, by that distance."""

    reference: Accumulate
    members: dict[Offset, list[Accumulate]]

    def extent(self, level: int) -> tuple[int, int]:
        """The least and the greatest offset along a loop."""
        found = [offset[level] for offset in self.members]
        return min(found), max(found)


def gather_stencils(program: Program) -> Program:
    """The program with the scatters of stencils turned into gathers."""
    return replace(program, body=_Gatherer(index_program(program)).block(program.body))


class _Gatherer:
    def __init__(self, index: Index) -> None:
        self.index = index

    def block(self, block: Block) -> Block:
        """A block with its nests replaced."""
        found: list[Statement] = []
        for statement in block:
            found += self._statement(statement, found)
        return tuple(found)

    def _statement(self, statement: Statement, before: list[Statement]) -> list[Statement]:
        """What stands for a statement. A reset `before` it that it makes needless is taken out."""
        match statement:
            case For(body=body):
                nest = nest_of(statement)
                groups = self._groups(nest) if nest is not None else []
                if nest is not None and groups:
                    return self._replaced(nest, groups, before)
                return [replace(statement, body=self.block(body))]
            case If(then=then, otherwise=otherwise):
                return [replace(statement, then=self.block(then), otherwise=self.block(otherwise))]
            case While(test=test, body=body):
                return [replace(statement, test=self.block(test), body=self.block(body))]
            case _:
                return [statement]

    # What can be gathered.

    def _groups(self, nest: Nest) -> list[_Group]:
        """The groups of accumulations worth gathering."""
        root = self.index.root
        touched = {root(one.storage) for one in nest.statements if isinstance(one, Load | Store)}
        changing = {one.counter for one in nest.loops} | {bound(one) for one in nest.statements}
        groups: dict[object, _Group] = {}
        starts: dict[object, Offset] = {}
        for one in nest.body:
            if not isinstance(one, Accumulate) or root(one.storage) in touched:
                continue
            place = self._place(nest, one, changing)
            if place is None:
                continue
            key, offset = place
            group = groups.setdefault(key, _Group(one, {}))
            start = starts.setdefault(key, offset)
            distance = tuple(a - b for a, b in zip(offset, start, strict=True))
            group.members.setdefault(distance, []).append(one)
        return [group for group in groups.values() if len(group.members) > 1 and self._is_worth_it(nest, group)]

    def _place(self, nest: Nest, one: Accumulate, changing: set[Value | None]) -> tuple[object, Offset] | None:
        """What the place of an accumulation has in common with those at a distance, and its offset."""
        key: list[object] = [one.storage]
        offset: dict[Value, int] = {}
        for index in one.indices:
            form = dict(affine(self.index, index))
            counters = [loop.counter for loop in nest.loops if loop.counter in form]
            if len(counters) > 1 or any(form.pop(counter) != 1 or counter in offset for counter in counters):
                return None
            if any(symbol in changing for symbol in form if symbol is not None):
                return None
            if counters:
                offset[counters[0]] = form.pop(None, 0)
            key.append((tuple(counters), frozenset(form.items())))
        if len(offset) != len(nest.loops):
            return None
        return tuple(key), tuple(offset[loop.counter] for loop in nest.loops)

    def _is_worth_it(self, nest: Nest, group: _Group) -> bool:
        """Whether the contributions can be computed at shifted iterations, and cheaply enough."""
        low, high = group.extent(-1)
        if high - low > _WIDEST or (high - low) * len(group.members) > _MOST_AT_ENDS:
            return False
        members = [one for several in group.members.values() for one in several]
        if not self._reads_come_first(nest, slice_for(nest.statements, [one.operand for one in members])):
            return False
        once = _cost(slice_for(nest.statements, [one.operand for one in members]))
        again = sum(
            _cost(slice_for(nest.statements, [one.operand for one in several])) for several in group.members.values()
        )
        return again <= once + _SCATTERED * len(members)

    def _reads_come_first(self, nest: Nest, needed: Sequence[Statement]) -> bool:
        """Whether nothing that is read has been written by then in its iteration."""
        written: set[Storage] = set()
        reading = set(needed)
        for one in nest.statements:
            if one in reading and isinstance(one, Load) and self.index.root(one.storage) in written:
                return False
            if isinstance(one, Store | Accumulate):
                written.add(self.index.root(one.storage))
        return True

    # The new nests.

    def _replaced(self, nest: Nest, groups: list[_Group], before: list[Statement]) -> list[Statement]:
        builder = Builder()
        gathered: set[Statement] = set()
        for group in groups:
            builder.where = nest.loops[0].where
            extents = [group.extent(level) for level in range(len(nest.loops))]
            reset = None
            found = find_reset(self.index, before, nest, group.reference, extents)
            if found is not None and self._is_all_of_its_storage(nest, group):
                position, reset = found
                del before[position]
            _Writer(builder, nest, group, reset).write()
            gathered.update(one for several in group.members.values() for one in several)
        rest = _without(nest, gathered)
        return [*builder.finish(), *([] if rest is None else [rest])]

    def _is_all_of_its_storage(self, nest: Nest, group: _Group) -> bool:
        """Whether the nest adds to the storage nothing else, which would come before or after."""
        members = {one for several in group.members.values() for one in several}
        root = self.index.root(group.reference.storage)
        return not any(
            isinstance(one, Accumulate) and one not in members and self.index.root(one.storage) is root
            for one in nest.body
        )


def _without(nest: Nest, gathered: set[Statement]) -> For | None:
    """The nest without the accumulations gathered and what only they need; `None` if nothing is left to do."""
    effects = [one for one in nest.body if isinstance(one, Store | Accumulate) and one not in gathered]
    if not effects:
        return None
    wanted = [operand for one in effects for operand in (*one.indices, one.operand)]
    kept = {*effects, *slice_for(nest.statements, wanted)}
    return rebuilt(nest, [[one for one in level if one in kept] for level in nest.levels])


def _cost(statements: Sequence[Statement]) -> float:
    """About how many additions a slice takes; indices are free."""
    total = 0.0
    for one in statements:
        if isinstance(one, Load):
            total += 2.0
        elif isinstance(one, Bind) and one.value.dtype not in ("int64", "bool"):
            total += 1.0 if one.function in _CHEAP.split() else _DEAR.get(one.function, 20.0)
    return total


class _Writer:
    """Writes the nest that gathers one group. A row is the places along the innermost loop.

    Places of a `reset` are to hold their sum alone, whatever they held before.
    """

    def __init__(self, builder: Builder, nest: Nest, group: _Group, reset: Reset | None) -> None:
        self.builder, self.nest, self.group, self.reset = builder, nest, group, reset
        self.slices = {
            offset: slice_for(nest.statements, [one.operand for one in several])
            for offset, several in group.members.items()
        }
        self.place_slice = slice_for(nest.statements, group.reference.indices)
        self.low, self.high = group.extent(-1)

    def write(self) -> None:
        """Loops over all rows that any contribution reaches."""
        innermost, width = self.nest.loops[-1], self.high - self.low
        complete: Operand = Constant(True, "bool")
        if width:
            size = self.builder.bind("subtract", innermost.stop, innermost.start, hint="size")
            complete = self.builder.bind("greater_equal", size, integer(width), hint="complete")
        self._rows(0, (), complete)

    def _rows(self, level: int, place: tuple[Operand, ...], complete: Operand) -> None:
        """The loops from this level on. `complete`: whether every contribution reaches the rows."""
        if level == len(self.nest.loops) - 1:
            self._row_or_parts(place, complete)
            return
        builder, loop = self.builder, self.nest.loops[level]
        low, high = self.group.extent(level)
        first, last = moved(builder, loop.start, high), moved(builder, loop.stop, low)
        start, stop = moved(builder, loop.start, low), moved(builder, loop.stop, high)
        with builder.loop(start, stop, order_free=True, hint=loop.counter.hint) as counter:
            if low != high:
                within = self._is_between(counter, first, last)
                complete = builder.bind("logical_and", complete, within, hint="complete")
            self._rows(level + 1, (*place, counter), complete)

    def _is_between(self, operand: Operand, first: Operand, last: Operand) -> Operand:
        """`first <= operand < last`."""
        not_before = self.builder.bind("greater_equal", operand, first, hint="within")
        before = self.builder.bind("less", operand, last, hint="within")
        return self.builder.bind("logical_and", not_before, before, hint="within")

    def _row_or_parts(self, place: tuple[Operand, ...], complete: Operand) -> None:
        if isinstance(complete, Constant):  # the sizes are known, so is whether they are enough
            write = self._row if complete.value else self._parts
            write(place)
            return
        with self.builder.block() as then:
            self._row(place)
        with self.builder.block() as otherwise:
            self._parts(place)
        self.builder.branch(complete, then, otherwise)

    def _row(self, outer: tuple[Operand, ...]) -> None:
        """A row that all contributions reach: the places that all of them reach, and those at both ends."""
        builder, loop = self.builder, self.nest.loops[-1]
        every = list(self.group.members)
        reset = self.reset
        self._along(outer, every, self.high, self.low, stored=reset is not None)
        for place in range(self.low, self.high):
            near = [offset for offset in every if offset[-1] <= place]
            self._add((*outer, moved(builder, loop.start, place)), near, reset is not None and place >= reset.first[-1])
            far = [offset for offset in every if offset[-1] > place]
            self._add((*outer, moved(builder, loop.stop, place)), far, reset is not None and place < reset.after[-1])

    def _parts(self, outer: tuple[Operand, ...]) -> None:
        """A row that some contributions may not reach: each that does, one after the other."""
        builder = self.builder
        self._reset(outer)
        for shift in dict.fromkeys(offset[:-1] for offset in self.group.members):
            reaches: Operand = Constant(True, "bool")
            with builder.block() as tests:
                for level, (counter, distance) in enumerate(zip(outer, shift, strict=True)):
                    low, high = self.group.extent(level)
                    loop = self.nest.loops[level]
                    if low != high:
                        within = self._is_between(moved(builder, counter, -distance), loop.start, loop.stop)
                        reaches = builder.bind("logical_and", reaches, within, hint="reaches")
            with builder.block() as body:
                for offset in self.group.members:
                    if offset[:-1] == shift:
                        self._along(outer, [offset], offset[-1], offset[-1])
            builder.append_all(tests)
            if isinstance(reaches, Constant):
                builder.append_all(body if reaches.value else [])
            else:
                builder.branch(reaches, body)

    def _reset(self, outer: tuple[Operand, ...]) -> None:
        """Set what there is of the reset in a row to zero."""
        if self.reset is None:
            return
        builder, reset = self.builder, self.reset
        bounds = zip(outer, self.nest.loops, reset.first, reset.after, strict=False)
        inside: Operand = Constant(True, "bool")
        for counter, loop, first, after in bounds:
            start, stop = moved(builder, loop.start, first), moved(builder, loop.stop, after)
            inside = builder.bind("logical_and", inside, self._is_between(counter, start, stop), hint="within")
        innermost = self.nest.loops[-1]
        first, after = reset.first[-1], reset.after[-1]
        with builder.block() as body:
            start, stop = moved(builder, innermost.start, first), moved(builder, innermost.stop, after)
            with builder.loop(start, stop, order_free=True, hint=innermost.counter.hint) as counter:
                place = (*outer, counter)
                builder.store(self.group.reference.storage, self._indices(place), self._zero())
        if isinstance(inside, Constant):
            builder.append_all(body)
        else:
            builder.branch(inside, body)

    def _indices(self, place: tuple[Operand, ...]) -> list[Operand]:
        """The indices in the storage of a place."""
        known: dict[Operand, Operand] = dict(zip([loop.counter for loop in self.nest.loops], place, strict=True))
        compute_again(self.builder, self.place_slice, known)
        return [known.get(one, one) for one in self.group.reference.indices]

    def _zero(self) -> Constant:
        dtype = self.group.reference.storage.dtype
        return Constant(0j if dtype.startswith("complex") else 0.0, dtype)

    def _along(
        self, outer: tuple[Operand, ...], offsets: list[Offset], first: int, last: int, stored: bool = False
    ) -> None:
        """One loop over the places of a row from `start + first` to `stop + last`."""
        builder, loop = self.builder, self.nest.loops[-1]
        start, stop = moved(builder, loop.start, first), moved(builder, loop.stop, last)
        with builder.loop(start, stop, order_free=True, hint=loop.counter.hint) as counter:
            self._add((*outer, counter), offsets, stored)

    def _add(self, place: tuple[Operand, ...], offsets: list[Offset], stored: bool) -> None:
        """Add to one place, or store there, what the contributions at these offsets bring."""
        builder, counters = self.builder, [loop.counter for loop in self.nest.loops]
        terms: list[Operand] = []
        for offset in offsets:
            known: dict[Operand, Operand] = {
                counter: moved(builder, own, -distance)
                for counter, own, distance in zip(counters, place, offset, strict=True)
            }
            compute_again(builder, self.slices[offset], known)
            terms += [known.get(one.operand, one.operand) for one in self.group.members[offset]]
        reference, indices = self.group.reference, self._indices(place)
        builder.where = reference.where
        total = reduce(lambda first, second: builder.bind("add", first, second), terms)
        (builder.store if stored else builder.accumulate)(reference.storage, indices, total)
