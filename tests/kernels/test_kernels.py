"""Each kernel of `benchmarks`, tiny, by each engine: value and derivatives are those of its JAX twin."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from benchmarks import kernels
from benchmarks.kernels.cases import CASES, Case, fresh
from benchmarks.peers import problem
from benchmarks.peers.jax import results as results_of
from benchmarks.peers.twins import twin
from numpy.testing import assert_allclose

import wengert as wg
from wengert.program import reference
from wengert.program.verifier import verify

Gradient = Callable[..., tuple[Any, tuple[Any, ...]]]


def record(case: Case) -> Gradient:
    """Value and derivatives of the loss by the record engine."""
    gradient: Gradient = wg.value_and_grad(case.loss, case.argnums)
    return gradient


def compiled(case: Case) -> Gradient:
    """The same by machine code."""
    gradient: Gradient = wg.value_and_grad(wg.jit(case.loss), case.argnums)
    return gradient


def printed(case: Case) -> Gradient:
    """The same by the printed adjoint program, executed with NumPy."""

    def gradient(*arguments: Any) -> tuple[Any, tuple[Any, ...]]:
        kernel = wg.jit(case.loss).specialise(arguments).scalar
        assert kernel is not None
        adjoint = kernel.reverse(case.argnums, with_results=True, unit_seed=True)
        verify(adjoint.program)
        outputs = {place: np.zeros_like(arguments[place]) for place in case.argnums if np.ndim(arguments[place])}
        found = reference.run(adjoint.program, *fresh(arguments), *outputs.values())
        value, *numbers = found if isinstance(found, tuple) else (found,)  # then the derivatives of numbers, in order
        remaining = iter(numbers)
        return value, tuple(outputs[place] if place in outputs else next(remaining) for place in case.argnums)

    return gradient


ENGINES: dict[str, Callable[[Case], Gradient]] = {"record": record, "compiled": compiled, "printed": printed}


@cache
def expected(name: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Results by JAX, and its derivatives of their weighted sum."""
    case = CASES[name]
    given = problem(case, "tiny", seed=0)
    arguments, run = given.arguments, results_of(given, twin("jax", case), given.trips)

    def of_differentiated(*some: Any) -> tuple[Any, ...]:
        every = list(arguments)
        for place, one in zip(case.argnums, some, strict=True):
            every[place] = one
        return run(*every)

    @jax.jit
    def both(*some: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        results, pullback = jax.vjp(of_differentiated, *some)
        return results, pullback(tuple(map(jax.numpy.asarray, case.weights("tiny"))))

    results, derivatives = both(*(arguments[place] for place in case.argnums))
    return tuple(map(np.asarray, results)), tuple(map(np.asarray, derivatives))


def assert_close(found: tuple[Any, ...], right: tuple[Any, ...], tolerance: float) -> None:
    """Each array differs by less than `tolerance` times its largest element."""
    for one, other in zip(found, right, strict=True):
        assert np.shape(one) == np.shape(other)
        assert_allclose(one, other, rtol=0.0, atol=tolerance * np.max(np.abs(other)))


@pytest.mark.parametrize("name", CASES)
def test_twin_computes_what_the_kernel_does(name: str) -> None:
    """NumPy's results are those of JAX, so a comparison of their times means something."""
    case = CASES[name]
    assert_close(case.results(case.arguments("tiny")), expected(name)[0], 1e-10)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_jax(name: str, engine: str) -> None:
    """Value and gradient of a random weighted sum of the results agree; the arguments themselves are left alone."""
    case = CASES[name]
    arguments, weights = case.arguments("tiny"), case.weights("tiny")
    before = fresh(arguments)
    value, derivatives = ENGINES[engine](case)(*arguments, *weights)
    results, right_derivatives = expected(name)
    assert_close((value,), (sum(np.sum(w * one) for w, one in zip(weights, results, strict=True)),), 1e-10)
    assert_close(derivatives, right_derivatives, 1e-9)
    for one, old in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(one, old)


@pytest.mark.parametrize("name", CASES)
def test_description_fits_the_kernel(name: str) -> None:
    """The names are those of its parameters, and its results are finite and of double precision."""
    case = CASES[name]
    arguments = case.arguments("tiny")
    parameters = list(inspect.signature(case.function).parameters)
    assert len(arguments) == len(parameters)
    assert set(case.differentiated) | set(case.updated) <= set(parameters)
    assert set(case.sizes) == {"tiny", "measured"}
    for result in case.results(arguments):
        assert np.asarray(result).dtype == np.float64
        assert np.all(np.isfinite(result))


def test_every_kernel_is_described_once() -> None:
    """A module of the folder that is not in `CASES` would never run; neither would a twin without its kernel."""
    supporting = {"__init__", "cases", "inputs", "losses"}
    folder = Path(kernels.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - supporting == set(CASES)
    for peer in ("jax", "torch"):
        assert {path.stem for path in (folder.parent / "peers" / peer).glob("*.py")} >= set(CASES)
