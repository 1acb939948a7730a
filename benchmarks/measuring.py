"""What is timed, in the process that it is timed in.

In: a `Subject`, which a suite makes of a case and a contender. Out: seconds of wall clock and of processor for one call
of each of its runs. A `Subject` exists once its first call is over, so whatever has to be compiled has been.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SECONDS = {"tiny": 0.0, "S": 0.02, "M": 0.02}  # what one repeat of one run should take, by size


@dataclass(frozen=True)
class Run:
    """Something to be timed: `call` on what `prepare` gives, which is not timed."""

    call: Callable[..., Any]
    prepare: Callable[[], Sequence[Any]] = tuple

    def seconds(self, count: int) -> tuple[float, float]:
        """The mean time of so many calls, by the clock and of all processors together."""
        prepared = [self.prepare() for _ in range(count)]
        start, used = time.perf_counter(), time.process_time()
        for arguments in prepared:
            self.call(*arguments)
        used, elapsed = time.process_time() - used, time.perf_counter() - start
        return elapsed / count, used / count


@dataclass(frozen=True)
class Subject:
    """What one contender does in one case.

    Attributes:
        runs: what is timed, by name.
        outcome: arrays that those of other contenders are compared with: of functions alone, the results; of
            derivatives, the value and then the derivatives.
        first: seconds of the first call, with whatever it compiles.
        counts: bytes, or whatever else a suite counts instead of seconds.
    """

    runs: Mapping[str, Run] = field(default_factory=dict)
    outcome: tuple[Any, ...] = ()
    first: float = 0.0
    counts: Mapping[str, float] = field(default_factory=dict)


def first_call(run: Run) -> tuple[float, Any]:
    """The seconds and the result of a call, which compiles what is to be compiled."""
    arguments = run.prepare()
    start = time.perf_counter()
    result = run.call(*arguments)
    return time.perf_counter() - start, result


def arrays(result: Any) -> tuple[Any, ...]:
    """The leaves of nested tuples and lists as NumPy arrays, from whatever library they are."""
    if isinstance(result, (tuple, list)):
        return tuple(leaf for one in result for leaf in arrays(one))
    if hasattr(result, "detach"):
        result = result.detach()
    return (np.asarray(result),)


class Clock:
    """Repeats of the runs of a subject, each long enough to be read off a clock."""

    def __init__(self, runs: Mapping[str, Run], size: str) -> None:
        self.runs = runs
        self.counts = {name: max(1, round(SECONDS[size] / run.seconds(1)[0])) for name, run in runs.items()}
        gc.collect()
        gc.freeze()  # what the imported libraries keep alive is not to be visited again and again

    def repeat(self) -> dict[str, tuple[float, float]]:
        """Seconds by the clock and of the processors, for one call of each run."""
        return {name: run.seconds(self.counts[name]) for name, run in self.runs.items()}
