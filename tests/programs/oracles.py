"""What derivatives of the programs are compared with: functions that know nothing of wengert.

All of them give the derivative of `Re(sum(weight * output))` along a direction: `<weights, J direction>`.
"""

from __future__ import annotations

import importlib
import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.programs.complexified import complexified_programs
from tests.programs.registry import Program
from wengert import tree

__all__ = [
    "TOLERANCES",
    "Problem",
    "derivative_along",
    "extrapolated_difference",
    "is_floating",
    "kind_of",
    "moved",
    "pairing",
]

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
    values = moved(problem.values, direction, 1j * STEP)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)  # a number used as an index
        results = problem(*values)
    return float(sum(np.sum(np.asarray(w) * np.imag(r)) for w, r in zip(weights, results, strict=True)) / STEP)


def _jax(program: Program, problem: Problem, weights: Sequence[Any], direction: Sequence[Any]) -> float:
    import jax

    twin = Problem(getattr(importlib.import_module("tests.programs.jax_twins"), program.name), ())
    twin.leaves, twin.structure, twin.places = problem.leaves, problem.structure, problem.places
    values = [jax.numpy.asarray(v) for v in problem.values]
    tangents = [jax.numpy.asarray(d, v.dtype) for d, v in zip(direction, values, strict=True)]
    _, found = jax.jvp(twin, values, tangents)
    return pairing(weights, found)


def moved(values: Sequence[Any], direction: Sequence[Any], step: complex) -> list[Any]:
    """The values at a distance along a direction: arrays stay arrays, also those without dimensions."""
    moves = [v + step * np.asarray(d) for v, d in zip(values, direction, strict=True)]
    return [np.asarray(m) if isinstance(v, np.ndarray) else m for m, v in zip(moves, values, strict=True)]


def extrapolated_difference(function: Callable[[float], Any], step: float = 2e-2, levels: int = 4) -> Any:
    """The derivative at 0: Richardson's extrapolation of central differences with steps h, h/2, h/4, ..."""
    steps = [step / 2**k for k in range(levels)]
    row = [(function(h) - function(-h)) / (2 * h) for h in steps]
    for order in range(1, levels):
        row = [(4**order * fine - coarse) / (4**order - 1) for coarse, fine in itertools.pairwise(row)]
    return row[0]


def _differences(problem: Problem, weights: Sequence[Any], direction: Sequence[Any]) -> float:
    return float(extrapolated_difference(lambda h: pairing(weights, problem(*moved(problem.values, direction, h)))))


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
