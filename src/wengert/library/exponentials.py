"""The exponential of a matrix by scaling and squaring of a Padé approximant of degree 13.

Higham, "The scaling and squaring method for the matrix exponential revisited", SIAM Journal on Matrix Analysis and
Applications 26 (2005), algorithm 2.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["matrix_exponential"]

_LARGEST = 5.371920351148152


def matrix_exponential(out: Any, a: Any) -> None:
    """`scipy.linalg.expm`."""
    if a.ndim > 2:
        for i in range(a.shape[0]):
            matrix_exponential(out[i], a[i])
    elif a.shape[0] > 0:
        squarings, size = 0, np.max(np.sum(np.abs(a), axis=0))
        while size > _LARGEST:
            size = size / 2
            squarings += 1
        found = _approximant(a / 2.0**squarings)
        for _ in range(squarings):
            found = found @ found
        out[...] = found


def _approximant(a: Any) -> Any:
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    one = np.eye(a.shape[0], dtype=a.dtype)
    high = a6 @ (a6 + 16380.0 * a4 + 40840800.0 * a2)
    low = 33522128640.0 * a6 + 10559470521600.0 * a4 + 1187353796428800.0 * a2 + 32382376266240000.0 * one
    odd = a @ (high + low)
    high = a6 @ (182.0 * a6 + 960960.0 * a4 + 1323241920.0 * a2)
    low = 670442572800.0 * a6 + 129060195264000.0 * a4 + 7771770303897600.0 * a2 + 64764752532480000.0 * one
    even = high + low
    return np.linalg.solve(even - odd, even + odd)
