"""Discrete Fourier transforms.

What goes in: cotangents of transforms, with the length, axis and normalisation of the call. What holds: the matrix of
`fft` is symmetric, so its transpose is itself; cutting the input to the length transposes to padding, and padding to
cutting. A real transform keeps half of a spectrum that has Hermitian symmetry; the elements that stand for two count
twice in its transpose: all but the first and, for an even length, the last. Transforms over several axes, and those of
Hermitian input, are defined by the others as in NumPy. Source: Oppenheim and Schafer, *Discrete-Time Signal
Processing*, 3rd ed., chapter 8.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.ops.table import composite, declare, vjp

__all__ = ["resized"]


@composite(np.fft.fftfreq)
def fftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    return np.rint(np.fft.fftfreq(n, device=device) * n) * (1.0 / (n * d))


@composite(np.fft.rfftfreq)
def rfftfreq(n: Any, d: Any = 1.0, device: Any = None) -> Any:
    return np.rint(np.fft.rfftfreq(n, device=device) * n) * (1.0 / (n * d))


_INVERSE_NORM: dict[Any, Any] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def resized(x: Any, size: int, axis: int) -> Any:
    """Cut, or filled up with zeros, to a length along an axis."""
    axis %= np.ndim(x)
    own = np.shape(x)[axis]
    if own == size:
        return x
    if own > size:
        return x[(slice(None),) * axis + (slice(0, size),)]
    missing = np.shape(x)[:axis] + (size - own,) + np.shape(x)[axis + 1 :]
    return np.concatenate([x, np.zeros(missing, x.dtype)], axis=axis)


def _weights(count: int, size: int, rank: int, axis: int, inner: float, dtype: Any) -> Any:
    """One for the elements of half a spectrum that are their own mirror images, `inner` for the others."""
    weights = np.full(count, inner, np.empty(0, dtype).real.dtype)
    weights[0] = 1.0
    if size % 2 == 0:
        weights[-1] = 1.0
    return np.reshape(weights, [count if i == axis % rank else 1 for i in range(rank)])


declare(np.fft.fft, linear=["a"], inert=["n"])  # the shape of the result tells it


@vjp(np.fft.fft, wrt="a")
def fft_a(ct: Any, a_shape: Any, *, axis: int, norm: Any) -> Any:
    return resized(np.fft.fft(ct, axis=axis, norm=norm), a_shape[axis], axis)


declare(np.fft.ifft, linear=["a"], inert=["n"])  # the shape of the result tells it


@vjp(np.fft.ifft, wrt="a")
def ifft_a(ct: Any, a_shape: Any, *, axis: int, norm: Any) -> Any:
    return resized(np.fft.ifft(ct, axis=axis, norm=norm), a_shape[axis], axis)


declare(np.fft.rfft, linear=["a"])


@vjp(np.fft.rfft, wrt="a")
def rfft_a(ct: Any, a_shape: Any, *, n: int | None, axis: int, norm: Any) -> Any:
    size = a_shape[axis] if n is None else n
    weights = _weights(size // 2 + 1, size, len(a_shape), axis, 0.5, ct.dtype)
    found = np.fft.irfft(np.conjugate(ct) * weights, size, axis, _INVERSE_NORM.get(norm, norm))
    return resized(found, a_shape[axis], axis)


declare(np.fft.irfft, linear=["a"], inert=["n"])  # the shape of the result tells it


@vjp(np.fft.irfft, wrt="a")
def irfft_a(ct: Any, a_shape: Any, *, axis: int, norm: Any) -> Any:
    size = np.shape(ct)[axis]
    weights = _weights(size // 2 + 1, size, len(a_shape), axis, 2.0, ct.dtype)
    found = np.conjugate(np.fft.rfft(ct, axis=axis, norm=_INVERSE_NORM.get(norm, norm))) * weights
    return resized(found, a_shape[axis], axis)


@composite(np.fft.hfft)
def hfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    return np.fft.irfft(np.conjugate(a), n, axis, _INVERSE_NORM.get(norm, norm))


@composite(np.fft.ihfft)
def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    return np.conjugate(np.fft.rfft(a, n, axis, _INVERSE_NORM.get(norm, norm)))


def _sizes_and_axes(shape: tuple[int, ...], s: Any, axes: Any, half: bool) -> tuple[list[int | None], list[int]]:
    """The length and the axis of each transform, as NumPy 2 reads them; `half`: the last reads half a spectrum."""
    if s is None:
        chosen = list(range(len(shape))) if axes is None else list(axes)
        sizes: list[int | None] = [shape[axis] for axis in chosen]
        if half and sizes:
            sizes[-1] = None
        return sizes, chosen
    if axes is None:
        warnings.warn(
            "`axes` should not be `None` if `s` is not `None` (Deprecated in NumPy 2.0).",
            DeprecationWarning,
            stacklevel=4,
        )
        axes = range(-len(s), 0)
    if len(s) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    return [shape[axis] if size == -1 else size for size, axis in zip(s, axes, strict=True)], list(axes)


def _over_axes(transform: Callable[..., Any], a: Any, s: Any, axes: Any, norm: Any) -> Any:
    sizes, chosen = _sizes_and_axes(np.shape(a), s, axes, half=False)
    for size, axis in zip(reversed(sizes), reversed(chosen), strict=True):
        a = transform(a, size, axis, norm)
    return a


@composite(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> Any:
    return _over_axes(np.fft.fft, a, s, axes, norm)


@composite(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> Any:
    return _over_axes(np.fft.ifft, a, s, axes, norm)


@composite(np.fft.fft2)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> Any:
    return _over_axes(np.fft.fft, a, s, axes, norm)


@composite(np.fft.ifft2)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> Any:
    return _over_axes(np.fft.ifft, a, s, axes, norm)


@composite(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> Any:
    sizes, chosen = _sizes_and_axes(np.shape(a), s, axes, half=False)
    a = np.fft.rfft(a, sizes[-1], chosen[-1], norm)
    for size, axis in zip(reversed(sizes[:-1]), reversed(chosen[:-1]), strict=True):
        a = np.fft.fft(a, size, axis, norm)
    return a


@composite(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: None = None) -> Any:
    sizes, chosen = _sizes_and_axes(np.shape(a), s, axes, half=True)
    for size, axis in zip(sizes[:-1], chosen[:-1], strict=True):
        a = np.fft.ifft(a, size, axis, norm)
    return np.fft.irfft(a, sizes[-1], chosen[-1], norm)


@composite(np.fft.rfft2)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> Any:
    return rfftn(a, s, axes, norm)


@composite(np.fft.irfft2)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: None = None) -> Any:
    return irfftn(a, s, axes, norm)


declare(np.fft.fftshift, linear=["x"])


@vjp(np.fft.fftshift, wrt="x")
def fftshift_x(ct: Any, *, axes: Any) -> Any:
    return np.fft.ifftshift(ct, axes)


declare(np.fft.ifftshift, linear=["x"])


@vjp(np.fft.ifftshift, wrt="x")
def ifftshift_x(ct: Any, *, axes: Any) -> Any:
    return np.fft.fftshift(ct, axes)
