"""Functions that make arrays from sizes and numbers: `zeros`, `full`, `arange`, `eye`, `array` and their like.

What goes in: abstract sizes, numbers and sequences. What comes out: a new storage, or a `Lazy` where every element is
told by its place. What holds: a size that may be negative is checked.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from wengert.lower.bounds import MOST_ELEMENTS, prove_non_negative, size_of
from wengert.lower.calls import lowers, static, unsupported_option
from wengert.lower.context import Context
from wengert.lower.elementwise import (
    ArrayLike,
    as_operand,
    broadcast_sizes,
    cast_scalar,
    cast_value,
    constant_of,
    elementwise,
    refuse_mixed,
    shape_of,
)
from wengert.lower.storing import assign, copy_of, in_storage, new_array, shared_copy
from wengert.lower.values import Abstract, Along, Lazy, Scalar, Sequence, Static, View
from wengert.ops.table import COMPOSITES
from wengert.program.builder import Builder, integer
from wengert.program.statements import Constant, Operand

__all__ = ["array_of", "dtype_name", "filled", "sizes_of"]

_MOST_ELEMENTS = 512


def dtype_name(context: Context, dtype: Abstract | None, default: str) -> str:
    """The name of a dtype given as an argument."""
    if dtype is None or (isinstance(dtype, Static) and dtype.value is None):
        return default
    try:
        found = np.dtype(static(context, dtype, "a dtype"))
    except TypeError:
        context.refuse("this is no dtype that the compile engine knows")
    context.refuse_unless(
        found.kind in "biufc" and found.name not in ("float16", "longdouble", "float128", "complex256"),
        f"arrays of dtype {found} are not accepted",
    )
    return str(found.name)


def sizes_of(context: Context, shape: Abstract) -> tuple[Operand, ...]:
    """Sizes given as a number or a tuple of numbers; negative ones raise NumPy's ValueError when the program runs."""
    if isinstance(shape, Static) and isinstance(shape.value, tuple | list):
        items: tuple[Abstract, ...] = tuple(Static(one) for one in shape.value)
    else:
        items = shape.items if isinstance(shape, Sequence) else (shape,)
    found = []
    for item in items:
        number = as_operand(context, item)
        if shape_of(number) or np.dtype(number.dtype).kind not in "iu" or not isinstance(number, Scalar):
            context.refuse("a size must be a whole number", "Convert it with int(...).")
        size = context.builder.cast(number.operand, "int64")
        if not prove_non_negative(context, size):
            holds = context.builder.bind("greater_equal", size, integer(0))
            context.builder.check(holds, "ValueError", "negative dimensions are not allowed")
        found.append(size_of(context, size))
    return tuple(found)


def filled(context: Context, sizes: tuple[Operand, ...], operand: Operand) -> Lazy:
    """An array of equal elements."""
    return Lazy(operand.dtype, sizes, lambda builder, place: operand, ())


@lowers(np.zeros)
def zeros(context: Context, shape: Abstract, dtype: Abstract | None = None, order: Abstract | None = None) -> Abstract:
    return new_array(context, "zeros", dtype_name(context, dtype, "float64"), sizes_of(context, shape), zeroed=True)


@lowers(np.empty)
def empty(context: Context, shape: Abstract, dtype: Abstract | None = None, order: Abstract | None = None) -> Abstract:
    return new_array(context, "empty", dtype_name(context, dtype, "float64"), sizes_of(context, shape))


@lowers(np.ones)
def ones(context: Context, shape: Abstract, dtype: Abstract | None = None, order: Abstract | None = None) -> Abstract:
    one = cast_scalar(context.builder, integer(1), dtype_name(context, dtype, "float64"))
    return _array(context, filled(context, sizes_of(context, shape), one))


@lowers(np.full)
def full(
    context: Context,
    shape: Abstract,
    fill_value: Abstract,
    dtype: Abstract | None = None,
    order: Abstract | None = None,
) -> Abstract:
    value = as_operand(context, fill_value)
    if dtype is None:
        refuse_mixed(context, [value])
    target = new_array(context, "full", dtype_name(context, dtype, value.dtype), sizes_of(context, shape))
    assign(context, target, value)
    return target


