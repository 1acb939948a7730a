"""Scalar functions of integers and bools, with NumPy's semantics: they wrap, and dividing by zero gives 0.

What goes in: the writer, the kind of the operands, their registers. What comes out: the register of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wengert.emit.kinds import Kind
from wengert.emit.writer import Writer

__all__ = ["BOOLS", "INTEGERS", "compare", "wrapping_cast"]

_SIGNED = {
    "less": "slt",
    "less_equal": "sle",
    "greater": "sgt",
    "greater_equal": "sge",
    "equal": "eq",
    "not_equal": "ne",
}


def compare(w: Writer, kind: Kind, name: str, first: str, second: str) -> str:
    """A comparison, by the name of its NumPy function."""
    predicate = _SIGNED[name]
    if kind.family != "signed":
        predicate = predicate.replace("s", "u") if predicate[0] == "s" else predicate
    return w.value(f"icmp {predicate} {kind.register} {first}, {second}")


def _plain(instruction: str) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, first: str, second: str) -> str:
        return w.value(f"{instruction} {kind.register} {first}, {second}")

    return emit


def _negative(w: Writer, kind: Kind, one: str) -> str:
    return w.value(f"sub {kind.register} 0, {one}")


def _absolute(w: Writer, kind: Kind, one: str) -> str:
    if kind.family == "unsigned":
        return one
    return w.select(compare(w, kind, "less", one, "0"), kind.register, _negative(w, kind, one), one)


def _sign(w: Writer, kind: Kind, one: str) -> str:
    positive = w.value(f"zext i1 {compare(w, kind, 'greater', one, '0')} to {kind.register}")
    if kind.family == "unsigned":
        return positive
    return w.select(compare(w, kind, "less", one, "0"), kind.register, "-1", positive)


def _extreme(name: str) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, first: str, second: str) -> str:
        return w.select(compare(w, kind, name, first, second), kind.register, first, second)

    return emit


def _divided(w: Writer, kind: Kind, first: str, second: str, *, remainder: bool, floor: bool) -> str:
    """Quotient or remainder, truncated or floored. Machines trap on divisors 0 and -1: there they divide by 1."""
    register = kind.register
    zero = w.value(f"icmp eq {register} {second}, 0")
    if kind.family == "unsigned":
        safe = w.select(zero, register, "1", second)
        return w.select(zero, register, "0", w.value(f"{'urem' if remainder else 'udiv'} {register} {first}, {safe}"))
    minus = w.value(f"icmp eq {register} {second}, -1")
    safe = w.select(w.value(f"or i1 {zero}, {minus}"), register, "1", second)
    rest = w.value(f"srem {register} {first}, {safe}")
    # The rest has the sign of the dividend; floored, it has that of the divisor.
    differs = w.value(f"icmp slt {register} {w.value(f'xor {register} {rest}, {safe}')}, 0")
    adjust = w.value(f"and i1 {differs}, {w.value(f'icmp ne {register} {rest}, 0')}") if floor else "false"
    if remainder:
        rest = w.select(adjust, register, w.value(f"add {register} {rest}, {safe}"), rest) if floor else rest
        return w.select(zero, register, "0", rest)
    quotient = w.value(f"sdiv {register} {first}, {safe}")
    if floor:
        quotient = w.value(f"sub {register} {quotient}, {w.value(f'zext i1 {adjust} to {register}')}")
    quotient = w.select(minus, register, _negative(w, kind, first), quotient)
    return w.select(zero, register, "0", quotient)


def _division(*, remainder: bool, floor: bool) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, first: str, second: str) -> str:
        return _divided(w, kind, first, second, remainder=remainder, floor=floor)

    return emit


def _reciprocal(w: Writer, kind: Kind, one: str) -> str:
    """1 / x truncated; of zero, the infinite quotient as x86 converts it to an integer."""
    result = _divided(w, kind, "1", one, remainder=False, floor=False)
    if kind.family == "unsigned" or kind.bits < 32:
        return result
    zero = w.value(f"icmp eq {kind.register} {one}, 0")
    return w.select(zero, kind.register, str(-(1 << (kind.bits - 1))), result)


def _power(w: Writer, kind: Kind, base: str, exponent: str) -> str:
    """By squaring. A negative exponent, which NumPy refuses and a check must have excluded, gives 1."""
    if exponent in ("1", "2"):
        return base if exponent == "1" else w.value(f"mul {kind.register} {base}, {base}")
    register = kind.register
    result = w.alloca(register)
    square, rest = w.alloca(register), w.alloca(register)
    w.do(f"store {register} 1, ptr {result}")
    w.do(f"store {register} {base}, ptr {square}")
    w.do(f"store {register} {exponent}, ptr {rest}")
    head, body, after = w.label(), w.label(), w.label()
    w.jump(head)
    w.start(head)
    left = w.value(f"load {register}, ptr {rest}")
    w.branch(compare(w, kind, "greater", left, "0"), body, after)
    w.start(body)
    power, product = w.value(f"load {register}, ptr {square}"), w.value(f"load {register}, ptr {result}")
    odd = w.value(f"trunc {register} {left} to i1")
    taken = w.select(odd, register, w.value(f"mul {register} {product}, {power}"), product)
    w.do(f"store {register} {taken}, ptr {result}")
    w.do(f"store {register} {w.value(f'mul {register} {power}, {power}')}, ptr {square}")
    w.do(f"store {register} {w.value(f'lshr {register} {left}, 1')}, ptr {rest}")
    w.jump(head)
    w.start(after)
    return w.value(f"load {register}, ptr {result}")


def _greatest_common_divisor(w: Writer, kind: Kind, first: str, second: str) -> str:
    register = kind.register
    larger, smaller = w.alloca(register), w.alloca(register)
    w.do(f"store {register} {_absolute(w, kind, first)}, ptr {larger}")
    w.do(f"store {register} {_absolute(w, kind, second)}, ptr {smaller}")
    head, body, after = w.label(), w.label(), w.label()
    w.jump(head)
    w.start(head)
    divisor = w.value(f"load {register}, ptr {smaller}")
    w.branch(w.value(f"icmp ne {register} {divisor}, 0"), body, after)
    w.start(body)
    dividend = w.value(f"load {register}, ptr {larger}")
    w.do(f"store {register} {w.value(f'urem {register} {dividend}, {divisor}')}, ptr {smaller}")
    w.do(f"store {register} {divisor}, ptr {larger}")
    w.jump(head)
    w.start(after)
    return w.value(f"load {register}, ptr {larger}")


def _least_common_multiple(w: Writer, kind: Kind, first: str, second: str) -> str:
    divisor = _greatest_common_divisor(w, kind, first, second)
    unsigned = replace(kind, family="unsigned")
    parts = _divided(w, unsigned, _absolute(w, kind, first), divisor, remainder=False, floor=False)
    return w.value(f"mul {kind.register} {parts}, {_absolute(w, kind, second)}")


def _shift(instruction: str) -> Callable[..., str]:
    def emit(w: Writer, kind: Kind, one: str, count: str) -> str:
        register, by = kind.register, instruction
        if by == "right":
            by = "ashr" if kind.family == "signed" else "lshr"
        # Shifting by more than there are bits is undefined in LLVM; NumPy shifts all of them out.
        fits = w.value(f"icmp ult {register} {count}, {kind.bits}")
        shifted = w.value(f"{by} {register} {one}, {w.select(fits, register, count, '0')}")
        out = w.value(f"ashr {register} {one}, {kind.bits - 1}") if by == "ashr" else "0"
        return w.select(fits, register, shifted, out)

    return emit


def wrapping_cast(w: Writer, source: Kind, target: Kind, one: str) -> str:
    """An integer or bool as an integer of another size."""
    if source.bits == target.bits:
        return one
    if source.bits > target.bits:
        return w.value(f"trunc {source.register} {one} to {target.register}")
    return w.value(f"{'sext' if source.family == 'signed' else 'zext'} {source.register} {one} to {target.register}")


def _same(w: Writer, kind: Kind, one: str) -> str:
    return one


INTEGERS: dict[str, Callable[..., str]] = {
    "add": _plain("add"),
    "subtract": _plain("sub"),
    "multiply": _plain("mul"),
    "floor_divide": _division(remainder=False, floor=True),
    "remainder": _division(remainder=True, floor=True),
    "fmod": _division(remainder=True, floor=False),
    "power": _power,
    "maximum": _extreme("greater_equal"),
    "minimum": _extreme("less_equal"),
    "fmax": _extreme("greater_equal"),
    "fmin": _extreme("less_equal"),
    "gcd": _greatest_common_divisor,
    "lcm": _least_common_multiple,
    "bitwise_and": _plain("and"),
    "bitwise_or": _plain("or"),
    "bitwise_xor": _plain("xor"),
    "left_shift": _shift("shl"),
    "right_shift": _shift("right"),
    "negative": _negative,
    "sign": _sign,
    "square": lambda w, kind, one: w.value(f"mul {kind.register} {one}, {one}"),
    "reciprocal": _reciprocal,
    "invert": lambda w, kind, one: w.value(f"xor {kind.register} {one}, -1"),
    "absolute": _absolute,
    **dict.fromkeys(("conjugate", "real", "floor", "ceil", "trunc", "rint"), _same),
    "imag": lambda w, kind, one: "0",
    **dict.fromkeys(("isnan", "isinf"), lambda w, kind, one: "false"),
    "isfinite": lambda w, kind, one: "true",
    "signbit": lambda w, kind, one: compare(w, kind, "less", one, "0") if kind.family == "signed" else "false",
}

BOOLS: dict[str, Callable[..., str]] = {
    **dict.fromkeys(("add", "maximum", "fmax", "bitwise_or"), _plain("or")),
    **dict.fromkeys(("multiply", "minimum", "fmin", "bitwise_and"), _plain("and")),
    "bitwise_xor": _plain("xor"),
    "invert": lambda w, kind, one: w.value(f"xor i1 {one}, true"),
    **dict.fromkeys(("absolute", "conjugate", "real", "square", "floor", "ceil", "trunc"), _same),
    **dict.fromkeys(("imag", "isnan", "isinf", "signbit"), lambda w, kind, one: "false"),
    "isfinite": lambda w, kind, one: "true",
}
