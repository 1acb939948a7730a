"""Functions that arrange elements anew: views where NumPy gives views, else new arrays.

What goes in: an array. What comes out: a view of the same storage, of another name of it (a `Reshape`), or of a copy.
What holds: where NumPy may give a view and a copy is made here, the copy is not writable, so nobody can tell.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from wengert.library import definitions
from wengert.lower.bounds import difference, product, prove_non_negative, require_possible, same_size, size_of
from wengert.lower.calls import lowers, static
from wengert.lower.context import Context
from wengert.lower.creation import dtype_name, replace_writable, sizes_of
from wengert.lower.elementwise import (
    as_operand,
    check_equal,
    elementwise,
    require_sizes,
    shape_of,
    whole,
)
from wengert.lower.indexing import SliceItem, get_item, view_of
from wengert.lower.reductions import axes_of, reduced_sum, total
from wengert.lower.storing import assign, copy_of, in_storage, materialise, new_array, shared_copy
from wengert.lower.values import Abstract, Along, Lazy, Scalar, Sequence, Static, View
from wengert.ops.table import COMPOSITES
from wengert.program.builder import Builder, integer
from wengert.program.statements import Constant, Operand

__all__ = [
    "array_view",
    "is_whole",
    "number_of",
    "permuted",
    "raveled",
    "reshaped",
    "shape_value",
    "shifted",
    "stretched",
]


def array_view(context: Context, value: Abstract) -> View:
    """An array as a view; a number becomes one of rank 0."""
    found = as_operand(context, materialise(context, as_operand(context, value)))
    return in_storage(context, found)


def permuted(view: View, order: tuple[int, ...]) -> View:
    """The view whose axis `k` is the axis `order[k]` of the given one."""
    axes = tuple(
        Along(order.index(axis.axis), axis.start, axis.step) if isinstance(axis, Along) else axis for axis in view.axes
    )
    return View(view.storage, axes, tuple(view.sizes[axis] for axis in order), view.writable)


def is_whole(context: Context, view: View) -> bool:
    """Whether a view is the whole of a storage, in its own order."""
    sizes = context.builder.sizes.get(view.storage)
    if sizes is None or len(sizes) != view.rank:
        return False
    return all(
        isinstance(axis, Along)
        and axis.axis == place
        and difference(context, axis.start, integer(0)) == 0
        and difference(context, axis.step, integer(1)) == 0
        and same_size(context, view.sizes[place], size)
        for place, (axis, size) in enumerate(zip(view.axes, sizes, strict=True))
    )


def reshaped(context: Context, view: View, sizes: tuple[Operand, ...], copied: bool = False) -> View:
    """The elements of a view in C order, with other sizes; their number is the same."""
    if len(sizes) == view.rank and all(same_size(context, a, b) for a, b in zip(sizes, view.sizes, strict=True)):
        return copy_of(context, view) if copied else view
    writable = view.writable
    if copied or not is_whole(context, view):
        fresh = copied or (len(sizes) == 1 and view.rank > 1 and not _rows_are_whole(context, view))
        view = copy_of(context, view) if fresh else shared_copy(context, view, view)
        writable = copied
    storage = context.builder.reshape(view.storage, sizes)
    context.roots[storage] = view.storage
    return whole(storage, sizes, writable)


def _rows_are_whole(context: Context, view: View) -> bool:
    """Whether a view may be contiguous: its axes are in the storage's order, and all but the first are whole."""
    sizes = context.builder.sizes.get(view.storage, ())
    followed = [axis for axis in view.axes if isinstance(axis, Along)]
    if [axis.axis for axis in followed] != list(range(view.rank)):
        return False
    return all(
        same_size(context, view.sizes[axis.axis], size)
        for axis, size in list(zip(view.axes, sizes, strict=False))[1:]
        if isinstance(axis, Along) and axis.axis > 0
    )


def raveled(context: Context, view: View, copied: bool = False) -> View:
    """All elements in C order, along one axis."""
    return reshaped(context, view, (product(context, view.sizes),), copied)


