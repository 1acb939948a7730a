"""Python's `math` and `cmath` on numbers: Python numbers come out, and Python's exceptions.

What goes in: numbers. What comes out: weak scalars. What holds: an argument outside the domain raises Python's
ValueError when the program runs. A result too large is infinite, where Python raises OverflowError.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from wengert.lower.calls import lowers
from wengert.lower.context import Context
from wengert.lower.elementwise import as_operand, cast_scalar, shape_of
from wengert.lower.operators import binary
from wengert.lower.values import Abstract, Scalar, Static
from wengert.program.builder import Builder, integer
from wengert.program.functions import BY_FUNCTION
from wengert.program.statements import Constant, Operand

__all__ = ["number"]

Domain = Callable[[Builder, Operand], Operand]


def _compared(name: str, limit: float) -> Domain:
    return lambda builder, x: builder.bind(name, x, Constant(limit, "float64"))


def _within_one(builder: Builder, x: Operand) -> Operand:
    return builder.bind("less_equal", builder.bind("absolute", x), Constant(1.0, "float64"))


def _inside_one(builder: Builder, x: Operand) -> Operand:
    return builder.bind("less", builder.bind("absolute", x), Constant(1.0, "float64"))


def _finite(builder: Builder, x: Operand) -> Operand:
    return builder.bind("isfinite", x)


def _no_pole(builder: Builder, x: Operand) -> Operand:
    positive = builder.bind("greater", x, Constant(0.0, "float64"))
    fraction = builder.bind("not_equal", builder.bind("floor", x), x)
    return builder.bind("logical_or", positive, fraction)


_REAL: dict[Any, tuple[np.ufunc, Domain | None, float]] = {
    math.acos: (np.arccos, _within_one, 2.0),
    math.acosh: (np.arccosh, _compared("greater_equal", 1.0), 0.0),
    math.asin: (np.arcsin, _within_one, 2.0),
    math.asinh: (np.arcsinh, None, 0.0),
    math.atan: (np.arctan, None, 0.0),
    math.atanh: (np.arctanh, _inside_one, 1.0),
    math.cbrt: (np.cbrt, None, 0.0),
    math.cos: (np.cos, _finite, math.inf),
    math.cosh: (np.cosh, None, 0.0),
    math.erf: (special.erf, None, 0.0),
    math.erfc: (special.erfc, None, 0.0),
    math.exp: (np.exp, None, 0.0),
    math.exp2: (np.exp2, None, 0.0),
    math.expm1: (np.expm1, None, 0.0),
    math.fabs: (np.absolute, None, 0.0),
    math.gamma: (special.gamma, _no_pole, 0.0),
    math.lgamma: (special.gammaln, _no_pole, 0.0),
    math.log10: (np.log10, _compared("greater", 0.0), 0.0),
    math.log1p: (np.log1p, _compared("greater", -1.0), -1.0),
    math.log2: (np.log2, _compared("greater", 0.0), 0.0),
    math.sin: (np.sin, _finite, math.inf),
    math.sinh: (np.sinh, None, 0.0),
    math.sqrt: (np.sqrt, _compared("greater_equal", 0.0), -1.0),
    math.tan: (np.tan, _finite, math.inf),
    math.tanh: (np.tanh, None, 0.0),
}


def number(context: Context, value: Abstract, dtype: str = "float64") -> Operand:
    """A number as a Python function takes it."""
    found = as_operand(context, value)
    if any(size != integer(1) for size in shape_of(found)):
        context.refuse("only a number can be given here, not an array", "Use the NumPy function.")
    place = tuple(integer(0) for _ in shape_of(found))
    operand = found.operand if isinstance(found, Scalar) else found.element(context.builder, place)
    if operand.dtype.startswith("complex") and not dtype.startswith("complex"):
        context.refuse("a complex number cannot become a real one", "Take `.real`, or use cmath.")
    return cast_scalar(context.builder, operand, dtype)


def _message(function: Any, outside: float) -> str:
    """The words of the running Python for an argument outside the domain."""
    try:
        function(outside)
    except ValueError as error:
        return str(error).replace("{", "{{").replace("}", "}}")
    return "math domain error"


def _require(context: Context, function: Any, domain: Domain, outside: float, x: Operand) -> None:
    """A NaN passes: Python gives NaN for it."""
    builder = context.builder
    fine = domain(builder, x)
    if domain is not _no_pole and not isinstance(fine, Constant):
        fine = builder.bind("logical_or", fine, builder.bind("isnan", x))
    message = _message(function, outside)
    if "{" in message or repr(outside) in message:  # the message says the argument
        message = message.replace(repr(outside), "{}")
        builder.check(fine, "ValueError", message, x)
        return
    builder.check(fine, "ValueError", message)


@lowers(*_REAL)
def real_function(context: Context, x: Abstract, /, *, function: Any) -> Abstract:
    ufunc, domain, outside = _REAL[function]
    operand = number(context, x)
    if domain is not None:
        _require(context, function, domain, outside, operand)
    return Scalar(context.builder.bind(BY_FUNCTION[ufunc], operand), weak=True)


@lowers(math.log)
def log(context: Context, x: Abstract, base: Abstract | None = None, /) -> Abstract:
    positive = _compared("greater", 0.0)
    operand = number(context, x)
    _require(context, math.log, positive, 0.0, operand)
    found = Scalar(context.builder.bind("log", operand), weak=True)
    if base is None:
        return found
    return binary(context, "divide", found, log(context, base))


@lowers(math.pow)
def pow_(context: Context, x: Abstract, y: Abstract, /) -> Abstract:
    builder = context.builder
    base, exponent = number(context, x), number(context, y)
    found = builder.bind("power", base, exponent)
    # A result that is not finite though the arguments are is a domain error, or too large.
    finite = builder.bind("logical_and", builder.bind("isfinite", base), builder.bind("isfinite", exponent))
    fine = builder.bind("logical_or", builder.bind("logical_not", builder.bind("isnan", found)), _not(builder, finite))
    pole = builder.bind("logical_and", builder.bind("equal", base, Constant(0.0, "float64")), finite)
    below = builder.bind("less", exponent, Constant(0.0, "float64"))
    fine = builder.bind("logical_and", fine, _not(builder, builder.bind("logical_and", pole, below)))
    builder.check(fine, "ValueError", "math domain error")
    return Scalar(found, weak=True)


def _not(builder: Builder, x: Operand) -> Operand:
    return builder.bind("logical_not", x)


_BINARY = {math.atan2: "arctan2", math.copysign: "copysign", math.nextafter: "nextafter"}


@lowers(*_BINARY)
def binary_function(context: Context, x: Abstract, y: Abstract, /, *, function: Any) -> Abstract:
    operands = number(context, x), number(context, y)
    return Scalar(context.builder.bind(_BINARY[function], *operands), weak=True)


@lowers(math.fmod)
def fmod(context: Context, x: Abstract, y: Abstract, /) -> Abstract:
    builder = context.builder
    first, second = number(context, x), number(context, y)
    fine = builder.bind("not_equal", second, Constant(0.0, "float64"))
    builder.check(fine, "ValueError", "math domain error")
    return Scalar(builder.bind("fmod", first, second), weak=True)


@lowers(math.hypot)
def hypot(context: Context, *coordinates: Abstract) -> Abstract:
    operands = [number(context, one) for one in coordinates]
    if not operands:
        return Static(0.0)
    found = context.builder.bind("absolute", operands[0])
    for one in operands[1:]:
        found = context.builder.bind("hypot", found, one)
    return Scalar(found, weak=True)


@lowers(math.degrees, math.radians)
def degrees(context: Context, x: Abstract, /, *, function: Any) -> Abstract:
    factor = 180.0 / math.pi if function is math.degrees else math.pi / 180.0
    operand = number(context, x)
    return Scalar(context.builder.bind("multiply", operand, Constant(factor, "float64")), weak=True)


def require_finite(context: Context, operand: Operand) -> None:
    """Python's exceptions where a float has no whole number."""
    builder = context.builder
    number = builder.bind("logical_not", builder.bind("isnan", operand))
    builder.check(number, "ValueError", "cannot convert float NaN to integer")
    finite = builder.bind("logical_not", builder.bind("isinf", operand))
    builder.check(finite, "OverflowError", "cannot convert float infinity to integer")


