"""`kernels`: gradients of the plain NumPy programs of `benchmarks/kernels`, beside the same in each peer's words."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import Found
from benchmarks.kernels.cases import CASES
from benchmarks.measuring import Subject
from benchmarks.peers import CONTENDERS, problem, subject_of
from benchmarks.suites import derivatives
from benchmarks.suites.derivatives import DERIVATIVES

NAME = "kernels"
TITLE = "Gradients of plain NumPy kernels"
TIMED = True
WITH_THREADS = True
PROCESSES = {"tiny": 1, "S": 1, "M": 1}
WITH_WHILE = ("conjugate_gradient", "newton", "runge_kutta")
FEW = ("jacobi_2d", "newton")  # a stencil over time steps, and a loop that ends by itself


def cases(size: str) -> list[str]:
    """All of them; few in size S."""
    return list(FEW) if size == "S" else list(CASES)


def contenders(case: str) -> list[str]:
    """All, and JAX with a `while` where the kernel has one."""
    return [name for name in DERIVATIVES if case in WITH_WHILE or name != "JAX, its own while"]


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
