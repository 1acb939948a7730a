"""Sorting, and what is read off sorted arrays: partitions, medians, quantiles, unique values.

What holds: a rearrangement sends each cotangent back to the element it came from; equal elements, of which any could
have come first, share equally, which is the subgradient of least norm of each result. Medians and quantiles interpolate
between elements of the sorted array, so they inherit this, and are differentiable in `q` too.
Source of the quantiles: Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50
(1996).
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import composite, declare, operation, vjp
from wengert.rules.casting import as_array, cast_to
from wengert.rules.python_values import is_empty

__all__ = ["average_ties"]


@operation(linear=["x"], constant=["values"])
def average_ties(x: Any, values: Any, *, axis: int) -> Any:
    """`x` with its elements replaced by their mean over each run of equal neighbours of `values` along the axis."""
    rows = np.moveaxis(np.asarray(values), axis, -1)
    begins = np.ones(rows.shape, dtype=bool)
    begins[..., 1:] = rows[..., 1:] != rows[..., :-1]
    if begins.all():
        return np.array(x)
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, begins.size))
    flat = np.moveaxis(np.asarray(x), axis, -1)
    means = np.add.reduceat(flat.ravel(), starts) / lengths
    return np.moveaxis(np.repeat(means.astype(flat.dtype), lengths).reshape(flat.shape), -1, axis)


@vjp(average_ties, wrt="x")
def average_ties_x(ct: Any, values: Any, *, axis: Any) -> Any:
    """An orthogonal projection is its own transpose."""
    return average_ties(ct, values, axis=axis)


declare(np.sort, inert=["kind", "stable"])


@vjp(np.sort, wrt="a")
def sort_a(ct: Any, a: Any, out: Any, *, axis: Any) -> Any:
    along = 0 if axis is None else axis
    place = np.argsort(np.argsort(a, axis=axis), axis=along)
    return np.reshape(np.take_along_axis(average_ties(ct, out, axis=along), place, axis=along), np.shape(a))


declare(np.partition, inert=["kth", "kind"])


@vjp(np.partition, wrt="a")
def partition_a(ct: Any, a: Any, out: Any, *, axis: Any) -> Any:
    """As `sort_a`, once the result is sorted: how NumPy arranges a partition is not specified."""
    along = 0 if axis is None else axis
    order = np.argsort(out, axis=along)
    place = np.argsort(np.argsort(a, axis=axis), axis=along)
    sorted_ct = np.take_along_axis(ct, order, axis=along)
    averaged = average_ties(sorted_ct, np.take_along_axis(out, order, axis=along), axis=along)
    return np.reshape(np.take_along_axis(averaged, place, axis=along), np.shape(a))


@composite(np.sort_complex)
def sort_complex(a: Any) -> Any:
    ordered = np.sort(as_array(a))
    return ordered if ordered.dtype.kind == "c" else cast_to(ordered, np.complex128)


# Medians and quantiles.


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for one in axes:
        if not -rank <= one < rank:
            raise np.exceptions.AxisError(one, rank)
    normal = tuple(one % rank for one in axes)
    if len(set(normal)) != len(normal):
        raise ValueError("repeated axis")
    return normal


def _sorted_first(a: Any, axis: Any) -> Any:
    """The array sorted over the given axes, which are joined to one in front of the others."""
    shape = np.shape(a)
    axes = _axes(axis, len(shape))
    kept = tuple(i for i in range(len(shape)) if i not in axes)
    moved = np.transpose(a, axes + kept)
    joined = np.reshape(moved, (math.prod(shape[i] for i in axes), *(shape[i] for i in kept)))
    return np.sort(joined, axis=0)


def _with_kept_axes(result: Any, shape: tuple[int, ...], axis: Any, keepdims: Any, in_front: int = 0) -> Any:
    if not keepdims or keepdims is np._NoValue:
        return result
    axes = _axes(axis, len(shape))
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return np.reshape(result, np.shape(result)[:in_front] + kept)


def _with_nan(result: Any, ordered: Any) -> Any:
    """NaN where there is a NaN among the values, which sorts to the end."""
    return np.where(np.isnan(ordered[-1]), ordered[-1], result) if np.any(np.isnan(ordered[-1])) else result


@composite(np.median)
def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    a = as_array(a)
    ordered = _sorted_first(a, axis)
    count = np.shape(ordered)[0]
    if count == 0:
        return np.mean(a, axis=axis, keepdims=keepdims)
    middle = np.mean(ordered[(count - 1) // 2 : count // 2 + 1], axis=0)
    return _with_kept_axes(_with_nan(middle, ordered), np.shape(a), axis, keepdims)


def _counts_without_nan(ordered: Any) -> Any:
    """How many elements along the first axis are no NaN; warns, as NumPy does, where there are none."""
    counts = np.sum(~np.isnan(ordered), axis=0)
    if np.any(counts == 0):
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=4)
    return counts


@composite(np.nanmedian)
def nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    a = as_array(a)
    if np.size(a) == 0:
        return np.nanmean(a, axis, keepdims=keepdims)
    ordered = _sorted_first(a, axis)
    counts = _counts_without_nan(ordered)
    low = _order_statistic(ordered, np.maximum(counts - 1, 0) // 2, True)
    high = _order_statistic(ordered, np.minimum(counts // 2, np.shape(ordered)[0] - 1), True)
    middle = np.mean(np.stack([low, high]), axis=0)
    return _with_kept_axes(middle, np.shape(a), axis, keepdims)


def _order_statistic(ordered: Any, index: Any, each: bool) -> Any:
    """The elements at places along the first axis; with `each`, the other axes of the index are those of the array."""
    if not each or np.ndim(ordered) == 1:
        return ordered[index]
    rows = np.reshape(index, (-1, *np.shape(ordered)[1:]))
    return np.reshape(np.take_along_axis(ordered, rows, axis=0), np.shape(index))


# The two parameters of a continuous sample quantile, by the name of the method.
_CONTINUOUS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3.0, 1 / 3.0),
    "normal_unbiased": (3 / 8.0, 3 / 8.0),
}


def _discrete_place(method: str, count: Any, q: Any) -> Any:
    """The place of the quantile in the sorted sample for a method that takes one element, or None for the others."""
    last = (count - 1) * q
    if method == "lower" or (method == "linear" and q.dtype.kind in "iu"):
        return np.floor(last)
    if method == "higher":
        return np.ceil(last)
    if method == "nearest":
        return np.round(last)
    if method == "inverted_cdf":
        return np.maximum(np.ceil(count * q - 1), 0)
    if method == "closest_observation":
        below = np.floor(count * q - 1.5)
        stays = (count * q - 1.5 == below) & (below % 2 == 1)
        return np.maximum(np.where(stays, below, below + 1), 0)
    return None


def _continuous_place(method: str, count: Any, q: Any) -> tuple[Any, Any]:
    """The place of the quantile between two elements of the sorted sample, and the weight of the second."""
    if method == "linear":
        place = (count - 1) * q
    elif method == "midpoint":
        place = 0.5 * (np.floor((count - 1) * q) + np.ceil((count - 1) * q))
        return place, np.where(place % 1 == 0, 0.0, 0.5)
    elif method == "averaged_inverted_cdf":
        place = count * q - 1
        return place, np.where(place == np.floor(place), 0.5, 1.0)
    elif method in _CONTINUOUS:
        alpha, beta = _CONTINUOUS[method]
        place = count * q + (alpha + q * (1 - alpha - beta)) - 1
    else:
        raise ValueError(f"{method!r} is not a valid method")
    return place, place - np.floor(place)


def _interpolated(low: Any, high: Any, weight: Any) -> Any:
    """NumPy's interpolation, which is exact at both ends."""
    apart = high - low
    return np.where(weight >= 0.5, high - apart * (1 - weight), low + apart * weight)