@lowers(math.floor, math.ceil, math.trunc)
def whole(context: Context, x: Abstract, /, *, function: Any) -> Abstract:
    builder = context.builder
    value = as_operand(context, x)
    if not shape_of(value) and np.dtype(value.dtype).kind in "biu":
        return Scalar(number(context, value, "int64"), weak=True)
    operand = number(context, x)
    require_finite(context, operand)
    return Scalar(builder.cast(builder.bind(function.__name__, operand), "int64"), weak=True)


@lowers(math.isnan, math.isinf, math.isfinite)
def classified(context: Context, x: Abstract, /, *, function: Any) -> Abstract:
    return Scalar(context.builder.bind(function.__name__, number(context, x)), weak=True)


@lowers(math.gcd, math.lcm)
def gcd(context: Context, *integers: Abstract, function: Any) -> Abstract:
    operands = [number(context, one, "int64") for one in integers]
    context.refuse_unless(len(operands) == 2, f"math.{function.__name__} takes two numbers here")
    return Scalar(context.builder.bind(function.__name__, *operands), weak=True)


@lowers(math.fsum)
def fsum(context: Context, seq: Abstract, /) -> Abstract:
    from wengert.lower.builtin_functions import sum_

    found = as_operand(context, sum_(context, seq))
    return Scalar(number(context, found), weak=True)


