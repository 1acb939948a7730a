"""Products that are added to a cotangent: BLAS adds them where they belong, without an array for the product.

What goes in: a program. What comes out: one in which a product of matrices that is only added to a cotangent, element
by element, is one operation, `wengert.library.products.added_product`. What holds: the order of the additions to a
cotangent is ours to choose (`wengert.analysis.cotangents`); a sum that the user wrote is left alone, and so is a
product that is added to nothing but new zeros, which the next nest may do in passing. Dongarra, Du Croz, Hammarling and
Duff, "A set of level 3 basic linear algebra subprograms", ACM TOMS 16, 1990 (`gemm` with beta = 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wengert.analysis.cotangents import cotangents
from wengert.analysis.index import Index, index_program
from wengert.passes.nests import nest_of
from wengert.program.builder import integer
from wengert.program.operations import ADDED_PRODUCT
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Block,
    For,
    If,
    Load,
    Operand,
    Program,
    Reshape,
    Section,
    Span,
    Statement,
    Storage,
    While,
)
from wengert.program.traverse import reads, rebuild, walk, writes

__all__ = ["add_products", "section_of"]


def section_of(storage: Storage, indices: Sequence[Operand], rows: For, columns: For) -> Section | None:
    """The matrix of all places that two loops from 0 reach, if their counters are indices as they are."""
    found: dict[Operand, int] = {}
    axes: list[Operand | Span] = []
    for index in indices:
        loop = rows if index is rows.counter else columns if index is columns.counter else None
        if loop is None:
            axes.append(index)
            continue
        if index in found or loop.start != integer(0):
            return None
        found[index] = len(found)
        axes.append(Span(integer(0), loop.stop, integer(1)))
    if len(found) < 2:
        return None
    return Section(storage, tuple(axes), (found[rows.counter], found[columns.counter]))


@dataclass(frozen=True)
class _Addition:
    """A nest that adds all of an array to a cotangent."""

    array: Storage
    nest: For
    target: Section


def add_products(program: Program) -> Program:
    """The program with products added to cotangents by BLAS."""
    if not any(isinstance(one, Apply) and one.function == "numpy.matmul" for one in walk(program.body)):
        return program
    free = cotangents(program)
    return replace(program, body=_Adder(index_program(program), free).block(program.body)) if free else program


class _Adder:
    def __init__(self, index: Index, free: frozenset[Storage]) -> None:
        self.index, self.free = index, free
        self.uses: dict[Storage, int] = {}
        for one in walk(index.program.body):
            touched = {*reads(one), *writes(one), *([one.of] if isinstance(one, Reshape) else [])}
            for storage in touched:
                self.uses[storage] = self.uses.get(storage, 0) + 1

    def block(self, block: Block) -> Block:
        """A block with products added to cotangents."""
        found: list[Statement] = []
        for one in block:
            addition = self._addition(one) if isinstance(one, For) else None
            if addition is None or not self._join(found, addition):
                is_control = isinstance(one, For | If | While)
                found.append(rebuild(one, lambda x: x, lambda x: x, self.block) if is_control else one)
        return tuple(found)

    def _addition(self, loop: For) -> _Addition | None:
        nest = nest_of(loop)
        if nest is None or len(nest.loops) != 2 or len(nest.statements) != 2:
            return None
        load, add = nest.statements
        if not (isinstance(load, Load) and isinstance(add, Accumulate) and add.operand is load.value):
            return None
        if self.index.root(add.storage) not in self.free or self.uses[load.storage] != 2 or load.storage.rank != 2:
            return None
        first, second = nest.loops
        rows, columns = (first, second) if load.indices[0] is first.counter else (second, first)
        if load.indices != (rows.counter, columns.counter) or load.value in add.indices:
            return None
        target = section_of(add.storage, add.indices, rows, columns)
        return None if target is None else _Addition(load.storage, loop, target)

    def _join(self, before: list[Statement], addition: _Addition) -> bool:
        """Put the operation for a product in front of its addition, whose statement is left out then."""
        for position in range(len(before) - 1, -1, -1):
            one = before[position]
            if isinstance(one, Apply) and addition.array in writes(one):
                break
        else:
            return False
        changed = {self.index.root(two) for later in walk(tuple(before[position + 1 :])) for two in writes(later)}
        maker = self.index.makers.get(addition.array)
        if one.function != "numpy.matmul" or not isinstance(maker, Allocate) or maker not in before:
            return False
        factors = _cut(one, addition.target)
        if factors is None or not _is_whole(one.outputs[0], maker) or maker.kept is not None:
            return False
        sizes = {axis.size for axis in addition.target.axes if isinstance(axis, Span)}
        if not sizes <= self.index.given_sizes | set(maker.sizes):
            return False  # it may be less than 0
        if any(self.index.root(storage) in changed for storage in reads(one)) or self._is_new(before, addition.target):
            return False
        inputs = (addition.target, *factors)
        before[position:] = [*before[position + 1 :], Apply((addition.target,), ADDED_PRODUCT, inputs, (), one.where)]
        before.remove(maker)
        return True

    def _is_new(self, before: Sequence[Statement], target: Section) -> bool:
        """Whether nothing has been added yet to what is added to."""
        root = self.index.root(target.storage)
        maker = self.index.makers.get(root)
        if maker not in before:
            return False
        after = walk(tuple(before[before.index(maker) :]))
        return not any(self.index.root(storage) is root for one in after for storage in writes(one))


def _is_whole(section: Section, maker: Allocate) -> bool:
    """Whether a section is all of a storage as it is."""
    whole = tuple(Span(integer(0), size, integer(1)) for size in maker.sizes)
    return section.axes == whole and section.order == (0, 1)


def _cut(product: Apply, target: Section) -> tuple[Section, Section] | None:
    """The factors of a product, as far as it is added: what lies beyond the target is not."""
    first, second = product.inputs
    if not (isinstance(first, Section) and isinstance(second, Section)):
        return None
    if len(first.order) != 2 or len(second.order) != 2:
        return None
    spans = [axis for axis in target.axes if isinstance(axis, Span)]
    rows, columns = (spans[k].size for k in target.order)
    return _resized(first, 0, rows), _resized(second, 1, columns)


def _resized(section: Section, axis: int, size: Operand) -> Section:
    """A section with another size along one of its own axes."""
    places = [k for k, one in enumerate(section.axes) if isinstance(one, Span)]
    place = places[section.order[axis]]
    span = section.axes[place]
    assert isinstance(span, Span)
    axes = (*section.axes[:place], replace(span, size=size), *section.axes[place + 1 :])
    return replace(section, axes=axes)