def _quantile_of_sorted(ordered: Any, counts: Any, q: Any, method: str, weak: bool) -> Any:
    """Quantiles along the first axis of a sorted array, of whose elements the first ones are taken.

    `counts` says how many: one number, or an array like the other axes, and then `q` has as many axes of length one at
    its end. A `weak` q does not take part in the dtype of the result.
    """
    each = not isinstance(counts, int)
    place = _discrete_place(method, counts, q)
    if place is not None:
        return _order_statistic(ordered, _whole(place), each)
    place, weight = _continuous_place(method, counts, q)
    below = _whole(np.floor(place))
    low = _order_statistic(ordered, np.maximum(np.minimum(below, counts - 1), 0), each)
    high = _order_statistic(ordered, np.maximum(np.minimum(below + 1, counts - 1), 0), each)
    weight = weight if each else np.reshape(weight, np.shape(q) + (1,) * (np.ndim(ordered) - 1))
    return _interpolated(low, high, cast_to(weight, ordered.dtype) if weak else weight)


def _whole(place: Any) -> Any:
    return cast_to(place, np.intp)


def _checked_quantile_arguments(a: Any, q: Any, weights: Any, name: str) -> None:
    if weights is not None:
        raise UnsupportedOperationError(f"np.{name} with weights= has no derivative rule: it takes single elements")
    if a.dtype.kind == "c":
        raise TypeError("a must be an array of real numbers")
    if np.ndim(q) > 2:
        raise ValueError("q must be a scalar or 1d")
    if not np.all((q >= 0) & (q <= 1)):
        words = (
            "Percentiles must be in the range [0, 100]"
            if "percentile" in name
            else "Quantiles must be in the range [0, 1]"
        )
        raise ValueError(words)


