"""Finds the syntax tree of a function that exists.

What goes in: a Python function. What comes out: its `def` or `lambda` in the tree of the file it was defined in, or
`None`. What holds: the text that was parsed, compiled now, gives the very code that the function runs; so a file that
has changed since it was imported is not read. Of a function at the margin of a file only its own lines are parsed,
since files are long; where those alone do not give its code, the whole file is.
"""

from __future__ import annotations
import __future__

import ast
import functools
import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from wengert.codes import WRITTEN

__all__ = ["FunctionNode", "Source", "find_source"]

FunctionNode = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Source:
    """Where a function was read: its tree, its file, and its qualified name."""

    node: FunctionNode
    filename: str
    name: str


@functools.lru_cache(maxsize=64)
def _parse(text: str, filename: str) -> tuple[ast.Module, tuple[CodeType, ...]] | None:
    """The tree of a file and all code objects in it."""
    try:
        tree = ast.parse(text, filename)
        return tree, tuple(_codes(compile(tree, filename, "exec", dont_inherit=True)))
    except (SyntaxError, RecursionError):  # a file that has changed since it was imported, or is nested too deeply
        return None


_FUTURE = functools.reduce(int.__or__, (getattr(__future__, one).compiler_flag for one in __future__.all_feature_names))


def _last_line(code: CodeType) -> int:
    """The last line with an instruction of a function or of one inside it."""
    lines = [last for _, last, _, _ in code.co_positions() if last is not None]
    inner = [_last_line(one) for one in code.co_consts if isinstance(one, CodeType)]
    return max([code.co_firstlineno, *lines, *inner])


def _imports(lines: Sequence[str]) -> Iterator[str]:
    """The imports at the margin, since methods of what is imported are compiled otherwise; empty lines for the rest.

    Those of `__future__` are in the flags of the code.
    """
    inside = False
    for line in lines:
        inside = inside or (line.startswith(("import ", "from ")) and not line.startswith("from __future__"))
        yield line if inside else "\n"
        inside = inside and ("(" in line or line[:1].isspace()) and ")" not in line


def _own_definition(code: CodeType, lines: Sequence[str]) -> FunctionNode | None:
    """The `def` of a function at the margin, from its own lines, if they give its code."""
    first, last = code.co_firstlineno - 1, _last_line(code)
    if code.co_name != code.co_qualname or code.co_name == "<lambda>" or last > len(lines):
        return None
    while last < len(lines) and (lines[last][:1].isspace() or lines[last][:1] in (")", "]", "}", "#")):
        last += 1
    text = "".join([*_imports(lines[:first]), *lines[first:last]])
    try:
        tree = ast.parse(text, code.co_filename)
        module = compile(tree, code.co_filename, "exec", code.co_flags & _FUTURE, dont_inherit=True)
    except SyntaxError:
        return None
    node = tree.body[-1] if tree.body else None
    if not isinstance(node, ast.FunctionDef) or _first_line(node) != code.co_firstlineno:
        return None
    compiled = [one for one in module.co_consts if isinstance(one, CodeType) and one.co_name == code.co_name]
    return node if any(_same_code(code, one) for one in compiled) else None


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _same_constant(first: Any, second: Any) -> bool:
    if isinstance(first, CodeType) and isinstance(second, CodeType):
        return _same_code(first, second)
    if isinstance(first, frozenset) and isinstance(second, frozenset):
        return {(type(one), one) for one in first} == {(type(one), one) for one in second}
    return type(first) is type(second) and repr(first) == repr(second)


def _same_code(first: CodeType, second: CodeType) -> bool:
    """Whether two code objects do the same."""
    return (
        first.co_code == second.co_code
        and first.co_names == second.co_names
        and first.co_varnames == second.co_varnames
        and first.co_freevars == second.co_freevars
        and len(first.co_consts) == len(second.co_consts)
        and all(map(_same_constant, first.co_consts, second.co_consts))
    )


def _first_line(node: FunctionNode) -> int:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return decorators[0].lineno if decorators else node.lineno


def _holds_code(node: ast.Lambda, code: CodeType) -> bool:
    """Whether the places of the code's instructions lie in the lambda's body: tells lambdas of one line apart."""
    body = node.body
    assert body.end_lineno is not None
    assert body.end_col_offset is not None
    end = (body.end_lineno, body.end_col_offset)
    for first_line, last_line, first_column, last_column in code.co_positions():
        if None in (first_line, last_line, first_column, last_column):
            continue
        assert first_line is not None
        assert last_line is not None
        if first_line == last_line and first_column == last_column == 0:  # the instruction that starts the code
            continue
        if (first_line, first_column) < (body.lineno, body.col_offset) or (last_line, last_column) > end:
            return False
    return True


@functools.lru_cache(maxsize=512)
def _find(code: CodeType, lines: tuple[str, ...]) -> FunctionNode | None:
    own = _own_definition(code, lines)
    if own is not None:
        return own
    parsed = _parse("".join(lines), code.co_filename)
    if parsed is None:
        return None
    tree, codes = parsed
    rewritten = any(name.startswith("@py_") for name in code.co_varnames)  # assertions, by pytest
    like = [one for one in codes if one.co_name == code.co_name and one.co_firstlineno == code.co_firstlineno]
    if not rewritten and not any(_same_code(code, one) for one in like):
        return None
    found: FunctionNode | None = None
    for node in ast.walk(tree):  # a lambda inside another comes after it, and is the one if both hold the code
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)) or _first_line(node) != code.co_firstlineno:
            continue
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        if name == code.co_name and (not isinstance(node, ast.Lambda) or _holds_code(node, code)):
            found = node
    return found


def find_source(function: FunctionType) -> Source | None:
    """The source of a function, or `None` where it cannot be had or is not what runs."""
    code = function.__code__
    if code in WRITTEN:  # defined while the function around it was recorded
        code = WRITTEN[code]() or code
    linecache.checkcache(code.co_filename)
    lines = tuple(linecache.getlines(code.co_filename, function.__globals__))
    node = _find(code, lines) if lines else None
    return None if node is None else Source(node, code.co_filename, code.co_qualname)
