"""Golden texts of the errors a user meets, each with the file, the line and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import wengert as wg
from wengert import errors

BUFFER = np.zeros(3)
X = np.array([1.5, 2.0, 3.0])
REMEDY = (
    "A plain ndarray cannot hold a recorded value. Make the buffer inside the differentiated function, from its "
    "arguments: np.zeros_like(x), or np.zeros(n, like=x); pass it as an argument; or, if no derivative is wanted "
    "here, use wg.stop_gradient(value)."
)


def store_element(x):
    BUFFER[0] = x[0]
    return x[0]


def store_slice(x):
    BUFFER[:] = x
    return x[0]


def store_in_place(x):
    buffer = BUFFER
    buffer += x
    return x[0]


def store_by_out(x):
    np.add(x, 1.0, out=BUFFER)
    return x[0]


def store_by_at(x):
    np.add.at(BUFFER, [0], x[:1])
    return x[0]


def library_without_rule(x):
    return scipy.linalg.hankel(x)[0, 0]


LOST = [
    (store_element, "a plain ndarray", "BUFFER[0] = x[0]", 1, REMEDY),
    (store_slice, "a plain ndarray", "BUFFER[:] = x", 1, REMEDY),
    (
        store_in_place,
        "the plain ndarray given as out=",
        "buffer += x",
        2,
        "Make the array inside the differentiated function: np.zeros_like(x), or np.zeros(n, like=x).",
    ),
    (
        store_by_out,
        "the plain ndarray given as out=",
        "np.add(x, 1.0, out=BUFFER)",
        1,
        "Make the array inside the differentiated function: np.zeros_like(x), or np.zeros(n, like=x).",
    ),
    (
        store_by_at,
        "a plain ndarray, by np.add.at",
        "np.add.at(BUFFER, [0], x[:1])",
        1,
        "Make the array inside the differentiated function: np.zeros_like(x).",
    ),
    (library_without_rule, "a plain ndarray", "return scipy.linalg.hankel(x)[0, 0]", 1, REMEDY),
]


@pytest.mark.parametrize(
    ("function", "place", "source", "offset", "remedy"), LOST, ids=lambda v: getattr(v, "__name__", "")
)
def test_a_lost_value_is_an_error_with_place_and_remedy(
    function: Callable[..., Any], place: str, source: str, offset: int, remedy: str
) -> None:
    """A recorded value that would become a plain number is refused where it happens, and nothing is stored."""
    with pytest.raises(wg.LostGradientError) as caught:
        wg.grad(function)(X)
    line = function.__code__.co_firstlineno + offset
    where = f"{__file__}:{line}, in {function.__name__}\n    {source}"
    assert str(caught.value) == f"a recorded value would lose its derivative in {place}, at {where}\n{remedy}"
    np.testing.assert_array_equal(BUFFER, np.zeros(3))


def vector(x):
    return 2.0 * x


def pair(x):
    return x[0], x[1]


def complex_number(x):
    return x[0] * 1j


def text(x):
    return "loss"


def nothing(x):
    x[0] = 1.0


def one_in_a_list(x):
    return [x[0]]


SCALAR = "grad needs a function with one real number as its result, but"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            vector,
            f"{SCALAR} vector returned an array of shape (3,); use wg.jacobian for all its derivatives, or wg.vjp "
            "with a cotangent of that shape",
        ),
        (pair, f"{SCALAR} pair returned a tree of 2 values; use wg.jacobian, or wg.vjp with a cotangent for each"),
        (
            one_in_a_list,
            f"{SCALAR} one_in_a_list returned a tree of 1 values; use wg.jacobian, or wg.vjp with a cotangent for each",
        ),
        (nothing, f"{SCALAR} nothing returned None; where it updates its arguments, use wg.returning"),
        (
            complex_number,
            f"{SCALAR} complex_number returned a complex one; take np.real, np.imag or np.abs of it, or use wg.vjp",
        ),
        (text, f"{SCALAR} text returned 'loss'"),
    ],
)
def test_grad_of_something_else_than_a_real_number(function: Callable[..., Any], message: str) -> None:
    """`grad` says what was returned and what to use instead."""
    with pytest.raises(wg.NotScalarError) as caught:
        wg.grad(function)(X)
    assert str(caught.value) == message


ONLY = "only real and complex floating-point numbers and arrays have derivatives"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, f"argument 0 of type int: {ONLY}; pass a float, or leave it out of argnums"),
        (True, f"argument 0 of type bool: {ONLY}; pass a float, or leave it out of argnums"),
        (np.int32(3), f"argument 0 of type int32: {ONLY}; pass a float, or leave it out of argnums"),
        (
            np.arange(3),
            f"argument 0 of dtype int64: {ONLY}; convert it with .astype(float), or leave it out of argnums",
        ),
        (
            np.array([True]),
            f"argument 0 of dtype bool: {ONLY}; convert it with .astype(float), or leave it out of argnums",
        ),
        (np.array([None]), f"argument 0 of dtype object: {ONLY}; pass a float, or leave it out of argnums"),
        (np.array(["a"]), f"argument 0 of dtype <U1: {ONLY}; pass a float, or leave it out of argnums"),
        ("a", f"argument 0 of type str: {ONLY}; pass a float, or leave it out of argnums"),
        ([1.0, 2], f"a leaf of argument 0 of type int: {ONLY}; pass a float, or leave it out of argnums"),
    ],
    ids=["int", "bool", "int32", "array of int", "array of bool", "object", "string array", "string", "leaf"],
)
@pytest.mark.parametrize("derivative", [wg.grad, wg.value_and_grad, wg.jacobian, wg.hessian])
def test_an_argument_without_derivative(derivative: Callable[..., Any], value: Any, message: str) -> None:
    """Integers, booleans, objects and strings are refused with what to do, before the function runs."""

    def never_run(x):
        raise AssertionError

    with pytest.raises(wg.ArgumentError) as caught:
        derivative(never_run)(value)
    assert str(caught.value) == f"cannot differentiate with respect to {message}"
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("ct", "message"),
    [
        (np.ones(2), "the cotangent has shape (2,), but what it belongs to has shape (3,)"),
        (1.0, "the cotangent has shape (), but what it belongs to has shape (3,)"),
        (np.ones(3) * 1j, "the cotangent has dtype complex128, but what it belongs to has dtype float64"),
        ("a", "the cotangent must be an array or a number, not str"),
        (
            (np.ones(3), np.ones(3)),
            "the cotangent has the structure PyTreeSpec((*, *)), but what it belongs to has PyTreeSpec(*)",
        ),
    ],
    ids=["shape", "number", "complex", "string", "structure"],
)
def test_a_cotangent_that_does_not_fit(ct: Any, message: str) -> None:
    """A seed is never broadcast or narrowed in silence."""
    _, pullback = wg.vjp(vector, X)
    with pytest.raises(wg.SeedError) as caught:
        pullback(ct)
    assert str(caught.value) == message


def test_a_tangent_that_does_not_fit() -> None:
    """The same for forward derivatives."""
    with pytest.raises(wg.SeedError, match=r"^the tangent has shape \(2,\), but what it belongs to has shape \(3,\)$"):
        wg.jvp(vector, (X,), (np.ones(2),))
    with pytest.raises(wg.SeedError, match=r"^jvp takes primals and tangents as tuples or lists"):
        wg.jvp(vector, X, X)  # type: ignore[arg-type]
    with pytest.raises(wg.SeedError, match=r"^hvp takes primals and tangents as tuples or lists"):
        wg.hvp(np.sum, X, X)  # type: ignore[arg-type]
    with pytest.raises(wg.SeedError, match=r"^jvp needs as many tangents as primals, but got 2 for 1$"):
        wg.jvp(vector, (X,), (X, X))


@pytest.mark.parametrize(
    ("argnums", "message"),
    [
        (1, "argnums=1 but the function was called with 1 positional arguments"),
        (-2, "argnums=-2 but the function was called with 1 positional arguments"),
        ((0, 0), "argnums=(0, 0) names an argument twice"),
    ],
)
def test_argnums_that_name_no_argument(argnums: Any, message: str) -> None:
    """A wrong `argnums` says what the call looked like."""
    with pytest.raises(wg.ArgumentError) as caught:
        wg.grad(np.sum, argnums)(X)
    assert str(caught.value) == message


KEPT: list[Any] = []


def keeps_a_value(x):
    KEPT.append(x * 2.0)
    return np.sum(x)


def uses_a_kept_value(x):
    return np.sum(KEPT[0] * 2.0)


def test_a_value_kept_from_an_earlier_call() -> None:
    """A recorded value that escaped is an error where it is used, not a silent constant."""
    KEPT.clear()
    wg.grad(keeps_a_value)(X)
    with pytest.raises(wg.EscapedValueError) as caught:
        wg.grad(uses_a_kept_value)(X)
    line = uses_a_kept_value.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        f"a recorded value is used after the derivative call that recorded it has returned, at {__file__}:{line}, in "
        "uses_a_kept_value\n    return np.sum(KEPT[0] * 2.0)\nA value kept in a global, an attribute or a cache during "
        "one derivative call is not a number afterwards. Return it as auxiliary output (has_aux=True), or keep "
        "wg.stop_gradient(value)."
    )


def writes_aliased(x, y):
    x[0] = 2.0
    return np.sum(x * y)


def test_writing_to_an_argument_that_shares_memory() -> None:
    """Arguments that share memory are separated for the recording, so writing to one is refused."""
    with pytest.raises(wg.ArgumentError, match="writes to an argument that shares memory with another argument"):
        wg.grad(writes_aliased)(X, X)


def test_the_exception_tree() -> None:
    """Every error has the common base and the built-in base that its meaning calls for."""
    bases = {
        errors.LostGradientError: RuntimeError,
        errors.EscapedValueError: RuntimeError,
        errors.UnsupportedOperationError: NotImplementedError,
        errors.NotScalarError: TypeError,
        errors.ArgumentError: TypeError,
        errors.SeedError: ValueError,
        errors.RuleError: TypeError,
        errors.CheckFailedError: AssertionError,
    }
    for error, base in bases.items():
        assert issubclass(error, errors.WengertError)
        assert issubclass(error, base)


def test_numpys_own_errors_pass_through() -> None:
    """What NumPy raises in the plain function is raised in the recorded one."""

    def out_of_range(x):
        y = np.zeros(3)
        y[5] = x[0]
        return y[0]

    def wrong_shape(x):
        y = np.zeros((2, 2))
        y[:] = x
        return y[0, 0]

    for function in (out_of_range, wrong_shape):
        with pytest.raises((IndexError, ValueError)) as plain:
            function(X)
        with pytest.raises(type(plain.value)) as recorded:
            wg.grad(function)(X)
        assert str(recorded.value) == str(plain.value)


def test_python_numbers_keep_pythons_errors() -> None:
    """A Python float divided by zero is an error in Python, recorded or not."""
    with pytest.raises(ZeroDivisionError):
        wg.grad(lambda x: 1.0 / x)(0.0)
