"""From drafts of functions, whose bodies name what is outside of them, to functions that are given all they use.

What goes in: the body of a program, and the drafts of its functions. What comes out: the body, the functions and the
stacks. What holds: a function is given the storages outside that it, or what it calls, uses, as further parameters,
and the numbers on stacks. No call is given the same memory twice: what nothing writes is copied, and what is written
is refused. Johnsson, "Lambda lifting: transforming programs to recursive equations", 1985.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wengert.errors import NotAcceptedError, caret
from wengert.lower import storing
from wengert.lower.context import Context
from wengert.lower.recursion import Draft
from wengert.program.builder import Builder
from wengert.program.statements import (
    Allocate,
    Array,
    Block,
    Call,
    Callee,
    Constant,
    For,
    Function,
    Operand,
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
from wengert.program.traverse import blocks, bound, made, operands, reads, rebuild, walk, writes

__all__ = ["Effects", "lifted"]

_Name = Value | Storage


class Effects:
    """What the drafts of functions write: the positions of parameters, and storages outside."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.drafts = {draft.callee: draft for draft in context.drafts}
        self.own = {draft.callee: frozenset(_made_in(draft)) for draft in context.drafts}
        self.written: dict[Callee, dict[Storage, None]] = {callee: {} for callee in self.drafts}
        self._close()

    def _close(self) -> None:
        changed = True
        while changed:
            changed = False
            for draft in self.drafts.values():
                seen = self.written[draft.callee]
                count = len(seen)
                for statement in walk(draft.body):
                    seen.update(dict.fromkeys(storing.root(self.context, one) for one in self.writes(statement)))
                changed |= len(seen) > count

    def positions(self, callee: Callee) -> frozenset[int]:
        """The positions of the parameters that a function writes."""
        arrays = self.drafts[callee].parameters
        return frozenset(k for k, one in enumerate(arrays) if one.storage in self.written[callee])

    def outside(self, callee: Callee) -> list[Storage]:
        """The storages outside of a function that it writes."""
        return [one for one in self.written[callee] if one not in self.own[callee]]

    def writes(self, statement: Statement) -> tuple[Storage, ...]:
        """The storages that a statement writes, by the names that they have before anything is lifted."""
        if not isinstance(statement, Call):
            return writes(statement)
        positions = self.positions(statement.callee)
        given = [one for k, one in enumerate(statement.storages) if k in positions]
        return (*given, *self.outside(statement.callee))


def _made_in(draft: Draft) -> Iterator[_Name]:
    """What is bound and made in a function."""
    for parameter in draft.parameters:
        yield parameter.storage
        yield from (size for size in parameter.sizes if isinstance(size, Value))
    for statement in walk(draft.body):
        value = statement.counter if isinstance(statement, For) else bound(statement)
        storage = made(statement)
        if value is not None:
            yield value
        if storage is not None:
            yield storage


def _used(statement: Statement) -> Iterator[_Name]:
    """What a statement names."""
    yield from (one for one in operands(statement) if isinstance(one, Value))
    yield from reads(statement)
    yield from writes(statement)
    if isinstance(statement, Reshape):
        yield statement.of


@dataclass(slots=True)
class _Lifted:
    """What is passed to a function beside what its draft says: storages, and numbers, each with its stack."""

    storages: list[Storage] = field(default_factory=list)
    numbers: dict[Value, Stack] = field(default_factory=dict)
    reshapes: list[Storage] = field(default_factory=list)


