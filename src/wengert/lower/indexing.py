"""Indexing with whole numbers, slices, `newaxis` and `...`: elements and views, read, written and updated.

What goes in: an array and the items between the brackets. What comes out: a `Scalar` where every axis is fixed by a
whole number, else a `View`. What holds: an index is checked, and wrapped if it may be negative, unless it is shown to
be in range; slices are clamped as Python clamps them, and what is shown not to need it stays as it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import TypeAlias

import numpy as np

from wengert.lower.bounds import difference, prove_at_least, prove_below, prove_non_negative, size_of
from wengert.lower.context import Context
from wengert.lower.elementwise import as_operand, cast_scalar, shape_of
from wengert.lower.storing import assign, materialise, require_writable, update, update_element
from wengert.lower.values import Abstract, Along, Lazy, Scalar, Static, View
from wengert.lower.values import Sequence as AbstractSequence
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand, Value

__all__ = ["Item", "SliceItem", "checked_index", "get_item", "set_item", "slice_axis", "update_item"]


@dataclass(frozen=True, slots=True)
class SliceItem:
    """`start:stop:step` between brackets."""

    start: Abstract | None = None
    stop: Abstract | None = None
    step: Abstract | None = None


Item: TypeAlias = "Abstract | SliceItem | EllipsisType | None"


def get_item(context: Context, base: Abstract, items: Sequence[Item]) -> Abstract:
    """`base[items]`."""
    view = _base(context, base)
    items = _normal(context, items)
    if _is_advanced(items):
        from wengert.lower.gathering import gather

        return gather(context, view, items)
    found = view_of(context, view, items)
    if found.rank == 0 and not any(item is Ellipsis for item in items):
        return Scalar(context.builder.load(found.storage, _indices(found)), weak=False)
    return found


def set_item(context: Context, base: Abstract, items: Sequence[Item], value: Abstract) -> None:
    """`base[items] = value`."""
    view = _written_base(context, base)
    items = _normal(context, items)
    if _is_advanced(items):
        from wengert.lower.gathering import scatter

        scatter(context, view, items, value)
        return
    target = view_of(context, view, items)
    if target.rank:
        assign(context, target, value)
        return
    require_writable(context, target)
    assign(context, target, value)


def update_item(context: Context, base: Abstract, items: Sequence[Item], op: str, value: Abstract) -> None:
    """`base[items] op= value`."""
    view = _written_base(context, base)
    items = _normal(context, items)
    if _is_advanced(items):
        from wengert.lower.gathering import update_places

        update_places(context, view, items, op, value)
        return
    target = view_of(context, view, items)
    if target.rank == 0 and not any(item is Ellipsis for item in items):
        require_writable(context, target)
        update_element(context, target.storage, _indices(target), op, value)
        return
    update(context, target, op, value)


def _base(context: Context, base: Abstract) -> View:
    """The array that is indexed. An array that is only an expression so far gets a storage."""
    value = as_operand(context, base)
    if isinstance(value, Scalar):
        context.refuse("a number cannot be indexed")
    view = as_operand(context, materialise(context, value))
    assert isinstance(view, View)
    for size in view.sizes:
        size_of(context, size)
    return view


def _written_base(context: Context, base: Abstract) -> View:
    if isinstance(base, Lazy):
        context.refuse("what is written here is a copy that has no name", "Write to the array itself.")
    return _base(context, base)


def _normal(context: Context, items: Sequence[Item]) -> list[Item]:
    """Items with static objects (`None`, `...`, slices, tuples) written as they would be in the brackets."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, Static):
            value = item.value
            if value is None or value is Ellipsis:
                found.append(value)
                continue
            if isinstance(value, slice):
                parts = (None if one is None else Static(one) for one in (value.start, value.stop, value.step))
                found.append(SliceItem(*parts))
                continue
            if isinstance(value, tuple) and len(items) == 1:
                return _normal(context, [Static(one) for one in value])
        if isinstance(item, AbstractSequence) and not item.mutable and len(items) == 1:
            return _normal(context, item.items)
        found.append(item)
    return found


def _is_advanced(items: Sequence[Item]) -> bool:
    """Whether an item is an array, a list or a truth value."""
    for item in items:
        if isinstance(item, View | Lazy | AbstractSequence):
            return True
        if isinstance(item, Scalar) and item.dtype == "bool":
            return True
        if isinstance(item, Static) and isinstance(item.value, list | tuple | np.ndarray | bool | np.bool_):
            return True
    return False


