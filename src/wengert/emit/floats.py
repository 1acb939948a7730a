"""Scalar functions of floats, with NumPy's semantics (NaN, signed zeros, signs of remainders).

What goes in: the writer, the kind of the operands, their registers. What comes out: the register of the result. The
formulas of `floor_divide`, `remainder` and `logaddexp` are those of NumPy's `npy_math`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from wengert.emit.kinds import Kind, real_text
from wengert.emit.libraries import C_NAMES, SPECIAL, call_c, call_special
from wengert.emit.writer import Writer

__all__ = ["FLOATS", "compare", "library", "number"]

_PREDICATES = {
    "less": "olt", "less_equal": "ole", "greater": "ogt", "greater_equal": "oge", "equal": "oeq", "not_equal": "une",
}  # fmt: skip


def number(kind: Kind, value: float) -> str:
    """A constant."""
    return real_text(value, kind.register)


def compare(w: Writer, kind: Kind, name: str, first: str, second: str) -> str:
    """A comparison, by the name of its NumPy function; with NaN only `not_equal` holds."""
    return w.value(f"fcmp {_PREDICATES[name]} {kind.register} {first}, {second}")


def _plain(instruction: str) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, first: str, second: str) -> str:
        return w.value(f"{instruction} {kind.register} {first}, {second}")

    return emit


def _intrinsic(name: str) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, *arguments: str) -> str:
        return w.intrinsic(name, kind.register, *arguments)

    return emit


def library(name: str) -> Callable[..., str]:
    """A function of the C library, by its NumPy name."""

    def emit(w: Writer, kind: Kind, *arguments: str) -> str:
        return call_c(w, C_NAMES[name], kind.register, arguments)

    return emit


def _special(name: str) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, *ones: str) -> str:
        is_double = kind.bits == 64
        wide = ones if is_double else tuple(w.value(f"fpext float {one} to double") for one in ones)
        ((result,),) = call_special(w, name, [("float64", (one,)) for one in wide], "float64")
        return result if is_double else w.value(f"fptrunc double {result} to float")

    return emit


def _is_nan(w: Writer, kind: Kind, one: str) -> str:
    return w.value(f"fcmp uno {kind.register} {one}, {one}")


def _extreme(name: str, *, skip_nan: bool) -> Callable[..., str]:
    """The first operand where the comparison holds; NaN wins, or loses where it is to be skipped."""

    def emit(w: Writer, kind: Kind, first: str, second: str) -> str:
        nan = _is_nan(w, kind, second if skip_nan else first)
        taken = w.value(f"or i1 {compare(w, kind, name, first, second)}, {nan}")
        return w.select(taken, kind.register, first, second)

    return emit


def _sign(w: Writer, kind: Kind, one: str) -> str:
    zero = number(kind, 0.0)
    result = w.select(compare(w, kind, "equal", one, zero), kind.register, zero, one)
    result = w.select(compare(w, kind, "less", one, zero), kind.register, number(kind, -1.0), result)
    return w.select(compare(w, kind, "greater", one, zero), kind.register, number(kind, 1.0), result)


def _modulo(w: Writer, kind: Kind, first: str, second: str) -> tuple[str, str, str]:
    """The rest of truncated division, that of floored division, and whether they differ."""
    register, zero = kind.register, number(kind, 0.0)
    rest = w.value(f"frem {register} {first}, {second}")
    negative, opposite = compare(w, kind, "less", second, zero), compare(w, kind, "less", rest, zero)
    differs = w.value(
        f"and i1 {w.value(f'xor i1 {negative}, {opposite}')}, {compare(w, kind, 'not_equal', rest, zero)}"
    )
    floored = w.select(differs, register, w.value(f"fadd {register} {rest}, {second}"), rest)
    signed_zero = w.intrinsic("copysign", register, zero, second)
    floored = w.select(compare(w, kind, "equal", rest, zero), register, signed_zero, floored)
    return rest, floored, differs


def _remainder(w: Writer, kind: Kind, first: str, second: str) -> str:
    rest, floored, _ = _modulo(w, kind, first, second)
    by_zero = compare(w, kind, "equal", second, number(kind, 0.0))
    return w.select(by_zero, kind.register, rest, floored)


def _floor_divide(w: Writer, kind: Kind, first: str, second: str) -> str:
    register, zero = kind.register, number(kind, 0.0)
    rest, _, differs = _modulo(w, kind, first, second)
    plain = w.value(f"fdiv {register} {first}, {second}")
    quotient = w.value(f"fdiv {register} {w.value(f'fsub {register} {first}, {rest}')}, {second}")
    less = w.value(f"fsub {register} {quotient}, {number(kind, 1.0)}")
    quotient = w.select(differs, register, less, quotient)
    floored = w.intrinsic("floor", register, quotient)
    short = compare(w, kind, "greater", w.value(f"fsub {register} {quotient}, {floored}"), number(kind, 0.5))
    floored = w.select(short, register, w.value(f"fadd {register} {floored}, {number(kind, 1.0)}"), floored)
    signed_zero = w.intrinsic("copysign", register, zero, plain)
    floored = w.select(compare(w, kind, "equal", quotient, zero), register, signed_zero, floored)
    return w.select(compare(w, kind, "equal", second, zero), register, plain, floored)


def _power(w: Writer, kind: Kind, base: str, exponent: str) -> str:
    """Small constant powers are products, as NumPy's `square` is; they overflow only where the power does."""
    register = kind.register
    if exponent == number(kind, 1.0):
        return base
    if exponent == number(kind, -1.0):
        return w.value(f"fdiv {register} {number(kind, 1.0)}, {base}")
    for power in (2, 3, 4):
        if exponent == number(kind, power):
            square = w.value(f"fmul {register} {base}, {base}")
            if power == 2:
                return square
            return w.value(f"fmul {register} {square}, {base if power == 3 else square}")
    return library("power")(w, kind, base, exponent)


