"""Functions that choose: `where`, `clip`, `select`, and complex parts.

What goes in: conditions and arrays. What comes out: a `Lazy`, or a `Scalar`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wengert.lower.calls import lowers, static
from wengert.lower.context import Context
from wengert.lower.creation import dtype_name
from wengert.lower.elementwise import (
    ArrayLike,
    as_operand,
    cast_scalar,
    cast_value,
    elementwise,
    resolve,
    shape_of,
    ufunc,
)
from wengert.lower.reductions import stored
from wengert.lower.storing import materialise
from wengert.lower.values import Abstract, Scalar, Sequence, Static, View
from wengert.program.builder import Builder, integer
from wengert.program.statements import Operand
from wengert.rules.differences import interpolant, interpolant_of_one, interpolant_of_several

__all__ = ["chosen"]


def chosen(context: Context, condition: ArrayLike, first: ArrayLike, second: ArrayLike) -> ArrayLike:
    """`np.where(condition, first, second)`. It promotes as `np.multiply` does."""
    weak = [one for one in (first, second) if isinstance(one, Scalar) and one.weak]
    if len(weak) == 2:
        dtype = np.result_type(first.dtype, second.dtype).name
    elif first.dtype == second.dtype:
        dtype = first.dtype
    else:
        dtype = resolve(context, np.multiply, [first, second])[-1]
    flags = cast_value(context, condition, "bool")

    def compute(builder: Builder, c: Operand, x: Operand, y: Operand) -> Operand:
        return builder.bind("where", c, cast_scalar(builder, x, dtype), cast_scalar(builder, y, dtype))

    return elementwise(context, [flags, first, second], dtype, compute)


@lowers(np.where)
def where(context: Context, condition: Abstract, x: Abstract | None = None, y: Abstract | None = None) -> Abstract:
    if x is None or y is None:
        from wengert.lower.gathering import nonzero

        return nonzero(context, condition)
    return chosen(context, *(as_operand(context, one) for one in (condition, x, y)))


@lowers(np.clip)
def clip(
    context: Context,
    a: Abstract,
    a_min: Abstract | None = None,
    a_max: Abstract | None = None,
    out: Abstract | None = None,
    *,
    min: Abstract | None = None,
    max: Abstract | None = None,
    dtype: Abstract | None = None,
) -> Abstract:
    """NumPy's clip is `minimum(maximum(a, low), high)`."""
    found = as_operand(context, a)
    found = cast_value(context, found, dtype_name(context, dtype, found.dtype)) if dtype is not None else found
    for name, bound in (("maximum", a_min or min), ("minimum", a_max or max)):
        if bound is not None and not (isinstance(bound, Static) and bound.value is None):
            found = ufunc(context, name, [found, as_operand(context, bound)])
    return stored(context, out, found)


@lowers(np.select)
def select(context: Context, condlist: Abstract, choicelist: Abstract, default: Abstract | None = None) -> Abstract:
    context.refuse_unless(
        isinstance(condlist, Sequence) and isinstance(choicelist, Sequence), "np.select takes lists of arrays"
    )
    assert isinstance(condlist, Sequence)
    assert isinstance(choicelist, Sequence)
    found = as_operand(context, Static(0) if default is None else default)
    pairs = list(zip(condlist.items, choicelist.items, strict=True))
    for condition, choice in reversed(pairs):
        found = chosen(context, as_operand(context, condition), as_operand(context, choice), found)
    return found


@lowers(np.real, np.imag)
def part(context: Context, val: Abstract, *, function: Any) -> Abstract:
    return parts(context, as_operand(context, val), function.__name__)


def parts(context: Context, value: ArrayLike, name: str) -> Abstract:
    """The real or imaginary part; NumPy gives a view, which is not writable here."""
    if not value.dtype.startswith("complex"):
        if name == "real":
            return value
        zero = Scalar(context.builder.cast(_zero(), value.dtype), weak=False)
        return elementwise(context, [value, zero], value.dtype, lambda builder, x, y: y)
    found = ufunc(context, name, [value])
    if isinstance(found, Scalar):
        return Scalar(found.operand, isinstance(value, Scalar) and value.weak)
    return replace(found, part_of=value if isinstance(value, View) else None)


def _zero() -> Operand:
    from wengert.program.builder import integer

    return integer(0)


