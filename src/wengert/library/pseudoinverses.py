"""Pseudoinverses and least squares from a singular value decomposition.

Golub and Van Loan, "Matrix Computations", 4th edition, section 5.5. What holds: singular values not above `rcond` times
the largest count as zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["least_squares", "pseudoinverse"]


def _factors(a: Any, rcond: Any) -> tuple[Any, Any, Any]:
    """The left vectors, the reciprocals of the singular values that count, and the right vectors."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    largest = np.max(s, axis=-1, keepdims=True, initial=0)
    counts = s > rcond * largest
    return u, np.where(counts, 1 / np.where(counts, s, 1), 0), vh


def pseudoinverse(out: Any, a: Any, rcond: Any) -> None:
    """`np.linalg.pinv`."""
    if a.ndim > 2:
        for i in range(a.shape[0]):
            pseudoinverse(out[i], a[i], rcond if np.ndim(rcond) == 0 else rcond[i])
    else:
        u, reciprocals, vh = _factors(a, rcond)
        out[...] = (vh.conj().T * reciprocals) @ u.conj().T


def least_squares(out: Any, a: Any, b: Any, rcond: Any) -> None:
    """The solution of `np.linalg.lstsq`."""
    u, reciprocals, vh = _factors(a, rcond)
    inner = u.conj().T @ b
    scaled = reciprocals * inner if b.ndim == 1 else reciprocals[:, None] * inner
    out[...] = vh.conj().T @ scaled
