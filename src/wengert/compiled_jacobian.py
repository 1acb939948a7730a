"""Jacobians of compiled functions, and of their gradients, and products with them, without a tape.

What goes in: a compiled function, or the gradient of one, and plain arguments. What comes out: the blocks of its
Jacobian by forward mode, several directions at a time, or its tangent along one; or None where the tape is to do it: an
argument is recorded or complex, the function updates an argument, or a result is no real array or number. What holds:
the derivative is that of the tape to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.compiled import Jitted, Specialisation, all_finite
from wengert.compiler import Kernel
from wengert.lower.results import Result, ResultLeaf, ResultTree, rebuild

__all__ = ["CompiledGradient", "jacobian_blocks", "value_and_tangent"]

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
    call = _call(function, args, kwargs, numbers)
    if call is None or sum(np.size(call.inputs[i]) for i in call.wrt) < 2:
        return None
    if isinstance(function, Jitted) and not always:
        results, _ = call.kernel(*call.inputs)
        if sum(np.size(call.inputs[i]) for i in call.wrt) >= sum(map(np.size, results)):
            return None
    return _columns(call), call.shape


def value_and_tangent(
    function: Jitted | CompiledGradient, args: Sequence[Any], seeds: Callable[[], Sequence[Any]]
) -> tuple[Any, list[Any], Any] | None:
    """The value (for a gradient: the list of its leaves), the leaves of its tangent, and a tree like the value.

    From one run of machine code. `seeds` gives the tangents of the leaves of all arguments.
    """
    call = _call(function, args, {}, range(len(args)))
    if call is None:
        return None
    tangents = seeds()
    results, outputs = call.kernel.forward(call.wrt)(*call.inputs, *tangents)
    found = call.pick(results, outputs)
    is_finite = isinstance(function, Jitted) or all_finite(call.value(results, outputs))
    if not (is_finite and all_finite(found)):
        results, outputs = call.guarded().forward(call.wrt, guarded=True)(*call.inputs, *tangents)
        found = call.pick(results, outputs)
    found = [one.copy() if any(one is given for given in tangents) else one for one in found]
    return call.value(results, outputs), found, call.shape


@dataclass(frozen=True)
class _Call:
    """A call without a tape: a kernel with its inputs, and which of these are differentiated.

    `guarded` makes the kernel with strong zeros: a gradient needs them as much as its derivative does. `pick` takes the
    tangents of the results in the order of `tree.flatten`, out of what a derivative of the kernel returns; `value` the
    results. `shape`: a tree like the value.
    """

    kernel: Kernel
    guarded: Callable[[], Kernel]
    inputs: Sequence[Any]
    wrt: tuple[int, ...]
    pick: Callable[..., list[Any]]
    value: Callable[..., Any]
    shape: Any


def _call(
    function: Jitted | CompiledGradient, args: Sequence[Any], kwargs: dict[str, Any], numbers: Sequence[int]
) -> _Call | None:
    jitted = function if isinstance(function, Jitted) else function.function
    call = jitted.plain_call(args, kwargs, numbers)
    if call is None or call[0].lowered.written:
        return None
    made, leaves, wanted = call
    inputs, wrt = made.inputs(leaves), made.positions(wanted)
    if wrt is None:
        return None
    if isinstance(function, CompiledGradient):
        return _gradient_call(made, jitted.plain_call(args, kwargs, function.numbers), inputs, wrt)
    if not all(_is_real(one) for one in _result_leaves(made.result)):
        return None
    count = len(made.functional.program.results)
    shape = rebuild(_numbered(made.result), range(count))
    order = [int(one) for one in tree.flatten(shape)[0]]

    def pick(results: Sequence[Any], _: Sequence[Any]) -> list[Any]:
        return [results[count + i] for i in order]

    def value(results: Sequence[Any], _: Sequence[Any]) -> Any:
        return made.rebuilt(results[:count], leaves)

    return _Call(made.functional, lambda: made.functional, inputs, wrt, pick, value, shape)


def _gradient_call(made: Specialisation, of: Any, inputs: Sequence[Any], wrt: tuple[int, ...]) -> _Call | None:
    found = None if of is None else made.gradient(of[2])
    if found is None:
        return None
    family, kernel = found

    def value(results: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
        return family.in_order(results[: len(results) // 2], outputs[: len(outputs) // 2])

    def guarded() -> Kernel:
        return family.kernel.reverse(family.wrt, with_results=True, unit_seed=True, guarded=True)

    return _Call(kernel, guarded, inputs, wrt, family.in_order, value, list(range(len(family.wrt))))


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


def _columns(call: _Call) -> list[list[np.ndarray[Any, Any]]]:
    """The tangents of some results along every direction, by blocks."""
    kernel, inputs, wrt, pick = call.kernel, call.inputs, call.wrt, call.pick
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
        found = pick(*kernel.along_directions(wrt, count)(*inputs, *seeds))
        if not all_finite(found):
            found = pick(*call.guarded().along_directions(wrt, count, guarded=True)(*inputs, *seeds))
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
