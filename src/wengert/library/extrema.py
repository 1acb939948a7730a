"""Extreme elements along axes. What holds: a NaN is the result where there is one, unless it is to be ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.library.reducing import join_into, reduced_axes, without_kept

_LANES = 64  # extrema of a row that are found side by side: any order gives the same

__all__ = [
    "greatest",
    "greatest_but_nan",
    "greatest_but_nan_from",
    "greatest_from",
    "least",
    "least_but_nan",
    "least_but_nan_from",
    "least_from",
]


def _extreme(out: Any, a: Any, axis: Any, keepdims: bool, join: Callable[[Any, Any], Any]) -> None:
    axes = reduced_axes(a.ndim, axis)
    if len(axes) == a.ndim == 1:
        out[(0,) * out.ndim] = _in_lanes(a, join)
        return
    found = without_kept(out, a.ndim, axes, keepdims)
    found[...] = a[tuple(0 if one in axes else slice(None) for one in range(a.ndim))]
    join_into(found, a, axes, join)


def _extreme_from(out: Any, a: Any, initial: Any, axis: Any, keepdims: bool, join: Callable[[Any, Any], Any]) -> None:
    """The same of the elements and a number, which is the result where there are no elements."""
    axes = reduced_axes(a.ndim, axis)
    without_kept(out, a.ndim, axes, keepdims)[...] = initial
    if len(axes) == a.ndim == 1:
        if a.shape[0] > 0:
            out[(0,) * out.ndim] = join(_in_lanes(a, join), initial)
    else:
        join_into(without_kept(out, a.ndim, axes, keepdims), a, axes, join)


def _in_lanes(a: Any, join: Callable[[Any, Any], Any]) -> Any:
    """The extreme element of a row."""
    rows = a.shape[0] // _LANES
    found = a[0]
    if rows > 1:
        lanes = a[:_LANES].copy()
        for row in range(1, rows):
            lanes[:] = join(lanes, a[row * _LANES : (row + 1) * _LANES])
        for lane in range(_LANES):
            found = join(found, lanes[lane])
    for i in range(rows * _LANES if rows > 1 else 1, a.shape[0]):
        found = join(found, a[i])
    return found


def greatest(out: Any, a: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.max`."""
    _extreme(out, a, axis, keepdims, np.maximum)


def least(out: Any, a: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.min`."""
    _extreme(out, a, axis, keepdims, np.minimum)


def greatest_but_nan(out: Any, a: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.fmax.reduce`."""
    _extreme(out, a, axis, keepdims, np.fmax)


def least_but_nan(out: Any, a: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.fmin.reduce`."""
    _extreme(out, a, axis, keepdims, np.fmin)


def greatest_from(out: Any, a: Any, initial: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.max` with `initial=`."""
    _extreme_from(out, a, initial, axis, keepdims, np.maximum)


def least_from(out: Any, a: Any, initial: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.min` with `initial=`."""
    _extreme_from(out, a, initial, axis, keepdims, np.minimum)


def greatest_but_nan_from(out: Any, a: Any, initial: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.fmax.reduce` with `initial=`."""
    _extreme_from(out, a, initial, axis, keepdims, np.fmax)


def least_but_nan_from(out: Any, a: Any, initial: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.fmin.reduce` with `initial=`."""
    _extreme_from(out, a, initial, axis, keepdims, np.fmin)
