"""Sums that meet no others are loads and stores with the same bits; sums that may meet stay accumulations."""

from __future__ import annotations

import numpy as np
import pytest

from tests.passes.comparing import after, arguments_of, outcome, random_program
from wengert.adjoint.reverse import reverse
from wengert.compiler import DERIVATIVE, FINISH
from wengert.passes.disjoint import store_disjoint_sums
from wengert.passes.independent import mark_independent
from wengert.program.builder import Builder, integer
from wengert.program.statements import Accumulate, Array, For, Program, Storage, Value
from wengert.program.traverse import walk


def rows(*places: tuple[int, int], dtype: str = "float64") -> Program:
    """`for i: for j: y[i + di, j + dj] += x[i, j]` for each place, loops order-free."""
    b = Builder()
    n, m = Value("n", "int64"), Value("m", "int64")
    x, y = Storage("x", dtype, 2), Storage("y", dtype, 2)
    sizes = [b.bind("subtract", size, integer(1)) for size in (n, m)]
    with b.nest(sizes) as (i, j):
        for di, dj in places:
            b.accumulate(y, (b.bind("add", i, integer(di)), b.bind("add", j, integer(dj))), b.load(x, (i, j)))
    return Program("f", (Array(x, (n, m)), Array(y, (n, m))), b.finish())


def sums(program: Program) -> int:
    """How many accumulations there are."""
    return sum(isinstance(one, Accumulate) for one in walk(program.body))


def marks(program: Program) -> list[bool]:
    """Whether the loops are order-free, outermost first."""
    return [one.order_free for one in walk(program.body) if isinstance(one, For)]


@pytest.mark.parametrize(
    ("places", "left", "order_free"),
    [
        ([(0, 0)], 0, [True, True]),
        ([(1, 1), (1, 1)], 0, [True, True]),
        ([(0, 1), (1, 1)], 0, [False, True]),
        ([(0, 0), (0, 1)], 2, [True, True]),
        ([(0, 0), (1, 1)], 2, [True, True]),
    ],
)
def test_sums_of_one_row_each_are_stored(places: list[tuple[int, int]], left: int, order_free: list[bool]) -> None:
    """Neighbours in a row may meet and stay sums; in several rows, the loop over rows is in order from then on."""
    before = rows(*places)
    changed = after(before, store_disjoint_sums)
    assert sums(changed) == left
    assert marks(changed) == order_free
    for n in range(4):
        for m in range(4):
            given = [np.random.default_rng(n).normal(size=(max(n, 1), max(m, 1))) for _ in range(2)]
            assert outcome(changed, given) == outcome(before, given)


def test_sums_of_integers_stay() -> None:
    """Only floats are added so."""
    before = rows((0, 0), dtype="int64")
    assert sums(store_disjoint_sums(before)) == 1


def test_sums_at_loaded_places_stay() -> None:
    """Places that are read from an array may be the same."""
    b = Builder()
    n = Value("n", "int64")
    x, at = Storage("x", "float64", 1), Storage("at", "int64", 1)
    with b.nest([n]) as (i,):
        b.accumulate(x, (b.load(at, (i,)),), b.load(x, (i,)))
    assert sums(store_disjoint_sums(Program("f", (Array(x, (n,)), Array(at, (n,))), b.finish()))) == 1


def test_adjoints_of_random_programs_give_the_same_bits() -> None:
    """As they are before they become machine code."""
    changes = 0
    earlier = [one for one in FINISH if one is not store_disjoint_sums]
    for seed in range(80):
        program = after(random_program(seed), mark_independent)
        adjoint = reverse(program, [1, 2, 3], with_results=True, unit_seed=True)
        before = after(adjoint, *DERIVATIVE, *earlier)
        changed = after(before, store_disjoint_sums)
        changes += sums(changed) < sums(before)
        size, *arrays = arguments_of(4, seed)
        given = [size, *arrays, *(np.zeros_like(one) for one in arrays)]
        assert outcome(changed, given) == outcome(before, given), seed
    assert changes > 5