def _indices(view: View) -> tuple[Operand, ...]:
    """The place of the only element of a view of rank 0."""
    found = []
    for axis in view.axes:
        assert not isinstance(axis, Along)
        found.append(axis)
    return tuple(found)


def expand(context: Context, rank: int, items: Sequence[Item], consumed: int) -> list[Item]:
    """Items without `...`: one for each axis, `None` aside. `consumed` is how many axes the items name."""
    if consumed > rank:
        context.refuse(f"too many indices: the array has {rank} axes, but {consumed} were indexed")
    places = [place for place, item in enumerate(items) if item is Ellipsis]
    if len(places) > 1:
        context.refuse("an index can only have a single ellipsis ('...')")
    missing: list[Item] = [SliceItem()] * (rank - consumed)
    if not places:
        return [*items, *missing]
    return [*items[: places[0]], *missing, *items[places[0] + 1 :]]


def view_of(context: Context, base: View, items: Sequence[Item]) -> View:
    """The view that whole numbers, slices, `None` and `...` select."""
    consumed = sum(1 for item in items if item is not None and item is not Ellipsis)
    sizes: list[Operand] = []
    # For each axis of the base: fixed at an index, or seen along an axis of the result.
    chosen: list[Operand | Along] = []
    for item in expand(context, base.rank, items, consumed):
        if item is None:
            sizes.append(integer(1))
            continue
        axis = len(chosen)
        if isinstance(item, SliceItem):
            start, size, step = slice_axis(context, item, base.sizes[axis])
            chosen.append(Along(len(sizes), start, step))
            sizes.append(size)
        else:
            assert item is not Ellipsis
            index = index_operand(context, item)
            chosen.append(checked_index(context, index, base.sizes[axis], axis))
    return compose(context, base, chosen, sizes)


def compose(context: Context, base: View, chosen: Sequence[Operand | Along], sizes: Sequence[Operand]) -> View:
    """The view of a view: each axis of the base fixed at an index, or seen along an axis of the result."""
    builder = context.builder
    axes: list[Operand | Along] = []
    for axis in base.axes:
        if not isinstance(axis, Along):
            axes.append(axis)
            continue
        choice = chosen[axis.axis]
        if isinstance(choice, Along):
            moved = builder.bind("multiply", choice.start, axis.step, hint="start")
            start = builder.bind("add", axis.start, moved, hint="start")
            axes.append(Along(choice.axis, start, builder.bind("multiply", axis.step, choice.step, hint="step")))
        else:
            moved = builder.bind("multiply", choice, axis.step, hint="i")
            axes.append(builder.bind("add", moved, axis.start, hint="i"))
    return View(base.storage, tuple(axes), tuple(sizes), base.writable)


def index_operand(context: Context, item: Abstract) -> Operand:
    """A whole number as an index."""
    value = as_operand(context, item)
    if shape_of(value) or np.dtype(value.dtype).kind not in "iu":
        context.refuse(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are "
            "valid indices",
            "Convert the index with int(...).",
        )
    builder = context.builder
    operand = value.operand if isinstance(value, Scalar) else value.element(builder, ())
    if operand.dtype == "uint64":
        fits = builder.bind("less", operand, Constant(1 << 63, "uint64"))
        builder.check(fits, "OverflowError", "Python int too large to convert to C long")
    return cast_scalar(builder, operand, "int64")


def checked_index(context: Context, index: Operand, size: Operand, axis: int) -> Operand:
    """An index into an axis of this size: not negative, in range."""
    builder = context.builder
    size_of(context, size)
    for known, block in context.checked.get((index, size), ()):
        if builder.is_open(block):
            return known
    found = _checked(context, index, size, axis)
    if isinstance(found, Value):
        context.below.setdefault(found, []).append((size, builder.innermost))
    context.checked.setdefault((index, size), []).append((found, builder.innermost))
    return found


def _checked(context: Context, index: Operand, size: Operand, axis: int) -> Operand:
    builder = context.builder
    message = f"index {{}} is out of bounds for axis {axis} with size {{}}"
    if prove_non_negative(context, index):
        if not prove_below(context, index, size):
            builder.check(builder.bind("less", index, size), "IndexError", message, index, size)
        return index
    moved = builder.bind("add", index, size, hint="i")
    if prove_at_least(context, integer(-1), index):  # surely counted from the end
        if not prove_non_negative(context, moved):
            holds = builder.bind("greater_equal", moved, integer(0))
            builder.check(holds, "IndexError", message, index, size)
        return moved
    holds = builder.bind("greater_equal", moved, integer(0))
    if not prove_below(context, index, size):
        holds = builder.bind("logical_and", holds, builder.bind("less", index, size))
    builder.check(holds, "IndexError", message, index, size)
    return builder.bind("where", builder.bind("less", index, integer(0)), moved, index, hint="i")


