"""Sums, means and the other reductions that are loops: order-free accumulations into a cell or a smaller array.

What goes in: an array and the axes that vanish. What comes out: a `Scalar`, or a view of a new array. What holds: the
loops run in the order of the source's memory, so a sum over the first axis adds row by row into a row.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.lower.bounds import loop, nest, product
from wengert.lower.calls import lowers, static, unsupported_option
from wengert.lower.context import Context
from wengert.lower.creation import choose, dtype_name
from wengert.lower.elementwise import (
    ArrayLike,
    as_operand,
    cast_scalar,
    cast_value,
    element,
    elementwise,
    scalar_function,
    shape_of,
    ufunc,
)
from wengert.lower.storing import assign, in_storage, loop_order, materialise, new_array
from wengert.lower.values import Abstract, Along, Scalar, Static, View
from wengert.program.builder import Builder, integer
from wengert.program.statements import Constant, Operand

__all__ = ["accumulated", "axes_of", "finished", "is_true", "reduced_sum", "running", "selected", "stored", "total"]


def axes_of(context: Context, axis: Abstract | None, rank: int) -> tuple[int, ...]:
    """The axes that an argument `axis` names; all of them if it is `None`."""
    given = None if axis is None else static(context, axis, "an axis")
    if given is None:
        return tuple(range(rank))
    found = []
    for one in given if isinstance(given, tuple | list) else (given,):
        number = operator.index(one)
        if not -rank <= number < rank:
            context.refuse(f"axis {number} is out of bounds for array of dimension {rank}")
        found.append(number % rank)
    if len(set(found)) != len(found):
        context.refuse("duplicate value in 'axis'")
    return tuple(sorted(found))


def reduced_axes(context: Context, axis: Abstract | None, rank: int) -> tuple[int, ...]:
    """`axes_of` for a reduction, which takes the axis 0 of a number."""
    if rank == 0 and isinstance(axis, Static) and axis.value in (0, -1):
        return ()
    return axes_of(context, axis, rank)


def is_true(context: Context, value: Abstract | None, what: str) -> bool:
    """An option that must be known when the program is made."""
    return value is not None and bool(static(context, value, what))


def _order(value: ArrayLike) -> tuple[int, ...] | None:
    return loop_order(value) if isinstance(value, View) else None


def accumulated(
    context: Context,
    value: ArrayLike,
    axes: tuple[int, ...],
    keepdims: bool,
    dtype: str,
    compute: Callable[[Builder, Operand], Operand],
    hint: str = "sum",
) -> Scalar | View:
    """The sum of `compute(element)` over some axes, as a new array; a scalar where no axis stays."""
    builder = context.builder
    sizes = shape_of(value)
    kept = tuple(axis for axis in range(len(sizes)) if axis not in axes)
    target = new_array(context, hint, dtype, tuple(sizes[axis] for axis in kept), zeroed=True)
    with nest(context, sizes, _order(value)) as place:
        found = compute(builder, element(builder, value, place))
        builder.accumulate(target.storage, tuple(place[axis] for axis in kept), found)
    return finished(context, target, axes, keepdims, len(sizes))


def finished(context: Context, target: View, axes: tuple[int, ...], keepdims: bool, rank: int) -> Scalar | View:
    """A reduction's result: a scalar where no axis stays; with axes of size 1 for `keepdims`."""
    if keepdims and rank:
        places = [axis for axis in range(rank) if axis not in axes]
        moved = tuple(Along(axis, integer(0), integer(1)) for axis in places)
        sizes = tuple(target.sizes[places.index(axis)] if axis in places else integer(1) for axis in range(rank))
        return View(target.storage, moved, sizes)
    if target.rank == 0:
        return Scalar(context.builder.load(target.storage, ()), weak=False)
    return target


def _sum_dtype(dtype: str) -> str:
    """Sums of small integers and of truth values are computed in 64 bits."""
    kind = np.dtype(dtype).kind
    return {"b": "int64", "i": "int64", "u": "uint64"}.get(kind, dtype)


