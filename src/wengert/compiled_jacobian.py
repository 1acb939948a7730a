"""Jacobians and Hessians of compiled functions, several directions at a time and without a tape.

What goes in: a compiled function, or the gradient of one, and plain arguments. What comes out: the blocks of its
Jacobian by forward mode, or None where the tape is to do it: an argument is recorded or complex, the function updates
an argument, or a result is no real array or number. What holds: the derivative is that of the tape to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.compiled import Jitted, all_finite
from wengert.compiler import Kernel
from wengert.lower.results import Result, ResultLeaf, ResultTree, rebuild

__all__ = ["CompiledGradient", "jacobian_blocks"]

_MOST = 8  # directions at a time: a register of the widest vectors


@dataclass(frozen=True)
class CompiledGradient:
    """The gradient of a compiled function with respect to the arguments at the positions `numbers`."""

    function: Jitted
    numbers: tuple[int, ...]


def jacobian_blocks(
    function: Jitted | CompiledGradient,
    args: Sequence[Any],
    kwargs: dict[str, Any],
    numbers: Sequence[int],
    *,
    always: bool,
) -> tuple[list[list[np.ndarray[Any, Any]]], Any] | None:
    """For each leaf of the result, for each leaf of the arguments `numbers`, the block of the Jacobian.

    And a tree like the result (for a gradient: the list of its leaves). None too where the reverse mode is better,
    unless `always`: where there are fewer results than arguments.
    """
    jitted = function if isinstance(function, Jitted) else function.function
    call = jitted.plain_call(args, kwargs, numbers)
    if call is None or call[0].lowered.written:
        return None
    made, leaves, wanted = call
    inputs, wrt = made.inputs(leaves), made.positions(wanted)
    if wrt is None or sum(np.size(inputs[i]) for i in wrt) < 2:
        return None
    if isinstance(function, CompiledGradient):
        of = jitted.plain_call(args, kwargs, function.numbers)
        found = None if of is None else made.gradient(of[2])
        if found is None:
            return None
        family, kernel = found
        return _columns(kernel, inputs, wrt, family.in_order), list(range(len(family.wrt)))
    if not all(_is_real(one) for one in _result_leaves(made.result)):
        return None
    if not always:
        results, _ = made.functional(*inputs)
        if sum(np.size(inputs[i]) for i in wrt) >= sum(map(np.size, results)):
            return None
    count = len(made.functional.program.results)
    shape = rebuild(_numbered(made.result), range(count))
    order = [int(one) for one in tree.flatten(shape)[0]]
    return _columns(made.functional, inputs, wrt, lambda dots, _: [dots[count + i] for i in order]), shape


def _is_real(leaf: Any) -> bool:
    return isinstance(leaf, ResultLeaf) and leaf.argument is None and leaf.dtype.startswith("float")


def _result_leaves(result: Result) -> Iterator[Result]:
    if isinstance(result, ResultTree):
        for item in result.items:
            yield from _result_leaves(item)
    else:
        yield result


def _numbered(result: Result) -> Result:
    """The description of a result of the same form, of arrays."""
    if isinstance(result, ResultTree):
        return ResultTree(result.cls, result.names, tuple(map(_numbered, result.items)))
    assert isinstance(result, ResultLeaf)
    return ResultLeaf(result.index, "array", result.dtype)


def _columns(
    kernel: Kernel, inputs: Sequence[Any], wrt: Sequence[int], pick: Callable[..., list[Any]]
) -> list[list[np.ndarray[Any, Any]]]:
    """The tangents of some results along every direction, by blocks."""
    sizes = [int(np.size(inputs[i])) for i in wrt]
    total, starts = sum(sizes), np.concatenate([[0], np.cumsum(sizes)])
    count = next(width for width in (2, 4, _MOST) if width >= min(total, _MOST))
    seeds = [np.zeros((*np.shape(inputs[i]), count), kernel.dtype(i)) for i in wrt]
    rows = [seed.reshape(-1, count) for seed in seeds]
    pieces: list[list[np.ndarray[Any, Any]]] = []
    for first in range(0, total, count):
        places = [
            (row, place - start, place - first)
            for row, start, size in zip(rows, starts, sizes, strict=False)
            for place in range(max(first, start), min(first + count, start + size, total))
        ]
        for row, place, direction in places:
            row[place, direction] = 1
        found = pick(*kernel.along_directions(tuple(wrt), count)(*inputs, *seeds))
        if not all_finite(found):
            found = pick(*kernel.along_directions(tuple(wrt), count, guarded=True)(*inputs, *seeds))
        pieces.append([one.copy() if any(one is seed for seed in seeds) else one for one in found])
        for row, place, direction in places:
            row[place, direction] = 0
    joined = [np.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0] for parts in zip(*pieces, strict=True)]
    return [
        [
            np.ascontiguousarray(one[..., start : start + size]).reshape(one.shape[:-1] + np.shape(inputs[i]))
            for i, start, size in zip(wrt, starts, sizes, strict=False)
        ]
        for one in joined
    ]