# Slices.


def _bound(context: Context, bound: Abstract) -> Operand | None:
    if isinstance(bound, Static) and bound.value is None:
        return None
    return index_operand(context, bound)


def slice_axis(context: Context, item: SliceItem, size: Operand) -> tuple[Operand, Operand, Operand]:
    """The start, size and step that a slice selects of an axis, as `slice.indices` tells them."""
    size_of(context, size)
    start, stop, step = (None if one is None else _bound(context, one) for one in (item.start, item.stop, item.step))
    if step is None:
        step = integer(1)
    if not isinstance(step, Constant):
        context.refuse("a slice with a step that is not known when compiling", "Use a loop, or a constant step.")
    stride = int(step.value.real)
    if stride == 0:
        context.refuse("slice step cannot be zero")
    # A start beyond the end and a stop before the beginning select nothing: the count sees to that.
    only = _only_element(context, start, stop, stride, size)
    if only is not None:
        return only, integer(1), step
    if stride > 0:
        low = integer(0) if start is None else _at_least(context, _from_end(context, start, size), 0)
        high = size if stop is None else _at_most(context, _from_end(context, stop, size), size)
        return low, _count(context, low, high, stride), step
    last = context.builder.bind("subtract", size, integer(1), hint="start")
    low = last if start is None else _at_most(context, _from_end(context, start, size), last)
    high = integer(-1) if stop is None else _at_least(context, _from_end(context, stop, size), -1)
    return low, _count(context, high, low, -stride), step


def _only_element(
    context: Context, start: Operand | None, stop: Operand | None, stride: int, size: Operand
) -> Operand | None:
    """The index of the only element that a slice such as `k:k+1`, `:1` or `-1:` selects, so that it can be stretched.

    That the element exists is checked: of an array without it, Python's slice would be empty.
    """
    if start is None and stop is None:
        return None
    builder = context.builder
    first, end = (integer(0), size) if stride > 0 else (builder.bind("subtract", size, integer(1)), integer(-1))
    low = first if start is None else _from_end(context, start, size)
    high = end if stop is None else _from_end(context, stop, size)
    apart = difference(context, high, low)
    if apart is None or not 1 <= (apart if stride > 0 else -apart) <= abs(stride):
        return None
    exists: Operand = Constant(True, "bool")
    if not prove_non_negative(context, low):
        exists = builder.bind("greater_equal", low, integer(0))
    if not prove_below(context, low, size):
        exists = builder.bind("logical_and", exists, builder.bind("less", low, size))
    message = "a slice that starts at {} of an axis of size {} is empty, which was not known when compiling"
    builder.check(exists, "UnsupportedOperationError", message, low, size)
    return low


def _from_end(context: Context, bound: Operand, size: Operand) -> Operand:
    """A bound that may count from the end."""
    builder = context.builder
    if isinstance(bound, Constant):
        return builder.bind("add", size, bound, hint="stop") if bound.value.real < 0 else bound
    if prove_non_negative(context, bound):
        return bound
    moved = builder.bind("add", bound, size, hint="stop")
    if prove_at_least(context, integer(-1), bound):
        return moved
    return builder.bind("where", builder.bind("less", bound, integer(0)), moved, bound, hint="stop")


def _at_least(context: Context, bound: Operand, least: int) -> Operand:
    if prove_at_least(context, bound, least):
        return bound
    return context.builder.bind("maximum", bound, integer(least), hint="start")


def _at_most(context: Context, bound: Operand, most: Operand) -> Operand:
    if prove_at_least(context, most, bound):
        return bound
    return context.builder.bind("minimum", bound, most, hint="stop")


def _count(context: Context, low: Operand, high: Operand, stride: int) -> Operand:
    """How many numbers `low, low + stride, ...` are below `high`; where the step is negative, counted from above."""
    builder = context.builder
    known = difference(context, high, low)
    if known is not None:
        return integer(max(0, -(-known // stride)))
    span = builder.bind("subtract", high, low, hint="n")
    if stride != 1:
        span = builder.bind("add", span, integer(stride - 1), hint="n")
        span = builder.bind("floor_divide", span, integer(stride), hint="n")
    if not prove_at_least(context, high, low):
        span = builder.bind("maximum", span, integer(0), hint="n")
    return size_of(context, span)
