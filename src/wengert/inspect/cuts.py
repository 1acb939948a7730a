"""Floats that carry a derivative and become integers in a program of the compile engine, and so in its source.

What goes in: a program and the inputs that are differentiated. What comes out: a `Cut` for each statement that makes a
whole number of a float which depends on them, with its line and column in the user's file. What holds: nothing is run,
so cuts on paths that a call would not take are found too.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wengert.analysis.activity import Carrier, carries, reached
from wengert.analysis.index import index_program
from wengert.errors import SourceLocation
from wengert.program.statements import Array, Bind, Program
from wengert.program.traverse import walk_program

__all__ = ["Cut", "program_cuts"]

_ROUNDING = {"floor", "ceil", "trunc", "rint", "floor_divide"}
_CALLS = {"int", "round", "floor", "ceil", "trunc", "rint", "fix", "around", "astype"}


@dataclass(frozen=True, slots=True)
class Cut:
    """A statement of the source; `column` counts from 0 in its line."""

    where: SourceLocation | None
    column: int


def _is_cut(statement: Bind, varied: set[Carrier]) -> bool:
    operands = [one for one in statement.operands if one in varied and carries(one.dtype)]
    if not operands:
        return False
    to_integer = statement.value.dtype.startswith(("int", "uint"))
    return statement.function in _ROUNDING or (statement.function == "cast" and to_integer)


def _on_line(where: SourceLocation) -> list[ast.expr]:
    """The expressions that begin on a line."""
    try:
        tree = ast.parse("".join(linecache.getlines(where.filename)))
    except (SyntaxError, RecursionError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.expr) and node.lineno == where.line]


def _called(node: ast.expr) -> str:
    """The last part of the name of the function that an expression calls."""
    if not isinstance(node, ast.Call):
        return ""
    called = node.func
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def _is_whole(node: ast.expr) -> bool:
    return _called(node) in _CALLS or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv))


def _cut_at(statement: Bind) -> Cut | None:
    """The cut of a statement, at a call or an operator that makes whole numbers, if there is one on its line.

    The whole part that `modf` takes off is none: the derivative passes through the other.
    """
    where = statement.where
    if where is None:
        return Cut(None, 0)
    nodes = _on_line(where)
    columns = [node.col_offset for node in nodes if _is_whole(node)]
    if not columns and statement.function == "trunc" and any(_called(node) == "modf" for node in nodes):
        return None
    line = linecache.getline(where.filename, where.line)
    return Cut(where, min(columns, default=len(line) - len(line.lstrip())))


def program_cuts(program: Program, wrt: Sequence[int]) -> Iterator[Cut]:
    """The cuts of a program, by the positions of the inputs that are differentiated."""
    inputs = [one for one in program.parameters if not (isinstance(one, Array) and one.output)]
    chosen: list[Carrier] = [one.storage if isinstance(one, Array) else one for one in (inputs[i] for i in wrt)]
    varied, _ = reached(index_program(program), chosen, ())
    for statement in walk_program(program):
        if isinstance(statement, Bind) and _is_cut(statement, varied):
            cut = _cut_at(statement)
            if cut is not None:
                yield cut
