"""Every program of the corpus, through the record engine: values, derivatives of each kind, and side effects."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.programs.oracles import TOLERANCES, Problem, derivative_along, extrapolated_difference, moved, pairing
from tests.programs.registry import MODULES, PROGRAMS, Program
from wengert import tree

for name in MODULES:
    importlib.import_module(f"tests.programs.{name}")

each_program = pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
each_smooth_program = pytest.mark.parametrize(
    "program", [one for one in PROGRAMS.values() if "smooth" in one.tags], ids=lambda program: program.name
)


def random_like(rng: np.random.Generator, value: Any) -> Any:
    value = np.asarray(value)
    drawn = rng.uniform(0.5, 1.5, value.shape) * rng.choice([-1.0, 1.0], value.shape)
    if value.dtype.kind == "c":
        drawn = drawn + 1j * rng.uniform(0.5, 1.5, value.shape)
    return np.asarray(drawn).astype(value.dtype)[()]


def pullback_of(program: Program) -> tuple[list[Any], list[Any], Callable[[list[Any]], list[Any]]]:
    """The floating inputs of a program, its results, and its pullback, all as lists of leaves."""
    inputs = program.inputs()
    problem = Problem(program.function, inputs)
    if len(problem.places) == len(problem.leaves):
        result, pullback = wg.vjp(program.function, *inputs)
        results, structure = tree.flatten(result)
        return problem.values, results, lambda cts: tree.flatten(pullback(tree.unflatten(structure, cts)))[0]
    results, pullback = wg.vjp(problem, *problem.values)
    return problem.values, results, lambda cts: list(pullback(cts))


def directions_for(rng: np.random.Generator, values: Sequence[Any]) -> list[list[Any]]:
    """Random directions, and the unit vectors unless there are many."""
    directions = [[random_like(rng, value) for value in values] for _ in range(2)]
    if sum(np.size(value) for value in values) <= 16:
        for i, value in enumerate(values):
            for place in np.ndindex(np.shape(value)):
                unit = [np.zeros_like(np.asarray(one)) for one in values]
                unit[i][place] = 1
                directions.append(unit)
    return directions


def largest(values: Sequence[Any]) -> float:
    return max((float(np.max(np.abs(value))) for value in values if np.size(value)), default=0.0)


@each_program
def test_value_is_that_of_the_plain_run(program: Program) -> None:
    """The recorded run returns what NumPy returns, in the same shapes and dtypes."""
    expected = tree.flatten(program.function(*program.inputs()))[0]
    _, results, _ = pullback_of(program)
    for found, one in zip(results, expected, strict=True):
        assert isinstance(found, (float, complex, np.ndarray, np.generic))
        assert isinstance(found, np.ndarray) == isinstance(one, np.ndarray)
        assert np.asarray(found).dtype == np.asarray(one).dtype
        assert np.shape(found) == np.shape(one)
        rtol = 1e-6 if "single" in program.tags else 1e-13
        np.testing.assert_allclose(found, one, rtol=rtol, atol=1e-15)


@each_program
def test_gradient_agrees_with_the_oracle(program: Program) -> None:
    """The derivative of randomly weighted results agrees with an oracle that knows nothing of wengert."""
    rng = np.random.default_rng(1)
    values, results, pullback = pullback_of(program)
    weights = [random_like(rng, one) for one in results]
    gradient = pullback(weights)
    for one, value in zip(gradient, values, strict=True):
        assert np.shape(one) == np.shape(value)
        assert np.asarray(one).dtype == np.asarray(value).dtype
    tolerance = 2e-5 if "single" in program.tags else TOLERANCES[program.oracle]
    for direction in directions_for(rng, values):
        found, expected = pairing(gradient, direction), derivative_along(program, weights, direction)
        assert abs(found - expected) <= tolerance * max(largest(gradient), abs(expected)), (found, expected, direction)


@each_program
def test_forward_mode_agrees_with_reverse_mode(program: Program) -> None:
    """The dot-product identity <w, J v> = <Jt w, v>."""
    rng = np.random.default_rng(2)
    values, results, pullback = pullback_of(program)
    weights = [random_like(rng, one) for one in results]
    tangents = [random_like(rng, one) for one in values]
    problem = Problem(program.function, program.inputs())
    _, pushed = wg.jvp(problem, values, tangents)
    for one, result in zip(pushed, results, strict=True):
        assert np.shape(one) == np.shape(result)
        assert np.asarray(one).dtype == np.asarray(result).dtype
    gradient = pullback(weights)
    scale = sum(float(np.sum(np.abs(np.asarray(g) * np.asarray(t)))) for g, t in zip(gradient, tangents, strict=True))
    found, expected = pairing(gradient, tangents), pairing(weights, pushed)
    assert abs(found - expected) <= (1e-5 if "single" in program.tags else 1e-11) * max(scale, abs(expected))


@each_program
def test_callers_arrays_are_unchanged_and_a_second_call_gives_the_same_bits(program: Program) -> None:
    """Neither inputs nor globals are changed by a derivative call, whatever the program does to them."""
    inputs, reference = program.inputs(), program.inputs()
    problem = Problem(program.function, inputs)
    bits = []
    for _ in range(2):
        if len(problem.places) == len(problem.leaves):
            result, pullback = wg.vjp(program.function, *inputs)
        else:
            result, pullback = wg.vjp(problem, *problem.values)
        results, structure = tree.flatten(result)
        weights = tree.unflatten(structure, [random_like(np.random.default_rng(3), one) for one in results])
        bits.append([np.asarray(one).tobytes() for one in (*results, *tree.flatten(pullback(weights))[0])])
    assert bits[0] == bits[1]
    for leaf, original in zip(tree.flatten(inputs)[0], tree.flatten(reference)[0], strict=True):
        np.testing.assert_array_equal(leaf, original)


@each_smooth_program
def test_second_derivative_agrees_with_differences_of_the_gradient(program: Program) -> None:
    """A Hessian-vector product against extrapolated differences of the gradient, steps relative to the inputs."""
    rng = np.random.default_rng(4)
    values = Problem(program.function, program.inputs()).values
    problem = Problem(program.function, program.inputs())
    weights = [random_like(rng, one) for one in problem(*values)]
    values = Problem(program.function, program.inputs()).values
    direction = [random_like(rng, v) * np.where(v == 0, 1.0, np.abs(v)) for v in values]

    def loss(*given: Any) -> Any:
        return sum(np.real(np.sum(w * one)) for w, one in zip(weights, problem(*given), strict=True))

    def gradient_at(step: float) -> Any:
        gradient = wg.grad(loss, tuple(range(len(values))))(*moved(values, direction, step))
        return np.concatenate([np.ravel(one) for one in gradient])

    expected = extrapolated_difference(gradient_at, step=1e-2, levels=5)
    found = wg.hvp(loss, values, direction)
    found = [found] if len(values) == 1 else found
    found = np.concatenate([np.ravel(one) for one in found])
    scale = max(largest([expected]), largest([gradient_at(0.0)]))
    assert largest([found - expected]) <= 1e-8 * scale


def test_the_corpus_is_broad() -> None:
    """At least 170 programs, at least 80 of them with mutation or aliases, and every tag in use."""
    tags = [program.tags for program in PROGRAMS.values()]
    assert len(tags) >= 170
    assert sum(bool(one & {"mutation", "alias"}) for one in tags) >= 80
    from tests.programs.registry import TAGS

    assert set().union(*tags) == set(TAGS)
