"""`logsumexp`, `softmax` and `log_softmax` of `scipy.special`.

They are Python functions that take no part in NumPy's protocols: the record engine routes their calls to the table.
A maximum that is subtracted before `exp` cancels, so it is a constant here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from wengert.ops.table import composite, operation, vjp
from wengert.rules.casting import as_array

__all__ = ["largest", "log_sum_exp", "sign_of_sum"]


@operation(constant=["x"])
def largest(x: Any, axis: Any) -> Any:
    """`np.max(x, axis, keepdims=True)` as a constant."""
    return np.max(x, axis=axis, keepdims=True)


@operation(constant=["a", "b"])
def sign_of_sum(a: Any, b: Any, axis: Any) -> Any:
    """The sign of the sum of `b * exp(a)` along axes, which are kept."""
    return special.logsumexp(a, axis=axis, b=b, keepdims=True, return_sign=True)[1]


@operation(reduction=True)
def log_sum_exp(a: Any, b: Any, *, axis: Any) -> Any:
    """`scipy.special.logsumexp(a, axis, b, keepdims=True)`, for arrays `a` and `b` of one shape."""
    return special.logsumexp(a, axis=axis, b=b, keepdims=True)


def _shares(a: Any, out: Any) -> Any:
    """`exp(a - out)`, and 0 where the sum is 0."""
    return np.exp(a - np.where(out == -np.inf, 0.0, out))


@vjp(log_sum_exp, wrt="a", singular=True)
def log_sum_exp_a(ct: Any, a: Any, b: Any, out: Any) -> Any:
    return ct * (b * _shares(a, out))


@vjp(log_sum_exp, wrt="b", singular=True)
def log_sum_exp_b(ct: Any, a: Any, out: Any) -> Any:
    return ct * _shares(a, out)


@composite(special.logsumexp)
def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    a = np.atleast_1d(as_array(a))
    weights = np.ones_like(a) if b is None else as_array(b)
    a, weights = np.broadcast_arrays(a, weights)
    a = np.where((weights == 0) & ~np.isfinite(a), -np.inf, a)  # a term of weight 0 adds nothing, whatever it is
    axis = tuple(range(a.ndim)) if axis is None else axis
    sign = sign_of_sum(a, weights, axis) if return_sign else None
    found = log_sum_exp(a, weights if sign is None else weights * np.conjugate(sign), axis=axis)
    if sign is not None:
        found = np.real(found)
    if not keepdims:
        found = np.squeeze(found, axis=axis)[()]
        sign = None if sign is None else np.squeeze(sign, axis=axis)[()]
    return found if sign is None else (found, sign)


@composite(special.softmax)
def softmax(x: Any, axis: Any = None) -> Any:
    x = as_array(x)
    powers = np.exp(x - largest(x, axis))
    return powers / np.sum(powers, axis=axis, keepdims=True)


@composite(special.log_softmax)
def log_softmax(x: Any, axis: Any = None) -> Any:
    x = as_array(x)
    shift = largest(x, axis)
    below = x - np.where(np.isfinite(shift), shift, 0.0)
    return below - np.log(np.sum(np.exp(below), axis=axis, keepdims=True))
