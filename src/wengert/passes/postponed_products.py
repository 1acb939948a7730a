"""Postponed products: what a loop adds to a matrix, one outer product in each iteration, is added as matrix products.

What goes in: a program. What comes out: one in which a sequential loop that adds `u[i] * v[j]` to a cotangent collects
the vectors of several iterations as rows of two arrays, and adds the product of the two when they are full and after
the loop. What holds: nothing else in the loop reads or stores the cotangent, so that the additions may wait; the order
of the additions to a cotangent is ours to choose (`wengert.analysis.cotangents`), which it never is for a sum that the
user wrote. The memory of the rows is bounded, whatever the number of iterations. Dongarra, Du Croz, Hammarling and
Duff, "A set of level 3 basic linear algebra subprograms", ACM TOMS 16, 1990, section 2 (rank-k in place of rank-1
updates), and Schreiber and Van Loan, "A storage-efficient WY representation for products of Householder
transformations", SIAM J. Sci. Stat. Comput. 10, 1989 (which collects updates likewise).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wengert.analysis.cotangents import cotangents
from wengert.analysis.index import Index, index_program
from wengert.passes.added_products import section_of
from wengert.passes.nests import Nest, compute_again, nest_of, rebuilt, slice_for
from wengert.program.builder import Builder, integer
from wengert.program.operations import ADDED_PRODUCT
from wengert.program.statements import (
    Accumulate,
    Apply,
    Bind,
    Block,
    Constant,
    For,
    If,
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
from wengert.program.traverse import blocks, bound, made, operands, reads, rebuild, walk, writes

__all__ = ["postpone_products"]

# With this many rows the product is bound by arithmetic (from about 32 on), and its rows stay in the cache.
_MOST_ROWS = 64
_MOST_ELEMENTS = 1 << 20
# A matrix of which a side is known to be shorter is updated faster than its vectors are put aside.
_SHORTEST_SIDE = 8


@dataclass(frozen=True)
class _Addition:
    """An addition of an outer product, and the factors of it: those that vary with the rows, those with the columns."""

    nest: Nest
    addition: Accumulate
    target: Section
    rows: For
    columns: For
    of_rows: tuple[Operand, ...]
    of_columns: tuple[Operand, ...]
    is_negative: bool


@dataclass(frozen=True)
class _Aside:
    """The vectors put aside for one addition: two arrays of `most` rows, of which some are `filled`."""

    of_rows: Storage
    of_columns: Storage
    filled: Storage
    most: Operand
    sizes: tuple[Operand, Operand]
    target: Section

    def add(self, builder: Builder, filled: Operand) -> None:
        """Add the product of the first rows."""
        rows, columns = (Span(integer(0), size, integer(1)) for size in self.sizes)
        some = Span(integer(0), filled, integer(1))
        factors = Section(self.of_rows, (some, rows), (1, 0)), Section(self.of_columns, (some, columns), (0, 1))
        builder.apply([self.target], ADDED_PRODUCT, [self.target, *factors])


def postpone_products(program: Program) -> Program:
    """The program with outer products put aside."""
    free = cotangents(program)
    return replace(program, body=_Postponer(index_program(program), free).block(program.body)) if free else program


class _Postponer:
    def __init__(self, index: Index, free: frozenset[Storage]) -> None:
        self.index, self.free = index, free

    def block(self, block: Block) -> Block:
        """A block with the products of its outermost loops postponed, as far as they may be."""
        found: list[Statement] = []
        for one in block:
            changed: tuple[Statement, ...] = (one,)
            if isinstance(one, While) or (isinstance(one, For) and not one.order_free):
                changed = self._loop(one)
            for each in changed:
                is_control = isinstance(each, For | If | While)
                found.append(rebuild(each, _same, _same, self.block) if is_control else each)
        return tuple(found)

    def _loop(self, loop: For | While) -> tuple[Statement, ...]:
        waiting = self.free - _used(self.index, loop)
        additions = {} if not waiting else self._additions(loop, waiting)
        if not additions:
            return (loop,)
        builder = Builder()
        builder.where = loop.where
        asides = {one: self._aside(builder, addition) for one, addition in additions.items()}
        changed = _changed(loop, {one: _put_aside(additions[one], aside) for one, aside in asides.items()})
        builder.append(changed)
        for aside in asides.values():
            rest = builder.load(aside.filled, hint="rest")
            with builder.block() as then:
                aside.add(builder, rest)
            builder.branch(builder.bind("greater", rest, integer(0), hint="some"), then)
        return builder.finish()

    # Which additions may wait.

    def _additions(self, loop: For | While, waiting: frozenset[Storage]) -> dict[For, _Addition]:
        inside = {bound(one) for one in walk((loop,))} | {one.counter for one in walk((loop,)) if isinstance(one, For)}
        found: dict[For, _Addition] = {}

        def visit(block: Block) -> None:
            for one in block:
                addition = self._addition(one, waiting, inside) if isinstance(one, For) else None
                if addition is not None:
                    assert isinstance(one, For)
                    found[one] = addition
                elif not (isinstance(one, For) and one.order_free):
                    for inner in blocks(one):
                        visit(inner)

        for inner in blocks(loop):
            visit(inner)
        return found

    def _addition(self, loop: For, waiting: frozenset[Storage], inside: set[Value | None]) -> _Addition | None:
        nest = nest_of(loop)
        if nest is None or len(nest.loops) != 2 or any(one.stop in inside for one in nest.loops):
            return None
        changing = {self.index.root(storage) for one in nest.body for storage in writes(one)}
        for one in nest.body:
            if not (isinstance(one, Accumulate) and self.index.root(one.storage) in waiting and one.storage.rank >= 2):
                continue
            first, second = nest.loops
            rows, columns = (second, first) if one.indices[-1] is first.counter else (first, second)
            target = section_of(one.storage, one.indices, rows, columns)
            if target is None or not _is_large(target):
                continue
            if any(axis in inside for axis in target.axes if not isinstance(axis, Span)):
                continue
            parts = _parts(nest, one.operand, rows.counter, columns.counter)
            if parts is None:
                continue
            needed = slice_for(nest.statements, (*parts[0], *parts[1]))
            if not any(self.index.root(storage) in changing for two in needed for storage in reads(two)):
                return _Addition(nest, one, target, rows, columns, *parts)
        return None

    def _aside(self, builder: Builder, addition: _Addition) -> _Aside:
        dtype = addition.target.storage.dtype
        rows, columns = (self._size(builder, one.stop) for one in (addition.rows, addition.columns))
        width = builder.bind("maximum", builder.bind("add", rows, columns), integer(1))
        fitting = builder.bind("maximum", builder.bind("floor_divide", integer(_MOST_ELEMENTS), width), integer(1))
        most = builder.bind("minimum", fitting, integer(_MOST_ROWS), hint="most")
        of_rows, of_columns = (builder.allocate("factors", dtype, (most, size)) for size in (rows, columns))
        filled = builder.allocate("filled", "int64", zeroed=True)
        sizes = {addition.rows.stop: rows, addition.columns.stop: columns}
        axes = tuple(
            replace(axis, size=sizes[axis.size]) if isinstance(axis, Span) else axis for axis in addition.target.axes
        )
        return _Aside(of_rows, of_columns, filled, most, (rows, columns), replace(addition.target, axes=axes))

    def _size(self, builder: Builder, stop: Operand) -> Operand:
        return stop if stop in self.index.given_sizes else builder.bind("maximum", stop, integer(0), hint="n")


def _used(index: Index, loop: For | While) -> frozenset[Storage]:
    """What a loop makes, and what it does more with than add to it."""
    found = {index.root(storage) for one in walk((loop,)) if (storage := made(one)) is not None}
    for one in walk((loop,)):
        match one:
            case Accumulate():
                continue
            case Apply(function=function, inputs=inputs) if function == ADDED_PRODUCT:
                found.update(index.root(two.storage) for two in inputs[1:] if isinstance(two, Section))
            case _:
                found.update(index.root(storage) for storage in (*reads(one), *writes(one)))
    return frozenset(found)


def _is_large(target: Section) -> bool:
    spans = [axis for axis in target.axes if isinstance(axis, Span)]
    return not any(isinstance(one.size, Constant) and one.size.value.real < _SHORTEST_SIDE for one in spans)


def _parts(
    nest: Nest, product: Operand, row: Value, column: Value
) -> tuple[tuple[Operand, ...], tuple[Operand, ...], bool] | None:
    """The factors that vary with the row or with neither, those that vary with the column; whether it is negative."""
    definitions = {value: one for one in nest.statements if (value := bound(one)) is not None}
    varying = {counter: _varying(nest, counter) for counter in (row, column)}
    of_rows: list[Operand] = []
    of_columns: list[Operand] = []
    is_negative = False
    left = [product]
    while left:
        one = left.pop()
        maker = definitions.get(one) if isinstance(one, Value) else None
        if one not in varying[column]:
            of_rows.append(one)
        elif one not in varying[row]:
            of_columns.append(one)
        elif isinstance(maker, Bind) and maker.function == "multiply":
            left += maker.operands
        elif isinstance(maker, Bind) and maker.function == "negative":
            left += maker.operands
            is_negative = not is_negative
        else:
            return None
    is_outer = of_columns and not varying[row].isdisjoint(of_rows)
    return (tuple(of_rows), tuple(of_columns), is_negative) if is_outer else None


def _varying(nest: Nest, counter: Value) -> set[Operand]:
    """What is computed from a counter."""
    found: set[Operand] = {counter}
    for one in nest.statements:
        value = bound(one)
        if value is not None and not found.isdisjoint(operands(one)):
            found.add(value)
    return found


def _put_aside(addition: _Addition, aside: _Aside) -> Block:
    """The nest with its product put aside instead of added."""
    builder = Builder()
    builder.where = addition.addition.where
    row = builder.load(aside.filled, hint="row")
    sides = (aside.of_rows, addition.rows, addition.of_rows), (aside.of_columns, addition.columns, addition.of_columns)
    for storage, loop, factors in sides:
        with builder.loop(integer(0), loop.stop, order_free=True, hint=loop.counter.hint) as i:
            known: dict[Operand, Operand] = {loop.counter: i}
            compute_again(builder, slice_for(addition.nest.statements, factors), known)
            found = _product([known.get(one, one) for one in factors], builder)
            negated = addition.is_negative and loop is addition.rows
            builder.store(storage, (row, i), builder.bind("negative", found) if negated else found)
    left = _without(addition.nest, addition.addition)
    if left is not None:
        builder.append(left)
    after = builder.bind("add", row, integer(1))
    with builder.block() as full:
        aside.add(builder, aside.most)
        builder.store(aside.filled, (), integer(0))
    with builder.block() as room:
        builder.store(aside.filled, (), after)
    builder.branch(builder.bind("equal", after, aside.most, hint="full"), full, room)
    return builder.finish()


def _product(factors: Sequence[Operand], builder: Builder) -> Operand:
    found = factors[0]
    for one in factors[1:]:
        found = builder.bind("multiply", found, one)
    return found


def _without(nest: Nest, addition: Accumulate) -> For | None:
    """The nest without an addition and what only that needed; `None` if it then does nothing."""
    effects = [one for one in nest.body if isinstance(one, Store | Accumulate) and one is not addition]
    if not effects:
        return None
    needed = set(slice_for(nest.statements, [two for one in effects for two in operands(one)]))
    kept = [[one for one in level if one in needed or one in effects] for level in nest.levels]
    return rebuilt(nest, kept)


def _changed(loop: For | While, replacements: dict[For, Block]) -> Statement:
    """The loop with statements inside it replaced."""

    def block(statements: Block) -> Block:
        found: list[Statement] = []
        for one in statements:
            if isinstance(one, For) and one in replacements:
                found += replacements[one]
            else:
                is_control = isinstance(one, For | If | While)
                found.append(rebuild(one, _same, _same, block) if is_control else one)
        return tuple(found)

    return rebuild(loop, _same, _same, block)


def _same(one: Any) -> Any:
    return one
