"""Calls: which function is called, with what, and its body read in place.

What goes in: the tree of a call, or a callable and its arguments. What comes out: the result. What holds: a user's
function is inlined, with variables of its own, unless it calls itself and the depth is not decided while the program
is made: see `recursion`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from wengert.errors import is_own_file
from wengert.lower import arrays
from wengert.lower.captures import Reference, capture, is_plain
from wengert.lower.context import Context, Frame, RecursionFoundError
from wengert.lower.expressions import evaluate, held, several
from wengert.lower.functions import Bound, LocalFunction, Method, is_library, outside_of
from wengert.lower.liveness import Liveness, assigned
from wengert.lower.recursion import call_recursive
from wengert.lower.scope import RETURNED, Scope, Variable, assign_name, settled
from wengert.lower.source import FunctionNode, find_source
from wengert.lower.values import Abstract, Lazy, Record, Scalar, Static, View
from wengert.lower.values import Sequence as Items

__all__ = ["call_value", "evaluate_call", "inline", "lower_into"]

# A recursion that goes so deep while the program is made goes on while it runs, or would make too long a program.
_DEEPEST = 64
_DEEPEST_IN_LOOPS = 4


def evaluate_call(context: Context, node: ast.Call) -> Abstract:
    """A call in the source."""
    from wengert.lower import python_calls

    special = python_calls.special_form(context, node)
    if special is not None:
        return special
    later: list[ast.AST] = [*node.args, *(keyword.value for keyword in node.keywords)]
    if isinstance(node.func, ast.Attribute):
        base = held(context, evaluate(context, node.func.value), later)
        if isinstance(base, (View, Lazy, Scalar)):
            arguments, keywords = _arguments(context, node)
            context.at(node)
            return arrays.call_method(context, base, node.func.attr, arguments, keywords)
        if isinstance(base, (Items, Record)):
            changed = python_calls.change_by_method(context, node, base)
            if changed is not None:
                return changed
        from wengert.lower.attributes import attribute

        context.at(node)
        function = attribute(context, base, node.func.attr)
    else:
        function = evaluate(context, node.func)
    arguments, keywords = _arguments(context, node)
    context.at(node)
    return call_value(context, function, arguments, keywords)


def _arguments(context: Context, node: ast.Call) -> tuple[list[Abstract], dict[str, Abstract]]:
    from wengert.lower import python_calls

    nodes = [keyword.value for keyword in node.keywords]
    positional: list[Abstract] = []
    for number, argument in enumerate(node.args):
        rest = [*node.args[number + 1 :], *nodes]
        positional += [held(context, one, rest) for one in several(context, [argument])]
    keywords: dict[str, Abstract] = {}
    for number, keyword in enumerate(node.keywords):
        value = held(context, evaluate(context, keyword.value), nodes[number + 1 :])
        if keyword.arg is not None:
            keywords[keyword.arg] = value
            continue
        value = python_calls.as_record(context, value)
        context.refuse_unless(isinstance(value, Record) and value.cls is dict, "`**` takes a dict of known form")
        assert isinstance(value, Record)
        keywords.update(zip(value.names, value.items, strict=True))
    return positional, keywords


_COMPILED_MODULES = ("wengert.library", "wengert.rules", "wengert.ops")  # of wengert's own
_REMEDIES = {
    "checkpointed_loop": "Write it as a loop; or call the compiled function in the step of the checkpointed loop.",
    "checkpoint": "Call it outside of the compiled function, which may call the function that it returns.",
}


def call_value(
    context: Context, function: Abstract, arguments: Sequence[Abstract], keywords: Mapping[str, Abstract]
) -> Abstract:
    """The result of calling a value."""
    from wengert.lower import python_calls

    if not isinstance(function, Static):
        context.refuse("this is not a function")
    called = function.value
    positional, named = list(arguments), dict(keywords)
    match called:
        case LocalFunction():
            return _inline_local(context, called, positional, named)
        case Method():
            defined: Any = called.function
            if defined is None:
                return python_calls.call_method(context, called, positional, named)
            return inline(context, defined, [called.base, *positional], named)
        case functools.partial():
            origin = context.captures.origin(called)
            args, given_keywords = origin.step("attribute", "args"), origin.step("attribute", "keywords")
            first = [capture(context, one, args.step("item", k), "argument") for k, one in enumerate(called.args)]
            given = {
                key: capture(context, one, given_keywords.step("item", key), key)
                for key, one in called.keywords.items()
            }
            context.captures.guard(origin.step("attribute", "func"), called.func)
            return call_value(context, Static(called.func), [*first, *positional], {**given, **named})
        case MethodType():
            owner = capture(context, called.__self__, context.captures.origin(called.__self__), "self")
            return call_value(context, Static(called.__func__), [owner, *positional], named)
        case Bound():
            return call_value(context, called.function, [*called.arguments, *positional], {**called.keywords, **named})
    known = python_calls.call_builtin(context, called, positional, named)
    if known is not None:
        return known
    if is_library(called) or isinstance(called, BuiltinFunctionType):
        return _call_library(context, called, positional, named)
    return _call_user(context, called, positional, named)


def _call_library(context: Context, called: Any, positional: list[Abstract], named: dict[str, Abstract]) -> Abstract:
    """A function of NumPy, SciPy or Python. On text and the like, Python computes it now if it only computes."""
    values = [*positional, *named.values()]
    plain = all(isinstance(one, Static) and is_plain(one.value) and not _is_number(one.value) for one in values)
    if values and plain and (called in _PURE or isinstance(getattr(called, "__self__", None), (str, bytes))):
        try:
            found = called(*(one.value for one in positional), **{k: v.value for k, v in named.items()})  # type: ignore[union-attr]
        except (TypeError, ValueError, AttributeError) as error:
            context.refuse(f"{type(error).__name__}: {error}")
        return capture(context, found, None, "t")
    return arrays.call(context, called, positional, named)


_PURE = (str, repr, ascii, ord, len, issubclass, set, frozenset, bytes, hash)


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, complex))


def _call_user(context: Context, called: Any, positional: list[Abstract], named: dict[str, Abstract]) -> Abstract:
    if arrays.knows(called):
        return arrays.call(context, called, positional, named)
    inner = "py_func" if hasattr(called, "py_func") else "function"  # a numba.njit function, or a compiled one
    if inner == "py_func" or type(called).__module__ == "wengert.compiled":
        context.captures.guard(context.captures.origin(called).step("attribute", inner), getattr(called, inner))
        called = getattr(called, inner)
    elif type(called).__module__ == "wengert.custom":
        context.refuse(
            f"`{called.__name__}` has derivative rules of its own", "Call it outside of the compiled function."
        )
    if isinstance(called, FunctionType):
        _refuse_own(context, called)
        return inline(context, called, positional, named)
    if isinstance(called, type):
        context.refuse(f"making a {called.__name__} is not compiled", "Pass it in as an argument.")
    method = vars(type(called)).get("__call__")
    if isinstance(method, FunctionType):
        context.captures.guard(Reference(type(called)).step("attribute", "__call__"), method)
        return inline(context, method, [Static(called), *positional], named)
    return arrays.call(context, called, positional, named)


def _refuse_own(context: Context, called: FunctionType) -> None:
    """Refuse wengert's own functions, and those that they return, where a user's function calls them."""
    module = called.__globals__.get("__name__", "")
    if not is_own_file(called.__code__.co_filename) or module.startswith(_COMPILED_MODULES):
        return
    name = called.__code__.co_qualname.split(".")[0]
    if context.frames:
        remedy = _REMEDIES.get(name, "Call it outside of the compiled function.")
        context.refuse(f"wengert's `{name}` inside a compiled function", remedy)
    remedy = f"Compile the function that it is given: wg.{name}(wg.jit(f), ...)."
    context.refuse(f"wengert's `{name}` is not compiled", remedy)


# Inlining.


def inline(
    context: Context, function: FunctionType, arguments: Sequence[Abstract], keywords: Mapping[str, Abstract]
) -> Abstract:
    """The result of a call of a Python function, whose body is read in place."""
    source = find_source(function)
    if source is None:
        context.refuse(
            f"the source of {function.__qualname__} cannot be read, or is not what runs",
            "Define it in a file, and import it again after a change.",
        )
    origin = Reference(function)
    context.captures.guard(origin.step("attribute", "__code__"), function.__code__)
    defaults = [
        capture(context, value, origin.step("attribute", "__defaults__").step("item", number), "default")
        for number, value in enumerate(function.__defaults__ or ())
    ]
    given = function.__kwdefaults__ or {}
    keyword_defaults = [
        capture(context, given[one.arg], origin.step("attribute", "__kwdefaults__").step("item", one.arg), one.arg)
        if one.arg in given
        else None
        for one in source.node.args.kwonlyargs
    ]
    frame = Frame(source.filename, source.name, caller=context.caller_of(source.filename))
    scope = Scope(source.name, _locals(source.node), _liveness(source.node), outside_of(function), node=source.node)
    variables = _bind(context, source.node, defaults, keyword_defaults, list(arguments), dict(keywords))
    return _run(context, source.node, function, frame, scope, variables)


def _inline_local(
    context: Context, function: LocalFunction, arguments: list[Abstract], keywords: dict[str, Abstract]
) -> Abstract:
    node = function.node
    name = f"{function.frame.function}.<locals>.{function.name}"
    frame = replace(function.frame, function=name)
    scope = Scope(name, _locals(node), _liveness(node), function.outside, node=node)
    defaults = (list(function.defaults), list(function.keyword_defaults))
    return _run(context, node, function, frame, scope, _bind(context, node, *defaults, arguments, keywords))


def lower_into(
    context: Context, function: Callable[..., Any], arguments: Sequence[Abstract], keywords: Mapping[str, Abstract]
) -> Abstract:
    """Inline a call of a Python function on abstract values into the current builder."""
    if not context.scopes:
        for value in (*arguments, *keywords.values()):
            if isinstance(value, View):
                context.captures.outside.add(value.storage)
    assert isinstance(function, FunctionType)
    return inline(context, function, arguments, keywords)


@functools.lru_cache(maxsize=1024)
def _locals(node: FunctionNode) -> frozenset[str]:
    arguments = node.args
    names = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    names |= {one.arg for one in (arguments.vararg, arguments.kwarg) if one is not None}
    if isinstance(node, ast.FunctionDef):
        stored = assigned(node.body)
        bound = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        other = {one for statement in ast.walk(node) for one in _binders(statement)}
        names |= stored & (bound | other)
    return frozenset(names)


def _binders(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    return [(node.asname or node.name).split(".")[0]] if isinstance(node, ast.alias) else []


@functools.lru_cache(maxsize=1024)
def _liveness(node: FunctionNode) -> Liveness:
    return Liveness([] if isinstance(node, ast.Lambda) else node.body)


def _bind(
    context: Context,
    node: FunctionNode,
    defaults: Sequence[Abstract],
    keyword_defaults: Sequence[Abstract | None],
    arguments: list[Abstract],
    keywords: dict[str, Abstract],
) -> dict[str, Abstract]:
    """The parameters of a call, by Python's rules."""
    called = getattr(node, "name", "<lambda>")
    positional = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    found = dict(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
    found.update(
        {one.arg: value for one, value in zip(node.args.kwonlyargs, keyword_defaults, strict=True) if value is not None}
    )
    given = dict(zip(positional, arguments, strict=False))
    rest = tuple(arguments[len(positional) :])
    context.refuse_unless(
        not rest or node.args.vararg is not None,
        f"{called}() takes {len(positional)} positional arguments but {len(arguments)} were given",
    )
    accepted = {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}
    extra: dict[str, Abstract] = {}
    for name, value in keywords.items():
        context.refuse_unless(name not in given, f"{called}() got multiple values for argument '{name}'")
        if name in accepted:
            given[name] = value
        elif node.args.kwarg is not None:
            extra[name] = value
        else:
            context.refuse(f"{called}() got an unexpected keyword argument '{name}'")
    found.update(given)
    missing = [name for name in (*positional, *(one.arg for one in node.args.kwonlyargs)) if name not in found]
    context.refuse_unless(not missing, f"{called}() missing the arguments {', '.join(missing)}")
    if node.args.vararg is not None:
        found[node.args.vararg.arg] = Items(rest)
    if node.args.kwarg is not None:
        found[node.args.kwarg.arg] = Record(dict, tuple(extra), tuple(extra.values()))
    return found


def _run(
    context: Context,
    node: FunctionNode,
    function: object,
    frame: Frame,
    scope: Scope,
    variables: Mapping[str, Abstract],
) -> Abstract:
    variables = {name: settled(context, value, name) for name, value in variables.items()}
    if node in context.recursive:
        body = partial(_read_body, context, node)
        return call_recursive(context, node, function, frame, scope, variables, body)
    same = [one for one in context.scopes if one.node is node]
    deepest = _DEEPEST_IN_LOOPS if any(one.loops for one in same) else _DEEPEST
    if len(same) >= deepest or any(one.arms for one in same):
        raise RecursionFoundError(node)
    outer = context.node
    context.frames.append(frame)
    context.scopes.append(scope)
    try:
        for name, value in variables.items():
            assign_name(context, name, value)
        scope.env[RETURNED] = Variable(Static(False))
        return _read_body(context, node)
    finally:
        context.scopes.pop()
        context.frames.pop()
        if outer is not None:
            context.at(outer)


def _read_body(context: Context, node: FunctionNode) -> Abstract:
    from wengert.lower.blocks import lower_body

    return evaluate(context, node.body) if isinstance(node, ast.Lambda) else lower_body(context, node)
