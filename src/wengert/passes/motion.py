"""Whether statements may change places.

What goes in: two statements that follow one another. What comes out: whether running them the other way round is the
same. What holds: "yes" is certain, for values, storages and stacks, and for what the caller sees where one of them
raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wengert.analysis.index import Index
from wengert.program.statements import (
    Allocate,
    Apply,
    Check,
    For,
    Pop,
    Push,
    Recall,
    Reserve,
    Reshape,
    Stack,
    Statement,
    Storage,
    Value,
    While,
)
from wengert.program.traverse import bound, made, operands, reads, walk, writes

__all__ = ["Effects", "commute", "effects_of"]


@dataclass(frozen=True, slots=True)
class Effects:
    """What a statement and those nested in it do. Storages stand for memory: those of a `Reshape` are its root.

    `made`: values and storages by which later statements depend on it; `used`: those of which it depends on others.
    """

    reads: frozenset[object]
    writes: frozenset[object]
    made: frozenset[object]
    used: frozenset[object]
    may_end: bool
    is_seen: bool


def effects_of(index: Index, statement: Statement) -> Effects:
    """The effects of a statement. `is_seen`: it writes memory that is not the program's own."""
    read: set[object] = set()
    written: set[object] = set()
    makes: set[object] = set()
    used: set[object] = set()
    may_end = False
    for one in walk((statement,)):
        used.update(operand for operand in operands(one) if isinstance(operand, Value))
        touched = [*reads(one), *writes(one), *([one.of] if isinstance(one, Reshape) else [])]
        used.update(touched)
        read.update(index.root(storage) for storage in reads(one))
        written.update(index.root(storage) for storage in writes(one))
        written.update(_stacks(one))
        makes.update(thing for thing in (bound(one), made(one)) if thing is not None)
        if isinstance(one, For):
            makes.add(one.counter)
        may_end = may_end or isinstance(one, Check | Apply | While)
    is_seen = any(isinstance(one, Storage) and index.makers.get(one) is None for one in written)
    return Effects(frozenset(read), frozenset(written), frozenset(makes), frozenset(used), may_end, is_seen)


def _stacks(statement: Statement) -> Iterator[Stack]:
    match statement:
        case Push(stack=stack) | Pop(stack=stack) | Recall(stack=stack) | Reserve(stack=stack):
            yield stack
        case Allocate(kept=stack) if stack is not None:
            yield stack
        case _:
            pass


def commute(first: Effects, second: Effects) -> bool:
    """Whether two statements that follow one another may change places."""
    if first.writes & second.writes or first.writes & second.reads or first.reads & second.writes:
        return False
    if first.made & second.used:
        return False
    if first.may_end and (second.may_end or second.is_seen):
        return False
    return not (second.may_end and first.is_seen)
