"""Fusion of loops and contraction of arrays: the same numbers to the last bit, and refused where they would differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from wengert.adjoint.reverse import reverse
from wengert.passes.dead_code import without_dead_code
from wengert.passes.fuse import fuse_loops
from wengert.program import reference
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Allocate,
    Array,
    Check,
    Constant,
    For,
    Load,
    Operand,
    Program,
    Section,
    Span,
    Statement,
    Storage,
    Store,
    Value,
)
from wengert.program.traverse import walk
from wengert.program.verifier import verify

ONE = integer(1)
TWO = Constant(2.0, "float64")


class Arrays:
    """A program on arrays x, y, z (n,): one nest for each statement."""

    def __init__(self) -> None:
        self.b = Builder()
        self.n = Value("n", "int64")
        self.x, self.y, self.z = (Storage(name, "float64", 1) for name in "xyz")

    def temporary(self, *, zeroed: bool = False) -> Storage:
        """A new array (n,)."""
        return self.b.allocate("t", "float64", (self.n,), zeroed)

    def map(self, target: Storage, function: str, *sources: Storage | Constant, shift: int = 0) -> None:
        """`target[i] = function(source[i + shift], ...)`, one place less for each step of the shift."""
        with self.b.loop(integer(0), self.b.bind("subtract", self.n, integer(shift)), order_free=True) as i:
            place = self.b.bind("add", i, integer(shift)) if shift else i
            given = [one if isinstance(one, Constant) else self.b.load(one, (place,)) for one in sources]
            self.b.store(target, (i,), self.b.bind(function, *given))

    def program(self, *results: Storage) -> Program:
        """The program; arrays among the results are copied out by the caller."""
        arrays = tuple(Array(one, (self.n,)) for one in (self.x, self.y, self.z))
        sections = tuple(Section(one, (Span(integer(0), self.n, ONE),), (0,)) for one in results)
        return Program("f", arrays, self.b.finish(), sections)


def check_same(program: Program, sizes: Sequence[int] = (0, 1, 2, 5)) -> Program:
    """The program after fusion, having given the same numbers and left the same in the arguments."""
    fused = fuse_loops(program)
    verify(fused)
    for n in sizes:
        rng = np.random.default_rng(n)
        arguments = [rng.normal(size=n) for _ in range(3)]
        if n > 1:
            arguments[0][0] = -0.0
        found, right = [one.copy() for one in arguments], [one.copy() for one in arguments]
        results, expected = reference.run(fused, *found), reference.run(program, *right)
        for one, other in zip(_tuple(results) + tuple(found), _tuple(expected) + tuple(right), strict=True):
            assert_array_equal(one, other)
            assert_array_equal(np.signbit(one), np.signbit(other))
    return fused


def _tuple(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else () if results is None else (results,)


def count(program: Program, kind: type[Statement]) -> int:
    """How many statements of a kind there are."""
    return sum(isinstance(one, kind) for one in walk(program.body))


def test_chain_of_temporaries_becomes_scalars() -> None:
    """`t = x * y; u = t + x; z[:] = t * u`: one loop, two loads, no array of its own."""
    f = Arrays()
    t = f.temporary()
    f.map(t, "multiply", f.x, f.y)
    u = f.temporary()
    f.map(u, "add", t, f.x)
    f.map(f.z, "multiply", t, u)
    fused = check_same(f.program())
    assert [count(fused, kind) for kind in (For, Allocate, Load, Store)] == [1, 0, 2, 1]


def test_in_place_updates_keep_their_order() -> None:
    """`x *= y; z[:] = x; x += z`: the caller sees every array as it would be."""
    f = Arrays()
    f.map(f.x, "multiply", f.x, f.y)
    f.map(f.z, "add", f.x, f.x)
    f.map(f.x, "add", f.x, f.z)
    fused = check_same(f.program())
    assert [count(fused, kind) for kind in (For, Load, Store)] == [1, 2, 3]


@pytest.mark.parametrize("target", ["x", "z"])
def test_reads_of_other_places_keep_loops_apart(target: str) -> None:
    """A loop that reads neighbours of what was written, or overwrites neighbours that were read, stays behind it."""
    f = Arrays()
    t = f.temporary()
    f.map(t, "add", f.x, f.y, shift=1)
    f.map(getattr(f, target), "add", t, f.y, shift=0 if target == "z" else 1)
    before = f.program()
    assert count(check_same(before), For) == 2


def test_overwritten_neighbours_keep_loops_apart() -> None:
    """`t = x[1:] + y[1:]; x[:-1] = t`: the second loop stores at a place that an earlier iteration has yet to read."""
    f = Arrays()
    t = f.temporary()
    f.map(t, "add", f.x, f.y, shift=1)
    with f.b.loop(integer(0), f.b.bind("subtract", f.n, ONE), order_free=True) as i:
        f.b.store(f.x, (f.b.bind("add", i, ONE),), f.b.load(t, (i,)))
    fused = check_same(f.program(f.x))
    assert count(fused, For) == 1, "each iteration reads and writes x[i + 1] alone"
    g = Arrays()
    t = g.temporary()
    g.map(t, "add", g.x, g.y, shift=1)
    with g.b.loop(integer(0), g.b.bind("subtract", g.n, ONE), order_free=True) as i:
        g.b.store(g.x, (i,), g.b.load(t, (i,)))
    assert count(check_same(g.program(g.x)), For) == 2


@pytest.mark.parametrize(("other", "loops"), [((0, -1), 1), ((1, 0), 2), ((1, -1), 1)])
def test_other_columns_of_one_array_do_not_keep_loops_apart(other: tuple[int, int], loops: int) -> None:
    """`t = A[:, 2] * A[:, 2]; A[:, 2] = t + A[:, 1]`: loops over rows meet in one column, not in two of them."""
    b = Builder()
    n, m = Value("n", "int64"), Value("m", "int64")
    x, y = Storage("x", "float64", 2), Storage("y", "float64", 2)
    size = b.bind("subtract", n, ONE)
    t = b.allocate("t", "float64", (size,))
    with b.nest([size]) as (i,):
        b.store(t, (i,), b.bind("multiply", b.load(x, (i, integer(2))), b.load(y, (i, integer(2)))))
        b.store(x, (i, integer(2)), b.load(y, (i, ONE)))
    with b.nest([size]) as (i,):
        place = b.bind("add", i, integer(other[0])), integer(2 + other[1])
        b.store(x, (i, integer(3)), b.bind("add", b.load(t, (i,)), b.load(x, place)))
    program = Program("f", (Array(x, (n, m)), Array(y, (n, m))), b.finish())
    fused = fuse_loops(program)
    verify(fused)
    assert count(fused, For) == loops
    for rows in (1, 2, 5):
        found = [np.random.default_rng(rows).normal(size=(2, rows, 4)) for _ in range(2)]
        reference.run(fused, *found[0])
        reference.run(program, *found[1])
        assert_array_equal(found[0], found[1])


def test_checks_stay_before_what_the_caller_sees() -> None:
    """A check moves before a loop that writes a temporary, not before one that writes an argument."""
    for target, loops in ((None, 1), ("y", 2)):
        f = Arrays()
        t = f.temporary() if target is None else f.y
        f.map(t, "multiply", f.x, f.x)
        f.b.check(f.b.bind("less", f.n, integer(4)), "ValueError", "too large")
        f.map(f.z, "add", t, f.x)
        before = f.program()
        fused = check_same(before, (0, 1, 3))
        assert (count(fused, For), count(fused, Check)) == (loops, 1)
        arrays = [np.ones(5) for _ in range(3)]
        with pytest.raises(ValueError, match="too large"):
            reference.run(fused, *arrays)
        assert_array_equal(arrays[2], np.ones(5))


def test_statements_between_move_out_of_the_way() -> None:
    """What lies between goes before both loops, or behind them where it depends on the first."""
    f = Arrays()
    t = f.temporary()
    f.map(t, "multiply", f.x, f.x)
    f.b.store(f.y, (integer(0),), f.b.load(t, (integer(0),)))
    factor = f.temporary()
    f.map(factor, "exp", f.y)
    f.map(f.z, "add", t, f.x)
    fused = check_same(f.program(factor), (1, 2, 5))
    assert count(fused, For) == 2


def test_sums_are_not_fused_with_what_reads_them() -> None:
    """A rank 0 sum is complete only after the loop."""
    f = Arrays()
    total = f.b.allocate("s", "float64", zeroed=True)
    with f.b.nest([f.n]) as (i,):
        f.b.accumulate(total, (), f.b.load(f.x, (i,)))
    with f.b.nest([f.n]) as (i,):
        f.b.store(f.y, (i,), f.b.bind("divide", f.b.load(f.x, (i,)), f.b.load(total)))
    assert count(check_same(f.program()), For) == 2


def test_zeroed_arrays_that_are_added_to_become_scalars() -> None:
    """As in adjoints: added to, read and cleared at one place. Zero plus -0.0 stays 0.0."""
    f = Arrays()
    t = f.temporary(zeroed=True)
    with f.b.nest([f.n]) as (i,):
        f.b.accumulate(t, (i,), f.b.load(f.x, (i,)))
        f.b.accumulate(t, (i,), f.b.load(f.x, (i,)))
    with f.b.nest([f.n]) as (i,):
        f.b.accumulate(f.y, (i,), f.b.load(t, (i,)))
        f.b.store(f.z, (i,), f.b.load(t, (i,)))
        f.b.store(t, (i,), Constant(0.0, "float64"))
    fused = check_same(f.program())
    assert [count(fused, kind) for kind in (For, Allocate, Load)] == [1, 0, 1]


def test_array_that_is_returned_or_reshaped_stays() -> None:
    """A result of its own, and memory with a second name, are not contracted."""
    f = Arrays()
    t = f.temporary()
    u = f.temporary()
    f.map(t, "multiply", f.x, f.x)
    f.map(u, "add", t, f.x)
    f.b.reshape(u, (f.n, ONE))
    fused = check_same(f.program(t))
    assert [count(fused, kind) for kind in (For, Allocate, Load)] == [1, 2, 1]


def test_zeroed_array_outside_a_loop_keeps_what_it_holds() -> None:
    """What one iteration of an outer loop adds the next one reads, so the array is needed."""
    f = Arrays()
    t = f.temporary(zeroed=True)
    with f.b.loop(integer(0), integer(3)), f.b.nest([f.n]) as (i,):
        f.b.accumulate(t, (i,), f.b.load(f.x, (i,)))
        f.b.accumulate(f.y, (i,), f.b.load(t, (i,)))
    assert count(check_same(f.program()), Allocate) == 1


def test_two_dimensions_with_bounds_computed_twice() -> None:
    """Bounds are compared as sums, and the two loops of both nests are fused."""
    b = Builder()
    n, m = Value("n", "int64"), Value("m", "int64")
    x, y = Storage("x", "float64", 2), Storage("y", "float64", 2)

    def inner() -> list[Operand]:
        return [b.bind("subtract", size, ONE) for size in (n, m)]

    t = b.allocate("t", "float64", inner())
    with b.nest(inner()) as (i, j):
        after = b.bind("add", i, ONE), b.bind("add", j, ONE)
        b.store(t, (i, j), b.bind("add", b.load(x, (i, j)), b.load(x, after)))
    with b.nest(inner()) as (i, j):
        after = b.bind("add", i, ONE), b.bind("add", j, ONE)
        b.store(y, after, b.bind("multiply", b.load(t, (i, j)), TWO))
    program = Program("f", (Array(x, (n, m)), Array(y, (n, m))), b.finish())
    fused = fuse_loops(program)
    verify(fused)
    assert [count(fused, kind) for kind in (For, Allocate)] == [2, 0]
    for sizes in ((1, 1), (1, 3), (3, 2)):
        given, found, right = np.random.default_rng(0).normal(size=sizes), np.zeros(sizes), np.zeros(sizes)
        reference.run(fused, given, found)
        reference.run(program, given, right)
        assert_array_equal(found, right)


def test_adjoint_of_the_fused_program_is_that_of_the_program() -> None:
    """Fusion before the reverse transform leaves less to save, and the same derivative."""
    f = Arrays()
    t = f.temporary()
    f.map(t, "multiply", f.x, f.y)
    u = f.temporary()
    f.map(u, "sin", t)
    f.map(f.z, "multiply", t, u)
    program = f.program(f.z)
    adjoints = [
        fuse_loops(without_dead_code(reverse(one, (0, 1), with_results=False)))
        for one in (program, fuse_loops(program))
    ]
    found = []
    for adjoint in adjoints:
        verify(adjoint)
        rng = np.random.default_rng(1)
        arrays = [rng.normal(size=4) for _ in range(4)]
        bars = [np.zeros(4), np.zeros(4)]
        reference.run(adjoint, *arrays, *bars)
        found.append(bars)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-14)
    assert count(adjoints[1], Allocate) < count(adjoints[0], Allocate)
