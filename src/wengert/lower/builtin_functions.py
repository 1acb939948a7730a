"""Python's builtin functions on numbers and arrays: `abs`, `min`, `max`, `sum`, `len`, `int`, `float`, `round`, ..."""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np

from wengert.library.definitions import first_largest, first_smallest
from wengert.lower.bounds import size_of
from wengert.lower.calls import lowers, static
from wengert.lower.captures import is_plain
from wengert.lower.context import Context
from wengert.lower.elementwise import (
    ArrayLike,
    as_operand,
    cast_scalar,
    cast_value,
    shape_of,
    ufunc,
)
from wengert.lower.mathematics import number, require_finite
from wengert.lower.operators import binary, truth, unary
from wengert.lower.reductions import total
from wengert.lower.shaping import number_of
from wengert.lower.values import Abstract, Scalar, Sequence, Static, View
from wengert.program.statements import Constant

__all__ = ["elements_of", "rounded", "sum_"]


@lowers(abs)
def abs_(context: Context, x: Abstract, /) -> Abstract:
    return unary(context, "absolute", x)


@lowers(len)
def len_(context: Context, obj: Abstract, /) -> Abstract:
    if isinstance(obj, Sequence):
        return Static(len(obj.items))
    sizes = shape_of(as_operand(context, obj))
    context.refuse_unless(sizes, "a number has no len()")
    return number_of(context, size_of(context, sizes[0]))


@lowers(float)
def float_(context: Context, x: Abstract | None = None, /) -> Abstract:
    if isinstance(x, Static):
        context.refuse_unless(
            is_plain(x.value), f"a {type(x.value).__name__} as a number", "Take the number out of it."
        )
        try:
            return Static(float(x.value))
        except (TypeError, ValueError) as error:
            context.refuse(f"{type(error).__name__}: {error}")
    return Static(0.0) if x is None else Scalar(number(context, x), weak=True)


@lowers(complex)
def complex_(context: Context, real: Abstract | None = None, imag: Abstract | None = None) -> Abstract:
    builder = context.builder
    if imag is None:
        return Scalar(number(context, Static(0) if real is None else real, "complex128"), weak=True)
    parts = [as_operand(context, Static(0) if one is None else one) for one in (real, imag)]
    if any(one.dtype.startswith("complex") for one in parts):
        turned = binary(context, "multiply", parts[1], Static(1j))
        return Scalar(number(context, binary(context, "add", parts[0], turned), "complex128"), weak=True)
    operands = [number(context, one) for one in parts]
    return Scalar(builder.bind("complex_number", *operands, dtype="complex128"), weak=True)


@lowers(int)
def int_(context: Context, x: Abstract | None = None, /) -> Abstract:
    if x is None:
        return Static(0)
    builder = context.builder
    value = as_operand(context, x)
    if np.dtype(value.dtype).kind in "biu":
        return Scalar(number(context, value, "int64"), weak=True)
    operand = number(context, value)
    require_finite(context, operand)
    return Scalar(builder.cast(operand, "int64"), weak=True)


@lowers(bool)
def bool_(context: Context, x: Abstract | None = None, /) -> Abstract:
    if x is None:
        return Static(False)
    return Scalar(truth(context, x), weak=True)


@lowers(operator.index)
def index(context: Context, a: Abstract, /) -> Abstract:
    value = as_operand(context, a)
    context.refuse_unless(np.dtype(value.dtype).kind in "biu", "a whole number is wanted here", "Use int(...).")
    return Scalar(number(context, value, "int64"), weak=True)


@lowers(np.float64, np.float32, np.int64, np.int32, np.complex128, np.bool_)
def scalar_type(context: Context, x: Abstract | None = None, /, *, function: Any) -> Abstract:
    """NumPy's scalar types called as functions."""
    value = as_operand(context, Static(0) if x is None else x)
    name = np.dtype(function).name
    context.refuse_unless(
        not value.dtype.startswith("complex") or name.startswith("complex"), "a complex number cannot become a real one"
    )
    return cast_value(context, value, name)


@lowers(pow)
def pow_(context: Context, base: Abstract, exp: Abstract, mod: Abstract | None = None) -> Abstract:
    context.refuse_unless(mod is None, "pow with a modulus", "Use `base**exp % mod`.")
    return binary(context, "power", base, exp)


@lowers(divmod)
def divmod_(context: Context, x: Abstract, y: Abstract, /) -> Abstract:
    return Sequence(tuple(binary(context, name, x, y) for name in ("floor_divide", "remainder")))


@lowers(round)
def round_(context: Context, number: Abstract, ndigits: Abstract | None = None) -> Abstract:
    value = as_operand(context, number)
    if not isinstance(value, Scalar):
        return rounded(context, value, ndigits)
    if ndigits is None or ndigits == Static(None):
        if np.dtype(value.dtype).kind in "biu":
            return Scalar(context.builder.cast(value.operand, "int64"), weak=True)
        return int_(context, Scalar(context.builder.bind("rint", value.operand), weak=True))
    if value.weak and value.dtype[0] == "f":
        context.refuse(
            "round of a Python number to digits", "Use np.round(...), whose result may differ in the last bit."
        )
    return rounded(context, value, ndigits)