def _quantile(name: str, a: Any, q: Any, axis: Any, method: str, keepdims: Any, weights: Any) -> Any:
    weak = type(q) in (int, float)
    a, q = as_array(a), as_array(q)
    q = np.true_divide(q, 100) if "percentile" in name else q
    _checked_quantile_arguments(a, q, weights, name)
    ordered = _sorted_first(a, axis)
    result = _with_nan(_quantile_of_sorted(ordered, np.shape(ordered)[0], q, method, weak), ordered)
    return _with_kept_axes(result, np.shape(a), axis, keepdims, np.ndim(q))


def _nan_quantile(name: str, a: Any, q: Any, axis: Any, method: str, keepdims: Any, weights: Any) -> Any:
    weak = type(q) in (int, float)
    a, q = as_array(a), as_array(q)
    q = np.true_divide(q, 100) if "percentile" in name else q
    _checked_quantile_arguments(a, q, weights, name)
    if np.ndim(q) > 1:
        raise UnsupportedOperationError(f"np.{name} with a q of several dimensions has no derivative rule")
    if is_empty(a):
        return np.nanmean(a, axis, keepdims=keepdims)
    ordered = _sorted_first(a, axis)
    counts = _counts_without_nan(ordered)
    each = np.reshape(q, np.shape(q) + (1,) * np.ndim(counts))
    result = _quantile_of_sorted(ordered, np.maximum(counts, 1), each, method, weak)
    return _with_kept_axes(result, np.shape(a), axis, keepdims, np.ndim(q))


@composite(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    return _quantile("quantile", a, q, axis, method, keepdims, weights)


@composite(np.percentile)
def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    return _quantile("percentile", a, q, axis, method, keepdims, weights)


@composite(np.nanquantile)
def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    return _nan_quantile("nanquantile", a, q, axis, method, keepdims, weights)


@composite(np.nanpercentile)
def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    return _nan_quantile("nanpercentile", a, q, axis, method, keepdims, weights)


@composite(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    if axis is not None:
        raise UnsupportedOperationError("np.unique with axis= has no derivative rule")
    flat = np.reshape(as_array(ar), -1)
    ordered = np.sort(flat)
    begins = np.ones(np.shape(flat), dtype=bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    if equal_nan:
        begins[1:] &= ~(np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    values = ordered[begins]
    order = np.argsort(flat, kind="stable")
    inverse = np.empty(np.shape(flat), dtype=np.intp)
    inverse[order] = np.cumsum(begins) - 1
    counts = np.diff(np.append(np.flatnonzero(begins), len(begins)))
    extras = ((return_index, order[begins]), (return_inverse, inverse.reshape(np.shape(ar))), (return_counts, counts))
    chosen = tuple(value for wanted, value in extras if wanted)
    return (values, *chosen) if chosen else values