def _array(context: Context, value: Lazy) -> Abstract:
    """A `Lazy` of rank 0 is an array of rank 0, which NumPy makes of `shape=()`."""
    return value if value.rank else copy_of(context, value)


@lowers(np.zeros_like, np.empty_like, np.ones_like)
def like(
    context: Context,
    a: Abstract,
    dtype: Abstract | None = None,
    order: Abstract | None = None,
    subok: Abstract | None = None,
    shape: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    source = as_operand(context, a)
    sizes = shape_of(source) if shape is None else sizes_of(context, shape)
    name = dtype_name(context, dtype, source.dtype)
    if function is np.ones_like:
        return _array(context, filled(context, sizes, cast_scalar(context.builder, integer(1), name)))
    return new_array(context, function.__name__[:5], name, sizes, zeroed=function is np.zeros_like)


@lowers(np.full_like)
def full_like(
    context: Context,
    a: Abstract,
    fill_value: Abstract,
    dtype: Abstract | None = None,
    order: Abstract | None = None,
    subok: Abstract | None = None,
    shape: Abstract | None = None,
) -> Abstract:
    source = as_operand(context, a)
    sizes = shape_of(source) if shape is None else sizes_of(context, shape)
    target = new_array(context, "full", dtype_name(context, dtype, source.dtype), sizes)
    assign(context, target, fill_value)
    return target


@lowers(np.eye)
def eye(
    context: Context,
    N: Abstract,
    M: Abstract | None = None,
    k: Abstract | None = None,
    dtype: Abstract | None = None,
) -> Abstract:
    sizes = sizes_of(context, Sequence((N, N if M is None else M)))
    name = dtype_name(context, dtype, "float64")
    offset = integer(0) if k is None else _scalar(context, k).operand

    def at(builder: Builder, place: tuple[Operand, ...]) -> Operand:
        on = builder.bind("equal", builder.bind("add", place[0], offset), place[1])
        return builder.cast(on, name)

    return Lazy(name, sizes, at, ())


@lowers(np.identity)
def identity(context: Context, n: Abstract, dtype: Abstract | None = None) -> Abstract:
    return eye(context, n, dtype=dtype)


@lowers(np.tri)
def tri(
    context: Context,
    N: Abstract,
    M: Abstract | None = None,
    k: Abstract | None = None,
    dtype: Abstract | None = None,
) -> Abstract:
    sizes = sizes_of(context, Sequence((N, N if M is None else M)))
    name = dtype_name(context, dtype, "float64")
    offset = integer(0) if k is None else _scalar(context, k).operand

    def at(builder: Builder, place: tuple[Operand, ...]) -> Operand:
        below = builder.bind("less_equal", place[1], builder.bind("add", place[0], offset))
        return builder.cast(below, name)

    return Lazy(name, sizes, at, ())


def _scalar(context: Context, value: Abstract) -> Scalar:
    found = as_operand(context, value)
    if isinstance(found, Scalar):
        return found
    context.refuse_unless(not shape_of(found), "a number is wanted here, not an array")
    return Scalar(found.element(context.builder, ()), weak=False)


@lowers(np.arange)
def arange(
    context: Context,
    start: Abstract,
    stop: Abstract | None = None,
    step: Abstract | None = None,
    dtype: Abstract | None = None,
) -> Abstract:
    builder = context.builder
    if stop is None:
        start, stop = Static(0), start
    numbers = [_scalar(context, one) for one in (start, stop, Static(1) if step is None else step)]
    joined = np.result_type(*(np.dtype(one.dtype) for one in numbers)).name
    joined = "int64" if joined == "bool" else joined
    name = dtype_name(context, dtype, joined)
    first, last, stride = (builder.cast(one.operand, joined) for one in numbers)
    span = builder.bind("subtract", last, first)
    if np.dtype(joined).kind == "i":
        count = _integer_count(context, span, stride)
    else:
        whole = builder.bind("ceil", builder.bind("divide", span, stride))
        possible = builder.bind("less", builder.bind("absolute", whole), Constant(float(MOST_ELEMENTS), whole.dtype))
        builder.check(possible, "ValueError", "Maximum allowed size exceeded")
        count = builder.bind("maximum", builder.cast(whole, "int64"), integer(0), hint="n")
    size_of(context, count)
    # NumPy takes the step from the first two elements as they are rounded.
    if np.dtype(joined).kind != "i":
        stride = builder.bind("subtract", builder.bind("add", first, stride), first)

    def at(builder: Builder, place: tuple[Operand, ...]) -> Operand:
        moved = builder.bind("multiply", builder.cast(place[0], joined), stride)
        return cast_scalar(builder, builder.bind("add", first, moved), name)

    return Lazy(name, (count,), at, ())


def _integer_count(context: Context, span: Operand, stride: Operand) -> Operand:
    builder = context.builder
    span, stride = builder.cast(span, "int64"), builder.cast(stride, "int64")
    if isinstance(stride, Constant):
        context.refuse_unless(stride.value, "arange with a step of zero")
        sign = 1 if stride.value.real > 0 else -1
        if sign < 0:
            span = builder.bind("negative", span)
        width = int(abs(stride.value))
        if width != 1:
            span = builder.bind("floor_divide", builder.bind("add", span, integer(width - 1)), integer(width))
    else:
        nonzero = builder.bind("not_equal", stride, integer(0))
        builder.check(nonzero, "ZeroDivisionError", "division by zero")
        span = builder.bind("negative", builder.bind("floor_divide", builder.bind("negative", span), stride))
    return span if prove_non_negative(context, span) else builder.bind("maximum", span, integer(0), hint="n")


@lowers(np.linspace)
def linspace(
    context: Context,
    start: Abstract,
    stop: Abstract,
    num: Abstract | None = None,
    endpoint: Abstract | None = None,
    retstep: Abstract | None = None,
    dtype: Abstract | None = None,
    axis: Abstract | None = None,
) -> Abstract:
    builder = context.builder
    if shape_of(as_operand(context, start)) or shape_of(as_operand(context, stop)):
        from wengert.lower import lower_into

        given = {"num": num, "endpoint": endpoint, "retstep": retstep, "dtype": dtype, "axis": axis}
        options = {name: one for name, one in given.items() if one is not None}
        return lower_into(context, COMPOSITES[np.linspace], [start, stop], options)
    unsupported_option(context, "axis", axis, 0)
    (count,) = sizes_of(context, Static(50) if num is None else num)
    ends = endpoint is None or bool(static(context, endpoint, "endpoint"))
    first, last = _scalar(context, start), _scalar(context, stop)
    joined = np.result_type(first.dtype, last.dtype, "float64").name
    name = dtype_name(context, dtype, joined)
    low, high = builder.cast(first.operand, joined), builder.cast(last.operand, joined)
    intervals = builder.bind("subtract", count, integer(1)) if ends else count
    step = builder.bind("divide", builder.bind("subtract", high, low), builder.cast(intervals, joined), hint="step")
    final = builder.bind("subtract", count, integer(1))

    def at(builder: Builder, place: tuple[Operand, ...]) -> Operand:
        moved = builder.bind("multiply", builder.cast(place[0], joined), step)
        found = builder.bind("add", moved, low)
        if ends:  # the first element where there is but one
            on_end = builder.bind("equal", place[0], final)
            end = builder.bind("where", builder.bind("equal", place[0], integer(0)), low, high)
            found = builder.bind("where", on_end, end, found)
        if np.dtype(name).kind in "iu":
            found = builder.bind("floor", found)
        return cast_scalar(builder, found, name)

    grid = Lazy(name, (count,), at, ())
    if retstep is not None and static(context, retstep, "retstep"):
        return Sequence((in_storage(context, grid), Scalar(step, weak=False)))
    return grid


# Arrays of sequences and of arrays.


def array_of(context: Context, value: Abstract, dtype: str | None = None) -> View:
    """A new array of nested sequences of numbers and arrays, as `np.array` makes it."""
    if isinstance(value, Static) and isinstance(value.value, np.ndarray):
        return _constant_array(context, value.value, dtype)
    if isinstance(value, Static) and isinstance(value.value, list | tuple):
        value = Sequence(tuple(Static(one) for one in value.value))
    if not isinstance(value, Sequence):
        return copy_of(context, as_operand(context, value), dtype=dtype)
    items = [_leaf(context, item) for item in value.items]
    if not items:
        return new_array(context, "array", dtype or "float64", (integer(0),))
    if dtype is None:
        refuse_mixed(context, items)
    name = dtype or np.result_type(*(np.dtype(one.dtype) for one in items)).name
    ranks = {len(shape_of(one)) for one in items}
    context.refuse_unless(len(ranks) == 1, "an array of sequences of unequal depth", "Make the sequences equally long.")
    sizes = broadcast_sizes(context, *(shape_of(one) for one in items)) if ranks != {0} else ()
    target = new_array(context, "array", name, (integer(len(items)), *sizes))
    for place, item in enumerate(items):
        axes: tuple[Operand | Along, ...] = (
            integer(place),
            *(Along(a, integer(0), integer(1)) for a in range(len(sizes))),
        )
        assign(context, View(target.storage, axes, sizes), item)
    return target


def _leaf(context: Context, item: Abstract) -> ArrayLike:
    if isinstance(item, Sequence) or (isinstance(item, Static) and isinstance(item.value, list | tuple | np.ndarray)):
        return array_of(context, item)
    return as_operand(context, item)


def _constant_array(context: Context, value: np.ndarray[Any, Any], dtype: str | None) -> View:
    context.refuse_unless(
        value.size <= _MOST_ELEMENTS, "a large array that is known when compiling", "Pass it as an argument."
    )
    name = dtype_name(context, Static(value.dtype), "float64")
    target = new_array(context, "constant", dtype or name, tuple(integer(size) for size in value.shape))
    for place in np.ndindex(*value.shape):
        number = constant_of(context, value[place])
        assert number is not None
        operand = cast_scalar(context.builder, number.operand, target.dtype)
        context.builder.store(target.storage, tuple(integer(one) for one in place), operand)
    return target


@lowers(np.array)
def array(
    context: Context,
    object: Abstract,
    dtype: Abstract | None = None,
    *,
    copy: Abstract | None = None,
    order: Abstract | None = None,
    ndmin: Abstract | None = None,
) -> Abstract:
    unsupported_option(context, "ndmin", ndmin, 0)
    if copy is not None and static(context, copy, "copy") is not True:
        return asarray(context, object, dtype, function=np.asarray)
    if isinstance(object, Sequence) or (isinstance(object, Static) and constant_of(context, object.value) is None):
        return array_of(context, object, None if dtype is None else dtype_name(context, dtype, "float64"))
    value = as_operand(context, object)
    return copy_of(context, value, "array", dtype_name(context, dtype, value.dtype))


@lowers(np.asarray, np.asanyarray, np.ascontiguousarray)
def asarray(
    context: Context,
    a: Abstract,
    dtype: Abstract | None = None,
    order: Abstract | None = None,
    *,
    function: Any,
) -> Abstract:
    if isinstance(a, Sequence) or (isinstance(a, Static) and constant_of(context, a.value) is None):
        return array_of(context, a, None if dtype is None else dtype_name(context, dtype, "float64"))
    value = as_operand(context, a)
    name = dtype_name(context, dtype, value.dtype)
    if isinstance(value, Scalar):
        found = copy_of(context, value, "array", name)
        if function is np.ascontiguousarray:
            from wengert.lower.shaping import reshaped

            return reshaped(context, found, (integer(1),))
        return found
    if value.dtype == name and function is not np.ascontiguousarray:
        return value
    if isinstance(value, View) and value.dtype == name:
        from wengert.lower.shaping import is_whole

        return value if is_whole(context, value) else shared_copy(context, value, value)
    return cast_value(context, value, name)


def replace_writable(view: View) -> View:
    """The view of a copy where NumPy may share memory, so that writing there must be refused."""
    return View(view.storage, view.axes, view.sizes, writable=False)


@lowers(np.copy)
def copy(context: Context, a: Abstract, order: Abstract | None = None, subok: Abstract | None = None) -> Abstract:
    return copy_of(context, as_operand(context, a), "copy")


@lowers(np.copyto)
def copyto(
    context: Context, dst: Abstract, src: Abstract, casting: Abstract | None = None, where: Abstract | None = None
) -> Abstract:
    if not isinstance(dst, View):
        context.refuse("np.copyto writes into an array")
    if where is None or (isinstance(where, Static) and where.value is True):
        assign(context, dst, src)
    else:
        condition = as_operand(context, where)
        value = cast_value(context, as_operand(context, src), dst.dtype)
        assign(context, dst, choose(context, condition, value, dst))
    return Static(None)


def choose(context: Context, condition: ArrayLike, first: ArrayLike, second: ArrayLike) -> ArrayLike:
    """`where(condition, first, second)` of two values of one dtype."""
    flags = cast_value(context, condition, "bool")
    return elementwise(
        context, [flags, first, second], first.dtype, lambda builder, c, x, y: builder.bind("where", c, x, y)
    )


def static_int(context: Context, value: Abstract | None, what: str, default: int | None = None) -> Any:
    """A whole number that must be known when the program is made."""
    if value is None:
        return default
    found = static(context, value, what)
    return found if found is None else operator.index(found)


@lowers(np.indices)
def indices(
    context: Context, dimensions: Abstract, dtype: Abstract | None = None, sparse: Abstract | None = None
) -> Abstract:
    """The place of each element: one array for each axis, stacked; or, where they are sparse, a tuple."""
    sizes = sizes_of(context, dimensions)
    name = dtype_name(context, dtype, "int64")
    if sparse is not None and static(context, sparse, "sparse"):
        return Sequence(tuple(_along_axis(context, name, sizes, axis) for axis in range(len(sizes))))

    def grid(axis: int) -> Lazy:
        return Lazy(name, sizes, lambda builder, place: builder.cast(place[axis], name), ())

    target = new_array(context, "indices", name, (integer(len(sizes)), *sizes))
    for number in range(len(sizes)):
        axes: tuple[Operand | Along, ...] = (
            integer(number),
            *(Along(a, integer(0), integer(1)) for a in range(len(sizes))),
        )
        assign(context, View(target.storage, axes, sizes), grid(number))
    return target


def _along_axis(context: Context, dtype: str, sizes: tuple[Operand, ...], axis: int) -> View:
    """The places along one axis, of size 1 along the others."""
    target = new_array(context, "indices", dtype, (sizes[axis],))
    assign(context, target, Lazy(dtype, (sizes[axis],), lambda builder, place: builder.cast(place[0], dtype), ()))
    shape = tuple(size if number == axis else integer(1) for number, size in enumerate(sizes))
    return View(target.storage, (Along(axis, integer(0), integer(1)),), shape)


@lowers(np.diag_indices)
def diag_indices(context: Context, n: Abstract, ndim: Abstract | None = None) -> Abstract:
    """The places of the diagonal."""
    count = 2 if ndim is None else operator.index(static(context, ndim, "ndim"))
    places = in_storage(context, as_operand(context, arange(context, n)))
    return Sequence((places,) * count)


@lowers(np.tril_indices, np.triu_indices)
def triangle_indices(
    context: Context, n: Abstract, k: Abstract | None = None, m: Abstract | None = None, *, function: Any
) -> Abstract:
    """The places of a triangle, row by row."""
    from wengert.lower.gathering import nonzero

    sizes = sizes_of(context, Sequence((n, n if m is None else m)))
    offset = integer(0) if k is None else context.builder.cast(_scalar(context, k).operand, "int64")
    test = "less_equal" if function is np.tril_indices else "greater_equal"

    def inside(builder: Builder, place: tuple[Operand, ...]) -> Operand:
        return builder.bind(test, place[1], builder.bind("add", place[0], offset))

    return nonzero(context, Lazy("bool", sizes, inside, ()))
