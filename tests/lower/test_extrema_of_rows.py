"""Extrema of rows, which are found in lanes side by side: of every length, of NaN and ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg


def greatest(x: Any) -> Any:
    return np.max(x)


def least_kept(x: Any) -> Any:
    return np.min(x[::-1], keepdims=True)


def greatest_number(x: Any) -> Any:
    return np.fmax.reduce(x)


FUNCTIONS = [wg.jit(one) for one in (greatest, least_kept, greatest_number)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("n", [2, 63, 64, 65, 127, 128, 129, 200, 1000])
def test_rows_of_all_lengths(n: int, dtype: Any) -> None:
    """The lengths around one and two rounds of lanes; all elements alike too."""
    x = (np.random.default_rng(n).normal(size=n) * 100).astype(dtype)
    for one in FUNCTIONS:
        for row in (x, np.sort(x), np.zeros_like(x)):
            np.testing.assert_array_equal(one(row), one.function(row))


@pytest.mark.parametrize("n", [2, 64, 130, 300])
def test_nan_wherever_it_is(n: int) -> None:
    """NaN is the greatest element, unless it is to be ignored."""
    for place in {0, n // 2, n - 1}:
        x = np.random.default_rng(n).normal(size=n)
        x[place] = np.nan
        for one in FUNCTIONS:
            np.testing.assert_array_equal(one(x), one.function(x))


def test_ties_share_the_derivative() -> None:
    """Equal elements in different lanes and rounds share equally."""
    x = np.zeros(300)
    x[[3, 70, 299]] = 2.0
    expected = np.where(x == 2.0, 1.0 / 3.0, 0.0)
    np.testing.assert_allclose(wg.grad(wg.jit(greatest))(x), expected, rtol=1e-15)
