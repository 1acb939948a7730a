"""Norms of vectors and matrices, and the condition number.

What goes in: cotangents of norms, with the order and the axes of the call. What holds: at its kinks a norm has the
subgradient of least norm: zero for the zero vector and the zero matrix, equal shares for equal largest elements.
Source: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008,
section 3.3, and the chain rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import composite, operation, vjp
from wengert.rules.linalg import regular
from wengert.rules.products import conjugate
from wengert.rules.reductions import expand, over_length

__all__ = ["euclidean_norm", "power_norm"]


@operation(reduction=True)
def euclidean_norm(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The root of the sum of the squared absolute values, over all axes, one or two."""
    return np.linalg.norm(x, axis=axis, keepdims=keepdims)


@vjp(euclidean_norm, wrt="x")
def euclidean_norm_x(ct: Any, x: Any, out: Any, *, axis: Any, keepdims: Any) -> Any:
    direction = over_length(conjugate(x), expand(out, np.ndim(x), axis, keepdims))
    return expand(ct, np.ndim(x), axis, keepdims) * direction


@operation(reduction=True)
def power_norm(x: Any, *, ord: Any, axis: Any, keepdims: bool = False) -> Any:
    """The sum of the powers `ord` of the absolute values along one axis, to the power `1 / ord`."""
    return np.linalg.norm(x, ord, axis, keepdims)


@vjp(power_norm, wrt="x", singular=True)
def power_norm_x(ct: Any, x: Any, out: Any, *, ord: Any, axis: Any, keepdims: Any) -> Any:
    size = expand(np.where(out == 0, np.ones((), out.dtype), out), np.ndim(x), axis, keepdims)
    is_zero = x == 0
    safe = np.where(is_zero, np.ones((), x.dtype), x)
    length = np.abs(safe)
    slope = conjugate(safe) / length * (length / size) ** (ord - 1)
    return expand(ct, np.ndim(x), axis, keepdims) * np.where(is_zero, np.zeros((), slope.dtype), slope)


def _vector_norm(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    if ord is None or ord == 2:
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims, initial=0)
    if ord == -np.inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(x.real.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    return power_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _matrix_norm(x: Any, ord: Any, axis: tuple[int, int], keepdims: bool) -> Any:
    row, column = (i % np.ndim(x) for i in axis)
    if row == column:
        raise ValueError("Duplicate axes given.")
    if ord is None or ord in ("fro", "f"):
        return euclidean_norm(x, axis=(row, column), keepdims=keepdims)
    if ord in (2, -2, "nuc"):
        s = np.linalg.svd(np.moveaxis(x, (row, column), (-2, -1)), compute_uv=False)
        if ord == "nuc":
            found = np.sum(s, axis=-1)
        elif ord == 2:
            found = np.max(s, axis=-1, initial=0)
        else:
            found = np.min(s, axis=-1)
        return np.expand_dims(found, (row, column)) if keepdims else found
    if ord in (1, -1):
        sums, other = np.sum(np.abs(x), axis=row, keepdims=True), column
    elif ord in (np.inf, -np.inf):
        sums, other = np.sum(np.abs(x), axis=column, keepdims=True), row
    else:
        raise ValueError("Invalid norm order for matrices.")
    found = np.max(sums, axis=other, keepdims=True, initial=0) if ord > 0 else np.min(sums, axis=other, keepdims=True)
    return found if keepdims else np.squeeze(found, axis=(row, column))


@composite(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    rank = np.ndim(x)
    if axis is None:
        if ord is None or (ord in ("f", "fro") and rank == 2) or (rank == 1 and ord == 2):
            return euclidean_norm(x, keepdims=keepdims)
        axis = tuple(range(rank))
    elif not isinstance(axis, tuple):
        try:
            axis = (int(axis),)
        except (TypeError, ValueError) as error:
            raise TypeError("'axis' must be None, an integer or a tuple of integers") from error
    for one in axis:
        if not -rank <= one < rank:
            raise np.exceptions.AxisError(one, rank)
    if len(axis) == 1:
        return _vector_norm(x, ord, axis[0], keepdims)
    if len(axis) == 2:
        return _matrix_norm(x, ord, axis, keepdims)
    raise ValueError("Improper number of dimensions to norm.")


@composite(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(x, ord, (-2, -1), keepdims)


@composite(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    rank, shape = np.ndim(x), np.shape(x)
    axes = tuple(range(rank)) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    axes = tuple(i % rank for i in axes)
    kept = tuple(i for i in range(rank) if i not in axes)
    rows = np.reshape(np.transpose(x, axes + kept), (-1, *(shape[i] for i in kept)))
    found = np.linalg.norm(rows, ord, 0)
    return np.expand_dims(found, axes) if keepdims else found


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    if 0 in np.shape(x)[-2:]:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    if p is None or p in (2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        with np.errstate(all="ignore"):
            ratio = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    else:
        if np.shape(x)[-1] != np.shape(x)[-2]:
            raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
        sign = np.linalg.slogdet(x)[0]
        ratio = np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(np.linalg.inv(regular(x, sign)), p, (-2, -1))
        ratio = np.where(sign == 0, np.array(np.inf, ratio.dtype), ratio)
    failed = np.isnan(ratio) & ~np.any(np.isnan(x), axis=(-2, -1))
    return np.where(failed, np.array(np.inf, ratio.dtype), ratio) if np.any(failed) else ratio
