"""The tables of a memory report: what they hold, and as text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wengert.schedules import optimal_advances

if TYPE_CHECKING:
    from wengert.checkpointing.memory_report import MemoryReport

__all__ = ["LineMemory", "LoopMemory", "PlanRow", "memory_text", "plan_rows", "title_of"]

_MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class LineMemory:
    """A source line: the bytes kept for the way back, and those of other arrays of a compiled derivative."""

    filename: str
    line: int
    function: str
    saved_bytes: int
    working_bytes: int


@dataclass(frozen=True, slots=True)
class PlanRow:
    """So many states kept take so many bytes, and so many steps run again; `block` steps are swept back at once."""

    states: int
    bytes: int
    steps_again: int
    block: int = 1


@dataclass(frozen=True, slots=True)
class LoopMemory:
    """A loop that carries a state of `state_bytes`; `step_bytes` is what is needed whatever is kept."""

    filename: str
    line: int
    function: str
    steps: int
    state_bytes: int
    step_bytes: int
    rows: tuple[PlanRow, ...]


def plan_rows(steps: int, state: int, fixed: int) -> tuple[PlanRow, ...]:
    """Keeping all states, half of them, a quarter, and so on down to the first one alone."""
    rows, states = [], steps
    while states >= 1:
        again = optimal_advances(steps, states) - (steps - 1)
        rows.append(PlanRow(states, states * state + fixed, again))
        states //= 2
    return tuple(rows)


def title_of(one: LineMemory | LoopMemory) -> str:
    """`model.py:12, in f`."""
    return f"{os.path.basename(one.filename)}:{one.line}, in {one.function}" if one.line else "elsewhere"


def _aligned(rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Columns of numbers to the right, the last `left` ones to the left."""
    count = len(rows[0])
    widths = [max(len(row[i]) for row in rows) for i in range(count)]
    for row in rows:
        cells = [
            cell.ljust(width) if i >= count - left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def memory_text(report: MemoryReport) -> str:
    """The whole report."""
    compiled = report.engine == "compiled"
    rows = [["saved", "working", "line"] if compiled else ["saved", "line"]]
    for line in report.lines[:_MOST_LINES]:
        numbers = [str(line.saved_bytes), str(line.working_bytes)] if compiled else [str(line.saved_bytes)]
        rows.append([*numbers, title_of(line)])
    table = ["", *_aligned(rows, 1)] if report.lines else []
    text = [f"memory report of {report.name} ({report.engine})", *table]
    left = len(report.lines) - _MOST_LINES
    if left > 0:
        text.append(f"  ... and {left} more lines")
    text += ["", f"saved: {report.saved_bytes} bytes; most at once: {report.peak_bytes} bytes"]
    for loop in report.loops:
        text += [
            "",
            f"loop at {title_of(loop)}: {loop.steps} steps, a state takes {loop.state_bytes} bytes, "
            f"the derivative of a step {loop.step_bytes}",
        ]
        plan = [["states kept", "steps at once", "bytes", "steps run again"]]
        plan += [[str(row.states), str(row.block), str(row.bytes), str(row.steps_again)] for row in loop.rows]
        text += _aligned(plan, 0)
    return "\n".join(text)
