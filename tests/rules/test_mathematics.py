"""Python's `math` and `cmath` functions in differentiated functions: values, exceptions, derivatives of every order."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.rules.mathematics import MATH, fma, sumprod

_ON_WHOLE_NUMBERS = {math.comb, math.factorial, math.gcd, math.isqrt, math.lcm, math.perm}

_OF_ONE = {
    math.acos: 0.3, math.acosh: 1.7, math.asin: 0.3, math.asinh: 0.7, math.atan: 0.7, math.atanh: 0.3, math.cbrt: 2.0,
    math.cos: 0.7, math.cosh: 0.7, math.degrees: 0.7, math.erf: 0.7, math.erfc: 0.7, math.exp: 0.7, math.exp2: 0.7,
    math.expm1: 0.7, math.fabs: -0.7, math.gamma: 2.3, math.lgamma: 2.3, math.log: 0.7, math.log10: 0.7,
    math.log1p: 0.7, math.log2: 0.7, math.radians: 0.7, math.sin: 0.7, math.sinh: 0.7, math.sqrt: 0.7, math.tan: 0.7,
    math.tanh: 0.7,
}  # fmt: skip

_OF_TWO = {
    math.atan2: (0.7, -1.2), math.fmod: (-7.3, 2.0), math.hypot: (0.7, -1.2), math.log: (0.7, 3.0),
    math.pow: (0.7, 2.3), math.remainder: (7.3, 2.0),
}  # fmt: skip


def difference(function: Callable[..., Any], *x: float) -> list[float]:
    """Central differences of the fourth order with respect to each argument."""
    found = []
    for i in range(len(x)):
        values = [function(*x[:i], x[i] + step * 1e-3, *x[i + 1 :]) for step in (-2, -1, 1, 2)]
        found.append((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / 12e-3)
    return found


@pytest.mark.parametrize("module", [math, cmath])
def test_every_function_has_a_stand_in(module: Any) -> None:
    """Only functions of whole numbers have none."""
    functions = {getattr(module, name) for name in dir(module) if callable(getattr(module, name))}
    functions = {function for function in functions if not isinstance(function, type) and function.__name__[0] != "_"}
    assert functions - set(MATH) == (_ON_WHOLE_NUMBERS if module is math else set())


@pytest.mark.parametrize("function", _OF_ONE, ids=lambda function: function.__name__)
def test_functions_of_one_number(function: Callable[..., Any]) -> None:
    """The value is the function's own, a Python float; first and second derivative agree with differences."""
    x = _OF_ONE[function]
    value, first = wg.value_and_grad(function)(x)
    assert type(value) is float
    assert value == function(x)
    np.testing.assert_allclose(first, difference(function, x)[0], rtol=1e-9)
    second = wg.grad(wg.grad(function))
    np.testing.assert_allclose(second(x), difference(wg.grad(function), x)[0], rtol=1e-8, atol=1e-9)
    assert wg.jvp(function, (x,), (2.0,))[1] == pytest.approx(2 * first, rel=1e-15)


@pytest.mark.parametrize("function", _OF_TWO, ids=lambda function: function.__name__)
def test_functions_of_two_numbers(function: Callable[..., Any]) -> None:
    """With respect to both, and with one of them a constant."""
    x = _OF_TWO[function]
    both = wg.grad(function, argnums=(0, 1))(*x)
    np.testing.assert_allclose(both, difference(function, *x), rtol=1e-9)
    assert wg.grad(lambda a: function(a, x[1]))(x[0]) == both[0]
    assert wg.grad(lambda b: function(x[0], b))(x[1]) == both[1]


@pytest.mark.parametrize("name", ["acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp", "log",
                                  "log10", "sin", "sinh", "sqrt", "tan", "tanh"])  # fmt: skip
def test_complex_functions(name: str) -> None:
    """The derivative along the real axis of a complex function of a real number."""
    function = getattr(cmath, name)

    def part(x: Any) -> Any:
        value = function(x * (0.6 + 0.8j))
        return value.real + 2.0 * value.imag

    np.testing.assert_allclose(wg.grad(part)(0.7), difference(part, 0.7)[0], rtol=1e-9)


def test_polar_coordinates() -> None:
    """At 3 + 4j: the radius grows by 3/5, the angle by -4/25, and there and back is the identity."""
    assert wg.grad(lambda x: cmath.polar(x + 4j)[0])(3.0) == pytest.approx(0.6, rel=1e-15)
    assert wg.grad(lambda x: cmath.polar(x + 4j)[1])(3.0) == pytest.approx(-0.16, rel=1e-15)
    assert wg.grad(lambda x: cmath.phase(x + 4j))(3.0) == pytest.approx(-0.16, rel=1e-15)
    assert wg.grad(lambda x: cmath.rect(*cmath.polar(x + 4j)).real)(3.0) == pytest.approx(1.0, rel=1e-14)


def test_logarithm_to_a_base() -> None:
    """`cmath.log` has two arguments too; a third is an error, as for the function itself."""
    assert wg.grad(lambda x: cmath.log(x, 2.0).real)(3.0) == pytest.approx(1 / (3 * math.log(2)), rel=1e-15)
    with pytest.raises(TypeError, match="at most 2 arguments"):
        wg.grad(lambda x: math.log(x, 2, 3))(1.0)
    with pytest.raises(TypeError):
        wg.grad(lambda x: math.log(x, None))(1.0)


