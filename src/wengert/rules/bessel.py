"""Bessel functions of `scipy.special`, their spherical kind, and `numpy.sinc` and `numpy.i0`, which are two of them.

What holds: each derivative is a combination of functions of the neighbouring orders (NIST Digital Library of
Mathematical Functions, 10.6, 10.29 and 10.51), so none divides by the argument and all hold at 0 where the function
does. With respect to the order there is no rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import composite, declare, operation, vjp

__all__ = ["spherical_jn", "spherical_yn"]


@vjp(special.j0, wrt="x")
def j0_x(ct: Any, x: Any) -> Any:
    return -ct * special.j1(x)


@vjp(special.j1, wrt="x")
def j1_x(ct: Any, x: Any) -> Any:
    return ct * (0.5 * (special.j0(x) - special.jv(2.0, x)))


@vjp(special.jv, wrt="x2", singular=True)
def jv_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (0.5 * (special.jv(np.subtract(x1, 1.0), x2) - special.jv(np.add(x1, 1.0), x2)))


@vjp(special.y0, wrt="x", singular=True)
def y0_x(ct: Any, x: Any) -> Any:
    return -ct * special.y1(x)


@vjp(special.y1, wrt="x", singular=True)
def y1_x(ct: Any, x: Any) -> Any:
    return ct * (0.5 * (special.y0(x) - special.yv(2.0, x)))


@vjp(special.yn, wrt="x2", singular=True)
@vjp(special.yv, wrt="x2", singular=True)
def yv_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (0.5 * (special.yv(np.subtract(x1, 1.0), x2) - special.yv(np.add(x1, 1.0), x2)))


@vjp(special.hankel1, wrt="x2", singular=True)
def hankel1_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (0.5 * (special.hankel1(np.subtract(x1, 1.0), x2) - special.hankel1(np.add(x1, 1.0), x2)))


@vjp(special.hankel2, wrt="x2", singular=True)
def hankel2_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (0.5 * (special.hankel2(np.subtract(x1, 1.0), x2) - special.hankel2(np.add(x1, 1.0), x2)))


# Modified functions.


@vjp(special.i0, wrt="x")
def i0_x(ct: Any, x: Any) -> Any:
    return ct * special.i1(x)


@vjp(special.i1, wrt="x")
def i1_x(ct: Any, x: Any) -> Any:
    return ct * (0.5 * (special.i0(x) + special.iv(2.0, x)))


@vjp(special.iv, wrt="x2", singular=True)
def iv_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (0.5 * (special.iv(np.subtract(x1, 1.0), x2) + special.iv(np.add(x1, 1.0), x2)))


@vjp(special.k0, wrt="x", singular=True)
def k0_x(ct: Any, x: Any) -> Any:
    return -ct * special.k1(x)


@vjp(special.k1, wrt="x", singular=True)
def k1_x(ct: Any, x: Any) -> Any:
    return -ct * (0.5 * (special.k0(x) + special.kv(2.0, x)))


@vjp(special.kn, wrt="x2", singular=True)
@vjp(special.kv, wrt="x2", singular=True)
def kv_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return -ct * (0.5 * (special.kv(np.subtract(x1, 1.0), x2) + special.kv(np.add(x1, 1.0), x2)))


# Scaled: `ive` by exp(-abs(x)), which has a kink at 0, `kve` by exp(x).


@vjp(special.i0e, wrt="x")
def i0e_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (special.i1e(x) - np.sign(x) * out)


@vjp(special.i1e, wrt="x")
def i1e_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (0.5 * (special.i0e(x) + special.ive(2.0, x)) - np.sign(x) * out)


@vjp(special.ive, wrt="x2", singular=True)
def ive_x2(ct: Any, x1: Any, x2: Any, out: Any) -> Any:
    if np.iscomplexobj(x2):
        raise UnsupportedOperationError("scipy.special.ive is not holomorphic and has no rule for complex numbers")
    mean = 0.5 * (special.ive(np.subtract(x1, 1.0), x2) + special.ive(np.add(x1, 1.0), x2))
    return ct * (mean - np.sign(x2) * out)


@vjp(special.k0e, wrt="x", singular=True)
def k0e_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (out - special.k1e(x))


@vjp(special.k1e, wrt="x", singular=True)
def k1e_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (out - 0.5 * (special.k0e(x) + special.kve(2.0, x)))


@vjp(special.kve, wrt="x2", singular=True)
def kve_x2(ct: Any, x1: Any, x2: Any, out: Any) -> Any:
    return ct * (out - 0.5 * (special.kve(np.subtract(x1, 1.0), x2) + special.kve(np.add(x1, 1.0), x2)))


declare(np.i0, elementwise=True)


@vjp(np.i0, wrt="x")
def numpy_i0_x(ct: Any, x: Any) -> Any:
    return ct * special.i1(x)


# Spherical functions. The formula j_n' = (n j_{n-1} - (n + 1) j_{n+1}) / (2 n + 1) does not divide by z: DLMF 10.51.1.


@operation(elementwise=True)
def spherical_jn(n: Any, z: Any) -> Any:
    """`scipy.special.spherical_jn(n, z)`."""
    return special.spherical_jn(n, z)


@vjp(spherical_jn, wrt="z")
def spherical_jn_z(ct: Any, n: Any, z: Any) -> Any:
    return ct * _between_orders(spherical_jn, n, z)


@operation(elementwise=True)
def spherical_yn(n: Any, z: Any) -> Any:
    """`scipy.special.spherical_yn(n, z)`."""
    return special.spherical_yn(n, z)


@vjp(spherical_yn, wrt="z", singular=True)
def spherical_yn_z(ct: Any, n: Any, z: Any) -> Any:
    return ct * _between_orders(spherical_yn, n, z)


def _between_orders(function: Any, n: Any, z: Any) -> Any:
    """The derivative of a spherical Bessel function of order `n`, by those of the orders below and above.

    The one below order 0 has the factor 0; any order stands for it.
    """
    below = np.maximum(np.subtract(n, 1), 0)
    above = np.add(n, 1)
    return (n * function(below, z) - above * function(above, z)) / np.add(2 * n, 1)


@composite(special.spherical_jn)
def scipy_spherical_jn(n: Any, z: Any, derivative: bool = False) -> Any:
    return _between_orders(spherical_jn, n, z) if derivative else spherical_jn(n, z)


@composite(special.spherical_yn)
def scipy_spherical_yn(n: Any, z: Any, derivative: bool = False) -> Any:
    return _between_orders(spherical_yn, n, z) if derivative else spherical_yn(n, z)


# sinc(x) is j_0(pi x), and j_0' is -j_1; sin and cos of a small argument would cancel.

declare(np.sinc, elementwise=True)


@vjp(np.sinc, wrt="x")
def sinc_x(ct: Any, x: Any) -> Any:
    return ct * (-np.pi * spherical_jn(1, np.pi * x))