@lowers(np.round, np.around)
def rounded(context: Context, a: Abstract, decimals: Abstract | None = None, out: Abstract | None = None) -> Abstract:
    """NumPy's rounding to decimals: scaled, rounded to even, scaled back."""
    from wengert.lower.reductions import stored

    value = as_operand(context, a)
    digits = 0 if decimals is None else operator.index(static(context, decimals, "decimals"))
    if np.dtype(value.dtype).kind in "biu":
        context.refuse_unless(digits >= 0, "rounding whole numbers to tens", "Convert them to float64.")
        return stored(context, out, value)
    if value.dtype.startswith("complex"):
        context.refuse("rounding of complex numbers", "Round the real and the imaginary part.")
    scale = Constant(float(10 ** abs(digits)), "float64")
    first, second = ("multiply", "divide") if digits >= 0 else ("divide", "multiply")
    factor = Scalar(scale, weak=True)
    found: ArrayLike = value
    if digits:
        found = ufunc(context, first, [found, factor])
    found = ufunc(context, "rint", [found])
    if digits:
        found = ufunc(context, second, [found, factor])
    return stored(context, out, found)


@lowers(np.fix)
def fix(context: Context, x: Abstract, out: Abstract | None = None) -> Abstract:
    from wengert.lower.reductions import stored

    return stored(context, out, ufunc(context, "trunc", [as_operand(context, x)]))


def elements_of(context: Context, value: Abstract) -> list[Abstract]:
    """The elements that a builtin goes through, if their number is known."""
    if isinstance(value, Sequence):
        return list(value.items)
    if isinstance(value, Static):
        return [Static(one) for one in value.value]
    view = as_operand(context, value)
    sizes = shape_of(view)
    if sizes and isinstance(sizes[0], Constant):
        from wengert.lower.indexing import get_item

        return [get_item(context, view, [Static(k)]) for k in range(int(sizes[0].value.real))]
    return context.refuse("elements whose number is not known when compiling", "Use the NumPy function.")


@lowers(sum)
def sum_(context: Context, iterable: Abstract, /, start: Abstract | None = None) -> Abstract:
    """Python's sum of the elements of a sequence or an array."""
    if isinstance(iterable, View) or (
        not isinstance(iterable, Sequence | Static) and shape_of(as_operand(context, iterable))
    ):
        value = as_operand(context, iterable)
        if len(shape_of(value)) == 1:
            found: Abstract = total(context, value)
            return found if start is None else binary(context, "add", start, found)
        from wengert.lower.reductions import reduced_sum

        found = reduced_sum(context, value, (0,), dtype=value.dtype if value.dtype != "bool" else "int64")
        return found if start is None else binary(context, "add", start, found)
    items = elements_of(context, iterable)
    result: Abstract = Static(0) if start is None else start
    if start is None and items:
        result, items = items[0], items[1:]
        if isinstance(result, Scalar) and result.dtype == "bool":
            result = Scalar(cast_scalar(context.builder, result.operand, "int64"), weak=result.weak)
    for one in items:
        result = binary(context, "add", result, one)
    return result


@lowers(min, max)
def extremum(context: Context, *values: Abstract, function: Any) -> Abstract:
    """Python's min and max: the first of the smallest, by comparing one after the other."""
    if len(values) == 1:
        value = values[0]
        if not isinstance(value, Sequence | Static):
            from wengert.lower import lower_into
            from wengert.lower.storing import in_storage

            operand = as_operand(context, value)
            context.refuse_unless(len(shape_of(operand)) == 1, "min or max of the rows of an array", "Use np.min.")
            definition = first_largest if function is builtins.max else first_smallest
            return lower_into(context, definition, [in_storage(context, operand)], {})
        values = tuple(elements_of(context, value))
    context.refuse_unless(values, "min or max of nothing")
    known = [one.value for one in values if isinstance(one, Static) and is_plain(one.value)]
    if len(known) == len(values):
        return Static(function(known))
    best = as_operand(context, values[0])
    for one in values[1:]:
        best = _better(context, best, as_operand(context, one), "greater" if function is builtins.max else "less")
    return best


def _better(context: Context, best: ArrayLike, other: ArrayLike, comparison: str) -> Scalar:
    if shape_of(best) or shape_of(other):
        context.refuse("min or max of arrays compares them as a whole", "Use np.minimum or np.maximum.")
    assert isinstance(best, Scalar)
    assert isinstance(other, Scalar)
    wins = binary(context, comparison, other, best)
    assert isinstance(wins, Scalar)
    if best.dtype != other.dtype and not (best.weak and other.weak):
        dtype = np.result_type(best.dtype, other.dtype).name
    else:
        dtype = (
            max(best.dtype, other.dtype, key=("bool", "int64", "float64").index)
            if best.dtype != other.dtype
            else best.dtype
        )
    builder = context.builder
    chosen = builder.bind(
        "where", wins.operand, cast_scalar(builder, other.operand, dtype), cast_scalar(builder, best.operand, dtype)
    )
    return Scalar(chosen, best.weak and other.weak)


@lowers(any, all)
def truths(context: Context, iterable: Abstract, /, *, function: Any) -> Abstract:
    """Python's any and all; of an array of one axis, NumPy's."""
    if isinstance(iterable, Sequence | Static):
        name = "logical_or" if function is builtins.any else "logical_and"
        found = Constant(function is builtins.all, "bool")
        result: Any = found
        for one in elements_of(context, iterable):
            result = context.builder.bind(name, result, truth(context, one))
        return Scalar(result, weak=True)
    from wengert.lower.reductions import truths as reduction

    value = reduction(context, iterable, function=np.any if function is builtins.any else np.all)
    operand = as_operand(context, value)
    assert isinstance(operand, Scalar)
    return Scalar(operand.operand, weak=True)