@lowers(math.prod)
def prod(context: Context, iterable: Abstract, /, *, start: Abstract | None = None) -> Abstract:
    from wengert.lower.builtin_functions import elements_of

    found: Abstract = Static(1) if start is None else start
    for one in elements_of(context, iterable):
        found = binary(context, "multiply", found, one)
    return found


@lowers(math.isclose)
def isclose(
    context: Context,
    a: Abstract,
    b: Abstract,
    *,
    rel_tol: Abstract | None = None,
    abs_tol: Abstract | None = None,
) -> Abstract:
    builder = context.builder
    x, y = number(context, a), number(context, b)
    relative = number(context, rel_tol or Static(1e-9))
    absolute = number(context, abs_tol or Static(0.0))
    apart = builder.bind("absolute", builder.bind("subtract", x, y))
    size = builder.bind("maximum", builder.bind("absolute", x), builder.bind("absolute", y))
    margin = builder.bind("maximum", builder.bind("multiply", relative, size), absolute)
    near = builder.bind("logical_and", builder.bind("less_equal", apart, margin), builder.bind("isfinite", apart))
    return Scalar(builder.bind("logical_or", near, builder.bind("equal", x, y)), weak=True)


_COMPLEX = {
    cmath.exp: np.exp,
    cmath.sqrt: np.sqrt,
    cmath.sin: np.sin,
    cmath.cos: np.cos,
    cmath.tan: np.tan,
    cmath.sinh: np.sinh,
    cmath.cosh: np.cosh,
    cmath.tanh: np.tanh,
}


@lowers(*_COMPLEX)
def complex_function(context: Context, z: Abstract, /, *, function: Any) -> Abstract:
    operand = number(context, z, "complex128")
    return Scalar(context.builder.bind(BY_FUNCTION[_COMPLEX[function]], operand), weak=True)


@lowers(cmath.log)
def complex_log(context: Context, z: Abstract, /) -> Abstract:
    builder = context.builder
    operand = number(context, z, "complex128")
    fine = builder.bind("not_equal", operand, Constant(0j, "complex128"))
    builder.check(fine, "ValueError", "math domain error")
    return Scalar(builder.bind("log", operand), weak=True)


@lowers(cmath.phase)
def phase(context: Context, z: Abstract, /) -> Abstract:
    builder = context.builder
    operand = number(context, z, "complex128")
    return Scalar(builder.bind("arctan2", builder.bind("imag", operand), builder.bind("real", operand)), weak=True)
