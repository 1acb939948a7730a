"""Discrete Fourier transforms, as `Apply` statements.

What goes in: arrays, and the length, axis and normalisation of the call. What comes out: views of new arrays. What
holds: an array is cut or filled up to the length first, so that an operation has the length of its input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.lower.applying import applied
from wengert.lower.bounds import same_size, size_of
from wengert.lower.calls import lowers, static
from wengert.lower.context import Context
from wengert.lower.elementwise import as_operand, cast_scalar
from wengert.lower.indexing import SliceItem, view_of
from wengert.lower.reductions import axes_of, stored
from wengert.lower.storing import assign, in_storage, new_array
from wengert.lower.values import Abstract, Scalar, Static, View
from wengert.program.builder import integer
from wengert.program.operations import key_of
from wengert.program.statements import Constant, Operand
from wengert.rules.fft import resized

__all__: list[str] = []

_COMPLEX = {"float32": "complex64", "complex64": "complex64"}
_REAL = {"complex64": "float32", "float32": "float32"}


def _of_size(context: Context, view: View, axis: int, size: Operand) -> View:
    """Cut, or filled up with zeros, to a length along an axis."""
    own = view.sizes[axis]
    if same_size(context, own, size):
        return view
    sizes = tuple(size if k == axis else one for k, one in enumerate(view.sizes))
    target = new_array(context, "resized", view.dtype, sizes, zeroed=True)
    shorter = Scalar(size_of(context, context.builder.bind("minimum", own, size)), weak=True)
    items: list[Any] = [*[SliceItem()] * axis, SliceItem(None, shorter)]
    assign(context, view_of(context, target, items), view_of(context, view, items))
    return target


def _length(context: Context, n: Abstract | None) -> Operand | None:
    """The length that was asked for."""
    if n is None or n == Static(None):
        return None
    value = as_operand(context, n)
    context.refuse_unless(isinstance(value, Scalar), "the length of a transform is a number")
    assert isinstance(value, Scalar)
    size = cast_scalar(context.builder, value.operand, "int64")
    _check_length(context, size)
    return size if isinstance(size, Constant) else size_of(context, size)


def _check_length(context: Context, size: Operand) -> None:
    holds = context.builder.bind("greater", size, integer(0))
    context.builder.check(holds, "ValueError", "Invalid number of FFT data points ({}) specified.", size)


@lowers(resized)
def resize(context: Context, x: Abstract, size: Abstract, axis: Abstract) -> Abstract:
    view = in_storage(context, as_operand(context, x))
    (along,) = axes_of(context, axis, view.rank)
    length = _length(context, size)
    assert length is not None
    return _of_size(context, view, along, length)


@lowers(np.fft.fft, np.fft.ifft, np.fft.rfft)
def transform(
    context: Context,
    a: Abstract,
    n: Abstract | None = None,
    axis: Abstract | None = None,
    norm: Abstract | None = None,
    out: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    view = in_storage(context, as_operand(context, a))
    context.refuse_unless(function is not np.fft.rfft or view.dtype[0] != "c", "np.fft.rfft of complex numbers")
    (along,) = axes_of(context, Static(-1) if axis is None else axis, view.rank)
    size = _length(context, n)
    if size is None:
        size = view.sizes[along]
        _check_length(context, size)
    view = _of_size(context, view, along, size)
    if function is np.fft.rfft:
        builder = context.builder
        size = size_of(context, builder.bind("add", builder.bind("floor_divide", size, integer(2)), integer(1)))
    sizes = tuple(size if k == along else one for k, one in enumerate(view.sizes))
    dtype = _COMPLEX.get(view.dtype, "complex128")
    options = {"axis": along, "norm": None if norm is None else static(context, norm, "norm")}
    (found,) = applied(context, key_of(function), [view], [(dtype, sizes)], **options)
    return stored(context, out, found)


@lowers(np.fft.irfft)
def real_inverse(
    context: Context,
    a: Abstract,
    n: Abstract | None = None,
    axis: Abstract | None = None,
    norm: Abstract | None = None,
    out: Abstract | None = None,
) -> Abstract:
    view, builder = in_storage(context, as_operand(context, a)), context.builder
    (along,) = axes_of(context, Static(-1) if axis is None else axis, view.rank)
    size = _length(context, n)
    if size is None:
        less = builder.bind("subtract", view.sizes[along], integer(1))
        size = size_of(context, builder.bind("multiply", less, integer(2)))
        _check_length(context, size)
    half = size_of(context, builder.bind("add", builder.bind("floor_divide", size, integer(2)), integer(1)))
    view = _of_size(context, view, along, half)
    sizes = tuple(size if k == along else one for k, one in enumerate(view.sizes))
    options = {"axis": along, "norm": None if norm is None else static(context, norm, "norm")}
    dtype = _REAL.get(view.dtype, "float64")
    (found,) = applied(context, key_of(np.fft.irfft), [view], [(dtype, sizes)], **options)
    return stored(context, out, found)
