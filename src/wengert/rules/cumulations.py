"""Cumulations along an axis: running sums, products and extrema, and sums over segments.

The reverse derivative of a cumulation is a recurrence from the end. That of products is `r[i] = ct[i] + a[i+1] r[i+1]`,
which divides by nothing and so is right where elements are zero. All of them are written with one operation of ours,
`linear_recurrence`, whose derivatives are linear recurrences again.
Source: Blelloch, "Prefix Sums and Their Applications", CMU-CS-90-190 (1990), section 1.4.1, first-order recurrences.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import UFUNC_METHODS, composite, declare, operation, vjp

__all__ = [
    "add_reduceat",
    "linear_recurrence",
    "logaddexp_accumulate",
    "maximum_accumulate",
    "minimum_accumulate",
    "segment_sum",
]


def _along(axis: int, rank: int, part: slice) -> tuple[slice, ...]:
    """An index that takes a part of one axis."""
    return (slice(None),) * (axis % rank) + (part,)


def _reverse(a: Any, axis: int) -> Any:
    return a[_along(axis, np.ndim(a), slice(None, None, -1))]


def _earlier(a: Any, first: Any, axis: int) -> Any:
    """`a` moved one place along the axis: element i is `a[i - 1]`; `first` makes the first element from the old one."""
    rank = np.ndim(a)
    head = first(a[_along(axis, rank, slice(None, 1))])
    return np.concatenate([head, a[_along(axis, rank, slice(None, -1))]], axis=axis)


def _later(a: Any, axis: int) -> Any:
    """`a` moved one place back along the axis: element i is `a[i + 1]`, the last is 0."""
    rank = np.ndim(a)
    tail = np.zeros_like(a[_along(axis, rank, slice(None, 1))])
    return np.concatenate([a[_along(axis, rank, slice(1, None))], tail], axis=axis)


@operation(linear=["addend"])
def linear_recurrence(factor: Any, addend: Any, *, axis: int) -> Any:
    """`s[i] = factor[i] * s[i - 1] + addend[i]` along an axis; the first factor is not used, and 0 times anything is 0.

    Computed in log2(n) passes over the array; after each, `s` holds the sums over windows of twice the width.
    """
    total = np.moveaxis(np.array(addend, dtype=np.result_type(factor, addend)), axis, -1)
    window = np.moveaxis(np.array(factor), axis, -1)
    width = 1
    while width < total.shape[-1]:
        before = total[..., :-width]
        total[..., width:] += np.where(before == 0, np.zeros((), total.dtype), window[..., width:] * before)
        window[..., width:] = window[..., width:] * window[..., :-width]
        width *= 2
    return np.moveaxis(total, -1, axis)


def _recurrence_from_the_end(factor: Any, addend: Any, axis: int) -> Any:
    """`r[i] = factor[i + 1] * r[i + 1] + addend[i]`: the transpose of `linear_recurrence` in its addend."""
    reversed_factor = _reverse(_later(factor, axis), axis)
    return _reverse(linear_recurrence(reversed_factor, _reverse(addend, axis), axis=axis), axis)


@vjp(linear_recurrence, wrt="addend")
def linear_recurrence_addend(ct: Any, factor: Any, *, axis: Any) -> Any:
    return _recurrence_from_the_end(factor, ct, axis)


@vjp(linear_recurrence, wrt="factor")
def linear_recurrence_factor(ct: Any, factor: Any, out: Any, *, axis: Any) -> Any:
    return _recurrence_from_the_end(factor, ct, axis) * _earlier(out, np.zeros_like, axis)


# Running sums and products.

declare(np.cumsum, linear=["a"])


@vjp(np.cumsum, wrt="a")
def cumsum_a(ct: Any, a_shape: Any, *, axis: Any) -> Any:
    along = 0 if axis is None else axis
    return np.reshape(_reverse(np.cumsum(_reverse(ct, along), axis=along), along), a_shape)


declare(np.cumprod)


@vjp(np.cumprod, wrt="a")
def cumprod_a(ct: Any, a: Any, out: Any, *, axis: Any) -> Any:
    along = 0 if axis is None else axis
    factor = np.reshape(a, np.shape(out))
    return np.reshape(_earlier(out, np.ones_like, along) * _recurrence_from_the_end(factor, ct, along), np.shape(a))


def _one_axis(a: Any, axis: Any) -> Any:
    """The axis of `ufunc.accumulate`, which takes neither numbers nor several axes where `cumsum` does."""
    if np.ndim(a) == 0:
        raise TypeError("cannot accumulate on a scalar")
    axes = axis if isinstance(axis, tuple) else range(np.ndim(a)) if axis is None else (axis,)
    if len(axes) != 1:
        raise ValueError("accumulate does not allow multiple axes")
    return axes[0]


def _add_accumulate(a: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return np.cumsum(a, _one_axis(a, axis), dtype, out)


def _multiply_accumulate(a: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return np.cumprod(a, _one_axis(a, axis), dtype, out)


UFUNC_METHODS[np.add, "accumulate"] = _add_accumulate
UFUNC_METHODS[np.multiply, "accumulate"] = _multiply_accumulate


def _cumulative(function: Any, first: Any, x: Any, axis: Any, dtype: Any, include_initial: bool) -> Any:
    if np.ndim(x) > 1 and axis is None:
        raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
    along = 0 if axis is None else _one_axis(x, axis) if isinstance(axis, tuple) else axis
    result = function(x, axis=along, dtype=dtype)
    if not include_initial:
        return result
    head_shape = list(np.shape(result))
    head_shape[along] = 1
    return np.concatenate([np.full(head_shape, first, result.dtype), result], axis=along)


if hasattr(np, "cumulative_sum"):  # since NumPy 2.1

    @composite(np.cumulative_sum)
    def cumulative_sum(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        return _cumulative(np.cumsum, 0, x, axis, dtype, include_initial)

    @composite(np.cumulative_prod)
    def cumulative_prod(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        return _cumulative(np.cumprod, 1, x, axis, dtype, include_initial)


# Running extrema.


@operation()
def maximum_accumulate(a: Any, *, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """`np.maximum.accumulate`."""
    return np.maximum.accumulate(a, axis, dtype, out)


@operation()
def minimum_accumulate(a: Any, *, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """`np.minimum.accumulate`."""
    return np.minimum.accumulate(a, axis, dtype, out)


UFUNC_METHODS[np.maximum, "accumulate"] = maximum_accumulate
UFUNC_METHODS[np.minimum, "accumulate"] = minimum_accumulate


def _same(a: Any, b: Any) -> Any:
    return (a == b) | (np.isnan(a) & np.isnan(b))


@vjp(maximum_accumulate, wrt="a")
@vjp(minimum_accumulate, wrt="a")
def extremum_accumulate_a(ct: Any, a: Any, out: Any, *, axis: Any) -> Any:
    """Each result is shared equally by the elements so far that equal it.

    Elements equal to the result lie in the run of equal results, so counts and sums are recurrences that stop at the
    ends of the run.
    """
    equal = _same(a, out)
    unbroken = _same(out, _earlier(out, np.zeros_like, axis)).astype(ct.dtype)
    sharing = linear_recurrence(unbroken, equal.astype(ct.dtype), axis=axis)
    collected = _recurrence_from_the_end(unbroken, ct / sharing, axis)
    return np.where(equal, collected, np.zeros((), ct.dtype))


@operation()
def logaddexp_accumulate(a: Any, *, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """`np.logaddexp.accumulate`."""
    return np.logaddexp.accumulate(a, axis, dtype, out)


UFUNC_METHODS[np.logaddexp, "accumulate"] = logaddexp_accumulate


def _exp_of_difference(a: Any, b: Any) -> Any:
    """`exp(a - b)`, one for two equal infinities; the difference is replaced before a derivative meets its NaN."""
    return np.exp(np.where(np.isinf(a) & (a == b), np.zeros((), b.dtype), a - b))


@vjp(logaddexp_accumulate, wrt="a")
def logaddexp_accumulate_a(ct: Any, a: Any, out: Any, *, axis: Any) -> Any:
    """With `w[i, k] = exp(a[i] - out[k])`, which is `exp(a[i] - out[i])` times the ratios of the sums from i to k.

    All these are at most one. The ratio of two infinite sums is one; the weight of an infinity in its own sum is one
    for plus and zero for minus infinity.
    """
    ratio = _exp_of_difference(_earlier(out, np.copy, axis), out)
    own = np.where(np.isneginf(out), np.zeros((), out.dtype), _exp_of_difference(a, out))
    return own * _recurrence_from_the_end(ratio, ct, axis)


# Sums over segments.


@operation(linear=["x"], constant=["segments"])
def segment_sum(x: Any, segments: Any, *, length: int) -> Any:
    """The sums of the elements along the first axis that have the same segment number, for `length` segments."""
    total = np.zeros((length, *np.shape(x)[1:]), np.result_type(x))
    np.add.at(total, segments, x)
    return total


@vjp(segment_sum, wrt="x")
def segment_sum_x(ct: Any, segments: Any) -> Any:
    return ct[segments]


@operation(linear=["a"], constant=["indices"])
def add_reduceat(a: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """`np.add.reduceat`."""
    return np.add.reduceat(a, indices, axis, dtype, out)


UFUNC_METHODS[np.add, "reduceat"] = add_reduceat


@vjp(add_reduceat, wrt="a")
def add_reduceat_a(ct: Any, a_shape: Any, indices: Any, *, axis: Any) -> Any:
    """Segment i is from `indices[i]` to before `indices[i + 1]`, or one element where that is not greater."""
    length, rank = a_shape[axis], len(a_shape)
    start = np.asarray(indices)
    stop = np.append(start[1:], length)
    width = np.maximum(stop - start, 1)
    segment = np.repeat(np.arange(len(start)), width)
    element = np.arange(width.sum()) - np.repeat(np.cumsum(width) - width, width) + start[segment]
    swap = tuple(_swapped(axis % rank, rank))
    return np.transpose(segment_sum(np.transpose(ct, swap)[segment], element, length=length), swap)


def _swapped(axis: int, rank: int) -> list[int]:
    """The order of axes with the first and this one exchanged."""
    order = list(range(rank))
    order[0], order[axis] = axis, 0
    return order
