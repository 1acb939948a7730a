"""What derivatives of the programs are compared with: functions that know nothing of wengert.

All of them give the derivative of `Re(sum(weight * output))` along a direction: `<weights, J direction>`.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.programs.complexified import complexified_programs
from tests.programs.registry import Program
from wengert import tree

__all__ = ["TOLERANCES", "Problem", "derivative_along", "is_floating", "kind_of", "pairing"]

STEP = 1e-30
TOLERANCES = {"complex step": 1e-10, "complexified": 1e-10, "jax": 1e-10, "differences": 1e-7}


def kind_of(value: Any) -> str:
    return str(np.asarray(value).dtype.kind)


def is_floating(leaf: Any) -> bool:
    return isinstance(leaf, (np.ndarray, np.floating, np.complexfloating, float, complex)) and kind_of(leaf) in "fc"


def pairing(us: Sequence[Any], vs: Sequence[Any]) -> float:
    """The sum of the products of all elements, its real part."""
    return float(sum(np.real(np.sum(np.asarray(u) * np.asarray(v))) for u, v in zip(us, vs, strict=True)))


class Problem:
    """A program as a function of a list of floating leaves that returns the list of its results."""

    def __init__(self, function: Callable[..., Any], inputs: tuple[Any, ...], places: list[int] | None = None) -> None:
        self.run = function
        self.leaves, self.structure = tree.flatten(inputs)
        self.places = [i for i, leaf in enumerate(self.leaves) if is_floating(leaf)] if places is None else places
        self.values = [self.leaves[i] for i in self.places]

    def __call__(self, *given: Any) -> list[Any]:
        leaves = [np.copy(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in self.leaves]
        for place, value in zip(self.places, given, strict=True):
            leaves[place] = value
        return tree.flatten(self.run(*tree.unflatten(self.structure, leaves)))[0]


def _complex_step(problem: Problem, weights: Sequence[Any], direction: Sequence[Any]) -> float:
    values = [np.asarray(v + 1j * STEP * np.asarray(d)) for v, d in zip(problem.values, direction, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)  # a number used as an index
        results = problem(*[v if v.ndim or isinstance(old, np.ndarray) else v[()]
                            for v, old in zip(values, problem.values, strict=True)])
    return float(sum(np.sum(np.asarray(w) * np.imag(r)) for w, r in zip(weights, results, strict=True)) / STEP)


def _jax(program: Program, problem: Problem, weights: Sequence[Any], direction: Sequence[Any]) -> float:
    import jax

    twin = Problem(getattr(importlib.import_module("tests.programs.jax_twins"), program.name), ())
    twin.leaves, twin.structure, twin.places = problem.leaves, problem.structure, problem.places
    values = [jax.numpy.asarray(v) for v in problem.values]
    tangents = [jax.numpy.asarray(d, v.dtype) for d, v in zip(direction, values, strict=True)]
    _, found = jax.jvp(twin, values, tangents)
    return pairing(weights, found)


def _differences(problem: Problem, weights: Sequence[Any], direction: Sequence[Any]) -> float:
    """Richardson's extrapolation of central differences with steps h, h/2, h/4, h/8."""

    def central(step: float) -> float:
        ends = [problem(*[v + s * np.asarray(d) for v, d in zip(problem.values, direction, strict=True)])
                for s in (step, -step)]
        return (pairing(weights, ends[0]) - pairing(weights, ends[1])) / (2 * step)

    row = [central(2e-2 / 2**k) for k in range(4)]
    for order in range(1, 4):
        row = [(4**order * fine - coarse) / (4**order - 1) for coarse, fine in zip(row, row[1:], strict=False)]
    return row[0]


def derivative_along(program: Program, weights: Sequence[Any], direction: Sequence[Any]) -> float:
    """The derivative of the weighted results of a program along a direction, by the program's oracle."""
    problem = Problem(program.function, program.inputs())
    if program.oracle == "complex step":
        return _complex_step(problem, weights, direction)
    if program.oracle == "complexified":
        module = program.function.__module__.rsplit(".", 1)[1]
        function, inputs = complexified_programs(module)[program.name]
        return _complex_step(Problem(function, inputs(), problem.places), weights, direction)
    if program.oracle == "jax":
        return _jax(program, problem, weights, direction)
    return _differences(problem, weights, direction)
