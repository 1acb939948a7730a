"""Statements: assignments, branches, loops, exits, and the refusal of what has no meaning in a program.

What goes in: the syntax tree of a function's body. What comes out: its program, in the builder, and its variables, in
the scope. What holds: the statements after an `if` of which one path leaves are lowered into the other path, so early
exits need no flag; where both paths may go on, they are lowered under a test of the flags that the exits set.
"""

from __future__ import annotations

import ast
import builtins
import sys
import warnings
from collections.abc import Sequence
from functools import partial

import numpy as np

from wengert.errors import UnsupportedOperationError
from wengert.lower import arrays
from wengert.lower.attributes import attribute
from wengert.lower.context import Context
from wengert.lower.expressions import apply_binary, condition, evaluate, held, index_items, operator_name, text
from wengert.lower.functions import LocalFunction
from wengert.lower.loops import leave
from wengert.lower.scope import (
    BROKEN,
    EXITS,
    RAISED,
    RETURN,
    RETURNED,
    SKIPPED,
    Arm,
    Variable,
    assign_name,
    branch,
    exit_state,
    merge,
    note_left,
    read,
    read_name,
    run_arm,
    scope_of,
    settled,
)
from wengert.lower.source import FunctionNode
from wengert.lower.subscripts import item_of, with_item
from wengert.lower.targets import assign_targets, change_container
from wengert.lower.values import Abstract, Lazy, Record, Static, View
from wengert.lower.values import Sequence as Items
from wengert.program.statements import Bind, Constant, Load, Operand

__all__ = ["lower_block", "lower_body"]

_FLAGS = {RETURN, RETURNED, BROKEN, SKIPPED}


def lower_body(context: Context, node: FunctionNode) -> Abstract:
    """The body of a function: what it returns."""
    assert isinstance(node, ast.FunctionDef)
    scope = scope_of(context)
    lower_block(context, node.body, {RETURN, RETURNED})
    context.at(node)
    _end_unless_left(context)
    result = scope.env.get(RETURN)
    return Static(None) if result is None else read(context, scope.env, RETURN, result)


def _end_unless_left(context: Context) -> None:
    """Where the end of the body is reached, the function returns `None`."""
    state = exit_state(context)
    if state is False:
        _return(context, None)
    elif state is None:
        branch(context, _left(context), partial(note_left, context, True), partial(_return, context, None), {RETURN})


def _left(context: Context) -> Operand:
    """Whether this path has left the block, as the flags say when the program runs."""
    env = scope_of(context).env
    found: Operand = Constant(False, "bool")
    for name in EXITS:
        if name in env:
            value = read(context, env, name, env[name])
            flag = Constant(bool(value.value), "bool") if isinstance(value, Static) else value.operand  # type: ignore[union-attr]
            found = context.builder.bind("logical_or", found, flag)
    return found


def lower_block(context: Context, body: Sequence[ast.stmt], live: set[str]) -> None:
    """Statements one after the other. `live`: what may be read when the block has ended."""
    for number, one in enumerate(body):
        rest, statement = body[number + 1 :], _with_paths(context, one)
        if isinstance(statement, ast.If):
            if _lower_if(context, statement, rest, live):
                return
        else:
            _lower_statement(context, statement)
        state = exit_state(context)
        if state is True or not rest:
            return
        if state is None:
            _unless_left(context, rest, live)
            return


def _with_paths(context: Context, node: ast.stmt) -> ast.stmt:
    """A statement, or `return a if c else b` as a branch, where the paths need not meet."""
    if not (isinstance(node, ast.Return) and isinstance(node.value, ast.IfExp)) or scope_of(context).give is None:
        return node
    ways: list[ast.stmt] = [ast.copy_location(ast.Return(one), one) for one in (node.value.body, node.value.orelse)]
    return ast.copy_location(ast.If(node.value.test, ways[:1], ways[1:]), node)


def _unless_left(context: Context, rest: Sequence[ast.stmt], live: set[str]) -> None:
    """The statements that follow, under a test of the flags."""

    def go_on() -> None:
        note_left(context, False)
        lower_block(context, rest, live)

    branch(context, _left(context), partial(note_left, context, True), go_on, live)


def _live_after(context: Context, statement: ast.stmt, rest: Sequence[ast.stmt], live: set[str]) -> set[str]:
    """What may be read after a statement."""
    scope = scope_of(context)
    return scope.liveness.after.get(statement, set(scope.env)) | (_FLAGS if rest else live & _FLAGS)


