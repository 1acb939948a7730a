"""Special functions of NumPy, and those of SciPy that are not exported to compiled code, element by element.

Source of the zeta function: Moshier, *Methods and Programs for Mathematical Functions*, 1989 (Euler and Maclaurin).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

__all__ = ["hurwitz_zeta", "i0", "lambertw", "polygamma", "sinc"]


def sinc(out: Any, x: Any) -> None:
    """`np.sinc`."""
    angle = np.pi * np.where(np.equal(x, 0), 1e-20, x)
    out[...] = np.sin(angle) / angle


def i0(out: Any, x: Any) -> None:
    """`np.i0`."""
    out[...] = scipy.special.i0(np.abs(x))


def polygamma(out: Any, n: Any, x: Any) -> None:
    """`scipy.special.polygamma`."""
    if np.ndim(out) > 1:
        for i in range(out.shape[0]):
            polygamma(out[i], n[i] if np.ndim(n) > 0 else n, x[i] if np.ndim(x) > 0 else x)
    elif np.ndim(out) == 1:
        for i in range(out.shape[0]):
            out[i] = _polygamma((n[i] if np.ndim(n) > 0 else n) * 1.0, (x[i] if np.ndim(x) > 0 else x) * 1.0)
    else:
        out[...] = _polygamma(n * 1.0, x * 1.0)


def _polygamma(order: Any, x: Any) -> Any:
    if order == 0.0:
        return scipy.special.digamma(x)
    sign = -1.0 if order % 2.0 == 0.0 else 1.0
    return sign * scipy.special.gamma(order + 1.0) * _zeta(order + 1.0, x)


def hurwitz_zeta(out: Any, x: Any, q: Any) -> None:
    """`scipy.special.zeta(x, q)`."""
    if np.ndim(out) > 1:
        for i in range(out.shape[0]):
            hurwitz_zeta(out[i], x[i] if np.ndim(x) > 0 else x, q[i] if np.ndim(q) > 0 else q)
    elif np.ndim(out) == 1:
        for i in range(out.shape[0]):
            out[i] = _zeta((x[i] if np.ndim(x) > 0 else x) * 1.0, (q[i] if np.ndim(q) > 0 else q) * 1.0)
    else:
        out[...] = _zeta(x * 1.0, q * 1.0)


_EXPANSION = (
    *(12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1.8924375803183791606e9, 7.47242496e10),
    *(-2.950130727918164224e12, 1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17),
    -7.1661652561756670113e18,
)
"""The reciprocals of the coefficients of the expansion: (2 k)! / B_2k."""


def _zeta(x: Any, q: Any) -> Any:
    if np.isnan(x) or np.isnan(q):
        return x + q
    if x == 1.0 or (x > 1.0 and q <= 0.0 and q == np.floor(q)):
        return np.inf
    if x < 1.0 or (q <= 0.0 and x != np.floor(x)):
        return np.nan
    if q > 1e8:
        return (1.0 / (x - 1.0) + 1.0 / (2.0 * q)) * q ** (1.0 - x)
    total, place, term = np.power(q, -x), q, 0.0
    count = 0
    while count < 9 or place <= 9.0:
        count += 1
        place += 1.0
        term = np.power(place, -x)
        total = total + term
        if np.abs(term) < 1e-16 * np.abs(total):
            return total
    total = total + term * place / (x - 1.0) - 0.5 * term
    factor, order = 1.0, 0.0
    for reciprocal in _EXPANSION:
        factor = factor * (x + order)
        term = term / place
        total = total + factor * term / reciprocal
        factor = factor * (x + order + 1.0)
        term = term / place
        order += 2.0
    return total


def lambertw(out: Any, z: Any, k: Any, *, tol: float) -> None:
    """`scipy.special.lambertw`."""
    if np.ndim(out) > 1:
        for i in range(out.shape[0]):
            lambertw(out[i], z[i] if np.ndim(z) > 0 else z, k[i] if np.ndim(k) > 0 else k, tol=tol)
    elif np.ndim(out) == 1:
        for i in range(out.shape[0]):
            out[i] = _lambertw((z[i] if np.ndim(z) > 0 else z) * 1.0, (k[i] if np.ndim(k) > 0 else k) * 1.0, tol)
    else:
        out[...] = _lambertw(z * 1.0, k * 1.0, tol)


def _lambertw(z: Any, k: Any, tol: float) -> Any:
    """Halley's iteration (Corless et al., "On the Lambert W function", 1996), from where SciPy begins it."""
    if np.isnan(z.real) or np.isnan(z.imag):
        return z
    if z.real == np.inf:
        return z + 2j * np.pi * k
    if z.real == -np.inf:
        return -z + 1j * (2.0 * np.pi * k + np.pi)
    if z.real == 0.0 and z.imag == 0.0:
        return z if k == 0.0 else z - np.inf
    w = _first_guess(z, k)
    for _ in range(100):
        shrunk = np.exp(-w) if w.real >= 0.0 else np.exp(w)
        if w.real >= 0.0:
            error = w - z * shrunk
            change = error / (w + 1.0 - (w + 2.0) * error / (2.0 * w + 2.0))
        else:
            error = w * shrunk - z
            change = error / (w * shrunk + shrunk - (w + 2.0) * error / (2.0 * w + 2.0))
        w = w - change
        if np.abs(change) <= tol * np.abs(w):
            return w
    return w * np.nan


def _first_guess(z: Any, k: Any) -> Any:
    if k == 0.0 and np.abs(z + np.exp(-1.0)) < 0.3:  # near the branch point
        root = np.sqrt(2.0 * (np.e * z + 1.0))
        return (1.0 - root / 3.0) * root - 1.0
    size = np.abs(z.imag)
    if k == 0.0 and -1.0 < z.real < 1.5 and size < 1.0 and -2.5 * size - 0.2 < z.real:  # a Pade approximant
        above = (12.85106382978723404255 * z + 12.34042553191489361902) * z + 1.0
        return z * above / ((32.53191489361702127660 * z + 14.34042553191489361702) * z + 1.0)
    if k == -1.0 and np.abs(z) <= np.exp(-1.0) and z.imag == 0.0 and z.real < 0.0:
        return np.log(-z.real) + 0j
    start = np.log(z) + 2j * np.pi * k
    return start - np.log(start)
