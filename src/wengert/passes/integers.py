"""Simplifies integers: sums of which all but one term cancel, and bounds of which one is known to hold.

What goes in: a program. What comes out: the program with `i + n - i` replaced by `n`, and `min(j, n)` by `j` where `j`
is the counter of a loop up to `n` at most. What holds: the integers are the same; sums are the same even where they
overflow. Bounds that do not change with a counter can then be told from those that do.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from wengert.analysis.affine import Form, affine, at_most, facts_of, feasible, minus
from wengert.analysis.index import Index, index_program
from wengert.program.builder import integer
from wengert.program.statements import Bind, Block, For, If, Operand, Program, Section, Span, Statement, Value, While
from wengert.program.traverse import bound, rebuild, substitute, walk

__all__ = ["simplify_integers"]


def simplify_integers(program: Program) -> Program:
    """The program with integers simplified."""
    index = index_program(program)
    known: dict[Value, Operand] = {}
    for one in walk(program.body):
        if isinstance(one, Bind) and one.value.dtype == "int64":
            found = _simpler(index, one)
            if found is not None:
                known[one.value] = known.get(found, found) if isinstance(found, Value) else found
    if not known:
        return program
    results = tuple(_renamed(one, known) for one in program.results)
    return replace(program, body=substitute(_without(program.body, known), known), results=results)


def _renamed(result: Operand | Section, known: dict[Value, Operand]) -> Operand | Section:
    if not isinstance(result, Section):
        return known.get(result, result) if isinstance(result, Value) else result

    def new(operand: Operand) -> Operand:
        return known.get(operand, operand) if isinstance(operand, Value) else operand

    axes = (Span(new(a.start), new(a.size), new(a.step)) if isinstance(a, Span) else new(a) for a in result.axes)
    return replace(result, axes=tuple(axes))


def _simpler(index: Index, one: Bind) -> Operand | None:
    if one.function in ("add", "subtract"):
        form = affine(index, one.value)
        if not form.keys() - {None}:
            return integer(form.get(None, 0))
        (symbol, factor), *others = form.items()
        return symbol if isinstance(symbol, Value) and factor == 1 and not others else None
    if one.function in ("minimum", "maximum"):
        for first, second in (one.operands, one.operands[::-1]):
            small, large = (first, second) if one.function == "minimum" else (second, first)
            if _is_at_most(index, small, large):
                return first
    return None


def _is_at_most(index: Index, first: Operand, second: Operand) -> bool:
    """Whether one integer is never larger than another, as the ranges of the counters in them show."""
    inequalities: list[Form] = [minus(at_most(affine(index, second), affine(index, first)), {None: -1})]
    seen: set[object] = set()
    for form in inequalities:
        for symbol in form:
            if symbol not in seen:
                seen.add(symbol)
                inequalities += facts_of(index, symbol)
    return not feasible(inequalities)


def _without(block: Block, gone: Collection[Value]) -> Block:
    """A block without the statements that bind some values."""

    def kept(one: Statement) -> Statement:
        if isinstance(one, For | If | While):
            return rebuild(one, lambda operand: operand, lambda storage: storage, lambda inner: _without(inner, gone))
        return one

    return tuple(kept(one) for one in block if bound(one) not in gone)
