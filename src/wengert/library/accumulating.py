"""Running extrema and sums, and linear recurrences, along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["accumulated_log_sum", "accumulated_maximum", "accumulated_minimum", "recurrence"]


def _accumulate(out: Any, a: Any, axis: int, join: Callable[[Any, Any], Any]) -> None:
    """Each element joined with the result before it; the loops run in the order of the axes."""
    out[...] = a
    _accumulate_along(out, axis % a.ndim, join)


def _accumulate_along(a: Any, axis: int, join: Callable[[Any, Any], Any]) -> None:
    if axis > 0:
        for i in range(a.shape[0]):
            _accumulate_along(a[i], axis - 1, join)
    elif a.ndim == 1:
        for i in range(1, a.shape[0]):
            a[i] = join(a[i - 1], a[i])
    else:
        for i in range(1, a.shape[0]):
            _join_each(a[i - 1], a[i], join)


def _join_each(before: Any, a: Any, join: Callable[[Any, Any], Any]) -> None:
    for i in range(a.shape[0]):
        if a.ndim == 1:
            a[i] = join(before[i], a[i])
        else:
            _join_each(before[i], a[i], join)


def accumulated_maximum(out: Any, a: Any, *, axis: int) -> None:
    """`np.maximum.accumulate`."""
    _accumulate(out, a, axis, np.maximum)


def accumulated_minimum(out: Any, a: Any, *, axis: int) -> None:
    """`np.minimum.accumulate`."""
    _accumulate(out, a, axis, np.minimum)


def accumulated_log_sum(out: Any, a: Any, *, axis: int) -> None:
    """`np.logaddexp.accumulate`."""
    _accumulate(out, a, axis, np.logaddexp)


def recurrence(out: Any, factor: Any, addend: Any, *, axis: int) -> None:
    """`s[i] = factor[i] * s[i - 1] + addend[i]`; 0 times anything is 0."""
    out[...] = addend
    _recur(np.moveaxis(out, axis, 0), np.moveaxis(factor, axis, 0))


def _recur(s: Any, factor: Any) -> None:
    for i in range(1, s.shape[0]):
        if s.ndim > 1:
            _add_multiples(s[i - 1], s[i], factor[i])
        elif s[i - 1] != 0:
            s[i] += factor[i] * s[i - 1]


def _add_multiples(before: Any, s: Any, factor: Any) -> None:
    for k in range(s.shape[0]):
        if s.ndim > 1:
            _add_multiples(before[k], s[k], factor[k])
        elif before[k] != 0:
            s[k] += factor[k] * before[k]
