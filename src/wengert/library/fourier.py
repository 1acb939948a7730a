"""Discrete Fourier transforms along an axis, in double precision.

Powers of two by Stockham's form of the fast transform (Swarztrauber, "FFT algorithms for vector computers", Parallel
Computing 1, 1984), other lengths as a convolution of such a length (Bluestein, "A linear filtering approach to the
computation of the discrete Fourier transform", IEEE Transactions on Audio and Electroacoustics 18, 1970).
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["fft", "ifft", "irfft", "rfft"]


def _powers(n: int, sign: float) -> Any:
    """The powers of the n-th root of one."""
    found = np.empty(n, np.complex128)
    for k in range(n):
        angle = 2.0 * np.pi * k / n
        found[k] = complex(np.cos(angle), sign * np.sin(angle))
    return found


def _fast(x: Any, y: Any, roots: Any) -> None:
    """The transform of `x` in place, whose length is a power of two; `y` is room."""
    half, width = x.shape[0] // 2, 1
    while half >= 1:
        for j in range(half):
            root = roots[j * width]
            for k in range(width):
                first, second = x[j * width + k], x[(j + half) * width + k]
                y[2 * j * width + k] = first + second
                y[(2 * j + 1) * width + k] = root * (first - second)
        x[:] = y
        half //= 2
        width *= 2


def _chirp(n: int, sign: float) -> Any:
    """`exp(sign i pi k**2 / n)`, of a square taken modulo 2 n, so that nothing is lost."""
    found = np.empty(n, np.complex128)
    for k in range(n):
        angle = np.pi * ((k * k) % (2 * n)) / n
        found[k] = complex(np.cos(angle), sign * np.sin(angle))
    return found


def _transform(out: Any, a: Any, sign: float, scale: float) -> None:
    """Transforms of all rows; the scale is that of the result."""
    n = a.shape[-1]
    width = 1
    while width < n:
        width *= 2
    if width == n:
        roots = _powers(n, sign)
        _fast_rows(out, a, roots, scale)
    else:
        width *= 2
        chirp, roots = _chirp(n, sign), _powers(width, -1.0)
        spectrum, room = np.zeros(width, np.complex128), np.empty(width, np.complex128)
        spectrum[0] = chirp[0].conjugate()
        for k in range(1, n):
            spectrum[k] = chirp[k].conjugate()
            spectrum[width - k] = chirp[k].conjugate()
        _fast(spectrum, room, roots)
        _chirp_rows(out, a, chirp, spectrum, roots, scale)


def _fast_rows(out: Any, a: Any, roots: Any, scale: float) -> None:
    if a.ndim > 1:
        for i in range(a.shape[0]):
            _fast_rows(out[i], a[i], roots, scale)
    else:
        x, room = np.empty(a.shape[0], np.complex128), np.empty(a.shape[0], np.complex128)
        x[:] = a
        _fast(x, room, roots)
        for k in range(out.shape[0]):
            out[k] = x[k] * scale


def _chirp_rows(out: Any, a: Any, chirp: Any, spectrum: Any, roots: Any, scale: float) -> None:
    if a.ndim > 1:
        for i in range(a.shape[0]):
            _chirp_rows(out[i], a[i], chirp, spectrum, roots, scale)
    else:
        width = spectrum.shape[0]
        x, room = np.zeros(width, np.complex128), np.empty(width, np.complex128)
        for k in range(a.shape[0]):
            x[k] = a[k] * chirp[k]
        _fast(x, room, roots)
        for k in range(width):
            x[k] = (x[k] * spectrum[k]).conjugate()
        _fast(x, room, roots)
        for k in range(out.shape[0]):
            out[k] = x[k].conjugate() * chirp[k] * (scale / width)


def _scale(n: int, norm: Any, inverse: bool) -> float:
    """By what a transform of length n is multiplied."""
    if norm == "ortho":
        return 1.0 / float(np.sqrt(n))
    return 1.0 / n if (norm == "forward") != inverse else 1.0


def fft(out: Any, a: Any, *, axis: int, norm: Any) -> None:
    """`np.fft.fft`."""
    _transform(np.moveaxis(out, axis, -1), np.moveaxis(a, axis, -1), -1.0, _scale(a.shape[axis], norm, False))


def ifft(out: Any, a: Any, *, axis: int, norm: Any) -> None:
    """`np.fft.ifft`."""
    _transform(np.moveaxis(out, axis, -1), np.moveaxis(a, axis, -1), 1.0, _scale(a.shape[axis], norm, True))


def rfft(out: Any, a: Any, *, axis: int, norm: Any) -> None:
    """`np.fft.rfft`."""
    fft(out, a, axis=axis, norm=norm)


def irfft(out: Any, a: Any, *, axis: int, norm: Any) -> None:
    """`np.fft.irfft`, of as many elements as half the spectrum of the result has."""
    moved, rows = np.moveaxis(out, axis, -1), np.moveaxis(a, axis, -1)
    n = moved.shape[-1]
    whole, found = np.empty(moved.shape, np.complex128), np.empty(moved.shape, np.complex128)
    _mirror(whole, rows)
    _transform(found, whole, 1.0, _scale(n, norm, True))
    moved[...] = found.real


def _mirror(whole: Any, half: Any) -> None:
    """The spectrum of real numbers from its first half."""
    if whole.ndim > 1:
        for i in range(whole.shape[0]):
            _mirror(whole[i], half[i])
    else:
        n = whole.shape[0]
        whole[0] = half[0].real
        for k in range(1, half.shape[0]):
            whole[k] = half[k]
            whole[n - k] = half[k].conjugate()
        if n % 2 == 0:
            whole[n // 2] = half[n // 2].real