def test_functions_of_several_numbers() -> None:
    """Lists, tuples, generators and arrays of numbers, recorded and not."""
    assert wg.grad(lambda x: math.hypot(x, 2.0, 2 * x))(1.0) == pytest.approx(5 / 3, rel=1e-15)
    assert wg.grad(lambda x: math.hypot(x, x))(0.0) == 0.0
    assert wg.grad(lambda x: math.dist((x, 1.0), [0.0, 5.0]))(3.0) == pytest.approx(0.6, rel=1e-15)
    assert wg.grad(lambda x: math.fsum(i * x for i in range(4)))(3.0) == 6.0
    np.testing.assert_array_equal(wg.grad(math.fsum)(np.ones(3)), [1, 1, 1])
    np.testing.assert_array_equal(wg.grad(math.prod)(np.array([2.0, 3.0, 5.0])), [15, 10, 6])
    assert wg.grad(lambda x: math.prod([x, 2], start=x))(3.0) == 12.0
    with pytest.raises(ValueError, match="same number of dimensions"):
        wg.grad(lambda x: math.dist([x], [x, x]))(1.0)


def test_parts_of_numbers() -> None:
    """`modf`, `frexp`, `ldexp`, `copysign` and `nextafter`."""
    assert wg.grad(lambda x: math.modf(x)[0] * x)(2.25) == 2.5
    assert wg.grad(lambda x: math.modf(x)[1] * x)(2.25) == 2.0
    assert wg.grad(lambda x: math.frexp(x)[0])(5.0) == 0.125
    assert wg.grad(lambda x: math.ldexp(x, 3))(5.0) == 8.0
    assert wg.grad(lambda x: math.ldexp(*math.frexp(x)))(5.0) == 1.0
    assert wg.grad(lambda x: math.copysign(x, -1.0))(5.0) == -1.0
    assert wg.grad(lambda x: math.nextafter(x, 9.0))(5.0) == 1.0


def test_whole_numbers_and_truth_values_are_plain() -> None:
    """They can count, index and decide."""

    def function(x: Any) -> Any:
        assert type(math.floor(x)) is int
        assert type(math.ceil(x)) is int
        assert math.trunc(x) == 2
        assert math.isfinite(x) is True
        assert not math.isnan(x)
        assert not math.isinf(x)
        assert not cmath.isnan(1j * x)
        assert math.isclose(x, x + 1e-12)
        assert math.isclose(x, x + 1, abs_tol=2)
        assert not cmath.isclose(x, 1j * x)
        return math.floor(x) * x + math.ulp(x)

    assert wg.grad(function)(2.5) == 2.0


@pytest.mark.parametrize(("function", "error", "text"), [
    (lambda x: math.sqrt(-x), ValueError, "math domain error"),
    (lambda x: math.log(x - x), ValueError, "math domain error"),
    (lambda x: math.pow(-x, 0.5), ValueError, "math domain error"),
    (lambda x: math.exp(1000 * x), OverflowError, "math range error"),
    (lambda x: math.gamma(-x), ValueError, "math domain error"),
    (lambda x: math.fmod(x, 0.0), ValueError, "math domain error"),
    (lambda x: math.log(2.0, x), ZeroDivisionError, "division by zero"),
])  # fmt: skip
def test_exceptions_are_those_of_python(function: Callable[..., Any], error: type[Exception], text: str) -> None:
    """A recorded number raises what the number would."""
    with pytest.raises(error, match=text):
        function(1.0)
    with pytest.raises(error, match=text):
        wg.grad(function)(1.0)


def test_infinite_derivatives_do_not_raise() -> None:
    """Python's division by zero is an error in the function, not in its derivative."""
    assert wg.grad(math.sqrt)(0.0) == math.inf
    assert wg.grad(math.cbrt)(0.0) == math.inf
    assert wg.grad(lambda x: 0.0 * math.sqrt(x))(0.0) == 0.0
    assert wg.jvp(math.sqrt, (0.0,), (1.0,))[1] == math.inf


def test_a_number_of_an_array() -> None:
    """Elements and arrays of one element are numbers to `math`."""
    np.testing.assert_allclose(wg.grad(lambda x: math.sin(x[1]))(np.array([1.0, 2.0])), [0, math.cos(2.0)])
    np.testing.assert_allclose(wg.grad(math.sin)(np.array(1.0)), math.cos(1.0))


def test_third_derivative_in_a_loop() -> None:
    """Levels nest through `math`: sin(x) by its Taylor series, three times differentiated, is -cos(x)."""

    def series(x: Any) -> Any:
        return math.fsum((-1) ** k * math.pow(x, 2 * k + 1) / math.factorial(2 * k + 1) for k in range(12))

    assert wg.grad(wg.grad(wg.grad(series)))(0.7) == pytest.approx(-math.cos(0.7), rel=1e-13)


def test_functions_of_later_python_versions() -> None:
    """Sums of products, and fused ones, whether this Python has them or not."""
    p, q = np.array([0.5, 1.5]), np.array([2.0, 3.0])
    assert sumprod(p, q) == 5.5
    np.testing.assert_array_equal(wg.grad(lambda p: sumprod(p, q) ** 2)(p), 11.0 * q)
    np.testing.assert_array_equal(wg.hessian(lambda p: sumprod(p, p))(p), 2.0 * np.eye(2))
    assert wg.grad(lambda x: fma(x, x, 3.0 * x))(2.0) == 7.0
    with pytest.raises(ValueError, match="not the same length"):
        sumprod([1.0], [])
