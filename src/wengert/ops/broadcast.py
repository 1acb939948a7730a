"""Broadcasting, undone: the only place that fits a cotangent to the shape and dtype of the argument it belongs to.

What goes in: arrays of any kind that speaks NumPy's protocols, recorded ones included. What comes out: the same kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["fit_cotangent", "fit_tangent", "unbroadcast"]

Shape = tuple[int, ...]


def unbroadcast(ct: Any, shape: Shape) -> Any:
    """Sum a cotangent over the axes along which an argument of `shape` was broadcast."""
    extra = np.ndim(ct) - len(shape)
    if extra > 0:
        ct = np.sum(ct, axis=tuple(range(extra)))
    stretched = tuple(i for i, (size, own) in enumerate(zip(np.shape(ct), shape, strict=True)) if own == 1 != size)
    if stretched:
        ct = np.sum(ct, axis=stretched, keepdims=True)
    return ct


def _fit_dtype(value: Any, dtype: np.dtype[Any]) -> Any:
    if type(value) in (float, int, complex):
        value = np.asarray(value)[()]
    if value.dtype == dtype:
        return value
    if value.dtype.kind == "c" and dtype.kind != "c":
        value = np.real(value)
    return value.astype(dtype)


def fit_cotangent(ct: Any, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """The cotangent of an argument of this shape and dtype, from one of the result: summed, narrowed, real part."""
    if np.shape(ct) != shape:
        ct = unbroadcast(ct, shape)
        if np.shape(ct) != shape:  # a rule may return fewer elements where they are all equal
            ct = np.broadcast_to(ct, shape)
    return _fit_dtype(ct, dtype)


def fit_tangent(tangent: Any, shape: Shape, dtype: np.dtype[Any]) -> Any:
    """The tangent of a result of this shape and dtype, from one of an argument: broadcast, widened, real part."""
    if np.shape(tangent) != shape:
        tangent = np.broadcast_to(tangent, shape)
    return _fit_dtype(tangent, dtype)
