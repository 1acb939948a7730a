"""Refuses programs in which a copy could be told from sharing.

What goes in: a finished block and the copies that were made where Python shares an array (`scope.Copy`). What holds
if nothing is raised: after such a copy neither of the two storages is written in place, so reading either gives what
Python gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wengert.errors import NotAcceptedError, caret
from wengert.lower.context import Context
from wengert.lower.homes import plain_name
from wengert.lower.scope import Copy
from wengert.program.statements import Block, Statement, Storage
from wengert.program.traverse import blocks, made, walk, writes

__all__ = ["refuse_visible_copies"]


class _Places:
    """The position of every statement, and the loops and blocks around it."""

    def __init__(self, body: Block) -> None:
        self.position: dict[int, int] = {}
        self.around: dict[int, tuple[int, ...]] = {}
        self.allocated: dict[Storage, tuple[int, ...]] = {}
        self.statements: list[Statement] = []
        self._enter(body, ())

    def _enter(self, body: Block, around: tuple[int, ...]) -> None:
        for statement in body:
            self.position[id(statement)] = len(self.statements)
            self.around[id(statement)] = around
            self.statements.append(statement)
            storage = made(statement)
            if storage is not None:
                self.allocated[storage] = around
            nested = blocks(statement)
            is_loop = len(nested) > 0 and type(statement).__name__ in ("For", "While")
            for inner in nested:
                self._enter(inner, (*around, id(statement)) if is_loop else around)


def refuse_visible_copies(
    context: Context, body: Block, writes: Callable[[Statement], Iterable[Storage]] = writes
) -> None:
    """Raise where an array is written after a copy of it was made that Python would not make.

    `writes`: what a statement writes, of calls too.
    """
    if all(copy.source is None for copy in context.copies):
        return
    places = _Places(body)
    copying = {id(one) for copy in context.copies for outer in copy.statements for one in walk((outer,))}
    homes: dict[Storage, set[Storage]] = {}
    for copy in context.copies:
        homes.setdefault(copy.origin, set()).add(copy.home)
    for copy in context.copies:
        start = next((one for one in copy.statements if id(one) in places.position), None)
        if copy.source is None or start is None:  # made while a loop's types were still being found
            continue
        one_array = _reached(homes, copy.home, copy.source)
        for statement in places.statements:
            written = {context.roots.get(storage, storage) for storage in writes(statement)}
            if id(statement) in copying or not written & one_array:
                continue
            after = places.position[id(statement)] > places.position[id(start)]
            shared = set(places.around[id(statement)]) & set(places.around[id(start)])
            lasting = shared - set(places.allocated.get(copy.home, ())) - set(places.allocated.get(copy.source, ()))
            if after or lasting:
                _refuse(copy, statement)


def _reached(homes: dict[Storage, set[Storage]], *storages: Storage) -> set[Storage]:
    """The storages, and those that copies of them went to: what Python may hold in one array."""
    found: set[Storage] = set()
    ahead = list(storages)
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += homes.get(one, ())
    return found


def _refuse(copy: Copy, statement: Statement) -> None:
    name = plain_name(copy.name)
    line = "" if statement.where is None else f" (line {statement.where.line})"
    reason = f"`{name}` is one of several arrays, depending on the path, and one of them is updated in place{line}"
    raise NotAcceptedError(caret(copy.where, 0, reason, f"Assign a copy: `{name} = ....copy()`."))
