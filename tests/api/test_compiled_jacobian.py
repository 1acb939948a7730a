"""Jacobians and Hessians of compiled functions, found along several directions at once, are those of the tape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.adjoint.directions import along_directions
from wengert.program.reference import run
from wengert.program.verifier import verify

RNG = np.random.default_rng(0)
X, MATRIX, LONG = RNG.normal(size=3), RNG.normal(size=(4, 3)), RNG.normal(size=19)


@dataclass
class Pair:
    """A result of two parts."""

    first: Any
    second: Any


def branches(x, n):
    u = np.zeros((3, 2))
    for i in range(3):
        t = x[i]
        for k in range(n):
            t = np.cos(t) * x[k % 3] if t > 0.1 else t * 1.1 + x[0]
        u[i, 0] = t
        u[i, 1] += t * t
    return u


def until_large(x):
    t, count = x[0], 0
    while t * t < 4.0:
        t = t * 1.5 + x[1] * 0.1
        count += 1
    return t * x * count


def in_place(a):
    b = a.copy()
    b[1:] += b[:-1] ** 2
    return b.T[::-1]


def fill(out, x, factor, first, last):
    if last - first < 3:
        for i in range(first, last):
            out[i] = np.sin(factor * x[i % 3]) * x[0]
        return
    middle = (first + last) // 2
    fill(out, x, factor * x[1], first, middle)
    fill(out, x * 2.0, factor, middle, last)


def halves(x, n):
    out = np.zeros(11 * n)
    fill(out, x, x[2], 0, len(out))
    return out


def product(x):
    if len(x) == 1:
        return x[0]
    middle = len(x) // 2
    first, second = product(x[:middle]), product(x[middle:])
    return first * second + np.sin(first)


def recursive(x, n):
    if n <= 0:
        return x
    return recursive(np.sin(x) * x[0], n - 1) + x


def trees(x, c):
    return {"a": np.sin(x) * c, "b": (np.sum(x) * c, c)}, Pair([x[0]], c * 2.0)


JACOBIANS: list[tuple[Callable[..., Any], tuple[Any, ...], Any]] = [
    (lambda x: np.outer(x, x), (X,), 0),
    (lambda x: np.outer(x, x), (X.astype(np.float32),), 0),
    (lambda x: np.outer(x, x), (np.arange(1.0, 7.0)[::-2],), 0),
    (lambda a, x: a @ x, (MATRIX, X), (0, 1)),
    (lambda a, x: a @ x, (MATRIX, X), 1),
    (lambda a: a @ a.T @ a, (MATRIX,), 0),
    (lambda a: a @ a.T, (np.ones((30, 30)),), 0),
    (lambda a: np.linalg.solve(a @ a.T + 3.0 * np.eye(4), a), (MATRIX,), 0),
    (lambda x: np.sqrt(np.where(x > 0, x, 0.0)) * x, (np.array([1.0, 0.0, -1.0]),), 0),
    (lambda x, y: (x * y, y), (2.0, 3.0), (1, 0)),
    (lambda x, n: (x * n, np.sort(x)), (LONG, 2), 0),
    (branches, (X, 4), 0),
    (until_large, (X,), 0),
    (in_place, (MATRIX,), 0),
    (halves, (X, 1), 0),
    (recursive, (X, 5), 0),
    (trees, (X, 2.0), (0, 1)),
    (lambda pair: pair["x"] * pair["y"], ({"x": X, "y": 2.0},), 0),
    (lambda x: x * 2.0, (np.zeros(0),), 0),
]


def assert_same(found: Any, expected: Any) -> None:
    """Equal trees of arrays of one class, dtype and shape."""
    (leaves, structure), (others, other_structure) = tree.flatten(found), tree.flatten(expected)
    assert structure == other_structure
    for one, other in zip(leaves, others, strict=True):
        assert (type(one), one.shape, one.dtype) == (type(other), other.shape, other.dtype)
        np.testing.assert_allclose(one, other, rtol=1e-5 if one.dtype == np.float32 else 1e-11, atol=1e-12)


@pytest.mark.parametrize(("function", "arguments", "argnums"), JACOBIANS)
@pytest.mark.parametrize("mode", ["auto", "forward"])
def test_jacobians_are_those_of_the_tape(
    function: Callable[..., Any], arguments: tuple[Any, ...], argnums: Any, mode: Any
) -> None:
    """Of loops, branches, recursion, updates in place, products, factorisations; in the same trees of arrays."""
    found = wg.jacobian(wg.jit(function), argnums, mode=mode)(*arguments)
    assert_same(found, wg.jacobian(function, argnums, mode=mode)(*arguments))


def diffusion(x):
    u = x * 1.0
    for _ in range(5):
        u[1:-1] = u[1:-1] + 0.1 * (u[2:] - u[:-2]) * u[1:-1]
    return np.sum(u * u)


@pytest.mark.parametrize(
    ("function", "arguments", "argnums"),
    [
        (lambda x: np.sum(np.sin(x) * x[0]), (LONG,), 0),
        (lambda x, c: np.prod(x) * c + c**3, (X, 2.0), (1, 0)),
        (lambda a, x: np.sum(np.linalg.inv(a @ a.T + np.eye(4)) @ (a @ x)), (MATRIX, X), (0, 1)),
        (lambda x, n: np.sum(branches(x, n) ** 2), (X, 4), 0),
        (lambda x: np.sum(until_large(x)), (X,), 0),
        (lambda pair: pair["x"] * np.sum(pair["y"] ** 2), ({"x": 2.0, "y": X},), 0),
        (diffusion, (LONG,), 0),
        (product, (LONG,), 0),
        (lambda x, n: np.sum(recursive(x, n) ** 2), (X, 5), 0),
        (lambda x, n: np.sum(halves(x, n) ** 2), (X, 1), 0),
    ],
)
def test_hessians_are_those_of_the_tape(function: Callable[..., Any], arguments: tuple[Any, ...], argnums: Any) -> None:
    """The adjoint program, with what it saves in arrays and on stacks, along several directions."""
    compiled = wg.jit(function)
    assert_same(wg.hessian(compiled, argnums)(*arguments), wg.hessian(function, argnums)(*arguments))


def along_ones(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """A tangent for each argument."""
    return tuple(tree.map_leaves(lambda leaf: (np.ones_like(leaf) * 1.5)[()], one) for one in arguments)


WITHOUT_INTEGERS = [one[:2] for one in JACOBIANS if not any(isinstance(argument, int) for argument in one[1])]


@pytest.mark.parametrize(("function", "arguments"), WITHOUT_INTEGERS)
def test_tangents_are_those_of_the_tape(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The value and its tangent from one run; the value is what the function returns."""
    tangents = along_ones(arguments)
    value, tangent = wg.jvp(wg.jit(function), arguments, tangents)
    expected_value, expected = wg.jvp(function, arguments, tangents)
    assert_same(tangent, expected)
    for one, other in zip(tree.flatten(value)[0], tree.flatten(expected_value)[0], strict=True):
        assert type(one) is type(other)
        np.testing.assert_allclose(one, other, rtol=1e-5 if np.asarray(one).dtype == np.float32 else 1e-11)


