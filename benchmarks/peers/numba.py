"""The kernels as they are, compiled by Numba, with the functions of this package that they call."""

from __future__ import annotations

import types
from typing import Any

from benchmarks.measuring import Run
from benchmarks.peers import Problem, copying


def primal(given: Problem) -> Run:
    """The function alone."""
    return copying(compiled(given.case.function), given)


def compiled(function: types.FunctionType) -> Any:
    """A compiled copy of the function, in which those it calls are compiled copies too."""
    import numba

    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        one = names.get(name)
        if isinstance(one, types.FunctionType) and one.__module__.startswith("benchmarks."):
            names[name] = compiled(one)
    return numba.njit(types.FunctionType(function.__code__, names, function.__name__, function.__defaults__))
