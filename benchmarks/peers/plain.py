"""The kernels as they are, by NumPy."""

from __future__ import annotations

from benchmarks.measuring import Run
from benchmarks.peers import Problem, copying


def primal(given: Problem) -> Run:
    """The function alone."""
    return copying(given.case.function, given)