class _Lifter:
    def __init__(self, context: Context, effects: Effects) -> None:
        self.context, self.effects = context, effects
        self.needs: dict[Callee, dict[_Name, None]] = {draft.callee: {} for draft in context.drafts}
        self._close()
        self.lifted = {draft.callee: self._lifted(draft.callee) for draft in context.drafts}

    def _close(self) -> None:
        changed = True
        while changed:
            changed = False
            for draft in self.context.drafts:
                needs, own = self.needs[draft.callee], self.effects.own[draft.callee]
                count = len(needs)
                for statement in walk(draft.body):
                    found = list(_used(statement))
                    if isinstance(statement, Call):
                        found += self.needs[statement.callee]
                    for one in found:
                        self._need(needs, own, one)
                changed |= len(needs) > count

    def _need(self, needs: dict[_Name, None], own: frozenset[_Name], name: _Name) -> None:
        if name in own or name in needs:
            return
        needs[name] = None
        if isinstance(name, Storage) and storing.root(self.context, name) is not name:
            self._need(needs, own, storing.root(self.context, name))
            for size in self.context.builder.sizes[name]:
                if isinstance(size, Value):
                    self._need(needs, own, size)

    def _lifted(self, callee: Callee) -> _Lifted:
        found = _Lifted()
        for name in self.needs[callee]:
            if isinstance(name, Storage):
                is_root = storing.root(self.context, name) is name
                (found.storages if is_root else found.reshapes).append(name)
        told = {size for one in found.storages for size in self.context.builder.sizes[one]}
        for name in self.needs[callee]:
            if isinstance(name, Value) and name not in told:
                found.numbers[name] = Stack(f"{callee.hint}_{name.hint}", name.dtype)
        return found

    # Functions.

    def function(self, draft: Draft) -> Function:
        """The function of a draft."""
        extra, builder = self.lifted[draft.callee], Builder()
        values: dict[Value, Operand] = {}
        storages: dict[Storage, Storage] = {}
        arrays = list(draft.parameters)
        for one in extra.storages:
            sizes: list[Operand] = []
            for size in self.context.builder.sizes[one]:
                if isinstance(size, Value):
                    values.setdefault(size, Value(size.hint, size.dtype))
                    sizes.append(values[size])
                else:
                    sizes.append(size)
            storages[one] = Storage(one.hint, one.dtype, one.rank)
            arrays.append(Array(storages[one], tuple(sizes)))
        for value, stack in extra.numbers.items():
            values[value] = builder.pop(stack, value.hint)
        for one in extra.reshapes:
            sizes = [values.get(size, size) if isinstance(size, Value) else size for size in self._sizes(one)]
            storages[one] = builder.reshape(storages[storing.root(self.context, one)], sizes, one.hint)
        body = self.block(draft.body, values, storages, inside=True)
        return Function(draft.callee, tuple(arrays), (*builder.finish(), *body))

    def _sizes(self, storage: Storage) -> tuple[Operand, ...]:
        return self.context.builder.sizes[storage]

    def block(
        self, block: Block, values: Mapping[Value, Operand], storages: Mapping[Storage, Storage], *, inside: bool
    ) -> Block:
        """A block with its calls completed, and other names for what was lifted. `inside`: it is in a function."""

        def operand(one: Operand) -> Operand:
            return values.get(one, one) if isinstance(one, Value) else one

        def storage(one: Storage) -> Storage:
            return storages.get(one, one)

        def nested(inner: Block) -> Block:
            return self.block(inner, values, storages, inside=inside)

        if not (inside or any(isinstance(one, Call) for one in walk(block))):
            return block
        found: list[Statement] = []
        for statement in block:
            if isinstance(statement, Call):
                found += self._call(statement, values, storages)
                continue
            changed = rebuild(statement, operand, storage, nested) if inside or blocks(statement) else statement
            if inside and isinstance(changed, While) and any(isinstance(one, Call) for one in walk((changed,))):
                found += _tested_inside(changed)
            else:
                found.append(changed)
        return tuple(found)

    # Calls.

    def _call(
        self, call: Call, values: Mapping[Value, Operand], storages: Mapping[Storage, Storage]
    ) -> list[Statement]:
        extra, builder = self.lifted[call.callee], Builder()
        builder.where = call.where
        for value, stack in extra.numbers.items():
            builder.push(stack, values.get(value, value))
        given = [*call.storages, *extra.storages]
        outside = self.effects.outside(call.callee)
        written = {*self.effects.positions(call.callee)}
        written |= {k for k, one in enumerate(given) if k >= len(call.storages) and one in outside}
        passed: list[Storage] = []
        seen: dict[Storage, int] = {}
        for k, one in enumerate(given):
            first = seen.setdefault(storing.root(self.context, one), k)
            if first == k:
                passed.append(storages.get(one, one))
                continue
            if k in written or first in written:
                _refuse_shared(call, one)
            sizes = [values.get(size, size) if isinstance(size, Value) else size for size in self._sizes(one)]
            copy = builder.allocate(one.hint, one.dtype, sizes)
            with builder.nest(sizes) as place:
                builder.store(copy, place, builder.load(storages.get(one, one), place))
            passed.append(copy)
        builder.call(call.callee, passed, frozenset(written))
        return list(builder.finish())


def _refuse_shared(call: Call, storage: Storage) -> None:
    reason = f"a recursive function updates `{storage.hint}`, which it also has by another name"
    raise NotAcceptedError(caret(call.where, 0, reason, "Pass a copy of one of them."))


def _tested_inside(loop: While) -> list[Statement]:
    """A loop whose test is one number, so that all that an iteration computes belongs to one block.

    In a recursive function the reverse sweep relies on that: what a block saves, it saves at its end.
    """
    builder = Builder()
    builder.where = loop.where
    going = builder.allocate("going", "bool")
    builder.store(going, (), Constant(True, "bool"))
    with builder.block() as test:
        condition = builder.load(going)
    with builder.block() as body:
        builder.append_all(loop.test)
        with builder.block() as stop:
            builder.store(going, (), Constant(False, "bool"))
        builder.branch(loop.condition, loop.body, stop)
    builder.repeat(test, condition, body)
    return list(builder.finish())


def _stacks(bodies: Iterable[Block]) -> tuple[Stack, ...]:
    found: dict[Stack, None] = {}
    for body in bodies:
        for statement in walk(body):
            if isinstance(statement, Push | Pop | Reserve | Recall):
                found[statement.stack] = None
            elif isinstance(statement, Allocate) and statement.kept is not None:
                found[statement.kept] = None
    return tuple(found)


def lifted(context: Context, body: Block, effects: Effects) -> tuple[Block, tuple[Function, ...], tuple[Stack, ...]]:
    """The body of the program, its functions, and the stacks of both."""
    if not context.drafts:
        return body, (), ()
    lifter = _Lifter(context, effects)
    functions = tuple([lifter.function(draft) for draft in context.drafts])
    body = lifter.block(body, {}, {}, inside=False)
    return body, functions, _stacks([body, *(one.body for one in functions)])
