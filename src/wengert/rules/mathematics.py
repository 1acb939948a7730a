"""Python's `math` and `cmath` functions on recorded numbers.

They take part in no protocol, so the record engine calls stand-ins instead: `MATH` is the table from each function to
its own. A stand-in gives the result of the function itself, a Python number, and raises its exceptions
(`math.sqrt(-1)` is a `ValueError`, `math.exp(1000)` an `OverflowError`). It has the rules of the ufunc that computes
the same.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

import wengert.rules.special
import wengert.rules.trigonometric  # noqa: F401  (these two have the rules of the ufuncs named below)
from wengert.ops.table import TABLE, operation, vjp
from wengert.rules.python_values import array_of

__all__ = ["MATH"]

Function = Callable[..., Any]

_UFUNCS: dict[Function, np.ufunc] = {
    math.acos: np.arccos,
    math.acosh: np.arccosh,
    math.asin: np.arcsin,
    math.asinh: np.arcsinh,
    math.atan: np.arctan,
    math.atan2: np.arctan2,
    math.atanh: np.arctanh,
    math.cbrt: np.cbrt,
    math.copysign: np.copysign,
    math.cos: np.cos,
    math.cosh: np.cosh,
    math.degrees: np.degrees,
    math.erf: special.erf,
    math.erfc: special.erfc,
    math.exp: np.exp,
    math.exp2: np.exp2,
    math.expm1: np.expm1,
    math.fabs: np.fabs,
    math.fmod: np.fmod,
    math.frexp: np.frexp,
    math.gamma: special.gamma,
    math.ldexp: np.ldexp,
    math.lgamma: special.gammaln,
    math.log10: np.log10,
    math.log1p: np.log1p,
    math.log2: np.log2,
    math.modf: np.modf,
    math.nextafter: np.nextafter,
    math.pow: np.power,
    math.radians: np.radians,
    math.remainder: np.fmod,  # the nearest multiple instead of the one below: both rules divide by what was taken off
    math.sin: np.sin,
    math.sinh: np.sinh,
    math.sqrt: np.sqrt,
    math.tan: np.tan,
    math.tanh: np.tanh,
    cmath.acos: np.arccos,
    cmath.acosh: np.arccosh,
    cmath.asin: np.arcsin,
    cmath.asinh: np.arcsinh,
    cmath.atan: np.arctan,
    cmath.atanh: np.arctanh,
    cmath.cos: np.cos,
    cmath.cosh: np.cosh,
    cmath.exp: np.exp,
    cmath.log10: np.log10,
    cmath.sin: np.sin,
    cmath.sinh: np.sinh,
    cmath.sqrt: np.sqrt,
    cmath.tan: np.tan,
    cmath.tanh: np.tanh,
}

# Their results are truth values or whole numbers, or do not depend on the argument smoothly.
_CONSTANTS = (
    math.ceil, math.floor, math.trunc, math.isfinite, math.isinf, math.isnan, math.ulp,
    cmath.isfinite, cmath.isinf, cmath.isnan,
)  # fmt: skip


def _named(compute: Function, function: Function) -> Function:
    """Give the function of an operation the name of the function it stands for, for messages and reports."""
    compute.__name__ = compute.__qualname__ = function.__name__
    compute.__module__ = function.__module__
    return compute


def _of_one(function: Function) -> Function:
    def compute(x: Any) -> Any:
        return function(x)

    return _named(compute, function)


def _of_two(function: Function) -> Function:
    def compute(x1: Any, x2: Any) -> Any:
        return function(x1, x2)

    return _named(compute, function)


def _like_ufunc(function: Function, ufunc: np.ufunc) -> Function:
    """An operation with the values of `function` and the rules of `ufunc`."""
    found = TABLE[ufunc]
    compute = _of_one(function) if ufunc.nin == 1 else _of_two(function)
    dispatch = operation(
        elementwise=found.elementwise, holomorphic=found.holomorphic, linear=found.linear, constant=found.constant
    )(compute)
    for wrt, rule in found.rules.items():
        vjp(dispatch, wrt=wrt, singular=rule.singular)(rule.function)
    return dispatch


def _constant(function: Function) -> Function:
    return operation(constant=["x"])(_of_one(function))


_log = _like_ufunc(math.log, np.log)
_complex_log = _like_ufunc(cmath.log, np.log)


# `base` is a tuple, so that it can be left out and None is still the error that it is for `math.log`.


def log(x: Any, *base: Any) -> Any:
    """`math.log(x[, base])`, which is a quotient of logarithms."""
    if len(base) > 1:
        raise TypeError(f"log expected at most 2 arguments, got {1 + len(base)}")
    return _log(x) / _log(base[0]) if base else _log(x)


def complex_log(x: Any, *base: Any) -> Any:
    """`cmath.log(x[, base])`, which is a quotient of logarithms."""
    if len(base) > 1:
        raise TypeError(f"log expected at most 2 arguments, got {1 + len(base)}")
    return _complex_log(x) / _complex_log(base[0]) if base else _complex_log(x)


# Sums, products and distances of several numbers.


@operation(linear=["numbers"], sequence="numbers")
def sum_of(numbers: Any) -> Any:
    """`math.fsum` of a list."""
    return math.fsum(numbers)


@vjp(sum_of, wrt="numbers")
def sum_of_numbers(ct: Any, numbers: Any) -> Any:
    return [ct for _ in numbers]


def fsum(seq: Any, /) -> Any:
    """`math.fsum`."""
    return sum_of(list(seq))


@operation(sequence="coordinates")
def norm_of(coordinates: Any) -> Any:
    """`math.hypot` of a list."""
    return math.hypot(*coordinates)


@vjp(norm_of, wrt="coordinates", singular=True)
def norm_of_coordinates(ct: Any, coordinates: Any, out: Any) -> Any:
    return [ct * np.where(out == 0, 0.0, np.divide(x, out)) for x in coordinates]  # Python's / raises at 0


def hypot(*coordinates: Any) -> Any:
    """`math.hypot`."""
    return norm_of(list(coordinates))


def dist(p: Any, q: Any, /) -> Any:
    """`math.dist`."""
    p, q = tuple(p), tuple(q)
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return norm_of([a - b for a, b in zip(p, q, strict=True)])


def prod(iterable: Any, /, *, start: Any = 1) -> Any:
    """`math.prod`."""
    product = start
    for factor in iterable:
        product = product * factor
    return product


@operation(constant=["a", "b"], inert=["rel_tol", "abs_tol"])
def isclose(a: Any, b: Any, *, rel_tol: float = 1e-09, abs_tol: float = 0.0) -> bool:
    """`math.isclose`."""
    return math.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)


@operation(constant=["a", "b"], inert=["rel_tol", "abs_tol"])
def complex_isclose(a: Any, b: Any, *, rel_tol: float = 1e-09, abs_tol: float = 0.0) -> bool:
    """`cmath.isclose`."""
    return cmath.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)


# Polar coordinates of complex numbers.


@operation(elementwise=True, holomorphic=False)
def phase(z: Any) -> Any:
    """`cmath.phase`."""
    return cmath.phase(z)


@vjp(phase, wrt="z", singular=True)
def phase_z(ct: Any, z: Any) -> Any:
    # The phase is the imaginary part of log(z); the rule of the imaginary part is -1j * ct.
    return -1j * ct / z


def polar(z: Any, /) -> Any:
    """`cmath.polar`."""
    return abs(z), phase(z)


def rect(r: Any, phi: Any, /) -> Any:
    """`cmath.rect`."""
    return r * MATH[math.cos](phi) + 1j * (r * MATH[math.sin](phi))


# Functions of later Python versions: fused and summed products, of which Python 3.11 has none.


@operation(linear=["p", "q"])
def sum_of_products(p: Any, q: Any) -> Any:
    """`math.sumprod` of two arrays of numbers."""
    return math.fsum(np.multiply(p, q).tolist())


@vjp(sum_of_products, wrt="p")
def sum_of_products_p(ct: Any, q: Any) -> Any:
    return ct * q


@vjp(sum_of_products, wrt="q")
def sum_of_products_q(ct: Any, p: Any) -> Any:
    return ct * p


def sumprod(p: Any, q: Any, /) -> Any:
    """`math.sumprod`."""
    p, q = list(p), list(q)
    if len(p) != len(q):
        raise ValueError("Inputs are not the same length")
    return sum_of_products(array_of(p), array_of(q)) if p else 0


def fma(x: Any, y: Any, z: Any, /) -> Any:
    """`math.fma`, to rounding."""
    return fsum([x * y, z])


def _where_recorded(function: Function, original: Function) -> Function:
    """`function` where a number among the arguments is recorded, Python's own elsewhere."""

    def stand_in(*args: Any) -> Any:
        lists = [argument if isinstance(argument, (list, tuple)) else [argument] for argument in args]
        numbers = [number for one in lists for number in one]
        recorded = any(hasattr(type(number), "__wengert_function__") for number in numbers)
        return function(*args) if recorded else original(*args)

    return stand_in


_LATER = {
    getattr(math, function.__name__): _where_recorded(function, getattr(math, function.__name__))
    for function in (sumprod, fma)
    if hasattr(math, function.__name__)
}

MATH: dict[Function, Function] = {
    **_LATER,
    **{function: _like_ufunc(function, ufunc) for function, ufunc in _UFUNCS.items()},
    **{function: _constant(function) for function in _CONSTANTS},
    math.log: log,
    math.fsum: fsum,
    math.hypot: hypot,
    math.dist: dist,
    math.prod: prod,
    math.isclose: isclose,
    cmath.log: complex_log,
    cmath.isclose: complex_isclose,
    cmath.phase: phase,
    cmath.polar: polar,
    cmath.rect: rect,
}
