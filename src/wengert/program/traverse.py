"""The one traversal: what a statement binds, reads, writes and contains, and how it is rebuilt with other names.

Every analysis and pass goes through these functions, so that a new kind of statement is described in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args

from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Bind,
    Block,
    Call,
    Check,
    Constant,
    For,
    If,
    Load,
    Operand,
    Pop,
    Program,
    Push,
    Recall,
    Reserve,
    Reshape,
    Section,
    Span,
    Stack,
    Statement,
    Storage,
    Store,
    Value,
    While,
)

__all__ = [
    "blocks",
    "bodies",
    "bound",
    "made",
    "operands",
    "reads",
    "rebuild",
    "section_operands",
    "substitute",
    "walk",
    "walk_program",
    "writes",
]


# These are called for every statement by every pass, so they make no generators, and test the frequent kinds first.


def section_operands(section: Section) -> tuple[Operand, ...]:
    """The indices, starts, sizes and steps of a section."""
    found: list[Operand] = []
    for axis in section.axes:
        if isinstance(axis, Span):
            found += (axis.start, axis.size, axis.step)
        else:
            found.append(axis)
    return tuple(found)


def operands(statement: Statement) -> tuple[Operand, ...]:
    """The scalars that a statement itself reads; those of its nested blocks excluded."""
    match statement:
        case Bind(operands=found):
            return found
        case Load(indices=indices):
            return indices
        case Store(indices=indices, operand=operand) | Accumulate(indices=indices, operand=operand):
            return (*indices, operand)
        case For(start=start, stop=stop):
            return (start, stop)
        case Check(condition=condition, operands=found):
            return (condition, *found)
        case Allocate(sizes=sizes) | Recall(sizes=sizes) | Reshape(sizes=sizes):
            return sizes
        case While(condition=condition) | If(condition=condition):
            return (condition,)
        case Reserve(count=operand) | Push(operand=operand):
            return (operand,)
        case Apply(outputs=outputs, inputs=inputs):
            several = [section_operands(one) if isinstance(one, Section) else (one,) for one in (*outputs, *inputs)]
            return tuple([one for each in several for one in each])
        case Pop() | Call():
            return ()


def bound(statement: Statement) -> Value | None:
    """The value that a statement binds in its own block (the counter of a loop belongs to the body)."""
    return statement.value if isinstance(statement, (Bind, Load, Pop)) else None


def made(statement: Statement) -> Storage | None:
    """The storage that a statement makes."""
    return statement.storage if isinstance(statement, (Allocate, Recall, Reshape)) else None


def reads(statement: Statement) -> tuple[Storage, ...]:
    """The storages that a statement itself reads."""
    if isinstance(statement, (Load, Accumulate)):
        return (statement.storage,)
    if isinstance(statement, Apply):
        return tuple([one.storage for one in statement.inputs if isinstance(one, Section)])
    return statement.storages if isinstance(statement, Call) else ()


def writes(statement: Statement) -> tuple[Storage, ...]:
    """The storages that a statement itself writes."""
    if isinstance(statement, (Store, Accumulate)):
        return (statement.storage,)
    if isinstance(statement, Apply):
        return tuple([one.storage for one in statement.outputs])
    if isinstance(statement, Call):
        return tuple([one for position, one in enumerate(statement.storages) if position in statement.written])
    return ()


def blocks(statement: Statement) -> tuple[Block, ...]:
    """The blocks nested in a statement, in the order in which they run."""
    if not isinstance(statement, (For, While, If)):
        return ()
    if isinstance(statement, For):
        return (statement.body,)
    return (statement.test, statement.body) if isinstance(statement, While) else (statement.then, statement.otherwise)


def walk(block: Block) -> Iterator[Statement]:
    """Every statement of a block and of the blocks nested in it, outer ones first."""
    for statement in block:
        yield statement
        if isinstance(statement, (For, While, If)):
            for nested in blocks(statement):
                yield from walk(nested)


def bodies(program: Program) -> tuple[Block, ...]:
    """The body of a program and those of its functions."""
    return (program.body, *[one.body for one in program.functions])


def walk_program(program: Program) -> Iterator[Statement]:
    """Every statement of a program and of its functions."""
    for body in bodies(program):
        yield from walk(body)


_ROLES = {
    **dict.fromkeys(("value", "operand", "count", "counter", "start", "stop", "condition"), "operand"),
    **dict.fromkeys(("operands", "indices", "sizes"), "operands"),
    **dict.fromkeys(("storage", "of"), "storage"),
    "storages": "storages",
    **dict.fromkeys(("outputs", "inputs"), "sections"),
    **dict.fromkeys(("body", "test", "then", "otherwise"), "block"),
    **dict.fromkeys(("stack", "kept"), "stack"),
}
_FIELDS = {
    kind: tuple((field.name, _ROLES.get(field.name, "")) for field in fields(kind)) for kind in get_args(Statement)
}


def rebuild(
    statement: Statement,
    operand: Callable[[Operand], Operand],
    storage: Callable[[Storage], Storage],
    nested: Callable[[Block], Block],
    stack: Callable[[Stack], Stack] = lambda stack: stack,
) -> Statement:
    """The statement with each operand (bound values included), storage, nested block and stack replaced."""

    def item(one: Section | Operand) -> Section | Operand:
        if not isinstance(one, Section):
            return operand(one)
        axes = tuple(
            Span(operand(a.start), operand(a.size), operand(a.step)) if isinstance(a, Span) else operand(a)
            for a in one.axes
        )
        return Section(storage(one.storage), axes, one.order)

    kind = type(statement)
    given: list[Any] = []
    for name, role in _FIELDS[kind]:
        old = getattr(statement, name)
        if role == "operand":
            old = operand(old)
        elif role == "operands":
            old = tuple([operand(one) for one in old])
        elif role == "storage":
            old = storage(old)
        elif role == "storages":
            old = tuple([storage(one) for one in old])
        elif role == "block":
            old = nested(old)
        elif role == "sections":
            old = tuple([item(one) for one in old])
        elif role == "stack" and old is not None:
            old = stack(old)
        given.append(old)
    return kind(*given)


def substitute(
    block: Block, values: Mapping[Value, Operand], storages: Mapping[Storage, Storage] | None = None
) -> Block:
    """A block in which values and storages that are free in it are replaced. What it binds itself stays shared."""

    def operand(one: Operand) -> Operand:
        return one if isinstance(one, Constant) else values.get(one, one)

    def storage(one: Storage) -> Storage:
        return one if storages is None else storages.get(one, one)

    def nested(inner: Block) -> Block:
        return tuple(rebuild(statement, operand, storage, nested) for statement in inner)

    return nested(block)
