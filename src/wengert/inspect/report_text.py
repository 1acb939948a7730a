"""A report as text: one paragraph for each kind of finding, the most important first; nothing where there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wengert import tree
from wengert.inspect.observer import Event
from wengert.inspect.watching import is_finite

if TYPE_CHECKING:
    from wengert.inspect.report import Report

__all__ = ["report_text"]

_MOST = 20  # findings of one kind
_MOST_LINES = 10


def _times(number: int) -> str:
    return {0: "never", 1: "once"}.get(number, f"{number} times")


def _located(event: Event) -> str:
    first = event.first
    return f"  {first.short}: {first.place.expression}" if first.place.expression else f"  {first.short}"


def _extent(event: Event) -> str:
    """How often, and to how many elements."""
    texts = []
    if event.times > 1:
        texts.append(_times(event.times))
    if event.size > event.times:
        texts.append(f"{event.count} of {event.size} elements")
    return f" ({', '.join(texts)})" if texts else ""


def _limited(lines: Sequence[str], each: int) -> Iterator[str]:
    yield from lines[: _MOST * each]
    left = len(lines) // each - _MOST
    if left > 0:
        yield f"  ... and {left} more"


def _events(events: Sequence[Event]) -> Iterator[str]:
    lines = []
    for event in events:
        lines += [_located(event), f"      {event.text}{_extent(event)}"]
    yield from _limited(lines, 2)


def _non_finite(report: Report) -> Iterator[str]:
    for name in report.non_finite_arguments:
        yield f"  argument {name} holds NaN or infinity"
    directions = [
        ("forward", report.forward_non_finite, report.value, "the result"),
        ("reverse", report.reverse_non_finite, report.derivative, "the derivative"),
    ]
    for direction, event, reached, name in directions:
        if event is not None:
            end = f"; {name} is finite" if is_finite(tree.flatten(reached)[0]) else ""
            yield f"  {direction}, {_located(event).strip()}"
            yield f"      {event.text}{_extent(event)}{end}"


def _unused(report: Report) -> Iterator[str]:
    for one in report.unused:
        yield f"  {one.name}: {one.reason}"
        yield from (f"    {_located(event)}" for event in one.places[:3])


def _branches(report: Report) -> Iterator[str]:
    lines = []
    for event in report.branches:
        counts = f"true {_times(event.count)}, false {_times(event.size - event.count)}"
        if event.size > event.times:
            counts = f"true for {event.count} of {event.size} elements"
        lines += [_located(event), f"      {counts}"]
    yield from _limited(lines, 2)


def _lines(report: Report) -> Iterator[str]:
    rows = [("bytes", "forward", "reverse", "line")]
    for line in report.lines[:_MOST_LINES]:
        place = f"{os.path.basename(line.filename)}:{line.line}, in {line.function}"
        rows.append((str(line.saved_bytes), _seconds(line.forward_seconds), _seconds(line.reverse_seconds), place))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        yield "  " + "  ".join([*(cell.rjust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
    left = len(report.lines) - _MOST_LINES
    if left > 0:
        yield f"  ... and {left} more"


def _seconds(seconds: float) -> str:
    """Three digits with the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def _cost(report: Report) -> Iterator[str]:
    cost = report.cost
    yield f"  value {_seconds(cost.value_seconds)}, value and derivative {_seconds(cost.derivative_seconds)}: "\
        f"{cost.ratio:.3g} times ({cost.engine})"  # fmt: skip


def report_text(report: Report) -> str:
    """The whole report."""
    disagreement = [f"  {report.disagreement}"] if report.disagreement else []
    constants = [f"  {name}" for name in report.constants]
    sections = [
        ("THE COMPILED FUNCTION DISAGREES WITH ITS SOURCE", disagreement),
        ("NaN or infinity first entered", list(_non_finite(report))),
        ("kinks, ties and singular points that were hit exactly", list(_events(report.kinks))),
        ("floats that became integers, where the derivative stops", list(_events(report.cuts))),
        ("inputs without effect", list(_unused(report))),
        ("results that are constants", constants),
        ("branches that depend on inputs", list(_branches(report))),
        (
            f"saved bytes ({report.saved_bytes} in all) and recorded time, by line",
            list(_lines(report)) if report.lines else [],
        ),
        ("cost of the derivative", list(_cost(report))),
    ]
    paragraphs = ["\n".join([f"report of {report.name}"])]
    paragraphs += ["\n".join([title, *lines]) for title, lines in sections if lines]
    return "\n\n".join(paragraphs)
