"""Methods and attributes of arrays and numbers, most of them by the function of the same name."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.lower import ordering, products, reductions, searching, selection, shaping
from wengert.lower.bounds import product
from wengert.lower.calls import Lowering, call, lowers, lowers_attribute, lowers_method, static
from wengert.lower.context import Context
from wengert.lower.creation import copy, dtype_name
from wengert.lower.elementwise import as_operand, cast_value, check_equal, shape_of, ufunc
from wengert.lower.storing import assign, copy_of, in_storage
from wengert.lower.values import Abstract, Scalar, Sequence, Static, View
from wengert.program.builder import integer
from wengert.program.statements import Constant
from wengert.rules.casting import as_array, astype, cast_to

__all__: list[str] = []

_SAME: dict[str, tuple[Lowering, Any]] = {
    "sum": (reductions.sum_, np.sum),
    "mean": (reductions.mean, None),
    "var": (reductions.var, np.var),
    "std": (reductions.var, np.std),
    "any": (reductions.truths, np.any),
    "all": (reductions.truths, np.all),
    "argmax": (reductions.argmax, np.argmax),
    "argmin": (reductions.argmax, np.argmin),
    "cumsum": (reductions.cumulated, np.cumsum),
    "cumprod": (reductions.cumulated, np.cumprod),
    "max": (ordering.extremum, np.max),
    "min": (ordering.extremum, np.min),
    "prod": (ordering.prod, np.prod),
    "argsort": (searching.argsort, None),
    "searchsorted": (searching.searchsorted, None),
    "sort": (ordering.sort_in_place, None),
    "dot": (products.dot, None),
    "clip": (selection.clip, None),
    "ravel": (shaping.ravel, None),
    "swapaxes": (shaping.swapaxes, None),
    "squeeze": (shaping.squeeze, None),
    "diagonal": (shaping.diagonal, None),
    "trace": (shaping.trace, None),
    "repeat": (shaping.repeat, None),
    "copy": (copy, None),
}


def _method(lowering: Lowering, function: Any) -> Lowering:
    def method(context: Context, base: Abstract, *arguments: Abstract, **keywords: Abstract) -> Abstract:
        if function is not None:
            return lowering(context, base, *arguments, **keywords, function=function)
        return lowering(context, base, *arguments, **keywords)

    return method


for _name, (_lowering, _function) in _SAME.items():
    lowers_method(_name)(_method(_lowering, _function))


def _as_one(arguments: tuple[Abstract, ...]) -> Abstract:
    """`a.reshape(2, 3)` is `a.reshape((2, 3))`."""
    return arguments[0] if len(arguments) == 1 else Sequence(arguments)


@lowers_method("reshape")
def reshape(context: Context, base: Abstract, *shape: Abstract, order: Abstract | None = None) -> Abstract:
    return shaping.reshape(context, base, _as_one(shape), order)


@lowers_method("transpose")
def transpose(context: Context, base: Abstract, *axes: Abstract) -> Abstract:
    return shaping.transpose(context, base, _as_one(axes) if axes else None)


@lowers_method("flatten")
def flatten(context: Context, base: Abstract, order: Abstract | None = None) -> Abstract:
    given = "C" if order is None else static(context, order, "order")
    view = in_storage(context, as_operand(context, base))
    if given == "F":
        view = shaping.permuted(view, tuple(reversed(range(view.rank))))
    return shaping.raveled(context, view, copied=True)


@lowers_method("fill")
def fill(context: Context, base: Abstract, value: Abstract) -> Abstract:
    if not isinstance(base, View):
        context.refuse("only an array can be filled")
    assign(context, base, value)
    return Static(None)


@lowers_method("astype")
def astype_method(
    context: Context,
    base: Abstract,
    dtype: Abstract,
    order: Abstract | None = None,
    casting: Abstract | None = None,
    subok: Abstract | None = None,
    copy: Abstract | None = None,
) -> Abstract:
    value = as_operand(context, base)
    name = dtype_name(context, dtype, "float64")
    if copy is not None and not static(context, copy, "copy") and value.dtype == name:
        return value
    if value.dtype.startswith("complex") and not name.startswith(("complex", "bool")):
        context.refuse(f"a conversion of complex numbers to {name} loses their imaginary part", "Take `.real`.")
    if not shape_of(value) and isinstance(value, Scalar):
        return cast_value(context, value, name)
    return copy_of(context, value, "cast", name)


@lowers(astype)
def astype_call(context: Context, x: Abstract, *, dtype: Abstract, order: Abstract | None = None) -> Abstract:
    return astype_method(context, x, dtype)


@lowers(as_array)
def as_array_call(context: Context, value: Abstract) -> Abstract:
    return as_operand(context, value)


@lowers(cast_to)
def cast_to_call(context: Context, value: Abstract, dtype: Abstract) -> Abstract:
    return cast_value(context, as_operand(context, value), dtype_name(context, dtype, "float64"))


@lowers_method("conj", "conjugate")
def conjugate(context: Context, base: Abstract) -> Abstract:
    value = as_operand(context, base)
    found = ufunc(context, "conjugate", [value])
    return Scalar(found.operand, value.weak) if isinstance(found, Scalar) and isinstance(value, Scalar) else found


@lowers_method("item")
def item(context: Context, base: Abstract, *index: Abstract) -> Abstract:
    from wengert.lower.indexing import get_item

    value = as_operand(context, base)
    if index:
        value = as_operand(context, get_item(context, shaping.raveled(context, in_storage(context, value)), index))
        context.refuse_unless(len(index) == 1, "item with more than one index", "Use a[i, j].")
    for size in shape_of(value):
        check_equal(context, size, integer(1), "ValueError", "can only convert an array of size 1 to a Python scalar")
    place = tuple(integer(0) for _ in shape_of(value))
    operand = value.operand if isinstance(value, Scalar) else value.element(context.builder, place)
    return Scalar(as_python(context, operand), weak=True)


def as_python(context: Context, operand: Any) -> Any:
    """A number in the dtype that Python's numbers have here."""
    wide = {"f": "float64", "c": "complex128", "i": "int64", "u": "int64", "b": "bool"}[np.dtype(operand.dtype).kind]
    return context.builder.cast(operand, wide)


