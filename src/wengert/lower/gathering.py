"""Indexing with integer arrays, boolean masks and lists: read, written and updated.

What goes in: an array and items of which at least one is an array. What comes out: a `Lazy` when read. What holds:
index arrays are broadcast together as NumPy does; their axes stand where they stood, or first if they are apart.
Every index is checked before anything is read or written. A mask is compressed into index arrays, whose size is known
at run time, except where a number is written or a whole-array mask updates in place, which are loops with a branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from wengert.lower.bounds import nest, same_size, size_of
from wengert.lower.calls import lowers, static
from wengert.lower.context import Context
from wengert.lower.elementwise import (
    ArrayLike,
    aligned,
    as_operand,
    broadcast_sizes,
    cast_scalar,
    cast_value,
    check_equal,
    require_sizes,
    resolve,
    shape_of,
    sources_of,
)
from wengert.lower.indexing import Item, SliceItem, checked_index, expand, index_operand, slice_axis
from wengert.lower.reductions import axes_of
from wengert.lower.storing import (
    copy_of,
    in_storage,
    materialise,
    new_array,
    require_writable,
    root,
    update_place,
)
from wengert.lower.values import Abstract, Lazy, Scalar, Static, View
from wengert.lower.values import Sequence as AbstractSequence
from wengert.program.builder import Builder, integer
from wengert.program.functions import FUNCTIONS
from wengert.program.statements import Operand

__all__ = ["gather", "nonzero", "scatter", "taken", "update_each", "update_places"]


@dataclass(frozen=True, slots=True)
class Places:
    """Which element of the base each place of the result is.

    For each axis of the base: an index array (or number), or a slice with the axis of the result that runs along it.
    `sizes` are the result's; the index arrays' own axes start at `first`, and are `count` many.
    """

    base: View
    axes: tuple[ArrayLike | tuple[int, Operand, Operand], ...]
    sizes: tuple[Operand, ...]
    first: int
    count: int

    def indices(self, builder: Builder, place: tuple[Operand, ...]) -> tuple[Operand, ...]:
        """The indices in the storage."""
        found = []
        for axis in self.axes:
            if isinstance(axis, tuple):
                number, start, step = axis
                moved = builder.bind("multiply", place[number], step, hint="i")
                found.append(builder.bind("add", moved, start, hint="i"))
            else:
                own = place[self.first : self.first + self.count]
                found.append(cast_scalar(builder, aligned(builder, axis, own), "int64"))
        return self.base.indices(builder, tuple(found))


def places_of(context: Context, base: View, items: Sequence[Item]) -> Places:
    """The places that items name, each index checked and made not negative."""
    expanded = _without_masks(context, base, items)
    new_axes = [k for k, item in enumerate(expanded) if item is None]
    arrays: dict[int, ArrayLike] = {}  # by place among the items
    for k, item in enumerate(expanded):
        if item is not None and not isinstance(item, SliceItem):
            assert item is not Ellipsis
            arrays[k] = as_operand(context, item)
    together = list(arrays) == list(range(min(arrays), max(arrays) + 1))
    shape = broadcast_sizes(context, *(shape_of(one) for one in arrays.values()))
    sizes: list[Operand] = [] if together else list(shape)
    first = 0
    axes: list[Any] = []
    for k, item in enumerate(expanded):
        if together and k == min(arrays):
            first = len(sizes)
            sizes.extend(shape)
        if k in new_axes:
            sizes.append(integer(1))
        elif isinstance(item, SliceItem):
            start, size, step = slice_axis(context, item, base.sizes[len(axes)])
            axes.append((len(sizes), start, step))
            sizes.append(size)
        else:
            axes.append(_checked(context, arrays[k], base.sizes[len(axes)], len(axes)))
    return Places(base, tuple(axes), tuple(sizes), first, len(shape))


def _without_masks(context: Context, base: View, items: Sequence[Item]) -> list[Item]:
    """Items with masks replaced by the index arrays of their true elements."""
    found: list[Item] = []
    axis = 0
    ranks = [_mask_rank(context, item) for item in items]
    consumed = sum(
        1 if rank is None else rank
        for item, rank in zip(items, ranks, strict=True)
        if item is not None and item is not Ellipsis
    )
    for item, rank in zip(items, ranks, strict=True):
        if rank is None:
            found.append(item)
            axis += item is not None if item is not Ellipsis else base.rank - consumed
            continue
        context.refuse_unless(rank > 0, "indexing with a single truth value", "Use `if`.")
        mask = in_storage(context, as_operand(context, item))  # type: ignore[arg-type]  # it is an abstract value
        for place, size in enumerate(mask.sizes):
            text = (
                f"boolean index did not match indexed array along axis {axis + place}; size of axis is {{}} but size "
                "of corresponding boolean axis is {}"
            )
            wanted = base.sizes[axis + place]
            check_equal(context, wanted, size, "IndexError", text, wanted, size)
        found.extend(true_places(context, mask))
        axis += rank
    return expand(context, base.rank, found, sum(1 for item in found if item is not None and item is not Ellipsis))


def _mask_rank(context: Context, item: Item) -> int | None:
    """The number of axes of a mask; `None` for other items."""
    if item is None or item is Ellipsis or isinstance(item, SliceItem):
        return None
    if isinstance(item, Static) and not isinstance(item.value, bool | np.bool_ | list | np.ndarray | tuple):
        return None
    value = as_operand(context, item)
    return len(shape_of(value)) if value.dtype == "bool" else None


def true_places(context: Context, mask: View) -> list[View]:
    """The index arrays of a mask's true elements: counted first, then written one after the other."""
    builder = context.builder
    counter = builder.allocate("count", "int64", (), zeroed=True)
    with nest(context, mask.sizes) as place:
        builder.accumulate(counter, (), builder.cast(mask.element(builder, place), "int64"))
    count = size_of(context, builder.load(counter, (), hint="count"))
    found = [new_array(context, "place", "int64", (count,)) for _ in mask.sizes]
    builder.store(counter, (), integer(0))
    with nest(context, mask.sizes, order_free=False) as place:
        holds = mask.element(builder, place)
        with builder.block() as then:
            at = builder.load(counter, (), hint="at")
            for axis, index in enumerate(place):
                builder.store(found[axis].storage, (at,), index)
            builder.store(counter, (), builder.bind("add", at, integer(1)))
        builder.branch(holds, then)
    for view, size in zip(found, mask.sizes, strict=True):
        context.in_range[view.storage] = size
    return found


