"""Functions as values: nested functions, methods of values, and what a function sees outside itself.

What goes in: a function object or the tree of a nested function. What comes out: how to read it: its tree, its
defaults, and what its free names stand for. What holds: a nested function sees the variables around it as they are
when it is called.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from wengert.lower.captures import Reference, capture
from wengert.lower.context import Context, Frame
from wengert.lower.scope import Scope, read, scope_of
from wengert.lower.source import FunctionNode
from wengert.lower.values import Abstract, Static

__all__ = ["Bound", "LocalFunction", "Method", "is_library", "may_write", "outside_of"]

_LIBRARIES = ("numpy", "scipy", "math", "cmath", "builtins", "operator")
_BUILTINS = Reference(vars(builtins))
_WRITING_METHODS = ("fill", "sort", "put", "partition", "resize", "itemset", "append", "extend", "at", "shuffle")


@dataclass(frozen=True, slots=True, eq=False)
class LocalFunction:
    """A function or lambda defined in the source being read."""

    node: FunctionNode
    scope: Scope
    frame: Frame
    defaults: tuple[Abstract, ...]
    keyword_defaults: tuple[Abstract | None, ...]

    @property
    def name(self) -> str:
        """What a traceback calls it."""
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name

    @staticmethod
    def made(context: Context, node: FunctionNode, evaluate: Callable[[Context, ast.expr], Abstract]) -> LocalFunction:
        """The function that a `def` or a `lambda` makes here."""
        defaults = tuple(evaluate(context, one) for one in node.args.defaults)
        keywords = tuple(None if one is None else evaluate(context, one) for one in node.args.kw_defaults)
        return LocalFunction(node, scope_of(context), context.frames[-1], defaults, keywords)

    def outside(self, context: Context, name: str) -> Abstract | None:
        """What a free name of the function stands for."""
        variable = self.scope.env.get(name)
        if variable is not None:
            return read(context, dict(self.scope.env), name, variable)
        return None if name in self.scope.locals else self.scope.outside(context, name)


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A function with its first arguments, made by `functools.partial` in the source being read."""

    function: Abstract
    arguments: tuple[Abstract, ...]
    keywords: dict[str, Abstract]


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """`base.name` where the base is a list, a dict or a dataclass and the name is a method's."""

    name: str
    base: Abstract
    function: FunctionType | None = None


def outside_of(function: FunctionType) -> Callable[[Context, str], Abstract | None]:
    """What the names that a function takes from outside stand for."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    is_own = function.__globals__.get("__name__", "").split(".")[0] == "wengert"

    def found(context: Context, name: str) -> Abstract | None:
        if name in cells:
            try:
                value = cells[name].cell_contents
            except ValueError:  # not assigned yet
                return None
            return capture(context, value, Reference(cells[name]).step("attribute", "cell_contents"), name)
        namespace = Reference(function.__globals__)
        if name in namespace.root:
            return capture(context, namespace.root[name], None if is_own else namespace.step("item", name), name)
        if not hasattr(builtins, name):
            return None
        if not is_own:  # a global may hide it later, or it may be replaced
            context.captures.guard(namespace.step("contains", name), False)
        return capture(context, getattr(builtins, name), None if is_own else _BUILTINS.step("item", name), name)

    return found


def is_library(value: Any) -> bool:
    """Whether a callable is Python's, NumPy's or SciPy's own."""
    module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    if isinstance(value, FunctionType) and module in (None, "builtins"):  # made by exec
        return False
    return (module or "builtins").split(".")[0] in _LIBRARIES


def may_write(context: Context, node: ast.AST) -> bool:
    """Whether evaluating an expression might write an array: it calls a user's function, or a method that writes."""
    return any(
        isinstance(one, ast.NamedExpr) or (isinstance(one, ast.Call) and _writes(context, one))
        for one in ast.walk(node)
    )


def _writes(context: Context, node: ast.Call) -> bool:
    if any(keyword.arg == "out" for keyword in node.keywords):
        return True
    function = node.func
    if isinstance(function, ast.Attribute):
        if function.attr in _WRITING_METHODS:
            return True
        while isinstance(function, ast.Attribute):
            function = function.value
        if not isinstance(function, ast.Name):
            return False
    if not isinstance(function, ast.Name):
        return True
    variable = scope_of(context).env.get(function.id)
    found = variable.value if variable is not None else None
    if variable is None and function.id not in scope_of(context).locals:
        found = scope_of(context).outside(context, function.id)
    if not isinstance(found, Static):
        return isinstance(node.func, ast.Name)
    return not is_library(found.value)
