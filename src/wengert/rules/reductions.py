"""Reductions along axes: sums, products, extrema, variances, and the reductions of ufuncs.

What goes in: cotangents of reduced arrays, with the axes, masks (`where`) and starting values (`initial`) of the call.
What holds: elements outside the mask get zero. A product's derivative multiplies the other elements, so it is right
where elements are zero. Equal extreme elements share equally, which is the subgradient of least norm. The standard
deviation of constant data has derivative zero. The weights of `logaddexp.reduce` are those of softmax, without NaN at
infinities.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.ops.strong import spread as expand
from wengert.ops.table import UFUNC_METHODS, alias, declare, operation, vjp

__all__ = ["expand", "fmax_reduce", "fmin_reduce", "hypot_reduce", "logaddexp_reduce", "over_length"]


def over_length(a: Any, length: Any) -> Any:
    """`a / length`, and zero where the length is zero: there is no direction, and none of its derivatives."""
    is_zero = length == 0
    return np.where(is_zero, np.zeros((), length.dtype), a / np.where(is_zero, np.ones((), length.dtype), length))


def _spread(ct: Any, shape: Any, where: Any, axis: Any, keepdims: Any) -> Any:
    """A reduced cotangent at every element that took part in the reduction."""
    everywhere = np.broadcast_to(expand(ct, len(shape), axis, keepdims), shape)
    return everywhere if where is None else np.where(where, everywhere, np.zeros((), everywhere.dtype))


def _reduced_axes(rank: int, axis: Any) -> tuple[int, ...]:
    if axis is None or rank == 0:
        return tuple(range(rank))
    return tuple(i % rank for i in (axis if isinstance(axis, tuple) else (axis,)))


def _count(shape: Any, where: Any, axis: Any) -> Any:
    """How many elements each result was made of: a number, or an array with axes of length one for a mask."""
    if where is None:
        return math.prod(shape[i] for i in _reduced_axes(len(shape), axis))
    return np.sum(np.broadcast_to(where, shape), axis=axis, keepdims=True)


def _given(**options: Any) -> dict[str, Any]:
    """The options that were given: NumPy does not take None for the others."""
    return {name: value for name, value in options.items() if value is not None}


def _reduce(function: Any, a: Any, axis: Any, dtype: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    """The reduction of a ufunc. The drivers take care of `out`."""
    return function.reduce(a, axis, dtype, None, keepdims, **_given(initial=initial, where=where))


# Sums.

declare(np.sum, linear=["a"])
UFUNC_METHODS[np.add, "reduce"] = np.sum


@vjp(np.sum, wrt="a")
def sum_a(ct: Any, a_shape: Any, where: Any, *, axis: Any, keepdims: Any) -> Any:
    return _spread(ct, a_shape, where, axis, keepdims)


@vjp(np.sum, wrt="initial")
def sum_initial(ct: Any) -> Any:
    return ct


declare(np.mean, linear=["a"])


@vjp(np.mean, wrt="a")
def mean_a(ct: Any, a_shape: Any, where: Any, *, axis: Any, keepdims: Any) -> Any:
    share = expand(ct, len(a_shape), axis, keepdims) / _count(a_shape, where, axis)
    return _spread(share, a_shape, where, axis, True)


# Products.


def _exclusive_products(a: Any) -> Any:
    """Along the last axis, the product of all the other elements: of those before times of those after."""
    ones = np.ones((*np.shape(a)[:-1], 1), a.dtype)
    before = np.concatenate([ones, np.cumprod(a[..., :-1], axis=-1)], axis=-1)
    after = np.concatenate([ones, np.cumprod(a[..., :0:-1], axis=-1)], axis=-1)[..., ::-1]
    return (before * after)[..., : np.shape(a)[-1]]


def _factors(a: Any, where: Any) -> Any:
    return a if where is None else np.where(where, a, np.ones_like(a))


declare(np.prod, reduction=True)
UFUNC_METHODS[np.multiply, "reduce"] = np.prod


@vjp(np.prod, wrt="a")
def prod_a(ct: Any, a: Any, where: Any, initial: Any, *, axis: Any, keepdims: Any) -> Any:
    shape, rank = np.shape(a), np.ndim(a)
    reduced = _reduced_axes(rank, axis)
    kept = tuple(i for i in range(rank) if i not in reduced)
    moved = np.transpose(_factors(a, where), kept + reduced)
    rows = np.reshape(moved, (*(shape[i] for i in kept), math.prod(shape[i] for i in reduced)))
    others = np.reshape(_exclusive_products(rows), tuple(shape[i] for i in kept + reduced))
    back = tuple((kept + reduced).index(i) for i in range(rank))
    scaled = ct if initial is None else ct * initial
    return _spread(scaled, shape, where, axis, keepdims) * np.transpose(others, back)


@vjp(np.prod, wrt="initial")
def prod_initial(ct: Any, a: Any, where: Any, *, axis: Any, keepdims: Any) -> Any:
    return ct * np.prod(_factors(a, where), axis=axis, keepdims=keepdims)


# Extrema.


@operation()
def fmax_reduce(
    a: Any,
    *,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """`np.fmax.reduce`, which ignores NaN."""
    return _reduce(np.fmax, a, axis, dtype, keepdims, initial, where)


@operation()
def fmin_reduce(
    a: Any,
    *,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """`np.fmin.reduce`, which ignores NaN."""
    return _reduce(np.fmin, a, axis, dtype, keepdims, initial, where)


for _extremum in (np.max, np.min, np.nanmax, np.nanmin):
    declare(_extremum)
UFUNC_METHODS[np.maximum, "reduce"] = np.max
UFUNC_METHODS[np.minimum, "reduce"] = np.min
UFUNC_METHODS[np.fmax, "reduce"] = fmax_reduce
UFUNC_METHODS[np.fmin, "reduce"] = fmin_reduce


def _tied(a: Any, best: Any, where: Any) -> Any:
    """Which elements are the extreme one. A result that is NaN came from the elements that are NaN."""
    tied = np.where(np.isnan(best), np.isnan(a), a == best)
    return tied if where is None else tied & where


def _rivals(tied: Any, best: Any, initial: Any, axis: Any) -> Any:
    """How many share the cotangent; at least one, to divide by."""
    among = np.sum(tied, axis=axis, keepdims=True)
    return np.maximum(among if initial is None else among + (best == initial), 1)


@vjp(fmax_reduce, wrt="a")
@vjp(fmin_reduce, wrt="a")
@vjp(np.nanmax, wrt="a")
@vjp(np.nanmin, wrt="a")
@vjp(np.max, wrt="a")
@vjp(np.min, wrt="a")
def extremum_a(ct: Any, a: Any, out: Any, where: Any, initial: Any, *, axis: Any, keepdims: Any) -> Any:
    best = expand(out, np.ndim(a), axis, keepdims)
    tied = _tied(a, best, where)
    share = expand(ct, np.ndim(a), axis, keepdims) / _rivals(tied, best, initial, axis)
    return np.where(tied, share, np.zeros((), ct.dtype))


@vjp(fmax_reduce, wrt="initial")
@vjp(fmin_reduce, wrt="initial")
@vjp(np.nanmax, wrt="initial")
@vjp(np.nanmin, wrt="initial")
@vjp(np.max, wrt="initial")
@vjp(np.min, wrt="initial")
def extremum_initial(ct: Any, a: Any, out: Any, where: Any, initial: Any, *, axis: Any, keepdims: Any) -> Any:
    best = expand(out, np.ndim(a), axis, keepdims)
    share = expand(ct, np.ndim(a), axis, keepdims) / _rivals(_tied(a, best, where), best, initial, axis)
    return np.where(best == initial, share, np.zeros((), ct.dtype))


# The same with a number to start from as an array argument: what compiled code applies.


@operation(reduction=True)
def max_from(a: Any, initial: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """`np.max(a, initial=initial)`."""
    return np.max(a, axis=axis, keepdims=keepdims, initial=initial)


@operation(reduction=True)
def min_from(a: Any, initial: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """`np.min(a, initial=initial)`."""
    return np.min(a, axis=axis, keepdims=keepdims, initial=initial)


@operation(reduction=True)
def fmax_from(a: Any, initial: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """`np.fmax.reduce(a, initial=initial)`."""
    return np.fmax.reduce(a, axis=axis, keepdims=keepdims, initial=initial)


@operation(reduction=True)
def fmin_from(a: Any, initial: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """`np.fmin.reduce(a, initial=initial)`."""
    return np.fmin.reduce(a, axis=axis, keepdims=keepdims, initial=initial)


@vjp(max_from, wrt="a")
@vjp(min_from, wrt="a")
@vjp(fmax_from, wrt="a")
@vjp(fmin_from, wrt="a")
def extremum_from_a(ct: Any, a: Any, out: Any, initial: Any, *, axis: Any, keepdims: Any) -> Any:
    return extremum_a(ct, a, out, None, initial, axis=axis, keepdims=keepdims)


@vjp(max_from, wrt="initial")
@vjp(min_from, wrt="initial")
@vjp(fmax_from, wrt="initial")
@vjp(fmin_from, wrt="initial")
def extremum_from_initial(ct: Any, a: Any, out: Any, initial: Any, *, axis: Any, keepdims: Any) -> Any:
    return extremum_initial(ct, a, out, None, initial, axis=axis, keepdims=keepdims)


alias(np.amax, of=np.max)
alias(np.amin, of=np.min)


# Variances.


def _masked(values: Any, where: Any) -> Any:
    return values if where is None else np.where(where, values, np.zeros((), values.dtype))


def _deviations(a: Any, where: Any, mean: Any, axis: Any) -> Any:
    """The distances from the mean, zero outside the mask."""
    centre = np.mean(a, axis=axis, keepdims=True, **_given(where=where)) if mean is None else mean
    return _masked(a - centre, where)


def _conjugate(a: Any) -> Any:
    return np.conjugate(a) if np.iscomplexobj(a) else a


def _freedom(shape: Any, where: Any, axis: Any, ddof: Any, correction: Any) -> Any:
    """The number that a variance divides by."""
    return np.maximum(_count(shape, where, axis) - (ddof if correction is None else correction), 0)


declare(np.var, reduction=True)


@vjp(np.var, wrt="a")
def var_a(ct: Any, a: Any, where: Any, mean: Any, *, axis: Any, ddof: Any, correction: Any, keepdims: Any) -> Any:
    """The mean's own derivative drops out where the mean is that of `a`, since the deviations sum to zero."""
    share = expand(ct, np.ndim(a), axis, keepdims) / _freedom(np.shape(a), where, axis, ddof, correction)
    return _masked(2.0 * share * _conjugate(_deviations(a, where, mean, axis)), where)


