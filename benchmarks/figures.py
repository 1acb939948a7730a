"""Numbers out of measurements, and their text: medians with quartiles, ratios formed within repeats, footnotes.

In: measurements as they stand in the file of results. A ratio is the median over the repeats of the ratio within each.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Found = dict[str, dict[str, dict[str, Any]]]  # of a suite: by case, by contender, its measurement


def seconds(measurement: dict[str, Any] | None, run: str = "call") -> list[float]:
    """By the clock, of each repeat; none if there is no such measurement or it failed."""
    if not measurement or measurement["error"]:
        return []
    return [one[0] for one in measurement["repeats"].get(run, [])]


def ratio(slow: Sequence[float], quick: Sequence[float]) -> float | None:
    """How many times longer one takes than the other, in the repeats that both have."""
    pairs = list(zip(slow, quick, strict=False))
    return statistics.median(one / other for one, other in pairs) if pairs else None


def spread_text(values: Sequence[float]) -> str:
    """The median, and in parentheses the quartiles; nothing for no values."""
    if not values:
        return ""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else list(values) * 3
    return f"{number(middle)} ({number(low)}-{number(high)})"


def number(value: float) -> str:
    """Three digits or so."""
    digits = 3 if abs(value) < 0.1 else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f}"


def factor_text(value: float | None) -> str:
    """A ratio, or nothing."""
    return "" if value is None else number(value)


def geometric_mean(factors: Iterable[float | None]) -> str:
    """With the number of cases that have one."""
    known = [factor for factor in factors if factor is not None]
    return f"{number(statistics.geometric_mean(known))} ({len(known)})" if known else "none (0)"


@dataclass
class Notes:
    """Footnotes of one table: each failure once, with the places where it happened."""

    texts: dict[str, list[str]] = field(default_factory=dict)

    def mark(self, place: str, error: str) -> str:
        """The mark of an error in a cell."""
        self.texts.setdefault(error, []).append(place)
        return f"[{list(self.texts).index(error) + 1}]"

    def lines(self) -> list[str]:
        """The list under the table."""
        if not self.texts:
            return []
        listed = [
            f"- [{place}] {'; '.join(where)}: `{error.replace('`', chr(39)).replace('|', '/')}`"
            for place, (error, where) in enumerate(self.texts.items(), 1)
        ]
        return ["", "Not measured, with the error given:", "", *listed]


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table, whose first column is text."""
    return [
        f"| {' | '.join(headers)} |",
        f"|:---|{'---:|' * (len(headers) - 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def time_cell(case: str, contender: str, measurement: dict[str, Any] | None, notes: Notes, scale: float = 1e3) -> str:
    """Milliseconds with quartiles, or the mark of the error."""
    if measurement is None:
        return ""
    if measurement["error"]:
        return notes.mark(f"{case}, {contender}", measurement["error"])
    return spread_text([scale * one for one in seconds(measurement)])
