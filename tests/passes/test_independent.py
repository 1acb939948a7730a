"""Loops are marked as order-free only if their iterations are independent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.passes.comparing import (
    after,
    arguments_of,
    backwards,
    ordered_loops,
    outcome,
    prepared,
    random_program,
    without_checks,
)
from wengert.passes.independent import mark_independent
from wengert.program.statements import Program


def scale(x: Any, y: Any, n: int) -> None:
    for i in range(n):
        y[i] = 2.0 * x[i]


def triangle(A: Any, n: int) -> None:
    for i in range(n):
        for j in range(i):
            A[i, j] = A[j, i]


def every_other(x: Any, n: int) -> None:
    for i in range(0, n, 2):
        x[i] = x[i + 1]


def downwards(A: Any, n: int) -> None:
    for i in range(n - 1, 0, -1):
        A[i, 0] = A[0, i] + 1.0


def with_variable(x: Any, n: int) -> None:
    for i in range(n):
        t = 0.0
        for k in range(3):
            t += x[i] * k
        x[i] = t


def prefix(x: Any, n: int) -> None:
    for i in range(1, n):
        x[i] += x[i - 1]


def total(x: Any, n: int) -> float:
    s = 0.0
    for i in range(n):
        s += x[i]
    return s


def one_place(x: Any, n: int) -> None:
    for i in range(n):
        x[0] = i


def meets_at_the_end(x: Any, n: int) -> None:
    for i in range(n):
        x[i] = x[n - 1]


def never(x: Any, y: Any, n: int) -> None:
    for _ in range(len(x), 0):
        x[0] = y[0]


def never_around(x: Any, y: Any, n: int) -> None:
    for _ in range(len(x), 0):
        for _ in range(n):
            x[0] = y[0]


def never_inside(x: Any, n: int) -> None:
    for _ in range(n):
        for k in range(0):
            x[k] = 1.0


def never_inside_by_bounds(x: Any, n: int) -> None:
    for i in range(n):
        for _ in range(n):
            for k in range(i + 1, i):
                x[k] = 1.0


def looked_up(x: Any, order: Any, n: int) -> None:
    for i in range(n):
        x[order[i]] = 1.0


ARRAYS: dict[str, Any] = {"x": np.arange(8.0), "y": np.ones(8), "A": np.arange(64.0).reshape(8, 8), "n": 7}
ARRAYS["order"] = np.zeros(8, np.int64)


def program_of(function: Any) -> Program:
    """The program of a function, whose indices are taken to be in range."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return without_checks(prepared(function, *(ARRAYS[name] for name in names)))


@pytest.mark.parametrize(
    ("function", "left"),
    [(scale, 0), (triangle, 1), (every_other, 0), (downwards, 0), (with_variable, 1)],
)
def test_independent_loops_are_marked(function: Any, left: int) -> None:
    """What is left in order: a loop around one whose bounds change, and a sum of the user."""
    program = program_of(function)
    assert ordered_loops(after(program, mark_independent)) == left


@pytest.mark.parametrize(
    "function",
    [
        prefix,
        total,
        one_place,
        meets_at_the_end,
        never,
        never_around,
        never_inside,
        never_inside_by_bounds,
        looked_up,
    ],
)
def test_loops_whose_iterations_meet_keep_their_order(function: Any) -> None:
    """A recurrence, a sum, a place written by all, one read by all, loops that never run, places not known."""
    program = program_of(function)
    assert ordered_loops(after(program, mark_independent)) == ordered_loops(program) > 0


def test_loops_that_raise_keep_their_order() -> None:
    """Which exception is raised, and what was written before, depends on the order."""
    program = prepared(scale, ARRAYS["x"], ARRAYS["y"], ARRAYS["n"])
    assert ordered_loops(after(program, mark_independent)) == 1


def test_marked_loops_may_run_backwards() -> None:
    """Random programs give the same bits when the loops that are marked run last iteration first."""
    tried = 0
    for seed in range(150):
        program = random_program(seed)
        marked = after(program, mark_independent)
        if ordered_loops(marked) < ordered_loops(program):
            tried += 1
            turned = backwards(program, marked)
            for size in range(6):
                arguments = arguments_of(size, seed)
                assert outcome(turned, arguments) == outcome(program, arguments), seed
    assert tried > 20
