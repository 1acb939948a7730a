"""Checks: loops whose checks all pass, decided before they run, run without them.

What goes in: a program. What comes out: in front of a loop, a test that its checks of affine indices hold in every
iteration; where it says so a loop without them, else the loop as it was, which raises where and what it always did.
What holds: "so" is certain. An affine form is largest where each counter is at one end of its range, so the ends are
put in the place of the counters, inner ones first; and no sum may come near overflow, which is tested with
floating-point numbers. Gupta, "Optimizing array bound checks using flow analysis", ACM Letters on Programming
Languages and Systems 2, 1993.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from wengert.analysis.affine import Form, affine, minus
from wengert.analysis.index import Index, index_program
from wengert.passes.copies import fresh_copy
from wengert.passes.nests import moved
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
    Statement,
    Value,
    While,
)
from wengert.program.traverse import bound, rebuild, walk

__all__ = ["hoist_checks"]

_LARGEST = 250  # statements of a loop that is written twice
_SAFE = 2.0**60  # sums below this are far from overflow

_Magnitude: TypeAlias = dict[object, int]
"""An upper bound of absolute values: multiples of those of symbols; `None` is the constant."""


def hoist_checks(program: Program) -> Program:
    """The program with checks moved before loops."""
    return replace(program, body=_Hoister(index_program(program)).block(program.body))


@dataclass
class _Test:
    """What must hold before the loop: values that are true, forms that are at most 0, all far from overflow."""

    conditions: dict[Operand, None] = field(default_factory=dict)
    forms: dict[frozenset[tuple[object, int]], Form] = field(default_factory=dict)
    magnitude: _Magnitude = field(default_factory=dict)

    def join(self, other: _Test) -> None:
        """Both tests."""
        self.conditions |= other.conditions
        self.forms |= other.forms
        for symbol, factor in other.magnitude.items():
            self.magnitude[symbol] = max(factor, self.magnitude.get(symbol, 0))


class _Hoister:
    def __init__(self, index: Index) -> None:
        self.index = index

    def block(self, block: Block) -> Block:
        """A block with the checks of its loops hoisted."""
        return tuple(found for one in block for found in self._statement(one))

    def _statement(self, statement: Statement) -> Iterable[Statement]:
        match statement:
            case For():
                return self._loop(statement)
            case If() | While():
                return [rebuild(statement, lambda operand: operand, lambda storage: storage, self.block)]
            case _:
                return [statement]

    def _loop(self, loop: For) -> list[Statement]:
        inside = _bound_inside(loop)
        builder, test, gone = Builder(), _Test(), set()
        is_worth_it = False  # only checks of an innermost loop are: others are seldom run
        builder.where = loop.where
        if sum(1 for _ in walk(loop.body)) <= _LARGEST:
            for check, around in _checks(loop, ()):
                found = _Search(self.index, builder, inside, around).of(check.condition)
                if found is not None:
                    test.join(found)
                    gone.add(check)
                    is_worth_it = is_worth_it or not any(isinstance(one, For | While) for one in walk(around[-1].body))
        if not is_worth_it:
            return [replace(loop, body=self.block(loop.body))]
        fast = replace(loop, body=self.block(_without(loop.body, gone)))
        builder.branch(_emitted(builder, test), (fast,), fresh_copy((loop,)))
        return list(builder.finish())


def _bound_inside(loop: For) -> set[object]:
    found: set[object] = {loop.counter}
    for one in walk(loop.body):
        value = one.counter if isinstance(one, For) else bound(one)
        if value is not None:
            found.add(value)
    return found


def _checks(loop: For, around: tuple[For, ...]) -> Iterator[tuple[Check, tuple[For, ...]]]:
    """The checks that each iteration comes to, with the loops around them."""
    around = (*around, loop)
    for one in loop.body:
        if isinstance(one, Check):
            yield one, around
        elif isinstance(one, For):
            yield from _checks(one, around)


def _without(block: Block, gone: set[Check]) -> Block:
    """A block without some checks in it and in the loops in it."""
    return tuple(
        replace(one, body=_without(one.body, gone)) if isinstance(one, For) else one for one in block if one not in gone
    )


class _Search:
    """Looks for a test before the outermost loop that implies a condition in each iteration of the innermost."""

    def __init__(self, index: Index, builder: Builder, inside: set[object], around: tuple[For, ...]) -> None:
        self.index, self.builder, self.inside, self.around = index, builder, inside, around
        self.test = _Test()

    def of(self, condition: Operand) -> _Test | None:
        """The test, if there is one."""
        return self.test if self._visit(condition) else None

    def _visit(self, condition: Operand) -> bool:
        if isinstance(condition, Constant):
            return bool(condition.value)
        if condition not in self.inside:
            self.test.conditions[condition] = None
            return True
        statement = self.index.definitions.get(condition)
        if not isinstance(statement, Bind):
            return False
        first, *rest = statement.operands
        if statement.function == "logical_and":
            return all(self._visit(one) for one in statement.operands)
        if first.dtype != "int64" or not rest:
            return False
        a, b = affine(self.index, first), affine(self.index, rest[0])
        forms = {
            "less": [minus(a, minus(b, {None: 1}))],
            "less_equal": [minus(a, b)],
            "greater": [minus(b, minus(a, {None: 1}))],
            "greater_equal": [minus(b, a)],
            "equal": [minus(a, b), minus(b, a)],
        }.get(statement.function)
        return forms is not None and all(self._largest(form) for form in forms) and self._bounded(a, b)

    def _largest(self, form: Form) -> bool:
        """Note that the form must be at most 0 where it is largest."""
        for loop in reversed(self.around):
            factor = form.get(loop.counter, 0)
            if factor:
                at_stop = (factor > 0) == (loop.step > 0)
                end = self._last(loop) if at_stop else affine(self.index, loop.start)
                form = _replaced(form, loop.counter, end)
        if not self.inside.isdisjoint(form):
            return False
        self.test.forms[frozenset(form.items())] = form
        return True

    def _last(self, loop: For) -> Form:
        """The last counter; or, of bounds that change inside, the first number that is surely none."""
        step = 1 if loop.step > 0 else -1
        stop = affine(self.index, loop.stop)
        if (
            loop.step != step
            and self.inside.isdisjoint(stop)
            and self.inside.isdisjoint(affine(self.index, loop.start))
        ):
            builder = self.builder
            length = moved(builder, builder.bind("subtract", loop.stop, loop.start), -step)
            whole = builder.bind("floor_divide", length, integer(loop.step))
            last = builder.bind("add", loop.start, builder.bind("multiply", whole, integer(loop.step)), hint="last")
            return {last: 1} if isinstance(last, Value) else affine(self.index, last)
        return minus(stop, {None: step})

    def _bounded(self, *forms: Form) -> bool:
        """Note that the values of the forms must be far from overflow in every iteration."""
        for form in forms:
            found: _Magnitude = {}
            self._measure(form, 1, found)
            if not self.inside.isdisjoint(found):
                return False
            self.test.join(_Test(magnitude=found))
        return True

    def _measure(self, form: Form, factor: int, found: _Magnitude) -> None:
        counters = {loop.counter: loop for loop in self.around}
        for symbol, coefficient in form.items():
            scale = abs(coefficient) * factor
            if symbol in counters:
                loop = counters[symbol]
                for end in (loop.start, loop.stop):
                    self._measure(affine(self.index, end), scale, found)
            else:
                found[symbol] = found.get(symbol, 0) + scale


def _replaced(form: Form, symbol: object, by: Form) -> Form:
    """The form with a form in the place of a symbol."""
    factor = form[symbol]
    rest = {one: coefficient for one, coefficient in form.items() if one is not symbol}
    return minus(rest, {one: -factor * coefficient for one, coefficient in by.items()})


def _emitted(builder: Builder, test: _Test) -> Operand:
    """The test as a condition."""
    fine: Operand = Constant(True, "bool")
    for condition in test.conditions:
        fine = builder.bind("logical_and", fine, condition, hint="fine")
    for form in test.forms.values():
        holds = builder.bind("less_equal", _total(builder, form), integer(0), hint="fine")
        fine = builder.bind("logical_and", fine, holds, hint="fine")
    size: Operand = Constant(float(test.magnitude.get(None, 0)), "float64")
    for symbol, factor in test.magnitude.items():
        if isinstance(symbol, Value):
            absolute = builder.bind("absolute", builder.cast(symbol, "float64"))
            size = builder.bind("add", size, builder.bind("multiply", Constant(float(factor), "float64"), absolute))
    if test.magnitude.keys() - {None}:
        small = builder.bind("less", size, Constant(_SAFE, "float64"), hint="fine")
        fine = builder.bind("logical_and", fine, small, hint="fine")
    return fine


def _total(builder: Builder, form: Form) -> Operand:
    """The value of a form."""
    total: Operand = integer(0)
    constant = 0
    for symbol, factor in form.items():
        if isinstance(symbol, Value):
            sign = "add" if factor > 0 else "subtract"
            total = builder.bind(sign, total, builder.bind("multiply", symbol, integer(abs(factor))), hint="i")
        else:
            constant = factor
    return moved(builder, total, constant)
