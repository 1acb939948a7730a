"""The state of one lowering: the builder, the place in the user's source, and how to refuse what is not accepted."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from wengert.errors import NotAcceptedError, SourceLocation, caret, is_own_file
from wengert.lower.captures import Captures
from wengert.program.builder import Builder
from wengert.program.statements import Operand, Statement, Storage, Value

if TYPE_CHECKING:
    from wengert.lower.recursion import Draft, Recursion
    from wengert.lower.scope import Copy, Scope

__all__ = [
    "Context",
    "Frame",
    "PeelingError",
    "RecursionFoundError",
    "UnknownResultError",
    "UnrollingError",
]


class UnrollingError(NotAcceptedError):
    """Something must be known when the program is made: unrolling the loop around it may help."""


class PeelingError(NotAcceptedError):
    """A variable is a number before a loop and an array after an iteration: lowering the first one apart may help."""


class RecursionFoundError(Exception):
    """A function calls itself, how often is decided when the program runs: lower all again, not reading it in place."""

    def __init__(self, node: ast.AST) -> None:
        self.node = node


class UnknownResultError(Exception):
    """A path needs the result of a recursion of which nothing is known yet."""

    def __init__(self, recursion: Recursion) -> None:
        self.recursion = recursion


@dataclass(slots=True)
class Frame:
    """One user function being read: its file and name, and how far its source was indented and shifted.

    `line_offset` is added to the line numbers of the syntax tree, `column_offset` to its columns. `caller`: the place
    of the call, and its column, for a function of wengert's own that a user's function calls: what a user is told.
    """

    filename: str
    function: str
    line_offset: int = 0
    column_offset: int = 0
    caller: tuple[SourceLocation, int] | None = None


@dataclass(slots=True)
class Context:
    """What the functions of this folder pass to one another. `node` is the syntax that is being lowered.

    What is known of integers: `ranges` of the counters of open loops (start, stop, step), taken out when the loop is
    closed; `not_negative`, values that are sizes; `not_one`, sizes of parameters that are not 1. With the block in
    which it holds: `below`, values that lie between 0 and a bound, itself excluded; `equal`, pairs of sizes that were
    checked to be equal; `checked`, what an index into an axis of a size became when it was checked.
    `in_range`: storages of indices that are in range of a size, and are never written again.
    `roots`: the storages that are another name (a `Reshape`) of the one given.
    `scopes`: the functions being read, as `frames`, with their variables. `captures`: what is taken from outside.
    `unrolls`: for each open loop of the program whether it could be unrolled instead.
    `copies`: storages that Python would share where the program copies.
    `recursive`: the functions that are not read in place; `recursions`: those being read; `drafts`: those read;
    `unknown`: the recursion whose result was needed last before anything was known of it.
    """

    builder: Builder
    frames: list[Frame] = field(default_factory=list)
    node: ast.AST | None = None
    ranges: dict[Value, tuple[Operand, Operand, int]] = field(default_factory=dict)
    not_negative: set[Value] = field(default_factory=set)
    not_one: set[Value] = field(default_factory=set)
    below: dict[Value, list[tuple[Operand, list[Statement]]]] = field(default_factory=dict)
    equal: list[tuple[frozenset[Operand], list[Statement]]] = field(default_factory=list)
    checked: dict[tuple[Operand, Operand], list[tuple[Operand, list[Statement]]]] = field(default_factory=dict)
    in_range: dict[Storage, Operand] = field(default_factory=dict)
    roots: dict[Storage, Storage] = field(default_factory=dict)
    scopes: list[Scope] = field(default_factory=list)
    captures: Captures = field(default_factory=Captures)
    unrolls: list[bool] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    recursive: frozenset[ast.AST] = frozenset()
    recursions: list[Recursion] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    unknown: Recursion | None = None

    def location(self) -> SourceLocation | None:
        """Where the syntax being lowered stands, in the user's own source if it is called from there."""
        place = self._place()
        return None if place is None else place[0]

    def _place(self) -> tuple[SourceLocation, int] | None:
        """The location, and the column."""
        if not self.frames or self.node is None or not hasattr(self.node, "lineno"):
            return None
        frame = self.frames[-1]
        if frame.caller is not None:
            return frame.caller
        column = getattr(self.node, "col_offset", 0) + frame.column_offset
        return SourceLocation(frame.filename, self.node.lineno + frame.line_offset, frame.function), column

    def caller_of(self, filename: str) -> tuple[SourceLocation, int] | None:
        """What `Frame.caller` is for a function of this file, called now."""
        return self._place() if is_own_file(filename) else None

    def at(self, node: ast.AST) -> None:
        """Lower `node` next: statements made from now on carry its place."""
        self.node = node
        self.builder.where = self.location()

    def refuse(self, reason: str, remedy: str = "", kind: type[NotAcceptedError] = NotAcceptedError) -> NoReturn:
        """Refuse the syntax being lowered, with the line, a caret, the reason and what to write instead."""
        location, column = self._place() or (None, 0)
        raise kind(caret(location, column, reason, remedy))

    def refuse_unless(self, holds: Any, reason: str, remedy: str = "") -> None:
        """`refuse` where a condition does not hold."""
        if not holds:
            self.refuse(reason, remedy)
