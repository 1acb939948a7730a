"""Elementwise arithmetic, powers, exponentials and logarithms, absolute values, choices, parts of numbers.

What holds: each rule is the derivative of one element of the result with respect to the same element of the argument.
At kinks a rule gives the least-norm subgradient: `abs` and `hypot` have 0 at 0, ties of maximum and minimum share
equally. The derivatives of exponentials and logarithms are those of Abramowitz and Stegun, *Handbook of Mathematical
Functions*, sections 4.1 and 4.2. Trigonometric and hyperbolic functions are in `wengert.rules.trigonometric`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import composite, constant, declare, operation, vjp
from wengert.rules.casting import as_array, cast_to

__all__ = ["LN_2", "LN_10", "not_negative"]

LN_2 = math.log(2.0)
LN_10 = math.log(10.0)

# Arithmetic.

declare(np.add, elementwise=True, linear=["x1", "x2"])


@vjp(np.add, wrt="x1")
def add_x1(ct: Any) -> Any:
    return ct


@vjp(np.add, wrt="x2")
def add_x2(ct: Any) -> Any:
    return ct


@vjp(np.subtract, wrt="x1")
def subtract_x1(ct: Any) -> Any:
    return ct


@vjp(np.subtract, wrt="x2")
def subtract_x2(ct: Any) -> Any:
    return -ct


@vjp(np.multiply, wrt="x1")
def multiply_x1(ct: Any, x2: Any) -> Any:
    return ct * x2


@vjp(np.multiply, wrt="x2")
def multiply_x2(ct: Any, x1: Any) -> Any:
    return ct * x1


@vjp(np.divide, wrt="x1", singular=True)
def divide_x1(ct: Any, x2: Any) -> Any:
    return ct / x2


@vjp(np.divide, wrt="x2", singular=True)
def divide_x2(ct: Any, x2: Any, out: Any) -> Any:
    return -ct * out / x2


@vjp(np.remainder, wrt="x1")
def remainder_x1(ct: Any) -> Any:
    return ct


@vjp(np.remainder, wrt="x2")
def remainder_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return -ct * np.floor_divide(x1, x2)


@vjp(np.fmod, wrt="x1")
def fmod_x1(ct: Any) -> Any:
    return ct


@vjp(np.fmod, wrt="x2")
def fmod_x2(ct: Any, x1: Any, x2: Any, out: Any) -> Any:
    # The quotient is a whole number: x1 - out is a multiple of x2, where x1 / x2 may be rounded across one.
    return -ct * np.rint((x1 - out) / x2)


declare(np.divmod)


@vjp(np.divmod, wrt="x1")
def divmod_x1(ct: Any) -> Any:
    return ct[1]


@vjp(np.divmod, wrt="x2")
def divmod_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return -ct[1] * np.floor_divide(x1, x2)


@vjp(np.negative, wrt="x")
def negative_x(ct: Any) -> Any:
    return -ct


@vjp(np.positive, wrt="x")
def positive_x(ct: Any) -> Any:
    return ct


@vjp(np.reciprocal, wrt="x", singular=True)
def reciprocal_x(ct: Any, out: Any) -> Any:
    return -ct * (out * out)


@vjp(np.square, wrt="x")
def square_x(ct: Any, x: Any) -> Any:
    return ct * (2.0 * x)


# Powers and roots.


@vjp(np.power, wrt="x1", singular=True)
def power_x1(ct: Any, x1: Any, x2: Any) -> Any:
    # x**0 is 1 everywhere, so its derivative at 0 is 0, though 0**(0 - 1) is infinite.
    base = np.where(np.equal(x1, 0) & np.equal(x2, 0), 1.0, x1)
    return ct * (x2 * np.power(base, np.subtract(x2, 1.0)))


@vjp(np.power, wrt="x2", singular=True)
def power_x2(ct: Any, x1: Any, out: Any) -> Any:
    # In the dtype of the result, so that a negative base with a complex exponent has its complex logarithm.
    return ct * (out * np.log(np.where(np.equal(x1, 0), np.ones_like(out), x1)))


@vjp(np.float_power, wrt="x1", singular=True)
def float_power_x1(ct: Any, x1: Any, x2: Any) -> Any:
    base = np.where(np.equal(x1, 0) & np.equal(x2, 0), 1.0, x1)
    return ct * (x2 * np.float_power(base, np.subtract(x2, 1.0)))


@vjp(np.float_power, wrt="x2", singular=True)
def float_power_x2(ct: Any, x1: Any, out: Any) -> Any:
    return ct * (out * np.log(np.where(np.equal(x1, 0), np.ones_like(out), x1)))


@vjp(np.sqrt, wrt="x", singular=True)
def sqrt_x(ct: Any, out: Any) -> Any:
    return ct / (2.0 * out)


@vjp(np.cbrt, wrt="x", singular=True)
def cbrt_x(ct: Any, out: Any) -> Any:
    return ct / (3.0 * out * out)


# Exponentials and logarithms.


@vjp(np.exp, wrt="x")
def exp_x(ct: Any, out: Any) -> Any:
    return ct * out


@vjp(np.exp2, wrt="x")
def exp2_x(ct: Any, out: Any) -> Any:
    return ct * (LN_2 * out)


@vjp(np.expm1, wrt="x")
def expm1_x(ct: Any, x: Any) -> Any:
    return ct * np.exp(x)  # out + 1 would lose all digits far below zero


def not_negative(x: Any) -> Any:
    """`x`, and NaN where it is a negative number, of which the logarithm is NaN though its reciprocal is not."""
    return x if np.iscomplexobj(x) else np.where(np.less(x, 0), np.nan * x, x)


@vjp(np.log, wrt="x", singular=True)
def log_x(ct: Any, x: Any) -> Any:
    return ct / not_negative(x)


@vjp(np.log2, wrt="x", singular=True)
def log2_x(ct: Any, x: Any) -> Any:
    return ct / (LN_2 * not_negative(x))


@vjp(np.log10, wrt="x", singular=True)
def log10_x(ct: Any, x: Any) -> Any:
    return ct / (LN_10 * not_negative(x))


@vjp(np.log1p, wrt="x", singular=True)
def log1p_x(ct: Any, x: Any) -> Any:
    return ct / not_negative(1.0 + x)


# The logistic function of the difference: `exp(x1 - out)` would lose the digits that a large result takes.


@vjp(np.logaddexp, wrt="x1", singular=True)
def logaddexp_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * special.expit(x1 - x2)


@vjp(np.logaddexp, wrt="x2", singular=True)
def logaddexp_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * special.expit(x2 - x1)


@vjp(np.logaddexp2, wrt="x1", singular=True)
def logaddexp2_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * special.expit(LN_2 * (x1 - x2))


@vjp(np.logaddexp2, wrt="x2", singular=True)
def logaddexp2_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * special.expit(LN_2 * (x2 - x1))


# Magnitudes and signs.

declare(np.absolute, elementwise=True, holomorphic=False)


@vjp(np.absolute, wrt="x")
def absolute_x(ct: Any, x: Any, out: Any) -> Any:
    if np.iscomplexobj(x):
        return ct * np.where(out == 0, 0.0, np.conjugate(x) / out)
    return ct * np.sign(x)


@vjp(np.fabs, wrt="x")
def fabs_x(ct: Any, x: Any) -> Any:
    return ct * np.sign(x)


@vjp(np.hypot, wrt="x1")
def hypot_x1(ct: Any, x1: Any, out: Any) -> Any:
    return ct * np.where(out == 0, 0.0, x1 / out)


@vjp(np.hypot, wrt="x2")
def hypot_x2(ct: Any, x2: Any, out: Any) -> Any:
    return ct * np.where(out == 0, 0.0, x2 / out)


@operation(constant=["x"])
def sign_of_real(x: Any) -> Any:
    """`np.sign(x)`, which is piecewise constant for a real `x`."""
    return np.sign(x)


@composite(np.sign)
def sign(x: Any) -> Any:
    if not np.iscomplexobj(x):
        return sign_of_real(x)
    magnitude = np.absolute(x)
    return x / np.where(magnitude == 0, 1.0, magnitude)


declare(np.copysign, elementwise=True, constant=["x2"])


@vjp(np.copysign, wrt="x1")
def copysign_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * np.sign(x1) * np.copysign(1.0, x2)


declare(np.heaviside, elementwise=True, constant=["x1"], linear=["x2"])


@vjp(np.heaviside, wrt="x2")
def heaviside_x2(ct: Any, x1: Any) -> Any:
    return np.where(np.equal(x1, 0), ct, 0.0)


# Choices. A NaN takes part in no comparison, so it has no share in the cotangent; `fmax` and `fmin` pass it by.


@vjp(np.maximum, wrt="x1")
def maximum_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return np.where(np.greater(x1, x2), ct, np.where(np.equal(x1, x2), 0.5 * ct, 0.0))


@vjp(np.maximum, wrt="x2")
def maximum_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return np.where(np.greater(x2, x1), ct, np.where(np.equal(x1, x2), 0.5 * ct, 0.0))


@vjp(np.minimum, wrt="x1")
def minimum_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return np.where(np.less(x1, x2), ct, np.where(np.equal(x1, x2), 0.5 * ct, 0.0))


@vjp(np.minimum, wrt="x2")
def minimum_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return np.where(np.less(x2, x1), ct, np.where(np.equal(x1, x2), 0.5 * ct, 0.0))


@vjp(np.fmax, wrt="x1")
def fmax_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return np.where(np.greater(x1, x2) | np.isnan(x2), ct, np.where(np.equal(x1, x2), 0.5 * ct, 0.0))


@vjp(np.fmax, wrt="x2")
def fmax_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return np.where(np.greater(x2, x1) | np.isnan(x1), ct, np.where(np.equal(x1, x2), 0.5 * ct, 0.0))


@vjp(np.fmin, wrt="x1")
def fmin_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return np.where(np.less(x1, x2) | np.isnan(x2), ct, np.where(np.equal(x1, x2), 0.5 * ct, 0.0))


@vjp(np.fmin, wrt="x2")
def fmin_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return np.where(np.less(x2, x1) | np.isnan(x1), ct, np.where(np.equal(x1, x2), 0.5 * ct, 0.0))


@composite(np.clip)
def clip(
    a: Any,
    a_min: Any = np._NoValue,  # NumPy's own marker: None means "no bound"
    a_max: Any = np._NoValue,
    out: Any = None,
    *,
    min: Any = np._NoValue,
    max: Any = np._NoValue,
    **kwargs: Any,
) -> Any:
    if a_min is np._NoValue and a_max is np._NoValue:
        a_min = None if min is np._NoValue else min
        a_max = None if max is np._NoValue else max
    elif a_min is np._NoValue or a_max is np._NoValue:
        name = "a_min" if a_min is np._NoValue else "a_max"
        raise TypeError(f"clip() missing 1 required positional argument: {name!r}")
    elif min is not np._NoValue or max is not np._NoValue:
        raise ValueError("Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden.")
    if kwargs.pop("where", True) is not True:
        raise UnsupportedOperationError("numpy.clip with where= has no derivative rule")
    dtype = kwargs.pop("dtype", None)
    if a_min is None and a_max is None:
        result = np.positive(a)
    elif a_min is None:
        result = np.minimum(a, a_max)
    elif a_max is None:
        result = np.maximum(a, a_min)
    else:
        result = np.minimum(np.maximum(a, a_min), a_max)
    return result if dtype is None else cast_to(result, dtype)


# Parts of floating-point numbers. Exponents and neighbours are constants of the executed path.

declare(np.ldexp, elementwise=True, linear=["x1"], constant=["x2"])


@vjp(np.ldexp, wrt="x1")
def ldexp_x1(ct: Any, x2: Any) -> Any:
    return np.ldexp(ct, x2)


declare(np.frexp)


@vjp(np.frexp, wrt="x")
def frexp_x(ct: Any, out: Any) -> Any:
    return np.ldexp(ct[0], -out[1])


declare(np.modf)


@vjp(np.modf, wrt="x")
def modf_x(ct: Any) -> Any:
    return ct[0]


declare(np.nextafter, elementwise=True, constant=["x2"])


@vjp(np.nextafter, wrt="x1")
def nextafter_x1(ct: Any) -> Any:
    return ct


constant(np.spacing, reason="piecewise constant")


# Repairs of values.


@composite(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    x = as_array(x)
    if x.dtype.kind not in "fc":
        return np.nan_to_num(x, copy)
    if x.dtype.kind == "c":
        parts = [_finite(part, nan, posinf, neginf) for part in (np.real(x), np.imag(x))]
        result = parts[0] + 1j * parts[1]
    else:
        result = _finite(x, nan, posinf, neginf)
    if not copy:
        x[...] = result
    return result if copy else x


def _finite(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    """A real array with NaN and infinities replaced: by default by zero and the largest finite numbers."""
    limits = np.finfo(x.dtype)
    x = np.where(np.isnan(x), cast_to(nan, x.dtype), x)
    x = np.where(x == np.inf, cast_to(limits.max if posinf is None else posinf, x.dtype), x)
    return np.where(x == -np.inf, cast_to(limits.min if neginf is None else neginf, x.dtype), x)


@composite(np.real_if_close)
def real_if_close(a: Any, tol: Any = 100) -> Any:
    a = as_array(a)
    if a.dtype.kind != "c":
        return a
    if tol > 1:
        tol = np.finfo(a.dtype).eps * tol
    return np.real(a) if np.all(np.absolute(np.imag(a)) < tol) else a
