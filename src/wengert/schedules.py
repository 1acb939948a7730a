"""Which states of a loop are kept, so that it can be swept back with as few recomputed steps as possible.

What goes in: numbers of steps and of snapshots; a snapshot is the state before a step, and that before the first one
always is one. What comes out: where to place snapshots on the way forward, and the moves of the way back. What holds:
where the number of steps is known, the number of steps run is the proven optimum; where it is not, no step is run more
often than the fewest repetitions with which any schedule manages. Nothing here knows what a state or a step is.

Sources: Griewank and Walther, "Algorithm 799: revolve", ACM TOMS 26, 2000 (the optimum `t(l, s)`); Wang, Moin and
Iaccarino, "Minimal repetition dynamic checkpointing algorithm for unsteady adjoint calculation", SIAM J. Sci. Comput.
31, 2009 (where the number of steps is not known; Stumm and Walther, "New algorithms for optimal online checkpointing",
SIAM J. Sci. Comput. 32, 2010, have the same bound); Stumm and Walther, "MultiStage approaches for optimal offline
checkpointing", SIAM J. Sci. Comput. 31, 2009 (two tiers: the snapshots that are used least are the earliest ones).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = [
    "Advance",
    "Move",
    "OnlinePlacement",
    "Reverse",
    "first_length",
    "most_steps",
    "offline_placement",
    "optimal_advances",
    "repetitions",
    "reversal",
]


@dataclass(frozen=True, slots=True)
class Advance:
    """Run the steps `start` to `stop - 1` from the snapshot before `start`; then `keep` the state, or not."""

    start: int
    stop: int
    keep: bool


@dataclass(frozen=True, slots=True)
class Reverse:
    """Sweep `step` back from the state before it: of the last `Advance`, or its snapshot, which is `dropped`."""

    step: int
    dropped: bool


Move = Advance | Reverse


def most_steps(snapshots: int, repeated: int) -> int:
    """How many steps can be swept back with so many snapshots, none being run more than `repeated` times: beta."""
    return math.comb(snapshots + repeated, snapshots) if repeated >= 0 and snapshots >= 0 else 0


def repetitions(steps: int, snapshots: int) -> int:
    """The fewest repetitions: the least `r` with `steps <= most_steps(snapshots, r)`."""
    repeated = 0
    while most_steps(snapshots, repeated) < steps:
        repeated += 1
    return repeated


def optimal_advances(steps: int, snapshots: int) -> int:
    """`t(l, s)`, the fewest steps that are run, those of the way forward included, to reverse `steps` of them.

    The last step is not run for this, nor is any for being swept back itself. `snapshots` includes the first state.

    >>> optimal_advances(10, 10), optimal_advances(10, 3), optimal_advances(10, 1)
    (9, 15, 45)
    """
    if steps < 1:
        return 0
    repeated = repetitions(steps, snapshots)
    return repeated * steps - most_steps(snapshots + 1, repeated - 1)


def first_length(steps: int, snapshots: int) -> int:
    """After how many of at least two steps the second of at least two snapshots is best taken."""
    repeated = repetitions(steps, snapshots)
    return min(most_steps(snapshots, repeated - 1), steps - most_steps(snapshots - 1, repeated - 1))


def offline_placement(steps: int, snapshots: int) -> list[int]:
    """Where snapshots are taken on the way forward through a known number of steps; always before the first.

    >>> offline_placement(10, 3)
    [0, 4, 7]
    """
    places = [0]
    while len(places) < snapshots and steps - places[-1] > 2:  # the state before the last step is at hand
        places.append(places[-1] + first_length(steps - places[-1], snapshots - len(places) + 1))
    return places


def reversal(steps: int, snapshots: int, placed: Sequence[int], at: int | None = None) -> Iterator[Move]:
    """The moves that sweep all steps back, from snapshots placed as they are.

    `at` is the step before which the state is at hand without a snapshot, at the end of the way forward; or none is.
    Each stretch between two snapshots is reversed with all snapshots that are free by then, as is optimal.
    """
    kept = list(placed)
    for step in range(steps - 1, -1, -1):
        while kept[-1] < step and at != step:
            start, free = kept[-1], snapshots - len(kept)
            stop = start + first_length(step + 1 - start, free + 1) if free else step
            keep = stop < step
            yield Advance(start, stop, keep)
            if keep:
                kept.append(stop)
            else:
                at = step
        dropped = kept[-1] == step
        if dropped:
            kept.pop()
        yield Reverse(step, dropped)
        at = None


class OnlinePlacement:
    """Where snapshots are kept on the way forward through a number of steps that is known only at its end.

    The state of the moment counts as one more snapshot, as in the paper: it is there anyhow. Each snapshot has a level;
    one is dispensable if a later one has a higher level. `advanced` is told of each step, and says what becomes of
    the state before it.
    """

    def __init__(self, snapshots: int) -> None:
        self.snapshots = snapshots
        self._places: list[int] = []
        self._levels: list[float] = []
        self._level: float = math.inf  # of the state of the moment

    @property
    def places(self) -> list[int]:
        """The steps before which snapshots are kept, in order."""
        return list(self._places)

    def advanced(self, step: int) -> tuple[bool, int | None]:
        """`step` is about to be run: whether to keep the state before it, and which snapshot to drop for that."""
        level, self._level = self._level, 0
        if len(self._places) < self.snapshots:
            self._places.append(step)
            self._levels.append(level)
            return True, None
        dispensable = self._dispensable(level)
        if dispensable is None:
            self._level = level + 1
            return False, None
        dropped = self._places.pop(dispensable)
        del self._levels[dispensable]
        self._places.append(step)
        self._levels.append(level)
        return True, dropped

    def _dispensable(self, level: float) -> int | None:
        """The latest snapshot that has one of a higher level behind it, the state of the moment included."""
        highest = level
        for i in range(len(self._places) - 1, 0, -1):
            if self._levels[i] < highest:
                return i
            highest = max(highest, self._levels[i])
        return None