def reduced_sum(
    context: Context, value: ArrayLike, axes: tuple[int, ...], keepdims: bool = False, dtype: str | None = None
) -> Scalar | View:
    """`np.sum`."""
    name = dtype or _sum_dtype(value.dtype)
    if not shape_of(value):
        return Scalar(cast_scalar(context.builder, element(context.builder, value, ()), name), weak=False)
    return accumulated(context, value, axes, keepdims, name, lambda builder, x: cast_scalar(builder, x, name))


def total(context: Context, value: ArrayLike) -> Scalar:
    """The sum of all elements."""
    found = reduced_sum(context, value, tuple(range(len(shape_of(value)))))
    assert isinstance(found, Scalar)
    return found


def stored(context: Context, out: Abstract | None, value: Abstract) -> Abstract:
    """A result, written to `out` where that is given."""
    if out is None or (isinstance(out, Static) and out.value is None):
        return value
    if not isinstance(out, View):
        context.refuse("out= takes an array")
    assign(context, out, value)
    return out


def selected(context: Context, value: ArrayLike, where: Abstract | None, otherwise: Any = 0) -> ArrayLike:
    """The elements where a condition holds, and a neutral number elsewhere."""
    if where is None or (isinstance(where, Static) and where.value in (True, None)):
        return value
    flags = cast_value(context, as_operand(context, where), "bool")
    constant = Constant(np.dtype(value.dtype).type(otherwise).item(), value.dtype)
    neutral = Scalar(constant, weak=False)
    return elementwise(
        context, [flags, value, neutral], value.dtype, lambda builder, c, x, y: builder.bind("where", c, x, y)
    )


@lowers(np.sum, np.add.reduce)
def sum_(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    dtype: Abstract | None = None,
    out: Abstract | None = None,
    keepdims: Abstract | None = None,
    initial: Abstract | None = None,
    where: Abstract | None = None,
    *,
    function: Any = np.sum,
) -> Abstract:
    value = selected(context, as_operand(context, a), where)
    if function == np.add.reduce and axis is None:
        axis = Static(0)
    axes = reduced_axes(context, axis, len(shape_of(value)))
    name = dtype_name(context, dtype, _sum_dtype(value.dtype))
    found: Abstract = reduced_sum(context, value, axes, is_true(context, keepdims, "keepdims"), name)
    if initial is not None:
        found = ufunc(context, "add", [as_operand(context, found), as_operand(context, initial)])
    return stored(context, out, found)


def _count(context: Context, value: ArrayLike, axes: tuple[int, ...]) -> Operand:
    return product(context, tuple(shape_of(value)[axis] for axis in axes))


def _counted(
    context: Context, value: ArrayLike, axes: tuple[int, ...], where: Abstract | None, kept: bool
) -> ArrayLike:
    """How many elements a reduction takes."""
    if where is None or (isinstance(where, Static) and where.value in (True, None)):
        return Scalar(_count(context, value, axes), weak=False)
    flags = cast_value(context, as_operand(context, where), "bool")
    ones = elementwise(context, [flags, value], "int64", lambda builder, c, x: builder.cast(c, "int64"))
    return reduced_sum(context, ones, axes, kept)


@lowers(np.mean)
def mean(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    dtype: Abstract | None = None,
    out: Abstract | None = None,
    keepdims: Abstract | None = None,
    *,
    where: Abstract | None = None,
) -> Abstract:
    value = as_operand(context, a)
    kept = is_true(context, keepdims, "keepdims")
    axes = reduced_axes(context, axis, len(shape_of(value)))
    name = dtype_name(context, dtype, value.dtype if value.dtype[0] in "fc" else "float64")
    counts = _counted(context, value, axes, where, kept)
    value = selected(context, value, where)
    added = reduced_sum(context, value, axes, kept, name)
    divided = elementwise(
        context,
        [added, counts],
        name,
        lambda builder, x, n: builder.bind("divide", x, cast_scalar(builder, n, name)),
    )
    return stored(context, out, divided)


