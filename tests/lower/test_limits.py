"""Sizes and indices at the limits of 64-bit integers end in NumPy's exceptions, and never outside an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import UnsupportedOperationError

X = np.arange(5.0)
HUGE = 1 << 62


@pytest.mark.parametrize(
    ("function", "number", "error"),
    [
        (lambda x, n: np.concatenate([np.broadcast_to(x[1], (n,))] * 4)[:8], HUGE + 1, MemoryError),
        (lambda x, n: np.tile(x[:4], n)[:8], HUGE + 1, (MemoryError, ValueError)),
        (lambda x, n: np.bincount(np.array([1, n])), 2 * HUGE - 1, MemoryError),
        (lambda x, n: np.bincount(np.array([1, 2]), minlength=n), -1, ValueError),
        (lambda x, n: x[:0].reshape(n, n), 1 << 32, (MemoryError, ValueError)),
        (lambda x, n: np.broadcast_to(x[1], (n, n)).ravel(), 1 << 32, (MemoryError, ValueError)),
        (lambda x, n: np.arange(0.0, x[1], 1.0 / n)[:2], 1e300, ValueError),
        (lambda x, n: np.arange(0.0, n, 1.0), np.nan, ValueError),
        (lambda x, n: np.arange(0.0, n, 1.0), np.inf, ValueError),
        (lambda x, n: np.partition(x, n)[0], 5, ValueError),
        (lambda x, n: np.partition(x, n)[0], -6, ValueError),
        (lambda x, n: x[n], np.uint64(2 * (2 * HUGE - 1) + 1), OverflowError),
        (lambda x, n: x.reshape(n), -1, UnsupportedOperationError),
        (lambda x, n: x.reshape(n, 1), -2, ValueError),
        (lambda x, n: x[n * HUGE] + x[2 * n * HUGE] + x[4 * n * HUGE], 1, IndexError),
    ],
)
def test_sizes_that_no_array_has_are_errors(
    function: Callable[[Any, Any], Any], number: Any, error: type[Exception]
) -> None:
    """Sums and products of sizes do not wrap to small ones."""
    with pytest.raises(error):
        wg.jit(function)(X, number)


def test_partitions_at_several_places() -> None:
    """Whatever is asked for, a sorted array is partitioned there."""
    x = np.array([3.0, 1.0, 2.0])
    for kth in (0, -1, (0, 2)):
        np.testing.assert_array_equal(wg.jit(lambda x, kth=kth: np.partition(x, kth))(x), [1.0, 2.0, 3.0])


@pytest.mark.parametrize("function", [lambda x: max(x) * 2, lambda x: min(x[::-1]) * 2])
def test_pythons_extrema_of_arrays_compare_one_after_the_other(function: Callable[[Any], Any]) -> None:
    """NaN is passed over unless it comes first, and of equal numbers the first has the derivative."""
    for numbers in ([1.0, np.nan, 2.0, 0.5], [np.nan, 1.0], [3.0, 1.0, 3.0, 1.0], [4.0]):
        x = np.array(numbers)
        np.testing.assert_array_equal(wg.jit(function)(x), function(x))
        np.testing.assert_array_equal(wg.grad(wg.jit(function))(x), wg.grad(function)(x))
    with pytest.raises(ValueError, match="empty"):
        wg.jit(function)(np.zeros(0))


def test_plus_makes_a_number_of_a_truth_value() -> None:
    """As in Python: `+True` is 1."""
    found = wg.jit(lambda flag: +flag)(True)
    assert (type(found), found) == (int, 1)
