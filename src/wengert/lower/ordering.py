"""Extrema, products and sorting: operations whose derivative rules are the table's, as `Apply` statements.

What goes in: an array. What comes out: a `Scalar`, or a view of a new array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.lower.applying import applied
from wengert.lower.calls import lowers, unsupported_option
from wengert.lower.context import Context
from wengert.lower.creation import dtype_name
from wengert.lower.elementwise import ArrayLike, as_operand, cast_value, shape_of, ufunc
from wengert.lower.reductions import axes_of, is_true, stored
from wengert.lower.shaping import raveled
from wengert.lower.storing import assign, in_storage
from wengert.lower.values import Abstract, Scalar, Static, View
from wengert.program.builder import integer
from wengert.program.statements import Operand

__all__ = ["extremum", "sorted_copy"]


def _reduced(
    context: Context, key: str, value: ArrayLike, axis: Abstract | None, keepdims: Abstract | None, dtype: str
) -> Scalar | View:
    """A reduction of the table along some axes."""
    view = in_storage(context, value)
    axes = axes_of(context, axis, view.rank)
    kept = is_true(context, keepdims, "keepdims")
    every = len(axes) == view.rank
    named: Any = None if every else axes[0] if len(axes) == 1 else axes
    sizes: tuple[Operand, ...]
    if kept:
        sizes = tuple(integer(1) if k in axes else one for k, one in enumerate(view.sizes))
    else:
        sizes = tuple(one for k, one in enumerate(view.sizes) if k not in axes)
    (found,) = applied(context, key, [view], [(dtype, sizes)], axis=named, keepdims=kept)
    return found


@lowers(np.max, np.min, np.maximum.reduce, np.minimum.reduce)
def extremum(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    out: Abstract | None = None,
    keepdims: Abstract | None = None,
    initial: Abstract | None = None,
    where: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    """`np.max` and `np.min`."""
    unsupported_option(context, "where", where, True)
    largest = function in (np.max, np.maximum.reduce)
    if function in (np.maximum.reduce, np.minimum.reduce) and axis is None:
        axis = Static(0)
    value = as_operand(context, a)
    if not shape_of(value):
        return value
    builder = context.builder
    name = "maximum" if largest else "minimum"
    text = f"zero-size array to reduction operation {name} which has no identity"
    for k in axes_of(context, axis, len(shape_of(value))):
        size = shape_of(value)[k]
        builder.check(builder.bind("greater", size, integer(0)), "ValueError", text)
    found: ArrayLike = _reduced(context, "numpy.max" if largest else "numpy.min", value, axis, keepdims, value.dtype)
    if initial is not None and initial != Static(None):
        found = ufunc(context, name, [found, as_operand(context, initial)])
    return stored(context, out, found)


@lowers(np.prod, np.multiply.reduce)
def prod(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    dtype: Abstract | None = None,
    out: Abstract | None = None,
    keepdims: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    value = as_operand(context, a)
    if function == np.multiply.reduce and axis is None:
        axis = Static(0)
    kind = np.dtype(value.dtype).kind
    name = dtype_name(context, dtype, {"b": "int64", "i": "int64", "u": "uint64"}.get(kind, value.dtype))
    value = cast_value(context, value, name)
    if not shape_of(value):
        return value
    return stored(context, out, _reduced(context, "numpy.prod", value, axis, keepdims, name))


@lowers(np.ptp)
def ptp(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    out: Abstract | None = None,
    keepdims: Abstract | None = None,
) -> Abstract:
    view = in_storage(context, as_operand(context, a))
    ends = [
        as_operand(context, extremum(context, view, axis, keepdims=keepdims, function=function))
        for function in (np.max, np.min)
    ]
    return stored(context, out, ufunc(context, "subtract", ends))


def sorted_copy(context: Context, view: View, axis: Abstract | None) -> View:
    """`np.sort`."""
    if isinstance(axis, Static) and axis.value is None:
        view, axis = raveled(context, view), Static(-1)
    (along,) = axes_of(context, axis or Static(-1), view.rank)
    (found,) = applied(context, "numpy.sort", [view], [(view.dtype, view.sizes)], axis=along)
    assert isinstance(found, View)
    return found


@lowers(np.sort)
def sort(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    kind: Abstract | None = None,
    order: Abstract | None = None,
    *,
    stable: Abstract | None = None,
) -> Abstract:
    unsupported_option(context, "order", order)
    return sorted_copy(context, in_storage(context, as_operand(context, a)), axis)


def sort_in_place(
    context: Context, base: Abstract, axis: Abstract | None = None, kind: Abstract | None = None
) -> Abstract:
    """`a.sort()`."""
    if not isinstance(base, View):
        context.refuse("only an array can be sorted in place")
    assign(context, base, sorted_copy(context, base, axis))
    return Static(None)
