"""Sums of powers and of exponentials along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["largest", "log_sum_exp", "power_norm", "sign_of_sum"]


def power_norm(out: Any, x: Any, *, ord: Any, axis: Any, keepdims: bool) -> None:
    """`np.linalg.norm(x, ord, axis, keepdims)` of vectors, for an order other than 1, 2 and the infinities."""
    out[...] = np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)


def largest(out: Any, x: Any, *, axis: Any) -> None:
    """`np.max(x, axis, keepdims=True)`."""
    out[...] = np.max(x, axis=axis, keepdims=True)


def _scaled_sum(a: Any, b: Any, axis: Any) -> tuple[Any, Any]:
    """The greatest exponent, and the sum of the terms divided by its exponential."""
    greatest = np.max(np.real(a), axis=axis, keepdims=True)
    shift = np.where(np.isfinite(greatest), greatest, 0)
    return shift, np.sum(b * np.exp(a - shift), axis=axis, keepdims=True)


def log_sum_exp(out: Any, a: Any, b: Any, *, axis: Any) -> None:
    """The logarithm of the sum of `b * exp(a)`."""
    shift, total = _scaled_sum(a, b, axis)
    out[...] = np.log(total) + shift


def sign_of_sum(out: Any, a: Any, b: Any, *, axis: Any) -> None:
    """The sign of the sum of `b * exp(a)`."""
    _, total = _scaled_sum(a, b, axis)
    out[...] = np.sign(total)
