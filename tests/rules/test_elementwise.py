"""Elementwise rules at special values, derivatives worked out by hand: zeros, ties, infinities, masked branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import wengert as wg
from wengert.ops.table import COMPOSITES, CONSTANT, TABLE, UNSUPPORTED

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize("name", [name for name in dir(np) if isinstance(getattr(np, name), np.ufunc)])
def test_every_ufunc_is_in_the_table(name: str) -> None:
    """No ufunc of NumPy falls through: it has rules, or a reason why it has none."""
    function = getattr(np, name)
    assert sum(function in table for table in (TABLE, COMPOSITES, CONSTANT, UNSUPPORTED)) == 1


# Each row: a function of one array, arguments, derivatives.
_VALUES: list[tuple[str, Callable[[Any], Any], list[Any], list[Any]]] = [
    ("abs", np.abs, [0.0, -0.0, 2.0, -3.0, -INF], [0, 0, 1, -1, -1]),
    ("fabs", np.fabs, [0.0, -0.0, 2.0, -3.0], [0, 0, 1, -1]),
    ("complex abs", np.abs, [0j, 3 + 4j], [0, 0.6 - 0.8j]),
    ("sqrt", np.sqrt, [0.0, 4.0, INF], [INF, 0.25, 0]),
    ("cbrt", np.cbrt, [0.0, -8.0], [INF, 1 / 12]),
    ("reciprocal", np.reciprocal, [0.0, -2.0, INF], [-INF, -0.25, 0]),
    ("log", np.log, [0.0, 2.0, INF], [INF, 0.5, 0]),
    ("log1p", np.log1p, [-1.0, 0.0, 1e-300], [INF, 1, 1]),
    ("expm1 far below zero", lambda x: np.expm1(x) * 1e18, [-40.0], [np.exp(-40.0) * 1e18]),
    ("arcsin", np.arcsin, [1.0, -1.0, 0.0], [INF, INF, 1]),
    ("arccos", np.arccos, [1.0, -1.0, 0.0], [-INF, -INF, -1]),
    ("arcsin beside its branch cuts", np.arcsin, [2 + 0j, -2 + 0j], [1j / np.sqrt(3), -1j / np.sqrt(3)]),
    ("arccosh", np.arccosh, [1.0, 1e300], [INF, 1e-300]),
    ("arctanh", np.arctanh, [1.0, 0.0], [INF, 1]),
    ("arctan of large numbers", lambda x: np.arctan2(x, 1e200) * 1e200, [1e200], [0.5]),
    ("tanh", np.tanh, [0.0, INF, -INF], [1, 0, 0]),
    ("x**0", lambda x: x**0, [0.0, 2.0, -1.0, INF], [0, 0, 0, 0]),
    ("x**0.0", lambda x: x**0.0, [0.0, 2.0], [0, 0]),
    ("x**1", lambda x: np.power(x, 1), [0.0, -2.0], [1, 1]),
    ("x**2", lambda x: x**2, [0.0, -0.0, -3.0], [0, 0, -6]),
    ("x**3", lambda x: x**3, [0.0, -2.0], [0, 12]),
    ("x**-1", lambda x: x**-1.0, [0.0, -2.0], [-INF, -0.25]),
    ("x**0.5", lambda x: x**0.5, [0.0, 4.0], [INF, 0.25]),
    ("0**x", lambda x: np.power(0.0, x), [0.0, 1.0, 3.0], [0, 0, 0]),
    ("2**x", lambda x: 2**x, [0.0, 3.0], [np.log(2), 8 * np.log(2)]),
    ("(-2)**x", lambda x: np.power(-2.0, x), [2.0], [NAN]),
    ("maximum with a constant", lambda x: np.maximum(x, 0.0), [-1.0, 0.0, -0.0, 2.0, INF], [0, 0.5, 0.5, 1, 1]),
    ("minimum with a constant", lambda x: np.minimum(1.0, x), [0.0, 1.0, 2.0, -INF], [1, 0.5, 0, 1]),
    ("maximum with itself", lambda x: np.maximum(x, x), [3.0], [1]),
    ("fmax passes NaN by", lambda x: np.fmax(x, NAN), [3.0], [1]),
    ("fmin passes NaN by", lambda x: np.fmin(x, np.array([1.0, NAN, 5.0])), [NAN, 3.0, 5.0], [0, 1, 0.5]),
    ("clip", lambda x: np.clip(x, -1.0, 1.0), [-2.0, -1.0, 0.0, 1.0, 2.0], [0, 0.5, 1, 0.5, 0]),
    ("copysign", lambda x: np.copysign(x, [-1.0, -0.0, 1.0, -1.0]), [2.0, 2.0, -3.0, 0.0], [-1, -1, -1, 0]),
    ("heaviside", lambda x: np.heaviside([-1.0, 0.0, 1.0], x), [0.5, 0.5, 0.5], [0, 1, 0]),
    ("nan_to_num", np.nan_to_num, [NAN, INF, -INF, 2.0], [0, 0, 0, 1]),
    ("remainder", lambda x: np.remainder(7.5, x), [2.0, -2.0], [-3, 4]),
    ("fmod", lambda x: np.fmod(-7.5, x), [2.0, -2.0], [3, -3]),
    ("sinc", np.sinc, [0.0, 1.0], [0, -1]),
    ("angle of real numbers", np.angle, [-1.0, 0.0, -0.0, 2.0], [0, 0, 0, 0]),
    ("i0", np.i0, [0.0], [0]),
    ("xlogy of zeros", lambda x: special.xlogy(0.0, x), [0.0, 2.0], [0, 0]),
    ("gammainc at zero", lambda x: special.gammainc(1.0, x), [0.0], [1]),
]


@pytest.mark.parametrize(("function", "x", "expected"), [row[1:] for row in _VALUES], ids=[row[0] for row in _VALUES])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # some of the functions are infinite there themselves
def test_derivative_at_special_values(function: Callable[[Any], Any], x: list[Any], expected: list[Any]) -> None:
    """The reverse and the forward derivative are the ones worked out by hand, infinities included."""
    x = np.array(x)
    result, pullback = wg.vjp(function, x)
    (reverse,) = pullback(np.ones_like(result))
    np.testing.assert_allclose(reverse, expected, rtol=1e-14)
    if x.dtype.kind != "c":
        np.testing.assert_allclose(wg.jvp(function, (x,), (np.ones_like(x),))[1], expected, rtol=1e-14)


# A branch that is not taken contributes nothing, though its derivative is infinite there. Each row: a function,
# arguments, derivatives.
_MASKED: list[tuple[str, Callable[[Any], Any], list[float], list[float]]] = [
    ("sqrt", lambda x: np.where(x > 0, np.sqrt(x), 0.0), [0.0, 4.0, -1.0], [0, 0.25, 0]),
    ("reciprocal", lambda x: np.where(x != 0, 1 / x, 0.0), [0.0, 2.0], [0, -0.25]),
    ("log", lambda x: np.where(x > 0, np.log(x), 0.0), [0.0, 2.0, -1.0], [0, 0.5, 0]),
    ("x log x", lambda x: np.where(x > 0, x * np.log(x), 0.0), [0.0, 1.0], [0, 1]),
    ("power", lambda x: np.where(x > 0, x**0.5, 0.0), [0.0, 4.0], [0, 0.25]),
    ("exponent", lambda x: np.where(x > 0, np.power(x, x), 1.0), [-1.0, 1.0], [0, 1]),
    ("arcsin", lambda x: np.where(np.abs(x) < 1, np.arcsin(x), 0.0), [1.0, 0.0, 2.0], [0, 1, 0]),
    ("square root of an absolute value", lambda x: np.where(x == 0, 0.0, np.sqrt(np.abs(x))), [0.0, -4.0], [0, -0.25]),
    ("overflow", lambda x: np.where(x > 700, x, np.log(np.exp(x))), [1000.0, 1.0], [1, 1]),
    ("two levels", lambda x: np.where(x > 0, np.sqrt(np.where(x > 1, np.log(x), x)), 0), [0.0, 0.25, np.e],
     [0, 1, 0.5 / np.e]),
    ("product with zero", lambda x: 0.0 * np.sqrt(x), [0.0, 1.0], [0, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("function", "x", "expected"), [row[1:] for row in _MASKED], ids=[row[0] for row in _MASKED])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the branch not taken divides by zero in the primal too
def test_masked_branch_contributes_nothing(function: Callable[[Any], Any], x: list[float], expected: list[Any]) -> None:
    """Strong zeros: no double `where` is needed."""
    np.testing.assert_allclose(wg.grad(lambda v: np.sum(function(v)))(np.array(x)), expected, rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_masked_branch_contributes_nothing_to_second_derivatives() -> None:
    """Strong zeros hold when the sweep is recorded itself."""
    first = wg.grad(lambda v: np.sum(np.where(v > 0, v * np.sqrt(v), 0.0)))
    second = wg.grad(lambda v: np.sum(first(v)))(np.array([0.0, 4.0]))
    np.testing.assert_allclose(second, [0, 0.375], rtol=1e-14)


def test_zero_tangent_contributes_nothing_forward() -> None:
    """Strong zeros hold for tangents: where the argument does not change, neither does the result."""
    tangent = wg.jvp(np.sqrt, (np.array([0.0, 1.0]),), (np.array([0.0, 1.0]),))[1]
    np.testing.assert_array_equal(tangent, [0, 0.5])


@pytest.mark.parametrize(("function", "x", "y", "expected"), [
    (np.hypot, 0.0, 0.0, (0, 0)),
    (np.hypot, 0.0, -2.0, (0, -1)),
    (np.hypot, 3e200, 4e200, (0.6, 0.8)),
    (np.arctan2, 0.0, -1.0, (-1, 0)),
    (np.arctan2, 1.0, 0.0, (0, -1)),
    (np.maximum, 2.0, 2.0, (0.5, 0.5)),
    (np.minimum, -0.0, 0.0, (0.5, 0.5)),
    (np.maximum, INF, INF, (0.5, 0.5)),
    (np.fmax, NAN, 1.0, (0, 1)),
    (np.logaddexp, -INF, 1.0, (0, 1)),
    (np.logaddexp, 1000.0, 1000.0, (0.5, 0.5)),
    (np.power, 0.0, 0.0, (0, 0)),
    (np.power, -2.0, 3.0, (12, NAN)),
    (np.divide, 1.0, 0.0, (INF, -INF)),
    (special.xlogy, 0.0, 0.0, (-INF, 0)),
    (special.kl_div, 1.0, 1.0, (0, 0)),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # the primal divides by zero
def test_both_partial_derivatives_at_special_values(
    function: Any, x: float, y: float, expected: tuple[Any, Any]
) -> None:
    """Functions of two numbers, at kinks and at the ends of the number range."""
    found = wg.grad(function, argnums=(0, 1))(x, y)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_second_derivatives_of_powers_at_zero() -> None:
    """x**2 has the second derivative 2 at 0, x**1 and x**0 have 0, and no NaN comes from 0**-1."""
    for exponent, expected in ((0, 0.0), (1, 0.0), (2, 2.0), (3, 0.0)):
        second = wg.grad(wg.grad(lambda x, p=exponent: np.power(x, p)))
        assert second(0.0) == expected


def test_mixed_second_derivative_of_power_at_exponent_zero() -> None:
    """d/dp d/dx of x**p is 1/x at p = 0: the guard for 0**0 does not cut the exponent off."""
    mixed = wg.grad(lambda p: wg.grad(lambda x: np.power(x, p))(2.0))(0.0)
    assert mixed == pytest.approx(0.5, rel=1e-15)


def test_derivatives_of_sinc_at_zero() -> None:
    """sinc is 1 - (pi x)**2 / 6 + (pi x)**4 / 120 near 0."""
    second = wg.grad(wg.grad(np.sinc))
    assert second(0.0) == pytest.approx(-(np.pi**2) / 3, rel=1e-14)
    assert wg.grad(wg.grad(second))(0.0) == pytest.approx(np.pi**4 / 5, rel=1e-14)


def test_order_of_a_bessel_function_has_no_rule() -> None:
    """An argument without a formula is refused, not taken as a constant."""
    with pytest.raises(wg.UnsupportedOperationError, match="'x1'"):
        wg.grad(lambda order: special.jv(order, 2.0))(1.0)


def test_softmax_of_large_numbers() -> None:
    """The maximum is taken off before `exp`, and the derivative does not pass through it."""
    x = np.array([1000.0, 1000.0])
    np.testing.assert_allclose(wg.jacobian(special.softmax)(x), [[0.25, -0.25], [-0.25, 0.25]])
    np.testing.assert_allclose(wg.grad(special.logsumexp)(x), [0.5, 0.5])
    np.testing.assert_allclose(wg.grad(special.logsumexp)(np.array([-INF, 1.0])), [0, 1])


def test_nan_to_num_in_place() -> None:
    """With copy=False the argument itself is repaired, and the derivative knows it."""

    def function(x: Any) -> Any:
        y = x * 1.0
        np.nan_to_num(y, copy=False)
        return np.sum(y * y)

    np.testing.assert_array_equal(wg.grad(function)(np.array([NAN, 3.0])), [0, 6])