def _lower_if(context: Context, node: ast.If, rest: Sequence[ast.stmt], live: set[str]) -> bool:
    """An `if`, and the rest of the block if one of its paths leaves it. Whether the rest is done."""
    found = condition(context, node.test)
    context.at(node)
    if isinstance(found, Constant):
        lower_block(context, node.body if found.value else node.orelse, _live_after(context, node, rest, live))
        return False
    if len(node.body) == 1 and isinstance(node.body[0], ast.Raise) and not node.orelse:
        _raise_if(context, node.body[0], found)
        return False
    after = _live_after(context, node, rest, live)
    first = run_arm(context, lambda: lower_block(context, node.body, after))
    second = run_arm(context, lambda: lower_block(context, node.orelse, after))
    nested = False
    for arm, other in ((first, second), (second, first)):
        if arm.exited is True and other.exited is not True and rest:
            _resume(context, other, rest, live)
            nested = True
    context.at(node)
    merge(context, found, first, second, live if nested else after)
    return nested


def _resume(context: Context, arm: Arm, rest: Sequence[ast.stmt], live: set[str]) -> None:
    """Go on with the rest of the block inside a path."""

    def go_on() -> None:
        if arm.exited is None:
            _unless_left(context, rest, live)
        else:
            lower_block(context, rest, live)

    resumed = run_arm(context, go_on, arm)
    arm.env, arm.exited = resumed.env, resumed.exited


def _lower_statement(context: Context, node: ast.stmt) -> None:
    context.at(node)
    match node:
        case ast.Assign(targets=targets, value=value):
            assign_targets(context, targets, evaluate(context, value))
        case ast.AnnAssign(target=target, value=value):
            if value is not None:
                assign_targets(context, [target], evaluate(context, value))
        case ast.AugAssign():
            _augmented(context, node)
        case ast.Expr(value=value):
            if not isinstance(value, ast.Constant):
                evaluate(context, value)
        case ast.For() | ast.While():
            from wengert.lower.loop_statements import lower_for, lower_while

            lower_for(context, node) if isinstance(node, ast.For) else lower_while(context, node)
        case ast.Return(value=value):
            _return(context, value)
        case ast.Break() | ast.Continue():
            assign_name(context, BROKEN if isinstance(node, ast.Break) else SKIPPED, Static(True))
            _leave_loop(context)
        case ast.Raise():
            _raise_if(context, node, Constant(True, "bool"))
            assign_name(context, RAISED, Static(True))
        case ast.Assert(test=test, msg=message):
            _assert(context, node, test, message)
        case ast.Pass():
            pass
        case _:
            _lower_other(context, node)


def _lower_other(context: Context, node: ast.stmt) -> None:
    match node:
        case ast.FunctionDef(name=name):
            context.refuse_unless(not node.decorator_list, "decorators of nested functions are not compiled")
            assign_name(context, name, Static(LocalFunction.made(context, node, evaluate)))
        case ast.Delete(targets=targets):
            for target in targets:
                context.refuse_unless(isinstance(target, ast.Name), "`del` of an element is not compiled")
                assert isinstance(target, ast.Name)
                scope_of(context).env.pop(target.id, None)
        case ast.With():
            _with(context, node)
        case ast.Import() | ast.ImportFrom():
            _import(context, node)
        case ast.Try() | ast.TryStar():
            context.refuse("`try` is not compiled", "Test for the condition with `if` before.")
        case ast.Global() | ast.Nonlocal():
            context.refuse("variables outside the function are not assigned", "Pass them in and return them.")
        case ast.ClassDef():
            context.refuse("classes are not defined in compiled functions", "Define the class outside.")
        case ast.Match():
            context.refuse("`match` is not compiled", "Use `if` and `elif`.")
        case _:
            context.refuse(f"this statement ({type(node).__name__}) is not compiled")


def _augmented(context: Context, node: ast.AugAssign) -> None:
    """`target op= value`: in place for arrays, a new value for numbers and lists."""
    name = operator_name(node.op)
    match node.target:
        case ast.Name(target):
            old = read_name(context, target)
            value = evaluate(context, node.value)
            context.at(node)
            if isinstance(old, View) and name != "matmul":
                arrays.update_item(context, old, (Ellipsis,), name, value)
            elif isinstance(old, Items) and old.mutable:
                context.refuse_unless(name == "add", "lists are extended by `+=` only")
                assert isinstance(value, Items)
                change_container(context, node.target, old, Items(old.items + value.items, mutable=True))
            else:
                assign_name(context, target, apply_binary(context, node.op, old, value))
        case ast.Subscript(base, index):
            found = held(context, evaluate(context, base), [index, node.value])
            items = index_items(context, index)
            value = evaluate(context, node.value)
            context.at(node)
            if isinstance(found, (Items, Record)):
                item = item_of(context, found, items)
                if isinstance(item, View):
                    arrays.update_item(context, item, (Ellipsis,), name, value)
                    return
                changed = settled(context, apply_binary(context, node.op, item, value), "item")
                change_container(context, base, found, with_item(context, found, items, changed))
            else:
                arrays.update_item(context, found, items, name, value)
        case ast.Attribute():
            old = evaluate(context, node.target)
            value = evaluate(context, node.value)
            context.at(node)
            if isinstance(old, View):
                arrays.update_item(context, old, (Ellipsis,), name, value)
            else:
                assign_targets(context, [node.target], apply_binary(context, node.op, old, value))


