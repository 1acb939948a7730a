"""What a function can reach without being given it: recorded values, random generators, variables of closures.

What goes in: a function and the values it is called with. What comes out: the recorded arrays and the generators found
in closures, defaults, the globals that its source names, attributes, and containers of these, each once. What holds:
libraries are not searched. What is not found cannot go wrong unseen: a recorded value that a checkpointed function uses
without its having been found is an error, and so is a result that comes out differently.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from wengert import tree
from wengert.checkpointing.randomness import is_generator
from wengert.tape.array import RecordedArray

__all__ = ["Reachable", "search"]

_SIMPLE = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    type(None),
    type,
    ModuleType,
    BuiltinFunctionType,
    np.generic,
    np.ufunc,
)
_LIBRARIES = frozenset({"numpy", "scipy", "wengert"}) | sys.stdlib_module_names


@dataclass
class Reachable:
    """The recorded arrays, the generators and the cells of closures, with what was in these when they were found."""

    arrays: list[RecordedArray] = field(default_factory=list)
    generators: list[Any] = field(default_factory=list)
    cells: list[tuple[CellType, Any]] = field(default_factory=list)


def _is_library(value: Any) -> bool:
    module = getattr(value, "__module__", None) or ""
    return module.partition(".")[0] in _LIBRARIES


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _snapshot(contents: Any) -> Any:
    """What is in a variable, safe from later changes of the lists and dicts in it; the values in these are the same."""
    if type(contents) not in (list, dict):
        return contents
    leaves, structure = tree.flatten(contents)
    return tree.unflatten(structure, leaves)


class _Search:
    def __init__(self) -> None:
        self.found = Reachable()
        self._seen: dict[int, Any] = {}  # the values are kept, so that no other gets the identity of one

    def visit(self, value: Any) -> None:
        if type(value) in (float, int) or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        kind = type(value)
        if issubclass(kind, RecordedArray):  # `isinstance` would ask for the class of the plain value
            self.found.arrays.append(value)
        elif is_generator(value):
            self.found.generators.append(value)
        elif issubclass(kind, (list, tuple, set, frozenset)):
            for item in value:
                self.visit(item)
        elif issubclass(kind, dict):
            for item in value.values():
                self.visit(item)
        elif issubclass(kind, np.ndarray):
            for item in value.flat if value.dtype.hasobject else ():
                self.visit(item)
        elif not issubclass(kind, _SIMPLE):
            self._visit_object(value)

    def _visit_object(self, value: Any) -> None:
        if isinstance(value, FunctionType):
            self._visit_function(value)
        elif isinstance(value, MethodType):
            self.visit(value.__self__)
            self.visit(value.__func__)
        elif isinstance(value, functools.partial):
            self.visit((value.func, value.args, value.keywords))
        else:
            python_function = getattr(value, "py_func", None) or getattr(value, "__wrapped__", None)
            if isinstance(python_function, FunctionType):
                self.visit(python_function)
            if _is_library(type(value)):
                return
            for cls in type(value).__mro__:
                if not _is_library(cls):
                    self.visit([one for one in vars(cls).values() if isinstance(one, FunctionType)])  # its methods
            self.visit(getattr(value, "__dict__", None))
            for name in (name for cls in type(value).__mro__ for name in _slots(cls)):
                self.visit(getattr(value, name, None))

    def _visit_function(self, function: FunctionType) -> None:
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is not None:
            self.visit(wrapped)
        for cell in function.__closure__ or ():
            contents = _contents(cell)
            if not _is_library(function) and contents is not None:
                self.found.cells.append((cell, _snapshot(contents)))
            self.visit(contents)
        if _is_library(function):
            return
        self.visit(function.__defaults__)
        self.visit(function.__kwdefaults__)
        for name in set(_names(function.__code__)):
            if name in function.__globals__:
                self.visit(function.__globals__[name])


def _slots(cls: type) -> tuple[str, ...]:
    found = cls.__dict__.get("__slots__", ())
    return (found,) if isinstance(found, str) else tuple(found)


def search(function: Any, values: Any) -> Reachable:
    """What `function` can reach when it is called with a container of `values`; what is in these comes first."""
    searching = _Search()
    searching.visit(values)
    searching.visit(function)
    return searching.found
