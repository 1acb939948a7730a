"""Changes of shape and order: reshapes, permutations of axes, reversals, repetitions, triangles and diagonals.

Functions whose NumPy result is a view of their argument are operations with `view=True`, or composites of such
operations and of basic slicing, so that a write through the result reaches the argument. All are linear; the rule of
each is its transpose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

from wengert.errors import UnsupportedOperationError
from wengert.ops.broadcast import unbroadcast
from wengert.ops.table import composite, declare, operation, vjp
from wengert.rules.casting import as_array

__all__ = ["overlap_add", "place_diagonal"]

# The shape has a default, and an older name, in NumPy before 2.4.
declare(np.reshape, linear=["a"], view=True, inert=["shape", "newshape"])


@vjp(np.reshape, wrt="a")
def reshape_a(ct: Any, a_shape: Any, *, order: Any) -> Any:
    if order == "A":
        raise UnsupportedOperationError("numpy.reshape with order='A' has no derivative rule; say order='C' or 'F'")
    return np.reshape(ct, a_shape, order=order)


@operation(linear=["a"], view=True)
def ravel_in_order(a: Any, order: str) -> Any:
    """`np.ravel(a, order)` for the orders that do not depend on the memory of `a`: "C" and "F"."""
    return np.ravel(a, order=order)  # type: ignore[call-overload]  # one of two strings


@vjp(ravel_in_order, wrt="a")
def ravel_in_order_a(ct: Any, a_shape: Any, *, order: Any) -> Any:
    return np.reshape(ct, a_shape, order=order)


@composite(np.ravel)
def ravel(a: Any, order: Any = "C") -> Any:
    a = as_array(a)
    if np.ndim(a) < 2 or order in ("C", "F"):
        return ravel_in_order(a, "F" if order == "F" else "C")
    if order == "A":
        return ravel_in_order(a, "F" if a.flags.fnc else "C")
    if order != "K":
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    from_slow_to_fast = sorted(range(a.ndim), key=lambda axis: -abs(a.strides[axis]))
    return ravel_in_order(np.transpose(a, from_slow_to_fast), "C")


declare(np.transpose, linear=["a"], view=True)


@vjp(np.transpose, wrt="a")
def transpose_a(ct: Any, a_shape: Any, *, axes: Any) -> Any:
    if axes is None:
        return np.transpose(ct)
    return np.transpose(ct, tuple(np.argsort([axis % len(a_shape) for axis in axes]).tolist()))


declare(np.swapaxes, linear=["a"], view=True, constant=["axis1", "axis2"])


@vjp(np.swapaxes, wrt="a")
def swapaxes_a(ct: Any, *, axis1: Any, axis2: Any) -> Any:
    return np.swapaxes(ct, axis1, axis2)


@composite(np.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    if np.ndim(x) < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {np.ndim(x)}")
    return np.swapaxes(x, -1, -2)


declare(np.moveaxis, linear=["a"], view=True, constant=["source", "destination"])


@vjp(np.moveaxis, wrt="a")
def moveaxis_a(ct: Any, *, source: Any, destination: Any) -> Any:
    return np.moveaxis(ct, destination, source)


@composite(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    rank = np.ndim(a)
    axis = normalize_axis_index(axis, rank)
    if not -rank <= start < rank + 1:
        raise np.exceptions.AxisError(f"'start' arg requires {-rank} <= start < {rank + 1}, but {start} was passed in")
    start = start + rank if start < 0 else start
    return np.moveaxis(a, axis, start - 1 if axis < start else start)


declare(np.squeeze, linear=["a"], view=True)


@vjp(np.squeeze, wrt="a")
def squeeze_a(ct: Any, a_shape: Any, *, axis: Any) -> Any:
    return np.reshape(ct, a_shape)


declare(np.expand_dims, linear=["a"], view=True, constant=["axis"])


@vjp(np.expand_dims, wrt="a")
def expand_dims_a(ct: Any, a_shape: Any) -> Any:
    return np.reshape(ct, a_shape)


def _one_or_all(results: list[Any]) -> Any:
    return results[0] if len(results) == 1 else tuple(results)


@composite(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    return _one_or_all([np.reshape(a, 1) if np.ndim(a) == 0 else as_array(a) for a in arys])


@composite(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    return _one_or_all([_at_least_two_axes(as_array(a)) for a in arys])


def _at_least_two_axes(a: Any) -> Any:
    if np.ndim(a) == 0:
        return np.reshape(a, (1, 1))
    return np.expand_dims(a, 0) if np.ndim(a) == 1 else a


@composite(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    return _one_or_all([_at_least_three_axes(as_array(a)) for a in arys])


def _at_least_three_axes(a: Any) -> Any:
    if np.ndim(a) == 0:
        return np.reshape(a, (1, 1, 1))
    if np.ndim(a) == 1:
        return np.expand_dims(a, (0, 2))
    return np.expand_dims(a, 2) if np.ndim(a) == 2 else a


declare(np.broadcast_to, linear=["array"], view=True, constant=["shape"])


@vjp(np.broadcast_to, wrt="array")
def broadcast_to_array(ct: Any, array_shape: Any) -> Any:
    return unbroadcast(ct, array_shape)


@composite(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    arrays = [as_array(a) for a in args]
    shape = np.broadcast_shapes(*(np.shape(a) for a in arrays))
    return tuple(a if np.shape(a) == shape else np.broadcast_to(a, shape) for a in arrays)


declare(sliding_window_view, linear=["x"], view=True, constant=["window_shape"])


@vjp(sliding_window_view, wrt="x")
def sliding_window_view_x(ct: Any, x_shape: Any, *, window_shape: Any, axis: Any) -> Any:
    return overlap_add(ct, x_shape, window_shape, axis)


@operation(linear=["windows"])
def overlap_add(windows: Any, shape: Any, window_shape: Any, axis: Any) -> Any:
    """The transpose of `sliding_window_view`: the sum of the windows, each in its place in an array of `shape`."""
    total = np.zeros(shape, windows.dtype)
    sizes = (window_shape,) if np.ndim(window_shape) == 0 else tuple(window_shape)
    axes = range(len(shape)) if axis is None else normalize_axis_tuple(axis, len(shape), allow_duplicate=True)
    for offset in np.ndindex(*sizes):
        place = [slice(0, windows.shape[i]) for i in range(len(shape))]
        for i, start in zip(axes, offset, strict=True):
            place[i] = slice(place[i].start + start, place[i].stop + start)
        total[tuple(place)] += windows[(..., *offset)]
    return total


@vjp(overlap_add, wrt="windows")
def overlap_add_windows(ct: Any, *, window_shape: Any, axis: Any) -> Any:
    return sliding_window_view(ct, window_shape, axis)


# Reversals and rotations: views, by slicing.


@composite(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    m = as_array(m)
    axes = range(np.ndim(m)) if axis is None else normalize_axis_tuple(axis, np.ndim(m))
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(np.ndim(m)))]


@composite(np.fliplr)
def fliplr(m: Any) -> Any:
    if np.ndim(m) < 2:
        raise ValueError("Input must be >= 2-d.")
    return m[:, ::-1]


@composite(np.flipud)
def flipud(m: Any) -> Any:
    if np.ndim(m) < 1:
        raise ValueError("Input must be >= 1-d.")
    return m[::-1, ...]


@composite(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    axes, rank = tuple(axes), np.ndim(m)
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    if axes[0] == axes[1] or abs(axes[0] - axes[1]) == rank:
        raise ValueError("Axes must be different.")
    if any(not -rank <= axis < rank for axis in axes):
        raise ValueError(f"Axes={axes} out of range for array of ndim={rank}.")
    if k % 4 == 0:
        return m[:]
    if k % 4 == 2:
        return np.flip(m, axes)
    if k % 4 == 1:
        return np.swapaxes(np.flip(m, axes[1]), *axes)
    return np.flip(np.swapaxes(m, *axes), axes[1])


# Repetitions and shifts: copies.

declare(np.roll, linear=["a"], constant=["shift"])


@vjp(np.roll, wrt="a")
def roll_a(ct: Any, *, shift: Any, axis: Any) -> Any:
    return np.roll(ct, np.negative(shift), axis)


declare(np.tile, linear=["A"], constant=["reps"])


@vjp(np.tile, wrt="A")
def tile_A(ct: Any, A_shape: Any, *, reps: Any) -> Any:  # noqa: N802 (NumPy's name of the argument)
    counts = tuple(reps) if np.ndim(reps) else (reps,)
    rank = max(len(counts), len(A_shape))
    counts = (1,) * (rank - len(counts)) + counts
    sizes = (1,) * (rank - len(A_shape)) + tuple(A_shape)
    copies = np.reshape(ct, tuple(n for pair in zip(counts, sizes, strict=True) for n in pair))
    return np.reshape(np.sum(copies, axis=tuple(range(0, 2 * rank, 2))), A_shape)


@composite(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(axis, np.ndim(a))
    places = np.repeat(np.arange(a.shape[axis]), repeats)
    return a[(*(slice(None),) * axis, places)]


@composite(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    shape = (new_shape,) if np.ndim(new_shape) == 0 else tuple(new_shape)
    if any(size < 0 for size in shape):
        raise ValueError("all elements of `new_shape` must be non-negative")
    flat, count = np.ravel(a), int(np.prod(shape))
    if flat.size == 0:
        return np.zeros_like(flat, shape=shape)
    return np.reshape(flat[np.arange(count) % flat.size], shape)


@composite(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    trim = trim.lower()
    if trim not in {"fb", "bf", "f", "b"}:
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    filt = as_array(filt)
    rank = np.ndim(filt)
    axes = range(rank) if axis is None else normalize_axis_tuple(axis, rank, argname="axis")
    if not axes:
        return filt
    spans = [_without_zeros(filt, i, trim) if i in axes else slice(None) for i in range(rank)]
    return filt[tuple(spans)]


def _without_zeros(a: Any, axis: int, trim: str) -> slice:
    """What is left of an axis without the zeros at its ends; nothing if all elements are zero."""
    some = np.any(a != 0, axis=tuple(i for i in range(np.ndim(a)) if i != axis))
    first = int(np.argmax(np.append(some, True))) if "f" in trim else 0
    behind = int(np.argmax(np.append(some[::-1], True))) if "b" in trim else 0
    return slice(first, np.shape(a)[axis] - behind)


# Triangles and diagonals.


def _on_or_below(shape: tuple[int, ...], k: int) -> Any:
    """Where a matrix of the last two axes is on or below its diagonal `k`; a single axis counts twice."""
    return np.tri(*shape[-2:], k=k, dtype=bool)  # type: ignore[call-overload]  # one or two sizes


@composite(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    m = as_array(m)
    return np.where(_on_or_below(np.shape(m), k - 1), np.zeros(1, m.dtype), m)


@composite(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    m = as_array(m)
    return np.where(_on_or_below(np.shape(m), k), m, np.zeros(1, m.dtype))


declare(np.diagonal, linear=["a"], view=True)


@vjp(np.diagonal, wrt="a")
def diagonal_a(ct: Any, a_shape: Any, *, offset: Any, axis1: Any, axis2: Any) -> Any:
    return place_diagonal(ct, a_shape, offset, axis1, axis2)


@operation(linear=["values"])
def place_diagonal(values: Any, shape: Any, offset: Any, axis1: Any, axis2: Any) -> Any:
    """The transpose of `np.diagonal`: zeros of `shape` with `values` on the diagonal."""
    total = np.zeros(shape, values.dtype)
    matrices = np.moveaxis(total, (axis1, axis2), (-2, -1))
    steps = np.arange(values.shape[-1])
    matrices[..., steps + max(-offset, 0), steps + max(offset, 0)] = values
    return total


@vjp(place_diagonal, wrt="values")
def place_diagonal_values(ct: Any, *, offset: Any, axis1: Any, axis2: Any) -> Any:
    return np.diagonal(ct, offset, axis1, axis2)


@composite(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    v = as_array(v)
    if np.ndim(v) == 1:
        size = v.shape[0] + abs(k)
        return place_diagonal(v, (size, size), k, 0, 1)
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    raise ValueError("Input must be 1- or 2-d.")


@composite(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)


@composite(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)
