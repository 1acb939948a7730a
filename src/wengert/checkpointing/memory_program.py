"""What memory the adjoint program of a compiled function takes, counted while it runs.

What goes in: a compiled function and its arguments. What comes out: bytes by source line, the most at once, and the
outermost loops with their states. What holds: the counts are of the program as it becomes machine code, after fusion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.analysis.activity import carries
from wengert.checkpointing.memory_table import LineMemory, LoopMemory, plan_rows
from wengert.compiled import Jitted
from wengert.compiler import Kernel
from wengert.errors import ArgumentError, SourceLocation
from wengert.lower import argument_leaves
from wengert.passes.metering import CarriedLoop, Site

__all__ = ["program_memory"]


def _leaves(args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
    """Copies of the arguments, no array twice: as a derivative takes them."""
    return [
        tree.map_leaves(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, value)
        for value in (*args, *kwargs.values())
    ]


def _differentiated(leaves: Sequence[int], args: Sequence[Any], numbers: Sequence[int], kernel: Kernel) -> list[int]:
    """The inputs of a program that belong to the arguments `numbers` and carry a derivative."""
    starts = [len(argument_leaves(list(args[:number]))) for number in range(len(args) + 1)]
    wanted = {leaf for number in numbers for leaf in range(starts[number], starts[number + 1])}
    return [i for i, leaf in enumerate(leaves) if leaf in wanted and carries(kernel.dtype(i))]


def program_memory(
    function: Jitted, args: tuple[Any, ...], kwargs: dict[str, Any], numbers: Sequence[int]
) -> tuple[list[LineMemory], int, list[LoopMemory]]:
    """The bytes by line, the most at once, and the loops of the adjoint program for these arguments."""
    values = _leaves(args, kwargs)
    found = function.specialise(values, tuple(kwargs))
    kernel = found.scalar or found.functional
    wrt = tuple(_differentiated(found.lowered.leaves, args, numbers, kernel))
    if not wrt:
        raise ArgumentError("memory_report: no argument carries a derivative")
    inputs = found.inputs(argument_leaves(values))
    cts: list[Any] = []
    if found.scalar is None:
        results, _ = kernel(*inputs)
        cts = [np.ones_like(one)[()] for one in results if np.asarray(one).dtype.kind in "fc"]
    adjoint = kernel.reverse(wrt, with_results=True, unit_seed=found.scalar is not None)
    program, sites = adjoint.metered()
    results, _ = program(*inputs, *cts)
    most, *each = [int(one) for one in results[len(adjoint.program.results) :]]
    counting, loops = kernel.metered_loops()
    counts = [int(one) for one in counting(*inputs)[0][len(kernel.prepared.results) :]]
    pairs = list(zip(sites, each, strict=True))
    carried = [
        _loop(loop, steps, state, pairs)
        for loop, steps, state in zip(loops, counts[::2], counts[1::2], strict=True)
        if steps and state
    ]
    return _lines(pairs), most, carried


def _place(where: SourceLocation | None) -> tuple[str, int, str]:
    return ("<unknown>", 0, "<unknown>") if where is None else (where.filename, where.line, where.function)


def _lines(pairs: Sequence[tuple[Site, int]]) -> list[LineMemory]:
    totals: dict[tuple[str, int, str], list[int]] = {}
    for site, size in pairs:
        totals.setdefault(_place(site.where), [0, 0])[0 if site.saved else 1] += size
    return [LineMemory(*key, *sizes) for key, sizes in totals.items() if any(sizes)]


def _loop(loop: CarriedLoop, steps: int, state: int, pairs: Sequence[tuple[Site, int]]) -> LoopMemory:
    """A loop: the derivative of one step keeps its part of what is saved on the loop's lines."""
    filename, line, function = _place(loop.where)
    inside = [
        size
        for site, size in pairs
        if site.saved
        and site.where is not None
        and site.where.filename == filename
        and line <= site.where.line <= max(line, loop.last_line)
    ]
    step = -(-sum(inside) // steps)
    return LoopMemory(filename, line, function, steps, state, step, plan_rows(steps, state, step))