def _checked(context: Context, array: ArrayLike, size: Operand, axis: int) -> ArrayLike:
    """An index array whose elements are in range: checked, and made not negative if some may be."""
    builder = context.builder
    if np.dtype(array.dtype).kind not in "iu":
        context.refuse("arrays used as indices must be of integer (or boolean) type", "Convert it with astype(int).")
    if not shape_of(array):
        return Scalar(checked_index(context, index_operand(context, array), size, axis), weak=False)
    known = context.in_range.get(array.storage) if isinstance(array, View) else None
    if known is not None and same_size(context, known, size):
        return array
    held = in_storage(context, array)
    safe = new_array(context, "place", "int64", held.sizes)
    with nest(context, held.sizes) as place:
        index = cast_scalar(builder, held.element(builder, place), "int64")
        builder.store(safe.storage, place, checked_index(context, index, size, axis))
    return safe


# Reading.


def gather(context: Context, base: View, items: Sequence[Item]) -> Abstract:
    """`base[items]`, a new array."""
    places = places_of(context, base, items)
    sources = sources_of(*(one for one in places.axes if not isinstance(one, tuple)))
    found = Lazy(
        base.dtype,
        places.sizes,
        lambda builder, place: builder.load(base.storage, places.indices(builder, place)),
        (base, *sources),
    )
    # It reads the base at other places than its own, so it gets a storage now.
    return materialise(context, found)


# Writing.


def _value(context: Context, base: View, value: Abstract) -> ArrayLike:
    """A value to be written: computed before anything is."""
    operand = as_operand(context, value)
    overlaps = any(root(context, one.storage) is root(context, base.storage) for one in sources_of(operand))
    return copy_of(context, operand) if overlaps else operand


