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
from wengert.program.traverse import walk

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


def _column(where: SourceLocation | None) -> int:
    """Where on its line a call or an operator stands that makes whole numbers."""
    if where is None:
        return 0
    line = linecache.getline(where.filename, where.line)
    indent = len(line) - len(line.lstrip())
    try:
        tree = ast.parse("".join(linecache.getlines(where.filename)))
    except (SyntaxError, RecursionError):
        return indent
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr) and node.lineno == where.line]
    return min((node.col_offset for node in nodes if _is_whole(node)), default=indent)


def _is_whole(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        called = node.func
        name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
        return name in _CALLS
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv)


def program_cuts(program: Program, wrt: Sequence[int]) -> Iterator[Cut]:
    """The cuts of a program, by the positions of the inputs that are differentiated."""
    index = index_program(program)
    inputs = [one for one in program.parameters if not (isinstance(one, Array) and one.output)]
    chosen: list[Carrier] = [one.storage if isinstance(one, Array) else one for one in (inputs[i] for i in wrt)]
    varied, _ = reached(index, chosen, ())
    for statement in walk(program.body):
        if isinstance(statement, Bind) and _is_cut(statement, varied):
            yield Cut(statement.where, _column(statement.where))
