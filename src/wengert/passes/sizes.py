"""Sizes: one name for integers that are equal, and no check of what is known.

What goes in: a program. What comes out: the program in which, after a check that two integers are equal, one of them
stands for both; `max(max(n - 1, 0) - 2, 0)` is `max(n - 3, 0)`, computed once; comparisons decided so are gone,
and checks of them. What holds: the same exceptions in the same order, and the same numbers. Loops over arrays of one
shape then have the same bounds, which fusion and the analyses need: they compare bounds by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from wengert.analysis.affine import Form, affine, minus
from wengert.analysis.index import Index, index_program
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Bind,
    Block,
    Check,
    Constant,
    For,
    If,
    Operand,
    Program,
    Section,
    Span,
    Statement,
    Value,
    While,
)
from wengert.program.traverse import rebuild

__all__ = ["unify_sizes"]

_Frozen: TypeAlias = frozenset[tuple[object, int]]


def unify_sizes(program: Program) -> Program:
    """The program with one name for equal integers."""
    unifier, facts = _Unifier(index_program(program)), _Facts()
    body = unifier.block(program.body, facts)
    return replace(program, body=body, results=tuple(_renamed_result(one, facts) for one in program.results))


@dataclass
class _Facts:
    """What holds where a block has come to: names of equal integers, and of `max(form, 0)` by its form."""

    names: dict[Value, Operand] = field(default_factory=dict)
    clamped: dict[_Frozen, Operand] = field(default_factory=dict)

    def name(self, operand: Operand) -> Operand:
        """What stands for an operand."""
        while isinstance(operand, Value) and operand in self.names:
            operand = self.names[operand]
        return operand

    def inside(self) -> _Facts:
        """The same for a nested block, which may learn more."""
        return _Facts(dict(self.names), dict(self.clamped))


def _renamed_result(result: Operand | Section, facts: _Facts) -> Operand | Section:
    if not isinstance(result, Section):
        return facts.name(result)
    axes = tuple(
        Span(facts.name(one.start), facts.name(one.size), facts.name(one.step))
        if isinstance(one, Span)
        else facts.name(one)
        for one in result.axes
    )
    return replace(result, axes=axes)


class _Unifier:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.forms: dict[Operand, Form] = {}  # of `form` in each value that is `max(form, 0)`
        self.conditions: dict[Value, Bind] = {}

    def block(self, block: Block, facts: _Facts) -> Block:
        """A block; `facts` learns what it checks."""
        found: list[Statement] = []
        for original in block:
            one = rebuild(original, facts.name, lambda storage: storage, lambda nested: nested)
            match one:
                case Bind():
                    found += self._bind(one, facts)
                case Check(condition=condition):
                    if condition != Constant(True, "bool"):
                        found.append(one)
                        self._learn(condition, facts)
                case For(body=body):
                    found.append(replace(one, body=self.block(body, facts.inside())))
                case While(test=test, body=body):
                    inside = facts.inside()
                    first = self.block(test, inside)
                    condition = inside.name(one.condition)
                    found.append(replace(one, test=first, condition=condition, body=self.block(body, inside)))
                case If(then=then, otherwise=otherwise):
                    parts = self.block(then, facts.inside()), self.block(otherwise, facts.inside())
                    found.append(replace(one, then=parts[0], otherwise=parts[1]))
                case _:
                    found.append(one)
        return tuple(found)

    def _bind(self, one: Bind, facts: _Facts) -> list[Statement]:
        if one.function == "maximum" and one.value.dtype == "int64" and integer(0) in one.operands:
            return self._clamped(one, facts)
        decided = self._decided(one, facts)
        if decided is not None:
            facts.names[one.value] = decided
            return []
        if one.value.dtype == "bool":
            self.conditions[one.value] = one
        return [one]

    def _form(self, operand: Operand, facts: _Facts) -> Form:
        """The affine form of an integer, in the names used now."""
        found: Form = {}
        for symbol, factor in affine(self.index, operand).items():
            name = facts.name(symbol) if isinstance(symbol, Value) else symbol
            parts = {name: 1} if name is symbol or not isinstance(name, Constant) else affine(self.index, name)
            found = minus(found, {part: -factor * times for part, times in parts.items()})
        return found

    def _clamped(self, one: Bind, facts: _Facts) -> list[Statement]:
        """`max(operand, 0)`."""
        first, second = one.operands
        operand = first if second == integer(0) else second
        form, statements = self._form(operand, facts), []
        while (inner := self._inner(form)) is not None:
            form = inner
            (symbol,) = form.keys() - {None}
            builder = Builder()
            builder.where = one.where
            assert isinstance(symbol, Value)
            operand = builder.bind("subtract", symbol, integer(-form.get(None, 0)))
            statements = list(builder.finish())
        key = frozenset(form.items())
        if key in facts.clamped:
            facts.names[one.value] = facts.clamped[key]
            return []
        facts.clamped[key] = one.value
        self.forms[one.value] = form
        return [*statements, replace(one, operands=(operand, integer(0)))]

    def _inner(self, form: Form) -> Form | None:
        """The form of `max(n - c, 0) - d`, for d not negative, as `n - (c + d)`: no larger than 0 at the same n."""
        symbols = form.keys() - {None}
        if len(symbols) != 1 or form.get(None, 0) > 0:
            return None
        (symbol,) = symbols
        inner = self.forms.get(symbol) if isinstance(symbol, Value) and form[symbol] == 1 else None
        if inner is None or len(inner.keys() - {None}) != 1 or any(inner[one] != 1 for one in inner if one is not None):
            return None
        return minus(inner, {None: -form.get(None, 0)})

    def _decided(self, one: Bind, facts: _Facts) -> Operand | None:
        """The value of a comparison of integers whose difference is known, or of a logical function of such."""
        if one.value.dtype != "bool" or len(one.operands) != 2:
            return None
        first, second = one.operands
        if one.function in ("equal", "not_equal") and first.dtype == second.dtype == "int64":
            difference = minus(self._form(first, facts), self._form(second, facts))
            if difference.keys() - {None}:
                return None
            return Constant((difference.get(None, 0) == 0) == (one.function == "equal"), "bool")
        if one.function in ("logical_and", "logical_or") and (
            isinstance(first, Constant) or isinstance(second, Constant)
        ):
            found = Builder().bind(one.function, first, second)
            return found if isinstance(found, Constant) or found in (first, second) else None
        return None

    def _learn(self, condition: Operand, facts: _Facts) -> None:
        """What a check that has passed says."""
        statement = self.conditions.get(condition) if isinstance(condition, Value) else None
        if statement is None:
            return
        if statement.function == "logical_and":
            for one in statement.operands:
                self._learn(one, facts)
        if statement.function == "equal" and statement.operands[0].dtype == "int64":
            first, second = (facts.name(one) for one in statement.operands)
            self._unite(first, second, facts)

    def _unite(self, first: Operand, second: Operand, facts: _Facts) -> None:
        """Have one name for two integers: a constant, or that of a size the program was given, or the first."""
        if first == second:
            return
        if isinstance(second, Constant) or (second in self.index.given_sizes and first not in self.index.given_sizes):
            first, second = second, first
        if isinstance(second, Value):
            facts.names[second] = first
