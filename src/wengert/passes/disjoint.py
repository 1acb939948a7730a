"""Accumulations that meet no others become loads and stores, so that iterations are independent.

What goes in: a program. What comes out: an innermost order-free loop whose accumulations each have an element of their
own in every iteration loads that element, adds to it and stores it. What holds: every bit is the same. In an order-free
loop only accumulations may meet; one without them is emitted as a loop whose accesses are all apart, which is more than
can be seen from addresses in several rows of one array. Loops around it in whose iterations the new loads and stores
may meet are no longer called order-free. Banerjee, *Dependence Analysis*, 1997, chapter 4 (the case of one counter).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from wengert.analysis.affine import affine
from wengert.analysis.index import Index, index_program
from wengert.program.builder import Builder
from wengert.program.statements import (
    Accumulate,
    Bind,
    Block,
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
from wengert.program.traverse import bound, rebuild, walk

__all__ = ["store_disjoint_sums"]

_ADDED = ("float32", "float64", "complex64", "complex128")


def store_disjoint_sums(program: Program) -> Program:
    """The program with accumulations that meet no others as loads and stores."""
    return replace(program, body=_Separator(index_program(program)).block(program.body))


class _Separator:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.stored: set[Storage] = set()  # to which loads and stores in the loop at hand now add

    def block(self, block: Block) -> Block:
        """A block with accumulations replaced."""
        return tuple(self._statement(one) for one in block)

    def _statement(self, statement: Statement) -> Statement:
        if isinstance(statement, For) and statement.order_free:
            return self._loop(statement)
        if isinstance(statement, For | If | While):
            return rebuild(statement, lambda operand: operand, lambda storage: storage, self.block)
        return statement

    def _loop(self, loop: For) -> For:
        """An order-free loop."""
        if all(isinstance(one, Bind | Load | Store | Accumulate) for one in loop.body):
            added = {one.storage for one in loop.body if isinstance(one, Accumulate)}
            if not all(one.dtype in _ADDED for one in added) or not self._are_apart(loop, added):
                return loop
            self.stored |= added
            return replace(loop, body=_with_stores(loop.body)) if added else loop
        before, self.stored = self.stored, set()
        body = self.block(loop.body)
        order_free = self._are_apart(loop, self.stored)
        self.stored |= before
        return replace(loop, body=body, order_free=order_free)

    def _are_apart(self, loop: For, storages: Iterable[Storage]) -> bool:
        """Whether different iterations of a loop use different elements of the storages."""
        uses: dict[Storage, list[Load | Store | Accumulate]] = {self.index.root(one): [] for one in storages}
        if not uses:
            return True
        for one in walk(loop.body):
            if isinstance(one, Load | Store | Accumulate) and self.index.root(one.storage) in uses:
                uses[self.index.root(one.storage)].append(one)
        changing = {one.counter if isinstance(one, For) else bound(one) for one in walk(loop.body)} - {None}
        return all(self._tell_apart(loop.counter, several, changing) for several in uses.values())

    def _tell_apart(
        self, counter: Value, uses: Sequence[Load | Store | Accumulate], changing: Collection[object]
    ) -> bool:
        """Whether along one axis all uses are at the same place, which the counter moves and nothing else does."""
        if len({one.storage for one in uses}) != 1:
            return False
        for indices in zip(*(one.indices for one in uses), strict=True):
            form = affine(self.index, indices[0])
            if counter not in form or any(symbol in changing for symbol in form):
                continue
            if all(affine(self.index, one) == form for one in indices):
                return True
        return False


def _with_stores(block: Block) -> Block:
    builder = Builder()
    for one in block:
        if isinstance(one, Accumulate):
            builder.where = one.where
            old: Operand = builder.load(one.storage, one.indices)
            builder.store(one.storage, one.indices, builder.bind("add", old, one.operand))
        else:
            builder.append(one)
    return builder.finish()
