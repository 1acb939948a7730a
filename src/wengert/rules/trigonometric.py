"""Trigonometric and hyperbolic functions, their inverses, angles and phases, and functions made from them.

Derivatives are those of Abramowitz and Stegun, *Handbook of Mathematical Functions*, sections 4.3 to 4.6. They hold
for complex arguments too, on the side of a branch cut on which NumPy's value for an imaginary part of +0 lies.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import composite, declare, vjp
from wengert.rules.casting import as_array
from wengert.rules.elementwise import not_negative


@vjp(np.sin, wrt="x")
def sin_x(ct: Any, x: Any) -> Any:
    return ct * np.cos(x)


@vjp(np.cos, wrt="x")
def cos_x(ct: Any, x: Any) -> Any:
    return -ct * np.sin(x)


@vjp(np.tan, wrt="x")
def tan_x(ct: Any, out: Any) -> Any:
    return ct * (1.0 + out * out)


def _cosine_of_arcsine(x: Any) -> Any:
    """`sqrt(1 - x**2)`, in factors that keep the digits near 1 and -1."""
    if np.iscomplexobj(x):  # 1 - x would lose the sign of a zero imaginary part, which says the side of the cut
        return np.sqrt(-(x - 1.0) * (x + 1.0))
    return np.sqrt((1.0 - x) * (1.0 + x))


@vjp(np.arcsin, wrt="x", singular=True)
def arcsin_x(ct: Any, x: Any) -> Any:
    return ct / _cosine_of_arcsine(x)


@vjp(np.arccos, wrt="x", singular=True)
def arccos_x(ct: Any, x: Any) -> Any:
    return -ct / _cosine_of_arcsine(x)


@vjp(np.arctan, wrt="x")
def arctan_x(ct: Any, x: Any) -> Any:
    return ct / (1.0 + x * x)


# Divided by the radius twice, so that neither large nor small coordinates are squared.


@vjp(np.arctan2, wrt="x1", singular=True)
def arctan2_x1(ct: Any, x1: Any, x2: Any) -> Any:
    radius = np.hypot(x1, x2)
    return ct * (x2 / radius / radius)


@vjp(np.arctan2, wrt="x2", singular=True)
def arctan2_x2(ct: Any, x1: Any, x2: Any) -> Any:
    radius = np.hypot(x1, x2)
    return -ct * (x1 / radius / radius)


@vjp(np.sinh, wrt="x")
def sinh_x(ct: Any, x: Any) -> Any:
    return ct * np.cosh(x)


@vjp(np.cosh, wrt="x")
def cosh_x(ct: Any, x: Any) -> Any:
    return ct * np.sinh(x)


@vjp(np.tanh, wrt="x")
def tanh_x(ct: Any, out: Any) -> Any:
    return ct * (1.0 - out * out)


@vjp(np.arcsinh, wrt="x")
def arcsinh_x(ct: Any, x: Any) -> Any:
    return ct / np.sqrt(1.0 + x * x)


@vjp(np.arccosh, wrt="x", singular=True)
def arccosh_x(ct: Any, x: Any) -> Any:
    return ct / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0))


@vjp(np.arctanh, wrt="x", singular=True)
def arctanh_x(ct: Any, x: Any) -> Any:
    return ct / not_negative((1.0 - x) * (1.0 + x))


# Angles. Each of the four conversions is linear, so its rule is itself.

declare(np.degrees, elementwise=True, linear=["x"])
declare(np.rad2deg, elementwise=True, linear=["x"])
declare(np.radians, elementwise=True, linear=["x"])
declare(np.deg2rad, elementwise=True, linear=["x"])


@vjp(np.degrees, wrt="x")
@vjp(np.rad2deg, wrt="x")
def degrees_x(ct: Any) -> Any:
    return np.degrees(ct)


@vjp(np.radians, wrt="x")
@vjp(np.deg2rad, wrt="x")
def radians_x(ct: Any) -> Any:
    return np.radians(ct)


@composite(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    z = as_array(z)
    if z.dtype.kind == "c":
        found = np.arctan2(np.imag(z), np.real(z))
    else:  # 0 or pi: of the sign alone, so that the derivative at 0 is 0 too
        found = np.where(np.isnan(z), z, np.arctan2(0, np.copysign(np.ones_like(z), z)))
    return found[()] * (180 / np.pi) if deg else found[()]


declare(np.unwrap, elementwise=True, inert=["discont", "axis", "period"])


@vjp(np.unwrap, wrt="p")
def unwrap_p(ct: Any) -> Any:
    return ct  # it adds whole multiples of the period


# Roots and logarithms with a complex result where the argument leaves the real domain.


def _complex_if(outside: Any, x: Any) -> Any:
    """`x` as a complex array of its precision, if any element is outside of the real domain."""
    if not np.any(outside):
        return x
    return x.astype(np.result_type(x.dtype, np.complex64))


def _not_negative(x: Any) -> Any:
    x = as_array(x)
    return _complex_if((np.imag(x) == 0) & (x < 0), x)


def _at_most_one(x: Any) -> Any:
    x = as_array(x)
    return _complex_if((np.imag(x) == 0) & (np.absolute(x) > 1), x)


@composite(np.emath.sqrt)
def emath_sqrt(x: Any) -> Any:
    return np.sqrt(_not_negative(x))


@composite(np.emath.log)
def emath_log(x: Any) -> Any:
    return np.log(_not_negative(x))


@composite(np.emath.log2)
def emath_log2(x: Any) -> Any:
    return np.log2(_not_negative(x))


@composite(np.emath.log10)
def emath_log10(x: Any) -> Any:
    return np.log10(_not_negative(x))


@composite(np.emath.logn)
def emath_logn(n: Any, x: Any) -> Any:
    return np.log(_not_negative(x)) / np.log(_not_negative(n))


@composite(np.emath.power)
def emath_power(x: Any, p: Any) -> Any:
    p = as_array(p)
    return np.power(_not_negative(x), p * 1.0 if np.any((np.imag(p) == 0) & (p < 0)) else p)


@composite(np.emath.arccos)
def emath_arccos(x: Any) -> Any:
    return np.arccos(_at_most_one(x))


@composite(np.emath.arcsin)
def emath_arcsin(x: Any) -> Any:
    return np.arcsin(_at_most_one(x))


@composite(np.emath.arctanh)
def emath_arctanh(x: Any) -> Any:
    return np.arctanh(_at_most_one(x))
