"""The one traversal: what a statement binds, reads, writes and contains, and how it is rebuilt with other names.

Every analysis and pass goes through these functions, so that a new kind of statement is described in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

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


def rebuild(
    statement: Statement,
    operand: Callable[[Operand], Operand],
    storage: Callable[[Storage], Storage],
    nested: Callable[[Block], Block],
    stack: Callable[[Stack], Stack] = lambda stack: stack,
) -> Statement:
    """The statement with each operand (bound values included), storage, nested block and stack replaced."""

    def section(one: Section) -> Section:
        axes = tuple(
            Span(operand(a.start), operand(a.size), operand(a.step)) if isinstance(a, Span) else operand(a)
            for a in one.axes
        )
        return Section(storage(one.storage), axes, one.order)

    def all_of(found: tuple[Operand, ...]) -> tuple[Operand, ...]:
        return tuple(operand(one) for one in found)

    changes: dict[str, Any] = {}
    match statement:
        case Bind():
            changes = {"value": operand(statement.value), "operands": all_of(statement.operands)}
        case Load():
            changes = {
                "value": operand(statement.value),
                "storage": storage(statement.storage),
                "indices": all_of(statement.indices),
            }
        case Store() | Accumulate():
            changes = {
                "storage": storage(statement.storage),
                "indices": all_of(statement.indices),
                "operand": operand(statement.operand),
            }
        case Allocate():
            kept = None if statement.kept is None else stack(statement.kept)
            changes = {"storage": storage(statement.storage), "sizes": all_of(statement.sizes), "kept": kept}
        case Recall():
            changes = {
                "storage": storage(statement.storage),
                "sizes": all_of(statement.sizes),
                "stack": stack(statement.stack),
            }
        case Reshape():
            changes = {
                "storage": storage(statement.storage),
                "of": storage(statement.of),
                "sizes": all_of(statement.sizes),
            }
        case Reserve():
            changes = {"stack": stack(statement.stack), "count": operand(statement.count)}
        case Push():
            changes = {"stack": stack(statement.stack), "operand": operand(statement.operand)}
        case Pop():
            changes = {"value": operand(statement.value), "stack": stack(statement.stack)}
        case For():
            changes = {
                "counter": operand(statement.counter),
                "start": operand(statement.start),
                "stop": operand(statement.stop),
                "body": nested(statement.body),
            }
        case While():
            changes = {
                "test": nested(statement.test),
                "condition": operand(statement.condition),
                "body": nested(statement.body),
            }
        case If():
            changes = {
                "condition": operand(statement.condition),
                "then": nested(statement.then),
                "otherwise": nested(statement.otherwise),
            }
        case Apply():
            changes = {
                "outputs": tuple(section(one) for one in statement.outputs),
                "inputs": tuple(section(one) if isinstance(one, Section) else operand(one) for one in statement.inputs),
            }
        case Check():
            changes = {"condition": operand(statement.condition), "operands": all_of(statement.operands)}
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