_mean = mean  # under a name that an option of `var` does not hide


@lowers(np.var, np.std)
def var(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    dtype: Abstract | None = None,
    out: Abstract | None = None,
    ddof: Abstract | None = None,
    keepdims: Abstract | None = None,
    *,
    where: Abstract | None = None,
    mean: Abstract | None = None,
    correction: Abstract | None = None,
    function: Any,
) -> Abstract:
    unsupported_option(context, "dtype", dtype)
    value = as_operand(context, materialise(context, as_operand(context, a)))
    axes = reduced_axes(context, axis, len(shape_of(value)))
    if mean is None or mean == Static(None):
        mean = _mean(context, value, axis, keepdims=Static(True), where=where)
    middle = as_operand(context, mean)
    apart = selected(
        context, ufunc(context, "subtract", [value, as_operand(context, materialise(context, middle))]), where
    )

    def squared(builder: Builder, x: Operand) -> Operand:
        if not x.dtype.startswith("complex"):
            return builder.bind("square", x)
        return builder.bind("real", builder.bind("multiply", x, builder.bind("conjugate", x)))

    name = {"complex128": "float64", "complex64": "float32"}.get(apart.dtype, apart.dtype)
    if shape_of(apart):
        found: ArrayLike = accumulated(context, apart, axes, is_true(context, keepdims, "keepdims"), name, squared)
    else:
        found = elementwise(context, [apart], name, squared)
    given = ddof if correction is None or correction == Static(None) else correction
    less = cast_value(context, as_operand(context, given or Static(0)), name)
    count = cast_value(context, _counted(context, value, axes, where, is_true(context, keepdims, "keepdims")), name)
    left = ufunc(context, "maximum", [ufunc(context, "subtract", [count, less]), Scalar(Constant(0.0, name), False)])
    found = ufunc(context, "divide", [found, left])
    if function is np.std:
        found = _deviation(context, as_operand(context, materialise(context, found)))
    return stored(context, out, found)


def _deviation(context: Context, variance: ArrayLike) -> ArrayLike:
    """The root of a variance, with derivative zero where that is zero: the subgradient of least norm."""
    zero, one = (cast_value(context, Scalar(Constant(value, "float64"), True), variance.dtype) for value in (0.0, 1.0))
    vanishes = as_operand(context, materialise(context, ufunc(context, "equal", [variance, zero])))
    return choose(context, vanishes, zero, ufunc(context, "sqrt", [choose(context, vanishes, one, variance)]))


@lowers(np.any, np.all, np.count_nonzero, np.logical_or.reduce, np.logical_and.reduce)
def truths(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    out: Abstract | None = None,
    keepdims: Abstract | None = None,
    *,
    where: Abstract | None = None,
    function: Any,
) -> Abstract:
    value = as_operand(context, a)
    every = function in (np.all, np.logical_and.reduce)
    if function in (np.logical_and.reduce, np.logical_or.reduce) and axis is None:
        axis = Static(0)
    flags = cast_value(context, value, "bool") if value.dtype != "bool" else value
    if every:
        flags = elementwise(context, [flags], "bool", lambda builder, x: builder.bind("logical_not", x))
    flags = selected(context, flags, where)
    axes = reduced_axes(context, axis, len(shape_of(value)))
    counts = reduced_sum(context, flags, axes, is_true(context, keepdims, "keepdims"), "int64")
    if function is np.count_nonzero:
        return stored(context, out, counts)
    name = "equal" if every else "not_equal"
    found = elementwise(context, [counts], "bool", lambda builder, x: builder.bind(name, x, integer(0)))
    return stored(context, out, found)


