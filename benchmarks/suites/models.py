"""`models`: derivatives of usual models, some of them Jacobians or Hessians, beside the same in each peer's words."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import Found
from benchmarks.measuring import Subject
from benchmarks.models.cases import CASES
from benchmarks.peers import CONTENDERS, problem, subject_of
from benchmarks.suites import derivatives
from benchmarks.suites.derivatives import DERIVATIVES

NAME = "models"
TITLE = "Derivatives of models"
TIMED = True
WITH_THREADS = True
PROCESSES = {"tiny": 1, "S": 1, "M": 1}
FEW = ("kmeans", "ode")  # large arrays, and many small operations


def cases(size: str) -> list[str]:
    """All of them; few in size S."""
    return list(FEW) if size == "S" else list(CASES)


def contenders(case: str) -> list[str]:
    """All."""
    return [name for name in DERIVATIVES if name != "JAX, its own while"]


def kind(contender: str) -> str:
    """Functions alone, or derivatives."""
    return CONTENDERS[contender].kind


def subject(case: str, contender: str, size: str, seed: int) -> Subject:
    """The contender's part of one kernel."""
    return subject_of(contender, problem(CASES[case], "tiny" if size == "tiny" else "measured", seed))


def tables(found: Found) -> list[str]:
    """Times, ratios, and geometric means by group."""
    groups = {name: case.group for name, case in CASES.items()}
    return [*derivatives.time_tables(found), "", *derivatives.mean_table(found, groups)]


def draw(axes: Any, found: Found) -> None:
    """How many times longer each peer takes than wengert."""
    derivatives.draw(axes, found, TITLE)


def summary(found: Found) -> list[str]:
    """How many times longer each peer takes."""
    return derivatives.summary(found)


def behind(found: Found) -> list[str]:
    """Where a peer is faster."""
    return derivatives.behind(found)
