"""Scalar functions of complex numbers, with NumPy's semantics, on pairs of registers (real and imaginary part).

Division is Smith's algorithm, as in NumPy; powers follow `npy_cpow`. Elementary functions are those of the C library,
computed in double precision for `complex64` too.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from wengert.emit import floats
from wengert.emit.floats import FLOATS, number
from wengert.emit.kinds import Kind, constant_parts
from wengert.emit.libraries import call_complex, call_special
from wengert.emit.writer import Writer

__all__ = ["COMPLEX", "compare"]

Pair = tuple[str, str]

_C_NAMES = {
    **{name: f"c{name}" for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{f"arc{name}": f"ca{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}


def _wide(w: Writer, kind: Kind, one: Pair) -> Pair:
    if kind.register == "double":
        return one
    return w.value(f"fpext float {one[0]} to double"), w.value(f"fpext float {one[1]} to double")


def _narrow(w: Writer, kind: Kind, one: Pair) -> Pair:
    if kind.register == "double":
        return one
    return w.value(f"fptrunc double {one[0]} to float"), w.value(f"fptrunc double {one[1]} to float")


def _library(name: str) -> Callable[..., Pair]:
    def emit(w: Writer, kind: Kind, one: Pair) -> Pair:
        return _narrow(w, kind, call_complex(w, name, _wide(w, kind, one)))

    return emit


def _special(name: str) -> Callable[..., Pair]:
    def emit(w: Writer, kind: Kind, one: Pair) -> Pair:
        ((real, imaginary),) = call_special(w, name, [("complex128", _wide(w, kind, one))], "complex128")
        return _narrow(w, kind, (real, imaginary))

    return emit


def _bessel(name: str) -> Callable[..., Pair]:
    """A function of a real order."""

    def emit(w: Writer, kind: Kind, order: str | Pair, one: Pair) -> Pair:
        real = order if isinstance(order, str) else order[0]
        wide = real if kind.register == "double" else w.value(f"fpext float {real} to double")
        given = [("float64", (wide,)), ("complex128", _wide(w, kind, one))]
        ((first, second),) = call_special(w, name, given, "complex128")
        return _narrow(w, kind, (first, second))

    return emit


def _add(w: Writer, kind: Kind, first: Pair, second: Pair) -> Pair:
    return (
        w.value(f"fadd {kind.register} {first[0]}, {second[0]}"),
        w.value(f"fadd {kind.register} {first[1]}, {second[1]}"),
    )


def _subtract(w: Writer, kind: Kind, first: Pair, second: Pair) -> Pair:
    return (
        w.value(f"fsub {kind.register} {first[0]}, {second[0]}"),
        w.value(f"fsub {kind.register} {first[1]}, {second[1]}"),
    )


def _multiply(w: Writer, kind: Kind, first: Pair, second: Pair) -> Pair:
    def times(one: str, other: str) -> str:
        return w.value(f"fmul {kind.register} {one}, {other}")

    (a, b), (c, d) = first, second
    return (
        w.value(f"fsub {kind.register} {times(a, c)}, {times(b, d)}"),
        w.value(f"fadd {kind.register} {times(a, d)}, {times(b, c)}"),
    )


def _scaled(w: Writer, kind: Kind, one: Pair, factor: str) -> Pair:
    return w.value(f"fmul {kind.register} {one[0]}, {factor}"), w.value(f"fmul {kind.register} {one[1]}, {factor}")


def _divide(w: Writer, kind: Kind, first: Pair, second: Pair) -> Pair:
    """Smith's algorithm: scale by the larger part of the divisor. Dividing by zero divides both parts by zero."""
    register = kind.register

    def operate(instruction: str, one: str, other: str) -> str:
        return w.value(f"{instruction} {register} {one}, {other}")

    (a, b), (c, d) = first, second
    sizes = w.intrinsic("fabs", register, c), w.intrinsic("fabs", register, d)
    real = floats.compare(w, kind, "greater_equal", *sizes)
    large, small = w.select(real, register, c, d), w.select(real, register, d, c)
    ratio = operate("fdiv", small, large)
    scale = operate("fdiv", number(kind, 1.0), operate("fadd", large, operate("fmul", small, ratio)))
    by_real = operate("fadd", a, operate("fmul", b, ratio)), operate("fsub", b, operate("fmul", a, ratio))
    by_imag = operate("fadd", operate("fmul", a, ratio), b), operate("fsub", operate("fmul", b, ratio), a)
    zero = floats.compare(w, kind, "equal", operate("fadd", *sizes), number(kind, 0.0))
    parts = []
    for one, other, plain in zip(by_real, by_imag, first, strict=True):
        quotient = operate("fmul", w.select(real, register, one, other), scale)
        parts.append(w.select(zero, register, operate("fdiv", plain, sizes[0]), quotient))
    return parts[0], parts[1]


