"""Compiled derivatives of programs that overwrite what the reverse sweep needs, against the complex step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.adjoint import control_flow, overwriting  # noqa: F401 - their programs
from tests.adjoint.registry import PROGRAMS
from wengert import tree

STEP = 1e-30
NAMES = [f"{function.__name__}-{number}" for number, (function, _) in enumerate(PROGRAMS)]


def is_floating(leaf: Any) -> bool:
    """Whether a leaf carries a derivative."""
    return np.asarray(leaf).dtype.kind == "f"


def flat(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Callable[..., list[Any]], list[Any]]:
    """A function of the floating leaves of the arguments that returns those of the result, and the leaves."""
    leaves, structure = tree.flatten(arguments)
    places = [place for place, leaf in enumerate(leaves) if is_floating(leaf)]

    def call(*moved: Any) -> list[Any]:
        own = [np.array(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]
        for place, leaf in zip(places, moved, strict=True):
            own[place] = leaf
        found = tree.flatten(function(*tree.unflatten(structure, own)))[0]
        return [one for one in found if not isinstance(one, (int, np.integer))]

    return call, [leaves[place] for place in places]


def like(values: list[Any], seed: int) -> list[Any]:
    """Numbers in the shapes of the values."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.uniform(-1, 1, np.shape(one)))[()] for one in values]


def pairing(ones: Any, others: Any) -> float:
    """The sum of all products."""
    return float(sum(np.sum(one * other) for one, other in zip(ones, others, strict=True)))


@pytest.mark.parametrize(("function", "arguments"), PROGRAMS, ids=NAMES)
def test_derivatives_are_those_of_the_complex_step(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Values, pullbacks and pushforwards, and the arguments stay as they were."""
    plain, leaves = flat(function, arguments)
    compiled, _ = flat(wg.jit(function), arguments)
    kept = [np.copy(leaf) for leaf in leaves]
    moved = like(leaves, 1)
    expected = plain(*[np.copy(leaf)[()] for leaf in leaves])
    slopes = [
        np.imag(one) / STEP for one in plain(*[leaf + 1j * STEP * one for leaf, one in zip(leaves, moved, strict=True)])
    ]

    values, pullback = wg.vjp(compiled, *leaves)
    cts = like(expected, 2)
    gradients = pullback(cts)
    _, tangents = wg.jvp(compiled, leaves, moved)

    for found, value, tangent, slope in zip(values, expected, tangents, slopes, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-12)
        np.testing.assert_allclose(tangent, slope, rtol=1e-10, atol=1e-10 * np.max(np.abs(slope), initial=1.0))
    terms = sum(float(np.sum(np.abs(ct * slope))) for ct, slope in zip(cts, slopes, strict=True))
    assert abs(pairing(gradients, moved) - pairing(cts, slopes)) <= 1e-11 * max(terms, 1.0)
    for leaf, before in zip(leaves, kept, strict=True):
        np.testing.assert_array_equal(leaf, before)


@pytest.mark.parametrize(("function", "arguments"), PROGRAMS[::4], ids=NAMES[::4])
def test_second_derivatives_are_differences_of_the_first(
    function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    """The derivative of the pullback along a direction is its central difference."""
    compiled, leaves = flat(wg.jit(function), arguments)
    cts = like(compiled(*leaves), 2)
    moved = like(leaves, 1)

    def gradient(*at: Any) -> Any:
        return wg.grad(lambda *xs: sum(np.sum(ct * one) for ct, one in zip(cts, compiled(*xs), strict=True)), numbers)(
            *at
        )

    numbers = tuple(range(len(leaves)))
    _, found = wg.jvp(gradient, leaves, moved)
    ends = [gradient(*[leaf + h * one for leaf, one in zip(leaves, moved, strict=True)]) for h in (1e-5, -1e-5)]
    for one, after, before in zip(found, *ends, strict=True):
        difference = (after - before) / 2e-5
        np.testing.assert_allclose(one, difference, rtol=0, atol=1e-5 * np.max(np.abs(difference), initial=1.0))
