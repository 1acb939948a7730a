"""Perfect nests of order-free loops around straight-line code, and computing their values again at other places.

What goes in: a loop. What comes out: a `Nest`, or `None` where it is none. What holds: all loops have step 1 and bounds
that do not change within the nest; between the loops stand pure statements only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wengert.program.builder import Builder, integer
from wengert.program.statements import Accumulate, Bind, Block, For, Load, Operand, Statement, Store, Value
from wengert.program.traverse import bound, operands

__all__ = ["Nest", "compute_again", "moved", "nest_of", "rebuilt", "slice_for"]


@dataclass(frozen=True)
class Nest:
    """Loops, outermost first; the statements of each before the next one; of the last, its body."""

    loops: tuple[For, ...]
    levels: tuple[Block, ...]

    @property
    def body(self) -> Block:
        """The body of the innermost loop."""
        return self.levels[-1]

    @property
    def statements(self) -> list[Statement]:
        """All but the loops, in the order in which they run."""
        return [one for level in self.levels for one in level]


def nest_of(loop: For) -> Nest | None:
    """The nest whose outermost loop this is."""
    loops, levels = [loop], []
    while True:
        *before, last = loops[-1].body or (None,)
        if not loops[-1].order_free or loops[-1].step != 1 or last is None:
            return None
        if not isinstance(last, For):
            break
        if not all(isinstance(one, Bind | Load) for one in before):
            return None
        levels.append(tuple(before))
        loops.append(last)
    if not all(isinstance(one, Bind | Load | Store | Accumulate) for one in loops[-1].body):
        return None
    nest = Nest(tuple(loops), (*levels, loops[-1].body))
    changing = {one.counter for one in loops} | {bound(one) for one in nest.statements}
    if any(one.start in changing or one.stop in changing for one in loops):
        return None
    return nest


def rebuilt(nest: Nest, levels: Sequence[Sequence[Statement]]) -> For:
    """The nest with other statements between and inside its loops."""
    inner: tuple[Statement, ...] = ()
    for loop, level in zip(reversed(nest.loops), reversed(levels), strict=True):
        inner = (replace(loop, body=(*level, *inner)),)
    (outermost,) = inner
    assert isinstance(outermost, For)
    return outermost


def slice_for(statements: Sequence[Statement], wanted: Iterable[Operand]) -> list[Statement]:
    """Those of the statements that compute the operands wanted, in order."""
    needed = {one for one in wanted if isinstance(one, Value)}
    found: list[Statement] = []
    for statement in reversed(statements):
        value = bound(statement)
        if value is not None and value in needed:
            found.append(statement)
            needed.update(one for one in operands(statement) if isinstance(one, Value))
    return found[::-1]


def compute_again(builder: Builder, statements: Iterable[Statement], known: dict[Operand, Operand]) -> None:
    """Repeat pure statements with other operands. `known` says which at first, and what they gave in the end."""
    for statement in statements:
        given = [known.get(one, one) for one in operands(statement)]
        value = bound(statement)
        assert value is not None
        builder.where = statement.where
        if isinstance(statement, Load):
            known[value] = builder.load(statement.storage, given, value.hint)
        else:
            assert isinstance(statement, Bind)
            known[value] = builder.bind(statement.function, *given, dtype=value.dtype, hint=value.hint)


def moved(builder: Builder, operand: Operand, distance: int) -> Operand:
    """The integer `operand + distance`."""
    if distance == 0:
        return operand
    return builder.bind("add" if distance > 0 else "subtract", operand, integer(abs(distance)), hint="i")
