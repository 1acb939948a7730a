"""Bytes saved and seconds spent, by source line.

What goes in: a recorded tape, what an `Observer` noted of it, and the seconds of the sweep by entry. What comes out: a
`LineCost` for each line, the largest first. What holds: memory that is saved twice counts once, at the first place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.inspect.expressions import plain
from wengert.inspect.memory import HeldMemory
from wengert.inspect.observer import Observer
from wengert.inspect.places import Place
from wengert.tape.tape import Tape

__all__ = ["LineCost", "bytes_by_entry", "line_costs"]


@dataclass(frozen=True, slots=True)
class LineCost:
    """A source line: what the tape keeps of it, and the seconds of its recording and of its part of the sweep."""

    filename: str
    line: int
    function: str
    entries: int
    saved_bytes: int
    forward_seconds: float
    reverse_seconds: float


def _saved(entry: Any) -> Iterator[Any]:
    """The values that an entry keeps."""
    lists = [saved for _, _, _, saved in entry[1]] if type(entry) is tuple else list(entry.saved_lists())
    while lists:
        for value in lists.pop():
            if isinstance(value, (list, tuple)):
                lists.append(value)
            elif isinstance(plain(value), (np.ndarray, np.generic, float, complex)):
                yield value


def bytes_by_entry(tape: Tape) -> list[int]:
    """What each entry adds to what those before it keep."""
    held = HeldMemory()
    return [sum(held.add(value) for value in _saved(entry)) for entry in tape.entries]


def line_costs(tape: Tape, observer: Observer, reverse_seconds: Sequence[float]) -> tuple[LineCost, ...]:
    """The lines of the program that took time or keep bytes, those that keep and take most first."""
    totals: dict[tuple[str, int, str], list[Any]] = {}

    def of(place: Place) -> list[Any]:
        return totals.setdefault((place.filename, place.line, place.function), [0, 0, 0.0, 0.0])

    for place, seconds in observer.seconds.items():
        of(place)[2] += seconds
    for entry, size, seconds in zip(observer.entries, bytes_by_entry(tape), reverse_seconds, strict=True):
        total = of(entry.occurrence.place)
        total[0] += 1
        total[1] += size
        total[3] += seconds
    found = [LineCost(*key, *total) for key, total in totals.items()]
    return tuple(sorted(found, key=lambda line: (-line.saved_bytes, -line.forward_seconds - line.reverse_seconds)))
