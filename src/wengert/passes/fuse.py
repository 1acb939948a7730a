"""Fuses loops, and turns arrays that only carry numbers from one statement of a loop to the next into scalars.

What goes in: a program. What comes out: a nest that reads what another wrote at the same places becomes part of it; a
storage that is used in one nest only, always at the place of the iteration, is gone. What holds: every number is
computed from the same numbers by the same operations in the same order. Wolfe, *High Performance Compilers for Parallel
Computing*, 1996, sections 9.7 and 10.4 (loop fusion, array contraction).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from wengert.analysis.affine import Form, affine
from wengert.analysis.index import Index, index_program
from wengert.passes.motion import Effects, commute, effects_of
from wengert.passes.nests import Nest, nest_of, rebuilt
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Bind,
    Block,
    Constant,
    For,
    If,
    Load,
    Operand,
    Program,
    Reshape,
    Section,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import bound, operands, reads, rebuild, substitute, walk, writes

__all__ = ["fuse_loops"]

_FARTHEST = 24  # statements between two nests
_LARGEST = 400  # statements of a fused nest

_Place: TypeAlias = tuple[frozenset[tuple[object, int]], ...]


def fuse_loops(program: Program) -> Program:
    """The program with loops fused and arrays contracted to scalars."""
    fuser = _Fuser(index_program(program), program)
    body = fuser.block(program.body)
    return replace(program, body=_without(body, fuser.contracted))


def _with_blocks(statement: Statement, nested: Callable[[Block], Block]) -> Statement:
    """A statement with its blocks replaced; the same one where they stay the same."""
    match statement:
        case For(body=body):
            found = nested(body)
            return statement if found is body else replace(statement, body=found)
        case If(then=then, otherwise=otherwise):
            first, second = nested(then), nested(otherwise)
            is_same = first is then and second is otherwise
            return statement if is_same else replace(statement, then=first, otherwise=second)
        case While(test=test, body=body):
            first, second = nested(test), nested(body)
            return statement if first is test and second is body else replace(statement, test=first, body=second)
        case _:
            return statement


def _if_changed(block: Block, found: Sequence[Statement]) -> Block:
    """The statements found; the block itself where they are its own."""
    if len(block) == len(found) and all(one is other for one, other in zip(block, found, strict=True)):
        return block
    return tuple(found)


def _without(block: Block, gone: set[Storage]) -> Block:
    """A block without the allocations of storages that are gone."""
    if not gone:
        return block
    kept = [one for one in block if not (isinstance(one, Allocate) and one.storage in gone)]
    return _if_changed(block, [_with_blocks(one, lambda inner: _without(inner, gone)) for one in kept])


@dataclass(eq=False)
class _Entry:
    """A statement of the block at hand."""

    index: Index
    statement: Statement
    nest: Nest | None

    @cached_property
    def effects(self) -> Effects:
        """What the statement does."""
        return effects_of(self.index, self.statement)

    @cached_property
    def written(self) -> set[Storage]:
        """The memory that the nest writes."""
        body = () if self.nest is None else self.nest.body
        return {self.index.root(one.storage) for one in body if isinstance(one, Store | Accumulate)}

    @cached_property
    def loaded(self) -> set[Storage]:
        """The memory that the body of the nest reads."""
        body = () if self.nest is None else self.nest.body
        return {self.index.root(one.storage) for one in body if isinstance(one, Load)}


class _Fuser:
    def __init__(self, index: Index, program: Program) -> None:
        self.index = index
        self.counters: dict[Value, Value] = {}  # of nests that were fused: the counter used now
        self.contracted: set[Storage] = set()
        self.references: dict[Storage, int] = {}
        for statement in walk(program.body):
            for storage in _storages_of(statement):
                self._refer(storage, 1)
        for result in program.results:
            if isinstance(result, Section):
                self._refer(result.storage, 1)

    def _refer(self, storage: Storage, count: int) -> None:
        self.references[storage] = self.references.get(storage, 0) + count

    def block(self, block: Block) -> Block:
        """A block with its loops fused."""
        entries: list[_Entry] = []
        for one in block:
            nest = nest_of(one) if isinstance(one, For) else None
            same = one if nest is not None else _with_blocks(one, self.block)
            self._add(entries, _Entry(self.index, same, nest))
        made_here = {one.storage: one for one in block if isinstance(one, Allocate)}
        found = [
            entry.statement if entry.nest is None else _Contraction(self, entry.nest, made_here).nest()
            for entry in entries
        ]
        return _if_changed(block, found)

    # Fusion.

    def _add(self, entries: list[_Entry], entry: _Entry) -> None:
        """Append a statement, or fuse it with one that is there already."""
        if entry.nest is not None:
            for position in range(len(entries) - 1, max(len(entries) - _FARTHEST, 0) - 1, -1):
                first = entries[position]
                if first.nest is None or not self._is_fusible(first, entry):
                    continue
                between = _parted(first.effects, entries[position + 1 :], entry.effects)
                if between is None:
                    continue
                fused = rebuilt(first.nest, self._joined(first.nest, entry.nest))
                entries[position:] = between[0]
                self._add(entries, _Entry(self.index, fused, nest_of(fused)))
                entries += between[1]
                return
        entries.append(entry)

    def _joined(self, first: Nest, second: Nest) -> list[Sequence[Statement]]:
        counters: dict[Value, Operand] = {}
        for one, other in zip(first.loops, second.loops, strict=True):
            counters[other.counter] = one.counter
            self.counters[other.counter] = one.counter
        pairs = zip(first.levels, second.levels, strict=True)
        return [[*one, *substitute(other, counters)] for one, other in pairs]

    def _is_fusible(self, one: _Entry, other: _Entry) -> bool:
        """Whether the second nest reads what the first wrote, and may do so in the same iteration."""
        first, second = one.nest, other.nest
        assert first is not None
        assert second is not None
        if len(first.loops) != len(second.loops) or one.written.isdisjoint(other.loaded):
            return False
        if len(first.statements) + len(second.statements) > _LARGEST:
            return False
        for loop, follower in zip(first.loops, second.loops, strict=True):
            if self.form(loop.start) != self.form(follower.start) or self.form(loop.stop) != self.form(follower.stop):
                return False
        if self._scatters(first) or self._scatters(second):
            return False
        shared = one.effects.writes & (other.effects.reads | other.effects.writes)
        shared |= one.effects.reads & other.effects.writes
        renamed: dict[object, object] = {b.counter: a.counter for a, b in zip(first.loops, second.loops, strict=True)}
        return all(self._keep_apart(first, second, renamed, root) for root in shared)

    def _keep_apart(self, first: Nest, second: Nest, renamed: Mapping[object, object], root: object) -> bool:
        """Whether an element that one of the nests writes is used by the other in the same iteration only."""
        changing = {loop.counter for loop in first.loops}
        changing.update(value for one in (*first.statements, *second.statements) if (value := bound(one)) is not None)
        for storage, place, one in self.accesses(first, root):
            for its_storage, its_place, other in self.accesses(second, root):
                if isinstance(one, Load) and isinstance(other, Load):
                    continue
                renamed_place = self._renamed(its_place, renamed)
                if storage is not its_storage:
                    return False
                is_own = place == renamed_place and _is_one_to_one(first, place)
                if not is_own and not _is_always_apart(place, renamed_place, changing):
                    return False
        return True

    def _renamed(self, place: _Place, renamed: Mapping[object, object]) -> _Place:
        return tuple(frozenset((renamed.get(symbol, symbol), c) for symbol, c in form) for form in place)

    def _scatters(self, nest: Nest) -> bool:
        """Whether the nest adds to several places of one storage: such nests are gathered or split later."""
        places: dict[Storage, _Place] = {}
        for one in nest.body:
            if isinstance(one, Accumulate):
                place = self.place(one.indices)
                if places.setdefault(self.index.root(one.storage), place) != place:
                    return True
        return False

    # Places.

    def form(self, operand: Operand) -> Form:
        """The affine form of an integer, in the counters used now."""
        return {self._current(symbol): c for symbol, c in affine(self.index, operand).items()}

    def _current(self, symbol: object) -> object:
        while symbol in self.counters:
            symbol = self.counters[symbol]
        return symbol

    def place(self, indices: Sequence[Operand]) -> _Place:
        """Where an access is; equal places are the same element."""
        return tuple(frozenset(self.form(index).items()) for index in indices)

    def accesses(self, nest: Nest, root: object) -> Iterator[tuple[Storage, _Place, Statement]]:
        """The accesses of a nest to the memory of a storage."""
        for one in nest.statements:
            if isinstance(one, Load | Store | Accumulate) and self.index.root(one.storage) is root:
                yield one.storage, self.place(one.indices), one

    def forget(self, storage: Storage) -> None:
        """One access to a storage is gone."""
        self._refer(storage, -1)


def _storages_of(statement: Statement) -> Iterator[Storage]:
    if isinstance(statement, Accumulate):
        yield statement.storage  # it both reads and writes, but is one access
        return
    yield from reads(statement)
    yield from writes(statement)
    if isinstance(statement, Reshape):
        yield statement.of


def _parted(first: Effects, between: Sequence[_Entry], second: Effects) -> tuple[list[_Entry], list[_Entry]] | None:
    """What lies between two nests, parted into what can run before both and what can run after both."""
    before: list[_Entry] = []
    after: list[_Entry] = []
    for entry in between:
        if commute(first, entry.effects) and all(commute(one.effects, entry.effects) for one in after):
            before.append(entry)
        elif commute(entry.effects, second):
            after.append(entry)
        else:
            return None
    return before, after


def _is_one_to_one(nest: Nest, place: _Place) -> bool:
    """Whether different iterations of a nest are at different places."""
    counters = {loop.counter for loop in nest.loops}
    changing = {value for one in nest.statements if (value := bound(one)) is not None}
    told: set[object] = set()
    for form in place:
        symbols = {symbol for symbol, _ in form}
        if symbols & changing:
            return False
        if len(symbols & counters) == 1:
            told |= symbols & counters
    return told == counters


class _Contraction:
    """Forwards what is stored in an iteration to where it is loaded, and drops storages that serve nothing else."""

    def __init__(self, fuser: _Fuser, nest: Nest, made_here: dict[Storage, Allocate]) -> None:
        self.fuser, self.given, self.made_here = fuser, nest, made_here
        self.known: dict[tuple[Storage, _Place], Operand] = {}
        self.replaced: dict[Value, Operand] = {}
        self.scalars = {
            one.storage
            for one in nest.body
            if isinstance(one, Store | Accumulate) and self._is_contractible(one.storage)
        }

    def _is_contractible(self, storage: Storage) -> bool:
        """Whether the memory is used in this nest only, where each iteration has an element of its own."""
        maker = self.fuser.index.makers.get(storage)
        if not isinstance(maker, Allocate) or maker.kept is not None or not storage.rank:
            return False
        found = list(self.fuser.accesses(self.given, storage))
        if len(found) != self.fuser.references.get(storage) or any(one[2] not in self.given.body for one in found):
            return False
        if len({one[:2] for one in found}) != 1 or not _is_one_to_one(self.given, found[0][1]):
            return False
        if isinstance(found[0][2], Store):
            return True
        last = [statement for _, _, statement in found if not isinstance(statement, Load)][-1]
        is_restored = isinstance(last, Store) and _is_zero(last.operand)
        return maker.zeroed and (storage in self.made_here or is_restored)

    def nest(self) -> For:
        """The nest after contraction."""
        body = [kept for one in self.given.body for kept in self._statement(one)]
        self.fuser.contracted |= self.scalars
        if _if_changed(self.given.body, body) is self.given.body:
            return self.given.loops[0]
        return rebuilt(self.given, [*self.given.levels[:-1], body])

    def _statement(self, statement: Statement) -> list[Statement]:
        def operand(one: Operand) -> Operand:
            return self.replaced.get(one, one) if isinstance(one, Value) else one

        if any(one in self.replaced for one in operands(statement)):
            statement = rebuild(statement, operand, lambda storage: storage, lambda block: block)
        match statement:
            case Load():
                return self._load(statement)
            case Store():
                key = self._key(statement)
                self._overwritten(key)
                self.known[key] = statement.operand
                return [] if statement.storage in self.scalars else [statement]
            case Accumulate():
                return self._accumulate(statement)
            case _:
                return [statement]

    def _key(self, statement: Load | Store | Accumulate) -> tuple[Storage, _Place]:
        return statement.storage, self.fuser.place(statement.indices)

    def _load(self, load: Load) -> list[Statement]:
        key = self._key(load)
        if key not in self.known and load.storage in self.scalars:
            self.known[key] = _zero(load.storage.dtype)
        if key in self.known:
            self.replaced[load.value] = self.known[key]
            self.fuser.forget(load.storage)
            return []
        self.known[key] = load.value
        return [load]

    def _accumulate(self, statement: Accumulate) -> list[Statement]:
        key = self._key(statement)
        if statement.storage not in self.scalars:
            self._overwritten(key)
            return [statement]
        total = Value(statement.storage.hint, statement.storage.dtype)
        old = self.known.get(key, _zero(statement.storage.dtype))
        self.known[key] = total
        return [Bind(total, "add", (old, statement.operand), statement.where)]

    def _overwritten(self, written: tuple[Storage, _Place]) -> None:
        """Forget what is known of elements that may have been written."""
        root = self.fuser.index.root
        for known in list(self.known):
            if root(known[0]) is root(written[0]) and not _is_apart(known, written):
                del self.known[known]


def _is_apart(one: tuple[Storage, _Place], other: tuple[Storage, _Place]) -> bool:
    """Whether two places are a constant distance apart along some axis, so that they are different."""
    if one[0] is not other[0]:
        return False
    for first, second in zip(one[1], other[1], strict=True):
        changed = {symbol for symbol, _ in first ^ second}
        if changed == {None}:
            return True
    return False


def _is_always_apart(one: _Place, other: _Place, changing: Collection[object]) -> bool:
    """Whether two places are different in all iterations: a constant distance apart along an axis that none moves."""
    for first, second in zip(one, other, strict=True):
        if {symbol for symbol, _ in first ^ second} == {None} and not any(symbol in changing for symbol, _ in first):
            return True
    return False


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, Constant) and operand.value == 0 and math.copysign(1.0, operand.value.real) > 0


def _zero(dtype: str) -> Constant:
    kinds: dict[str, bool | int | float | complex] = {"b": False, "f": 0.0, "c": 0j}
    return Constant(kinds.get(dtype[0], 0), dtype)
