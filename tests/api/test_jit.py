"""Calls of compiled functions: which code a call finds, what it takes from outside, the order of its derivatives."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import wengert as wg

WEIGHTS: Any = np.ones(3)
SAME: Any = WEIGHTS


def weighted(x: Any) -> Any:
    """Reads two global names of one array."""
    return np.sum(x * WEIGHTS) + np.sum(SAME)


def products(d: Any) -> Any:
    """A number from two arrays in a dict."""
    return np.sum(d["a"] * d["b"] * d["b"])


def test_arguments_that_are_no_plain_arrays_find_the_code_of_their_types() -> None:
    """Trees and NumPy scalars of other types are compiled anew, and recorded numbers are recorded."""
    total = wg.jit(lambda t: t[0].sum())
    assert total((np.ones(3),)) == 3.0
    assert total((np.ones(2, int),)) == 2
    square = wg.jit(lambda a: a * a)
    assert square(np.float64(3.0)) == 9.0
    assert wg.grad(wg.grad(lambda a: square(a) * a))(np.float64(2.0)) == pytest.approx(12.0)


def test_derivatives_come_in_the_order_asked_for() -> None:
    """Arguments named out of order, and dicts whose keys are not in alphabetical order."""
    a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    product = wg.jit(lambda a, b: np.sum(a * b * b))
    first, second = wg.grad(product, argnums=(1, 0))(a, b)
    np.testing.assert_array_equal(first, 2 * a * b)
    np.testing.assert_array_equal(second, b * b)
    found = wg.grad(wg.jit(products))({"b": b, "a": a})
    np.testing.assert_array_equal(found["a"], b * b)
    np.testing.assert_array_equal(found["b"], 2 * a * b)


def test_integer_results_beside_floating_ones() -> None:
    """A recorded call returns each result in its place."""

    def several(x: Any) -> Any:
        return x[0] * x[1], x * 2.0, 7 * len(x)

    x = np.array([1.0, 3.0])
    (number, array, integer), _ = wg.vjp(wg.jit(several), x)
    assert (number, integer) == (3.0, 14)
    np.testing.assert_array_equal(array, 2 * x)


def test_captured_arrays_are_those_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another array, shape, dtype or a number under a global name that was an array."""
    compiled = wg.jit(weighted)
    x = np.array([1.0, 2.0, 3.0])
    assert compiled(x) == weighted(x)
    changes = [
        ("SAME", np.full(3, 5.0)),
        ("WEIGHTS", np.array([1, 2, 3])),
        ("WEIGHTS", np.arange(9.0).reshape(3, 3)),
        ("WEIGHTS", np.full(1, 2.0)),
        ("WEIGHTS", 3.0),
    ]
    for name, value in changes:
        monkeypatch.setitem(globals(), name, value)
        assert compiled(x) == weighted(x)
        np.testing.assert_array_equal(wg.grad(compiled)(x), wg.grad(weighted)(x))


def test_arrays_in_another_byte_order() -> None:
    """They are read as the numbers that they are, and updated in place."""

    def doubled(x: Any) -> Any:
        x[0] = x[1] * 2
        return np.sum(x * x)

    swapped = np.dtype(np.float64).newbyteorder()
    x = np.array([1.0, 2.0]).astype(swapped)
    compiled = wg.jit(doubled)
    np.testing.assert_array_equal(wg.grad(compiled)(x), [0.0, 20.0])
    assert compiled(x) == 20.0
    np.testing.assert_array_equal(x, [4.0, 2.0])
    assert compiled(np.array([1.0, 2.0])) == 20.0


def test_signed_zeros_are_different_numbers() -> None:
    """Functions of 0.0 and -0.0 are not taken for one another."""

    def signs(x: Any) -> Any:
        return np.copysign(x[0], 0.0) + 2 * np.copysign(x[0], -0.0)

    value, gradient = wg.value_and_grad(wg.jit(signs))(np.ones(1))
    assert value == -1.0
    np.testing.assert_array_equal(gradient, [-1.0])


def test_array_functions_named_like_methods_of_lists() -> None:
    """`np.append` in a loop does not change the name `np`."""

    def shifted(x: Any) -> Any:
        for _ in range(2):
            x = np.append(x[1:], x[0] * x[1])
        return x

    x = np.arange(4.0)
    np.testing.assert_array_equal(wg.jit(shifted)(x), shifted(x))


def test_repeated_derivatives_keep_nothing() -> None:
    """Objects that live on after a pullback and a pushforward do not add up."""

    def product(x: Any) -> Any:
        return x * x[0]

    compiled, x = wg.jit(product), np.ones(3)

    def differentiate() -> int:
        for _ in range(20):
            wg.vjp(compiled, x)[1](x)
            wg.jvp(compiled, (x,), (x,))
        gc.collect()
        return len(gc.get_objects())

    differentiate()
    before = differentiate()
    assert differentiate() <= before + 5


def test_functions_defined_while_another_is_recorded_are_compiled() -> None:
    """Also two on one line. What is read is the source, not what the record engine made of it."""

    def f(x):
        c = x[0]
        square, cube = wg.jit(lambda y: np.sum(y * y)), wg.jit(lambda y: np.sum(y * y * y))

        def scaled(y):
            total = 0.0
            for i in range(len(y)):
                total += y[i] * 2.0
            return total

        return square(x) * c + cube(x) + wg.jit(scaled)(x)

    x = np.array([1.0, 2.0, 3.0])
    expected = 2.0 * x * x[0] + 3.0 * x**2 + 2.0
    expected[0] += np.sum(x * x)
    np.testing.assert_allclose(wg.grad(f)(x), expected, rtol=1e-14)
    np.testing.assert_allclose(wg.hessian(f)(x)[1], [2.0 * x[1], 2.0 * x[0] + 6.0 * x[1], 0.0], rtol=1e-14)
