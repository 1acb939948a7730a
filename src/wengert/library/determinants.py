"""Determinants by Gaussian elimination with row pivots, as LAPACK's `getrf` has them.

Golub and Van Loan, "Matrix Computations", 4th edition, section 3.4. What holds: a singular matrix has determinant 0,
and 0 and minus infinity as sign and logarithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["determinant", "sign_and_logarithm"]


def _eliminate(a: Any) -> Any:
    """Leaves the upper factor in the upper triangle of `a`; the sign of the permutation of the rows."""
    n = a.shape[0]
    sign = 1.0
    for k in range(n):
        best = k
        size = abs(a[k, k].real) + abs(a[k, k].imag)
        for i in range(k + 1, n):
            other = abs(a[i, k].real) + abs(a[i, k].imag)
            if other > size:
                best = i
                size = other
        if best != k:
            sign = -sign
            for j in range(n):
                held = a[k, j]
                a[k, j] = a[best, j]
                a[best, j] = held
        if a[k, k] != 0:
            for i in range(k + 1, n):
                factor = a[i, k] / a[k, k]
                for j in range(k + 1, n):
                    a[i, j] -= factor * a[k, j]
    return sign


def _numbers(a: Any) -> tuple[Any, Any]:
    """The sign of the determinant of a matrix, and the logarithm of its absolute value."""
    factor = a.copy()
    sign = np.ones(1, a.dtype)[0]
    logarithm = np.zeros(1, a.real.dtype)[0]
    if _eliminate(factor) < 0:
        sign = -sign
    for k in range(a.shape[0]):
        size = abs(factor[k, k])
        logarithm += np.log(size)
        sign = sign * (factor[k, k] / size if size != 0 else factor[k, k])
    return sign, logarithm


def _determinant(a: Any) -> Any:
    factor = a.copy()
    found = np.ones(1, a.dtype)[0]
    if _eliminate(factor) < 0:
        found = -found
    for k in range(a.shape[0]):
        found = found * factor[k, k]
    return found


def determinant(out: Any, a: Any) -> None:
    """`np.linalg.det`."""
    if a.ndim == 2:
        out[()] = _determinant(a)
        return
    for i in range(a.shape[0]):
        if a.ndim > 3:
            determinant(out[i], a[i])
        else:
            out[i] = _determinant(a[i])


def sign_and_logarithm(sign: Any, logarithm: Any, a: Any) -> None:
    """`np.linalg.slogdet`."""
    if a.ndim == 2:
        sign[()], logarithm[()] = _numbers(a)
        return
    for i in range(a.shape[0]):
        if a.ndim > 3:
            sign_and_logarithm(sign[i], logarithm[i], a[i])
        else:
            sign[i], logarithm[i] = _numbers(a[i])
