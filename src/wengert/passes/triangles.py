"""Turns loops over a triangle: each result, once it is there, is used for all later ones.

What goes in: a loop over j of which each iteration sums over what earlier ones made, then finishes its own result:

    for j: (for k < j: inner(j, k)); finish(j)        which becomes        for k: finish(k); (for j > k: inner(j, k))

What comes out: the turned loop, for a triangle whose accesses are down the columns for k and along the rows for j.
What holds: each iteration of the loop over j does what it did in the order in which it did it, and of two accesses to
one element, one of which writes, the same comes first: the affine inequalities say so. This is how one goes from the
left-looking to the right-looking form of a factorisation: Golub and Van Loan, *Matrix Computations*, 4th ed., 2013,
section 3.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wengert.analysis.affine import Form, affine, at_most
from wengert.analysis.dependence import Instance
from wengert.analysis.index import Index
from wengert.passes.expansion import Expansion
from wengert.passes.independent import Access, accesses, can_meet, iterations_apart
from wengert.passes.strides import jumps_less
from wengert.program.builder import Builder, integer
from wengert.program.statements import Allocate, Bind, Block, For, If, Store, Value
from wengert.program.traverse import bound, substitute, walk

__all__ = ["Triangle", "triangle_of", "turned"]


@dataclass(frozen=True)
class Triangle:
    """The loop over j, and the parts of its body: variables are made, the loop over k, the result is finished."""

    loop: For
    before: Block
    inner: For
    after: Block


def triangle_of(index: Index, loop: For) -> Triangle | None:
    """The triangle that a loop is, if turning it is right and pays. Its body can be parted."""
    at = [position for position, one in enumerate(loop.body) if isinstance(one, For)]
    if not at:
        return None
    inner = loop.body[at[0]]
    assert isinstance(inner, For)
    found = Triangle(loop, loop.body[: at[0]], inner, loop.body[at[0] + 1 :])
    is_triangle = (
        inner.step == 1
        and affine(index, inner.start) == affine(index, loop.start)
        and affine(index, inner.stop) == {loop.counter: 1}
        and not any(isinstance(one, For | If) for one in inner.body)
    )
    if not is_triangle or not found.after or not _makes_variables_only(found.before):
        return None
    changing = {loop.counter} | {bound(one) for one in walk(loop.body)}
    if not jumps_less(index, inner, loop.counter, changing) or not _may_be_turned(index, found):
        return None
    return found


def _makes_variables_only(block: Block) -> bool:
    made = {one.storage for one in block if isinstance(one, Allocate)}
    return all(isinstance(one, Bind | Allocate) or (isinstance(one, Store) and one.storage in made) for one in block)


def _may_be_turned(index: Index, triangle: Triangle) -> bool:
    """Whether no two accesses that change places are at the same element."""
    loop, k = triangle.loop, triangle.inner.counter
    own = {one.storage for one in loop.body if isinstance(one, Allocate)}
    inner, after = accesses(triangle.inner.body, own), accesses(triangle.after, own)
    if inner is None or after is None:
        return False
    shared = len(index.places[loop].loops)

    def inner_first(first: Instance, second: Instance) -> list[Form]:
        """Of two iterations over j the earlier one comes, for its k, no sooner than the later one for its own."""
        return [iterations_apart(first, second, loop), at_most(second.form({k: 1}), first.form({k: 1}))]

    def after_first(first: Instance, second: Instance) -> list[Form]:
        """An iteration over j is finished after the k of a later iteration at which that is now."""
        later = at_most({**second.form({k: 1}), None: 1}, first.form({loop.counter: 1}))
        return [iterations_apart(first, second, loop), later]

    return not (
        _any_meets(index, shared, inner, inner, inner_first) or _any_meets(index, shared, after, inner, after_first)
    )


def _any_meets(
    index: Index,
    shared: int,
    first: list[Access],
    second: list[Access],
    apart: Callable[[Instance, Instance], list[Form]],
) -> bool:
    return any(
        can_meet(index, shared, one, other, apart)
        for one in first
        for other in second
        if (one.writes or other.writes) and index.root(one.storage) is index.root(other.storage)
    )


def turned(index: Index, triangle: Triangle) -> Block:
    """The new loops."""
    loop, inner, builder = triangle.loop, triangle.inner, Builder()
    expansion = Expansion(index, loop, [one for one in (triangle.before, inner.body, triangle.after) if one])
    builder.where = loop.where
    expansion.allocate_rows(builder)
    if triangle.before:
        j = Value(loop.counter.hint, "int64")
        made = expansion.part(triangle.before, j)
        if made:
            builder.append(For(j, loop.start, loop.stop, 1, made, True, loop.where))
    with builder.loop(loop.start, loop.stop, hint=inner.counter.hint) as k:
        builder.append_all(expansion.part(triangle.after, k))
        j = Value(loop.counter.hint, "int64")
        body = substitute(expansion.part(inner.body, j), {inner.counter: k})
        builder.append(For(j, builder.bind("add", k, integer(1)), loop.stop, 1, body, True, inner.where))
    return builder.finish()