@lowers(np.reshape)
def reshape(
    context: Context,
    a: Abstract,
    shape: Abstract,
    order: Abstract | None = None,
    *,
    copy: Abstract | None = None,
) -> Abstract:
    given = "C" if order is None else static(context, order, "order")
    copied = copy is not None and bool(static(context, copy, "copy"))
    view = array_view(context, a)
    sizes = _wanted_sizes(context, view, shape)
    if given in ("C", "A") or (given == "F" and len(sizes) < 2 and view.rank < 2):
        return reshaped(context, view, sizes, copied)
    context.refuse_unless(given == "F", f"order={given!r} of reshape", "Use C order.")
    flipped = permuted(view, tuple(reversed(range(view.rank))))
    return permuted(reshaped(context, flipped, sizes[::-1], copied), tuple(reversed(range(len(sizes)))))


def _wanted_sizes(context: Context, view: View, shape: Abstract) -> tuple[Operand, ...]:
    """The sizes that reshape asks for, -1 found from the others; checked against the number of elements."""
    if isinstance(shape, Static) and isinstance(shape.value, tuple | list):
        shape = Sequence(tuple(Static(one) for one in shape.value))
    items = shape.items if isinstance(shape, Sequence) else (shape,)
    unknown = [k for k, item in enumerate(items) if _is_minus_one(item)]
    context.refuse_unless(len(unknown) < 2, "can only specify one unknown dimension")
    known = tuple(size for k, item in enumerate(items) if k not in unknown for size in _known_sizes(context, item))
    left, given = list(view.sizes), []
    for size in known:  # what is there on both sides need not be divided
        match = next((one for one in left if same_size(context, one, size)), None)
        if match is None:
            given.append(size)
        else:
            left.remove(match)
    builder = context.builder
    if len(given) > 1:
        for size in given:
            require_possible(context, size)
    count, divisor = product(context, tuple(left)), product(context, tuple(given))
    text = f"cannot reshape array of size {{}} into shape ({','.join(['{}'] * len(items))}{',' * (len(items) == 1)})"
    inferred: Operand = integer(-1)
    if unknown:
        inferred = count
        if not same_size(context, divisor, integer(1)):
            positive = builder.bind("maximum", divisor, integer(1))
            inferred = size_of(context, builder.bind("floor_divide", count, positive, hint="n"))
    wanted = list(known)
    for k in unknown:
        wanted.insert(k, inferred)
    said = (product(context, view.sizes), *(integer(-1) if k in unknown else one for k, one in enumerate(wanted)))
    reached = builder.bind("multiply", inferred, divisor) if unknown else divisor
    if not (unknown and reached is count):
        check_equal(context, reached, count, "ValueError", text, *said)
    return tuple(wanted)


def _known_sizes(context: Context, item: Abstract) -> tuple[Operand, ...]:
    """The size, or sizes, that an item gives: none of them may turn out to be -1."""
    if isinstance(item, Scalar) and not prove_non_negative(context, item.operand):
        holds = context.builder.bind("not_equal", item.operand, context.builder.cast(integer(-1), item.dtype))
        text = "a size of -1 that is not known when compiling"
        context.builder.check(holds, "UnsupportedOperationError", text)
    return sizes_of(context, item)


def _is_minus_one(item: Abstract) -> bool:
    if isinstance(item, Static):
        return bool(item.value == -1)
    return isinstance(item, Scalar) and isinstance(item.operand, Constant) and item.operand.value == -1


@lowers(np.ravel)
def ravel(context: Context, a: Abstract, order: Abstract | None = None) -> Abstract:
    given = "C" if order is None else static(context, order, "order")
    context.refuse_unless(given in ("C", "A", "F"), f"order={given!r} of ravel", "Use C order.")
    view = array_view(context, a)
    if given == "F":
        view = permuted(view, tuple(reversed(range(view.rank))))
    return raveled(context, view)


@lowers(np.transpose)
def transpose(context: Context, a: Abstract, axes: Abstract | None = None) -> Abstract:
    view = array_view(context, a)
    given = None if axes is None else static(context, axes, "axes")
    if given is None:
        return permuted(view, tuple(reversed(range(view.rank))))
    order = tuple(operator.index(one) % max(view.rank, 1) for one in given)
    context.refuse_unless(sorted(order) == list(range(view.rank)), "axes don't match array")
    return permuted(view, order)


