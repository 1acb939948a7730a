"""Every program of the corpus as one checkpointed call: the same values and derivatives as without."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.programs.oracles import Problem
from tests.programs.registry import MODULES, PROGRAMS, Program
from wengert import tree

for name in MODULES:
    importlib.import_module(f"tests.programs.{name}")

each_program = pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)


def ones_like(value: Any) -> Any:
    return np.ones_like(np.asarray(value))[()]


def inside(program: Program, wrap: Callable[[Any], Any]) -> tuple[Callable[..., Any], list[Any]]:
    """A function of the floating inputs, which calls the program, checkpointed or not, on copies."""
    called = wrap(program.function)
    problem = Problem(program.function, program.inputs())

    def outer(*values: Any) -> Any:
        inner = Problem(called, program.inputs())
        results = inner(*[value.copy() if isinstance(value, np.ndarray) else value for value in values])
        return [one * ones_like(2.0) for one in results]

    return outer, problem.values


def derivatives(program: Program, wrap: Callable[[Any], Any]) -> tuple[Any, Any, Any]:
    outer, values = inside(program, wrap)
    results, pullback = wg.vjp(outer, *values)
    cts = tree.map_leaves(ones_like, results)
    first, second = pullback(cts), pullback(cts)
    assert [np.asarray(one).tobytes() for one in first] == [np.asarray(one).tobytes() for one in second]
    _, tangents = wg.jvp(outer, values, [ones_like(one) for one in values])
    return results, first, tangents


@each_program
def test_a_checkpointed_program_has_the_same_derivatives(program: Program) -> None:
    """Values to the bit, cotangents and tangents to the last digits; a second sweep gives the same bits."""
    plain = derivatives(program, lambda function: function)
    found = derivatives(program, wg.checkpoint)
    for one, other in zip(tree.flatten(found[0])[0], tree.flatten(plain[0])[0], strict=True):
        np.testing.assert_array_equal(one, other)
    rtol = 1e-5 if "single" in program.tags else 1e-12
    for one, other in zip(tree.flatten(found[1:])[0], tree.flatten(plain[1:])[0], strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
