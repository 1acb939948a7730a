"""Operators: `a + b`, `-a`, `a < b` and the rest, on Python numbers as Python computes them, else as NumPy does.

What goes in: the name of a function of programs (or "matmul") and abstract values. What comes out: an abstract value.
What holds: two Python numbers give a Python number, with Python's ZeroDivisionError. Python's integers are taken to fit
in 64 bits, and a float that overflows is infinite, where Python's `**` raises OverflowError.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from wengert.lower.bounds import prove_non_negative
from wengert.lower.context import Context
from wengert.lower.elementwise import (
    ArrayLike,
    as_operand,
    elementwise,
    is_mixed,
    refuse_mixed,
    scalar_function,
    shape_of,
    ufunc,
)
from wengert.lower.values import Abstract, Scalar
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand

__all__ = ["binary", "truth", "unary"]

_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
_BITWISE = ("bitwise_and", "bitwise_or", "bitwise_xor")
_LOGICAL = ("logical_and", "logical_or", "logical_xor")
_RANKED = ("bool", "int64", "float64", "complex128")


def binary(context: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    """`a op b` for a binary operator, by the name of its function."""
    if op == "matmul":
        from wengert.lower.products import matmul

        return matmul(context, as_operand(context, a), as_operand(context, b))
    first, second = as_operand(context, a), as_operand(context, b)
    if isinstance(first, Scalar) and isinstance(second, Scalar) and first.weak and second.weak:
        return _python_binary(context, op, first, second)
    if op == "power":
        return power(context, first, second)
    return ufunc(context, op, [first, second])


def power(context: Context, base: ArrayLike, exponent: ArrayLike) -> Abstract:
    """NumPy's `**`: small constant exponents have functions of their own, whose derivatives are simpler too."""
    if isinstance(exponent, Scalar) and isinstance(exponent.operand, Constant) and base.dtype[0] in "fc":
        joined = ufunc(context, "power", [Scalar(Constant(1, base.dtype), False), exponent]).dtype
        name = {2: "square", 1: None, 0.5: "sqrt", -1: "reciprocal"}.get(exponent.operand.value, "power")  # type: ignore[arg-type]
        if joined == base.dtype and name != "power":
            if name is None:
                return elementwise(context, [base], base.dtype, lambda builder, x: x)
            return ufunc(context, name, [base])
    return ufunc(context, "power", [base, exponent])


def unary(context: Context, op: str, a: Abstract) -> Abstract:
    """`op a` for a unary operator, by the name of its function."""
    value = as_operand(context, a)
    if op == "logical_not":
        return Scalar(context.builder.bind("logical_not", truth(context, value)), weak=True)
    if op == "positive":
        if value.dtype == "bool":
            context.refuse_unless(
                isinstance(value, Scalar) and value.weak, "NumPy has no unary plus for truth values", "Use astype(int)."
            )
            assert isinstance(value, Scalar)
            return Scalar(context.builder.cast(value.operand, "int64"), weak=True)
        return elementwise(context, [value], value.dtype, lambda builder, x: x) if shape_of(value) else value
    if isinstance(value, Scalar) and value.weak:
        operand = context.builder.cast(value.operand, "int64") if value.dtype == "bool" else value.operand
        if op == "invert" and operand.dtype != "int64":
            context.refuse("`~` takes whole numbers")
        return Scalar(context.builder.bind(op, operand), weak=True, mixed=value.mixed)
    return ufunc(context, op, [value])


def truth(context: Context, value: Abstract) -> Operand:
    """Whether a number is true, as a bool."""
    found = as_operand(context, value)
    if any(not (isinstance(size, Constant) and size.value == 1) for size in shape_of(found)):
        context.refuse(
            "the truth value of an array with more than one element is ambiguous", "Use np.any(...) or np.all(...)."
        )
    place = tuple(integer(0) for _ in shape_of(found))
    operand = found.operand if isinstance(found, Scalar) else found.element(context.builder, place)
    if operand.dtype == "bool":
        return operand
    if isinstance(operand, Constant):
        return Constant(bool(operand.value), "bool")
    return context.builder.bind("not_equal", operand, context.builder.cast(integer(0), operand.dtype))


# Python numbers.


