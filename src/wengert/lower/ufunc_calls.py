"""Calls of ufuncs and of their methods: `np.sin(x, out=y, where=m)`, `np.add.at`, `np.subtract.outer`.

What goes in: a ufunc and abstract arguments. What comes out: a `Lazy`, a `Scalar`, or the array given as `out`. What
holds: a ufunc that is no function of programs is a combination of those that are, or an operation of the table.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.special

from wengert.lower.applying import applied
from wengert.lower.calls import Lowering, refuse_call
from wengert.lower.context import Context
from wengert.lower.creation import choose, dtype_name
from wengert.lower.elementwise import (
    ArrayLike,
    as_operand,
    broadcast_sizes,
    cast_value,
    elementwise,
    resolve,
    shape_of,
    ufunc,
)
from wengert.lower.indexing import SliceItem, view_of
from wengert.lower.operators import power
from wengert.lower.reductions import stored
from wengert.lower.storing import in_storage, materialise
from wengert.lower.values import Abstract, Scalar, Sequence, Static, View
from wengert.ops.table import TABLE
from wengert.program.functions import BY_FUNCTION
from wengert.program.operations import key_of
from wengert.program.statements import Constant

__all__ = ["lowering_of"]

Combination = Callable[[Context, list[ArrayLike]], Abstract]


def _number(value: float) -> Scalar:
    return Scalar(Constant(value, "float64"), weak=True)


def _scaled(context: Context, operands: list[ArrayLike], factor: float) -> Abstract:
    return ufunc(context, "multiply", [operands[0], _number(factor)])


def _float_power(context: Context, operands: list[ArrayLike]) -> Abstract:
    floats = [one if one.dtype[0] == "c" else cast_value(context, one, "float64") for one in operands]
    return power(context, floats[0], floats[1])


def _divmod(context: Context, operands: list[ArrayLike]) -> Abstract:
    held = [as_operand(context, materialise(context, one)) for one in operands]
    found = [materialise(context, ufunc(context, name, held)) for name in ("floor_divide", "remainder")]
    return Sequence(tuple(found))


def _modf(context: Context, operands: list[ArrayLike]) -> Abstract:
    held = as_operand(context, materialise(context, operands[0]))
    whole = as_operand(context, materialise(context, ufunc(context, "trunc", [held])))
    # Written for either sign, so that a zero has the sign of the number; an infinity has no rest.
    above = ufunc(context, "subtract", [held, whole])
    below = ufunc(context, "negative", [ufunc(context, "subtract", [whole, held])])
    rest = choose(context, ufunc(context, "signbit", [held]), below, above)
    zero = ufunc(context, "copysign", [cast_value(context, _number(0.0), held.dtype), held])
    rest = choose(context, ufunc(context, "isinf", [held]), zero, rest)
    return Sequence((materialise(context, rest), whole))


def _ldexp(context: Context, operands: list[ArrayLike]) -> Abstract:
    """`x * 2**n`, in three steps: each power of two is a normal number of its own."""
    found = _floating(context, operands[0])
    dtype = found.dtype
    left = as_operand(context, materialise(context, cast_value(context, operands[1], "int64")))
    limit = 3 * (125 if dtype == "float32" else 1000)
    left = ufunc(context, "maximum", [ufunc(context, "minimum", [left, _whole(limit)]), _whole(-limit)])
    left = as_operand(context, materialise(context, left))
    third = as_operand(context, materialise(context, ufunc(context, "floor_divide", [left, _whole(3)])))
    rest = ufunc(context, "subtract", [ufunc(context, "subtract", [left, third]), third])
    for one in (third, third, rest):
        factor = ufunc(context, "exp2", [cast_value(context, one, dtype)])
        found = ufunc(context, "multiply", [found, factor])
    return found


def _frexp(context: Context, operands: list[ArrayLike]) -> Abstract:
    """The number as a mantissa and a power of two: by the logarithm, set right where that was rounded."""

    def held(value: Abstract) -> ArrayLike:
        return as_operand(context, materialise(context, value))

    x = held(_floating(context, operands[0]))
    half, one = (cast_value(context, _number(value), x.dtype) for value in (0.5, 1.0))
    is_plain = held(
        ufunc(context, "logical_and", [ufunc(context, "isfinite", [x]), ufunc(context, "not_equal", [x, _number(0.0)])])
    )
    size = held(choose(context, is_plain, ufunc(context, "absolute", [x]), half))
    exponent = cast_value(context, ufunc(context, "floor", [ufunc(context, "log2", [size])]), "int64")
    exponent = held(ufunc(context, "add", [exponent, _whole(1)]))
    mantissa = held(_ldexp(context, [size, ufunc(context, "negative", [exponent])]))
    more = cast_value(context, ufunc(context, "greater_equal", [mantissa, one]), "int64")
    less = cast_value(context, ufunc(context, "less", [mantissa, half]), "int64")
    exponent = held(ufunc(context, "subtract", [ufunc(context, "add", [exponent, more]), less]))
    exponent = held(choose(context, is_plain, exponent, cast_value(context, _whole(0), "int64")))
    scaled = held(_ldexp(context, [x, ufunc(context, "negative", [exponent])]))
    return Sequence((scaled, materialise(context, cast_value(context, exponent, "int32"))))


def _whole(value: int) -> Scalar:
    return Scalar(Constant(value, "int64"), weak=True)


def _positive(context: Context, operands: list[ArrayLike]) -> Abstract:
    return elementwise(context, operands, operands[0].dtype, lambda builder, x: x)


def _sign(context: Context, operands: list[ArrayLike]) -> Abstract:
    """Of a complex number the direction, which has a derivative."""
    if operands[0].dtype[0] != "c":
        return ufunc(context, "sign", operands)
    held = as_operand(context, materialise(context, operands[0]))
    length = ufunc(context, "absolute", [held])
    one = cast_value(context, _number(1.0), length.dtype)
    is_zero = ufunc(context, "equal", [length, cast_value(context, _number(0.0), length.dtype)])
    return ufunc(context, "divide", [held, choose(context, is_zero, one, length)])


_DEGREES = 180.0 / np.pi
_COMBINATIONS: dict[np.ufunc, Combination] = {
    np.positive: _positive,
    np.sign: _sign,
    np.fabs: lambda context, operands: ufunc(context, "absolute", [_floating(context, operands[0])]),
    np.degrees: partial(_scaled, factor=_DEGREES),
    np.rad2deg: partial(_scaled, factor=_DEGREES),
    np.radians: partial(_scaled, factor=1.0 / _DEGREES),
    np.deg2rad: partial(_scaled, factor=1.0 / _DEGREES),
    np.float_power: _float_power,
    np.power: lambda context, operands: power(context, operands[0], operands[1]),
    np.divmod: _divmod,
    np.modf: _modf,
    np.frexp: _frexp,
    np.ldexp: _ldexp,
    scipy.special.cbrt: lambda context, operands: ufunc(context, "cbrt", operands),
    scipy.special.exp2: lambda context, operands: ufunc(context, "exp2", operands),
    scipy.special.expm1: lambda context, operands: ufunc(context, "expm1", operands),
    scipy.special.log1p: lambda context, operands: ufunc(context, "log1p", operands),
    scipy.special.exp10: lambda context, operands: ufunc(context, "power", [_number(10.0), operands[0]]),
}


def _floating(context: Context, value: ArrayLike) -> ArrayLike:
    return value if value.dtype[0] in "fc" else cast_value(context, value, "float64")


def lowering_of(function: Any) -> Lowering | None:
    """The lowering of a ufunc or of a ufunc's method; `None` for other functions."""
    if isinstance(function, np.ufunc):
        return _call_ufunc if function.signature is None else None
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        methods: dict[str, Lowering] = {"at": _at, "outer": _outer}
        return methods.get(function.__name__)
    return None


