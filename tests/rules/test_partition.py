"""Every public NumPy function is in exactly one class, and rules use only operations that are in one.

The classes: ruled (`TABLE`, or `COMPOSITES` by functions that are), non-differentiable with the reason (`CONSTANT`),
and unsupported with the reason (`UNSUPPORTED`).
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest

from wengert.ops.public import public_functions
from wengert.ops.table import COMPOSITES, CONSTANT, TABLE, UNSUPPORTED, operation_name
from wengert.tape.array import RecordedArray

PUBLIC = public_functions()
CLASSES: dict[str, dict[Any, Any]] = {
    "ruled": TABLE,
    "composite": COMPOSITES,
    "non-differentiable": CONSTANT,
    "unsupported": UNSUPPORTED,
}
# Functions of NumPy that are not public functions of values: they take and return numbers of axes.
METADATA_MODULES = ("numpy.lib.array_utils", "numpy.lib._array_utils_impl")
FUNCTION_TYPES = (FunctionType, BuiltinFunctionType, np.ufunc, type(np.sum))


def test_every_public_function_has_a_class() -> None:
    """Complete over the installed NumPy."""
    missing = [name for name, function in PUBLIC.items() if not any(function in one for one in CLASSES.values())]
    assert missing == []


def test_no_function_has_two_classes() -> None:
    """Disjoint: what a call of a function does is said in one place."""
    every = {function for one in CLASSES.values() for function in one}
    twice = [function for function in every if sum(function in one for one in CLASSES.values()) > 1]
    assert twice == []


def exists(function: Callable[..., Any]) -> bool:
    """Whether a function is found under the name that error messages call it by."""
    module, _, name = operation_name(function).rpartition(".")
    return callable(getattr(importlib.import_module(module), name, None))


def test_every_entry_exists() -> None:
    """Each function that has a class is public in NumPy, or found where its name says: our own, SciPy's, Python's."""
    public = set(PUBLIC.values())
    entries = [function for one in CLASSES.values() for function in one if function not in public]
    assert [function for function in entries if not exists(function)] == []


@pytest.mark.parametrize("name", ["non-differentiable", "unsupported"])
def test_every_reason_is_a_phrase(name: str) -> None:
    """A reason stands in an error message, so it is a phrase that says something."""
    for function, reason in CLASSES[name].items():
        assert len(reason.split()) >= 2, function
        assert reason == reason.strip().rstrip("."), function


# What the bodies of rules and composites use.


def is_own(function: Any) -> bool:
    return inspect.isfunction(function) and function.__module__.startswith("wengert.rules.")


def rule_functions() -> list[Callable[..., Any]]:
    """Rules and composites, and the functions of `wengert.rules` that these call, except the bodies of operations."""
    found: dict[Callable[..., Any], None] = {}
    waiting = [rule.function for operation in TABLE.values() for rule in operation.rules.values()]
    waiting += COMPOSITES.values()
    while waiting:
        function = waiting.pop()
        if function in found or not is_own(function) or function in TABLE:
            continue
        found[function] = None
        waiting += [library_object(names, function.__globals__) for names, _ in outermost_chains(function)]
    return list(found)


@functools.cache
def tree_of(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def source_of(function: Callable[..., Any]) -> ast.FunctionDef:
    """The definition of a function in the source of its module."""
    module = importlib.import_module(function.__module__)
    line = function.__code__.co_firstlineno
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first <= line <= node.lineno:
                return node
    raise LookupError(function)


def chain(node: ast.expr) -> list[str]:
    """The names of `np.linalg.solve`, outermost first; empty where it does not start with a name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def library_object(names: list[str], namespace: dict[str, Any]) -> Any:
    """What a chain of names that starts at a module stands for, as far as a ufunc; None if it starts elsewhere."""
    found = namespace.get(names[0]) if names else None
    if not isinstance(found, ModuleType):
        return found if isinstance(found, FUNCTION_TYPES) else None
    for name in names[1:]:
        found = getattr(found, name)
        if isinstance(found, np.ufunc):
            break
    return found


def outermost_chains(function: Callable[..., Any]) -> Iterator[tuple[list[str], ast.expr]]:
    """Each name and each chain of attributes in the body of a function."""
    waiting: list[ast.AST] = list(source_of(function).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Name, ast.Attribute)) and chain(node):
            yield chain(node), node
        else:
            waiting.extend(ast.iter_child_nodes(node))


# They make plain arrays: rules and composites use them on indices and options. Of a recorded value they refuse to.
MAKERS = {np.array, np.asarray, np.asanyarray}


def is_closed(found: Any) -> bool:
    """Whether recorded values may meet this: what is not a function of values, or one that has a class."""
    if not isinstance(found, FUNCTION_TYPES):
        return True
    module = str(getattr(found, "__module__", ""))
    if not isinstance(found, np.ufunc) and (not module.startswith(("numpy", "scipy")) or module in METADATA_MODULES):
        return True
    return any(found in one for one in (TABLE, COMPOSITES, CONSTANT, MAKERS & UNSUPPORTED.keys()))


@pytest.mark.parametrize(
    "function",
    rule_functions(),
    ids=lambda function: f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}",
)
def test_rules_use_operations_of_the_partition(function: Callable[..., Any]) -> None:
    """So that derivatives nest to any order: a rule records itself by what it is made of."""
    used = {".".join(names): library_object(names, function.__globals__) for names, _ in outermost_chains(function)}
    assert sorted(name for name, found in used.items() if not is_closed(found)) == []


# Methods and attributes of values that are not arrays: of lists, dicts, strings, sets, slices, flags, types and ufuncs.
OF_PYTHON_VALUES = {
    *("append", "extend", "insert", "items", "keys", "values", "get", "index", "count", "join", "split", "replace"),
    *("startswith", "endswith", "removeprefix", "removesuffix", "strip", "pop", "update", "add", "setdefault"),
    *("kind", "type", "char", "name", "eps", "tiny", "lower", "upper", "isalpha", "isdigit", "__name__", "find"),
    *("fromkeys", "union", "indices", "fnc", "reduce"),
}


@pytest.mark.parametrize(
    "function",
    rule_functions(),
    ids=lambda function: f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}",
)
def test_rules_use_attributes_that_recorded_arrays_have(function: Callable[..., Any]) -> None:
    """Methods of arrays in rules (`.astype`, `.reshape`) are methods of recorded arrays too."""
    used = {
        node.attr
        for statement in source_of(function).body
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and not is_of_module(node, function.__globals__)
    }
    assert sorted(name for name in used - OF_PYTHON_VALUES if not hasattr(RecordedArray, name)) == []


def is_of_module(node: ast.Attribute, namespace: dict[str, Any]) -> bool:
    """Whether an attribute is of a module, or of what a module holds: `math.prod`, `np.linalg.solve`, `np.add.at`."""
    base: ast.expr = node
    while isinstance(base, ast.Attribute):
        base = base.value
    return isinstance(base, ast.Name) and isinstance(namespace.get(base.id), ModuleType)
