"""Which names a piece of syntax binds, and which names are still read after each statement.

What goes in: the body of a function. What comes out: for each statement the names that may be read after it, and for
each loop the names that may be read when an iteration starts. What holds: a name that is not in such a set is not
read before it is assigned again. Names read by nested functions are always in it.

The sets are the least solution of the usual backward equations (Aho, Lam, Sethi and Ullman: Compilers, section
9.2.5).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Liveness", "assigned", "changed_containers", "contains"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_CHANGES_LIST = ("append", "extend", "insert", "pop", "remove", "clear", "reverse", "sort", "update", "setdefault")


def _base_name(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Subscript, ast.Attribute, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _assigned_below(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, _COMPREHENSIONS):
        yield from (one.target.id for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        name = _base_name(node)
        if name is not None:
            yield name
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES_LIST:
        name = _base_name(node.func)
        if name is not None:
            yield name
    if isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    for child in ast.iter_child_nodes(node):
        yield from _assigned_below(child)


def changed_containers(nodes: Iterable[ast.AST]) -> set[str]:
    """The names whose lists, dicts or objects may be changed below the nodes: by items, attributes or methods."""
    found: set[str | None] = set()
    for node in (one for outer in nodes for one in ast.walk(outer)):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            found.add(_base_name(node))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES_LIST:
            found.add(_base_name(node.func))
    return {name for name in found if name is not None}


def assigned(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that are bound, or whose lists are changed, in this scope below the nodes."""
    return {name for node in nodes for name in _assigned_below(node)}


def contains(nodes: Iterable[ast.AST], kind: type[ast.AST], through_loops: bool) -> bool:
    """Whether a statement of this kind occurs below, outside nested functions (and, if so asked, outside loops)."""
    for node in nodes:
        if isinstance(node, kind):
            return True
        if isinstance(node, _FUNCTIONS):
            continue
        if isinstance(node, (ast.For, ast.While)) and not through_loops:
            if contains(node.orelse, kind, through_loops):
                return True
            continue
        if contains(ast.iter_child_nodes(node), kind, through_loops):
            return True
    return False


def _used(node: ast.AST | None) -> set[str]:
    if node is None:
        return set()
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def _bound_by(target: ast.expr) -> set[str]:
    """The names a target binds anew."""
    if isinstance(target, ast.Name):
        return {target.id}
    if isinstance(target, (ast.Tuple, ast.List)):
        return {name for one in target.elts for name in _bound_by(one)}
    return _bound_by(target.value) if isinstance(target, ast.Starred) else set()


class Liveness:
    """The live names of a function's body: `after` each statement, and at the `head` of each loop.

    `changed`: the names whose lists, dicts or objects the body may change.
    """

    def __init__(self, body: Sequence[ast.stmt]) -> None:
        self.after: dict[ast.stmt, set[str]] = {}
        self.head: dict[ast.stmt, set[str]] = {}
        self.changed = changed_containers(body)
        self._always: set[str] = set()
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, _FUNCTIONS):
                    self._always |= _used(node)
        self._block(body, set(self._always), set(), set())

    def _block(self, body: Sequence[ast.stmt], out: set[str], broken: set[str], again: set[str]) -> set[str]:
        live = out
        for statement in reversed(body):
            self.after[statement] = self.after.get(statement, set()) | live
            live = self._statement(statement, live, broken, again) | self._always
        return live

    def _statement(self, node: ast.stmt, out: set[str], broken: set[str], again: set[str]) -> set[str]:
        match node:
            case ast.If():
                branches = self._block(node.body, out, broken, again) | self._block(node.orelse, out, broken, again)
                return branches | _used(node.test)
            case ast.For() | ast.While():
                return self._loop(node, out, broken, again)
            case ast.With():
                inner = self._block(node.body, out, broken, again)
                return inner.union(*(_used(item.context_expr) for item in node.items))
            case ast.Return() | ast.Raise():
                return _used(node)
            case ast.Break():
                return broken
            case ast.Continue():
                return again
            case ast.Assign():
                bound = set().union(*(_bound_by(target) for target in node.targets))
                return (out - bound) | _used(node)
            case ast.AnnAssign():
                bound = _bound_by(node.target) if node.value is not None else set()
                return (out - bound) | _used(node.value) | _used(node.target)
            case ast.AugAssign():
                return out | _used(node) | _bound_by(node.target)
            case _:
                return out | _used(node)

    def _loop(self, node: ast.For | ast.While, out: set[str], broken: set[str], again: set[str]) -> set[str]:
        ended = self._block(node.orelse, out, broken, again)
        targets = _bound_by(node.target) if isinstance(node, ast.For) else set()
        tested = _used(node.test) if isinstance(node, ast.While) else set()
        head = ended | tested
        while True:
            start = self._block(node.body, head, out, head)
            wider = head | (start - targets)
            if wider == head:
                break
            head = wider
        self.head[node] = head
        return head | (_used(node.iter) if isinstance(node, ast.For) else set())
