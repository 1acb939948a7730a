"""What cannot be done: NumPy's exceptions when the program runs, refusals when it is made."""

# ruff: noqa: PLW0108 (what is read is the source of the lambda)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.lower.array_checks import check_error, lowered_call
from wengert.errors import NotAcceptedError, UnsupportedOperationError

x = np.arange(1.0, 7.0)
A = np.ones((3, 4))


def store(x, y):
    x[:] = y


RAISED = [
    (lambda x, i: x[i], x, 6),
    (lambda x, i: x[i], x, -7),
    (lambda x: x[6], x),
    (lambda A, i: A[0, i], A, 4),
    (lambda x, k: x[k], x, np.array([1, 9])),
    (lambda x, m: x[m], x, np.array([True] * 3)),
    (lambda x, y: x + y, x, x[:3].copy()),
    (lambda A, y: A * y, A, x),
    (store, x, x[:3].copy()),
    (store, x, A),
    (lambda n: np.zeros(n), -1),
    (lambda x: x.reshape(4, 2), x),
    (lambda a, b: a / b, 1, 0),
    (lambda a, b: a / b, 1.0, 0.0),
    (lambda a, b: a // b, 1, 0),
    (lambda a, b: a % b, 1.0, 0.0),
    (lambda a: a**-1, 0.0),
    (lambda a, b: a**b, 0.0, -1.5),
    (lambda a: math.sqrt(a), -1.0),
    (lambda a: math.log(a), 0.0),
    (lambda a: math.asin(a), 2.0),
    (lambda a: math.sin(a), math.inf),
    (lambda a: math.pow(a, 0.5), -1.0),
    (lambda a: math.gamma(a), -1.0),
    (lambda a: int(a), math.nan),
    (lambda a: int(a), math.inf),
    (lambda x: x[:0].max(), x),
    (lambda x: x[:0].argmax(), x),
    (lambda A: np.linalg.inv(A), A),
    (lambda A, x: A @ x, A, x),
    (lambda W, n: W**n, np.arange(3), -1),
    (lambda u, n: u + n, np.zeros(3, np.uint8), 300),
]


@pytest.mark.parametrize("case", RAISED, ids=range(len(RAISED)))
def test_exceptions(case):
    """The exception is the one that Python and NumPy raise, in their words."""
    check_error(*case)


def add_complex(x):
    x += 1j


def add_float(W):
    W += 0.5


def store_complex(x):
    x[0] = 1j


def write_broadcast(x):
    np.broadcast_to(x, (2, 6))[0, 0] = 1


def write_copy(A):
    A[:, 1:].reshape(-1)[0] = 1


def write_real_part(z):
    z.real[0] = 1


REFUSED = [
    (add_complex, "would turn complex128 into float64", x),
    (add_float, "would turn float64 into int64", np.arange(3)),
    (store_complex, "lose their imaginary part", x),
    (write_broadcast, "cannot be written in place", x),
    (write_copy, "cannot be written in place", A),
    (write_real_part, "a copy that has no name", x + 1j),
    (lambda A: A[1, 2, 3], "too many indices", A),
    (lambda x: x[1.5], "only integers, slices", x),
    (lambda x: 1 if x else 0, "ambiguous", x),
    (lambda z: z.item(0) > 0, "not ordered", x + 1j),
    (lambda m: -m, "boolean negative", x > 0),
    (lambda x: x.sum(axis=1), "axis 1 is out of bounds", x),
    (lambda x: np.sum(x, foo=1), "unexpected keyword argument", x),
    (lambda x, c: x[::c], "step that is not known", x, 2),
]


@pytest.mark.parametrize("case", REFUSED, ids=range(len(REFUSED)))
def test_refusals(case):
    """What is refused is refused before it runs, with the reason."""
    function, reason, *arguments = case
    with pytest.raises(NotAcceptedError, match=reason):
        lowered_call(function, *arguments)


def test_a_copy_that_could_be_told_from_sharing_is_refused():
    """The real part of an array shares its memory in NumPy; writing to the array after that is refused."""

    def stale(z):
        part = z.real
        z[0] = 5
        return part[0]

    with pytest.raises(NotAcceptedError, match="updated in place"):
        lowered_call(stale, x + 1j)


def test_sizes_that_turn_out_to_be_one():
    """A size of 1 that was not known when compiling is an error, never a result of another shape."""
    with pytest.raises(UnsupportedOperationError, match="name the axis"):
        lowered_call(lambda A, n: A[:n].squeeze(), A, 1)
    with pytest.raises(UnsupportedOperationError, match="is empty"):
        lowered_call(lambda x: x[:1] * x, np.zeros(0))
    with pytest.raises(UnsupportedOperationError, match="is stretched only if"):
        lowered_call(lambda x, n: x[:n] * x, x, 1)


def chosen(x: Any) -> Any:
    y = x * 2
    return np.choose([0, 5, 1], [x, y])


def picked(x: Any, i: Any) -> Any:
    return np.take_along_axis(x, i, 0).sum()


@pytest.mark.parametrize(
    ("function", "arguments", "line"),
    [
        (chosen, [np.ones(3)], "return np.choose([0, 5, 1], [x, y])"),
        (picked, [np.ones(3), np.array([1, 7])], "return np.take_along_axis(x, i, 0).sum()"),
    ],
)
def test_errors_inside_numpys_functions_name_the_users_line(function: Any, arguments: list[Any], line: str) -> None:
    """What NumPy's function is compiled as is wengert's own source, which tells the user nothing."""
    with pytest.raises((ValueError, IndexError)) as error:
        wg.jit(function)(*arguments)
    assert line in str(error.value)
    assert f", in {function.__name__}" in str(error.value)