def _negative(w: Writer, kind: Kind, one: Pair) -> Pair:
    return w.value(f"fneg {kind.register} {one[0]}"), w.value(f"fneg {kind.register} {one[1]}")


def _conjugate(w: Writer, kind: Kind, one: Pair) -> Pair:
    return one[0], w.value(f"fneg {kind.register} {one[1]}")


def _absolute(w: Writer, kind: Kind, one: Pair) -> str:
    return FLOATS["hypot"](w, kind, *one)


def _square(w: Writer, kind: Kind, one: Pair) -> Pair:
    return _multiply(w, kind, one, one)


def _reciprocal(w: Writer, kind: Kind, one: Pair) -> Pair:
    return _divide(w, kind, (number(kind, 1.0), number(kind, 0.0)), one)


def _choose(w: Writer, kind: Kind, condition: str, first: Pair, second: Pair) -> Pair:
    return (
        w.select(condition, kind.register, first[0], second[0]),
        w.select(condition, kind.register, first[1], second[1]),
    )


def _is_zero(w: Writer, kind: Kind, one: Pair) -> str:
    zero = number(kind, 0.0)
    parts = [floats.compare(w, kind, "equal", part, zero) for part in one]
    return w.value(f"and i1 {parts[0]}, {parts[1]}")


def _sign(w: Writer, kind: Kind, one: Pair) -> Pair:
    """The number of size 1 in the same direction; 0 of 0."""
    size = _absolute(w, kind, one)
    scaled = w.value(f"fdiv {kind.register} {one[0]}, {size}"), w.value(f"fdiv {kind.register} {one[1]}, {size}")
    zero = number(kind, 0.0)
    return _choose(w, kind, _is_zero(w, kind, one), (zero, zero), scaled)


def _power(w: Writer, kind: Kind, base: Pair, exponent: Pair) -> Pair:
    """Small constant powers are products; z**0 is 1; 0**w is 0 for a positive real part of w, else NaN."""
    one = (number(kind, 1.0), number(kind, 0.0))
    for power in (1, 2, 3, -1):
        if exponent == constant_parts(power, kind.dtype):
            square = _square(w, kind, base) if power in (2, 3) else base
            if power == -1:
                return _reciprocal(w, kind, base)
            return _multiply(w, kind, square, base) if power == 3 else square
    result = _narrow(w, kind, call_complex(w, "cpow", _wide(w, kind, base), _wide(w, kind, exponent)))
    positive = floats.compare(w, kind, "greater", exponent[0], number(kind, 0.0))
    nan = number(kind, math.nan)
    at_zero = _choose(w, kind, positive, (number(kind, 0.0), number(kind, 0.0)), (nan, nan))
    result = _choose(w, kind, _is_zero(w, kind, base), at_zero, result)
    return _choose(w, kind, _is_zero(w, kind, exponent), one, result)


def _logarithm(factor: float) -> Callable[..., Pair]:
    def emit(w: Writer, kind: Kind, one: Pair) -> Pair:
        return _scaled(w, kind, _library("clog")(w, kind, one), number(kind, factor))

    return emit


def _log1p(w: Writer, kind: Kind, one: Pair) -> Pair:
    shifted = w.value(f"fadd {kind.register} {one[0]}, {number(kind, 1.0)}")
    size = FLOATS["hypot"](w, kind, shifted, one[1])
    return FLOATS["log"](w, kind, size), FLOATS["arctan2"](w, kind, one[1], shifted)


def _expm1(w: Writer, kind: Kind, one: Pair) -> Pair:
    """expm1(x) cos(y) - 2 sin(y / 2)**2, and exp(x) sin(y)."""
    register = kind.register
    half = FLOATS["sin"](w, kind, w.value(f"fmul {register} {one[1]}, {number(kind, 0.5)}"))
    twice = w.value(f"fmul {register} {w.value(f'fmul {register} {half}, {half}')}, {number(kind, 2.0)}")
    product = w.value(f"fmul {register} {FLOATS['expm1'](w, kind, one[0])}, {FLOATS['cos'](w, kind, one[1])}")
    real = w.value(f"fsub {register} {product}, {twice}")
    sine = FLOATS["sin"](w, kind, one[1])
    return real, w.value(f"fmul {register} {FLOATS['exp'](w, kind, one[0])}, {sine}")


