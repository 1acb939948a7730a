"""One scalar function of the program as instructions: chooses the table by the dtype of its operands.

What goes in: the name, the kind of the result, and the operands with their kinds. What comes out: the parts of the
result. A function without an entry for the dtype is refused when the program is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.emit import complex_numbers, floats, integers
from wengert.emit.complex_numbers import COMPLEX
from wengert.emit.floats import FLOATS, number
from wengert.emit.integers import BOOLS, INTEGERS, wrapping_cast
from wengert.emit.kinds import Kind, real_text
from wengert.emit.writer import Writer
from wengert.errors import NotAcceptedError

__all__ = ["Parts", "cast", "scalar_function", "truth"]

Parts = tuple[str, ...]

_TABLES: dict[str, dict[str, Callable[..., Any]]] = {
    "bool": BOOLS,
    "signed": INTEGERS,
    "unsigned": INTEGERS,
    "real": FLOATS,
    "complex": COMPLEX,
}
_COMPARE: dict[str, Callable[..., str]] = {
    "bool": integers.compare,
    "signed": integers.compare,
    "unsigned": integers.compare,
    "real": floats.compare,
    "complex": complex_numbers.compare,
}
_LOGICAL = {"logical_and": "and i1", "logical_or": "or i1", "logical_xor": "xor i1"}


def truth(w: Writer, kind: Kind, one: Parts) -> str:
    """Whether a number is other than zero, as an `i1`."""
    if kind.family == "bool":
        return one[0]
    if kind.is_integer:
        return w.value(f"icmp ne {kind.register} {one[0]}, 0")
    parts = [floats.compare(w, kind, "not_equal", part, number(kind, 0.0)) for part in one]
    return parts[0] if len(parts) == 1 else w.value(f"or i1 {parts[0]}, {parts[1]}")


def _to_integer(w: Writer, source: Kind, target: Kind, one: str) -> str:
    """A float truncated. What does not fit gives the least integer, as x86 does; LLVM would leave it undefined."""
    signed = target.family == "signed"
    high = real_text(2.0 ** (target.bits - 1 if signed else target.bits), source.register)
    low = real_text(-(2.0 ** (target.bits - 1)) if signed else -1.0, source.register)
    # The least integer itself is exact in every float type but for small ones, where the open bound is one lower.
    above = "oge" if signed and target.bits >= 32 else "ogt"
    if signed and target.bits < 32:
        low = real_text(-(2.0 ** (target.bits - 1)) - 1.0, source.register)
    inside = w.value(
        f"and i1 {w.value(f'fcmp olt {source.register} {one}, {high}')}, "
        f"{w.value(f'fcmp {above} {source.register} {one}, {low}')}"
    )
    converted = w.value(f"{'fptosi' if signed else 'fptoui'} {source.register} {one} to {target.register}")
    return w.select(inside, target.register, converted, str(-(1 << (target.bits - 1))))


def cast(w: Writer, source: Kind, target: Kind, one: Parts) -> Parts:
    """A number in another dtype; of a complex number made real, the real part."""
    if source == target:
        return one
    if target.family == "bool":
        return (truth(w, source, one),)
    if target.is_integer:
        if source.is_integer or source.family == "bool":
            return (wrapping_cast(w, source, target, one[0]),)
        return (_to_integer(w, source, target, one[0]),)
    if source.family in ("real", "complex"):
        change = {(32, 64): "fpext", (64, 32): "fptrunc"}.get(
            (source.size * 8 // source.parts, target.size * 8 // target.parts)
        )
        parts = (
            one
            if change is None
            else tuple(w.value(f"{change} {source.register} {part} to {target.register}") for part in one)
        )
    else:
        instruction = "sitofp" if source.family == "signed" else "uitofp"
        parts = (w.value(f"{instruction} {source.register} {one[0]} to {target.register}"),)
    if target.parts == 1:
        return parts[:1]
    return parts if len(parts) == 2 else (parts[0], real_text(0.0, target.register))


def scalar_function(w: Writer, name: str, result: Kind, operands: Sequence[tuple[Kind, Parts]]) -> Parts:
    """The instructions of `name(operands)`."""
    kind, first = operands[-1]
    if name == "cast":
        return cast(w, kind, result, first)
    if name == "complex_number":
        return operands[0][1] + operands[1][1]
    if name == "where":
        condition = truth(w, *operands[0])
        return tuple(
            w.select(condition, kind.register, one, other)
            for one, other in zip(operands[1][1], operands[2][1], strict=True)
        )
    if name in _LOGICAL:
        return (w.value(f"{_LOGICAL[name]} {truth(w, *operands[0])}, {truth(w, *operands[1])}"),)
    if name == "logical_not":
        return (w.value(f"xor i1 {truth(w, kind, first)}, true"),)
    # A complex number is one argument of its two parts; any other number is its only part.
    arguments = [parts if one.parts == 2 else parts[0] for one, parts in operands]
    if name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
        return (_COMPARE[kind.family](w, kind, name, *arguments),)
    emit = _TABLES[kind.family].get(name)
    if emit is None:
        raise NotAcceptedError(f"{name} of {kind.dtype} numbers is not compiled")
    found = emit(w, kind, *arguments)
    return (found,) if isinstance(found, str) else found
