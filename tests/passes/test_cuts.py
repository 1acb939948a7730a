"""Loops that are cut raise what they raised, after the same iterations, and hold no check."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.passes.comparing import after, outcome, prepared
from tests.passes.test_interchange import factorise
from wengert.passes.cuts import cut_checks
from wengert.passes.dead_code import without_dead_code
from wengert.passes.integers import simplify_integers
from wengert.program.statements import Check, For
from wengert.program.traverse import walk


def shifted(x: Any, y: Any) -> None:
    for i in range(len(x)):
        y[i] = 2.0 * x[i] + y[i + 1]


def up_to(n: int, x: Any) -> float:
    s = 0.0
    for i in range(1, n):
        s += x[i] * x[i - 1]
    return s


def downward(n: int, x: Any, y: Any) -> None:
    for i in range(n, -1, -1):
        y[i] = x[i] + 1.0


def downward_to_others(n: int, x: Any) -> None:
    for i in range(n, 0, -1):
        x[n - i] = x[i]


def in_pairs(x: Any, y: Any) -> None:
    for i in range(len(y)):
        y[i] = x[2 * i]


def matching(A: Any, x: Any) -> None:
    for i in range(A.shape[0]):
        x[i] = A[i, :3] @ x[:3]


def rows_of_others(A: Any, x: Any, y: Any) -> None:
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            A[i, j] += x[i] * y[j]


def blocks_of_others(n: int, m: int, A: Any, x: Any) -> None:
    for i in range(1, n):
        for j in range(m, 0, -1):
            A[j, i - 1] = x[i] * x[j - 1]


def late(x: Any, y: Any) -> None:
    for i in range(len(x)):
        x[i] = 1.0
        y[i] = x[i]


def checks_in_loops(program: Any) -> int:
    loops = [one for one in walk(program.body) if isinstance(one, For)]
    return len({id(one) for loop in loops for one in walk(loop.body) if isinstance(one, Check)})


CASES: list[tuple[Any, list[list[Any]]]] = [
    (shifted, [[np.ones(n), np.arange(float(m))] for n in range(4) for m in range(6)]),
    (up_to, [[n, np.ones(m)] for n in (-1, 0, 1, 3, 5) for m in range(5)]),
    (downward, [[n, np.ones(m), np.zeros(k)] for n in (-2, -1, 0, 1, 3) for m in range(5) for k in range(5)]),
    (downward_to_others, [[n, np.arange(float(m))] for n in (-1, 0, 1, 3) for m in range(6)]),
    (in_pairs, [[np.ones(n), np.zeros(m)] for n in range(5) for m in range(4)]),
    (matching, [[np.ones((n, m)), np.ones(k)] for n in range(3) for m in range(5) for k in range(5)]),
    (
        rows_of_others,
        [
            [np.ones((n, m)), np.ones(k), np.ones(p)]
            for n in range(4)
            for m in range(4)
            for k in range(4)
            for p in range(4)
        ],
    ),
    (
        blocks_of_others,
        [
            [n, m, np.ones((p, q)), np.arange(float(k))]
            for n in (-1, 0, 1, 3)
            for m in (-1, 0, 2, 3)
            for p, q, k in ((0, 0, 0), (4, 3, 4), (2, 3, 4), (4, 1, 4), (4, 3, 1), (4, 3, 2), (3, 2, 3))
        ],
    ),
    (late, [[np.zeros(n), np.zeros(m)] for n in range(4) for m in range(4)]),
    (factorise, [[np.ones((n, m)) + 4 * np.eye(n, m), np.ones(1)] for n in range(5) for m in range(5)]),
]


@pytest.mark.parametrize(("function", "calls"), CASES, ids=[one[0].__name__ for one in CASES])
def test_cut_loops_raise_what_they_raised(function: Any, calls: list[list[Any]]) -> None:
    """The same exceptions with the same texts, and the same numbers in the arrays when they are raised."""
    before = prepared(function, *calls[-1])
    cut = after(before, simplify_integers, cut_checks, simplify_integers, without_dead_code)
    for arguments in calls:
        assert outcome(cut, arguments) == outcome(before, arguments)


@pytest.mark.parametrize(
    ("function", "left"),
    [
        (shifted, 0),
        (up_to, 0),
        (downward, 0),
        (matching, 0),
        (rows_of_others, 0),
        (blocks_of_others, 0),
        (in_pairs, 1),
    ],
)
def test_checks_of_counters_leave_the_loop(function: Any, left: int) -> None:
    """Checks against sizes are gone; one of twice the counter stays."""
    arguments = next(calls for one, calls in CASES if one is function)[-1]
    before = prepared(function, *arguments)
    assert checks_in_loops(before) > 0
    assert checks_in_loops(after(before, cut_checks)) == left
