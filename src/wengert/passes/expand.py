"""Operations on arrays become loops: an `Apply` of the library is replaced by its implementation.

What goes in: a program. What comes out: one in which only those operations are left that have machine code of their
own. What holds: an implementation is a Python function of `wengert.library` over the outputs and the inputs, lowered
for the dtypes, ranks and options of each statement; a failing check names the line of the user's statement.
"""

from __future__ import annotations

from dataclasses import replace

from wengert.errors import SourceLocation
from wengert.library import LIBRARY
from wengert.lower import lower_into
from wengert.lower.context import Context
from wengert.lower.values import Abstract, Scalar, Static, View
from wengert.program.builder import Builder
from wengert.program.sections import view_of
from wengert.program.statements import Apply, Block, For, If, Operand, Program, Section, While

__all__ = ["expand_operations"]


def expand_operations(program: Program) -> Program:
    """The program with the operations of the library written out."""
    return replace(program, body=_expanded(program.body))
