"""Numbers that are of another kind on each path: they mean what they mean in Python, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg


def transform(x):
    total = 0
    for k in range(3):
        total += x * np.exp(-2j * np.pi * k / 3)
    return total / 3


def iterated(x):
    z = 0
    while np.abs(z) < 4.0:
        z = z * z + (x + 0.5j)
    return z.real


def one_or_the_other(x):
    z = 2 if x > 0 else 1j
    return abs(z) * x + (z == 2)


def chosen(x):
    z = True if x > 0 else not x
    return 1.0 if z else 2.0


@pytest.mark.parametrize("function", [transform, iterated, one_or_the_other, chosen])
@pytest.mark.parametrize("x", [1.5, -1.5])
def test_what_means_the_same_is_compiled(function: Callable[[Any], Any], x: float) -> None:
    """Sums, products, absolute values and comparisons of numbers that are real on one path and complex on another."""
    np.testing.assert_allclose(wg.jit(function)(x), function(x), rtol=1e-14, atol=1e-15)


def root(x):
    z = -2 if x > 0 else 1j
    return np.sqrt(z)


def root_in_a_loop(x):
    z = -1.0
    for _ in range(2):
        z = np.sqrt(z) * 1j
    return z * x


def power(x):
    z = 2.5 if x > 0 else 1j
    return z**x


def kept_in_an_array(x):
    z = 2.0 if x > 0 else 1j
    return np.sqrt(np.array([z, z]))


def added_to_an_array(x):
    z = -2.0 if x > 0 else 1j
    return np.sqrt(np.ones(2) + z)


def asked_for_its_class(x):
    z = 2 if x > 0 else 1j
    return isinstance(z, int)


def after_a_branch(x):
    z = -1
    if x > 0:
        z = z * 1j
        z += x
    return np.log(z)


def truth_or_number(x):
    return True if x > 0 else 2


def truth_or_element(x):
    z = np.array([True, False])[0] if x > 0 else np.array([1, 2])[1]
    return z + z


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (root, "real on one path and complex on another"),
        (root_in_a_loop, "real on one path and complex on another"),
        (power, "real on one path and complex on another"),
        (kept_in_an_array, "real on one path and complex on another"),
        (added_to_an_array, "real on one path and complex on another"),
        (asked_for_its_class, "real on one path and complex on another"),
        (after_a_branch, "real on one path and complex on another"),
        (truth_or_number, "is a truth value on one path and a number on another"),
        (truth_or_element, "is a truth value on one path and a number on another"),
        (lambda x: 2**53 + 1 if x > 0 else 0.5, "is 9007199254740993 on one path and has the dtype float64 on another"),
    ],
)
def test_what_could_mean_something_else_is_refused(function: Callable[[Any], Any], reason: str) -> None:
    """NumPy's roots of negative numbers, Python's powers, truth values that count, and integers that are rounded."""
    with pytest.raises(wg.NotAcceptedError, match=reason):
        wg.jit(function)(1.5)