def scatter(context: Context, base: View, items: Sequence[Item], value: Abstract) -> None:
    """`base[items] = value`. Of several values for one element the last stays, so the loops are in order."""
    require_writable(context, base)
    operand = _value(context, base, value)
    builder = context.builder
    _require_real(context, operand, base.dtype)
    if _is_whole_mask(context, base, items) and not shape_of(operand):
        mask = _whole_mask(context, base, items)
        found = cast_scalar(builder, aligned(builder, operand, ()), base.dtype)
        with nest(context, base.sizes) as place:
            with builder.block() as then:
                builder.store(base.storage, base.indices(builder, place), found)
            builder.branch(mask.element(builder, place), then)
        return
    places = places_of(context, base, items)
    require_sizes(context, places.sizes, shape_of(operand))
    extra = max(len(shape_of(operand)) - len(places.sizes), 0)
    with nest(context, places.sizes, order_free=False) as place:
        found = cast_scalar(builder, aligned(builder, operand, (integer(0),) * extra + place), base.dtype)
        builder.store(base.storage, places.indices(builder, place), found)


def _require_real(context: Context, operand: ArrayLike, dtype: str) -> None:
    if operand.dtype.startswith("complex") and not dtype.startswith("complex"):
        context.refuse(f"complex values stored into an array of {dtype} lose their imaginary part", "Take `.real`.")


def _is_whole_mask(context: Context, base: View, items: Sequence[Item]) -> bool:
    return len(items) == 1 and _mask_rank(context, items[0]) == base.rank


def _whole_mask(context: Context, base: View, items: Sequence[Item]) -> View:
    mask = in_storage(context, as_operand(context, items[0]))  # type: ignore[arg-type]  # it is an abstract value
    for axis, (wanted, size) in enumerate(zip(base.sizes, mask.sizes, strict=True)):
        text = (
            f"boolean index did not match indexed array along axis {axis}; size of axis is {{}} but size of "
            "corresponding boolean axis is {}"
        )
        check_equal(context, wanted, size, "IndexError", text, wanted, size)
    return mask


def _update_dtypes(context: Context, base: View, op: str, operand: ArrayLike) -> tuple[str, ...]:
    function = FUNCTIONS[op].function
    assert isinstance(function, np.ufunc)
    dtypes = resolve(context, function, [base, operand])
    if not np.can_cast(dtypes[-1], base.dtype, "same_kind"):
        context.refuse(
            f"an in-place update would turn {dtypes[-1]} into {base.dtype}", "Make the array with the wider dtype."
        )
    return dtypes


def update_places(context: Context, base: View, items: Sequence[Item], op: str, value: Abstract) -> None:
    """`base[items] op= value`: NumPy reads all elements, then writes, so an element named twice is updated once."""
    require_writable(context, base)
    operand = _value(context, base, value)
    dtypes = _update_dtypes(context, base, op, operand)
    builder = context.builder
    if _is_whole_mask(context, base, items) and not shape_of(operand):
        mask = _whole_mask(context, base, items)
        number = aligned(builder, operand, ())
        with nest(context, base.sizes) as place:
            with builder.block() as then:
                update_place(context, base.storage, base.indices(builder, place), op, number, dtypes)
            builder.branch(mask.element(builder, place), then)
        return
    places = places_of(context, base, items)
    require_sizes(context, places.sizes, shape_of(operand))
    read = Lazy(
        base.dtype,
        places.sizes,
        lambda builder, place: builder.load(base.storage, places.indices(builder, place)),
        (),
    )
    from wengert.lower.elementwise import ufunc

    held = in_storage(context, cast_value(context, ufunc(context, op, [read, operand]), base.dtype))
    with nest(context, places.sizes, order_free=False) as place:
        builder.store(base.storage, places.indices(builder, place), held.element(builder, place))


