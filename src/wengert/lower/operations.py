"""Operations of our own that rules and definitions use, as `Apply` statements: their rules are those of the table.

What goes in: arrays and options. What comes out: views of new arrays. What holds: an operation that has no lowering
here or elsewhere is refused; its source is not what is differentiated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.lower.applying import applied
from wengert.lower.calls import lowers, static
from wengert.lower.context import Context
from wengert.lower.elementwise import (
    as_operand,
    broadcast_sizes,
    cast_scalar,
    cast_value,
    elementwise,
    resolve,
    shape_of,
)
from wengert.lower.reductions import axes_of, is_true
from wengert.lower.shaping import stretched
from wengert.lower.storing import in_storage
from wengert.lower.values import Abstract, Static, View
from wengert.ops.strong import strong_product
from wengert.program.builder import Builder, integer
from wengert.program.operations import key_of
from wengert.program.statements import Operand
from wengert.rules.bessel import spherical_jn, spherical_yn
from wengert.rules.cumulations import linear_recurrence
from wengert.rules.elementwise import sign_of_real
from wengert.rules.exponential_sums import largest, log_sum_exp, sign_of_sum
from wengert.rules.linalg import cofactors, cofactors_along, quotient
from wengert.rules.norms import power_norm
from wengert.rules.scipy_linalg import matrix_exponential
from wengert.rules.special import hurwitz_zeta, lambertw, polygamma

__all__: list[str] = []

_REAL = {"complex128": "float64", "complex64": "float32"}


@lowers(cofactors, matrix_exponential)
def of_matrix(context: Context, a: Abstract, *, function: Any) -> Abstract:
    view = in_storage(context, as_operand(context, a))
    (found,) = applied(context, key_of(function), [view], [(view.dtype, view.sizes)])
    return found


@lowers(np.i0, np.sinc)
def of_elements(context: Context, x: Abstract, *, function: Any) -> Abstract:
    value = as_operand(context, x)
    if value.dtype[0] not in "fc":
        value = cast_value(context, value, "float64")
    (found,) = applied(context, key_of(function), [value], [(value.dtype, shape_of(value))])
    return found


@lowers(quotient, cofactors_along)
def _broadcast(context: Context, first: Abstract, second: Abstract, *, function: Any) -> Abstract:
    one, other = as_operand(context, first), as_operand(context, second)
    dtype = np.result_type(one.dtype, other.dtype).name
    sizes = broadcast_sizes(context, shape_of(one), shape_of(other)) if shape_of(one) or shape_of(other) else ()
    given = [cast_value(context, each, dtype) for each in (one, other)]
    (found,) = applied(context, key_of(function), given, [(dtype, sizes)])
    return found


@lowers(spherical_jn, spherical_yn, polygamma, hurwitz_zeta)
def of_order(context: Context, n: Abstract, x: Abstract, *, function: Any) -> Abstract:
    """A special function of an order, a whole number but for zeta, and an argument."""
    order, value = as_operand(context, n), as_operand(context, x)
    order = cast_value(context, order, "float64" if function is hurwitz_zeta else "int64")
    if value.dtype[0] not in "fc":
        value = cast_value(context, value, "float64")
    context.refuse_unless(
        value.dtype[0] == "f" or function in (spherical_jn, spherical_yn), "this function of complex numbers"
    )
    sizes = broadcast_sizes(context, shape_of(order), shape_of(value)) if shape_of(order) or shape_of(value) else ()
    given = [
        stretched(context, in_storage(context, each), sizes) if shape_of(each) else each for each in (order, value)
    ]
    (found,) = applied(context, key_of(function), given, [(value.dtype, sizes)])
    return found


@lowers(lambertw)
def branch_of_w(context: Context, z: Abstract, k: Abstract | None = None, tol: Abstract | None = None) -> Abstract:
    given = cast_value(context, as_operand(context, z), "complex128")
    branch = cast_value(context, as_operand(context, k or Static(0)), "int64")
    sizes = broadcast_sizes(context, shape_of(given), shape_of(branch)) if shape_of(given) or shape_of(branch) else ()
    inputs = [stretched(context, in_storage(context, one), sizes) if shape_of(one) else one for one in (given, branch)]
    limit = 1e-8 if tol is None else static(context, tol, "tol")
    (found,) = applied(context, key_of(lambertw), inputs, [("complex128", sizes)], tol=limit)
    return found


@lowers(linear_recurrence)
def recurrence(context: Context, factor: Abstract, addend: Abstract, *, axis: Abstract) -> Abstract:
    one, other = (in_storage(context, as_operand(context, each)) for each in (factor, addend))
    dtype = np.result_type(one.dtype, other.dtype).name
    (along,) = axes_of(context, axis, other.rank)
    key = key_of(linear_recurrence)
    given = [cast_value(context, each, dtype) for each in (one, other)]
    (found,) = applied(context, key, given, [(dtype, other.sizes)], axis=along)
    return found


@lowers(strong_product)
def strong(context: Context, x1: Abstract, x2: Abstract) -> Abstract:
    first, second = (as_operand(context, one) for one in (x1, x2))
    dtype = resolve(context, np.multiply, [first, second])[-1]

    def compute(builder: Builder, x: Operand, y: Operand) -> Operand:
        return builder.bind("strong_product", cast_scalar(builder, x, dtype), cast_scalar(builder, y, dtype))

    return elementwise(context, [first, second], dtype, compute)


@lowers(sign_of_real)
def real_sign(context: Context, x: Abstract) -> Abstract:
    from wengert.lower.calls import call

    return call(context, np.sign, [x])


def _axes(context: Context, axis: Abstract, view: View) -> Any:
    axes = axes_of(context, axis, view.rank)
    return axes[0] if len(axes) == 1 else axes


def _kept(view: View, axes: Any) -> Any:
    gone = axes if isinstance(axes, tuple) else (axes,)
    return tuple(integer(1) if k in gone else one for k, one in enumerate(view.sizes))


@lowers(largest)
def greatest(context: Context, x: Abstract, axis: Abstract) -> Abstract:
    view = in_storage(context, as_operand(context, x))
    axes = _axes(context, axis, view)
    (found,) = applied(context, key_of(largest), [view], [(view.dtype, _kept(view, axes))], axis=axes)
    return found


@lowers(log_sum_exp, sign_of_sum)
def exponential_sum(context: Context, a: Abstract, b: Abstract, axis: Abstract, *, function: Any) -> Abstract:
    one, other = (in_storage(context, as_operand(context, each)) for each in (a, b))
    dtype = np.result_type(one.dtype, other.dtype, "float32").name
    given = [cast_value(context, each, dtype) for each in (one, other)]
    axes = _axes(context, axis, one)
    (found,) = applied(context, key_of(function), given, [(dtype, _kept(one, axes))], axis=axes)
    return found


@lowers(power_norm)
def norm_of_powers(
    context: Context, x: Abstract, *, ord: Abstract, axis: Abstract, keepdims: Abstract | None = None
) -> Abstract:
    view = in_storage(context, as_operand(context, x))
    axes, keep = _axes(context, axis, view), is_true(context, keepdims, "keepdims")
    gone = axes if isinstance(axes, tuple) else (axes,)
    sizes = _kept(view, axes) if keep else tuple(one for k, one in enumerate(view.sizes) if k not in gone)
    options = {"ord": static(context, ord, "ord"), "axis": axes, "keepdims": keep}
    dtype = _REAL.get(view.dtype, view.dtype)
    (found,) = applied(context, key_of(power_norm), [view], [(dtype, sizes)], **options)
    return found