@vjp(np.var, wrt="mean")
def var_mean(ct: Any, a: Any, where: Any, mean: Any, *, axis: Any, ddof: Any, correction: Any, keepdims: Any) -> Any:
    share = expand(ct, np.ndim(a), axis, keepdims) / _freedom(np.shape(a), where, axis, ddof, correction)
    return _masked(-2.0 * share * _conjugate(_deviations(a, where, mean, axis)), where)


declare(np.std, reduction=True)


@vjp(np.std, wrt="a")
def std_a(
    ct: Any, a: Any, out: Any, where: Any, mean: Any, *, axis: Any, ddof: Any, correction: Any, keepdims: Any
) -> Any:
    """The derivative of the root of the variance; zero, the subgradient of least norm, where the deviation is zero.

    Deviations are taken from their own mean once more: for equal data the rounding error of the mean is then not
    mistaken for a deviation.
    """
    apart = _deviations(a, where, mean, axis)
    apart = apart if mean is not None else _deviations(apart, where, None, axis)
    share = expand(ct, np.ndim(a), axis, keepdims) / _freedom(np.shape(a), where, axis, ddof, correction)
    return _masked(share * over_length(_conjugate(apart), expand(out, np.ndim(a), axis, keepdims)), where)


@vjp(np.std, wrt="mean")
def std_mean(
    ct: Any, a: Any, out: Any, where: Any, mean: Any, *, axis: Any, ddof: Any, correction: Any, keepdims: Any
) -> Any:
    apart = _conjugate(_deviations(a, where, mean, axis))
    share = expand(ct, np.ndim(a), axis, keepdims) / _freedom(np.shape(a), where, axis, ddof, correction)
    return _masked(-share * over_length(apart, expand(out, np.ndim(a), axis, keepdims)), where)