@lowers_method("round")
def round_method(context: Context, base: Abstract, decimals: Abstract | None = None) -> Abstract:
    from wengert.lower.builtin_functions import rounded

    return rounded(context, base, decimals)


@lowers_method("take")
def take(context: Context, base: Abstract, indices: Abstract, axis: Abstract | None = None) -> Abstract:
    from wengert.lower.gathering import taken

    return taken(context, base, indices, axis)


@lowers_method("nonzero")
def nonzero(context: Context, base: Abstract) -> Abstract:
    from wengert.lower.gathering import nonzero as found

    return found(context, base)


@lowers_method("tolist")
def tolist(context: Context, base: Abstract) -> Abstract:
    """A list of an array of one axis whose size is known."""
    value = in_storage(context, as_operand(context, base))
    if value.rank != 1 or not isinstance(value.sizes[0], Constant):
        context.refuse("a list whose length is not known when compiling", "Use the array itself.")
    count = int(value.sizes[0].value.real)
    items = [value.element(context.builder, (integer(k),)) for k in range(count)]
    return Sequence(tuple(Scalar(as_python(context, one), weak=True) for one in items), mutable=True)


@lowers_method("compress")
def compress(context: Context, base: Abstract, condition: Abstract, axis: Abstract | None = None) -> Abstract:
    return call(context, np.compress, [condition, base, Static(None) if axis is None else axis])


@lowers_method("is_integer")
def is_integer(context: Context, base: Abstract) -> Abstract:
    value = as_operand(context, base)
    context.refuse_unless(isinstance(value, Scalar), "is_integer is a method of numbers")
    assert isinstance(value, Scalar)
    floor = context.builder.bind("floor", value.operand)
    return Scalar(context.builder.bind("equal", floor, value.operand), weak=True)


# Attributes.


@lowers_attribute("shape")
def shape(context: Context, base: Abstract) -> Abstract:
    return shaping.shape_value(context, shape_of(as_operand(context, base)))


@lowers_attribute("ndim")
def ndim(context: Context, base: Abstract) -> Abstract:
    return Static(len(shape_of(as_operand(context, base))))


@lowers_attribute("size")
def size(context: Context, base: Abstract) -> Abstract:
    return shaping.number_of(context, product(context, shape_of(as_operand(context, base))))


@lowers_attribute("dtype")
def dtype(context: Context, base: Abstract) -> Abstract:
    return Static(np.dtype(as_operand(context, base).dtype))


@lowers_attribute("itemsize")
def itemsize(context: Context, base: Abstract) -> Abstract:
    return Static(np.dtype(as_operand(context, base).dtype).itemsize)


@lowers_attribute("T")
def transposed(context: Context, base: Abstract) -> Abstract:
    value = as_operand(context, base)
    return shaping.transpose(context, value) if shape_of(value) else value


@lowers_attribute("mT")
def matrix_transposed(context: Context, base: Abstract) -> Abstract:
    return shaping.matrix_transpose(context, base)


@lowers_attribute("real")
def real(context: Context, base: Abstract) -> Abstract:
    return selection.parts(context, as_operand(context, base), "real")


@lowers_attribute("imag")
def imag(context: Context, base: Abstract) -> Abstract:
    return selection.parts(context, as_operand(context, base), "imag")
