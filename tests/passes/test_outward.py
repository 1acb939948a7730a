"""Loops that were moved outwards give the same bits and exceptions; those that must or should stay are left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.passes.comparing import after, outcome, prepared
from wengert.adjoint.reverse import reverse
from wengert.compiler import DERIVATIVE, PREPARE
from wengert.passes.cuts import cut_checks
from wengert.passes.independent import mark_independent
from wengert.passes.integers import simplify_integers
from wengert.passes.layout import lay_out_arrays
from wengert.passes.outward import move_loops_outward
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import Array, Constant, For, Operand, Program, Storage, Value
from wengert.program.traverse import walk
from wengert.program.verifier import verify


def sweeps(A: Any, B: Any) -> None:
    n = A.shape[2]
    c = np.zeros_like(A)
    c[:, :, 0] = A[:, :, 0] * 0.5
    for k in range(1, n):
        c[:, :, k] = A[:, :, k] / (2.0 + c[:, :, k - 1])
        A[:, :, k] = A[:, :, k] - c[:, :, k] * A[:, :, k - 1]
    for k in range(n - 2, -1, -1):
        A[:, :, k] = A[:, :, k] * c[:, :, k] - A[:, :, k + 1]


def with_neighbours(A: Any, B: Any) -> None:
    for k in range(1, A.shape[2]):
        scale = k * 0.25
        A[:-1, :, k] = A[:-1, :, k - 1] * scale + B[1:, :, k] - B[:-1, :, k]


def in_two_loops(A: Any, B: Any) -> None:
    for t in range(3):
        for k in range(1, A.shape[2]):
            A[:, :, k] = A[:, :, k - 1] * 0.5 + t


def with_checks(A: Any, B: Any) -> None:
    for k in range(1, A.shape[2]):
        A[:, :, k] = A[:, :, k - 1] + B[:, :, k]
    for k in range(1, A.shape[2]):
        A[:, :, k] = A[:, :, k - 1] * B[:, :, k]


MOVING = [sweeps, with_neighbours, in_two_loops, with_checks]


def over_planes(A: Any, B: Any) -> None:
    for k in range(1, A.shape[0]):
        A[k] = A[k - 1] * B[k]


def across_rows(A: Any, B: Any) -> None:
    for k in range(1, A.shape[2]):
        A[1:, :, k] = A[:-1, :, k - 1] * 0.5


def into_one_row(A: Any, B: Any) -> None:
    for k in range(1, A.shape[2]):
        for i in range(A.shape[0]):
            for j in range(A.shape[1]):
                B[0, j, k] += A[i, j, k] * A[i, j, k - 1]


def into_a_number(A: Any, B: Any) -> float:
    total = 0.0
    for k in range(1, A.shape[2]):
        A[:, :, k] = A[:, :, k - 1] * total
        total += A[0, 0, k]
    return total


def down_columns(A: Any, B: Any) -> None:
    for k in range(1, A.shape[2]):
        A[:, 0, k] = A[:, 0, k - 1] * 0.5


STAYING = [over_planes, across_rows, into_one_row, into_a_number, down_columns]


def arrays(shape: tuple[int, ...], other: tuple[int, ...] | None = None) -> list[Any]:
    rng = np.random.default_rng(sum(shape))
    return [rng.normal(size=shape) * 0.5, rng.normal(size=other or shape) * 0.5]


def ready(function: Any) -> Program:
    """The program with its loops marked and cut."""
    before = prepared(function, *arrays((4, 3, 5)))
    return after(before, simplify_integers, cut_checks, simplify_integers, mark_independent)


def outermost_sequential(program: Program) -> int:
    """How many sequential loops lie in no other loop."""
    return sum(isinstance(one, For) and not one.order_free for one in program.body)


@pytest.mark.parametrize("function", [*MOVING, *STAYING])
def test_loops_moved_outwards_give_the_same_bits(function: Any) -> None:
    """Sizes from nothing to three along each axis; and shapes that do not fit raise what they raised, as they did."""
    before = ready(function)
    changed = after(before, move_loops_outward)
    shapes = [(n, m, k) for n in (0, 3) for m in (0, 2) for k in (0, 2, 3)]
    for shape in shapes:
        assert outcome(changed, arrays(shape)) == outcome(before, arrays(shape))
        for other in ((3, 2, 2), (4, 3, 3)):
            assert outcome(changed, arrays(shape, other)) == outcome(before, arrays(shape, other))


@pytest.mark.parametrize("function", MOVING)
def test_sequential_loops_become_inner_ones(function: Any) -> None:
    """No sequential loop is outermost any more, and the one around it may run in any order."""
    before = ready(function)
    changed = after(before, move_loops_outward)
    assert outermost_sequential(before) > 0
    assert outermost_sequential(changed) == 0


@pytest.mark.parametrize("function", STAYING)
def test_loops_that_must_or_should_stay_are_left_alone(function: Any) -> None:
    """Iterations that meet, arrays that lie in the order of the loops already, loops without one to run innermost."""
    before = ready(function)
    counters = [one.counter.hint for one in walk(before.body) if isinstance(one, For)]
    changed = move_loops_outward(before)
    assert [one.counter.hint for one in walk(changed.body) if isinstance(one, For)] == counters


@pytest.mark.parametrize("function", MOVING)
def test_derivatives_are_the_same(function: Any) -> None:
    """The reverse sweep finds what it saved, in whatever order loops run."""
    before = ready(function)
    found = []
    for program in (before, after(before, move_loops_outward)):
        adjoint = after(reverse(program, [0, 1], with_results=False, unit_seed=False), *DERIVATIVE, lay_out_arrays)
        names = [one for one in adjoint.parameters if isinstance(one, Array)]
        rng = np.random.default_rng(0)
        given = [np.zeros((4, 3, 5)) if one.output else rng.normal(size=(4, 3, 5)) * 0.5 for one in names]
        run(adjoint, *given)
        found.append([array for array, one in zip(given, names, strict=True) if one.output])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-12)


def random_program(seed: int) -> Program:
    """Sequential loops over k around nests over i and j, at places near to theirs; some have numbers of their own."""
    rng, b = np.random.default_rng(seed), Builder()
    n, wide = Value("n", "int64"), Value("wide", "int64")
    storages = [Storage(name, "float64", 3) for name in "ABC"]
    own = b.allocate("own", "float64", (wide,) * 3, zeroed=True)

    def near(counter: Operand, often: float) -> Operand:
        return b.bind("add", counter, integer(1)) if rng.random() < often else counter

    def place(i: Operand, j: Operand, k: Operand) -> tuple[Storage, list[Operand]]:
        across = 0.05 if rng.random() < 0.5 else 0.0
        indices = [near(i, across), near(j, 0.1), near(k, 0.5)]
        if rng.random() < 0.1:
            indices.reverse()
        return [*storages, own][int(rng.integers(4))], indices

    def nest(k: Operand) -> None:
        with b.nest([n, n]) as (i, j):
            for _ in range(rng.integers(1, 3)):
                total: Operand = Constant(0.5, "float64")
                for _ in range(2):
                    total = b.bind(str(rng.choice(["add", "multiply"])), total, b.load(*place(i, j, k)))
                target, indices = place(i, j, k)
                (b.store if rng.random() < 0.7 else b.accumulate)(target, indices, total)

    for _ in range(rng.integers(1, 4)):
        if rng.random() < 0.3:
            nest(integer(0))
        with b.loop(integer(0), n, hint="k") as k:
            for _ in range(rng.integers(1, 3)):
                nest(k)
    with b.nest([wide, wide, wide]) as counters:
        b.accumulate(storages[0], counters, b.load(own, counters))
    program = Program("f", (n, *(Array(one, (wide,) * 3) for one in storages)), b.finish())
    verify(program)
    return program


def test_random_programs_give_the_same_bits() -> None:
    """Whatever the statements of the nests read and write."""
    changes = 0
    for seed in range(300):
        before = random_program(seed)
        changed = after(before, move_loops_outward)
        if outermost_sequential(changed) < outermost_sequential(before):
            changes += 1
            for size in (0, 1, 3):
                rng = np.random.default_rng(seed)
                given = [size, *(rng.normal(size=(size + 1,) * 3) for _ in range(3))]
                assert outcome(changed, given) == outcome(before, given), seed
    assert changes > 30


def test_checks_stay_before_what_the_caller_sees() -> None:
    """The second sweep's shapes are checked after the first has changed the argument: the loops are not joined."""

    def twice(A: Any, B: Any, C: Any) -> None:
        for k in range(1, A.shape[2]):
            A[:, :, k] = A[:, :, k - 1] + B[:, :, k]
        for k in range(1, A.shape[2]):
            A[:, :, k] = A[:, :, k - 1] * C[:, :, k]

    given = [*arrays((2, 3, 4)), np.ones((2, 3, 3))]
    before = after(prepared(twice, *arrays((2, 3, 4)), np.ones((2, 3, 4))), *PREPARE[:-2])
    changed = after(before, move_loops_outward)
    assert outcome(changed, given) == outcome(before, given)
    assert outermost_sequential(changed) == 0
