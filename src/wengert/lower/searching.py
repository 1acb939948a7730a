"""Searching and sorting of indices: `searchsorted`, `argsort`, `bincount`.

What goes in: arrays. What comes out: new arrays of indices or counts, found by loops in the program. What holds:
`argsort` is stable, NaN comes last, as in NumPy. Source: Knuth, *The Art of Computer Programming*, volume 3, 6.2.1
(binary search) and 5.2.4 (merging).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from wengert.lower.bounds import MOST_ELEMENTS, nest, prove_non_negative, size_of
from wengert.lower.calls import lowers, static, unsupported_option
from wengert.lower.context import Context
from wengert.lower.elementwise import as_operand, cast_scalar, cast_value, resolve, shape_of
from wengert.lower.reductions import axes_of
from wengert.lower.shaping import raveled
from wengert.lower.storing import in_storage, new_array
from wengert.lower.values import Abstract, Scalar, Static, View
from wengert.program.builder import Builder, integer
from wengert.program.statements import Operand, Storage

__all__: list[str] = []

Key: TypeAlias = Callable[[Builder, Operand], Operand]


def _before(builder: Builder, first: Operand, second: Operand) -> Operand:
    """Whether `first` is sorted before `second`."""
    if first.dtype[0] == "c":
        return _complex_before(builder, first, second)
    smaller = builder.bind("less", first, second)
    if first.dtype[0] != "f":
        return smaller
    only_second = builder.bind("logical_and", _is_number(builder, first), builder.bind("isnan", second))
    return builder.bind("logical_or", smaller, only_second)


def _complex_before(builder: Builder, first: Operand, second: Operand) -> Operand:
    """NumPy's order: by the real parts, then by the imaginary ones; numbers with NaN in a part come after others."""
    (x, x_imag), (y, y_imag) = ([builder.bind(name, one) for name in ("real", "imag")] for one in (first, second))
    other_nan = builder.bind("isnan", y_imag)
    level = builder.bind("logical_and", builder.bind("isnan", x), builder.bind("isnan", y))
    level = builder.bind("logical_or", builder.bind("equal", x, y), level)
    not_later = builder.bind("logical_or", _is_number(builder, x_imag), other_nan)
    if_less = builder.bind("logical_and", builder.bind("less", x, y), not_later)
    earlier = builder.bind("logical_and", _is_number(builder, x_imag), other_nan)
    if_greater = builder.bind("logical_and", builder.bind("greater", x, y), earlier)
    only_second = builder.bind("logical_and", _is_number(builder, x), builder.bind("isnan", y))
    apart = builder.bind("logical_or", builder.bind("logical_or", if_less, if_greater), only_second)
    if_level = _before(builder, x_imag, y_imag)
    return builder.bind("where", level, if_level, apart)


def _is_number(builder: Builder, operand: Operand) -> Operand:
    return builder.bind("logical_not", builder.bind("isnan", operand))


@lowers(np.searchsorted)
def searchsorted(
    context: Context, a: Abstract, v: Abstract, side: Abstract | None = None, sorter: Abstract | None = None
) -> Abstract:
    unsupported_option(context, "sorter", sorter)
    right = side is not None and static(context, side, "side") == "right"
    wanted = as_operand(context, v)
    table = as_operand(context, a)
    dtype = resolve(context, np.less, [table, wanted])[0]
    held = in_storage(context, cast_value(context, table, dtype))
    places = in_storage(context, wanted)
    target = new_array(context, "found", "int64", places.sizes)
    builder = context.builder
    with nest(context, places.sizes) as place:
        key = cast_scalar(builder, places.element(builder, place), dtype)
        low = builder.allocate("low", "int64", (), zeroed=True)
        high = builder.allocate("high", "int64", ())
        builder.store(high, (), held.sizes[0])
        with builder.block() as test:
            running = builder.bind("less", builder.load(low), builder.load(high))
        with builder.block() as body:
            both = builder.bind("add", builder.load(low), builder.load(high))
            middle = builder.bind("floor_divide", both, integer(2), hint="middle")
            found = held.element(builder, (middle,))
            goes_right = (
                builder.bind("logical_not", _before(builder, key, found)) if right else _before(builder, found, key)
            )
            with builder.block() as above:
                builder.store(low, (), builder.bind("add", middle, integer(1)))
            with builder.block() as below:
                builder.store(high, (), middle)
            builder.branch(goes_right, above, below)
        builder.repeat(test, running, body)
        builder.store(target.storage, place, builder.load(low))
    return target if target.rank else Scalar(builder.load(target.storage, ()), weak=False)


@lowers(np.argsort)
def argsort(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    kind: Abstract | None = None,
    order: Abstract | None = None,
    *,
    stable: Abstract | None = None,
) -> Abstract:
    unsupported_option(context, "order", order)
    view = in_storage(context, as_operand(context, a))
    if axis == Static(None):
        view, axis = raveled(context, view), Static(-1)
    (along,) = axes_of(context, axis or Static(-1), view.rank)
    builder = context.builder
    size = size_of(context, view.sizes[along])
    target = new_array(context, "order", "int64", view.sizes)
    others = tuple(one for k, one in enumerate(view.sizes) if k != along)
    now, later = (new_array(context, "order", "int64", (size,)) for _ in range(2))
    with nest(context, others, order_free=False) as place:

        def key(builder: Builder, i: Operand) -> Operand:
            return view.element(builder, (*place[:along], i, *place[along:]))

        _merge_sort(context, key, size, now.storage, later.storage)
        with builder.loop(integer(0), size) as i:
            builder.store(target.storage, (*place[:along], i, *place[along:]), builder.load(now.storage, (i,)))
    return target


