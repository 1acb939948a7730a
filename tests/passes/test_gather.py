"""Gathers of stencil adjoints compute what the scatters did, for all sizes, and leave other nests alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.testing import assert_allclose

from wengert.passes.gather import gather_stencils
from wengert.program import reference
from wengert.program.builder import Builder, integer
from wengert.program.statements import Accumulate, Array, Constant, For, If, Operand, Program, Storage, Store, Value
from wengert.program.traverse import blocks, walk
from wengert.program.verifier import verify

Term = Callable[[Builder, Operand, Operand], Operand]


def linear(b: Builder, ct: Operand, factor: Operand) -> Operand:
    """A contribution with a constant factor."""
    return b.bind("multiply", Constant(0.2, "float64"), ct)


def product(b: Builder, ct: Operand, factor: Operand) -> Operand:
    """A contribution with a factor from another array."""
    return b.bind("multiply", factor, ct)


def dear(b: Builder, ct: Operand, factor: Operand) -> Operand:
    """A contribution that costs too much to be computed once for each place."""
    return b.bind("multiply", b.bind("tanh", factor), ct)


def scatter(
    offsets: Sequence[Sequence[int]],
    term: Term,
    *,
    clear: bool = True,
    known: Sequence[int] | None = None,
    reset: tuple[int, int] | None = None,
    used: bool = False,
) -> Program:
    """`X[p + offset] += term(Y[p + 1], W[p])` for each place and offset; then the places of Y read are cleared.

    `known`: the sizes of the nest, if they are constants. `reset`: before, X is zero along each axis from this distance
    of its start to that of its stop; it is `used` in between.
    """
    rank = len(offsets[0])
    b = Builder()
    sizes: list[Operand] = [Value(f"n{axis}", "int64") for axis in range(rank)]
    if known is not None:
        sizes = [integer(n) for n in known]
    wide = [Value(f"w{axis}", "int64") for axis in range(rank)]
    X, Y, W = (Storage(name, "float64", rank) for name in "XYW")
    if reset is not None:
        spans = [b.bind("add", size, integer(reset[1] - reset[0])) for size in sizes]
        with b.nest(spans) as place:
            b.store(X, [b.bind("add", one, integer(reset[0])) for one in place], Constant(0.0, "float64"))
        if used:
            b.accumulate(Y, [integer(0)] * rank, b.load(X, [integer(1)] * rank))
    with b.nest(sizes) as place:
        inner = [b.bind("add", one, integer(1)) for one in place]
        ct = b.load(Y, inner)
        if clear:
            b.store(Y, inner, Constant(0.0, "float64"))
        contribution = term(b, ct, b.load(W, place))
        for offset in offsets:
            at = [b.bind("add", one, integer(step)) if step else one for one, step in zip(place, offset, strict=True)]
            b.accumulate(X, at, contribution)
    return Program("f", (Array(X, tuple(wide)), Array(Y, tuple(wide)), Array(W, tuple(sizes))), b.finish())


def arguments(sizes: Sequence[int], reach: int) -> list[np.ndarray]:
    """Arrays for `scatter` with random numbers."""
    rng = np.random.default_rng(sum(sizes))
    wide = [n + reach + 1 for n in sizes]
    return [rng.normal(size=wide), rng.normal(size=wide), rng.normal(size=sizes)]


STENCILS: dict[str, list[tuple[int, ...]]] = {
    "three points": [(0,), (1,), (2,)],
    "two far points": [(4,), (0,)],
    "one place twice": [(1,), (0,), (1,)],
    "five points": [(1, 1), (1, 0), (1, 2), (2, 1), (0, 1)],
    "rows only": [(0, 1), (1, 1)],
    "corners": [(0, 0), (3, 2)],
    "seven points": [(1, 1, 1), (0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2, 1), (1, 1, 0), (1, 1, 2)],
}


@pytest.mark.parametrize("term", [linear, product])
@pytest.mark.parametrize("name", STENCILS)
def test_gather_adds_what_the_scatter_added(name: str, term: Term) -> None:
    """All sizes from nothing to more than the stencil reaches, along each axis on its own."""
    offsets = STENCILS[name]
    before = scatter(offsets, term)
    after = gather_stencils(before)
    verify(after)
    assert any(isinstance(one, If) for one in walk(after.body))
    rank = len(offsets[0])
    for sizes in itertools.product((0, 1, 2, 3, 7) if rank < 3 else (0, 1, 2, 5), repeat=rank):
        found, right = arguments(sizes, 4), arguments(sizes, 4)
        reference.run(after, *found)
        reference.run(before, *right)
        for one, other in zip(found, right, strict=True):
            assert_allclose(one, other, rtol=0, atol=1e-14, err_msg=str(sizes))


@pytest.mark.parametrize("name", STENCILS)
def test_gather_of_nests_of_known_sizes_adds_what_the_scatter_added(name: str) -> None:
    """Sizes that are constants may be too few for a row that all contributions reach."""
    offsets = STENCILS[name]
    rank = len(offsets[0])
    for sizes in itertools.product((0, 1, 2, 5), repeat=rank):
        before = scatter(offsets, product, known=sizes)
        after = gather_stencils(before)
        verify(after)
        found, right = arguments(sizes, 4), arguments(sizes, 4)
        reference.run(after, *found)
        reference.run(before, *right)
        for one, other in zip(found, right, strict=True):
            assert_allclose(one, other, rtol=0, atol=1e-14, err_msg=str(sizes))


def clears_outside(program: Program) -> bool:
    """Whether the first loop of a program sets places of X to zero."""
    first = next(one for one in program.body if isinstance(one, For | If))
    stores = [one for one in walk((first,)) if isinstance(one, Store | Accumulate)]
    return isinstance(first, For) and all(isinstance(one, Store) and one.storage.hint == "X" for one in stores)


@pytest.mark.parametrize("name", STENCILS)
def test_places_set_to_zero_before_are_stored(name: str) -> None:
    """A reset is part of the gather if this comes to all its places, and it has all that each contribution reaches."""
    offsets = STENCILS[name]
    rank = len(offsets[0])
    extents = [(min(axis), max(axis)) for axis in zip(*offsets, strict=True)]
    absorbed = 0
    for first, after in itertools.product(range(4), repeat=2):
        before = scatter(offsets, linear, reset=(first, after))
        gathered = gather_stencils(before)
        verify(gathered)
        inside = all(low <= one <= high for low, high in extents for one in (first, after))
        assert clears_outside(gathered) != inside
        absorbed += inside
        for sizes in itertools.product((0, 1, 2, 6) if rank < 3 else (0, 2, 4), repeat=rank):
            found, right = arguments(sizes, 4), arguments(sizes, 4)
            reference.run(gathered, *found)
            reference.run(before, *right)
            for one, other in zip(found, right, strict=True):
                assert_allclose(one, other, rtol=0, atol=1e-14, err_msg=f"{sizes} {first} {after}")
    assert absorbed > 0 or name in ("rows only", "corners")


def test_places_used_after_they_are_set_to_zero_stay() -> None:
    """Between the reset and the scatter the array is read."""
    gathered = gather_stencils(scatter(STENCILS["three points"], linear, reset=(1, 1), used=True))
    assert clears_outside(gathered)


def test_complete_rows_have_one_addition_and_no_branch() -> None:
    """The innermost loop of rows that all contributions reach adds to each element once, so it can be vectorised."""
    after = gather_stencils(scatter(STENCILS["five points"], linear, clear=False))
    (rows,) = after.body[-1:]
    assert isinstance(rows, For)
    branch = next(one for one in rows.body if isinstance(one, If))
    (row,) = (one for one in branch.then if isinstance(one, For))
    assert sum(isinstance(one, Accumulate) for one in row.body) == 1
    assert not any(blocks(one) for one in row.body)


def test_dear_contributions_stay() -> None:
    """Nothing is computed five times that takes longer than the buffers of a split scatter."""
    assert unchanged(scatter(STENCILS["five points"], dear))


def unchanged(program: Program) -> bool:
    """Whether the pass leaves the statements as they are."""
    found = [one for one in walk(gather_stencils(program).body) if not blocks(one)]
    return found == [one for one in walk(program.body) if not blocks(one)]


def test_cotangents_read_after_they_are_cleared_stay() -> None:
    """A shifted iteration would read what was there before the clearing."""
    b = Builder()
    n = Value("n", "int64")
    X, Y = Storage("X", "float64", 1), Storage("Y", "float64", 1)
    with b.nest([n]) as (i,):
        b.store(Y, (i,), Constant(0.0, "float64"))
        ct = b.load(Y, (i,))
        b.accumulate(X, (i,), ct)
        b.accumulate(X, (b.bind("add", i, integer(1)),), ct)
    assert unchanged(Program("f", (Array(X, (Value("w", "int64"),)), Array(Y, (n,))), b.finish()))


def test_places_that_are_read_stay() -> None:
    """If the nest reads what it adds to, the order of reads and additions is not ours to change."""
    b = Builder()
    n = Value("n", "int64")
    X, Y = Storage("X", "float64", 2), Storage("Y", "float64", 1)
    with b.nest([n]) as (i,):
        ct = b.bind("multiply", b.load(Y, (i,)), b.load(X, (integer(0), i)))
        b.accumulate(X, (integer(1), i), ct)
        b.accumulate(X, (integer(1), b.bind("add", i, integer(1))), ct)
    wide = (integer(2), Value("w", "int64"))
    assert unchanged(Program("f", (Array(X, wide), Array(Y, (n,))), b.finish()))


def test_ordered_and_triangular_loops_stay_around_gathers() -> None:
    """Only the innermost loop is a nest here; the others are left around its gather."""
    b = Builder()
    n = Value("n", "int64")
    X, Y = Storage("X", "float64", 1), Storage("Y", "float64", 1)
    with b.loop(integer(0), n) as t, b.loop(integer(0), t, order_free=True) as i:
        ct = b.load(Y, (i,))
        b.accumulate(X, (i,), ct)
        b.accumulate(X, (b.bind("add", i, integer(2)),), ct)
    before = Program("f", (Array(X, (Value("w", "int64"),)), Array(Y, (n,))), b.finish())
    after = gather_stencils(before)
    verify(after)
    assert isinstance(after.body[0], For)
    assert not after.body[0].order_free
    for size in range(6):
        found, right = np.zeros(size + 2), np.zeros(size + 2)
        reference.run(after, found, np.arange(1.0, size + 1))
        reference.run(before, right, np.arange(1.0, size + 1))
        assert_allclose(found, right, atol=1e-14)