# Exits.


def _leave_loop(context: Context) -> None:
    loops = scope_of(context).loops
    if loops:
        leave(context, loops[-1])


def _return(context: Context, node: ast.expr | None) -> None:
    scope = scope_of(context)
    value: Abstract = Static(None) if node is None else evaluate(context, node)
    if scope.give is not None:
        value = scope.give(value)
    if isinstance(value, Lazy) and not scope.loops and not scope.arms:
        scope.env[RETURN] = Variable(value)  # used once, by the caller: no storage is needed
    else:
        assign_name(context, RETURN, value)
    assign_name(context, RETURNED, Static(True))
    _leave_loop(context)


def _raise_if(context: Context, node: ast.Raise, found: Operand) -> None:
    """`if found: raise ...`."""
    context.at(node)
    builder = context.builder
    context.refuse_unless(node.exc is not None, "a bare `raise` is not compiled")
    assert node.exc is not None
    called, arguments = (node.exc.func, node.exc.args) if isinstance(node.exc, ast.Call) else (node.exc, [])
    kind = evaluate(context, called)
    exception = kind.value if isinstance(kind, Static) else None
    known = isinstance(exception, type) and getattr(builtins, exception.__name__, None) is exception
    known = known or exception in (np.linalg.LinAlgError, UnsupportedOperationError)
    context.refuse_unless(known, "only Python's own exceptions are raised by compiled functions", "Use ValueError.")
    assert isinstance(exception, type)
    with builder.block() as making:
        template, operands = text(context, arguments[0]) if arguments else ("", [])
    context.at(node)
    fails = builder.bind("logical_not", found)
    if all(isinstance(statement, (Bind, Load)) for statement in making):
        builder.append_all(making)
        builder.check(fails, exception.__name__, template, *operands)
        return
    with builder.block(making):
        builder.check(Constant(False, "bool"), exception.__name__, template, *operands)
    builder.branch(found, making)


def _assert(context: Context, node: ast.Assert, test: ast.expr, message: ast.expr | None) -> None:
    holds = condition(context, test)
    if isinstance(holds, Constant) and holds.value:
        return
    template, operands = ("", []) if message is None else text(context, message)
    context.at(node)
    context.builder.check(holds, "AssertionError", template, *operands)
    if isinstance(holds, Constant):
        assign_name(context, RAISED, Static(True))


# Others.


def _with(context: Context, node: ast.With) -> None:
    """`with np.errstate(...)` and `warnings.catch_warnings()`: about values they say nothing, unless they raise."""
    for item in node.items:
        call = item.context_expr
        function = evaluate(context, call.func) if isinstance(call, ast.Call) else Static(None)
        context.at(call)
        known = isinstance(function, Static) and function.value in (np.errstate, warnings.catch_warnings)
        silent = known and item.optional_vars is None
        context.refuse_unless(silent, "`with` is compiled for np.errstate only")
        assert isinstance(call, ast.Call)
        for keyword in call.keywords:
            value = evaluate(context, keyword.value)
            quiet = isinstance(value, Static) and value.value in ("ignore", "warn", "print", False)
            context.refuse_unless(quiet, "np.errstate that raises is not compiled", "Test the values with `if`.")
    lower_block(context, node.body, scope_of(context).liveness.after.get(node, set()) | _FLAGS)


def _import(context: Context, node: ast.Import | ast.ImportFrom) -> None:
    for alias in node.names:
        module = alias.name if isinstance(node, ast.Import) else node.module or ""
        context.refuse_unless(
            module in sys.modules and (isinstance(node, ast.Import) or node.level == 0),
            f"the module {module} is imported inside the function",
            "Import it at the top of the file.",
        )
        found = sys.modules[module]
        if isinstance(node, ast.ImportFrom):
            assign_name(context, alias.asname or alias.name, attribute(context, Static(found), alias.name))
        else:
            top = sys.modules[module.split(".")[0]] if alias.asname is None else found
            assign_name(context, alias.asname or module.split(".")[0], Static(top))
