"""Finds loops of the user whose iterations may run in any order.

What goes in: a program. What comes out: the program with such loops marked `order_free`. What holds: no two iterations
of a marked loop use one element, unless both only read it; not even two additions meet, since the order of the user's
additions decides their last bits. What may raise or never end has an order, so no `Check`, `Apply` or `While` is
inside: which exception comes first, and what the caller's arrays hold then, stays as it was. Nor is anything whose
contents the reverse sweep would keep on a stack: memory made inside, and loops whose bounds change with the iteration.
Banerjee, *Dependence Analysis*, 1997, chapter 4, with Fourier's elimination (see `wengert.analysis.dependence`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

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

__all__ = ["has_independent_iterations", "mark_independent"]

_MOST_PAIRS = 200  # of accesses compared for one loop: what a compilation can afford

Access: TypeAlias = tuple[Storage, tuple[Operand, ...]]


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
                _keeps_no_stack(statement) and has_independent_iterations(index, statement)
            )
            return replace(statement, body=block(statement.body), order_free=order_free)
        return rebuild(statement, lambda operand: operand, lambda storage: storage, block)

    return replace(program, body=block(program.body))


def _keeps_no_stack(loop: For) -> bool:
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
    made_inside: set[Storage] = set()
    written: dict[Storage, list[Access]] = {}
    used: dict[Storage, list[Access]] = {}
    for one in walk(loop.body):
        match one:
            case Bind() | For() | If():
                pass
            case Allocate(storage=storage, kept=None):
                made_inside.add(storage)
            case Load() | Store() | Accumulate():
                if one.storage not in made_inside:
                    _note(used, index, one)
                    if not isinstance(one, Load):
                        _note(written, index, one)
            case _:
                return False
    pairs = [(first, second) for root, found in written.items() for first in found for second in used[root]]
    if len(pairs) > _MOST_PAIRS:
        return False
    return not any(_can_meet(index, loop, first, second) for first, second in pairs)


def _note(found: dict[Storage, list[Access]], index: Index, one: Load | Store | Accumulate) -> None:
    together = found.setdefault(index.root(one.storage), [])
    access = one.storage, one.indices
    if access not in together:
        together.append(access)


def _can_meet(index: Index, loop: For, one: Access, other: Access) -> bool:
    """Whether two accesses are at the same element in two different iterations."""
    if one[0] is not other[0]:
        return True
    shared = len(index.places[loop].loops)
    for earlier, later in ((one, other), (other, one)) if one[1] != other[1] else ((one, other),):
        first, second = Instance(index, "first", shared), Instance(index, "second", shared)
        constraints: list[Form] = []
        for own, its in zip(earlier[1], later[1], strict=True):
            constraints += equal(first.axis(own), second.axis(its))
        constraints.append(iterations_apart(first, second, loop))
        if feasible([*constraints, *first.constraints, *second.constraints]):
            return True
    return False


def iterations_apart(first: Instance, second: Instance, loop: For) -> Form:
    """The inequality that says that one instance is in an earlier iteration than the other."""
    before, after = first.form({loop.counter: 1}), second.form({loop.counter: 1})
    if loop.step < 0:
        before, after = after, before
    return at_most({**before, None: abs(loop.step)}, after)
