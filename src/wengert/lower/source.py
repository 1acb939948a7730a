"""Finds the syntax tree of a function that exists.

What goes in: a Python function. What comes out: its `def` or `lambda` in the tree of the file it was defined in, or
`None`. What holds: the file's text, compiled now, gives the very code that the function runs; so a file that has
changed since it was imported is not read.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

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
        return tree, tuple(_codes(compile(text, filename, "exec", dont_inherit=True)))
    except SyntaxError:  # a file that has changed since it was imported
        return None


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


def _holds_code(node: FunctionNode, code: CodeType) -> bool:
    """Whether the places of the code's instructions lie in the function: tells lambdas of one line apart."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    end = (node.end_lineno, node.end_col_offset)
    for first_line, last_line, first_column, last_column in code.co_positions():
        if None in (first_line, last_line, first_column, last_column):
            continue
        assert first_line is not None
        assert last_line is not None
        if first_line == last_line and first_column == last_column == 0:  # the instruction that starts the code
            continue
        if (first_line, first_column) < (node.lineno, node.col_offset) or (last_line, last_column) > end:
            return False
    return True


@functools.lru_cache(maxsize=512)
def _find(code: CodeType, text: str) -> FunctionNode | None:
    parsed = _parse(text, code.co_filename)
    if parsed is None:
        return None
    tree, codes = parsed
    rewritten = any(name.startswith("@py_") for name in code.co_varnames)  # assertions, by pytest
    like = [one for one in codes if one.co_name == code.co_name and one.co_firstlineno == code.co_firstlineno]
    if not rewritten and not any(_same_code(code, one) for one in like):
        return None
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)) or _first_line(node) != code.co_firstlineno:
            continue
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        if name == code.co_name and (not isinstance(node, ast.Lambda) or _holds_code(node, code)):
            return node
    return None


def find_source(function: FunctionType) -> Source | None:
    """The source of a function, or `None` where it cannot be had or is not what runs."""
    code = function.__code__
    linecache.checkcache(code.co_filename)
    text = "".join(linecache.getlines(code.co_filename, function.__globals__))
    node = _find(code, text) if text else None
    return None if node is None else Source(node, code.co_filename, code.co_qualname)
