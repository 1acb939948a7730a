"""Sections of storages as slices, and the sums of indices they are made of.

What goes in: a `Section` and the sizes of its storage. What comes out: the text of an expression that is a NumPy view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wengert.program.expressions import ATOM, PRODUCT, SUM, Expression
from wengert.program.statements import Bind, Constant, Operand, Section, Span, Value

__all__ = ["Sum", "Sums", "section_text"]


@dataclass(frozen=True, slots=True)
class Sum:
    """`constant` and each value times its factor."""

    constant: int
    factors: dict[Value, int] = field(default_factory=dict)

    def plus(self, other: Sum, times: int = 1) -> Sum:
        """This and `times` the other."""
        factors = dict(self.factors)
        for value, factor in other.factors.items():
            factors[value] = factors.get(value, 0) + factor * times
        return Sum(self.constant + other.constant * times, {value: one for value, one in factors.items() if one})

    @property
    def known(self) -> int | None:
        """The number this is, if it is one."""
        return None if self.factors else self.constant


class Sums:
    """Index arithmetic in a normal form, so that `start + (n - start)` is written `n`."""

    def __init__(self, scalar: Callable[[Operand], Expression]) -> None:
        self._scalar = scalar
        self._noted: dict[Value, Sum] = {}

    def note(self, statement: Bind) -> None:
        """Remember what a value is a sum of; its operands must have names or be noted."""
        first, second = (self.of(one) for one in statement.operands)
        match statement.function:
            case "add":
                self._noted[statement.value] = first.plus(second)
            case "subtract":
                self._noted[statement.value] = first.plus(second, -1)
            case "multiply":
                if first.known is None:
                    first, second = second, first
                if first.known is not None:
                    self._noted[statement.value] = Sum(0).plus(second, first.known)
            case _:
                raise AssertionError(statement.function)

    def of(self, operand: Operand) -> Sum:
        """The normal form of an operand."""
        if isinstance(operand, Constant):
            return Sum(int(operand.value.real))
        return self._noted.get(operand) or Sum(0, {operand: 1})

    def expression(self, total: Sum) -> Expression:
        """A sum, what is added before what is subtracted."""
        terms = sorted(total.factors.items(), key=lambda term: term[1] < 0)
        text = ""
        for value, factor in terms:
            one = self._scalar(value).at_least(PRODUCT + 1)
            one = one if abs(factor) == 1 else f"{abs(factor)} * {one}"
            text += (" - " if factor < 0 else " + ") + one if text else ("-" if factor < 0 else "") + one
        if not text:
            return Expression(str(total.constant), ATOM if total.constant >= 0 else SUM)
        if total.constant:
            text += f" {'-' if total.constant < 0 else '+'} {abs(total.constant)}"
        return Expression(text, ATOM if text.isidentifier() else SUM)


def section_text(section: Section, name: str, sizes: tuple[Operand, ...], sums: Sums) -> str:
    """The section as a view of the array `name`; the name alone where it is the whole of it."""
    axes = []
    for axis, size in zip(section.axes, sizes, strict=True):
        axes.append(_span_text(axis, size, sums) if isinstance(axis, Span) else sums.expression(sums.of(axis)).text)
    text = name if all(axis == ":" for axis in axes) else f"{name}[{', '.join(axes)}]"
    if section.order == tuple(range(len(section.order))):
        return text
    return f"{text}.T" if section.order == (1, 0) else f"{text}.transpose{section.order}"


def _span_text(span: Span, size: Operand, sums: Sums) -> str:
    start, count, step = sums.of(span.start), sums.of(span.size), sums.of(span.step)
    lower = "" if start.known == 0 else sums.expression(start).text
    if step.known is not None and step.known > 0:
        stop = start.plus(count, step.known)
        upper = "" if stop == sums.of(size) else sums.expression(stop).text
        return f"{lower}:{upper}" + (f":{step.known}" if step.known != 1 else "")
    if step.known is not None:
        stop = start.plus(count, step.known)
        if step.known == -1 and stop.known == -1 and count == sums.of(size):
            return "::-1"
        by, end = str(step.known), sums.expression(stop).text
    else:
        by = sums.expression(step).at_least(PRODUCT + 1)
        end = f"{sums.expression(start).text} + {sums.expression(count).at_least(PRODUCT)} * {by}"
    # A stop below 0 would count from the end; an empty span must stay empty wherever it starts.
    empty = f"{sums.expression(count).text} == 0"
    return f"{sums.expression(start).text}:({end} if {end} >= 0 or {empty} else None):{by}"
