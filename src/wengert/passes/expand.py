"""Operations on arrays become loops: an `Apply` of the library is replaced by its implementation.

What goes in: a program. What comes out: one in which only those operations are left that have machine code of their
own. What holds: an implementation is a Python function of `wengert.library` over the outputs and the inputs, lowered
for the dtypes, ranks and options of each statement; a failing check names the line of the user's statement.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

from wengert.errors import SourceLocation
from wengert.library import IMPLEMENTATIONS
from wengert.lower import lower_into
from wengert.lower.applying import view_of
from wengert.lower.arrays import assign
from wengert.lower.context import Context
from wengert.lower.values import Scalar, Static, View
from wengert.program.builder import Builder
from wengert.program.operations import MACHINE_CODE, operation_of
from wengert.program.statements import Apply, Block, Operand, Program, Section, Statement
from wengert.program.traverse import blocks, rebuild, walk_program

__all__ = ["expand_operations"]


_OWN = "wengert.rules."


def _is_expanded(statement: Statement) -> bool:
    """Whether the library has the operation, or it is one of our own without machine code: then its source is used."""
    if not isinstance(statement, Apply):
        return False
    key = statement.function
    return key in IMPLEMENTATIONS or (key.startswith(_OWN) and key not in MACHINE_CODE)


def expand_operations(program: Program) -> Program:
    """The program with the operations of the library written out."""
    if not any(_is_expanded(one) for one in walk_program(program)):
        return program
    functions = tuple([replace(one, body=_expanded(one.body)) for one in program.functions])
    return replace(program, body=_expanded(program.body), functions=functions)


def _expanded(block: Block) -> Block:
    found: Block = ()
    for statement in block:
        if isinstance(statement, Apply) and _is_expanded(statement):
            found += _expanded(_implementation(statement))
        elif blocks(statement):
            found += (rebuild(statement, _same, _same, _expanded),)
        else:
            found += (statement,)
    return found


def _implementation(statement: Apply) -> Block:
    """The statements of an implementation, as if they stood where the operation does."""
    context = Context(Builder())
    outputs = [view_of(one, one.storage, one.axes) for one in statement.outputs]
    inputs = [_argument(one) for one in statement.inputs]
    options = {name: Static(value) for name, value in statement.statics}
    implementation = IMPLEMENTATIONS.get(statement.function)
    if implementation is not None:
        lower_into(context, implementation, [*outputs, *inputs], options)
    else:
        source = inspect.unwrap(operation_of(statement.function).function)
        assign(context, outputs[0], lower_into(context, source, inputs, options))
    return _placed(context.builder.finish(), statement.where)


def _argument(one: Section | Operand) -> View | Scalar:
    return view_of(one, one.storage, one.axes) if isinstance(one, Section) else Scalar(one, weak=False)


def _placed(block: Block, where: SourceLocation | None) -> Block:
    """The block with another place in the source."""

    def nested(inner: Block) -> Block:
        return _placed(inner, where)

    return tuple(replace(rebuild(one, _same, _same, nested), where=where) for one in block)


def _same(one: Any) -> Any:
    return one
