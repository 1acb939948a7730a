"""Lays out the arrays that a program makes for itself so that its innermost loops walk along memory.

What goes in: a program. What comes out: the axes of such arrays in another order, and the indices of their uses with
them. What holds: nobody else sees these arrays, only elements of them are used, and each element is what it was, so
every bit is the same. The order costs least where each use costs, for each loop that moves it, the number of axes to
the right of the one that is moved, times how often that happens. Kandemir, Choudhary, Ramanujam, Banerjee, "Improving
locality using loop and data transformations in an integrated framework", MICRO 1998 (data transformation); Allen and
Kennedy, *Optimizing Compilers for Modern Architectures*, 2001, section 9.3 (the cost of references).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TypeAlias

from wengert.analysis.affine import affine
from wengert.analysis.index import Control, Index, index_program
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Block,
    Constant,
    For,
    If,
    Load,
    Operand,
    Program,
    Recall,
    Reshape,
    Section,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import reads, rebuild, walk, writes

__all__ = ["lay_out_arrays"]

_LARGEST_RANK = 5  # of arrays whose orders are all tried
_SMALL = 8  # an axis of fewer elements fits into a cache line, and stays where it is
_TRIPS = 16  # iterations of a loop, where their number is not known
_CLEAR_GAIN = 0.75  # of the cost before is at least what must be left

_Order: TypeAlias = tuple[int, ...]


def lay_out_arrays(program: Program) -> Program:
    """The program with the axes of its own arrays in the order in which its loops run over them."""
    index = index_program(program)
    orders: dict[Storage, _Order] = {}
    for together in _candidates(index):
        order = _cheapest(together)
        if order is not None:
            orders.update((storage, order) for storage in together.storages)
    return replace(program, body=_permuted(program.body, orders)) if orders else program


# Which arrays.


@dataclass(frozen=True)
class _Together:
    """Storages that need one layout, since a stack hands the memory of one to another; the uses of their elements."""

    storages: list[Storage]
    uses: list[_Use]
    small: frozenset[int]


@dataclass(frozen=True)
class _Use:
    """For each loop around a use, innermost first, which axes it moves; and how often the use runs, up to that loop."""

    moved: tuple[tuple[float, frozenset[int]], ...]


def _candidates(index: Index) -> Iterator[_Together]:
    """The arrays of two axes and more whose elements alone are used, joined where they need one layout."""
    makers = [one for one in index.places if isinstance(one, Allocate | Recall)]
    seen = _seen_whole(index.program)
    joined: dict[object, list[Allocate | Recall]] = {}
    for one in makers:
        stack = one.kept if isinstance(one, Allocate) else one.stack
        joined.setdefault(one.storage if stack is None else stack, []).append(one)
    uses: dict[Storage, list[Load | Store | Accumulate]] = {}
    for statement in index.places:
        if isinstance(statement, Load | Store | Accumulate):
            uses.setdefault(statement.storage, []).append(statement)
    for several in joined.values():
        storages = [one.storage for one in several]
        ranks = {one.rank for one in storages}
        if len(ranks) > 1 or not 2 <= max(ranks) <= _LARGEST_RANK or not seen.isdisjoint(storages):
            continue
        found = [_use(index, use) for storage in storages for use in uses.get(storage, ())]
        small = {axis for one in several for axis, size in enumerate(one.sizes) if _is_small(size)}
        yield _Together(storages, found, frozenset(small))


def _seen_whole(program: Program) -> set[Storage]:
    """The storages of which more than single elements is used, so that their layout can be told."""
    found = {one.storage for one in program.results if isinstance(one, Section)}
    for statement in walk(program.body):
        if isinstance(statement, Apply):
            found.update((*reads(statement), *writes(statement)))
        elif isinstance(statement, Reshape):
            found.update((statement.storage, statement.of))
    return found


def _is_small(size: Operand) -> bool:
    return isinstance(size, Constant) and size.value.real < _SMALL


# Which order.


def _use(index: Index, statement: Load | Store | Accumulate) -> _Use:
    movers = [_movers(index, one) for one in statement.indices]
    weight = 1.0
    found: list[tuple[float, frozenset[int]]] = []
    for loop in index.places[statement].loops:
        weight *= _trips(loop)
        axes = frozenset(axis for axis, loops in enumerate(movers) if loop in loops)
        if axes:
            found.append((weight, axes))
    return _Use(tuple(reversed(found)))


def _movers(index: Index, operand: Operand) -> set[Control]:
    """The loops with whose iterations an index changes."""
    found: set[Control] = set()
    for symbol in affine(index, operand):
        if isinstance(symbol, Value):
            loops = [one.statement for one in index.enclosing_definition(symbol) if not isinstance(one.statement, If)]
            found.update(loops[-1:])
    return found


def _trips(loop: Control) -> float:
    if isinstance(loop, For) and isinstance(loop.start, Constant) and isinstance(loop.stop, Constant):
        count = abs((loop.stop.value.real - loop.start.value.real) / loop.step)
        return min(max(count, 1.0), _TRIPS)
    return _TRIPS


def _cheapest(together: _Together) -> _Order | None:
    """The order of axes that costs least, where it clearly costs less than the one that is."""
    rank = together.storages[0].rank
    same = tuple(range(rank))
    possible = [order for order in permutations(same) if all(order[axis] == axis for axis in together.small)]
    costs = {order: _cost(together.uses, order) for order in possible}
    best = min(possible, key=lambda order: costs[order])
    return best if costs[best] < _CLEAR_GAIN * costs[same] else None


def _cost(uses: Sequence[_Use], order: _Order) -> float:
    to_the_right = {axis: len(order) - 1 - place for place, axis in enumerate(order)}
    return sum(weight * sum(to_the_right[axis] for axis in axes) for use in uses for weight, axes in use.moved)


# The new program.


def _permuted(block: Block, orders: Mapping[Storage, _Order]) -> Block:
    def nested(inner: Block) -> Block:
        return tuple(permuted(one) for one in inner)

    def permuted(one: Statement) -> Statement:
        match one:
            case For() | If() | While():
                return rebuild(one, lambda operand: operand, lambda storage: storage, nested)
            case Load() | Store() | Accumulate() if one.storage in orders:
                return replace(one, indices=tuple([one.indices[axis] for axis in orders[one.storage]]))
            case Allocate() | Recall() if one.storage in orders:
                return replace(one, sizes=tuple([one.sizes[axis] for axis in orders[one.storage]]))
            case _:
                return one

    return nested(block)
