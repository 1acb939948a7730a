"""Functions of NumPy by other functions and loops, for compiled code: their derivatives are those of what they do.

What holds: the signatures are those of the functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "add_reduceat",
    "average_ties",
    "fftfreq",
    "fftshift",
    "first_largest",
    "first_smallest",
    "ifftshift",
    "isin",
    "isneginf",
    "isposinf",
    "normal_axes",
    "normal_axis",
    "partition",
    "ravel_multi_index",
    "rfftfreq",
    "unravel_index",
]


def average_ties(x: Any, values: Any, *, axis: int) -> Any:
    """`wengert.rules.order.average_ties`."""
    found = np.array(x)
    _average_rows(np.moveaxis(found, axis, -1), np.moveaxis(np.asarray(values), axis, -1))
    return found


def _average_rows(x: Any, values: Any) -> None:
    if x.ndim > 1:
        for i in range(x.shape[0]):
            _average_rows(x[i], values[i])
    else:
        start = 0
        while start < x.shape[0]:
            end = start + 1
            while end < x.shape[0] and values[end] == values[end - 1]:
                end += 1
            if end - start > 1:
                total = x[start]
                for k in range(start + 1, end):
                    total = total + x[k]
                total = total / (end - start)
                for k in range(start, end):
                    x[k] = total
            start = end


def isneginf(x: Any, out: None = None) -> Any:
    """`np.isneginf`."""
    return np.isinf(x) & (x < 0)


def isposinf(x: Any, out: None = None) -> Any:
    """`np.isposinf`."""
    return np.isinf(x) & (x > 0)


def first_largest(values: Any) -> Any:
    """Python's `max` of an array: NaN is neither larger nor smaller, and of equal numbers the first is taken."""
    if values.shape[0] == 0:
        raise ValueError("max() iterable argument is empty")
    found = values[0]
    for i in range(1, values.shape[0]):
        found = max(found, values[i])
    return found


def first_smallest(values: Any) -> Any:
    """Python's `min` of an array."""
    if values.shape[0] == 0:
        raise ValueError("min() iterable argument is empty")
    found = values[0]
    for i in range(1, values.shape[0]):
        found = min(found, values[i])
    return found


def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: None = None) -> Any:
    """`np.partition`: a sorted array is partitioned at every place."""
    places = np.asarray(kth)
    count = np.size(a) if axis is None else np.shape(a)[axis]
    if np.any(places >= count) or np.any(places < -count):
        raise ValueError("kth out of bounds")
    return np.sort(a, axis=axis)


def add_reduceat(a: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    """`np.add.reduceat`."""
    rows = np.moveaxis(np.asarray(a), axis, 0)
    starts = np.asarray(indices)
    found = np.zeros((starts.shape[0], *rows.shape[1:]), rows.dtype)
    for k in range(starts.shape[0]):
        if starts[k] < 0 or starts[k] >= rows.shape[0]:
            raise IndexError("index out-of-bounds in add.reduceat")
        end = rows.shape[0]
        if k + 1 < starts.shape[0]:
            end = starts[k + 1]
        found[k] = rows[starts[k]]
        for i in range(starts[k] + 1, end):
            found[k] += rows[i]
    return np.moveaxis(found, 0, axis)


def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Any:
    """`np.isin`, by comparing each with each."""
    candidates = np.reshape(np.asarray(test_elements), -1)
    found = np.any(np.equal(np.expand_dims(np.asarray(element), -1), candidates), axis=-1)
    return ~found if invert else found


def normal_axis(axis: int, ndim: int, msg_prefix: Any = None) -> int:
    """`np.lib.array_utils.normalize_axis_index`."""
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim


def normal_axes(axis: Any, ndim: int, argname: Any = None, allow_duplicate: bool = False) -> tuple[int, ...]:
    """`np.lib.array_utils.normalize_axis_tuple`."""
    return tuple(normal_axis(one, ndim) for one in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Any:
    """`np.ravel_multi_index`."""
    for k in range(len(dims)):
        if np.any((np.asarray(multi_index[k]) < 0) | (np.asarray(multi_index[k]) >= dims[k])):
            raise ValueError("invalid entry in coordinates array")
    found = np.asarray(multi_index[0])
    for k in range(1, len(dims)):
        found = found * dims[k] + multi_index[k]
    return found


def unravel_index(indices: Any, shape: Any, order: str = "C") -> Any:
    """`np.unravel_index`."""
    left = np.asarray(indices)
    size = 1
    for length in shape:
        size *= length
    if np.any((left < 0) | (left >= size)):
        raise ValueError(f"index is out of bounds for array with size {size}")
    found: tuple[Any, ...] = ()
    for k in range(len(shape) - 1, -1, -1):
        found = (left % shape[k], *found)
        left = left // shape[k]
    return found


def fftshift(x: Any, axes: Any = None) -> Any:
    """`np.fft.fftshift`."""
    x = np.asarray(x)
    for axis in _each_axis(x.ndim, axes):
        x = np.roll(x, x.shape[axis] // 2, axis)
    return x


def ifftshift(x: Any, axes: Any = None) -> Any:
    """`np.fft.ifftshift`."""
    x = np.asarray(x)
    for axis in _each_axis(x.ndim, axes):
        x = np.roll(x, -(x.shape[axis] // 2), axis)
    return x


def _each_axis(rank: int, axes: Any) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(rank))
    return tuple(axes) if isinstance(axes, (tuple, list)) else (axes,)


def fftfreq(n: int, d: Any = 1.0, device: Any = None) -> Any:
    """`np.fft.fftfreq`."""
    found = np.empty(n)
    for k in range(n):
        found[k] = k if k < (n - 1) // 2 + 1 else k - n
    return found * (1.0 / (n * d))


def rfftfreq(n: int, d: Any = 1.0, device: Any = None) -> Any:
    """`np.fft.rfftfreq`."""
    return np.arange(n // 2 + 1) * (1.0 / (n * d))
