"""Joining arrays along axes, splitting them, and putting pieces in and taking them out.

Only `np.concatenate` is an operation. The rest are composites: joins of it, splits of basic slicing, so that the pieces
of a split are views as NumPy's are.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from wengert.ops.table import composite, declare, vjp
from wengert.rules.casting import as_array, cast_to

declare(np.concatenate, linear=["arrays"], sequence="arrays")


@vjp(np.concatenate, wrt="arrays")
def concatenate_arrays(ct: Any, arrays_shape: Any, *, axis: Any) -> Any:
    if axis is None:
        ends = np.cumsum([int(np.prod(shape)) for shape in arrays_shape])
        flat = np.split(ct, ends[:-1].tolist())
        return [np.reshape(piece, shape) for piece, shape in zip(flat, arrays_shape, strict=True)]
    ends = np.cumsum([shape[axis] for shape in arrays_shape])
    return np.split(ct, ends[:-1].tolist(), axis=axis)


@composite(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    pieces = [as_array(a) for a in arrays]
    if not pieces:
        raise ValueError("need at least one array to stack")
    if len({np.shape(a) for a in pieces}) != 1:
        raise ValueError("all input arrays must have the same shape")
    place = normalize_axis_index(axis, np.ndim(pieces[0]) + 1)
    return np.concatenate([np.expand_dims(a, place) for a in pieces], axis=place, dtype=dtype, casting=casting)


def _each(function: Any, arrays: Any) -> list[Any]:
    return [function(a) for a in arrays]


@composite(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    return np.concatenate(_each(np.atleast_2d, tup), axis=0, dtype=dtype, casting=casting)


@composite(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    pieces = _each(np.atleast_1d, tup)
    axis = 0 if pieces and np.ndim(pieces[0]) == 1 else 1
    return np.concatenate(pieces, axis=axis, dtype=dtype, casting=casting)


@composite(np.dstack)
def dstack(tup: Any) -> Any:
    return np.concatenate(_each(np.atleast_3d, tup), axis=2)


@composite(np.column_stack)
def column_stack(tup: Any) -> Any:
    pieces = [as_array(a) for a in tup]
    columns = [np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in pieces]
    return np.concatenate(columns, axis=1)


@composite(np.block)
def block(arrays: Any) -> Any:
    depth = _block_depth(arrays)
    rank = max(depth, _largest_rank(arrays))
    joined = _join_blocks(arrays, depth, rank)
    return np.copy(joined) if depth == 0 else joined


def _block_depth(arrays: Any) -> int:
    """How deep the lists are nested, the same everywhere."""
    if isinstance(arrays, tuple):
        raise TypeError(
            "arrays is a tuple. Only lists can be used to arrange blocks, and np.block does not allow implicit "
            "conversion from tuple to ndarray."
        )
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ValueError("List depths are mismatched or a list is empty: arrays cannot be empty")
    depths = {_block_depth(item) for item in arrays}
    if len(depths) != 1:
        raise ValueError(f"List depths are mismatched: {sorted(depths)} in one list")
    return 1 + max(depths)


def _largest_rank(arrays: Any) -> int:
    return max(map(_largest_rank, arrays)) if isinstance(arrays, list) else np.ndim(arrays)


def _join_blocks(arrays: Any, depth: int, rank: int) -> Any:
    if depth == 0:
        return np.reshape(arrays, (1,) * (rank - np.ndim(arrays)) + np.shape(arrays))
    return np.concatenate([_join_blocks(item, depth - 1, rank) for item in arrays], axis=-depth)


@composite(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.concatenate((np.ravel(arr), np.ravel(values)))
    return np.concatenate((as_array(arr), as_array(values)), axis=axis)


@composite(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    ary = as_array(ary)
    size = np.shape(ary)[axis]
    try:
        len(indices_or_sections)
        ends = list(indices_or_sections)
    except TypeError:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ValueError("number sections must be larger than 0.") from None
        width, longer = divmod(size, sections)
        ends = [i * width + min(i, longer) for i in range(1, sections)]
    before = (slice(None),) * normalize_axis_index(axis, np.ndim(ary))
    return [ary[(*before, slice(a, b))] for a, b in zip([0, *ends], [*ends, size], strict=True)]


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if np.ndim(indices_or_sections) == 0 and np.shape(ary)[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return np.array_split(ary, indices_or_sections, axis)


@composite(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    if np.ndim(ary) == 0:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return np.split(ary, indices_or_sections, 1 if np.ndim(ary) > 1 else 0)


@composite(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    if np.ndim(ary) < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return np.split(ary, indices_or_sections, 0)


@composite(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    if np.ndim(ary) < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return np.split(ary, indices_or_sections, 2)


@composite(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    if np.ndim(x) == 0:
        raise ValueError("Input array must be at least 1-d.")
    return tuple(np.moveaxis(x, axis, 0))


def _flat_unless_axis(arr: Any, axis: Any) -> tuple[Any, int]:
    """The array and the axis that `np.insert` and `np.delete` work on."""
    if axis is None:
        return np.ravel(arr), 0
    return as_array(arr), normalize_axis_index(axis, np.ndim(arr))


@composite(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    arr, axis = _flat_unless_axis(arr, axis)
    kept = np.delete(np.arange(arr.shape[axis]), obj)
    return arr[(*(slice(None),) * axis, kept)]


@composite(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """The same insertion into an array of positions says where each element of the result comes from."""
    arr, axis = _flat_unless_axis(arr, axis)
    size, rank = arr.shape[axis], np.ndim(arr)
    if isinstance(obj, slice):
        obj = np.arange(*obj.indices(size))
    elif isinstance(obj, np.ndarray) and obj.dtype == bool and obj.ndim == 1:
        obj = np.flatnonzero(obj)
    count = len(np.insert(np.arange(size), obj, -1)) - size
    values = cast_to(values, arr.dtype)
    if np.size(obj) == 1:
        values = np.reshape(values, (1,) * (rank - np.ndim(values)) + np.shape(values))
        if np.ndim(obj) == 0:
            values = np.moveaxis(values, 0, axis)
        count = np.shape(values)[axis]
        obj = operator.index(np.asarray(obj).item())
    inserted = np.broadcast_to(values, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    order = np.insert(np.arange(size), obj, np.arange(size, size + count))
    return np.concatenate((arr, inserted), axis=axis)[(*(slice(None),) * axis, order)]


@composite(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    arr = as_array(arr)
    axis = normalize_axis_index(axis, np.ndim(arr))
    lines = np.moveaxis(arr, axis, -1)
    outer = np.shape(lines)[:-1]
    results = [as_array(func1d(lines[(*place, ...)], *args, **kwargs)) for place in np.ndindex(*outer)]
    if not results:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    shape, kind = np.shape(results[0]), results[0].dtype
    pieces = [np.broadcast_to(cast_to(result, kind), shape) for result in results]
    joined = np.reshape(np.stack(pieces), (*outer, *shape))
    inner = range(len(outer), len(outer) + len(shape))
    return np.transpose(joined, (*range(axis), *inner, *range(axis, len(outer))))


@composite(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    value = as_array(a)
    rank = np.ndim(value)
    for given in (axes,) if np.ndim(axes) == 0 else axes:
        axis = rank + given if given < 0 else given
        result = func(value, axis)
        value = result if np.ndim(result) == rank else np.expand_dims(result, axis)
        if np.ndim(value) != rank:
            raise ValueError("function is not returning an array of the correct shape")
    return value


if hasattr(np, "row_stack"):  # deprecated: a Python function over `np.vstack`, so its own definition
    composite(np.row_stack)(np.row_stack)