@lowers(np.angle)
def angle(context: Context, z: Abstract, deg: Abstract | None = None) -> Abstract:
    value = as_operand(context, z)
    imaginary, real = (as_operand(context, parts(context, value, name)) for name in ("imag", "real"))
    found = ufunc(context, "arctan2", [imaginary, real])
    if deg is None or not static(context, deg, "deg"):
        return found
    return ufunc(context, "multiply", [found, as_operand(context, Static(180.0 / np.pi))])


@lowers(np.nan_to_num)
def nan_to_num(
    context: Context,
    x: Abstract,
    copy: Abstract | None = None,
    nan: Abstract | None = None,
    posinf: Abstract | None = None,
    neginf: Abstract | None = None,
) -> Abstract:
    value = as_operand(context, x)
    context.refuse_unless(copy is None or copy == Static(True), "nan_to_num in place", "Assign its result.")
    if value.dtype[0] == "c":
        held = as_operand(context, materialise(context, value))
        each = [parts(context, held, name) for name in ("real", "imag")]
        first, second = (as_operand(context, nan_to_num(context, one, copy, nan, posinf, neginf)) for one in each)
        return elementwise(
            context,
            [first, second],
            value.dtype,
            lambda builder, x, y: builder.bind("complex_number", x, y, dtype=value.dtype),
        )
    if value.dtype[0] != "f":
        return value
    limits = np.finfo(value.dtype)
    found = value
    found = as_operand(context, materialise(context, found))
    source = found
    tests: list[tuple[Abstract | None, float, ArrayLike]] = [
        (nan, 0.0, ufunc(context, "isnan", [source])),
        (posinf, float(limits.max), ufunc(context, "equal", [source, _infinite(np.inf)])),
        (neginf, float(limits.min), ufunc(context, "equal", [source, _infinite(-np.inf)])),
    ]
    for given, default, test in tests:
        wanted = Static(default) if given is None or given == Static(None) else given
        found = chosen(context, test, as_operand(context, wanted), found)
    return found


def _infinite(value: float) -> Scalar:
    from wengert.program.statements import Constant

    return Scalar(Constant(value, "float64"), weak=True)


@lowers(np.isclose)
def isclose(
    context: Context,
    a: Abstract,
    b: Abstract,
    rtol: Abstract | None = None,
    atol: Abstract | None = None,
    equal_nan: Abstract | None = None,
) -> Abstract:
    from wengert.lower.storing import materialise

    context.refuse_unless(equal_nan is None or equal_nan == Static(False), "isclose with equal_nan")
    first, second = (as_operand(context, materialise(context, as_operand(context, one))) for one in (a, b))
    apart = ufunc(context, "absolute", [ufunc(context, "subtract", [first, second])])
    size = ufunc(context, "absolute", [second])
    margin = ufunc(context, "multiply", [as_operand(context, rtol or Static(1e-5)), size])
    margin = ufunc(context, "add", [as_operand(context, atol or Static(1e-8)), margin])
    near = ufunc(context, "less_equal", [apart, margin])
    near = ufunc(context, "logical_and", [near, ufunc(context, "isfinite", [second])])
    return ufunc(context, "logical_or", [near, ufunc(context, "equal", [first, second])])


@lowers(np.allclose)
def allclose(
    context: Context, a: Abstract, b: Abstract, rtol: Abstract | None = None, atol: Abstract | None = None
) -> Abstract:
    from wengert.lower.reductions import truths

    found = as_operand(context, truths(context, isclose(context, a, b, rtol, atol), function=np.all))
    assert isinstance(found, Scalar)
    return Scalar(found.operand, weak=True)


@lowers(interpolant)
def interpolated(context: Context, x: Abstract, xp: Abstract, fp: Abstract, continued: Abstract) -> Abstract:
    """The interpolant of `np.interp` between sample points that are at least two."""
    from wengert.lower import lower_into

    size = shape_of(as_operand(context, xp))[0]
    if size == integer(1):
        return lower_into(context, interpolant_of_one, [x, fp], {})
    several = context.builder.bind("greater", size, integer(1))
    context.builder.check(several, "UnsupportedOperationError", "np.interp with a single sample point")
    return lower_into(context, interpolant_of_several, [x, xp, fp, continued], {})
