"""Arrays side by side: `concatenate`, `stack` and their like, and the ways back.

What goes in: a sequence of arrays. What comes out: a new array, into whose parts the arrays are copied.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from wengert.lower.bounds import require_possible, size_of
from wengert.lower.calls import lowers, static
from wengert.lower.context import Context
from wengert.lower.creation import dtype_name, filled
from wengert.lower.elementwise import ArrayLike, as_operand, cast_scalar, check_equal, shape_of
from wengert.lower.indexing import SliceItem, view_of
from wengert.lower.python_calls import as_record
from wengert.lower.reductions import axes_of, stored
from wengert.lower.shaping import array_view, raveled, shifted, stretched
from wengert.lower.storing import assign, copy_of, in_storage, new_array
from wengert.lower.values import Abstract, Along, Scalar, Sequence, Static, View
from wengert.program.builder import integer
from wengert.program.statements import Operand
from wengert.rules.padding import padded, widths_of_axes, zero_pad

__all__ = ["concatenated"]


def _items(context: Context, arrays: Abstract) -> list[ArrayLike]:
    if isinstance(arrays, Sequence):
        return [as_operand(context, one) for one in arrays.items]
    if isinstance(arrays, Static) and isinstance(arrays.value, list | tuple):
        return [as_operand(context, Static(one)) for one in arrays.value]
    return context.refuse("a sequence of arrays is wanted here", "Write the arrays as a tuple or a list.")


def _joined_dtype(items: list[ArrayLike]) -> str:
    return np.result_type(*(np.dtype(one.dtype) for one in items)).name


def concatenated(context: Context, items: list[ArrayLike], axis: int, dtype: str) -> View:
    """Arrays of one rank, one behind the other along an axis."""
    builder = context.builder
    first = shape_of(items[0])
    text = "all the input array dimensions except for the concatenation axis must match exactly"
    length: Operand = integer(0)
    starts = []
    for one in items:
        sizes = shape_of(one)
        context.refuse_unless(
            len(sizes) == len(first), "all the input arrays must have same number of dimensions to be concatenated"
        )
        for k, (mine, other) in enumerate(zip(first, sizes, strict=True)):
            if k != axis:
                check_equal(context, mine, other, "ValueError", text)
        starts.append(length)
        if not isinstance(one, View) or not any(isinstance(a, Along) and a.axis == axis for a in one.axes):
            require_possible(context, sizes[axis])
        length = builder.bind("add", length, size_of(context, sizes[axis]), hint="n")
    size_of(context, length)
    target = new_array(context, "joined", dtype, tuple(length if k == axis else one for k, one in enumerate(first)))
    for one, start in zip(items, starts, strict=True):
        sizes = tuple(
            size if k == axis else mine for k, (mine, size) in enumerate(zip(first, shape_of(one), strict=True))
        )
        assign(context, shifted(context, target, axis, start, sizes), one)
    return target


@lowers(np.concatenate)
def concatenate(
    context: Context,
    arrays: Abstract,
    /,
    axis: Abstract | None = None,
    out: Abstract | None = None,
    *,
    dtype: Abstract | None = None,
) -> Abstract:
    items = _items(context, arrays)
    context.refuse_unless(items, "need at least one array to concatenate")
    name = dtype_name(context, dtype, _joined_dtype(items))
    if isinstance(axis, Static) and axis.value is None:
        items = [raveled(context, in_storage(context, one)) for one in items]
        axis = Static(0)
    rank = len(shape_of(items[0]))
    context.refuse_unless(rank, "zero-dimensional arrays cannot be concatenated")
    (along,) = axes_of(context, axis or Static(0), rank)
    return stored(context, out, concatenated(context, items, along, name))


@lowers(np.stack)
def stack(
    context: Context,
    arrays: Abstract,
    axis: Abstract | None = None,
    out: Abstract | None = None,
    *,
    dtype: Abstract | None = None,
) -> Abstract:
    items = _items(context, arrays)
    rank = len(shape_of(items[0])) + 1
    (along,) = axes_of(context, axis or Static(0), rank)
    name = dtype_name(context, dtype, _joined_dtype(items))
    sizes = shape_of(items[0])
    for one in items[1:]:
        context.refuse_unless(len(shape_of(one)) == len(sizes), "all input arrays must have the same shape")
        for mine, other in zip(sizes, shape_of(one), strict=True):
            check_equal(context, mine, other, "ValueError", "all input arrays must have the same shape")
    target = new_array(context, "stacked", name, (*sizes[:along], integer(len(items)), *sizes[along:]))
    for place, one in enumerate(items):
        assign(context, view_of(context, target, [SliceItem()] * along + [Static(place)]), one)
    return stored(context, out, target)


def _at_least(context: Context, value: ArrayLike, rank: int, new_axes_last: bool = False) -> ArrayLike:
    missing = rank - len(shape_of(value))
    if missing <= 0:
        return value
    view = in_storage(context, value)
    items: list[Any] = [Ellipsis, *[None] * missing] if new_axes_last else [*[None] * missing, Ellipsis]
    return view_of(context, view, items)


@lowers(np.vstack, np.hstack, np.column_stack, np.dstack)
def stacked(context: Context, tup: Abstract, *, dtype: Abstract | None = None, function: Any) -> Abstract:
    items = _items(context, tup)
    name = dtype_name(context, dtype, _joined_dtype(items))
    if function is np.vstack:
        return concatenated(context, [_at_least(context, one, 2) for one in items], 0, name)
    if function is np.hstack:
        items = [_at_least(context, one, 1) for one in items]
        return concatenated(context, items, 0 if len(shape_of(items[0])) == 1 else 1, name)
    if function is np.column_stack:
        items = [_at_least(context, _at_least(context, one, 1), 2, new_axes_last=True) for one in items]
        return concatenated(context, items, 1, name)
    from wengert.lower.shaping import atleast

    items = [as_operand(context, atleast(context, one, function=np.atleast_3d)) for one in items]
    return concatenated(context, items, 2, name)


@lowers(np.append)
def append(context: Context, arr: Abstract, values: Abstract, axis: Abstract | None = None) -> Abstract:
    return concatenate(context, Sequence((arr, values)), axis or Static(None))


@lowers(np.split, np.array_split)
def split(
    context: Context,
    ary: Abstract,
    indices_or_sections: Abstract,
    axis: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    """Equal parts by a number that is known now, or parts between indices."""
    view = array_view(context, ary)
    (along,) = axes_of(context, axis or Static(0), view.rank)
    before: list[Any] = [SliceItem()] * along
    if isinstance(indices_or_sections, Sequence) or (
        isinstance(indices_or_sections, Static) and isinstance(indices_or_sections.value, list | tuple)
    ):
        items = (
            indices_or_sections.items
            if isinstance(indices_or_sections, Sequence)
            else tuple(Static(one) for one in indices_or_sections.value)
        )
        bounds: list[Any] = [None, *items, None]
        parts = [view_of(context, view, [*before, SliceItem(low, high)]) for low, high in itertools.pairwise(bounds)]
        return Sequence(tuple(parts), mutable=True)
    context.refuse_unless(
        isinstance(indices_or_sections, Static),
        "an array is split into a number of parts that is known when compiling",
    )
    assert isinstance(indices_or_sections, Static)
    count, builder = int(indices_or_sections.value), context.builder
    context.refuse_unless(count > 0, "number sections must be larger than 0.")
    size = view.sizes[along]
    if function is np.array_split:
        return _unequal_parts(context, view, along, count)
    left = builder.bind("remainder", size, integer(count))
    fits = builder.bind("equal", left, integer(0))
    builder.check(fits, "ValueError", "array split does not result in an equal division")
    width = size_of(context, builder.bind("floor_divide", size, integer(count), hint="n"))
    sizes = tuple(width if k == along else one for k, one in enumerate(view.sizes))
    starts = [builder.bind("multiply", width, integer(k), hint="start") for k in range(count)]
    return Sequence(tuple(shifted(context, view, along, start, sizes) for start in starts), mutable=True)


def _unequal_parts(context: Context, view: View, along: int, count: int) -> Abstract:
    """As many parts, of which the first ones are longer by one where the size is no multiple."""
    builder = context.builder
    size = view.sizes[along]
    width = builder.bind("floor_divide", size, integer(count))
    longer = builder.bind("remainder", size, integer(count))
    starts = []
    for k in range(count + 1):
        moved = builder.bind(
            "add", builder.bind("multiply", width, integer(k)), builder.bind("minimum", integer(k), longer)
        )
        starts.append(moved)
    parts = []
    for start, end in itertools.pairwise(starts):
        length = size_of(context, builder.bind("maximum", builder.bind("subtract", end, start), integer(0), hint="n"))
        sizes = tuple(length if k == along else one for k, one in enumerate(view.sizes))
        parts.append(shifted(context, view, along, start, sizes))
    return Sequence(tuple(parts), mutable=True)


@lowers(zero_pad)
def padded_with_zeros(context: Context, array: Abstract, widths: Abstract) -> Abstract:
    """Zeros around an array."""
    view = array_view(context, array)
    given = static(context, widths, "the widths of a padding")
    pairs = [(int(before), int(after)) for before, after in given]
    builder = context.builder
    sizes = tuple(
        size_of(context, builder.bind("add", size, integer(before + after)))
        for size, (before, after) in zip(view.sizes, pairs, strict=True)
    )
    target = new_array(context, "padded", view.dtype, sizes, zeroed=True)
    inner = target
    for axis, (before, _) in enumerate(pairs):
        part = tuple(view.sizes[axis] if k == axis else one for k, one in enumerate(inner.sizes))
        inner = shifted(context, inner, axis, integer(before), part)
    assign(context, inner, view)
    return target


@lowers(np.pad)
def pad(
    context: Context,
    array: Abstract,
    pad_width: Abstract,
    mode: Abstract | None = None,
    **options: Abstract,
) -> Abstract:
    """Constants and edges; the other modes by their definition."""
    kind = "constant" if mode is None else static(context, mode, "mode")
    view = array_view(context, array)
    widths = static(context, as_record(context, pad_width), "the widths of a padding")
    widths = widths_of_axes(widths, view.rank) if isinstance(widths, dict) else widths
    given = np.broadcast_to(widths, (view.rank, 2)).tolist()
    context.refuse_unless(all(one >= 0 for pair in given for one in pair), "index can't contain negative values")
    value = options.get("constant_values", Static(0))
    is_number = not isinstance(value, Sequence) and isinstance(as_operand(context, value), Scalar)
    if kind not in ("constant", "edge") or (kind == "constant" and not is_number):
        from wengert.lower import lower_into

        pairs = Sequence(tuple(Sequence((Static(a), Static(b))) for a, b in given), mutable=True)
        return lower_into(context, padded, [view, pairs, Static(kind)], options)
    options.pop("constant_values", None)
    context.refuse_unless(not options, f"np.pad with {', '.join(options)}")
    builder = context.builder
    for axis, (before, after) in enumerate(given):
        items: list[ArrayLike] = [view]
        for width, at_end in ((before, False), (after, True)):
            if not width:
                continue
            sizes = tuple(integer(width) if k == axis else one for k, one in enumerate(view.sizes))
            if kind == "constant":
                number = as_operand(context, value)
                assert isinstance(number, Scalar)
                part: ArrayLike = filled(context, sizes, cast_scalar(builder, number.operand, view.dtype))
            else:
                holds = builder.bind("greater", view.sizes[axis], integer(0))
                builder.check(holds, "ValueError", f"can't extend empty axis {axis} using modes other than 'constant'")
                last = builder.bind("subtract", view.sizes[axis], integer(1))
                one = tuple(integer(1) if k == axis else size for k, size in enumerate(view.sizes))
                edge = shifted(context, view, axis, last if at_end else integer(0), one)
                part = stretched(context, edge, sizes)
            items = [*items, part] if at_end else [part, *items]
        if len(items) > 1:
            view = concatenated(context, items, axis, view.dtype)
    return view if any(one for pair in given for one in pair) else copy_of(context, view)