def _merge_sort(context: Context, key: Key, size: Operand, now: Storage, later: Storage) -> None:
    """The order of the keys, in `now`: runs of length 1, 2, 4, ... are merged into `later` and copied back."""
    builder = context.builder
    with builder.loop(integer(0), size) as i:
        builder.store(now, (i,), i)
    width = builder.allocate("width", "int64", ())
    builder.store(width, (), integer(1))
    start = builder.allocate("start", "int64", ())
    with builder.block() as test:
        running = builder.bind("less", builder.load(width), size)
    with builder.block() as body:
        run = builder.load(width)
        builder.store(start, (), integer(0))
        with builder.block() as inner_test:
            inside = builder.bind("less", builder.load(start), size)
        with builder.block() as inner:
            low = builder.load(start)
            middle = builder.bind("minimum", builder.bind("add", low, run), size, hint="middle")
            high = builder.bind("minimum", builder.bind("add", middle, run), size, hint="high")
            _merge(context, key, (low, middle, high), now, later)
            builder.store(start, (), high)
        builder.repeat(inner_test, inside, inner)
        with builder.loop(integer(0), size) as i:
            builder.store(now, (i,), builder.load(later, (i,)))
        builder.store(width, (), builder.bind("multiply", run, integer(2)))
    builder.repeat(test, running, body)


def _merge(context: Context, key: Key, bounds: tuple[Operand, Operand, Operand], now: Storage, later: Storage) -> None:
    """Two neighbouring runs into one."""
    builder = context.builder
    low, middle, high = bounds
    left, right = builder.allocate("left", "int64", ()), builder.allocate("right", "int64", ())
    builder.store(left, (), low)
    builder.store(right, (), middle)
    with builder.loop(low, high) as i:
        mine, other = builder.load(left), builder.load(right)
        chosen = builder.allocate("chosen", "bool", ())  # whether the right run gives the next
        with builder.block() as left_empty:
            builder.store(chosen, (), builder.bind("equal", mine, mine))
        with builder.block() as both_tested:
            first = builder.load(now, (mine,))
            with builder.block() as compared:
                second = builder.load(now, (other,))
                builder.store(chosen, (), _before(builder, key(builder, second), key(builder, first)))
            with builder.block() as right_empty:
                builder.store(chosen, (), builder.bind("not_equal", mine, mine))
            builder.branch(builder.bind("less", other, high), compared, right_empty)
        builder.branch(builder.bind("greater_equal", mine, middle), left_empty, both_tested)
        with builder.block() as from_right:
            builder.store(later, (i,), builder.load(now, (other,)))
            builder.store(right, (), builder.bind("add", other, integer(1)))
        with builder.block() as from_left:
            builder.store(later, (i,), builder.load(now, (mine,)))
            builder.store(left, (), builder.bind("add", mine, integer(1)))
        builder.branch(builder.load(chosen), from_right, from_left)


@lowers(np.bincount)
def bincount(
    context: Context, x: Abstract, /, weights: Abstract | None = None, minlength: Abstract | None = None
) -> Abstract:
    builder = context.builder
    numbers = as_operand(context, x)
    context.refuse_unless(np.dtype(numbers.dtype).kind in "bi", "np.bincount takes whole numbers", "Use astype(int).")
    places = in_storage(context, cast_value(context, numbers, "int64"))
    context.refuse_unless(places.rank == 1, "np.bincount takes an array of one axis")
    least = integer(0) if minlength is None else _number(context, minlength)
    if not prove_non_negative(context, least):
        holds = builder.bind("greater_equal", least, integer(0))
        builder.check(holds, "ValueError", "'minlength' must not be negative")
    largest = builder.allocate("largest", "int64", ())
    builder.store(largest, (), least)
    with builder.loop(integer(0), size_of(context, places.sizes[0])) as i:
        place = places.element(builder, (i,))
        holds = builder.bind("greater_equal", place, integer(0))
        builder.check(holds, "ValueError", "'list' argument must have no negative elements")
        holds = builder.bind("less", place, integer(MOST_ELEMENTS))
        builder.check(holds, "MemoryError", "no memory for so many counts")
        more = builder.bind("add", place, integer(1))
        builder.store(largest, (), builder.bind("maximum", builder.load(largest), more))
    count = size_of(context, builder.load(largest, hint="count"))
    given = None if weights is None or weights == Static(None) else as_operand(context, weights)
    if given is not None:
        from wengert.lower.elementwise import require_sizes

        require_sizes(context, places.sizes, shape_of(given))
        given = cast_value(context, given, "float64")
    target = new_array(context, "counts", "int64" if given is None else "float64", (count,), zeroed=True)
    held: View | None = None if given is None else in_storage(context, given)
    with nest(context, places.sizes) as (i,):
        added = integer(1) if held is None else held.element(builder, (i,))
        builder.accumulate(target.storage, (places.element(builder, (i,)),), added)
    return target


def _number(context: Context, value: Abstract) -> Operand:
    from wengert.lower.indexing import index_operand

    return index_operand(context, value)
