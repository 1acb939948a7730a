"""Discrete convolution and correlation, and the polynomials that are arrays of coefficients.

A convolution is bilinear: the transpose with respect to one argument is the convolution of the cotangent with the other
one reversed. Modes other than "full" are the same with a cotangent that is zero on the elements left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import composite, declare, unsupported, vjp
from wengert.rules.casting import as_array

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
    value = np.zeros_like(x)
    for coefficient in as_array(p):
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
    return np.pad(a1, (longest - len(a1), 0)), np.pad(a2, (longest - len(a2), 0))


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    return np.add(*_same_length(a1, a2))


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    return np.subtract(*_same_length(a1, a2))


def _without_leading_zeros(p: Any) -> Any:
    trimmed = np.trim_zeros(np.atleast_1d(p), "f")
    return trimmed if np.size(trimmed) else np.zeros(1, trimmed.dtype)


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
    if np.size(zeros) == 0:
        return 1.0
    coefficients = np.ones(1, zeros.dtype)
    for zero in zeros:
        coefficients = np.convolve(coefficients, np.stack((np.ones((), zeros.dtype), -zero)))
    if np.iscomplexobj(zeros) and np.all(np.sort(zeros) == np.sort(np.conjugate(zeros))):
        return np.copy(np.real(coefficients))
    return coefficients


unsupported(np.roots, reason="the roots of a polynomial have no order that holds while its coefficients change")
