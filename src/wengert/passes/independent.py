"""Finds loops of the user whose iterations may run in any order.

What goes in: a program. What comes out: the program with such loops marked `order_free`. What holds: no two iterations
of a marked loop use one element, unless both only read it; not even two additions meet, since the order of the user's
additions decides their last bits. What may raise or never end has an order, so no `Check`, `Apply` or `While` is
inside: which exception comes first, and what the caller's arrays hold then, stays as it was. Nor is anything whose
contents the reverse sweep would keep on a stack: memory made inside, and loops whose bounds change with the iteration.
Banerjee, *Dependence Analysis*, 1997, chapter 4, with Fourier's elimination (see `wengert.analysis.dependence`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from wengert.analysis.affine import Form, at_most, equal, feasible
from wengert.analysis.dependence import Instance
from wengert.analysis.index import Index, index_program
from wengert.program.statements import (
    Accumulate,
    Allocate,
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
    While,
)
from wengert.program.traverse import bound, rebuild, walk

__all__ = [
    "Access",
    "accesses",
    "can_meet",
    "has_independent_iterations",
    "iterations_apart",
    "keeps_no_stack",
    "mark_independent",
]

_MOST_PAIRS = 200  # of accesses compared for one loop: what a compilation can afford


def mark_independent(program: Program) -> Program:
    """The program with loops marked whose iterations are proved independent."""
    index = index_program(program)

    def block(statements: Block) -> Block:
        return tuple(marked(one) for one in statements)

    def marked(statement: Statement) -> Statement:
        if not isinstance(statement, For | If | While):
            return statement
        if isinstance(statement, For):
            order_free = statement.order_free or (
                keeps_no_stack(statement) and has_independent_iterations(index, statement)
            )
            return replace(statement, body=block(statement.body), order_free=order_free)
        return rebuild(statement, lambda operand: operand, lambda storage: storage, block)

    return replace(program, body=block(program.body))


def keeps_no_stack(loop: For) -> bool:
    """Whether the reverse sweep can address all that it saves in the loop by counters."""
    inside: set[Operand] = {loop.counter}
    for one in walk(loop.body):
        value = one.counter if isinstance(one, For) else bound(one)
        if value is not None:
            inside.add(value)
        if isinstance(one, For) and (one.start in inside or one.stop in inside):
            return False
        if isinstance(one, Allocate) and one.sizes:
            return False
    return True


def has_independent_iterations(index: Index, loop: For) -> bool:
    """Whether no two iterations use one element of a storage from outside the loop, except to read it."""
    found = accesses(loop.body, {one.storage for one in walk(loop.body) if isinstance(one, Allocate)})
    if found is None:
        return False
    shared = len(index.places[loop].loops)
    pairs = [
        (one, other)
        for one in found
        for other in found
        if (one.writes or other.writes) and index.root(one.storage) is index.root(other.storage)
    ]

    def apart(first: Instance, second: Instance) -> list[Form]:
        return [iterations_apart(first, second, loop)]

    return (
        _may_run_twice(index, loop, shared)
        and all(_may_happen(index, shared, one) for one in found if one.writes)
        and len(pairs) <= _MOST_PAIRS
        and not any(can_meet(index, shared, *pair, apart) for pair in pairs)
    )


def _may_run_twice(index: Index, loop: For, shared: int) -> bool:
    """Whether there may be two iterations at all, in loops that run: else anything could be said of them."""
    first, second = Instance(index, "first", shared), Instance(index, "second", shared)
    apart = iterations_apart(first, second, loop)
    for around in index.places[loop].loops:
        if isinstance(around, For):
            first.form({around.counter: 1})
    return feasible([apart, *first.constraints, *second.constraints])


def _may_happen(index: Index, shared: int, access: Access) -> bool:
    """Whether the loops that an access is in may all run: else anything could be said of it, too."""
    instance = Instance(index, "only", shared)
    for one in access.indices:
        instance.axis(one)
    return feasible(instance.constraints)


@dataclass(frozen=True, slots=True)
class Access:
    """Where an element of a storage is used, and whether it is written there."""

    storage: Storage
    indices: tuple[Operand, ...]
    writes: bool


def accesses(block: Block, own: Collection[Storage]) -> list[Access] | None:
    """The accesses of statements to storages other than their `own`; `None` if they do more than that."""
    found: dict[Access, None] = {}
    for one in walk(block):
        match one:
            case Bind() | For() | If() | Allocate(kept=None):
                pass
            case Load(storage=storage, indices=indices):
                if storage not in own:
                    found[Access(storage, indices, False)] = None
            case Store(storage=storage, indices=indices) | Accumulate(storage=storage, indices=indices):
                if storage not in own:
                    found[Access(storage, indices, True)] = None
            case _:
                return None
    return list(found)


def can_meet(
    index: Index,
    shared: int,
    one: Access,
    other: Access,
    apart: Callable[[Instance, Instance], list[Form]],
) -> bool:
    """Whether two accesses are at the same element in instances that are apart as `apart` says.

    `shared`: how many loops around both are in the same iteration.
    """
    if one.storage is not other.storage:
        return True
    first, second = Instance(index, "first", shared), Instance(index, "second", shared)
    constraints = apart(first, second)
    for own, its in zip(one.indices, other.indices, strict=True):
        constraints += equal(first.axis(own), second.axis(its))
    return feasible([*constraints, *first.constraints, *second.constraints])


def iterations_apart(first: Instance, second: Instance, loop: For) -> Form:
    """The inequality that says that one instance is in an earlier iteration than the other."""
    before, after = first.form({loop.counter: 1}), second.form({loop.counter: 1})
    if loop.step < 0:
        before, after = after, before
    return at_most({**before, None: abs(loop.step)}, after)
