"""Forwarding: what is known already is not computed or loaded again.

What goes in: a program. What comes out: the program in which a load of an element that was stored or loaded before, and
has not changed since, is the value that was stored or loaded, and equal functions of equal values are computed once in
a block and those nested in it. What holds: every number is the same to the last bit. Before differentiation this saves
residuals: the operand of a product is then a value that can be computed again, and no longer an element that is
overwritten. Muchnick, *Advanced Compiler Design and Implementation*, 1997, sections 12.4 and 13.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from wengert.analysis.affine import Form, affine, minus
from wengert.analysis.index import Index, index_program
from wengert.program.statements import (
    Accumulate,
    Bind,
    Block,
    Constant,
    For,
    If,
    Load,
    Operand,
    Program,
    Section,
    Span,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import rebuild, walk, writes

__all__ = ["forward_values"]

_Place: TypeAlias = tuple[Storage, tuple[frozenset[tuple[object, int]], ...]]
_Exact: TypeAlias = Value | tuple[str, str]
_Computed: TypeAlias = tuple[str, tuple[_Exact, ...], str]


def forward_values(program: Program) -> Program:
    """The program with known values forwarded."""
    forwarder = _Forwarder(index_program(program))
    body = forwarder.block(program.body, {}, {})
    functions = tuple([replace(one, body=forwarder.block(one.body, {}, {})) for one in program.functions])
    return replace(
        program, body=body, functions=functions, results=tuple(forwarder.result(one) for one in program.results)
    )


class _Forwarder:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.replaced: dict[Value, Operand] = {}

    def operand(self, one: Operand) -> Operand:
        """What stands for an operand now."""
        return one if isinstance(one, Constant) else self.replaced.get(one, one)

    def result(self, one: Operand | Section) -> Operand | Section:
        """What stands for a result at the end."""
        if isinstance(one, Section):
            return replace(one, axes=tuple(self._axis(axis) for axis in one.axes))
        return self.operand(one)

    def _axis(self, axis: Operand | Span) -> Operand | Span:
        if isinstance(axis, Span):
            return Span(self.operand(axis.start), self.operand(axis.size), self.operand(axis.step))
        return self.operand(axis)

    def block(self, block: Block, held: dict[_Place, Operand], computed: dict[_Computed, Operand]) -> Block:
        """A block. `held`: elements with known contents; `computed`: functions with known values."""
        found: list[Statement] = []
        for original in block:
            statement = self._renamed(original)
            match statement:
                case Bind(value=value, function=function, operands=operands):
                    key = (function, tuple(_exact(one) for one in operands), value.dtype)
                    if key in computed:
                        self.replaced[value] = computed[key]
                        continue
                    computed[key] = value
                case Load(value=value, storage=storage, indices=indices):
                    place = self._place(storage, indices)
                    if place in held:
                        self.replaced[value] = held[place]
                        continue
                    held[place] = value
                case Store(storage=storage, indices=indices, operand=operand):
                    place = self._place(storage, indices)
                    self._forget_at(held, place)
                    held[place] = operand
                case Accumulate(storage=storage, indices=indices):
                    self._forget_at(held, self._place(storage, indices))
                case For() | While() | If():
                    statement = self._control(statement, held, computed)
                case _:
                    self._forget(held, writes(statement))
            found.append(statement)
        return tuple(found)

    def _renamed(self, statement: Statement) -> Statement:
        return rebuild(statement, self.operand, lambda storage: storage, lambda nested: nested)

    def _control(
        self, statement: For | While | If, held: dict[_Place, Operand], computed: dict[_Computed, Operand]
    ) -> Statement:
        """Nested blocks. A loop knows what none of its iterations changes, and what comes after it knows no more."""
        changed = [storage for one in walk((statement,)) for storage in writes(one)]
        if not isinstance(statement, If):
            self._forget(held, changed)
        match statement:
            case For(body=body):
                made: Statement = replace(statement, body=self.block(body, dict(held), dict(computed)))
            case If(then=then, otherwise=otherwise):
                first = self.block(then, dict(held), dict(computed))
                made = replace(statement, then=first, otherwise=self.block(otherwise, dict(held), dict(computed)))
            case While(test=test, body=body):
                in_test, of_test = dict(held), dict(computed)
                first = self.block(test, in_test, of_test)
                condition = self.operand(statement.condition)
                made = replace(statement, test=first, condition=condition, body=self.block(body, in_test, of_test))
        self._forget(held, changed)
        return made

    def _place(self, storage: Storage, indices: tuple[Operand, ...]) -> _Place:
        return storage, tuple(frozenset(affine(self.index, one).items()) for one in indices)

    def _forget(self, held: dict[_Place, Operand], storages: Iterable[Storage]) -> None:
        roots = {self.index.root(storage) for storage in storages}
        for place in [place for place in held if self.index.root(place[0]) in roots]:
            del held[place]

    def _forget_at(self, held: dict[_Place, Operand], written: _Place) -> None:
        """Forget what a write may change: elements of the same memory, unless a known distance away."""
        root = self.index.root(written[0])
        for place in [place for place in held if self.index.root(place[0]) is root]:
            if place[0] is not written[0] or not _apart(place[1], written[1]):
                del held[place]


def _exact(operand: Operand) -> _Exact:
    """What stands for an operand where it is compared: 0.0 is not -0.0."""
    return (repr(operand.value), operand.dtype) if isinstance(operand, Constant) else operand


def _apart(first: tuple[frozenset[tuple[object, int]], ...], second: tuple[frozenset[tuple[object, int]], ...]) -> bool:
    """Whether two places differ by a constant other than zero along some axis."""
    for one, other in zip(first, second, strict=True):
        difference: Form = minus(dict(one), dict(other))
        if difference.keys() == {None}:
            return True
    return False