def _logaddexp(exponential: str, factor: float) -> Callable[..., str]:
    """log(exp(x) + exp(y)) as the larger plus log1p(exp(-distance)); equal operands first, for infinities."""

    def emit(w: Writer, kind: Kind, first: str, second: str) -> str:
        register = kind.register
        difference = w.value(f"fsub {register} {first}, {second}")
        positive = compare(w, kind, "greater", difference, number(kind, 0.0))
        larger = w.select(positive, register, first, second)
        distance = w.value(f"fneg {register} {w.intrinsic('fabs', register, difference)}")
        tail = library("log1p")(w, kind, library(exponential)(w, kind, distance))
        if factor != 1.0:
            tail = w.value(f"fmul {register} {tail}, {number(kind, factor)}")
        result = w.value(f"fadd {register} {larger}, {tail}")
        result = w.select(_is_nan(w, kind, difference), register, difference, result)
        step = number(kind, math.log(2.0) * factor)
        equal = compare(w, kind, "equal", first, second)
        return w.select(equal, register, w.value(f"fadd {register} {first}, {step}"), result)

    return emit


def _xlogy(logarithm: str) -> Callable[..., str]:
    """X log(y), and 0 where x is 0 and y is not NaN."""

    def emit(w: Writer, kind: Kind, first: str, second: str) -> str:
        product = w.value(f"fmul {kind.register} {first}, {library(logarithm)(w, kind, second)}")
        is_nan = _is_nan(w, kind, second)
        at_zero = w.select(is_nan, kind.register, second, number(kind, 0.0))
        return w.select(compare(w, kind, "equal", first, number(kind, 0.0)), kind.register, at_zero, product)

    return emit


def _strong_product(w: Writer, kind: Kind, first: str, second: str) -> str:
    product = w.value(f"fmul {kind.register} {first}, {second}")
    zero = number(kind, 0.0)
    return w.select(compare(w, kind, "equal", first, zero), kind.register, zero, product)


def _heaviside(w: Writer, kind: Kind, one: str, at_zero: str) -> str:
    register, zero = kind.register, number(kind, 0.0)
    result = w.select(compare(w, kind, "equal", one, zero), register, at_zero, one)
    result = w.select(compare(w, kind, "less", one, zero), register, zero, result)
    return w.select(compare(w, kind, "greater", one, zero), register, number(kind, 1.0), result)


def _signbit(w: Writer, kind: Kind, one: str) -> str:
    bits = w.value(f"bitcast {kind.register} {one} to i{kind.bits}")
    return w.value(f"icmp slt i{kind.bits} {bits}, 0")


def _against_infinity(predicate: str) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, one: str) -> str:
        size = w.intrinsic("fabs", kind.register, one)
        return w.value(f"fcmp {predicate} {kind.register} {size}, {number(kind, math.inf)}")

    return emit


def _same(w: Writer, kind: Kind, one: str) -> str:
    return one


FLOATS: dict[str, Callable[..., str]] = {
    **{name: library(name) for name in C_NAMES},
    **{name: _special(name) for name in SPECIAL},
    "add": _plain("fadd"),
    "subtract": _plain("fsub"),
    "multiply": _plain("fmul"),
    "divide": _plain("fdiv"),
    "fmod": _plain("frem"),
    "floor_divide": _floor_divide,
    "remainder": _remainder,
    "power": _power,
    "maximum": _extreme("greater_equal", skip_nan=False),
    "minimum": _extreme("less_equal", skip_nan=False),
    "fmax": _extreme("greater_equal", skip_nan=True),
    "fmin": _extreme("less_equal", skip_nan=True),
    "copysign": _intrinsic("copysign"),
    "logaddexp": _logaddexp("exp", 1.0),
    "logaddexp2": _logaddexp("exp2", 1.0 / math.log(2.0)),
    "strong_product": _strong_product,
    "xlogy": _xlogy("log"),
    "xlog1py": _xlogy("log1p"),
    "heaviside": _heaviside,
    "negative": lambda w, kind, one: w.value(f"fneg {kind.register} {one}"),
    "sign": _sign,
    "floor": _intrinsic("floor"),
    "ceil": _intrinsic("ceil"),
    "trunc": _intrinsic("trunc"),
    "rint": _intrinsic("roundeven"),
    "sqrt": _intrinsic("sqrt"),
    "square": lambda w, kind, one: w.value(f"fmul {kind.register} {one}, {one}"),
    "reciprocal": lambda w, kind, one: w.value(f"fdiv {kind.register} {number(kind, 1.0)}, {one}"),
    "absolute": _intrinsic("fabs"),
    "conjugate": _same,
    "real": _same,
    "imag": lambda w, kind, one: number(kind, 0.0),
    "isnan": _is_nan,
    "isinf": _against_infinity("oeq"),
    "isfinite": _against_infinity("olt"),
    "signbit": _signbit,
}
