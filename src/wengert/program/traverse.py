"""The one traversal: what a statement binds, reads, writes and contains, and how it is rebuilt with other names.

Every analysis and pass goes through these functions, so that a new kind of statement is described in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Bind,
    Block,
    Check,
    Constant,
    For,
    If,
    Load,
    Operand,
    Pop,
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
    "bound",
    "made",
    "operands",
    "reads",
    "rebuild",
    "section_operands",
    "substitute",
    "walk",
    "writes",
]


def section_operands(section: Section) -> Iterator[Operand]:
    """The indices, starts, sizes and steps of a section."""
    for axis in section.axes:
        if isinstance(axis, Span):
            yield from (axis.start, axis.size, axis.step)
        else:
            yield axis


def operands(statement: Statement) -> Iterator[Operand]:
    """The scalars that a statement itself reads; those of its nested blocks excluded."""
    match statement:
        case Bind(operands=found):
            yield from found
        case Load(indices=indices):
            yield from indices
        case Store(indices=indices, operand=operand) | Accumulate(indices=indices, operand=operand):
            yield from indices
            yield operand
        case Allocate(sizes=sizes) | Recall(sizes=sizes) | Reshape(sizes=sizes):
            yield from sizes
        case Reserve(count=operand) | Push(operand=operand):
            yield operand
        case For(start=start, stop=stop):
            yield start
            yield stop
        case While(condition=condition) | If(condition=condition):
            yield condition
        case Apply(outputs=outputs, inputs=inputs):
            for one in (*outputs, *inputs):
                if isinstance(one, Section):
                    yield from section_operands(one)
                else:
                    yield one
        case Check(condition=condition, operands=found):
            yield condition
            yield from found
        case Pop():
            pass


def bound(statement: Statement) -> Value | None:
    """The value that a statement binds in its own block (the counter of a loop belongs to the body)."""
    match statement:
        case Bind(value=value) | Load(value=value) | Pop(value=value):
            return value
        case _:
            return None


def made(statement: Statement) -> Storage | None:
    """The storage that a statement makes."""
    match statement:
        case Allocate(storage=storage) | Recall(storage=storage) | Reshape(storage=storage):
            return storage
        case _:
            return None


def reads(statement: Statement) -> Iterator[Storage]:
    """The storages that a statement itself reads."""
    match statement:
        case Load(storage=storage) | Accumulate(storage=storage):
            yield storage
        case Apply(inputs=inputs):
            yield from (one.storage for one in inputs if isinstance(one, Section))
        case _:
            pass


def writes(statement: Statement) -> Iterator[Storage]:
    """The storages that a statement itself writes."""
    match statement:
        case Store(storage=storage) | Accumulate(storage=storage):
            yield storage
        case Apply(outputs=outputs):
            yield from (one.storage for one in outputs)
        case _:
            pass


def blocks(statement: Statement) -> tuple[Block, ...]:
    """The blocks nested in a statement, in the order in which they run."""
    match statement:
        case For(body=body):
            return (body,)
        case While(test=test, body=body):
            return (test, body)
        case If(then=then, otherwise=otherwise):
            return (then, otherwise)
        case _:
            return ()


def walk(block: Block) -> Iterator[Statement]:
    """Every statement of a block and of the blocks nested in it, outer ones first."""
    for statement in block:
        yield statement
        for nested in blocks(statement):
            yield from walk(nested)


_OPERANDS = ("value", "operand", "count", "counter", "start", "stop", "condition")
_ALL_OPERANDS = ("operands", "indices", "sizes")
_STORAGES = ("storage", "of")
_SECTIONS = ("outputs", "inputs")
_BLOCKS = ("body", "test", "then", "otherwise")
_STACKS = ("stack", "kept")
_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in get_args(Statement)}


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

    changes: dict[str, Any] = {}
    for name in _FIELDS[type(statement)]:
        old = getattr(statement, name)
        if name in _OPERANDS:
            changes[name] = operand(old)
        elif name in _ALL_OPERANDS:
            changes[name] = tuple([operand(one) for one in old])
        elif name in _STORAGES:
            changes[name] = storage(old)
        elif name in _BLOCKS:
            changes[name] = nested(old)
        elif name in _SECTIONS:
            changes[name] = tuple([item(one) for one in old])
        elif name in _STACKS and old is not None:
            changes[name] = stack(old)
    return replace(statement, **changes)


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
