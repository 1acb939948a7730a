"""Extrema, products and sorting: operations whose derivative rules are the table's, as `Apply` statements.

What goes in: an array. What comes out: a `Scalar`, or a view of a new array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.lower.applying import applied
from wengert.lower.bounds import size_of
from wengert.lower.calls import lowers, unsupported_option
from wengert.lower.context import Context
from wengert.lower.creation import dtype_name
from wengert.lower.elementwise import ArrayLike, as_operand, cast_value, shape_of, ufunc
from wengert.lower.indexing import SliceItem, view_of
from wengert.lower.reductions import axes_of, is_true, selected, stored
from wengert.lower.shaping import raveled
from wengert.lower.storing import assign, in_storage, new_array
from wengert.lower.values import Abstract, Scalar, Static, View
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand

__all__ = ["extremum", "sorted_copy"]


def _reduced(
    context: Context,
    key: str,
    value: ArrayLike,
    axis: Abstract | None,
    keepdims: Abstract | None,
    dtype: str,
    *others: ArrayLike,
) -> Scalar | View:
    """A reduction of the table along some axes; `others` are further arguments of it."""
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
    (found,) = applied(context, key, [view, *others], [(dtype, sizes)], axis=named, keepdims=kept)
    return found


# The operation of the table, and the function of two numbers.
_EXTREMA: dict[Any, tuple[str, str]] = {
    np.max: ("numpy.max", "maximum"),
    np.amax: ("numpy.max", "maximum"),
    np.maximum.reduce: ("numpy.max", "maximum"),
    np.min: ("numpy.min", "minimum"),
    np.amin: ("numpy.min", "minimum"),
    np.minimum.reduce: ("numpy.min", "minimum"),
    np.nanmax: ("numpy.nanmax", "fmax"),
    np.nanmin: ("numpy.nanmin", "fmin"),
    np.fmax.reduce: ("wengert.rules.reductions.fmax_reduce", "fmax"),
    np.fmin.reduce: ("wengert.rules.reductions.fmin_reduce", "fmin"),
}


@lowers(*_EXTREMA)
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
    key, name = _EXTREMA[function]
    if _is_reduction(function) and axis is None:
        axis = Static(0)
    value = as_operand(context, a)
    started = initial is not None and initial != Static(None)
    if started:
        value = selected(context, value, where, _worst(value.dtype, name))
    else:
        unsupported_option(context, "where", where, True)
    if not shape_of(value):
        return stored(context, out, _with_initial(context, name, value, initial))
    builder = context.builder
    text = f"zero-size array to reduction operation {name} which has no identity"
    for k in axes_of(context, axis, len(shape_of(value))):
        size = shape_of(value)[k]
        if not started:
            builder.check(builder.bind("greater", size, integer(0)), "ValueError", text)
    if (
        initial is not None and started and value.dtype.startswith("float")
    ):  # one that carries a derivative shares it in a tie
        first = cast_value(context, as_operand(context, initial), value.dtype)
        key = f"wengert.rules.reductions.{_SHORT[name]}_from"
        return stored(context, out, _reduced(context, key, value, axis, keepdims, value.dtype, first))
    if started:
        value = _padded(context, value, axis, _worst(value.dtype, name))
    found = _reduced(context, key, value, axis, keepdims, value.dtype)
    return stored(context, out, _with_initial(context, name, found, initial))


_SHORT = {"maximum": "max", "minimum": "min", "fmax": "fmax", "fmin": "fmin"}


def _is_reduction(function: Any) -> bool:
    return isinstance(getattr(function, "__self__", None), np.ufunc)


def _worst(dtype: str, name: str) -> Any:
    """The number that loses to every other."""
    kind = np.dtype(dtype).kind
    if kind in "fc":
        return -np.inf if name in ("maximum", "fmax") else np.inf
    if kind == "b":
        return name in ("minimum", "fmin")
    return np.iinfo(dtype).min if name in ("maximum", "fmax") else np.iinfo(dtype).max


def _padded(context: Context, value: ArrayLike, axis: Abstract | None, worst: Any) -> ArrayLike:
    """The array, or, where there is nothing to choose among, one with an element that loses to every other."""
    view = in_storage(context, value)
    axes = axes_of(context, axis, view.rank)
    if all(isinstance(view.sizes[k], Constant) and view.sizes[k] != integer(0) for k in axes):
        return view
    builder = context.builder
    sizes = tuple(
        size_of(context, builder.bind("maximum", one, integer(1))) if k in axes else one
        for k, one in enumerate(view.sizes)
    )
    target = new_array(context, "padded", view.dtype, sizes)
    assign(context, target, Static(worst))
    items: list[Any] = [SliceItem(None, Scalar(one, weak=True)) for one in view.sizes]
    assign(context, view_of(context, target, items), view)
    return target


def _with_initial(context: Context, name: str, found: ArrayLike, initial: Abstract | None) -> ArrayLike:
    if initial is None or initial == Static(None):
        return found
    return ufunc(context, name, [found, as_operand(context, initial)])


@lowers(np.hypot.reduce, np.logaddexp.reduce)
def reduced(
    context: Context,
    array: Abstract,
    axis: Abstract | None = None,
    dtype: Abstract | None = None,
    out: Abstract | None = None,
    keepdims: Abstract | None = None,
    initial: Abstract | None = None,
    where: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    value = as_operand(context, array)
    name = dtype_name(context, dtype, value.dtype if value.dtype[0] == "f" else "float64")
    ufunc_name = function.__self__.__name__
    value = selected(context, cast_value(context, value, name), where, 0.0 if ufunc_name == "hypot" else -np.inf)
    key = f"wengert.rules.reductions.{ufunc_name}_reduce"
    found = _reduced(context, key, value, Static(0) if axis is None else axis, keepdims, name)
    return stored(context, out, _with_initial(context, ufunc_name, found, initial))


@lowers(np.maximum.accumulate, np.minimum.accumulate, np.logaddexp.accumulate)
def accumulated(
    context: Context,
    array: Abstract,
    axis: Abstract | None = None,
    dtype: Abstract | None = None,
    out: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    view = in_storage(context, as_operand(context, array))
    name = dtype_name(context, dtype, view.dtype)
    (along,) = axes_of(context, Static(0) if axis is None else axis, view.rank)
    key = f"wengert.rules.cumulations.{function.__self__.__name__}_accumulate"
    value = cast_value(context, view, name)
    (found,) = applied(context, key, [value], [(name, view.sizes)], axis=along)
    return stored(context, out, found)


@lowers(np.prod, np.multiply.reduce)
def prod(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    dtype: Abstract | None = None,
    out: Abstract | None = None,
    keepdims: Abstract | None = None,
    initial: Abstract | None = None,
    where: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    value = selected(context, as_operand(context, a), where, 1)
    if function == np.multiply.reduce and axis is None:
        axis = Static(0)
    kind = np.dtype(value.dtype).kind
    name = dtype_name(context, dtype, {"b": "int64", "i": "int64", "u": "uint64"}.get(kind, value.dtype))
    value = cast_value(context, value, name)
    found = _reduced(context, "numpy.prod", value, axis, keepdims, name) if shape_of(value) else value
    return stored(context, out, _with_initial(context, "multiply", found, initial))


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
