"""The tree of a function is the one in its file, with its places, whether or not the whole file is parsed."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import linecache
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import wengert.lower.shaping
import wengert.rules.elementwise
import wengert.rules.reductions
from wengert.lower.source import find_source

_TEXT = '''"""Text at the margin:
import abc
"""
from __future__ import annotations
import math as m
from os import (
    path,
    sep,
)

def decorated(function):
    return function

@decorated
def uses_imports(x: Undefined, y=(
    1,
)) -> float:
    """Its own text.
at the margin."""
    def inner(z):
        return m.sin(z) + path.getsize(sep)
    if x:
        pass
    # a comment

# another
    return inner(x) + len("""
text""")
# the last

def closes_at_the_margin(x):
    return (x +
1
)

if True:
    def indented(x):
        return x

late = lambda x: x + 1
'''


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    """A module with functions that end in every way."""
    path = tmp_path / "functions.py"
    path.write_text(_TEXT, encoding="utf-8")
    return _load(path)


def _node(function: FunctionType) -> str:
    found = find_source(function)
    assert found is not None
    return ast.dump(found.node, include_attributes=True)


def _in_whole_file(function: FunctionType) -> str:
    lines = linecache.getlines(function.__code__.co_filename)
    for node in ast.walk(ast.parse("".join(lines))):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            if (decorators[0] if decorators else node).lineno == function.__code__.co_firstlineno:
                return ast.dump(node, include_attributes=True)
    raise AssertionError("not in its file")


@pytest.mark.parametrize("name", ["decorated", "uses_imports", "closes_at_the_margin", "indented", "late"])
def test_a_function_is_found_as_in_the_whole_file(module: ModuleType, name: str) -> None:
    """Whatever its lines look like, its tree and places are those in the tree of the file."""
    function = getattr(module, name)
    assert _node(function) == _in_whole_file(function)


@pytest.mark.parametrize("of", [wengert.rules.elementwise, wengert.rules.reductions, wengert.lower.shaping])
def test_all_functions_of_a_module_are_found_as_in_the_whole_file(of: ModuleType) -> None:
    """The rules of the table, among others, are read from their own lines."""
    functions = [one for _, one in inspect.getmembers(of, inspect.isfunction) if one.__module__ == of.__name__]
    assert functions
    for function in functions:
        original = inspect.unwrap(function)
        if original.__code__.co_filename == of.__file__:
            assert _node(original) == _in_whole_file(original)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("m.sin(z)", "m.cos(z)"),
        ("import math as m\n", ""),
        ("return function\n", "return function\n\n"),
        ("+ len", "+ ("),
    ],
)
def test_a_function_whose_file_has_changed_is_not_read(module: ModuleType, old: str, new: str) -> None:
    """Neither its body, nor what it imports, nor its place may be another, and it must be whole."""
    path = Path(module.uses_imports.__code__.co_filename)
    path.write_text(_TEXT.replace(old, new), encoding="utf-8")
    assert find_source(module.uses_imports) is None


def test_a_change_elsewhere_in_the_file_does_not_matter(module: ModuleType) -> None:
    """A function that still stands where it stood is read, even if what follows is not Python any more."""
    path = Path(module.uses_imports.__code__.co_filename)
    expected = _node(module.uses_imports)
    path.write_text(_TEXT.replace("if True:", "if True"), encoding="utf-8")
    assert _node(module.uses_imports) == expected
