"""Interchanged loops give the same bits, walk along rows, and leave alone what is in order or does not gain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.passes.comparing import (
    after,
    arguments_of,
    innermost_counters,
    outcome,
    prepared,
    random_program,
    without_checks,
)
from wengert.adjoint.reverse import reverse
from wengert.compiler import DERIVATIVE
from wengert.passes.independent import mark_independent
from wengert.passes.integers import simplify_integers
from wengert.passes.interchange import interchange_loops
from wengert.passes.sums import sum_in_variables
from wengert.program.reference import run
from wengert.program.statements import Allocate, Program
from wengert.program.traverse import walk


def product(A: Any, B: Any) -> None:
    n = A.shape[0]
    for row in range(n):
        for column in range(n):
            for k in range(n):
                A[row, column] += B[row, k] * B[k, column]


def column_sums(A: Any, x: Any) -> None:
    n = A.shape[0]
    for column in range(n):
        for k in range(n):
            x[column] += A[k, column]


def carries(A: Any, B: Any) -> None:
    n = A.shape[0]
    for column in range(n):
        scale = np.exp(A[0, column])
        largest = 0.0
        for k in range(n):
            largest = max(largest, B[k, column] * scale)
        if largest > 0.5:
            A[1, column] = largest
        for k in range(n):
            B[k, column] = B[k, column] / (scale + largest)


def orthonormal(A: Any, B: Any) -> None:
    n = A.shape[1]
    for k in range(n):
        A[:, k] = A[:, k] / np.sqrt(A[:, k] @ A[:, k])
        for column in range(k + 1, n):
            B[k, column] = A[:, k] @ A[:, column]
            A[:, column] -= A[:, k] * B[k, column]


def factorise(A: Any, x: Any) -> None:
    n = A.shape[0]
    for row in range(n):
        for column in range(row):
            for k in range(column):
                A[row, column] -= A[row, k] * A[k, column]
            A[row, column] /= A[column, column]
        for column in range(row, n):
            A[row, column] -= A[row, :row] @ A[:row, column]


def solve_with_columns(A: Any, x: Any) -> None:
    n = A.shape[0]
    for column in range(n):
        for k in range(column):
            x[column] -= A[k, column] * x[k]
        x[column] /= A[column, column]


def trajectories(x: Any, A: Any) -> None:
    n = A.shape[0]
    for column in range(n):
        state = x[column]
        for k in range(n):
            state = state + 0.1 * (state - 0.2 * state * state)
        x[column] = state


def pairs(x: Any, A: Any) -> None:
    n = A.shape[0]
    for column in range(n):
        total = 0.0
        for k in range(n):
            total += x[k] / (1.0 + (x[column] - x[k]) ** 2)
        A[0, column] = total


GAINING = [product, column_sums, carries, orthonormal, factorise, solve_with_columns, trajectories, pairs]


def row_sums(A: Any, x: Any) -> None:
    n = A.shape[0]
    for row in range(n):
        for k in range(n):
            x[row] += A[row, k]


def states_along_rows(A: Any, x: Any) -> None:
    n = A.shape[0]
    for row in range(n):
        state = 0.0
        for k in range(n):
            state = 0.5 * state + A[row, k]
        x[row] = state


def recurrence(A: Any, x: Any) -> None:
    n = A.shape[0]
    for column in range(1, n):
        for k in range(1, n):
            A[k, column] += A[k - 1, column - 1] * A[k, column - 1] * x[k]
            x[k] += A[k, column]


def reads_what_is_not_finished(A: Any, x: Any) -> None:
    n = A.shape[0] - 1
    for column in range(n):
        for k in range(column):
            x[column] -= A[k, column] * x[k + 1]
        x[column] /= A[column, column]


STAYING = [row_sums, states_along_rows, recurrence, reads_what_is_not_finished]


def matrices(function: Any, n: int) -> list[Any]:
    rng = np.random.default_rng(n)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return [rng.normal(size=n if name == "x" else (n, n)) + 3.0 for name in names]


def ready(function: Any) -> Program:
    """The program for square matrices, with which no check fails."""
    program = without_checks(prepared(function, *matrices(function, 4)))
    return after(program, simplify_integers)


@pytest.mark.parametrize("function", [*GAINING, *STAYING])
def test_interchanged_loops_give_the_same_bits(function: Any) -> None:
    """Sizes from nothing to five; and the derivative does not change but for rounding."""
    before = ready(function)
    changed = after(before, interchange_loops, mark_independent)
    for n in range(6):
        assert outcome(changed, matrices(function, n)) == outcome(before, matrices(function, n))


@pytest.mark.parametrize("function", GAINING)
def test_columns_become_innermost(function: Any) -> None:
    """No loop down the rows is innermost any more, unless it is for one column only."""
    before = ready(function)
    changed = after(before, interchange_loops)
    assert innermost_counters(changed).count("column") > innermost_counters(before).count("column")


@pytest.mark.parametrize("function", STAYING)
def test_loops_that_must_or_should_stay_are_left_alone(function: Any) -> None:
    """A loop along the rows already, a recurrence, and a triangle that uses a result before it is finished."""
    before = ready(function)
    assert innermost_counters(after(before, interchange_loops)) == innermost_counters(before)


def test_rows_are_made_for_what_is_carried_only() -> None:
    """The sum of a product is put into a row; what can be loaded again is not."""
    rows = [one for one in walk(interchange_loops(ready(orthonormal)).body) if isinstance(one, Allocate) and one.sizes]
    assert len(rows) == 1


def test_random_programs_give_the_same_bits() -> None:
    """Variables, triangles and accumulations at random places."""
    changes = 0
    for seed in range(250):
        before = random_program(seed)
        changed = after(before, interchange_loops, mark_independent)
        if innermost_counters(changed) != innermost_counters(before):
            changes += 1
            for size in range(6):
                arguments = arguments_of(size, seed)
                assert outcome(changed, arguments) == outcome(before, arguments), seed
    assert changes > 20


def test_derivatives_of_random_programs_are_the_same() -> None:
    """The reverse sweep finds what it saved, in whatever order loops run."""
    changes = 0
    for seed in range(60):
        before = random_program(seed)
        changed = after(before, interchange_loops, mark_independent)
        if innermost_counters(changed) == innermost_counters(before):
            continue
        changes += 1
        expected = gradient(before, seed)
        found = gradient(changed, seed)
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-8, atol=1e-8 * np.max(np.abs(one)))
    assert changes > 5


def gradient(program: Program, seed: int) -> list[Any]:
    adjoint = reverse(program, [1, 2, 3], with_results=True, unit_seed=True)
    adjoint = after(adjoint, *DERIVATIVE, sum_in_variables)
    size, *arrays = arguments_of(4, seed)
    given = [one * 0.5 for one in arrays]
    bars = [np.zeros_like(one) for one in given]
    return [run(adjoint, size, *given, *bars), *bars]