def _exp2(w: Writer, kind: Kind, one: Pair) -> Pair:
    return _library("cexp")(w, kind, _scaled(w, kind, one, number(kind, math.log(2.0))))


def _rounded(name: str) -> Callable[..., Pair]:
    def emit(w: Writer, kind: Kind, one: Pair) -> Pair:
        return FLOATS[name](w, kind, one[0]), FLOATS[name](w, kind, one[1])

    return emit


def _either(name: str, joined: str) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, one: Pair) -> str:
        return w.value(f"{joined} i1 {FLOATS[name](w, kind, one[0])}, {FLOATS[name](w, kind, one[1])}")

    return emit


def compare(w: Writer, kind: Kind, name: str, first: Pair, second: Pair) -> str:
    """A comparison: by the real parts, then by the imaginary parts."""
    if name in ("equal", "not_equal"):
        parts = [floats.compare(w, kind, name, *both) for both in zip(first, second, strict=True)]
        return w.value(f"{'and' if name == 'equal' else 'or'} i1 {parts[0]}, {parts[1]}")
    strict = floats.compare(w, kind, name.removesuffix("_equal"), first[0], second[0])
    level = floats.compare(w, kind, "equal", first[0], second[0])
    nan = [FLOATS["isnan"](w, kind, part) for part in (first[1], second[1])]
    known = w.value(f"xor i1 {w.value(f'or i1 {nan[0]}, {nan[1]}')}, true")
    tie = w.value(f"and i1 {level}, {floats.compare(w, kind, name, first[1], second[1])}")
    return w.value(f"or i1 {w.value(f'and i1 {strict}, {known}')}, {tie}")


def _extreme(name: str, *, skip_nan: bool) -> Callable[..., Pair]:
    def emit(w: Writer, kind: Kind, first: Pair, second: Pair) -> Pair:
        nan = _either("isnan", "or")(w, kind, second if skip_nan else first)
        taken = w.value(f"or i1 {compare(w, kind, name, first, second)}, {nan}")
        return _choose(w, kind, taken, first, second)

    return emit


def _strong_product(w: Writer, kind: Kind, first: Pair, second: Pair) -> Pair:
    zero = number(kind, 0.0)
    is_zero = compare(w, kind, "equal", first, (zero, zero))
    return _choose(w, kind, is_zero, (zero, zero), _multiply(w, kind, first, second))


def _xlogy(logarithm: Callable[..., Pair]) -> Callable[..., Pair]:
    def emit(w: Writer, kind: Kind, first: Pair, second: Pair) -> Pair:
        zero = number(kind, 0.0)
        product = _multiply(w, kind, first, logarithm(w, kind, second))
        at_zero = _choose(w, kind, _either("isnan", "or")(w, kind, second), second, (zero, zero))
        return _choose(w, kind, compare(w, kind, "equal", first, (zero, zero)), at_zero, product)

    return emit


COMPLEX: dict[str, Callable[..., Pair | str]] = {
    **{name: _special(name) for name in ("erf", "erfc", "gamma", "psi", "ndtr")},
    **{name: _bessel(name) for name in ("iv", "jv")},
    **{name: _library(c_name) for name, c_name in _C_NAMES.items()},
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "xlogy": _xlogy(_library("clog")),
    "xlog1py": _xlogy(_log1p),
    "strong_product": _strong_product,
    "divide": _divide,
    "power": _power,
    "negative": _negative,
    "conjugate": _conjugate,
    "square": _square,
    "reciprocal": _reciprocal,
    "sign": _sign,
    "rint": _rounded("rint"),
    "exp2": _exp2,
    "expm1": _expm1,
    "log1p": _log1p,
    "log2": _logarithm(1.0 / math.log(2.0)),
    "log10": _logarithm(1.0 / math.log(10.0)),
    "maximum": _extreme("greater_equal", skip_nan=False),
    "minimum": _extreme("less_equal", skip_nan=False),
    "fmax": _extreme("greater_equal", skip_nan=True),
    "fmin": _extreme("less_equal", skip_nan=True),
    "absolute": _absolute,
    "real": lambda w, kind, one: one[0],
    "imag": lambda w, kind, one: one[1],
    "isnan": _either("isnan", "or"),
    "isinf": _either("isinf", "or"),
    "isfinite": _either("isfinite", "and"),
}
