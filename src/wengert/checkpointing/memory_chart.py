"""A memory report as a picture: bars for the bytes by line, and for the tables of the loops.

What goes in: a report and a path. What comes out: a file; an SVG that needs nothing else, or what matplotlib makes of
the same bars.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from wengert.checkpointing.memory_table import title_of
from wengert.errors import ArgumentError

if TYPE_CHECKING:
    from wengert.checkpointing.memory_report import MemoryReport

__all__ = ["save_chart"]

_MOST_BARS = 15
_WIDTH, _ROW, _LABELS, _NUMBERS = 900, 22, 300, 230
_STYLE = """text { font: 13px sans-serif; fill: #222 } .title { font-weight: bold } .bar { fill: #3b6ea5 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .bar { fill: #7fb0e6 } }"""


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    bytes: int
    text: str


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    bars: list[_Bar]


def _panels(report: MemoryReport) -> Iterator[_Panel]:
    lines = report.lines[:_MOST_BARS]
    title = f"{report.name} ({report.engine}): {report.saved_bytes} bytes saved, {report.peak_bytes} at once"
    sizes = [(line, line.saved_bytes + line.working_bytes) for line in lines]
    yield _Panel(title, [_Bar(title_of(line), size, f"{size} bytes") for line, size in sizes])
    for loop in report.loops:
        bars = [
            _Bar(f"{row.states} states kept", row.bytes, f"{row.bytes} bytes, {row.steps_again} steps again")
            for row in loop.rows
        ]
        yield _Panel(f"loop at {title_of(loop)}: {loop.steps} steps", bars)


def _svg(panels: list[_Panel]) -> str:
    parts, y = [], 0
    for panel in panels:
        y += _ROW
        parts.append(f'<text class="title" x="10" y="{y}">{escape(panel.title)}</text>')
        most = max((bar.bytes for bar in panel.bars), default=1) or 1
        for bar in panel.bars:
            y += _ROW
            width = max(1.0, bar.bytes / most * (_WIDTH - _LABELS - _NUMBERS))
            parts.append(f'<text x="{_LABELS - 10}" y="{y}" text-anchor="end">{escape(bar.label)}</text>')
            parts.append(f'<rect class="bar" x="{_LABELS}" y="{y - 12}" width="{width:.1f}" height="15"/>')
            parts.append(f'<text x="{_LABELS + width + 8:.1f}" y="{y}">{escape(bar.text)}</text>')
        y += _ROW // 2
    size = f'width="{_WIDTH}" height="{y + 10}" viewBox="0 0 {_WIDTH} {y + 10}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>\n<style>{_STYLE}</style>\n{body}\n</svg>\n'


def _draw(panels: list[_Panel], path: str) -> None:
    from matplotlib.figure import Figure

    rows = [len(panel.bars) + 1.5 for panel in panels]
    figure = Figure(figsize=(9, 0.3 * sum(rows) + 0.5), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=rows)[:, 0]
    for axis, panel in zip(axes, panels, strict=True):
        places = list(range(len(panel.bars)))
        axis.barh(places, [bar.bytes for bar in panel.bars], tick_label=[bar.label for bar in panel.bars])
        for place, bar in zip(places, panel.bars, strict=True):
            axis.annotate(bar.text, (bar.bytes, place), xytext=(4, 0), textcoords="offset points", va="center")
        axis.invert_yaxis()
        axis.set_title(panel.title, loc="left")
        axis.set_xlabel("bytes")
        axis.margins(x=0.5)
    figure.savefig(path)


def save_chart(report: MemoryReport, path: str | PathLike[str]) -> None:
    """Draw a report; the ending of the path says how."""
    panels = list(_panels(report))
    ending = Path(path).suffix.lower()
    if ending == ".svg":
        Path(path).write_text(_svg(panels), encoding="utf-8")
        return
    if ending not in (".png", ".pdf"):
        raise ArgumentError(f"a memory report is saved as .svg, .png or .pdf, not {fspath(path)!r}")
    if importlib.util.find_spec("matplotlib") is None:
        raise ArgumentError(
            f"saving a memory report as {ending} needs matplotlib; save it as .svg, which needs nothing"
        )
    _draw(panels, fspath(path))
