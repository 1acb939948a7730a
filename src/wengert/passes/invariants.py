"""Loop invariants: moves integer arithmetic that is the same in every iteration out of the loop.

What goes in: a program. What comes out: the program with each such `Bind` before the outermost loop that does not
change it. What holds: only pure functions of integers move, which cannot fail. The analyses then see that the bounds
of inner loops and the sizes of storages are known on entry. Muchnick, *Advanced Compiler Design and Implementation*,
1997, section 13.2.
"""

from __future__ import annotations

from dataclasses import replace

from wengert.program.statements import Bind, Block, For, If, Operand, Program, Statement, While
from wengert.program.traverse import bound

__all__ = ["hoist_invariants"]


def hoist_invariants(program: Program) -> Program:
    """The program with invariant integers moved out of loops."""
    moved, body = _block(program.body, loop=False)
    assert not moved
    return replace(program, body=body)


def _block(block: Block, loop: bool, own: frozenset[Operand] = frozenset()) -> tuple[list[Statement], Block]:
    """What can move out of a block, and the rest. `own`: values that the block's statement binds in it (a counter)."""
    inside: set[Operand] = set(own)
    moved: list[Statement] = []
    kept: list[Statement] = []
    for statement in block:
        for one in _with_nested_moved(statement):
            if loop and _is_movable(one) and not any(operand in inside for operand in one.operands):  # type: ignore[union-attr]
                moved.append(one)
                continue
            kept.append(one)
            value = bound(one)
            if value is not None:
                inside.add(value)
    return moved, tuple(kept)


def _is_movable(statement: Statement) -> bool:
    return (
        isinstance(statement, Bind)
        and statement.value.dtype in ("int64", "bool")
        and all(operand.dtype in ("int64", "bool") for operand in statement.operands)
    )


def _with_nested_moved(statement: Statement) -> list[Statement]:
    """A statement after what could move out of its blocks. Branches let go what they let go of: it is pure."""
    match statement:
        case For(counter=counter, body=body):
            moved, inner = _block(body, True, frozenset([counter]))
            return [*moved, replace(statement, body=inner)]
        case If(then=then, otherwise=otherwise):
            first, inner = _block(then, True)
            second, other = _block(otherwise, True)
            return [*first, *second, replace(statement, then=inner, otherwise=other)]
        case While(test=test, body=body):
            first, inner = _block(test, True)
            tested = {value for one in inner if (value := bound(one)) is not None}
            second, other = _block(body, True, frozenset(tested))
            return [*first, *second, replace(statement, test=inner, body=other)]
        case _:
            return [statement]
