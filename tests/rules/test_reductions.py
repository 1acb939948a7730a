"""Values worked out by hand where differences cannot check: ties, zeros, constant data, NaN and infinities."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import UnsupportedOperationError

INF, NAN = np.inf, np.nan


def derivative(function: Callable[..., Any], x: Any, weights: Any = 1.0) -> Any:
    """The gradient of the weighted sum of the results."""
    return wg.grad(lambda a: np.sum(weights * function(a)))(np.array(x))


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (np.max, [1.0, 3.0, 3.0, 2.0], [0, 0.5, 0.5, 0]),
        (np.min, [1.0, 3.0, 1.0, 1.0], [1 / 3, 0, 1 / 3, 1 / 3]),
        (np.ptp, [1.0, 3.0, 3.0, 2.0], [-1, 0.5, 0.5, 0]),
        (np.ptp, [2.0, 2.0], [0, 0]),
        (np.max, [[1.0, 2.0], [2.0, 2.0]], [[0, 1 / 3], [1 / 3, 1 / 3]]),
        (np.max, [INF, 1.0, INF], [0.5, 0, 0.5]),
        (np.min, [-0.0, 0.0], [0.5, 0.5]),
        (np.nanmax, [1.0, NAN, 3.0, 3.0], [0, 0, 0.5, 0.5]),
        (np.nanmin, [1.0, NAN, 3.0, 1.0], [0.5, 0, 0, 0.5]),
        (np.fmax.reduce, [1.0, NAN, 3.0, 3.0], [0, 0, 0.5, 0.5]),
        (np.fmin.reduce, [NAN, 1.0, 3.0, 3.0], [0, 1, 0, 0]),
        (np.max, [1.0, NAN, 3.0], [0, 1, 0]),
        (lambda a: np.max(a, initial=2.0), [1.0, 2.0], [0, 0.5]),
        (lambda a: np.max(a, initial=0.0, where=[True, False]), [1.0, 2.0], [1, 0]),
    ],
)
def test_ties_of_extrema_share_equally(function: Any, x: Any, expected: Any) -> None:
    """The least-norm subgradient; NaN elements are passed over, or are what the result came from."""
    np.testing.assert_array_equal(derivative(function, x), expected)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (np.median, [1.0, 5.0, 2.0], [0, 0, 1]),
        (np.median, [1.0, 5.0, 2.0, 4.0], [0, 0, 0.5, 0.5]),
        (np.median, [1.0, 2.0, 2.0], [0, 0.5, 0.5]),
        (np.median, [2.0, 1.0, 2.0, 3.0, 2.0], [1 / 3, 0, 1 / 3, 0, 1 / 3]),
        (np.median, [2.0, 2.0, 2.0, 2.0], [0.25, 0.25, 0.25, 0.25]),
        (np.nanmedian, [NAN, 1.0, 2.0, 2.0], [0, 0, 0.5, 0.5]),
        (np.nanmedian, [5.0, NAN, 1.0, NAN], [0.5, 0, 0.5, 0]),
        (lambda a: np.quantile(a, 0.25), [5.0, 1.0, 2.0], [0, 0.5, 0.5]),
        (lambda a: np.quantile(a, [0.0, 1.0]), [5.0, 1.0, 2.0], [1, 1, 0]),
        (lambda a: np.percentile(a, 100), [5.0, 1.0, 5.0], [0.5, 0, 0.5]),
        (lambda a: np.nanquantile(a, 0.25), [5.0, NAN, 1.0, 2.0], [0, 0, 0.5, 0.5]),
    ],
)
def test_medians_and_quantiles(function: Any, x: Any, expected: Any) -> None:
    """Weights of the interpolation; equal elements share."""
    np.testing.assert_array_equal(derivative(function, x), expected)


def test_sort_sends_cotangents_back() -> None:
    """The cotangents 1, 2, 4 of the sorted elements go to their origins; equal elements share theirs."""
    np.testing.assert_array_equal(derivative(np.sort, [3.0, 1.0, 2.0], np.array([1, 2, 4.0])), [4, 1, 2])
    np.testing.assert_array_equal(derivative(np.sort, [3.0, 1.0, 1.0], np.array([1, 2, 4.0])), [4, 1.5, 1.5])


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([2.0, 3.0, 4.0], [12, 8, 6]),
        ([2.0, 0.0, 4.0], [0, 8, 0]),
        ([0.0, 0.0, 4.0], [0, 0, 0]),
        ([5.0], [1]),
        ([1e-200, 1e-200, 1e300], [1e100, 1e100, 0]),
    ],
)
def test_products_with_zeros(x: Any, expected: Any) -> None:
    """The product of the others, whatever they are; also where the product itself underflows."""
    np.testing.assert_allclose(derivative(np.prod, x), expected, rtol=1e-14)


def test_second_derivative_of_a_product_with_zeros() -> None:
    """Of xyz at (0, 0, 4): only the mixed derivative with respect to x and y is 4."""
    found = wg.hessian(np.prod)(np.array([0.0, 0.0, 4.0]))
    np.testing.assert_array_equal(found, [[0, 4, 0], [4, 0, 0], [0, 0, 0]])


def test_running_products_with_zeros() -> None:
    """x, xy, xyz at (2, 0, 4), weighted 1, 10, 100: 1 + 10 y + 100 yz, 10 x + 100 xz, 100 xy."""
    found = derivative(np.cumprod, [2.0, 0.0, 4.0], np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(found, [1, 820, 0])


@pytest.mark.parametrize(
    ("function", "x", "weights", "expected"),
    [
        # Results 1, 3, 3, 3: the third is shared by two elements, the fourth by three.
        (np.maximum.accumulate, [1.0, 3.0, 3.0, 3.0], [1, 2, 4, 6.0], [1, 2 + 2 + 2, 2 + 2, 2]),
        (np.maximum.accumulate, [3.0, 1.0, 5.0], [1, 2, 4.0], [3, 0, 4]),
        (np.minimum.accumulate, [3.0, 1.0, 2.0], [1, 2, 4.0], [1, 6, 0]),
        (np.maximum.accumulate, [1.0, NAN, 3.0], [1, 2, 4.0], [1, 6, 0]),
    ],
)
def test_running_extrema(function: Any, x: Any, weights: Any, expected: Any) -> None:
    """Each result is shared by the elements so far that equal it."""
    np.testing.assert_array_equal(derivative(function.__call__, x, np.array(weights)), expected)


@pytest.mark.parametrize("x", [[0.1, 0.1, 0.1], [1e8, 1e8], [3.0], [0.7] * 7])
def test_standard_deviation_of_constant_data(x: Any) -> None:
    """Zero, though the mean of equal numbers may differ from them by rounding."""
    np.testing.assert_allclose(derivative(np.std, x), np.zeros(len(x)), atol=1e-12)
    np.testing.assert_allclose(derivative(np.nanstd, [*x, NAN]), np.zeros(len(x) + 1), atol=1e-12)
    np.testing.assert_allclose(derivative(np.var, x), np.zeros(len(x)), atol=1e-7)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (np.nansum, [1, 0, 1]),
        (np.nanmean, [0.5, 0, 0.5]),
        (np.nanprod, [4, 0, 2]),
        (np.nanvar, [-1, 0, 1]),
        (np.nanstd, [-0.5, 0, 0.5]),
        (np.nancumsum, [3, 0, 1]),
        (np.nancumprod, [1 + 1 + 4, 0, 2]),
    ],
)
def test_nan_elements_get_zero(function: Any, expected: Any) -> None:
    """At (2, NaN, 4)."""
    np.testing.assert_allclose(derivative(function, [2.0, NAN, 4.0]), expected, rtol=1e-15)
    second = wg.hessian(lambda a: np.sum(function(a)))(np.array([2.0, NAN, 4.0]))
    assert np.isfinite(second).all()


def test_slices_of_nan_alone() -> None:
    """Nothing reaches them where their result is not used."""
    x = np.array([[1.0, 3.0], [NAN, NAN]])
    for function in (np.nanmean, np.nanmax, np.nanmedian, np.nanstd):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's: mean of empty slice, all-NaN slice
            found = wg.grad(lambda a, f=function: f(a, axis=1)[0])(x)
        assert np.isfinite(found).all()
        np.testing.assert_array_equal(found[1], [0, 0])


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([0.0, np.log(3.0)], [0.25, 0.75]),
        ([0.0, -INF], [1, 0]),
        ([-INF, -INF], [0, 0]),
        ([INF, 0.0, INF], [0.5, 0, 0.5]),
        ([1000.0, 1000.0], [0.5, 0.5]),
        ([-1000.0, 1000.0], [0, 1]),
    ],
)
def test_logaddexp_reduce(x: Any, expected: Any) -> None:
    """Softmax weights, at infinities their limits, to the second order without NaN."""
    np.testing.assert_allclose(derivative(np.logaddexp.reduce, x), expected, rtol=1e-12)
    assert np.isfinite(wg.hessian(np.logaddexp.reduce)(np.array(x))).all()


def test_logaddexp_accumulate_with_infinities() -> None:
    """Sums -inf, 0, 0, log 4 with weights 1, 2, 4, 8: the last splits into 1/4 and 3/4."""
    x = np.array([-INF, 0.0, -INF, np.log(3.0)])
    found = derivative(np.logaddexp.accumulate, x, np.array([1.0, 2.0, 4.0, 8.0]))
    np.testing.assert_allclose(found, [0, 2 + 4 + 2, 0, 6], rtol=1e-14)


def test_hypot_reduce_at_zero() -> None:
    """The norm has the least-norm subgradient 0 at 0."""
    np.testing.assert_array_equal(derivative(np.hypot.reduce, [0.0, 0.0]), [0, 0])
    np.testing.assert_allclose(derivative(np.hypot.reduce, [3.0, 4.0]), [0.6, 0.8], rtol=1e-15)


def test_starting_values_are_not_linear() -> None:
    """The tangent of a sum with a starting value does not contain the starting value."""
    value, tangent = wg.jvp(lambda a: np.sum(a, initial=5.0), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    assert (value, tangent) == (8.0, 2.0)


def test_infinite_elements_of_a_sum() -> None:
    """Sums and means are linear: their derivatives do not look at the values."""
    np.testing.assert_array_equal(derivative(np.sum, [INF, 1.0, NAN]), [1, 1, 1])
    np.testing.assert_array_equal(derivative(np.mean, [INF, 1.0]), [0.5, 0.5])
    np.testing.assert_array_equal(derivative(np.cumsum, [INF, 1.0]), [2, 1])


def test_reductions_of_nothing() -> None:
    """The derivatives of empty sums and products are empty."""
    for function in (np.sum, np.prod, np.cumsum, np.cumprod):
        assert derivative(function, np.zeros((0, 3))).shape == (0, 3)


def test_out_is_written() -> None:
    """The result of a reduction may be stored in an array of the function."""

    def function(x: Any) -> Any:
        total = np.zeros(3)
        np.sum(x, axis=0, out=total)
        np.multiply.reduce(x, axis=0, out=total[:])
        return total @ np.array([1.0, 2.0, 3.0])

    np.testing.assert_array_equal(wg.grad(function)(np.full((2, 3), 2.0)), [[2, 4, 6], [2, 4, 6]])


def test_what_is_refused() -> None:
    """Options and methods without a rule are errors, not wrong derivatives."""
    x = np.array([3.0, 1.0, 2.0])
    with pytest.raises(UnsupportedOperationError, match="weights="):
        wg.grad(lambda a: np.quantile(a, 0.5, method="inverted_cdf", weights=[1, 1, 2]))(x)
    with pytest.raises(UnsupportedOperationError, match="reduceat"):
        wg.grad(lambda a: np.sum(np.multiply.reduceat(a, [0, 1])))(x)
    with pytest.raises(UnsupportedOperationError, match="bins='auto'"):
        wg.grad(lambda a: np.sum(np.histogram_bin_edges(a, "auto")))(x)
