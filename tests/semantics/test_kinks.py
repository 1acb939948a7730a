"""Kinks, ties and jumps: which number the derivative is where there is none, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

import wengert as wg
from tests.semantics.engines import each_engine

PAIRS = np.array([1.0, 2.0, 4.0])

# The function, the point, and the gradient there.
KINKS = {
    "abs": (np.abs, 0.0, 0.0),
    "abs of Python": (lambda x: 1.0 * abs(x), -0.0, 0.0),
    "fabs": (np.fabs, 0.0, 0.0),
    "fabs of math": (lambda x: 1.0 * math.fabs(x), 0.0, 0.0),
    "modulus": (lambda x: np.abs(x + 0j), 0.0, 0.0),
    "sign": (lambda x: np.sign(x) * (x + 2.0), 0.0, 0.0),
    "heaviside": (lambda x: np.heaviside(x, 0.5), 0.0, 0.0),
    "copysign": (lambda x: np.copysign(x, 1.0), 0.0, 0.0),
    "hypot": (lambda x: np.hypot(x, 0.0), 0.0, 0.0),
    "hypot of one": (lambda x: np.hypot(x, x), 0.0, 0.0),
    # Ties share equally, so relu has one half.
    "maximum": (lambda x: np.maximum(x, 0.0), 0.0, 0.5),
    "maximum of the other": (lambda x: np.maximum(0.0, x), 0.0, 0.5),
    "minimum": (lambda x: np.minimum(x, 0.0), 0.0, 0.5),
    "fmax": (lambda x: np.fmax(x, 0.0), 0.0, 0.5),
    "fmin": (lambda x: np.fmin(x, 0.0), 0.0, 0.5),
    "maximum of one": (lambda x: np.maximum(x, x), 1.0, 1.0),
    "lower bound": (lambda x: np.clip(x, 0.0, 1.0), 0.0, 0.5),
    "upper bound": (lambda x: np.clip(x, 0.0, 1.0), 1.0, 0.5),
    "both bounds": (lambda x: np.clip(x, 1.0, 1.0), 1.0, 0.25),
    # A choice by condition is the executed branch, and so are `max` and `min` of Python.
    "relu by where": (lambda x: np.where(x > 0, x, 0.0), 0.0, 0.0),
    "relu by where with equality": (lambda x: np.where(x >= 0, x, 0.0), 0.0, 1.0),
    "relu by a factor": (lambda x: x * (x > 0), 0.0, 0.0),
    "max of Python": (lambda x: max(x, 0.0), 0.0, 1.0),
    "max of Python, second": (lambda x: max(0.0, x), 0.0, 0.0),
    "min of Python": (lambda x: min(x, 0.0), 0.0, 1.0),
    # Jumps: the derivative of the piece.
    "floor": (lambda x: np.floor(x) * x, 2.0, 2.0),
    "ceil": (lambda x: np.ceil(x) * x, 2.0, 2.0),
    "trunc": (lambda x: np.trunc(x) * x, 2.0, 2.0),
    "rint": (lambda x: np.rint(x) * x, 2.5, 2.0),
    "round": (lambda x: np.round(x) * x, 2.5, 2.0),
    "remainder": (lambda x: x % 1.0, 1.0, 1.0),
    "remainder of the divisor": (lambda x: 5.0 % x, 2.0, -2.0),
    "floor division": (lambda x: (x // 0.5) * x, 1.0, 2.0),
    "modf": (lambda x: np.modf(x)[0], 1.0, 1.0),
    "modf below": (lambda x: np.modf(x)[0], -2.0, 1.0),
    # Powers.
    "power 0": (lambda x: x**0.0, 0.0, 0.0),
    "power 1": (lambda x: x**1.0, 0.0, 1.0),
    "power 2": (lambda x: x**2.0, 0.0, 0.0),
    "exponent of zero": (lambda p: np.power(0.0, p), 1.0, 0.0),
    "exponent of zero at zero": (lambda p: np.power(0.0, p), 0.0, 0.0),
    "power of a negative base": (lambda x: x**3.0, -2.0, 12.0),
    # Norms and deviations at zero.
    "norm": (np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
    "norm of order 1": (lambda x: np.linalg.norm(x, 1), [0.0, 0.0], [0.0, 0.0]),
    "norm of order 3": (lambda x: np.linalg.norm(x, 3), [0.0, 0.0], [0.0, 0.0]),
    "norm of order infinity": (lambda x: np.linalg.norm(x, np.inf), [0.0, 0.0], [0.0, 0.0]),
    "norm of order infinity with ties": (lambda x: np.linalg.norm(x, np.inf), [3.0, -3.0], [0.5, -0.5]),
    "spectral norm": (lambda x: np.linalg.norm(np.reshape(x, (2, 2)), 2), [0.0] * 4, [0.0] * 4),
    "standard deviation": (np.std, [1.0, 1.0], [0.0, 0.0]),
    "range": (np.ptp, [3.0, 3.0, 3.0], [0.0, 0.0, 0.0]),
    # Ties of reductions, with what they start from.
    "max": (np.max, [3.0, 1.0, 3.0], [0.5, 0.0, 0.5]),
    "min": (lambda x: x.min(), [3.0, 1.0, 1.0], [0.0, 0.5, 0.5]),
    "max with a tie at the start": (lambda x: np.max(x, initial=3.0), [3.0, 1.0, 3.0], [1 / 3, 0.0, 1 / 3]),
    "max from an element": (lambda x: np.max(x, initial=x[0]), [3.0, 1.0, 3.0], [2 / 3, 0.0, 1 / 3]),
    "min with a tie at the start": (lambda x: np.min(x, initial=1.0), [3.0, 1.0, 1.0], [0.0, 1 / 3, 1 / 3]),
    "max of rows with a start": (
        lambda x: np.sum(np.max(np.reshape(x, (2, 2)), axis=1, initial=3.0)),
        [3.0, 1.0, 3.0, 3.0],
        [0.5, 0.0, 1 / 3, 1 / 3],
    ),
    "max of all axes with a start": (
        lambda x: np.sum(np.max(np.reshape(x, (1, 2, 2)), axis=(1, 2), initial=3.0)),
        [3.0, 1.0, 3.0, 3.0],
        [0.25, 0.0, 0.25, 0.25],
    ),
    "max of columns with a start": (
        lambda x: np.sum(np.max(np.reshape(x, (2, 2)), axis=0, initial=3.0, keepdims=True) * np.array([1.0, 2.0])),
        [3.0, 1.0, 3.0, 3.0],
        [1 / 3, 0.0, 1 / 3, 1.0],
    ),
    "max of nothing": (lambda x: np.max(x[:0], initial=x[0]), [3.0, 1.0], [1.0, 0.0]),
    "max under a mask": (lambda x: np.max(x, initial=3.0, where=x > 1), [3.0, 1.0, 3.0, 3.0], [0.25, 0.0, 0.25, 0.25]),
    "nested maxima": (lambda x: np.maximum(np.maximum(x[0], x[1]), x[2]), [3.0, 3.0, 3.0], [0.25, 0.25, 0.5]),
    "max of Python over an array": (lambda x: max(x[0], x[1], x[2]), [3.0, 1.0, 3.0], [1.0, 0.0, 0.0]),
    "element at argmax": (lambda x: x[np.argmax(x)], [3.0, 1.0, 3.0], [1.0, 0.0, 0.0]),
    # Order: equal elements share what falls to their places.
    "median": (np.median, [1.0, 2.0, 2.0, 2.0, 5.0], [0.0, 1 / 3, 1 / 3, 1 / 3, 0.0]),
    "median of two": (np.median, [2.0, 2.0], [0.5, 0.5]),
    "sort": (lambda x: np.sum(np.sort(x) * PAIRS), [2.0, 1.0, 2.0], [3.0, 1.0, 3.0]),
    "partition": (lambda x: np.partition(x, 1)[1], [2.0, 2.0, 2.0], [1 / 3, 1 / 3, 1 / 3]),
    "quantile": (lambda x: np.quantile(x, 0.3), [2.0, 2.0, 2.0], [1 / 3, 1 / 3, 1 / 3]),
    # Interpolation at a knot: of the slopes on both sides and all between, the one of least size.
    "knot": (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]), 1.0, 1.0),
    "top": (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 0.0]), 1.0, 0.0),
}


@pytest.mark.parametrize("name", KINKS)
@each_engine
def test_the_derivative_at_a_kink(engine, name):
    """Reverse and forward derivatives at a kink, a tie or a jump are the numbers of docs/semantics.md."""
    function, point, expected = KINKS[name]
    x = np.array(point)[()]
    direction = np.linspace(1.0, 2.0, x.size).reshape(x.shape)[()]
    made = engine(function)
    np.testing.assert_allclose(wg.grad(made)(x), expected, rtol=1e-14, atol=0)
    tangent = wg.jvp(made, (x,), (direction,))[1]
    np.testing.assert_allclose(tangent, np.sum(np.array(expected) * direction), rtol=1e-14, atol=1e-15)


FLAT = ("norm", "standard deviation", "hypot", "abs", "maximum", "median", "max with a tie at the start")


@pytest.mark.parametrize("name", FLAT)
@each_engine
def test_at_a_kink_the_second_derivative_is_zero(engine, name):
    """There is none; both engines give zero, in both orders of the modes."""
    function, point, _ = KINKS[name]
    x = np.array(point)[()]
    made, along = engine(function), np.ones_like(x)
    np.testing.assert_array_equal(wg.jvp(wg.grad(made), (x,), (along,))[1], np.zeros_like(x))
    np.testing.assert_array_equal(wg.grad(lambda y: np.sum(wg.grad(made)(y)))(x), np.zeros_like(x))


# Where NumPy's value is NaN: the function and points.
OUTSIDE = {
    "log": (np.log, -1.0),
    "log2": (np.log2, -1.0),
    "log10": (np.log10, -2.0),
    "log1p": (np.log1p, -1.5),
    "sqrt": (np.sqrt, -1.0),
    "power": (lambda x: x**0.5, -1.0),
    "exponent": (lambda p: np.power(-2.0, p), 0.5),
    "arcsin": (np.arcsin, 2.0),
    "arccos": (np.arccos, -2.0),
    "arccosh": (np.arccosh, 0.5),
    "arctanh": (np.arctanh, 2.0),
    "arctanh below": (np.arctanh, -2.0),
    "zero by zero": (lambda x: x / x, 0.0),
}


@pytest.mark.parametrize("name", OUTSIDE)
@each_engine
def test_outside_the_domain_the_derivative_is_nan(engine, name):
    """Where a function is NaN, its derivative is NaN, even where the formula gives a number, as 1/x for log."""
    function, point = OUTSIDE[name]
    x, made = np.float64(point), engine(function)
    with np.errstate(all="ignore"):
        assert np.isnan(made(x))
        assert np.isnan(wg.grad(made)(x))
        assert np.isnan(wg.jvp(made, (x,), (np.float64(1.0),))[1])
        assert np.isnan(wg.jvp(wg.grad(made), (x,), (np.float64(1.0),))[1])
