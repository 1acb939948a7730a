"""Arrays whose sizes depend on the path that was taken, and arrays that change their size in a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import NotAcceptedError, UnsupportedOperationError

X = np.array([0.5, -1.5, 2.0, 0.25, -0.75, 1.25])


def shortened_twice(x: Any, c: int) -> Any:
    if c > 0:
        x = x[1:]
    if c > 1:
        x = x[::2] * 2.0
    return x**2


def of_either_size(x: Any, c: int) -> Any:
    y = x[:2] if c > 0 else np.concatenate((x, x))
    return np.sum(y**2) * y


def returned_early(x: Any, c: int) -> Any:
    if c == 0:
        return x
    if c == 1:
        return x[1:-1] * x[2:]
    return np.zeros(3) * x[0]


def pair_of_sizes(x: Any, c: int) -> Any:
    pair = (x[:3], x) if c > 0 else (x, x[:1])
    return np.concatenate(pair) * np.size(pair[0])


@pytest.mark.parametrize("c", [0, 1, 2])
@pytest.mark.parametrize("function", [shortened_twice, of_either_size, returned_early, pair_of_sizes])
def test_each_path_has_its_size(function: Callable[..., Any], c: int) -> None:
    """Values and pullbacks are those of the record engine, whichever path is taken."""
    expected, recorded = wg.vjp(lambda x: function(x, c), X)
    found, pullback = wg.vjp(lambda x: wg.jit(function)(x, c), X)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    ct = np.linspace(1.0, 2.0, np.size(expected))
    np.testing.assert_allclose(pullback(ct)[0], recorded(ct)[0], rtol=1e-13)


def trimmed(x: Any) -> Any:
    for _ in range(2):
        x = x[1:] * x[:-1]
    return x


def grown(x: Any) -> Any:
    for k in range(3):
        x = np.concatenate((x, x[:1] * k))
    return x


@pytest.mark.parametrize("function", [trimmed, grown])
def test_short_loops_that_change_a_size_are_unrolled(function: Callable[..., Any]) -> None:
    """A loop whose length is known may make an array longer or shorter in each iteration."""
    expected, recorded = wg.vjp(function, X)
    found, pullback = wg.vjp(wg.jit(function), X)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    ct = np.linspace(1.0, 2.0, np.size(expected))
    np.testing.assert_allclose(pullback(ct)[0], recorded(ct)[0], rtol=1e-13)


def test_loops_of_unknown_length_that_change_a_size_stop() -> None:
    """Where the length of the loop is not known, the array that changes its size is an error when it runs."""

    def function(x: Any, n: int) -> Any:
        for _ in range(n):
            x = x[1:]
        return x

    with pytest.raises(UnsupportedOperationError, match="changes its size from 6 to 5"):
        wg.jit(function)(X, 2)


def test_arrays_of_two_dtypes_are_refused() -> None:
    """An array that is real on one path and complex on another is refused with both dtypes."""

    def function(x: Any, c: int) -> Any:
        return x * 1j if c > 0 else x

    with pytest.raises(
        NotAcceptedError, match=r"complex128 on one path and float64|float64 on one path and complex128"
    ):
        wg.jit(function)(X, 1)
