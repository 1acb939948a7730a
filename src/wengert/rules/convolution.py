"""Discrete convolution and correlation, and the polynomials that are arrays of coefficients.

A convolution is bilinear: the transpose with respect to one argument is the convolution of the cotangent with the other
one reversed. Modes other than "full" are the same with a cotangent that is zero on the elements left out.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from wengert.ops.table import composite, declare, unsupported, vjp
from wengert.rules.casting import as_array, cast_to
from wengert.rules.python_values import is_empty

declare(np.convolve, linear=["a", "v"])


def _full_cotangent(ct: Any, sizes: tuple[int, int], mode: Any) -> Any:
    """The cotangent of the full convolution of arrays of these sizes, of which `mode` has taken the middle."""
    longer, shorter = max(sizes), min(sizes)
    word = {0: "valid", 1: "same", 2: "full"}.get(mode, mode)
    before = {"v": shorter - 1, "s": (shorter - 1) // 2, "f": 0}[word[0]]
    return np.pad(ct, (before, longer + shorter - 1 - before - ct.shape[0]))


@vjp(np.convolve, wrt="a")
def convolve_a(ct: Any, a_shape: Any, v: Any, *, mode: Any) -> Any:
    return _transposed(ct, a_shape, v, mode)


@vjp(np.convolve, wrt="v")
def convolve_v(ct: Any, a: Any, v_shape: Any, *, mode: Any) -> Any:
    return _transposed(ct, v_shape, a, mode)


def _transposed(ct: Any, shape: tuple[int, ...], other: Any, mode: Any) -> Any:
    other = np.reshape(other, -1)
    size = shape[0] if shape else 1
    full = _full_cotangent(ct, (size, other.shape[0]), mode)
    return np.reshape(np.convolve(full, other[::-1], "valid"), shape)


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    reverse = np.conjugate(np.reshape(v, -1)[::-1])
    short, long = np.size(a), np.size(v)
    if short >= long or mode not in ("same", 1, "s"):
        return np.convolve(a, reverse, mode)
    # NumPy swaps the arguments and turns the result round, so the middle of an even length is the other one.
    start = short // 2
    return np.convolve(a, reverse, "full")[start : start + long]


# Polynomials, highest power first.


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    x = as_array(x)
    p = as_array(p)
    value = np.zeros(np.shape(x), np.result_type(x.dtype, p.dtype)) + 0
    for coefficient in p:
        value = value * x + coefficient
    return value


@composite(np.polynomial.polynomial.polyval)
def polynomial_polyval(x: Any, c: Any, tensor: bool = True) -> Any:
    c = np.atleast_1d(as_array(c))
    c = c if c.dtype.kind in "fc" else c.astype(np.float64)
    x = as_array(x)
    if tensor and np.ndim(x):
        c = np.reshape(c, np.shape(c) + (1,) * np.ndim(x))
    value = c[-1] + x * 0
    for i in range(2, len(c) + 1):
        value = c[-i] + value * x
    return value


def _same_length(a1: Any, a2: Any) -> tuple[Any, Any]:
    a1, a2 = np.atleast_1d(a1, a2)
    longest = max(len(a1), len(a2))
    first, second = (np.concatenate((np.zeros(longest - len(a), a.dtype), a)) for a in (a1, a2))
    return first, second


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    return np.add(*_same_length(a1, a2))


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    return np.subtract(*_same_length(a1, a2))


def _without_leading_zeros(p: Any) -> Any:
    p = np.atleast_1d(p)
    p = np.concatenate((np.zeros(1, p.dtype), p))
    return p[min(int(np.argmax(np.append(p != 0, True))), len(p) - 1) :]


@composite(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


@composite(np.polyder)
def polyder(p: Any, m: Any = 1) -> Any:
    m = int(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    p = as_array(p)
    for _ in range(m):
        p = p[:-1] * np.arange(len(p) - 1, 0, -1)
    return p


@composite(np.polyint)
def polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    m = int(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants = np.atleast_1d(np.zeros(m) if k is None else as_array(k))
    if len(constants) == 1 and m > 1:
        constants = constants[0] * np.ones(m)
    if len(constants) < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    p = as_array(p)
    for i in range(m):
        p = np.concatenate((p / np.arange(len(p), 0, -1), constants[i : i + 1]))
    return p


@composite(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    zeros = np.atleast_1d(seq_of_zeros)
    if np.ndim(zeros) == 2 and zeros.shape[0] == zeros.shape[1] != 0:
        zeros = np.linalg.eigvals(zeros)
    elif np.ndim(zeros) != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    if is_empty(zeros):
        return 1.0
    nothing = np.zeros(1, zeros.dtype)
    coefficients = np.concatenate((np.ones(1, zeros.dtype), np.zeros(np.size(zeros), zeros.dtype)))
    for zero in zeros:
        coefficients = coefficients - zero * np.concatenate((nothing, coefficients[:-1]))
    if np.iscomplexobj(zeros) and np.all(np.sort(zeros) == np.sort(np.conjugate(zeros))):
        return np.copy(np.real(coefficients))
    return coefficients


@composite(np.polydiv)
def polydiv(u: Any, v: Any) -> Any:
    remainder, divisor = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    kind, width = np.result_type(remainder, divisor), len(divisor)
    remainder = cast_to(remainder, kind)
    quotient = [np.zeros((), kind)] if len(remainder) < width else []
    for k in range(len(remainder) - width + 1):
        digit = 1.0 / divisor[0] * remainder[k]
        quotient.append(digit)
        rest = remainder[k : k + width] - digit * divisor
        remainder = np.concatenate((remainder[:k], rest, remainder[k + width :]))
    while np.allclose(remainder[0], 0, rtol=1e-14) and len(remainder) > 1:
        remainder = remainder[1:]
    return np.stack(quotient), remainder


def _weighted(w: Any, y: Any) -> Any:
    """The weights of the equations, for one right side or several."""
    if np.ndim(w) != 1:
        raise TypeError("expected a 1-d array for weights")
    if np.shape(w)[0] != np.shape(y)[0]:
        raise TypeError("expected w and y to have the same length")
    return as_array(w) + 0.0


@composite(np.polyfit)
def polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    order = int(deg) + 1
    x, y = as_array(x) + 0.0, as_array(y) + 0.0
    if deg < 0:
        raise ValueError("expected deg >= 0")
    if np.ndim(x) != 1:
        raise TypeError("expected 1D vector for x")
    if np.size(x) == 0:
        raise TypeError("expected non-empty vector for x")
    if np.ndim(y) not in (1, 2):
        raise TypeError("expected 1D or 2D array for y")
    if np.shape(x)[0] != np.shape(y)[0]:
        raise TypeError("expected x and y to have same length")
    rcond = len(x) * float(np.finfo(x.dtype).eps) if rcond is None else rcond
    left, right = np.vander(x, order), y
    if w is not None:
        weights = _weighted(w, y)
        left = left * weights[:, None]
        right = right * (weights[:, None] if np.ndim(y) == 2 else weights)
    scale = np.sqrt(np.sum(left * left, axis=0))
    left = left / scale
    c, residuals, rank, s = np.linalg.lstsq(left, right, rcond)
    c = np.transpose(np.transpose(c) / scale)
    if rank != order and not full:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    if full:
        return c, residuals, rank, s, rcond
    if not cov:
        return c
    base = np.linalg.inv(np.matmul(np.transpose(left), left)) / np.outer(scale, scale)
    if cov == "unscaled":
        factor: Any = 1
    elif len(x) <= order:
        raise ValueError("the number of data points must exceed order to scale the covariance matrix")
    else:
        factor = residuals / (len(x) - order)
        factor = np.reshape(factor, ()) if np.ndim(y) == 1 else factor
    return c, (base * factor if np.ndim(y) == 1 else base[:, :, None] * factor)


unsupported(np.roots, reason="the roots of a polynomial have no order that holds while its coefficients change")
