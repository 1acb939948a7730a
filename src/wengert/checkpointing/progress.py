"""How far a long loop is: steps forward, steps recomputed, steps back.

What goes in: counts, as they grow. What comes out: a line on standard error a few times a second, or calls of the
user's own function.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

__all__ = ["Progress", "ProgressReport"]

_INTERVAL = 0.2  # seconds between two lines: often enough to look alive, too rare to cost anything


@dataclass(frozen=True)
class Progress:
    """Counts of steps. `steps` is how many the loop has, or `None` as long as that is not known."""

    forward: int = 0
    recomputed: int = 0
    reverse: int = 0
    steps: int | None = None

    def __str__(self) -> str:
        of = "" if self.steps is None else f" of {self.steps}"
        return f"{self.forward}{of} steps forward, {self.recomputed} recomputed, {self.reverse}{of} back"


class ProgressReport:
    """Counts steps, and tells of them if asked to: `wanted` is whether, or a function that takes a `Progress`."""

    def __init__(self, wanted: bool | Callable[[Progress], object], steps: int | None) -> None:
        self.now = Progress(steps=steps)
        self._wanted = wanted
        self._last = 0.0

    @property
    def is_wanted(self) -> bool:
        """Whether anybody is told."""
        return bool(self._wanted)

    def count(self, *, forward: int = 0, recomputed: int = 0, reverse: int = 0) -> None:
        """So many steps more."""
        now = self.now
        self.now = replace(
            now,
            forward=now.forward + forward,
            recomputed=now.recomputed + recomputed,
            reverse=now.reverse + reverse,
        )
        if callable(self._wanted):
            self._wanted(self.now)
        elif self._wanted and time.monotonic() - self._last > _INTERVAL:
            self._show("")

    def ended(self, steps: int) -> None:
        """The way forward, or the way back, has come to its end."""
        self.now = replace(self.now, steps=steps)
        if self._wanted and not callable(self._wanted):
            self._show("\n")

    def restart(self) -> None:
        """Another way back begins."""
        self.now = replace(self.now, recomputed=0, reverse=0)

    def _show(self, end: str) -> None:
        self._last = time.monotonic()
        sys.stderr.write(f"\r{self.now}{end}")
        sys.stderr.flush()
