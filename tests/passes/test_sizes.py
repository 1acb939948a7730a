"""Equal integers get one name, and what is known is not checked: the same exceptions, the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.passes.comparing import after, outcome
from wengert.lower import lower_function, types_of
from wengert.passes.dead_code import without_dead_code
from wengert.passes.sizes import unify_sizes
from wengert.program.statements import Check, For, Program, Value
from wengert.program.traverse import walk


def added(x: Any, y: Any, z: Any) -> Any:
    return np.sum(x + y) + np.sum(y * z) + np.sum(z)


def neighbours(u: Any) -> Any:
    inner = u[1:-1]
    slope = inner[1:] - inner[:-1]
    return np.sum(slope * u[1:-2] + slope * (inner[:-1] + u[3:]))


def checked_on_one_path(x: Any, y: Any, n: int) -> Any:
    total = np.sum(x) + 0.5 * np.sum(y)
    if n > 2:
        total += np.sum(x * y)
    return total + np.sum(y) + np.sum(x)


def checked_in_a_loop(x: Any, y: Any, n: int) -> Any:
    total = 0.0
    while n > 0:
        total += np.sum(x + y)
        n -= 1
    return total + np.sum(y)


def lowered(function: Any, *arguments: Any) -> Program:
    """The program of a function, as it is read."""
    return without_dead_code(lower_function(function, types_of(arguments)).program)


def checks(program: Program) -> int:
    """How many checks a program has."""
    return sum(isinstance(one, Check) for one in walk(program.body))


def bounds(program: Program) -> int:
    """How many integers its loops run to."""
    return len({one.stop for one in walk(program.body) if isinstance(one, For) and isinstance(one.stop, Value)})


@pytest.mark.parametrize(
    ("function", "checks_before", "checks_left", "bounds_left"), [(added, 2, 2, 1), (neighbours, 4, 0, 1)]
)
def test_loops_over_equal_sizes_have_one_bound(
    function: Any, checks_before: int, checks_left: int, bounds_left: int
) -> None:
    """Arrays that were checked to be alike run to one size; slices whose sizes agree need no check."""
    program = lowered(function, *(np.ones(5) for _ in range(function.__code__.co_argcount)))
    assert checks(program) == checks_before
    unified = after(program, unify_sizes, without_dead_code)
    assert (checks(unified), bounds(unified)) == (checks_left, bounds_left)


@pytest.mark.parametrize("function", [checked_on_one_path, checked_in_a_loop])
def test_what_is_checked_on_one_path_holds_there_only(function: Any) -> None:
    """After the branch or the loop the sizes may differ again."""
    program = lowered(function, np.ones(3), np.ones(3), 1)
    assert bounds(after(program, unify_sizes, without_dead_code)) == bounds(program)


@pytest.mark.parametrize(
    "function", [added, neighbours, checked_on_one_path, checked_in_a_loop], ids=lambda one: one.__name__
)
def test_results_and_exceptions_are_the_same(function: Any) -> None:
    """For all sizes from 0 to 5, equal or not."""
    count = function.__code__.co_argcount
    for seed in range(60):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(0, 6, size=3) if seed % 3 else np.full(3, seed // 3 % 6)
        arguments: list[Any] = [rng.normal(size=size) for size in sizes[:count]]
        if "n" in function.__code__.co_varnames[:count]:
            arguments[2] = int(rng.integers(0, 5))
        if 1 in sizes:  # an axis of size 1 is another program
            continue
        program = lowered(function, *arguments)
        unified = after(program, unify_sizes, without_dead_code)
        assert outcome(unified, arguments) == outcome(program, arguments)
