"""Products, Euclidean lengths and logarithms of sums of exponentials along axes, of no elements too.

`added_product` is what the machine code of its name is tested against; it fills nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.library.reducing import join_into, reduced_axes, without_kept

__all__ = ["added_product", "hypotenuse", "log_sum", "product"]


def _from(start: float, out: Any, a: Any, axis: Any, keepdims: bool, join: Callable[[Any, Any], Any]) -> None:
    axes = reduced_axes(a.ndim, axis)
    found = without_kept(out, a.ndim, axes, keepdims)
    found[...] = start
    join_into(found, a, axes, join)


def product(out: Any, a: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.prod`."""
    _from(1, out, a, axis, keepdims, np.multiply)


def hypotenuse(out: Any, a: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.hypot.reduce`."""
    _from(0.0, out, a, axis, keepdims, np.hypot)


def log_sum(out: Any, a: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.logaddexp.reduce`."""
    _from(-np.inf, out, a, axis, keepdims, np.logaddexp)


def added_product(total: Any, x1: Any, x2: Any) -> Any:
    """`total + x1 @ x2`, for matrices."""
    return total + np.matmul(x1, x2)
