"""The front end's entry: a Python function and the types of its arguments become a program.

What goes in: a function and argument types (`arguments`). What comes out: `Lowered`: the program, how its results
make the Python result, which arrays it updates, and what it took from outside. What holds: the program does on values
of these types what the function does, or the function is refused with the line and the reason.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.errors import NotAcceptedError, SourceLocation, caret
from wengert.lower.arguments import ArgumentType, make_parameters
from wengert.lower.calling import call_value
from wengert.lower.captures import Captured, Guard
from wengert.lower.context import Context, PeelingError, RecursionFoundError, UnrollingError
from wengert.lower.lifting import Effects, lifted
from wengert.lower.results import Result, flatten_result
from wengert.lower.sharing import refuse_visible_copies
from wengert.lower.values import Static
from wengert.program.builder import Builder
from wengert.program.statements import Array, Parameter, Program, Storage
from wengert.program.traverse import walk, writes

__all__ = ["Lowered", "lower_function"]


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """A program made from a function.

    The program's parameters are the arguments' leaves (`leaves[k]`: the leaf of parameter k; aliases have none), then
    the captured arrays. `written`: the leaves whose arrays the program updates in place.
    """

    program: Program
    result: Result
    leaves: tuple[int, ...]
    written: tuple[int, ...]
    captured: tuple[Captured, ...]
    guards: tuple[Guard, ...]


def lower_function(
    function: Callable[..., Any],
    arguments: Sequence[ArgumentType],
    keywords: Mapping[str, ArgumentType] | None = None,
) -> Lowered:
    """The program of a function on arguments of these types.

    Leaves are numbered through the positional arguments and then the keywords, in the order given.

    Raises:
        NotAcceptedError: the source has something that is not compiled.
    """
    recursive: frozenset[ast.AST] = frozenset()
    while True:
        try:
            return _lowered(function, arguments, keywords or {}, recursive)
        except RecursionFoundError as found:
            recursive |= {found.node}


def _lowered(
    function: Callable[..., Any],
    arguments: Sequence[ArgumentType],
    keywords: Mapping[str, ArgumentType],
    recursive: frozenset[ast.AST],
) -> Lowered:
    context = Context(Builder(), recursive=recursive)
    names = _names(function, len(arguments))
    leaves, values = make_parameters(context, [*names, *keywords], [*arguments, *keywords.values()])
    outside = {leaf.storage: number for number, leaf in enumerate(leaves) if isinstance(leaf, Array)}
    context.captures.outside.update(outside)
    positional, named = values[: len(arguments)], dict(zip(keywords, values[len(arguments) :], strict=True))
    try:
        value = call_value(context, Static(function), positional, named)
    except RecursionError:
        raise NotAcceptedError(_too_deep(context, function)) from None
    except (UnrollingError, PeelingError) as error:
        raise NotAcceptedError(*error.args) from None
    result, results = flatten_result(context, value, outside)
    body = context.builder.finish()
    effects = Effects(context)
    for one in (body, *(draft.body for draft in context.drafts)):
        refuse_visible_copies(context, one, effects.writes)
    body, functions, stacks = lifted(context, body, effects)
    captured = tuple(one for _, one in context.captures.arrays.values())
    given = [(number, leaf) for number, leaf in enumerate(leaves) if leaf is not None]
    parameters: list[Parameter] = [leaf for _, leaf in given]
    parameters += [one.parameter for one in captured]
    name = getattr(function, "__name__", "function")
    program = Program(name, tuple(parameters), body, tuple(results), stacks, functions)
    written = _written(context, program, outside, captured)
    guards = tuple(context.captures.guards.values())
    return Lowered(program, result, tuple(number for number, _ in given), written, captured, guards)


def _too_deep(context: Context, function: Callable[..., Any]) -> str:
    code, where = getattr(function, "__code__", None), context.builder.where
    name = getattr(function, "__qualname__", repr(function))
    if where is None and code is not None:
        where = SourceLocation(code.co_filename, code.co_firstlineno, name)
    reason = f"`{name}` has calls or expressions that are nested too deeply"
    return caret(where, 0, reason, "Write a loop, or name parts of the expression.")


def _names(function: Callable[..., Any], count: int) -> list[str]:
    """Names for the arguments, for the printed program."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        found = []
    names = [one.name for one in found if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)][:count]
    return names + [f"argument{number}" for number in range(len(names), count)]


def _written(
    context: Context, program: Program, outside: Mapping[Storage, int], captured: tuple[Captured, ...]
) -> tuple[int, ...]:
    """The leaves that are updated in place. Arrays from outside the arguments must not be."""
    theirs = {one.parameter.storage for one in captured}
    found: set[int] = set()
    for statement in walk(program.body):
        for storage in writes(statement):
            root = context.roots.get(storage, storage)
            if root in outside:
                found.add(outside[root])
            if root in theirs:
                raise NotAcceptedError(
                    caret(
                        statement.where,
                        0,
                        f"`{root.hint}` is an array from outside the function, which is updated here",
                        "Pass it in as an argument.",
                    )
                )
    return tuple(sorted(found))
