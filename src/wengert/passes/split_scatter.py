"""Splits scatters: one loop for each neighbour that a stencil's adjoint accumulates into.

What goes in: a program. What comes out: each innermost order-free loop whose accumulations meet in one storage, at
shifted places, as a loop that computes the numbers to add into small buffers, and one loop for each place to add them
to. What holds: such a loop as it was cannot be vectorised, since neighbouring iterations add to the same element;
each of the new ones can. The loop is cut into pieces so that the buffers stay in the first-level cache. Hueckelheim
et al., "Automatic differentiation for adjoint stencil loops", ICPP 2019, weigh this against gathering.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wengert.analysis.affine import Form, affine
from wengert.analysis.index import Index, index_program
from wengert.program.builder import Builder, integer
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
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import bound

__all__ = ["PIECE", "split_scatters"]

PIECE = 512  # numbers in a buffer: 4 kB, so that a dozen buffers fit a first-level cache of 48 kB


def split_scatters(program: Program) -> Program:
    """The program with scatters split."""
    return replace(program, body=_Splitter(index_program(program)).block(program.body, inside=False))


class _Splitter:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.buffers: list[Statement] = []  # allocations to be put before the outermost order-free loop

    def block(self, block: Block, inside: bool) -> Block:
        """A block with its loops split. `inside`: it is that of an order-free loop."""
        found: list[Statement] = []
        for statement in block:
            changed = self._statement(statement, inside)
            if not inside:
                found += self.buffers
                self.buffers = []
            found += changed
        return tuple(found)

    def _statement(self, statement: Statement, inside: bool) -> list[Statement]:
        match statement:
            case For(body=body, order_free=True):
                scattered = self._scattered(statement)
                if scattered:
                    return self._split(statement, scattered)
                before = len(self.buffers)
                inner = self.block(body, inside=True)
                # Iterations that share a buffer must take turns.
                return [replace(statement, body=inner, order_free=len(self.buffers) == before)]
            case For(body=body):
                return [replace(statement, body=self.block(body, inside))]
            case If(then=then, otherwise=otherwise):
                parts = self.block(then, inside), self.block(otherwise, inside)
                return [replace(statement, then=parts[0], otherwise=parts[1])]
            case While(test=test, body=body):
                return [replace(statement, test=self.block(test, inside), body=self.block(body, inside))]
            case _:
                return [statement]

    def _scattered(self, loop: For) -> list[Accumulate]:
        """The accumulations of a straight-line loop over neighbours that meet others in the same storage."""
        if loop.step != 1 or not all(isinstance(one, Bind | Load | Store | Accumulate) for one in loop.body):
            return []
        places: dict[Storage, list[tuple[Form, ...]]] = {}
        touched: set[Storage] = set()
        for one in loop.body:
            if isinstance(one, Load | Store):
                touched.add(self.index.root(one.storage))
            elif isinstance(one, Accumulate):
                form = tuple(affine(self.index, index) for index in one.indices)
                together = places.setdefault(self.index.root(one.storage), [])
                if form not in together:
                    together.append(form)
        return [
            one
            for one in loop.body
            if isinstance(one, Accumulate)
            and self.index.root(one.storage) not in touched
            and len(places[self.index.root(one.storage)]) > 1
            and self._follows(one, loop)
        ]

    def _follows(self, one: Accumulate, loop: For) -> bool:
        """Whether the place moves on by one along the last axis with each iteration, and not otherwise."""
        if not one.indices or not all(self._is_known(index, loop) for index in one.indices):
            return False
        *outer, last = (affine(self.index, index) for index in one.indices)
        return last.get(loop.counter) == 1 and not any(loop.counter in form for form in outer)

    def _is_known(self, operand: Operand, loop: For) -> bool:
        """Whether an index can be computed again from the counter and what is outside the loop."""
        if isinstance(operand, Constant) or operand is loop.counter:
            return True
        statement = self.index.definitions.get(operand)
        if statement is None or statement not in loop.body:
            return True
        return isinstance(statement, Bind) and all(self._is_known(one, loop) for one in statement.operands)

    def _split(self, loop: For, scattered: Sequence[Accumulate]) -> list[Statement]:
        inner = {value for one in loop.body if (value := bound(one)) is not None}
        builder = Builder()
        builder.where = loop.where
        sources: dict[Operand, Storage] = {}
        with builder.block() as allocations:
            for one in scattered:
                if one.operand in inner and one.operand not in sources:
                    sources[one.operand] = builder.allocate("piece", one.operand.dtype, (integer(PIECE),))
        self.buffers += allocations
        with builder.loop(loop.start, loop.stop, PIECE, hint="first") as first:
            after = builder.bind("minimum", builder.bind("add", first, integer(PIECE)), loop.stop)
            self._compute(builder, loop, scattered, sources, first, after)
            for one in scattered:
                with builder.loop(first, after, order_free=True, hint=loop.counter.hint) as i:
                    self._add(builder, loop, one, sources.get(one.operand), first, i)
        return list(builder.finish())

    def _compute(
        self,
        builder: Builder,
        loop: For,
        scattered: Sequence[Accumulate],
        sources: dict[Operand, Storage],
        first: Value,
        after: Operand,
    ) -> None:
        """The loop without the scattered accumulations, their operands put into buffers."""
        with builder.block() as body:
            place = builder.bind("subtract", loop.counter, first, hint="i")
            builder.append_all([one for one in loop.body if one not in scattered])
            for operand, buffer in sources.items():
                builder.store(buffer, (place,), operand)
        builder.append(replace(loop, start=first, stop=after, body=tuple(body)))

    def _add(
        self, builder: Builder, loop: For, one: Accumulate, buffer: Storage | None, first: Value, counter: Value
    ) -> None:
        known: dict[Operand, Operand] = {loop.counter: counter}

        def again(operand: Operand) -> Operand:
            if operand in known:
                return known[operand]
            statement = self.index.definitions.get(operand) if isinstance(operand, Value) else None
            if statement is None or statement not in loop.body:
                return operand
            assert isinstance(statement, Bind)
            given = [again(inner) for inner in statement.operands]
            known[operand] = builder.bind(statement.function, *given, dtype=operand.dtype, hint=statement.value.hint)
            return known[operand]

        indices = [again(index) for index in one.indices]
        operand = one.operand
        if buffer is not None:
            operand = builder.load(buffer, (builder.bind("subtract", counter, first, hint="i"),))
        builder.accumulate(one.storage, indices, operand)
