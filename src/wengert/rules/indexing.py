"""Choices by condition and by index, and the functions that store values in place.

Reading and writing with `x[i]` is the engines' own; these are the functions, as composites of it. Those that store in
place assign items of their first argument. Where indices need checking or wrapping, NumPy's own `take` does it, on the
positions 0, 1, 2, ...: so its errors are NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from wengert.ops.table import composite, declare, vjp
from wengert.rules.casting import as_array, cast_to

declare(np.where, elementwise=True, constant=["condition"])


@vjp(np.where, wrt="x")
def where_x(ct: Any, condition: Any) -> Any:
    return np.where(condition, ct, np.zeros((), ct.dtype))


@vjp(np.where, wrt="y")
def where_y(ct: Any, condition: Any) -> Any:
    return np.where(condition, np.zeros((), ct.dtype), ct)


@composite(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if len(condlist) == 0:
        raise ValueError("select with an empty condition list is not possible")
    conditions = [as_array(condition) for condition in condlist]
    for i, condition in enumerate(conditions):
        if condition.dtype != bool:
            raise TypeError(f"invalid entry {i} in condlist: should be boolean ndarray")
    kind = np.result_type(*choicelist, default)
    result = default
    for condition, choice in zip(reversed(conditions), reversed(choicelist), strict=True):
        result = np.where(condition, choice, result)
    return cast_to(result, kind)


@composite(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    chosen = np.asarray(a)
    if mode == "raise" and np.any((chosen < 0) | (chosen >= len(choices))):
        raise ValueError("invalid entry in choice array")
    places, *arrays = np.broadcast_arrays(chosen, *(as_array(choice) for choice in choices))
    places = np.take(np.arange(len(choices)), places, mode=mode)  # type: ignore[call-overload]  # one of NumPy's words
    return np.stack(arrays)[(places, *np.indices(np.shape(places), sparse=True))]


@composite(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    if np.ndim(condlist) == 0 or (not isinstance(condlist[0], (list, np.ndarray)) and np.ndim(x) != 0):
        condlist = [condlist]
    conditions = np.asarray(condlist, dtype=bool)
    count = len(conditions)
    if count == len(funclist) - 1:
        conditions = np.concatenate([conditions, ~np.any(conditions, axis=0, keepdims=True)], axis=0)
    elif count != len(funclist):
        raise ValueError(f"with {count} condition(s), either {count} or {count + 1} functions are expected")
    result = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if not isinstance(function, Callable):  # type: ignore[arg-type]  # as NumPy tells numbers from functions
            result[condition] = function
        elif np.any(condition):
            result[condition] = function(x[condition], *args, **kw)
    return result


@composite(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(axis, np.ndim(a))
    # One index as an array, not as a number, because the result is a copy.
    places = np.asarray(np.take(np.arange(np.shape(a)[axis]), indices, mode=mode))  # type: ignore[call-overload]  # one of NumPy's words
    return a[(*(slice(None),) * axis, places)]


@composite(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    if np.ndim(condition) != 1:
        raise ValueError("condition must be a 1-d array")
    return np.take(a, np.flatnonzero(condition), axis=axis)


@composite(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    return np.take(np.ravel(arr), np.flatnonzero(condition))


def _along_axis(shape: tuple[int, ...], indices: Any, axis: int) -> tuple[Any, ...]:
    """The index that names, for each place of `indices`, the element at that place with `axis` replaced."""
    if not np.issubdtype(indices.dtype, np.integer):
        raise IndexError("`indices` must be an integer array")
    if len(shape) != indices.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    every: list[Any] = list(np.ix_(*map(np.arange, shape)))
    every[normalize_axis_index(axis, len(shape))] = indices
    return tuple(every)


@composite(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        if np.ndim(indices) != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        arr, axis = np.ravel(arr), 0
    return arr[_along_axis(np.shape(arr), indices, axis)]


@composite(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    if axis is None:
        if np.ndim(indices) != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        arr[_flat_places(arr, indices, "raise")] = values
    else:
        arr[_along_axis(np.shape(arr), indices, axis)] = values


def _flat_places(a: Any, indices: Any, mode: str) -> Any:
    """The index of elements of `a` that are named by their positions in the flattened array."""
    places = np.take(np.arange(np.size(a)), indices, mode=mode)  # type: ignore[call-overload]  # one of NumPy's words
    return np.unravel_index(np.ravel(places), np.shape(a)) if np.ndim(a) else np.newaxis


@composite(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    if np.size(v) == 0 or np.size(ind) == 0:
        return
    a[_flat_places(a, ind, mode)] = np.resize(v, np.size(ind) if np.ndim(a) else 1)


def _mask_for(a: Any, mask: Any, name: str) -> Any:
    if np.size(mask) != np.size(a):
        raise ValueError(f"{name}: mask and data must be the same size")
    return np.reshape(mask, np.shape(a)) != 0


@composite(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    chosen = _mask_for(arr, mask, "place")
    count = np.count_nonzero(chosen)
    if count and np.size(vals) == 0:
        raise ValueError("Cannot insert from an empty array!")
    arr[chosen] = np.resize(vals, count)


@composite(np.putmask)
def putmask(a: Any, /, mask: Any, values: Any) -> None:
    chosen = _mask_for(a, mask, "putmask")
    if hasattr(values, "dtype"):
        np.putmask(np.empty(0, a.dtype), [], np.empty(0, values.dtype))  # raises what NumPy raises
    if np.size(values):
        a[chosen] = np.resize(values, np.shape(a))[chosen]


@composite(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    source_dtype = src.dtype if hasattr(src, "dtype") else np.min_scalar_type(src)
    np.copyto(np.empty(0, dst.dtype), np.empty(0, source_dtype), casting=casting)  # raises what NumPy raises
    if where is True:
        dst[...] = src
    else:
        chosen = np.broadcast_to(np.asarray(where, dtype=bool), np.shape(dst))
        dst[chosen] = np.broadcast_to(src, np.shape(dst))[chosen]


@composite(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    shape = np.shape(a)
    if len(shape) < 2:
        raise ValueError("array must be at least 2-d")
    if len(shape) > 2 and any(size != shape[0] for size in shape):
        raise ValueError("All dimensions of input must be of equal length")
    step = 1 + sum(int(np.prod(shape[i:])) for i in range(1, len(shape)))
    end = min(shape[1] * shape[1], np.size(a)) if len(shape) == 2 and not wrap else np.size(a)
    np.put(a, np.arange(0, end, step), val)
