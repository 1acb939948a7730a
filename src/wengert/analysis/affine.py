"""Affine forms of integers, and whether affine inequalities have a solution.

What goes in: values of a program, inequalities between sums of them. What comes out: linear forms; yes or no. What
holds: "no" is a proof; "yes" may be wrong, because rational solutions count and because eliminations that grow too
large are given up. Fourier's elimination, as in Williams, "Fourier-Motzkin elimination extension to integer programming
problems", 1976, and Pugh, "The Omega test", 1991, of which only the tightening of constants by the greatest common
divisor is used.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from wengert.analysis.index import Index
from wengert.program.statements import Bind, Constant, For, Operand, Value

__all__ = ["Form", "affine", "at_most", "equal", "facts_of", "feasible", "minus"]

# The coefficients of symbols; that of `None` is the constant. A symbol is any hashable object.
Form: TypeAlias = dict[object, int]

_MOST_INEQUALITIES = 400


def minus(first: Mapping[object, int], second: Mapping[object, int]) -> Form:
    """`first - second`."""
    found = dict(first)
    for symbol, coefficient in second.items():
        found[symbol] = found.get(symbol, 0) - coefficient
        if found[symbol] == 0:
            del found[symbol]
    return found


def _scaled(form: Mapping[object, int], factor: int) -> Form:
    return {symbol: coefficient * factor for symbol, coefficient in form.items()} if factor else {}


def _plus(first: Mapping[object, int], second: Mapping[object, int]) -> Form:
    return minus(first, _scaled(second, -1))


def affine(index: Index, operand: Operand) -> Form:
    """An integer as a sum of multiples of values that are not sums themselves."""
    if isinstance(operand, Constant):
        return {None: int(operand.value.real)} if operand.value else {}
    found = index.forms.get(operand)
    if found is None:
        found = index.forms[operand] = _affine_value(index, operand)
    return found


def _affine_value(index: Index, operand: Value) -> Form:
    statement = index.definitions.get(operand)
    if isinstance(statement, Bind) and operand.dtype == "int64":
        if statement.function in ("add", "subtract"):
            first, second = (affine(index, one) for one in statement.operands)
            return _plus(first, second) if statement.function == "add" else minus(first, second)
        if statement.function == "multiply":
            first, second = (affine(index, one) for one in statement.operands)
            for factor, other in ((first, second), (second, first)):
                if not factor.keys() - {None}:
                    return _scaled(other, factor.get(None, 0))
        if statement.function == "negative":
            return _scaled(affine(index, statement.operands[0]), -1)
        if statement.function == "cast" and statement.operands[0].dtype == "int64":
            return affine(index, statement.operands[0])
    return {operand: 1}


def at_most(first: Mapping[object, int], second: Mapping[object, int]) -> Form:
    """The inequality `first <= second`, as a form that is at most 0."""
    return minus(first, second)


def equal(first: Mapping[object, int], second: Mapping[object, int]) -> list[Form]:
    """The equation `first == second`, as two inequalities."""
    return [minus(first, second), minus(second, first)]


def facts_of(index: Index, value: object) -> list[Form]:
    """What is known of a value from its definition, as inequalities in it and other values.

    A counter lies in its range; a maximum is at least, a minimum at most, each of its operands; a size is not negative.
    """
    if not isinstance(value, Value):
        return []
    statement = index.definitions.get(value)
    own: Form = {value: 1}
    if isinstance(statement, For) and statement.counter is value:
        start, stop = affine(index, statement.start), affine(index, statement.stop)
        if statement.step > 0:
            return [at_most(start, own), at_most(_plus(own, {None: 1}), stop)]
        return [at_most(own, start), at_most(_plus(stop, {None: 1}), own)]
    if isinstance(statement, Bind) and statement.function in ("maximum", "minimum") and value.dtype == "int64":
        forms = [affine(index, one) for one in statement.operands]
        larger = statement.function == "maximum"
        return [at_most(form, own) if larger else at_most(own, form) for form in forms]
    if value in index.given_sizes:
        return [{value: -1}]
    return []


def _tightened(form: Form) -> Form | None:
    """The form divided by the common divisor of its coefficients; `None` if it always holds."""
    coefficients = [abs(c) for symbol, c in form.items() if symbol is not None and c]
    if not coefficients:
        return None if form.get(None, 0) <= 0 else {None: 1}
    divisor = math.gcd(*coefficients)
    found: Form = {symbol: c // divisor for symbol, c in form.items() if symbol is not None and c}
    constant = -((-form.get(None, 0)) // divisor)
    if constant:
        found[None] = constant
    return found


# Inequalities by what they say, each once, in the order in which they were found: so that all runs decide alike.
_Rows: TypeAlias = dict[frozenset[tuple[object, int]], Form]


def _add(rows: _Rows, form: Form) -> bool:
    """Add an inequality; whether it can hold."""
    tight = _tightened(form)
    if tight is None:
        return True
    if tight.keys() == {None}:  # a positive constant that would have to be at most 0
        return False
    rows[frozenset(tight.items())] = tight
    return True


def feasible(inequalities: Iterable[Form]) -> bool:
    """Whether the forms can all be at most 0 at once. `False` is certain."""
    rows: _Rows = {}
    if not all(_add(rows, form) for form in inequalities):
        return False
    while (solved := _equation(rows)) is not None:
        equation, symbol = solved
        found: _Rows = {}
        for row, form in rows.items():
            if symbol not in form:
                found[row] = form
            elif not _add(found, _plus(form, _scaled(equation, -form[symbol] * equation[symbol]))):
                return False
        rows = found
    while rows:
        symbol = _cheapest(rows.values())
        uppers = [form for form in rows.values() if form.get(symbol, 0) > 0]
        lowers = [form for form in rows.values() if form.get(symbol, 0) < 0]
        rows = {row: form for row, form in rows.items() if symbol not in form}
        for upper in uppers:
            for lower in lowers:
                if not _add(rows, _plus(_scaled(upper, -lower[symbol]), _scaled(lower, upper[symbol]))):
                    return False
        if len(rows) > _MOST_INEQUALITIES:
            return True
    return True


def _equation(rows: _Rows) -> tuple[Form, object] | None:
    """Two inequalities that make an equation, which can be solved for a symbol without dividing."""
    for form in rows.values():
        if frozenset([(symbol, -coefficient) for symbol, coefficient in form.items()]) in rows:
            for symbol, coefficient in form.items():
                if symbol is not None and coefficient in (1, -1):
                    return form, symbol
    return None


def _cheapest(forms: Collection[Form]) -> object:
    """The symbol whose elimination leaves the fewest inequalities."""
    above: dict[object, int] = {}
    below: dict[object, int] = {}
    for form in forms:
        for symbol, coefficient in form.items():
            if symbol is not None:
                side, other = (above, below) if coefficient > 0 else (below, above)
                side[symbol] = side.get(symbol, 0) + 1
                other.setdefault(symbol, 0)
    return min(above, key=lambda symbol: above[symbol] * below[symbol] - above[symbol] - below[symbol])
