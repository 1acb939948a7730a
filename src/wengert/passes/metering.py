"""Programs that also say how much memory they took.

What goes in: a program as it becomes machine code. What comes out: the same program with more results, numbers of
bytes: the most that its own arrays and stacks took at once, and for each `Site` that makes some the most of these. What
functions that recurse take is not counted.
What holds: nothing else that it computes changes; loops that count run in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wengert.errors import SourceLocation
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Allocate,
    Block,
    For,
    If,
    Operand,
    Pop,
    Program,
    Push,
    Recall,
    Stack,
    Statement,
    Storage,
    While,
)

__all__ = ["Site", "metered"]


@dataclass(frozen=True, slots=True)
class Site:
    """A place that makes arrays, or grows a stack. `saved`: for the way back."""

    hint: str
    saved: bool
    where: SourceLocation | None


def _size(dtype: str) -> int:
    return int(np.dtype(dtype).itemsize)


def _bytes(builder: Builder, sizes: Sequence[Operand], dtype: str) -> Operand:
    total: Operand = integer(_size(dtype))
    for size in sizes:
        total = builder.bind("multiply", total, size)
    return total


class _Meter:
    """Adds and subtracts bytes in cells: one for what is taken now and one for the most, for all and for each site."""

    def __init__(self) -> None:
        self.sites: list[Site] = []
        self.cells: list[tuple[Storage, Storage]] = [self._pair()]
        self._of_stack: dict[Stack, int] = {}

    @staticmethod
    def _pair() -> tuple[Storage, Storage]:
        return Storage("taken", "int64", 0), Storage("most", "int64", 0)

    def site(self, hint: str, saved: bool, where: SourceLocation | None, stack: Stack | None = None) -> int:
        """The number of a site; pushes on one stack are one site."""
        if stack is not None and stack in self._of_stack:
            return self._of_stack[stack]
        self.sites.append(Site(hint, saved, where))
        self.cells.append(self._pair())
        if stack is not None:
            self._of_stack[stack] = len(self.sites)
        return len(self.sites)

    def site_of(self, stack: Stack) -> int | None:
        """The site that fills a stack."""
        return self._of_stack.get(stack)

    def add(self, builder: Builder, site: int, size: Operand, function: str = "add") -> None:
        """Bytes are taken, or given back."""
        for taken, most in (self.cells[0], self.cells[site]):
            now = builder.bind(function, builder.load(taken), size)
            builder.store(taken, (), now)
            if function == "add":
                builder.store(most, (), builder.bind("maximum", builder.load(most), now))

    def block(self, block: Block) -> Block:
        """A block that counts; what it makes is given back at its end, unless it is kept."""
        builder = Builder()
        at_end: list[tuple[int, Operand]] = []
        for statement in block:
            match statement:
                case Allocate(storage=storage, sizes=sizes, kept=kept, where=where) if storage.rank:
                    builder.append(statement)
                    saved = kept is not None or storage.hint.endswith("_saved")
                    site = self.site(storage.hint, saved, where, kept)
                    size = _bytes(builder, sizes, storage.dtype)
                    self.add(builder, site, size)
                    if kept is None:
                        at_end.append((site, size))
                case Recall(storage=storage, sizes=sizes, stack=stack):
                    builder.append(statement)
                    known = self.site_of(stack)
                    if known is not None and storage.rank:
                        at_end.append((known, _bytes(builder, sizes, storage.dtype)))
                case Push(stack=stack, where=where):
                    self.add(builder, self.site(stack.hint, True, where, stack), integer(_size(stack.dtype)))
                    builder.append(statement)
                case Pop(stack=stack):
                    builder.append(statement)
                    known = self.site_of(stack)
                    if known is not None:
                        self.add(builder, known, integer(_size(stack.dtype)), "subtract")
                case _:
                    builder.append(_nested(statement, self))
        for site, size in reversed(at_end):
            self.add(builder, site, size, "subtract")
        return builder.finish()


def _nested(statement: Statement, meter: _Meter) -> Statement:
    """A statement of control with blocks that count, if they have anything to count."""
    match statement:
        case For(body=body):
            inner = meter.block(body)
            return statement if inner == body else replace(statement, body=inner, order_free=False)
        case While(test=test, body=body):
            inside = meter.block(test), meter.block(body)
            return statement if inside == (test, body) else replace(statement, test=inside[0], body=inside[1])
        case If(then=then, otherwise=otherwise):
            inside = meter.block(then), meter.block(otherwise)
            unchanged = inside == (then, otherwise)
            return statement if unchanged else replace(statement, then=inside[0], otherwise=inside[1])
        case _:
            return statement


def _with_cells(program: Program, cells: Sequence[Storage], body: Block, read: Sequence[Storage]) -> Program:
    """The program with cells that are zero at first, and some of them as results."""
    builder = Builder()
    made: list[Statement] = [Allocate(cell, (), zeroed=True) for cell in cells]
    builder.append_all([*made, *body])
    results = tuple(builder.load(cell) for cell in read)
    return replace(program, body=builder.finish(), results=(*program.results, *results))


def metered(program: Program) -> tuple[Program, list[Site]]:
    """The program that counts bytes, and the sites; the most of all of them is the first result that is added."""
    meter = _Meter()
    body = meter.block(program.body)
    cells = [cell for pair in meter.cells for cell in pair]
    return _with_cells(program, cells, body, [most for _, most in meter.cells]), meter.sites
