"""Interchanges loops, so that the innermost one walks along rows.

What goes in: a program. What comes out: a loop with independent iterations, around loops whose accesses are down the
columns for their own counters and along the rows for its counter, is moved inside those; so it is where accesses are as
good either way, and an iteration of the inner loop waits for a variable that the one before has set. The rest of its
body becomes loops of its own before, between and after them. What its iterations carry from one of these parts to the
next, numbers and variables, is computed again or put into a row of numbers. What holds: each iteration does what it
did, in the order in which it did it, so every bit is the same. Allen and Kennedy, *Optimizing Compilers for Modern
Architectures*, 2001, sections 5.2 (interchange), 5.3 (scalar expansion) and 2.4 (distribution).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from wengert.analysis.index import Index, index_program
from wengert.passes.expansion import Expansion, is_expandable
from wengert.passes.independent import has_independent_iterations
from wengert.passes.strides import jumps
from wengert.passes.triangles import triangle_of, turned
from wengert.program.builder import Builder
from wengert.program.statements import (
    Allocate,
    Block,
    Constant,
    For,
    If,
    Operand,
    Program,
    Statement,
    Value,
    While,
)
from wengert.program.traverse import bound, reads, rebuild, walk, writes

__all__ = ["interchange_loops"]

_FEWEST = 16  # iterations, where their number is known, that are worth an innermost loop


def interchange_loops(program: Program) -> Program:
    """The program with loops interchanged where that makes accesses contiguous."""
    index = index_program(program)

    def block(statements: Block) -> Block:
        return tuple(changed for one in statements for changed in statement(one))

    def statement(one: Statement) -> Sequence[Statement]:
        if isinstance(one, For):
            found = _interchanged(index, one)
            if found is not None:
                return found
        if isinstance(one, For | If | While):
            return [rebuild(one, lambda operand: operand, lambda storage: storage, block)]
        return [one]

    return replace(program, body=block(program.body))


def _interchanged(index: Index, loop: For) -> Sequence[Statement] | None:
    """The loop moved into those in its body, if it may be and that pays."""
    if loop.step != 1 or not _is_long(loop) or not any(isinstance(one, For) for one in loop.body):
        return None
    if not is_expandable(loop):
        return None
    plan = _Plan(index, loop)
    if plan.pays and (loop.order_free or has_independent_iterations(index, loop)):
        return _distributed(index, plan)
    triangle = triangle_of(index, loop)
    return None if triangle is None else turned(index, triangle)


def _is_long(loop: For) -> bool:
    if isinstance(loop.start, Constant) and isinstance(loop.stop, Constant):
        return int(loop.stop.value.real) - int(loop.start.value.real) >= _FEWEST
    return True


# What is moved where.


@dataclass(eq=False)
class _Part:
    """Statements that follow one another and stay in one loop over the counter that is moved inwards."""

    statements: list[Statement]


@dataclass(eq=False)
class _Sunk:
    """A loop that will be outside of the one that is moved inwards."""

    loop: For
    items: list[_Item]


_Item: TypeAlias = "_Part | _Sunk"


class _Plan:
    """Which loops in the body of `loop` will be outside of it, and the parts that the rest of the body falls into."""

    def __init__(self, index: Index, loop: For) -> None:
        self.index, self.loop = index, loop
        self.inside: set[Operand] = {loop.counter}
        for one in walk(loop.body):
            value = one.counter if isinstance(one, For) else bound(one)
            if value is not None:
                self.inside.add(value)
        self.items = self._items(loop.body, ())
        self.pays = any(isinstance(item, _Sunk) for item in self.items)

    def _items(self, block: Block, around: tuple[Value, ...]) -> list[_Item]:
        """The parts of a block. `around`: the counters of the loops outside of it, but inside of the loop."""
        items: list[_Item] = []
        for one in block:
            if isinstance(one, For) and one.start not in self.inside and one.stop not in self.inside:
                nested = self._items(one.body, (*around, one.counter))
                is_innermost = not any(isinstance(inner, For | If) for inner in one.body)
                if self._pays(one, around) if is_innermost else any(isinstance(item, _Sunk) for item in nested):
                    items.append(_Sunk(one, nested))
                    continue
            if items and isinstance(items[-1], _Part):
                items[-1].statements.append(one)
            else:
                items.append(_Part([one]))
        return items

    def _pays(self, innermost: For, around: tuple[Value, ...]) -> bool:
        changing = self.inside - {innermost.counter, *around}
        own, other = jumps(self.index, innermost, self.loop.counter, changing)
        return other < own or (other == own and self._waits(innermost))

    def _waits(self, innermost: For) -> bool:
        """Whether each iteration of a loop goes on from what the one before has left in a variable of this loop."""
        variables = {one.storage for one in self.loop.body if isinstance(one, Allocate) and not one.sizes}
        read = {storage for one in innermost.body for storage in reads(one)}
        written = {storage for one in innermost.body for storage in writes(one)}
        return not innermost.order_free and not variables.isdisjoint(read & written)


def _distributed(index: Index, plan: _Plan) -> Block:
    """The loop of a plan as several loops."""
    loop, builder = plan.loop, Builder()
    expansion = Expansion(index, loop, list(_parts(plan.items)))
    builder.where = loop.where
    expansion.allocate_rows(builder)

    def emit(item: _Item) -> None:
        if isinstance(item, _Sunk):
            with builder.block() as body:
                for inner in item.items:
                    emit(inner)
            order_free = item.loop.order_free and not expansion.is_carried_within(item.loop)
            builder.append(replace(item.loop, body=tuple(body), order_free=order_free))
            return
        counter = Value(loop.counter.hint, "int64")
        statements = expansion.part(item.statements, counter)
        if statements:
            builder.append(For(counter, loop.start, loop.stop, 1, statements, True, loop.where))

    for item in plan.items:
        emit(item)
    return builder.finish()


def _parts(items: Sequence[_Item]) -> Iterator[list[Statement]]:
    for item in items:
        if isinstance(item, _Sunk):
            yield from _parts(item.items)
        else:
            yield item.statements