@lowers(np.swapaxes)
def swapaxes(context: Context, a: Abstract, axis1: Abstract, axis2: Abstract) -> Abstract:
    view = array_view(context, a)
    order = list(range(view.rank))
    (first,), (second,) = axes_of(context, axis1, view.rank), axes_of(context, axis2, view.rank)
    order[first], order[second] = second, first
    return permuted(view, tuple(order))


@lowers(np.moveaxis)
def moveaxis(context: Context, a: Abstract, source: Abstract, destination: Abstract) -> Abstract:
    view = array_view(context, a)
    given = (static(context, source, "source"), static(context, destination, "destination"))
    items = ((one,) if isinstance(one, int) else tuple(one) for one in given)
    moved, places = ([operator.index(k) % view.rank for k in one] for one in items)
    order = [axis for axis in range(view.rank) if axis not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return permuted(view, tuple(order))


@lowers(np.linalg.matrix_transpose, np.matrix_transpose)
def matrix_transpose(context: Context, x: Abstract) -> Abstract:
    view = array_view(context, x)
    return swapaxes(context, view, Static(-1), Static(-2))


@lowers(np.expand_dims)
def expand_dims(context: Context, a: Abstract, axis: Abstract) -> Abstract:
    view = array_view(context, a)
    given = static(context, axis, "axis")
    rank = view.rank + (len(given) if isinstance(given, tuple | list) else 1)
    new = axes_of(context, axis, rank)
    return view_of(context, view, [None if k in new else SliceItem() for k in range(rank)])


@lowers(np.squeeze)
def squeeze(context: Context, a: Abstract, axis: Abstract | None = None) -> Abstract:
    view = array_view(context, a)
    if axis is None or (isinstance(axis, Static) and axis.value is None):
        gone = tuple(k for k, size in enumerate(view.sizes) if same_size(context, size, integer(1)))
        _require_not_one(context, view)
    else:
        gone = axes_of(context, axis, view.rank)
    text = "cannot select an axis to squeeze out which has size not equal to one"
    for k in gone:
        check_equal(context, view.sizes[k], integer(1), "ValueError", text)
    kept = [k for k in range(view.rank) if k not in gone]
    axes = tuple(
        (axis.start if axis.axis in gone else Along(kept.index(axis.axis), axis.start, axis.step))
        if isinstance(axis, Along)
        else axis
        for axis in view.axes
    )
    return View(view.storage, axes, tuple(view.sizes[k] for k in kept), view.writable)


def _require_not_one(context: Context, view: View) -> None:
    """Check that no axis has the size 1 unless that was known when the program was made."""
    for k, size in enumerate(view.sizes):
        if not isinstance(size, Constant):
            message = f"squeeze: axis {k} has the size 1, which was not known when compiling; name the axis"
            holds = context.builder.bind("not_equal", size, integer(1))
            context.builder.check(holds, "UnsupportedOperationError", message)


@lowers(np.atleast_1d, np.atleast_2d, np.atleast_3d)
def atleast(context: Context, *arys: Abstract, function: Any) -> Abstract:
    found = []
    least = {np.atleast_1d: 1, np.atleast_2d: 2, np.atleast_3d: 3}[function]
    for one in arys:
        view = array_view(context, one)
        items: list[Any] = [SliceItem()] * view.rank
        if least == 3 and view.rank == 2:
            items = [*items, None]
        elif least == 3 and view.rank == 1:
            items = [None, *items, None]
        else:
            items = [None] * (least - view.rank) + items
        found.append(view_of(context, view, items) if len(items) > view.rank else view)
    return found[0] if len(found) == 1 else Sequence(tuple(found))


def stretched(context: Context, view: View, sizes: tuple[Operand, ...]) -> View:
    """A view broadcast to sizes, not writable."""
    require_sizes(context, sizes, view.sizes)
    offset = len(sizes) - view.rank
    axes: list[Operand | Along] = []
    for axis in view.axes:
        if not isinstance(axis, Along):
            axes.append(axis)
        elif same_size(context, view.sizes[axis.axis], integer(1)):
            axes.append(axis.start)
        else:
            axes.append(Along(axis.axis + offset, axis.start, axis.step))
    return View(view.storage, tuple(axes), sizes, writable=False)


@lowers(np.broadcast_to)
def broadcast_to(context: Context, array: Abstract, shape: Abstract, subok: Abstract | None = None) -> Abstract:
    view = array_view(context, array)
    sizes = sizes_of(context, shape)
    context.refuse_unless(len(sizes) >= view.rank, "input operand has more dimensions than allowed")
    return stretched(context, view, sizes)


@lowers(np.broadcast_arrays)
def broadcast_arrays(context: Context, *args: Abstract, subok: Abstract | None = None) -> Abstract:
    from wengert.lower.elementwise import broadcast_sizes

    views = [array_view(context, one) for one in args]
    sizes = broadcast_sizes(context, *(one.sizes for one in views))
    return Sequence(tuple(stretched(context, one, sizes) for one in views))


@lowers(np.meshgrid)
def meshgrid(
    context: Context,
    *xi: Abstract,
    copy: Abstract | None = None,
    sparse: Abstract | None = None,
    indexing: Abstract | None = None,
) -> Abstract:
    order = "xy" if indexing is None else static(context, indexing, "indexing")
    thin = sparse is not None and static(context, sparse, "sparse")
    rank = len(xi)
    places = list(range(rank))
    if order == "xy" and rank > 1:
        places[:2] = [1, 0]
    views = []
    for one, place in zip(xi, places, strict=True):
        view = raveled(context, array_view(context, one))
        views.append(view_of(context, view, [None] * place + [SliceItem()] + [None] * (rank - place - 1)))
    if thin:
        return Sequence(tuple(copy_of(context, one) for one in views))
    sizes: list[Operand] = [integer(1)] * rank
    for view, place in zip(views, places, strict=True):
        sizes[place] = view.sizes[place]
    return Sequence(tuple(copy_of(context, stretched(context, one, tuple(sizes))) for one in views))


@lowers(np.flip, np.flipud, np.fliplr)
def flip(context: Context, m: Abstract, axis: Abstract | None = None, *, function: Any) -> Abstract:
    view = array_view(context, m)
    if function is not np.flip:
        axis = Static(0 if function is np.flipud else 1)
    turned = axes_of(context, axis, view.rank)
    back = SliceItem(step=Static(-1))
    return view_of(context, view, [back if k in turned else SliceItem() for k in range(view.rank)])


@lowers(np.roll)
def roll(context: Context, a: Abstract, shift: Abstract, axis: Abstract | None = None) -> Abstract:
    view = array_view(context, a)
    if axis is None or (isinstance(axis, Static) and axis.value is None):
        rolled = _rolled(context, raveled(context, view), shift, 0)
        return reshaped(context, rolled, view.sizes)
    given = static(context, axis, "axis")
    axes = tuple(given) if isinstance(given, tuple | list) else (given,)
    shifts = _items(shift) if len(_items(shift)) == len(axes) else _items(shift) * len(axes)
    for one, amount in zip(axes, shifts, strict=True):
        (along,) = axes_of(context, Static(one), view.rank)
        view = _rolled(context, view, amount, along)
    return view


def _items(value: Abstract) -> tuple[Abstract, ...]:
    if isinstance(value, Sequence):
        return value.items
    if isinstance(value, Static) and isinstance(value.value, tuple | list):
        return tuple(Static(one) for one in value.value)
    return (value,)


def _rolled(context: Context, view: View, shift: Abstract, axis: int) -> View:
    """Two copies: the end to the front, and the rest behind it."""
    from wengert.lower.indexing import index_operand

    builder = context.builder
    size = size_of(context, view.sizes[axis])
    amount = index_operand(context, shift)
    if isinstance(size, Constant) and isinstance(amount, Constant):
        moved: Operand = integer(int(amount.value.real) % max(int(size.value.real), 1))
    else:
        moved = builder.bind("remainder", amount, builder.bind("maximum", size, integer(1)), hint="shift")
    target = new_array(context, "rolled", view.dtype, view.sizes)
    rest = builder.bind("subtract", size, moved, hint="n")
    for start, source, count in ((integer(0), rest, moved), (moved, integer(0), rest)):
        sizes = tuple(count if k == axis else one for k, one in enumerate(view.sizes))
        size_of(context, count)
        assign(context, shifted(context, target, axis, start, sizes), shifted(context, view, axis, source, sizes))
    return target


def shifted(context: Context, view: View, axis: int, start: Operand, sizes: tuple[Operand, ...]) -> View:
    """The part of a view from `start` along an axis; surely in range."""
    builder = context.builder
    axes = tuple(
        Along(one.axis, builder.bind("add", one.start, builder.bind("multiply", start, one.step)), one.step)
        if isinstance(one, Along) and one.axis == axis
        else one
        for one in view.axes
    )
    return View(view.storage, axes, sizes, view.writable)


@lowers(np.tile)
def tile(context: Context, A: Abstract, reps: Abstract) -> Abstract:
    view = array_view(context, A)
    times = sizes_of(context, reps)
    rank = max(len(times), view.rank)
    view = view_of(context, view, [None] * (rank - view.rank) + [Ellipsis])
    times = (integer(1),) * (rank - len(times)) + times
    builder = context.builder
    split = tuple(one for pair in zip(times, view.sizes, strict=True) for one in pair)
    target = new_array(context, "tiled", view.dtype, split)
    sizes = tuple(
        size_of(context, builder.bind("multiply", n, size)) for n, size in zip(times, view.sizes, strict=True)
    )
    spread = view_of(context, view, [one for _ in range(rank) for one in (None, SliceItem())])
    assign(context, target, spread)
    return reshaped(context, target, sizes)


@lowers(np.repeat)
def repeat(context: Context, a: Abstract, repeats: Abstract, axis: Abstract | None = None) -> Abstract:
    view = array_view(context, a)
    if axis is None or (isinstance(axis, Static) and axis.value is None):
        view, along = raveled(context, view), 0
    else:
        (along,) = axes_of(context, axis, view.rank)
    if shape_of(as_operand(context, repeats)) not in ((), (integer(1),)):
        from wengert.lower import lower_into

        return lower_into(context, definitions.repeat_each, [view, repeats, Static(along)], {})
    (count,) = sizes_of(context, repeats)
    split = (*view.sizes[: along + 1], count, *view.sizes[along + 1 :])
    target = new_array(context, "repeated", view.dtype, split)
    assign(context, target, view_of(context, view, [SliceItem()] * (along + 1) + [None, Ellipsis]))
    whole_size = size_of(context, context.builder.bind("multiply", view.sizes[along], count))
    return reshaped(context, target, (*view.sizes[:along], whole_size, *view.sizes[along + 1 :]))


# Diagonals and triangles.


def _diagonal_view(context: Context, view: View, offset: Operand, axis1: int, axis2: int) -> View:
    """The diagonal of two axes, as the last axis."""
    builder = context.builder
    zero = integer(0)
    down = builder.bind("maximum", builder.bind("negative", offset), zero)
    right = builder.bind("maximum", offset, zero)
    rows = builder.bind("subtract", view.sizes[axis1], down)
    columns = builder.bind("subtract", view.sizes[axis2], right)
    count = rows if same_size(context, rows, columns) else builder.bind("minimum", rows, columns)
    count = builder.bind("maximum", count, zero) if offset != zero else count
    kept = [axis for axis in range(view.rank) if axis not in (axis1, axis2)]
    starts = {axis1: down, axis2: right}
    axes: list[Operand | Along] = []
    for axis in view.axes:
        if not isinstance(axis, Along):
            axes.append(axis)
        elif axis.axis in starts:
            moved = builder.bind("multiply", starts[axis.axis], axis.step)
            axes.append(Along(len(kept), builder.bind("add", axis.start, moved), axis.step))
        else:
            axes.append(Along(kept.index(axis.axis), axis.start, axis.step))
    sizes = (*(view.sizes[axis] for axis in kept), size_of(context, count))
    return View(view.storage, tuple(axes), sizes, view.writable)


def _offset(context: Context, offset: Abstract | None) -> Operand:
    from wengert.lower.indexing import index_operand

    return integer(0) if offset is None else index_operand(context, offset)


@lowers(np.diagonal)
def diagonal(
    context: Context,
    a: Abstract,
    offset: Abstract | None = None,
    axis1: Abstract | None = None,
    axis2: Abstract | None = None,
) -> Abstract:
    view = array_view(context, a)
    (first,) = axes_of(context, axis1 or Static(0), view.rank)
    (second,) = axes_of(context, axis2 or Static(1), view.rank)
    return replace_writable(_diagonal_view(context, view, _offset(context, offset), first, second))


@lowers(np.diag)
def diag(context: Context, v: Abstract, k: Abstract | None = None) -> Abstract:
    view = array_view(context, v)
    if view.rank == 2:
        return diagonal(context, view, k)
    context.refuse_unless(view.rank == 1, "np.diag takes an array of one or two axes")
    offset = _offset(context, k)
    builder = context.builder
    width = builder.bind("maximum", offset, builder.bind("negative", offset))
    size = size_of(context, builder.bind("add", view.sizes[0], width, hint="n"))
    target = new_array(context, "diag", view.dtype, (size, size), zeroed=True)
    onto = _diagonal_view(context, target, offset, 0, 1)
    assign(context, View(onto.storage, onto.axes, view.sizes), view)
    return target


@lowers(np.trace)
def trace(
    context: Context,
    a: Abstract,
    offset: Abstract | None = None,
    axis1: Abstract | None = None,
    axis2: Abstract | None = None,
    dtype: Abstract | None = None,
) -> Abstract:
    view = diagonal(context, a, offset, axis1, axis2)
    assert isinstance(view, View)
    name = None if dtype is None else dtype_name(context, dtype, view.dtype)
    return reduced_sum(context, view, (view.rank - 1,), dtype=name) if view.rank > 1 or name else total(context, view)


@lowers(np.tril, np.triu)
def triangle(context: Context, m: Abstract, k: Abstract | None = None, *, function: Any) -> Abstract:
    value = as_operand(context, m)
    if len(shape_of(value)) < 2:
        from wengert.lower import lower_into

        return lower_into(context, COMPOSITES[function], [value, k or Static(0)], {})
    offset = _offset(context, k)
    lower = function is np.tril
    sizes = shape_of(value)

    def kept(builder: Builder, place: tuple[Operand, ...]) -> Operand:
        edge = builder.bind("add", place[-2], offset)
        return builder.bind("less_equal" if lower else "greater_equal", place[-1], edge)

    mask = Lazy("bool", sizes, kept, ())
    zero = Scalar(context.builder.cast(integer(0), value.dtype), weak=False)
    return elementwise(
        context, [mask, value, zero], value.dtype, lambda builder, c, x, y: builder.bind("where", c, x, y)
    )


@lowers(np.diff)
def diff(
    context: Context, a: Abstract, n: Abstract | None = None, axis: Abstract | None = None, **ends: Abstract
) -> Abstract:
    from wengert.lower.operators import binary

    if ends:  # prepend= and append=
        from wengert.lower import lower_into

        return lower_into(context, COMPOSITES[np.diff], [a, n or Static(1), axis or Static(-1)], ends)
    found: Abstract = array_view(context, a)
    times = 1 if n is None else operator.index(static(context, n, "n"))
    for _ in range(times):
        view = array_view(context, found)
        (along,) = axes_of(context, axis or Static(-1), view.rank)
        before: list[Any] = [SliceItem()] * along
        upper = get_item(context, view, [*before, SliceItem(start=Static(1))])
        lower = get_item(context, view, [*before, SliceItem(stop=Static(-1))])
        found = binary(context, "not_equal" if view.dtype == "bool" else "subtract", upper, lower)
    return found


@lowers(np.shape, np.ndim, np.size)
def described(context: Context, a: Abstract, axis: Abstract | None = None, *, function: Any) -> Abstract:
    sizes = shape_of(as_operand(context, a)) if not isinstance(a, Scalar) else ()
    if function is np.ndim:
        return Static(len(sizes))
    if function is np.size:
        if axis is not None:
            (along,) = axes_of(context, axis, len(sizes))
            return number_of(context, sizes[along])
        return number_of(context, product(context, sizes))
    return shape_value(context, sizes)


def number_of(context: Context, size: Operand) -> Abstract:
    """A size as Python sees it: a number, known now if it is a constant."""
    size_of(context, size)
    return Static(int(size.value.real)) if isinstance(size, Constant) else Scalar(size, weak=True)


def shape_value(context: Context, sizes: tuple[Operand, ...]) -> Abstract:
    """A shape as Python sees it."""
    return Sequence(tuple(number_of(context, size) for size in sizes))