def test_products_with_hessians_are_those_of_the_tape() -> None:
    """Of arrays, numbers, trees, and several arguments."""
    cases: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (diffusion, (LONG,)),
        (lambda x, c: np.prod(x) * c + c**3, (X, 2.0)),
        (lambda pair: pair["x"] * np.sum(pair["y"] ** 2), ({"x": 2.0, "y": X},)),
        (lambda c: c**4, (1.5,)),
    ]
    for function, arguments in cases:
        tangents = along_ones(arguments)
        assert_same(wg.hvp(wg.jit(function), arguments, tangents), wg.hvp(function, arguments, tangents))


def test_a_tangent_is_the_callers_own() -> None:
    """A result that is the argument itself has the seed as its tangent: a copy of it."""
    seed = np.ones(3)
    _, tangent = wg.jvp(wg.jit(lambda x: (x * 1.0, x[:])), (X,), (seed,))
    tangent[1][:] = 5.0
    np.testing.assert_array_equal(seed, np.ones(3))
    with pytest.raises(wg.SeedError):
        wg.jvp(wg.jit(lambda x: x * 2.0), (X,), (np.ones(4),))
    with pytest.raises(wg.ArgumentError):
        wg.jvp(wg.jit(lambda x: x * 2.0), (np.arange(3),), (np.ones(3),))


def test_a_gradient_by_other_arguments_than_the_jacobian() -> None:
    """The mixed block of second derivatives; and gradients of gradients, which are not mistaken for gradients."""
    mixed = wg.jacobian(wg.grad(wg.jit(lambda x, y: np.sum(x * x) * np.sum(y**3)), 0), 1)(X, LONG)
    np.testing.assert_allclose(mixed, np.outer(2.0 * X, 3.0 * LONG**2), rtol=1e-13)
    gradient = wg.grad(wg.jit(lambda x: np.sum(x**4)))
    thrice = wg.jacobian(wg.grad(lambda x: gradient(x)[0]))(X)
    np.testing.assert_allclose(thrice, np.diag([24.0 * X[0], 0.0, 0.0]), atol=1e-12)


@pytest.mark.parametrize(("function", "arguments", "argnums"), JACOBIANS[:2] + JACOBIANS[5:6] + JACOBIANS[11:16])
def test_the_printed_program_gives_the_same(
    function: Callable[..., Any], arguments: tuple[Any, ...], argnums: Any
) -> None:
    """The program along three directions is well formed, and run by NumPy gives the derivative along each."""
    kernel = wg.jit(function).program(*arguments)
    program = along_directions(kernel.prepared, (0,), 3)
    verify(program)
    seeds = RNG.normal(size=(*arguments[0].shape, 3)).astype(arguments[0].dtype)
    found = run(program, *arguments, seeds)[-1]
    for k in range(3):
        _, tangent = wg.jvp(lambda x: function(x, *arguments[1:]), (arguments[0],), (seeds[..., k],))
        np.testing.assert_allclose(found[..., k], tangent, rtol=1e-5 if tangent.dtype == np.float32 else 1e-11)
