"""What memory the adjoint program of a compiled function takes, counted while it runs.

What goes in: a compiled function and its arguments. What comes out: bytes by source line, the most at once, and the
outermost loops with their plans for less memory. What holds: the counts are of the program as it becomes machine code,
after fusion; the plans are those that `memory=` would take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.adjoint.segments import Repetition
from wengert.analysis.activity import carries
from wengert.checkpointing.compiled import loop_plans
from wengert.checkpointing.memory_table import LineMemory, LoopMemory, PlanRow
from wengert.checkpointing.planning import Need, Plan
from wengert.compiled import Jitted
from wengert.compiler import Kernel
from wengert.emit import new_ledger
from wengert.errors import ArgumentError, MemoryBudgetError, SourceLocation
from wengert.lower import argument_leaves
from wengert.passes.metering import Site
from wengert.schedules import optimal_advances

__all__ = ["program_memory"]

_UNLIMITED = 1 << 62


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
    counted = [int(one) for one in program(*inputs, *cts)[0][len(adjoint.program.results) :]]
    ledger = new_ledger(_UNLIMITED)
    try:
        ledger.measure()
        adjoint.run_within(ledger, [*inputs, *cts])
        most = ledger.peak
    finally:
        ledger.close()
    lines = _lines(list(zip(sites, counted[1:], strict=True)))
    if adjoint.program.functions:  # those that recurse, which the program does not count
        lines.append(LineMemory("<recursion>", 0, "", 0, max(most - counted[0], 0)))
    return lines, most, _loops(kernel, wrt, most, inputs, cts or [1.0])


def _loops(
    kernel: Kernel, wrt: tuple[int, ...], most: int, inputs: Sequence[Any], cts: Sequence[Any]
) -> list[LoopMemory]:
    """The loops with what they cost where memory is what all takes, half of it, and so on down to the least."""
    rows: dict[Repetition, list[PlanRow]] = {}
    needs: dict[Repetition, Need] = {}
    memory, least = most, 0
    while memory >= max(least, 1):
        try:
            plans = loop_plans(kernel, wrt, memory, inputs, cts)
        except MemoryBudgetError:
            break
        for k, (loop, need, plan) in enumerate(plans):
            needs[loop] = need
            known = rows.setdefault(loop, [PlanRow(0, most, 0, need.iterations or 1)])
            if memory < most:
                known.append(_row(memory, need, plan, is_last=k == len(plans) - 1))
        least = max((need.least for _, need, _ in plans), default=most)
        memory = max(memory // 2, least) if memory > least else 0  # the least is the last
    return [_loop(loop, needs[loop], tuple(found)) for loop, found in rows.items()]


def _row(memory: int, need: Need, plan: Plan, *, is_last: bool) -> PlanRow:
    """What a budget costs; a loop with another one after it runs once more as a whole."""
    steps = need.iterations or 0
    blocks = -(-steps // plan.block)
    forward = max(blocks - 1, 0) if is_last else 0  # the way forward of the last loop is the first run
    again = (optimal_advances(blocks, plan.snapshots) - forward) * plan.block
    return PlanRow(plan.snapshots, memory, again, plan.block)


def _loop(loop: Repetition, need: Need, rows: tuple[PlanRow, ...]) -> LoopMemory:
    filename, line, function = _place(loop.loop.where)
    return LoopMemory(filename, line, function, need.iterations or 0, need.state, need.least - need.state, rows)


def _place(where: SourceLocation | None) -> tuple[str, int, str]:
    return ("<unknown>", 0, "<unknown>") if where is None else (where.filename, where.line, where.function)


def _lines(pairs: Sequence[tuple[Site, int]]) -> list[LineMemory]:
    totals: dict[tuple[str, int, str], list[int]] = {}
    for site, size in pairs:
        totals.setdefault(_place(site.where), [0, 0])[0 if site.saved else 1] += size
    return [LineMemory(*key, *sizes) for key, sizes in totals.items() if any(sizes)]
