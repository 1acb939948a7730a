"""Measures one case: a process for each contender, its outcome compared, then repeats that go round all of them.

In: a suite, a case, the contenders, a `Plan`. Out: for each contender a `Measurement`, or the error it gave instead.
All contenders are ready and have agreed before the first repeat, and each repeat goes through all of them before the
next begins, so that a slow spell of the machine falls on all. A process that waits for its turn sleeps.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
AGREEMENT = 1e-6  # of outcomes, relative to the largest element: rounding grows in some, a wrong number is further off
STOPPED = "was stopped after"
SLOW = 1.0  # seconds of one call above which there are fewer repeats
SLOW_REPEATS = 3


@dataclass(frozen=True)
class Plan:
    """How to measure: the size ("tiny", "S", "M"), the seed of the inputs, repeats, limits in seconds, threads."""

    size: str
    seed: int
    repeats: int
    limit: float
    one_thread: bool


@dataclass
class Measurement:
    """Of one contender in one case: repeats by run, each the seconds by the clock and of the processors."""

    error: str = ""
    first: list[float] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)
    repeats: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        return asdict(self)


class Worker:
    """A process with one contender of one case, started when this is made; `ready` waits for it."""

    def __init__(self, suite: str, case: str, contender: str, plan: Plan, folder: str) -> None:
        name = f"{contender} {plan.one_thread}".replace(" ", "_")
        self.outcome_file = Path(folder) / f"{name}.npz"
        self.errors = (Path(folder) / f"{name}.txt").open("w+")
        task = {
            "suite": suite,
            "case": case,
            "contender": contender,
            "size": plan.size,
            "seed": plan.seed,
            "one_thread": plan.one_thread,
            "outcome": str(self.outcome_file),
        }
        cache = tempfile.mkdtemp(dir=folder)  # an empty cache of compiled code, so that a first call is one
        caches = {"WENGERT_CACHE_DIR": cache, "TORCHINDUCTOR_CACHE_DIR": cache}
        self.limit = plan.limit
        self.process = subprocess.Popen(  # noqa: S603 (a module of this package)
            [sys.executable, "-m", "benchmarks.worker", json.dumps(task)],
            cwd=ROOT,
            env={**os.environ, **caches},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def read(self) -> dict[str, Any]:
        """The next answer; an error if the process ended, or took too long and was ended."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(self.limit):
                self.stop()
                return {"error": f"{STOPPED} {self.limit:.0f} s"}
        line = self.process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.process.wait()
        self.errors.seek(0)
        last = self.errors.read().strip().splitlines()[-1:]
        return {"error": f"the process ended with {self.process.returncode}: {' '.join(last)}"}

    def repeat(self) -> dict[str, Any]:
        """One repeat of all its runs."""
        assert self.process.stdin is not None
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        return self.read()

    def outcome(self) -> list[Any]:
        """The arrays of the first call."""
        with np.load(self.outcome_file) as stored:
            return [stored[name] for name in stored.files]

    def stop(self) -> None:
        """End the process; nothing if it has ended."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def measure_case(suite: ModuleType, case: str, contenders: list[str], plan: Plan) -> dict[str, dict[str, Any]]:
    """A measurement of each contender, in the form of the file of results."""
    found: dict[str, Measurement] = {name: Measurement() for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(
            suite.PROCESSES[plan.size] - 1
        ):  # whole processes again, where the first call is what is measured
            for name in contenders:
                if not found[name].error:
                    start(suite, case, name, plan, folder, found[name]).stop()
        workers = {name: start(suite, case, name, plan, folder, found[name]) for name in contenders}
        try:
            compare(suite, {name: worker for name, worker in workers.items() if not found[name].error}, found)
            if suite.TIMED:
                repeat(workers, found, plan.repeats)
        finally:
            for worker in workers.values():
                worker.stop()
    return {name: measurement.as_json() for name, measurement in found.items()}


def start(suite: ModuleType, case: str, name: str, plan: Plan, folder: str, found: Measurement) -> Worker:
    """A worker that is ready, or whose error has been noted."""
    worker = Worker(suite.NAME, case, name, plan, folder)
    answer = worker.read()
    found.error = answer.get("error", "")
    if not found.error:
        found.first.append(answer["first"])
        found.counts = answer["counts"]
    return worker


def compare(suite: ModuleType, workers: dict[str, Worker], found: dict[str, Measurement]) -> None:
    """Note an error for each contender whose outcome is not that of the first one of its kind."""
    references: dict[str, tuple[str, list[Any]]] = {}
    for name, worker in workers.items():
        outcome = worker.outcome()
        reference, expected = references.setdefault(suite.kind(name), (name, outcome))
        problem = difference(outcome, expected)
        if problem:
            found[name].error = f"disagrees with {reference}: {problem}"


def difference(outcome: list[Any], expected: list[Any]) -> str:
    """What distinguishes the arrays, or nothing."""
    if len(outcome) != len(expected):
        return f"{len(outcome)} arrays instead of {len(expected)}"
    for place, (one, other) in enumerate(zip(outcome, expected, strict=True)):
        if one.shape != other.shape:
            return f"array {place} has shape {one.shape} instead of {other.shape}"
        if one.size and not np.all(np.abs(one - other) <= AGREEMENT * np.max(np.abs(other))):
            distance = np.max(np.abs(one - other)) / np.max(np.abs(other))
            return f"array {place} differs by {distance:.1e} of its largest element"
    return ""


def repeat(workers: dict[str, Worker], found: dict[str, Measurement], repeats: int) -> None:
    """Round after round through all workers without an error; slow ones only in the first rounds."""
    for turn in range(repeats):
        for name, worker in workers.items():
            measurement = found[name]
            slow = any(seconds[0][0] > SLOW for seconds in measurement.repeats.values())
            if measurement.error or (slow and turn >= SLOW_REPEATS):
                continue
            answer = worker.repeat()
            measurement.error = answer.get("error", "")
            for run, seconds in answer.get("repeat", {}).items():
                measurement.repeats.setdefault(run, []).append(seconds)
