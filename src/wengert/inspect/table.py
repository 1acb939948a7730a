"""The table of a trace, as rows of cells and as aligned text.

What goes in: the steps of a trace, the adjoints by slot after a reverse sweep. What comes out: rows of texts,
and these as text. A long table shows its first and last rows, and says how many it leaves out.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.errors import SourceLocation
from wengert.inspect.expressions import plain, value_text
from wengert.inspect.listener import Step
from wengert.inspect.memory import HeldMemory

__all__ = ["Row", "Table", "make_table", "saved_by_step", "table_text"]

_LONGEST_EXPRESSION = 80
_LONGEST_SOURCE = 80


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one step."""

    step: str
    expression: str
    value: str
    adjoint: str
    saved: str
    bytes: str
    place: str
    source: str


@dataclass(frozen=True, slots=True)
class Table:
    """The rows at the start and at the end, how many are left out between them, and all bytes that are saved."""

    first: list[Row]
    omitted: int
    last: list[Row]
    has_adjoints: bool
    saved_bytes: int


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _adjoint_text(value: Any) -> str:
    if value is None:
        return "0.0"
    array = np.asarray(plain(value))
    text = value_text(array)
    return f"{text} norm {np.linalg.norm(array):.6g}" if text.startswith(str(array.dtype)) else text


def _place(location: SourceLocation | None) -> str:
    return "" if location is None else f"{os.path.basename(location.filename)}:{location.line}"


def _row(step: Step, added: int, adjoints: Sequence[Any] | None) -> Row:
    return Row(
        step="" if step.number is None else str(step.number),
        expression=_cut(step.expression, _LONGEST_EXPRESSION),
        value=step.value,
        adjoint="" if adjoints is None else ", ".join(_adjoint_text(adjoints[slot]) for slot in step.slots),
        saved=_cut(", ".join(dict.fromkeys(one.text() for one in step.saved)), _LONGEST_EXPRESSION),
        bytes=str(added) if step.saved else "",
        place=_place(step.location),
        source="" if step.location is None else _cut(step.location.text, _LONGEST_SOURCE),
    )


def saved_by_step(steps: Sequence[Step]) -> list[int]:
    """For each step the bytes that it adds to what the steps before it keep."""
    held = HeldMemory()
    return [sum(held.add(one.current()) for one in step.saved) for step in steps]


def make_table(steps: Sequence[Step], adjoints: Sequence[Any] | None, limit: int | None) -> Table:
    """The table of at most `limit` steps, half of them from the start and half from the end."""
    added = saved_by_step(steps)
    head, tail = len(steps), len(steps)
    if limit is not None and len(steps) > limit:
        head = (limit + 1) // 2
        tail = len(steps) - limit // 2
    rows = [
        [_row(step, count, adjoints) for step, count in zip(steps[part], added[part], strict=True)]
        for part in (slice(head), slice(tail, None))
    ]
    return Table(rows[0], tail - head, rows[1], adjoints is not None, sum(added))


def _cells(row: Row, has_adjoints: bool) -> list[str]:
    source = f"{row.place}  {row.source}".strip()
    adjoint = [row.adjoint] if has_adjoints else []
    return [row.step, row.expression, row.value, *adjoint, row.saved, row.bytes, source]


def table_text(table: Table, title: str, result: str) -> str:
    """The table as text with aligned columns."""
    header = Row("step", "expression", "value", "adjoint", "saved", "bytes", "source", "")
    rows = [header, *table.first, *table.last, Row("", f"return {result}", "", "", "", "", "", "")]
    cells = [_cells(row, table.has_adjoints) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numbers = {0, len(widths) - 2}  # the columns of step and bytes
    lines = [
        "  ".join(
            text.rjust(width) if i in numbers else text.ljust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    if table.omitted:
        lines.insert(1 + len(table.first), f"... {table.omitted} steps left out ...")
    return "\n".join([title, *lines, f"saved: {table.saved_bytes} bytes"])