def update_each(context: Context, base: View, items: Sequence[Item], op: str, value: Abstract) -> None:
    """`ufunc.at(base, items, value)`: an element named twice is updated twice."""
    require_writable(context, base)
    operand = _value(context, base, value)
    dtypes = _update_dtypes(context, base, op, operand)
    builder = context.builder
    places = places_of(context, base, items)
    require_sizes(context, places.sizes, shape_of(operand))
    accumulates = op in ("add", "subtract") and base.dtype[0] in "fc"
    with nest(context, places.sizes, order_free=accumulates) as place:
        found = aligned(builder, operand, place)
        update_place(context, base.storage, places.indices(builder, place), op, found, dtypes)


# Functions.


@lowers(np.take)
def taken(
    context: Context,
    a: Abstract,
    indices: Abstract,
    axis: Abstract | None = None,
    out: Abstract | None = None,
    mode: Abstract | None = None,
) -> Abstract:
    """`np.take`."""
    from wengert.lower.elementwise import ufunc
    from wengert.lower.indexing import get_item
    from wengert.lower.reductions import stored
    from wengert.lower.shaping import number_of, raveled

    view = in_storage(context, as_operand(context, a))
    if axis is None or axis == Static(None):
        view, along = raveled(context, view), 0
    else:
        (along,) = axes_of(context, axis, view.rank)
    rule = "raise" if mode is None else static(context, mode, "mode")
    if rule != "raise":
        size = as_operand(context, number_of(context, view.sizes[along]))
        given = cast_value(context, as_operand(context, indices), "int64")
        if rule == "wrap":
            given = ufunc(context, "remainder", [given, size])
        else:
            last = ufunc(context, "subtract", [size, as_operand(context, Static(1))])
            given = ufunc(context, "minimum", [given, last])
            given = ufunc(context, "maximum", [given, as_operand(context, Static(0))])
        indices = given
    items: list[Item] = [*[SliceItem()] * along, indices]
    return stored(context, out, get_item(context, view, items))


@lowers(np.nonzero)
def nonzero(context: Context, a: Abstract) -> Abstract:
    """`np.nonzero`."""
    mask = in_storage(context, cast_value(context, as_operand(context, a), "bool"))
    return AbstractSequence(tuple(true_places(context, mask)))


@lowers(np.flatnonzero)
def flatnonzero(context: Context, a: Abstract) -> Abstract:
    from wengert.lower.shaping import raveled

    view = raveled(context, in_storage(context, as_operand(context, a)))
    mask = in_storage(context, cast_value(context, view, "bool"))
    return true_places(context, mask)[0]


@lowers(sliding_window_view)
def windows(
    context: Context, x: Abstract, window_shape: Abstract, axis: Abstract | None = None, **options: Abstract
) -> Abstract:
    """`np.lib.stride_tricks.sliding_window_view`: a copy, which is not writable as NumPy's view is not."""
    from wengert.lower.creation import sizes_of

    context.refuse_unless(not options, "sliding_window_view with subok or writeable")
    view, builder = in_storage(context, as_operand(context, x)), context.builder
    lengths = sizes_of(context, window_shape)
    given = None if axis is None else static(context, axis, "an axis")
    named = range(view.rank) if given is None else (given,) if isinstance(given, int) else given
    axes = [one for each in named for one in axes_of(context, Static(each), view.rank)]
    context.refuse_unless(len(axes) == len(lengths), "Must provide matching length window_shape and axis")
    sizes = list(view.sizes)
    for along, length in zip(axes, lengths, strict=True):
        fits = builder.bind("less_equal", length, sizes[along])
        builder.check(fits, "ValueError", "window shape cannot be larger than input array shape")
        left = builder.bind("add", builder.bind("subtract", sizes[along], length), integer(1), hint="n")
        sizes[along] = size_of(context, left)

    def at(builder: Builder, place: tuple[Operand, ...]) -> Operand:
        found = list(place[: view.rank])
        for along, moved in zip(axes, place[view.rank :], strict=True):
            found[along] = builder.bind("add", found[along], moved)
        return view.element(builder, tuple(found))

    found = copy_of(context, Lazy(view.dtype, (*sizes, *lengths), at, (view,)), "windows")
    return View(found.storage, found.axes, found.sizes, writable=False)
