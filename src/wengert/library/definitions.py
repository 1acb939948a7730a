"""Functions of NumPy by other functions and loops, for compiled code: their derivatives are those of what they do.

What holds: the signatures are those of the functions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = [
    "add_reduceat",
    "apply_along_axis",
    "argwhere",
    "average_ties",
    "delete",
    "fftfreq",
    "fftshift",
    "first_largest",
    "first_smallest",
    "ifftshift",
    "insert",
    "isin",
    "isneginf",
    "isposinf",
    "normal_axes",
    "normal_axis",
    "partition",
    "polydiv",
    "putmask",
    "ravel_multi_index",
    "repeat_each",
    "rfftfreq",
    "unravel_index",
    "unwrap",
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


def argwhere(a: Any) -> Any:
    """`np.argwhere`."""
    return np.transpose(np.stack(np.nonzero(a)))


def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """`np.delete`."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = normal_axis(axis, np.ndim(arr))
    kept = np.ones(np.shape(arr)[axis], np.bool_)
    kept[obj] = False
    return arr[(*(slice(None),) * axis, kept)]


def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """`np.insert`: before one place, or before each of several."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = normal_axis(axis, np.ndim(arr))
    rows = np.moveaxis(np.asarray(arr), axis, 0)
    size = np.shape(rows)[0]
    values = np.asarray(values).astype(rows.dtype)
    places = np.arange(size)[obj] if isinstance(obj, slice) else np.asarray(obj)
    if places.dtype == np.bool_:
        places = np.flatnonzero(places)
    if np.ndim(places) == 0 or np.shape(places) == (1,):
        values = np.reshape(values, (1,) * (np.ndim(arr) - np.ndim(values)) + np.shape(values))
        values = values if np.ndim(places) == 0 else np.moveaxis(values, axis, 0)
        place = int(np.reshape(places, ()))
        if not -size <= place <= size:
            raise IndexError(f"index {place} is out of bounds for axis {axis} with size {size}")
        place = place + size if place < 0 else place
        added = np.broadcast_to(values, (np.shape(values)[0], *np.shape(rows)[1:]))
        return np.moveaxis(np.concatenate((rows[:place], added, rows[place:])), 0, axis)
    if np.any(places < -size) or np.any(places > size):
        raise IndexError("index out of bounds in insert")
    places = np.where(places < 0, places + size, places)
    order = np.argsort(places, kind="stable")
    count = np.shape(places)[0]
    places[order] = places[order] + np.arange(count)
    shape = (*np.shape(arr)[:axis], count, *np.shape(arr)[axis + 1 :])
    kept = np.ones(size + count, np.bool_)
    kept[places] = False
    found = np.empty((size + count, *np.shape(rows)[1:]), rows.dtype)
    found[places] = np.moveaxis(np.broadcast_to(values, shape), axis, 0)
    found[kept] = rows
    return np.moveaxis(found, 0, axis)


def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """`np.apply_along_axis`: the first result says the shape and the dtype of all."""
    axis = normal_axis(axis, np.ndim(arr))
    lines = np.moveaxis(np.asarray(arr), axis, -1)
    outer = np.shape(lines)[:-1]
    rows = np.reshape(lines, (math.prod(outer), np.shape(lines)[-1]))
    if np.shape(rows)[0] == 0:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    first = np.asarray(func1d(rows[0], *args, **kwargs))
    found = np.empty((np.shape(rows)[0], *np.shape(first)), first.dtype)
    found[0] = first
    for i in range(1, np.shape(rows)[0]):
        found[i] = func1d(rows[i], *args, **kwargs)
    joined = np.reshape(found, (*outer, *np.shape(first)))
    inner = range(len(outer), len(outer) + np.ndim(first))
    return np.transpose(joined, (*range(axis), *inner, *range(axis, len(outer))))


def putmask(a: Any, mask: Any, values: Any) -> None:
    """`np.putmask`."""
    if np.size(mask) != np.size(a):
        raise ValueError("putmask: mask and data must be the same size")
    chosen = np.reshape(np.asarray(mask), np.shape(a)) != 0
    if np.size(values) > 0:
        a[chosen] = np.resize(np.asarray(values), np.shape(a))[chosen]


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Any:
    """`np.unwrap`."""
    p = np.asarray(p)
    steps = np.diff(p, axis=axis)
    limit = period / 2 if discont is None else discont
    if np.issubdtype(np.result_type(steps, period), np.integer):
        high, is_ambiguous = period // 2, period % 2 == 0
    else:
        high, is_ambiguous = period / 2, True
    wrapped = np.mod(steps + high, period) - high
    if is_ambiguous:
        wrapped = np.where((wrapped == -high) & (steps > 0), high, wrapped)
    corrections = np.where(np.abs(steps) < limit, 0, wrapped - steps)
    first = np.moveaxis(p, axis, 0)[:1]
    rest = np.moveaxis(p, axis, 0)[1:] + np.cumsum(np.moveaxis(corrections, axis, 0), axis=0)
    return np.moveaxis(np.concatenate((first, rest)), 0, axis)


def repeat_each(a: Any, repeats: Any, axis: int) -> Any:
    """`np.repeat` with a count for each element along the axis."""
    rows = np.moveaxis(np.asarray(a), axis, 0)
    counts = np.asarray(repeats)
    if np.shape(counts)[0] != np.shape(rows)[0]:
        raise ValueError("operands could not be broadcast together")
    if np.any(counts < 0):
        raise ValueError("repeats may not contain negative values.")
    ends = np.cumsum(counts)
    places = np.searchsorted(ends, np.arange(np.sum(counts)), side="right")
    return np.moveaxis(rows[places], 0, axis)


def polydiv(u: Any, v: Any) -> Any:
    """`np.polydiv`."""
    remainder, divisor = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    kind = np.result_type(remainder, divisor)
    remainder, size, width = remainder.astype(kind), np.size(u), np.size(v)
    quotient = np.zeros(max(size - width + 1, 1), kind)
    for k in range(size - width + 1):
        digit = 1.0 / divisor[0] * remainder[k]
        quotient[k] = digit
        remainder[k : k + width] -= digit * divisor
    start = 0
    while start < size - 1 and np.allclose(remainder[start], 0, rtol=1e-14):
        start += 1
    return quotient, remainder[start:]