@lowers(np.argmax, np.argmin)
def argmax(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    out: Abstract | None = None,
    *,
    keepdims: Abstract | None = None,
    function: Any,
) -> Abstract:
    from wengert.lower.shaping import raveled

    kept_axes = is_true(context, keepdims, "keepdims")
    view = in_storage(context, as_operand(context, a))
    rank = view.rank
    if axis is None or (isinstance(axis, Static) and axis.value is None):
        view = raveled(context, view)
        axes: tuple[int, ...] = (0,)
    else:
        axes = axes_of(context, axis, view.rank)
    context.refuse_unless(len(axes) == 1, f"{function.__name__} takes one axis")
    along = axes[0]
    builder = context.builder
    text = f"attempt to get {function.__name__} of an empty sequence"
    builder.check(builder.bind("greater", view.sizes[along], integer(0)), "ValueError", text)
    kept = tuple(axis for axis in range(view.rank) if axis != along)
    target = new_array(context, function.__name__, "int64", tuple(view.sizes[axis] for axis in kept), zeroed=True)
    better = "greater" if function is np.argmax else "less"
    with nest(context, target.sizes) as outer, loop(context, integer(1), view.sizes[along]) as i:
        best = builder.load(target.storage, outer)
        old = view.element(builder, (*outer[:along], best, *outer[along:]))
        new = view.element(builder, (*outer[:along], i, *outer[along:]))
        wins = scalar_function(builder, better, [new, old], (view.dtype, view.dtype, "bool"))
        if view.dtype[0] in "fc":  # the first NaN is the largest and the smallest
            lost = builder.bind("logical_not", builder.bind("isnan", old))
            wins = builder.bind("logical_and", lost, builder.bind("logical_or", wins, builder.bind("isnan", new)))
        with builder.block() as then:
            builder.store(target.storage, outer, i)
        builder.branch(wins, then)
    if kept_axes and view.rank != rank:
        from wengert.lower.shaping import reshaped

        return stored(context, out, reshaped(context, target, (integer(1),) * rank))
    return stored(context, out, finished(context, target, axes, kept_axes, view.rank))


@lowers(np.cumsum, np.add.accumulate, np.cumprod, np.multiply.accumulate)
def cumulated(
    context: Context,
    a: Abstract,
    axis: Abstract | None = None,
    dtype: Abstract | None = None,
    out: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    from wengert.lower.shaping import raveled

    view = in_storage(context, as_operand(context, a))
    if function in (np.add.accumulate, np.multiply.accumulate) and axis is None:
        axis = Static(0)
    if axis is None or axis == Static(None) or (view.rank == 0 and axis in (Static(0), Static(-1))):
        view, along = raveled(context, view), 0
    else:
        (along,) = axes_of(context, axis, view.rank)
    name = dtype_name(context, dtype, _sum_dtype(view.dtype))
    op = "add" if function in (np.cumsum, np.add.accumulate) else "multiply"
    return stored(context, out, running(context, view, along, op, name))


def running(context: Context, view: View, along: int, op: str, dtype: str) -> View:
    """The cumulative result of a binary function along an axis, as a new array."""
    builder = context.builder
    target = new_array(context, "running", dtype, view.sizes)

    def place_with(others: tuple[Operand, ...], i: Operand) -> tuple[Operand, ...]:
        return (*others[:along], i, *others[along:])

    others = tuple(size for axis, size in enumerate(view.sizes) if axis != along)
    with builder.block() as first:
        with nest(context, others) as place:
            found = cast_scalar(builder, view.element(builder, place_with(place, integer(0))), dtype)
            builder.store(target.storage, place_with(place, integer(0)), found)
        with loop(context, integer(1), view.sizes[along]) as i, nest(context, others) as place:
            before = builder.load(target.storage, place_with(place, builder.bind("subtract", i, integer(1))))
            found = cast_scalar(builder, view.element(builder, place_with(place, i)), dtype)
            joined = scalar_function(builder, op, [before, found], (dtype,) * 3)
            builder.store(target.storage, place_with(place, i), joined)
    some = builder.bind("greater", view.sizes[along], integer(0))
    builder.branch(some, first)
    return target
