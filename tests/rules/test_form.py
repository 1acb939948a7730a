"""The form of rules, read from their source.

A rule is a top-level function of a module of `wengert.rules`, named `operation_argument`; one that several operations
share has a first part of its own. Its body is assignments to names, one or more returns, and `if` on metadata alone:
ranks, shapes, types, options, and whether an optional argument was given. So what a rule computes does not depend on
values, and it can be recorded, transposed and compiled. It never turns a value into a plain array, and assigns no
elements.

Comprehensions are allowed: they run over a sequence of arguments, or over axes. Calls of other functions of
`wengert.rules` are allowed. Raising an error is allowed under an `if`. Composites are not rules: they are exempt.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy import special

from tests.rules.test_partition import chain, source_of
from wengert.ops.table import TABLE, Operation, Rule, operation_name

# Functions whose result is metadata, whatever their arguments are.
ASKING = {
    *("len", "isinstance", "hasattr", "np.ndim", "np.shape", "np.size", "np.iscomplexobj", "np.isrealobj"),
    *("np.result_type", "np.issubdtype", "np.broadcast_shapes", "np.can_cast", "np.finfo"),
}
ASKING_ATTRIBUTES = {"shape", "ndim", "dtype", "size"}
CONVERTING = {
    "np.array",
    "np.asarray",
    "np.asanyarray",
    "np.ascontiguousarray",
    "np.asfortranarray",
    "float",
    "complex",
}


def rules() -> list[tuple[Operation, Rule, Callable[..., Any]]]:
    """Each rule of our own with one operation that it is for."""
    found = {}
    for operation in TABLE.values():
        for rule in operation.rules.values():
            if rule.function.__module__.startswith("wengert."):
                found.setdefault((rule.function, rule.wrt), (operation, rule, rule.function))
    return list(found.values())


RULES = rules()
IDS = [function.__qualname__ for _, _, function in RULES]


def names_of(function: Callable[..., Any]) -> set[str]:
    """What a rule may call an operation: by any of its names, with or without the name of its module."""
    names = {function.__name__.strip("_"), operation_name(function).replace(".", "_")}
    for module in (np, np.linalg, np.fft, special):
        names |= {name for name in vars(module) if getattr(module, name) is function}
    return names


def users_of(function: Callable[..., Any]) -> list[tuple[Callable[..., Any], str]]:
    """The operations and arguments that a rule is for."""
    return [
        (operation.function, rule.wrt)
        for operation in TABLE.values()
        for rule in operation.rules.values()
        if rule.function is function
    ]


@pytest.mark.parametrize(("operation", "rule", "function"), RULES, ids=IDS)
def test_a_rule_is_a_top_level_function(
    operation: Operation,
    rule: Rule,
    function: Callable[..., Any],
) -> None:
    """It can be imported, read and pointed at by its name."""
    assert function.__globals__.get(function.__name__) is function
    assert function.__qualname__ == function.__name__


@pytest.mark.parametrize(("operation", "rule", "function"), RULES, ids=IDS)
def test_a_rule_is_named_after_operation_and_argument(
    operation: Operation,
    rule: Rule,
    function: Callable[..., Any],
) -> None:
    """`multiply_x1`; where several operations or arguments share a rule, that part of its name is free."""
    uses = users_of(function)
    operations, arguments = {one for one, _ in uses}, {wrt for _, wrt in uses}
    name = function.__name__.strip("_")
    if len(arguments) == 1:
        assert name.endswith(f"_{rule.wrt}")
    assert len(operations) > 1 or name.startswith(tuple(names_of(operations.pop())))


class Form(ast.NodeVisitor):
    """Collects what the body of a rule may not hold."""

    def __init__(self, operation: Operation, rule: Rule, node: ast.FunctionDef) -> None:
        self.violations: list[str] = []
        keyword_only = {argument.arg for argument in node.args.kwonlyargs}
        every = {argument.arg for argument in node.args.args}
        self.values = {name for name in every if name not in operation.constant and not name.endswith("_shape")}
        self.metadata = keyword_only | {name for name in every if name.endswith("_shape")}
        for statement in node.body:
            self.statement(statement)

    def complain(self, node: ast.AST, what: str) -> None:
        self.violations.append(f"{what}: {ast.unparse(node)}")

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                return
            case ast.Assign(targets=[target], value=value):
                self.expression(value)
                self.assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.expression(value)
                self.assign(target, value)
            case ast.Return(value=ast.expr() as value):
                self.expression(value)
            case ast.Raise():
                return
            case ast.If(test=test, body=body, orelse=orelse):
                self.condition(test)
                self.expression(test)
                for inner in (*body, *orelse):
                    self.statement(inner)
            case _:
                self.complain(node, "statement")

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            for one in target.elts:
                self.assign(one, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        elif not isinstance(target, ast.Name):
            self.complain(target, "assignment to elements")
        elif self.is_metadata(value):
            self.metadata.add(target.id)
        else:
            self.metadata.discard(target.id)

    def condition(self, test: ast.expr) -> None:
        if not self.is_metadata(test):
            self.complain(test, "condition on values")

    def expression(self, node: ast.expr) -> None:
        for inner in ast.walk(node):
            match inner:
                case ast.IfExp(test=test) if not self.in_comprehension(node, inner):
                    self.condition(test)
                case ast.Call(func=function, args=args) if ".".join(chain(function)) in CONVERTING:
                    if any(isinstance(one, ast.Name) and one.id in self.values for one in args):
                        self.complain(inner, "conversion of a value")
                case ast.NamedExpr() | ast.Lambda() | ast.Await() | ast.Yield():
                    self.complain(inner, "expression")

    @staticmethod
    def in_comprehension(node: ast.expr, inner: ast.expr) -> bool:
        """Whether `inner` is inside a comprehension: its names are the elements of a sequence."""
        return any(
            one is inner
            for comprehension in ast.walk(node)
            if isinstance(comprehension, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp))
            for one in ast.walk(comprehension)
        )

    def is_metadata(self, node: ast.AST) -> bool:
        """Whether an expression is made of ranks, shapes, types, options and constants alone."""
        match node:
            case ast.Constant() | ast.operator() | ast.unaryop() | ast.boolop() | ast.cmpop() | ast.expr_context():
                return True
            case ast.Name(id=name):
                return name in self.metadata or (name not in self.values and name in ("np", "math", "operator"))
            case ast.Attribute(value=value, attr=attribute):
                return attribute in ASKING_ATTRIBUTES or self.is_metadata(value)
            case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
                return True
            case ast.Call(func=function, args=args, keywords=keywords):
                if ".".join(chain(function)) in ASKING:
                    return True
                of_metadata = isinstance(function, ast.Name) or self.is_metadata(function)
                return of_metadata and all(map(self.is_metadata, (*args, *(one.value for one in keywords))))
            case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
                return self.is_comprehension_of_metadata(node)
            case ast.expr() | ast.comprehension():
                return all(map(self.is_metadata, ast.iter_child_nodes(node)))
        return False

    def is_comprehension_of_metadata(self, node: ast.GeneratorExp | ast.ListComp | ast.SetComp) -> bool:
        if not all(self.is_metadata(one.iter) for one in node.generators):
            return False
        bound = {name.id for one in node.generators for name in ast.walk(one.target) if isinstance(name, ast.Name)}
        before = set(self.metadata)
        self.metadata |= bound
        found = all(map(self.is_metadata, (node.elt, *(test for one in node.generators for test in one.ifs))))
        self.metadata = before
        return found


@pytest.mark.parametrize(("operation", "rule", "function"), RULES, ids=IDS)
def test_a_rule_is_straight_line(operation: Operation, rule: Rule, function: Callable[..., Any]) -> None:
    """Assignments, returns, and `if` on metadata."""
    assert Form(operation, rule, source_of(function)).violations == []


def written(body: str, operation: Operation) -> Iterator[str]:
    """The violations of a rule written out for a test."""
    node = ast.parse(f"def rule(ct, x, x_shape, *, axis):\n    {body}").body[0]
    assert isinstance(node, ast.FunctionDef)
    yield from Form(operation, operation.rules["a"], node).violations


@pytest.mark.parametrize(
    ("body", "ok"),
    [
        ("return ct * 2", True),
        ("return ct if axis is None else -ct", True),
        ("rank = len(x_shape); return ct if rank > 1 else -ct", True),
        ("return ct if np.ndim(x) > 1 and x.dtype.kind == 'c' else -ct", True),
        ("return [ct[i] for i in range(len(x))]", True),
        ("return ct if x > 0 else -ct", False),
        ("rank = np.sum(x); return ct if rank > 1 else -ct", False),
        ("ct[0] = 1; return ct", False),
        ("ct += 1; return ct", False),
        ("return np.asarray(ct)", False),
        ("return float(x) * ct", False),
        ("return (lambda: ct)()", False),
    ],
)
def test_the_check_sees_what_it_should(body: str, ok: bool) -> None:
    """The check itself, on bodies that are right and wrong."""
    assert (not list(written(body, TABLE[np.sum]))) == ok
