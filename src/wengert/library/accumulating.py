"""Running extrema and sums along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["accumulated_log_sum", "accumulated_maximum", "accumulated_minimum"]


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
