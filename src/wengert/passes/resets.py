"""Resets: arrays that are set to zero shortly before a gather adds to them.

What goes in: the statements before a nest, and what the nest adds to. What comes out: the reset among them, as
distances from the bounds of the nest's loops. What holds: nothing between the two uses the array or can fail, and the
gather comes to every place that is set to zero; so it may store its sum there in place of adding it (0 + x is x, but
for the sign of a zero).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wengert.analysis.affine import Form, affine, minus
from wengert.analysis.index import Index
from wengert.passes.nests import Nest, nest_of
from wengert.program.statements import (
    Accumulate,
    Check,
    Constant,
    For,
    Operand,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import reads, walk, writes

__all__ = ["Reset", "find_reset"]


@dataclass(frozen=True)
class Reset:
    """The places set to zero, for each loop of a nest: from its start + `first` up to its stop + `after`."""

    first: tuple[int, ...]
    after: tuple[int, ...]


def find_reset(
    index: Index, before: Sequence[Statement], nest: Nest, reference: Accumulate, extents: Sequence[tuple[int, int]]
) -> tuple[int, Reset] | None:
    """The last reset of the storage that `reference` adds to, by its position in `before`.

    `extents`: the least and greatest distance of the places of an iteration from that of `reference`, by loop.
    """
    root = index.root(reference.storage)
    for position in range(len(before) - 1, -1, -1):
        one = before[position]
        zeroed = _zeroed(one)
        if zeroed is not None and zeroed.storage is reference.storage:
            found = _distances(index, zeroed, one, nest, reference)
            if found is None or not _is_inside(found, extents):
                return None
            return position, found
        if _uses(index, one, root) or any(isinstance(inner, Check | While) for inner in walk((one,))):
            return None
    return None


def _uses(index: Index, statement: Statement, root: Storage) -> bool:
    return any(index.root(storage) is root for one in walk((statement,)) for storage in (*reads(one), *writes(one)))


def _zeroed(statement: Statement) -> Store | None:
    """The store of a nest that does nothing but set places to zero."""
    nest = nest_of(statement) if isinstance(statement, For) else None
    effects = [one for one in nest.body if isinstance(one, Store | Accumulate)] if nest is not None else []
    if len(effects) != 1 or not isinstance(effects[0], Store):
        return None
    operand = effects[0].operand
    return effects[0] if isinstance(operand, Constant) and operand.value == 0 else None


def _distances(index: Index, zeroed: Store, statement: Statement, nest: Nest, reference: Accumulate) -> Reset | None:
    """Where the reset is, seen from the loops of the nest; `None` where that is not known."""
    assert isinstance(statement, For)
    resetting = nest_of(statement)
    assert resetting is not None
    loops = {loop.counter: loop for loop in resetting.loops}
    first: dict[Value, int] = {}
    after: dict[Value, int] = {}
    for own, other in zip(reference.indices, zeroed.indices, strict=True):
        form, reset = affine(index, own), affine(index, other)
        counters = [loop for loop in nest.loops if loop.counter in form]
        reset_counters = [loop for counter, loop in loops.items() if counter in reset]
        if len(counters) != len(reset_counters):
            return None
        if not counters:
            if form != reset:
                return None
            continue
        (loop,), (reset_loop,) = counters, reset_counters
        if form[loop.counter] != 1 or reset[reset_loop.counter] != 1 or reset_loop.counter not in loops:
            return None
        del loops[reset_loop.counter]
        shift = minus(minus(reset, {reset_loop.counter: 1}), minus(form, {loop.counter: 1}))
        distances = [
            _distance(index, shift, reset_loop.start, loop.start),
            _distance(index, shift, reset_loop.stop, loop.stop),
        ]
        if None in distances:
            return None
        first[loop.counter], after[loop.counter] = (int(one or 0) for one in distances)
    if loops or len(first) != len(nest.loops):
        return None
    return Reset(tuple(first[one.counter] for one in nest.loops), tuple(after[one.counter] for one in nest.loops))


def _distance(index: Index, shift: Form, bound: Operand, own: Operand) -> int | None:
    """`bound + shift - own`, where it is a known number."""
    form = minus(minus(affine(index, bound), affine(index, own)), minus({}, shift))
    return form.get(None, 0) if not form.keys() - {None} else None


def _is_inside(reset: Reset, extents: Sequence[tuple[int, int]]) -> bool:
    """Whether the gather comes to every place of the reset, which has all that every contribution reaches."""
    return all(
        low <= first <= high and low <= after <= high
        for first, after, (low, high) in zip(reset.first, reset.after, extents, strict=True)
    )