def _python_binary(context: Context, op: str, first: Scalar, second: Scalar) -> Scalar:
    builder = context.builder
    joined = max(first.dtype, second.dtype, key=_RANKED.index)
    if op in _BITWISE:
        if joined not in ("bool", "int64"):
            context.refuse("`&`, `|`, `^` take whole numbers", "Use `and` and `or` for conditions.")
        return Scalar(scalar_function(builder, op, [first.operand, second.operand], (joined,) * 3), weak=True)
    if op in _LOGICAL:
        operands = [truth(context, first), truth(context, second)]
        return Scalar(builder.bind(op, *operands), weak=True)
    if joined == "bool" or (op == "divide" and joined == "int64"):
        joined = "float64" if op == "divide" else "int64"
    x, y = builder.cast(first.operand, joined), builder.cast(second.operand, joined)
    if joined == "complex128" and op in ("less", "less_equal", "greater", "greater_equal", "floor_divide", "remainder"):
        context.refuse("complex numbers are not ordered", "Compare their absolute values or real parts.")
    mixed = is_mixed([first, second])
    if op not in ("add", "subtract", "multiply", "divide", "equal", "not_equal"):
        refuse_mixed(context, [first, second])
    if op == "divide":
        real = first.dtype == second.dtype == "int64"
        _check_divisor(context, operator.truediv, y, "int64" if real else joined)
    elif op in ("floor_divide", "remainder"):
        _check_divisor(context, operator.floordiv if op == "floor_divide" else operator.mod, y, joined)
    elif op == "power":
        return _python_power(context, x, y)
    elif op in ("left_shift", "right_shift"):
        holds = builder.bind("greater_equal", y, integer(0))
        builder.check(holds, "ValueError", "negative shift count")
    found = builder.bind(op, x, y)
    return Scalar(found, weak=True, mixed=mixed and found.dtype == "complex128")


def _check_divisor(
    context: Context, function: Callable[[object, object], object], divisor: Operand, dtype: str
) -> None:
    """Python's ZeroDivisionError, in the words of the running Python."""
    one = {"int64": 1, "float64": 1.0, "complex128": 1j}[dtype]
    try:
        function(one, type(one)(0))
    except ZeroDivisionError as error:
        _check_not_zero(context, divisor, str(error))


def _check_not_zero(context: Context, operand: Operand, message: str) -> None:
    if isinstance(operand, Constant) and operand.value:
        return
    zero = context.builder.cast(integer(0), operand.dtype)
    context.builder.check(context.builder.bind("not_equal", operand, zero), "ZeroDivisionError", message)


def _python_power(context: Context, base: Operand, exponent: Operand) -> Scalar:
    """`**` of two Python numbers of one dtype. Python gives a float for a negative exponent of whole numbers."""
    builder = context.builder
    if base.dtype == "int64":
        if isinstance(exponent, Constant) and exponent.value.real < 0:
            base, exponent = builder.cast(base, "float64"), builder.cast(exponent, "float64")
        elif not prove_non_negative(context, exponent):
            holds = builder.bind("greater_equal", exponent, integer(0))
            message = "a whole number to a negative power that is not known when compiling; write the base as a float"
            builder.check(holds, "UnsupportedOperationError", message)
    if isinstance(exponent, Constant):
        return _constant_power(context, base, exponent)
    if base.dtype == "float64":
        zero = Constant(0.0, "float64")
        fine = builder.bind(
            "logical_or", builder.bind("not_equal", base, zero), builder.bind("greater_equal", exponent, zero)
        )
        builder.check(fine, "ZeroDivisionError", _zero_to_negative_power())
        whole = builder.bind("equal", builder.bind("floor", exponent), exponent)
        fine = builder.bind("logical_or", builder.bind("greater_equal", base, zero), whole)
        message = "a negative number to a fractional power is complex; convert the base to complex"
        builder.check(fine, "UnsupportedOperationError", message)
    return Scalar(builder.bind("power", base, exponent), weak=True)


def _constant_power(context: Context, base: Operand, exponent: Constant) -> Scalar:
    builder, value = context.builder, exponent.value
    if isinstance(value, complex):
        if value.imag == 0 and value.real == 2:
            return Scalar(builder.bind("square", base), weak=True)
        return Scalar(builder.bind("power", base, exponent), weak=True)
    if value < 0:
        _check_not_zero(context, base, _zero_to_negative_power())
    if base.dtype == "float64" and value != int(value):
        fine = builder.bind("greater_equal", base, Constant(0.0, "float64"))
        message = "a negative number to a fractional power is complex; convert the base to complex"
        builder.check(fine, "UnsupportedOperationError", message)
    if value == 1:
        return Scalar(base, weak=True)
    name = {2: "square", 0.5: "sqrt", -1: "reciprocal"}.get(value)
    if name is not None and base.dtype == "float64":
        return Scalar(builder.bind(name, base), weak=True)
    if value == 2:
        return Scalar(builder.bind("multiply", base, base), weak=True)
    return Scalar(builder.bind("power", base, exponent), weak=True)


def _zero_to_negative_power() -> str:
    try:
        0.0**-1.0
    except ZeroDivisionError as error:
        return str(error)
    raise AssertionError
