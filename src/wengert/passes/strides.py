"""Which accesses jump from row to row when a loop runs innermost.

What goes in: the statements of an innermost loop. What comes out: how often that happens, and how often it would if
another loop ran innermost. What holds: an access jumps unless it stays where it is, or moves by one along the last
axis, as the counter does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from wengert.analysis.affine import affine
from wengert.analysis.index import Index
from wengert.program.statements import Accumulate, For, Load, Operand, Store, Value
from wengert.program.traverse import bound

__all__ = ["jumps", "jumps_less"]


def jumps_less(index: Index, innermost: For, counter: Value, changing: Collection[object]) -> bool:
    """Whether fewer accesses of the innermost loop would jump if the loop of `counter` ran innermost.

    `changing`: the values that would not stay the same in that loop.
    """
    own, other = jumps(index, innermost, counter, changing)
    return other < own


def jumps(index: Index, innermost: For, counter: Value, changing: Collection[object]) -> tuple[int, int]:
    """How many accesses of the innermost loop jump, and how many would if the loop of `counter` ran innermost."""
    own, other = 0, 0
    within = {bound(one) for one in innermost.body}
    for one in innermost.body:
        if isinstance(one, Load | Store | Accumulate) and one.indices:
            own += _jumps(index, one.indices, innermost.counter, within)
            other += _jumps(index, one.indices, counter, changing)
    return own, other


def _jumps(index: Index, indices: Sequence[Operand], counter: Value, changing: Collection[object]) -> bool:
    *outer, last = (affine(index, one) for one in indices)
    for form in outer:
        if counter in form or any(symbol in changing for symbol in form):
            return True
    others = [symbol for symbol in last if symbol is not counter]
    return abs(last.get(counter, 0)) > 1 or any(symbol in changing for symbol in others)
