"""First and last writes: what nobody reads is not written, and what is added to new zeros is stored.

What goes in: a program. What comes out: where an array that its block makes is used last in a nest of order-free loops,
that nest does not store to it after its last read, as the reverse of an assignment does (`s_bar[i] = 0`); where all of
an array of zeros is added to by the first nest that uses it, each element by one iteration, the sums are stored and the
zeros never made. What holds: every number is what it was, negative zeros included. Bacon, Graham and Sharp, "Compiler
transformations for high-performance computing", ACM Computing Surveys 26, 1994, section 6.5 (memory access
transformations).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from wengert.passes.nests import Nest, nest_of, rebuilt
from wengert.program.builder import integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Array,
    Bind,
    Block,
    Constant,
    For,
    If,
    Load,
    Operand,
    Parameter,
    Program,
    Reshape,
    Section,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import reads, rebuild, walk, writes

__all__ = ["shorten_lifetimes"]


def shorten_lifetimes(program: Program) -> Program:
    """The program without zeros at the beginning and stores at the end that nothing depends on."""
    aliased = {storage for one in walk(program.body) if isinstance(one, Reshape) for storage in (one.of, one.storage)}
    aliased |= {one.storage for one in program.results if isinstance(one, Section)}

    def block(statements: Block) -> Block:
        found: list[Statement] = [
            rebuild(one, lambda operand: operand, lambda storage: storage, block)
            if isinstance(one, If | While) or (isinstance(one, For) and nest_of(one) is None)
            else one
            for one in statements
        ]
        for one in statements:
            if isinstance(one, Allocate) and one.storage.rank and one.storage not in aliased and one.kept is None:
                _without_last_writes(found, one.storage)
                _without_zeros(found, one)
        return tuple(found)

    body = list(block(program.body))
    parameters = tuple(one if _storage_of(one) in aliased else _filled(body, one) for one in program.parameters)
    return replace(program, parameters=parameters, body=tuple(body))


def _storage_of(parameter: Parameter) -> Storage | None:
    return parameter.storage if isinstance(parameter, Array) else None


def _filled(block: list[Statement], parameter: Parameter) -> Parameter:
    """An output, which is not to be zeros if the first nest that uses it can store all of it."""
    if not isinstance(parameter, Array) or not parameter.output or parameter.continued:
        return parameter
    is_filled = _stores_first(block, parameter.storage, parameter.sizes)
    return replace(parameter, filled=True) if is_filled else parameter


def _uses(statement: Statement, storage: Storage) -> bool:
    return any(storage in (*reads(one), *writes(one)) for one in walk((statement,)))


def _without_last_writes(block: list[Statement], storage: Storage) -> None:
    """Leave out what the last nests that use a storage write there and do not read."""
    for position in range(len(block) - 1, -1, -1):
        one = block[position]
        if not _uses(one, storage):
            continue
        nest = nest_of(one) if isinstance(one, For) else None
        if nest is None:
            return
        body = list(nest.body)
        for last in reversed(nest.body):
            if isinstance(last, Store | Accumulate) and last.storage is storage:
                body.remove(last)
            elif _uses(last, storage):
                break
        if len(body) == len(nest.body):
            return
        if any(isinstance(two, Store | Accumulate) for two in body):
            block[position] = rebuilt(nest, [*nest.levels[:-1], body])
        else:
            del block[position]
        if any(storage in reads(two) for two in (*nest.statements[: -len(nest.body)], *body)):
            return


def _without_zeros(block: list[Statement], maker: Allocate) -> None:
    """Store what is added first to an array of zeros, if that is all of it."""
    if maker.zeroed and _stores_first(block, maker.storage, maker.sizes):
        block[block.index(maker)] = replace(maker, zeroed=False)


def _stores_first(block: list[Statement], storage: Storage, sizes: Sequence[Operand]) -> bool:
    """Have the first nest that uses an array of zeros store, if it is to all of it that this adds."""
    users = [k for k, one in enumerate(block) if _uses(one, storage)]
    one = block[users[0]] if users else None
    nest = nest_of(one) if isinstance(one, For) else None
    if nest is None or any(_uses(two, storage) for level in nest.levels[:-1] for two in level):
        return False
    accesses = list(_accesses(nest.body, storage))
    first = accesses[0]
    if not isinstance(first, Accumulate) or not _covers(nest, first.indices, sizes):
        return False
    if any(two.indices != first.indices for two in accesses):
        return False
    place = nest.body.index(first)
    total = Value(storage.hint, storage.dtype)
    added = Bind(total, "add", (_zero(storage.dtype), first.operand), first.where)
    stored = Store(storage, first.indices, total, first.where)
    body = [*nest.body[:place], added, stored, *nest.body[place + 1 :]]
    block[users[0]] = rebuilt(nest, [*nest.levels[:-1], body])
    return True


def _accesses(body: Sequence[Statement], storage: Storage) -> Iterator[Load | Store | Accumulate]:
    for one in body:
        if isinstance(one, Load | Store | Accumulate) and one.storage is storage:
            yield one


def _covers(nest: Nest, indices: Sequence[Operand], sizes: Sequence[Operand]) -> bool:
    """Whether the iterations of a nest are the elements of an array, one each."""
    bounds = {loop.counter: loop.stop for loop in nest.loops if loop.start == integer(0)}
    if len(bounds) != len(nest.loops) or set(indices) != set(bounds) or len(indices) != len(bounds):
        return False
    return all(bounds[index] == size for index, size in zip(indices, sizes, strict=True) if isinstance(index, Value))


def _zero(dtype: str) -> Constant:
    return Constant(np.zeros((), dtype)[()].item(), dtype)