def _call_ufunc(
    context: Context,
    *operands: Abstract,
    out: Abstract | None = None,
    where: Abstract | None = None,
    dtype: Abstract | None = None,
    casting: Abstract | None = None,
    function: Any,
) -> Abstract:
    given = list(operands)
    if len(given) > function.nin:
        context.refuse_unless(len(given) == function.nin + 1 and out is None, f"{function.__name__}: too many operands")
        out = given.pop()
    context.refuse_unless(len(given) == function.nin, f"{function.__name__} takes {function.nin} operands")
    arrays = [as_operand(context, one) for one in given]
    if dtype is not None and dtype != Static(None):
        name = dtype_name(context, dtype, "float64")
        arrays = [cast_value(context, one, name) for one in arrays]
    found = _computed(context, function, arrays)
    if isinstance(out, Sequence):
        context.refuse_unless(len(out.items) == 1, f"{function.__name__} with more than one output array")
        out = out.items[0]
    if where is None or where == Static(True):
        return stored(context, out, found)
    if not isinstance(out, View):
        context.refuse("where= without out= leaves elements undefined", "Use np.where(...), or give out=.")
    condition = as_operand(context, where)
    value = cast_value(context, as_operand(context, found), out.dtype)
    return stored(context, out, choose(context, condition, value, out))


def _computed(context: Context, function: np.ufunc, operands: list[ArrayLike]) -> Abstract:
    combination = _COMBINATIONS.get(function)
    if combination is not None:
        return combination(context, operands)
    name = BY_FUNCTION.get(function)
    if name is not None and not (function is scipy.special.psi and shape_of(operands[0])):
        return ufunc(context, name, operands)
    # The derivative of psi is a loop; so of an array it is an operation, of a number the function in other rules.
    if function in TABLE:
        return _applied(context, function, operands)
    return refuse_call(context, function)


def _applied(context: Context, function: np.ufunc, operands: list[ArrayLike]) -> Abstract:
    """A ufunc of the table that programs have no scalar function for."""
    dtypes = resolve(context, function, operands)
    cast = [cast_value(context, one, dtype) for one, dtype in zip(operands, dtypes, strict=False)]
    sizes = broadcast_sizes(context, *(shape_of(one) for one in cast)) if any(shape_of(one) for one in cast) else ()
    results = [(dtype, sizes) for dtype in dtypes[function.nin :]]
    found = applied(context, key_of(function), cast, results)
    return found[0] if len(found) == 1 else Sequence(tuple(found))


def _at(context: Context, a: Abstract, indices: Abstract, b: Abstract | None = None, /, *, function: Any) -> Abstract:
    """`ufunc.at`: unlike `a[indices] op= b`, an index that occurs twice counts twice."""
    from wengert.lower.gathering import update_each

    name = BY_FUNCTION.get(function.__self__)
    if name is None or b is None or not isinstance(a, View):
        context.refuse(f"{function.__self__.__name__}.at is not known here")
    items = indices.items if isinstance(indices, Sequence) and not indices.mutable else (indices,)
    update_each(context, a, list(items), name, b)
    return Static(None)


def _outer(context: Context, a: Abstract, b: Abstract, /, *, out: Abstract | None = None, function: Any) -> Abstract:
    first, second = in_storage(context, as_operand(context, a)), as_operand(context, b)
    items: list[Any] = [*[SliceItem()] * first.rank, *[None] * len(shape_of(second))]
    spread = view_of(context, first, items) if shape_of(second) else first
    return stored(context, out, _computed(context, function.__self__, [spread, second]))