# Reductions of ufuncs that are no functions of NumPy.


@operation(reduction=True)
def hypot_reduce(
    a: Any,
    *,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """`np.hypot.reduce`: the Euclidean norm."""
    return _reduce(np.hypot, a, axis, dtype, keepdims, initial, where)


UFUNC_METHODS[np.hypot, "reduce"] = hypot_reduce


@vjp(hypot_reduce, wrt="a")
def hypot_reduce_a(ct: Any, a: Any, out: Any, where: Any, *, axis: Any, keepdims: Any) -> Any:
    direction = over_length(a, expand(out, np.ndim(a), axis, keepdims))
    return _spread(ct, np.shape(a), where, axis, keepdims) * direction


@vjp(hypot_reduce, wrt="initial")
def hypot_reduce_initial(ct: Any, out: Any, initial: Any) -> Any:
    return ct * over_length(initial, out)


@operation(reduction=True)
def logaddexp_reduce(
    a: Any,
    *,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    """`np.logaddexp.reduce`: the logarithm of a sum of exponentials."""
    return _reduce(np.logaddexp, a, axis, dtype, keepdims, initial, where)


UFUNC_METHODS[np.logaddexp, "reduce"] = logaddexp_reduce


def _softmax(a: Any, total: Any, infinite: Any) -> Any:
    """`exp(a - total)`, and `infinite` where the total is infinite.

    The difference is replaced before it is exponentiated, so that no derivative of this passes through a NaN.
    """
    finite = np.exp(np.where(np.isinf(total), np.zeros((), total.dtype), a - total))
    return np.where(np.isinf(total), infinite, finite)


@vjp(logaddexp_reduce, wrt="a")
def logaddexp_reduce_a(ct: Any, a: Any, out: Any, where: Any, initial: Any, *, axis: Any, keepdims: Any) -> Any:
    """Infinite elements share equally; where all are minus infinity the weights are zero, their limit of least norm."""
    total = expand(out, np.ndim(a), axis, keepdims)
    tied = _tied(a, total, where) & (total > 0)
    share = tied / _rivals(tied, total, initial, axis)
    return _spread(ct, np.shape(a), where, axis, keepdims) * _softmax(a, total, share.astype(ct.dtype))


@vjp(logaddexp_reduce, wrt="initial")
def logaddexp_reduce_initial(ct: Any, a: Any, out: Any, where: Any, initial: Any, *, axis: Any, keepdims: Any) -> Any:
    total = expand(out, np.ndim(a), axis, keepdims)
    won = (total == initial) & (total > 0)
    share = won / _rivals(_tied(a, total, where) & (total > 0), total, initial, axis)
    return expand(ct, np.ndim(a), axis, keepdims) * _softmax(initial, total, share.astype(ct.dtype))
