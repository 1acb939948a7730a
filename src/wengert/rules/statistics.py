"""Statistics, defined by reductions of the table: ranges, averages, covariances, and reductions that leave out NaN.

What holds: each has the signature, results, warnings and errors of the NumPy function of its name. Reductions that
leave out NaN are the plain ones with a mask, so NaN elements get zero.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import composite, declare, vjp
from wengert.rules.casting import as_array, cast_to
from wengert.rules.python_values import is_empty

__all__: list[str] = []


@composite(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


def _normal_axes(axis: Any, rank: int) -> tuple[int, ...]:
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for one in axes:
        if not -rank <= one < rank:
            raise np.exceptions.AxisError(one, rank)
    return tuple(one % rank for one in axes)


def _weights_like(a: Any, axis: Any, weights: Any) -> Any:
    """Weights of the reduced axes alone, with axes of length one for the others."""
    if np.shape(a) == np.shape(weights):
        return weights
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    axes = _normal_axes(axis, np.ndim(a))
    if np.shape(weights) != tuple(np.shape(a)[i] for i in axes):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    ordered = np.transpose(weights, [axes.index(i) for i in sorted(axes)])
    return np.reshape(ordered, tuple(n if i in axes else 1 for i, n in enumerate(np.shape(a))))


@composite(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    a = as_array(a)
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        total = mean.dtype.type(np.size(a) / np.size(mean))
    else:
        weights = _weights_like(a, axis, as_array(weights))
        dtype = np.result_type(a.dtype, weights.dtype, *(("f8",) if a.dtype.kind in "iub" else ()))
        total = np.sum(np.broadcast_to(weights, np.shape(a)), axis=axis, dtype=dtype, keepdims=keepdims)
        if np.any(total == 0.0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, np.copy(np.broadcast_to(total, np.shape(mean)))) if returned else mean


# Without NaN.


def _without_nan(a: Any, filler: float) -> Any:
    return np.where(np.isnan(a), np.asarray(filler, a.dtype), a)


def _given(**options: Any) -> dict[str, Any]:
    """The options that were given: NumPy does not take None for the others."""
    return {name: value for name, value in options.items() if value is not None and value is not np._NoValue}


@composite(np.nansum)
def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    return np.sum(
        _without_nan(a, 0.0), axis=axis, dtype=dtype, **_given(keepdims=keepdims, initial=initial, where=where)
    )


@composite(np.nanprod)
def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    return np.prod(
        _without_nan(a, 1.0), axis=axis, dtype=dtype, **_given(keepdims=keepdims, initial=initial, where=where)
    )


@composite(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return np.cumsum(_without_nan(a, 0.0), axis=axis, dtype=dtype)


@composite(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return np.cumprod(_without_nan(a, 1.0), axis=axis, dtype=dtype)


def _is_number(a: Any, where: Any) -> Any:
    """The mask of the elements that are not NaN, and are chosen."""
    numbers = ~np.isnan(a)
    return numbers if where is None or where is np._NoValue else numbers & where


@composite(np.nanmean)
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = None
) -> Any:
    chosen = np.broadcast_to(_is_number(a, where), np.shape(a))
    if not np.all(np.any(chosen, axis=axis)):
        warnings.warn("Mean of empty slice", RuntimeWarning, stacklevel=2)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's own, given above
        return np.mean(a, axis=axis, dtype=dtype, where=chosen, **_given(keepdims=keepdims))


def _nan_moment(function: Any, a: Any, axis: Any, dtype: Any, ddof: Any, where: Any, options: dict[str, Any]) -> Any:
    """A variance or standard deviation without NaN; where no degrees of freedom are left it is NaN, of no element."""
    if "correction" in options:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = options.pop("correction")
    chosen = np.broadcast_to(_is_number(a, where), np.shape(a))
    enough = np.sum(chosen, axis=axis, keepdims=True) > ddof
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's own; ours follows
        result = function(a, axis=axis, dtype=dtype, ddof=ddof, where=chosen & enough, **options)
    if np.all(enough):
        return result
    warnings.warn("Degrees of freedom <= 0 for slice.", RuntimeWarning, stacklevel=3)
    return np.where(np.reshape(enough, np.shape(result)), result, np.asarray(np.nan, result.dtype))


@composite(np.nanvar)
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    options = _given(keepdims=keepdims, mean=mean, correction=correction)
    return _nan_moment(np.var, a, axis, dtype, ddof, where, options)


@composite(np.nanstd)
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    options = _given(keepdims=keepdims, mean=mean, correction=correction)
    return _nan_moment(np.std, a, axis, dtype, ddof, where, options)


# Covariances.


def _observations(m: Any, dtype: Any, transpose: bool, name: str) -> Any:
    """One row for each variable."""
    m = as_array(m)
    if np.ndim(m) > 2:
        raise ValueError(f"{name} has more than 2 dimensions")
    rows = cast_to(m if np.ndim(m) == 2 else np.reshape(m, (1, -1)), dtype)
    return np.transpose(rows) if transpose else rows


def _observation_weights(weights: Any, count: int, name: str) -> Any:
    weights = cast_to(weights, np.float64)
    if name == "fweights" and not np.all(weights == np.around(weights)):
        raise TypeError("fweights must be integer")
    if np.ndim(weights) > 1:
        raise RuntimeError(f"cannot handle multidimensional {name}")
    if np.shape(weights)[0] != count:
        raise RuntimeError(f"incompatible numbers of samples and {name}")
    if np.any(weights < 0):
        raise ValueError(f"{name} cannot be negative")
    return weights


def _normalization(count: int, ddof: Any, fweights: Any, aweights: Any) -> tuple[Any, Any]:
    """The weights of the observations, or None, and what the sums of products are divided by."""
    if fweights is None and aweights is None:
        return None, count - ddof
    weights = aweights if fweights is None else fweights if aweights is None else fweights * aweights
    total = np.sum(weights)
    if ddof == 0:
        return weights, total
    return weights, total - (ddof if aweights is None else ddof * np.sum(weights * aweights) / total)


@composite(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    if dtype is None:
        dtype = np.result_type(as_array(m).dtype, np.float64 if y is None else as_array(y).dtype, np.float64)
    rows = _observations(m, dtype, not rowvar and np.ndim(m) != 1, "m")
    if is_empty(rows) and np.shape(rows)[0] == 0:
        return np.array([]).reshape(0, 0)
    if y is not None:
        y_is_row = np.ndim(y) < 2 or np.shape(y)[0] == 1
        rows = np.concatenate((rows, _observations(y, dtype, not rowvar and not y_is_row, "y")), axis=0)
    count = np.shape(rows)[1]
    fweights = None if fweights is None else _observation_weights(fweights, count, "fweights")
    aweights = None if aweights is None else _observation_weights(aweights, count, "aweights")
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights, divisor = _normalization(count, ddof, fweights, aweights)
    if divisor <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
        divisor = 0.0
    apart = rows - np.expand_dims(np.average(rows, axis=1, weights=weights), 1)
    other = np.transpose(apart if weights is None else apart * weights)
    products = np.dot(apart, np.conjugate(other) if other.dtype.kind == "c" else other)
    return np.squeeze(products * np.true_divide(1, divisor))


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = np.cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c
    each = np.arange(np.shape(c)[0])
    deviations = np.sqrt(np.real(c[each, each]))
    c = c / np.expand_dims(deviations, 1) / np.expand_dims(deviations, 0)
    if c.dtype.kind == "c":
        return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1)
    return np.clip(c, -1, 1)


# Integrals and histograms.


@composite(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = as_array(y)
    rank = np.ndim(y)
    before = (slice(None),) * (axis % rank)
    left, right = (*before, slice(None, -1)), (*before, slice(1, None))
    width: Any = dx
    if x is not None:
        x = as_array(x)
        if np.ndim(x) == 1:
            width = np.reshape(x[1:] - x[:-1], tuple(-1 if i == axis % rank else 1 for i in range(rank)))
        else:
            width = x[right] - x[left]
    return np.sum(width * (y[right] + y[left]) / 2.0, axis=axis)


declare(np.bincount, linear=["weights"], constant=["x"], inert=["minlength"])


@vjp(np.bincount, wrt="weights")
def bincount_weights(ct: Any, x: Any) -> Any:
    return ct[np.asarray(x)]


def _outer_edges(a: Any, limits: Any) -> tuple[Any, Any]:
    """The ends of the range of a histogram: given, or those of the data, at least one apart where they are equal."""
    if limits is not None:
        first, last = limits
        if first > last:
            raise ValueError("max must be larger than min in range parameter.")
    else:
        first, last = (0.0, 1.0) if np.size(a) == 0 else (np.min(a), np.max(a))
    if not (np.isfinite(first) and np.isfinite(last)):
        kind = "autodetected range" if limits is None else "supplied range"
        raise ValueError(f"{kind} of [{first}, {last}] is not finite")
    return (first - 0.5, last + 0.5) if first == last else (first, last)


@composite(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    if isinstance(bins, str):
        raise UnsupportedOperationError(f"np.histogram with bins={bins!r}: the number of bins depends on the data")
    if np.ndim(bins) == 1:
        bins = as_array(bins)
        if np.any(bins[:-1] > bins[1:]):
            raise ValueError("`bins` must increase monotonically, when an array")
        return bins
    if np.ndim(bins) != 0:
        raise ValueError("`bins` must be 1d, when an array")
    if bins < 1:
        raise ValueError("`bins` must be positive, when an integer")
    first, last = _outer_edges(a, range)
    return np.linspace(first, last, int(bins) + 1, dtype=np.result_type(as_array(a).dtype, np.float16))


def _weighted_counts(place: Any, weights: Any, count: int) -> Any:
    if weights.dtype.kind == "c":
        imaginary = np.bincount(place, np.imag(weights), count)
        return cast_to(np.bincount(place, np.real(weights), count) + 1j * imaginary, weights.dtype)
    return cast_to(np.bincount(place, weights, count), weights.dtype)


@composite(np.histogram)
def histogram(
    a: Any,
    bins: Any = 10,
    range: Any = None,
    density: bool | None = None,
    weights: Any = None,
) -> Any:
    """The counts are piecewise constant in the data; a derivative passes through the weights, and through the edges."""
    edges = histogram_bin_edges(a, bins, range)
    data = np.reshape(as_array(a), -1)
    if data.dtype.kind == "c":
        raise UnsupportedOperationError("np.histogram of complex data has no derivative rule")
    if weights is not None and np.shape(weights) != np.shape(a):
        raise ValueError("weights should have the same shape as a.")
    count = np.shape(edges)[0] - 1
    place = np.where(data == edges[-1], count - 1, np.searchsorted(edges, data, side="right") - 1)
    inside = (place >= 0) & (place < count)
    if weights is None:
        counts = np.bincount(place[inside], minlength=count)
    else:
        counts = _weighted_counts(place[inside], np.reshape(weights, -1)[inside], count)
    if density:
        return counts / (edges[1:] - edges[:-1]) / np.sum(counts), edges
    return counts, edges
