"""Loops whose checks are decided before: the same results, the same exceptions, and no check left where all is fine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from wengert.emit import compile_program
from wengert.passes.checks import hoist_checks
from wengert.program import reference
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Array,
    Check,
    Constant,
    For,
    If,
    Operand,
    Program,
    Statement,
    Storage,
    Value,
)
from wengert.program.traverse import walk
from wengert.program.verifier import verify

ZERO, ONE = integer(0), integer(1)
MESSAGE = "index {} is out of bounds for axis 0 with size {}"


class Loops:
    """A program on the array x (size,) and integers n and k."""

    def __init__(self) -> None:
        self.b = Builder()
        self.n, self.k, self.size = (Value(name, "int64") for name in ("n", "k", "size"))
        self.x = Storage("x", "float64", 1)

    def increase(self, index: Operand, low: bool = True) -> None:
        """`x[index] += 1`, with the index checked."""
        b = self.b
        holds = b.bind("less", index, self.size)
        if low:
            holds = b.bind("logical_and", b.bind("greater_equal", index, ZERO), holds)
        b.check(holds, "IndexError", MESSAGE, index, self.size)
        b.accumulate(self.x, (index,), Constant(1.0, "float64"))

    def program(self) -> Program:
        """The program, well formed."""
        found = Program("f", (Array(self.x, (self.size,)), self.n, self.k), self.b.finish())
        verify(found)
        return found


def outcome(program: Program, size: int, n: int, k: int) -> tuple[np.ndarray, str]:
    """The array, and the message of what was raised."""
    x = np.zeros(size)
    try:
        reference.run(program, x, n, k)
    except IndexError as error:
        return x, str(error)
    return x, ""


def plain(f: Loops) -> None:
    """One loop with an offset."""
    with f.b.loop(ZERO, f.n) as i:
        f.increase(f.b.bind("add", i, f.k))


def backwards(f: Loops) -> None:
    """From n down by twos, each place twice the counter away from k."""
    with f.b.loop(f.n, ZERO, -2) as i:
        f.increase(f.b.bind("subtract", f.k, f.b.bind("multiply", integer(2), i)))


def strided(f: Loops) -> None:
    """A step of 3: the last index is not the end."""
    with f.b.loop(f.k, f.n, 3) as i:
        f.increase(f.b.bind("add", i, ONE))


def triangular(f: Loops) -> None:
    """The inner loop's range changes with the outer counter."""
    with f.b.loop(ZERO, f.n) as i, f.b.loop(f.b.bind("subtract", i, ONE), f.n) as j:
        f.increase(f.b.bind("add", f.b.bind("subtract", j, i), f.k))


def several(f: Loops) -> None:
    """Checks at two depths, one of them of what does not change."""
    with f.b.loop(ZERO, f.n) as i:
        f.increase(i, low=False)
        f.b.check(f.b.bind("less_equal", f.k, integer(4)), "IndexError", "k is {}", f.k)
        with f.b.loop(ZERO, f.k) as j:
            f.increase(f.b.bind("add", i, j))


PROGRAMS: list[Callable[[Loops], None]] = [plain, backwards, strided, triangular, several]


def made(write: Callable[[Loops], None]) -> Program:
    """The program that a function writes."""
    f = Loops()
    write(f)
    return f.program()


@pytest.mark.parametrize("write", PROGRAMS)
def test_results_and_exceptions_are_the_same(write: Callable[[Loops], None]) -> None:
    """For all small sizes, ranges and offsets: what is raised, and what was done until then."""
    before = made(write)
    after = hoist_checks(before)
    verify(after)
    raised = set()
    for size in range(6):
        for n in range(-1, 7):
            for k in range(-2, 6):
                found, right = outcome(after, size, n, k), outcome(before, size, n, k)
                assert_array_equal(found[0], right[0])
                assert found[1] == right[1]
                raised.add(bool(right[1]))
    assert raised == {True, False}


@pytest.mark.parametrize("write", PROGRAMS)
def test_the_fast_loop_has_no_checks(write: Callable[[Loops], None]) -> None:
    """All checks are in the loop that is taken where one of them fails."""
    after = hoist_checks(made(write))
    (branch,) = (one for one in after.body if isinstance(one, If))
    assert not any(isinstance(one, Check) for one in walk(branch.then))
    assert any(isinstance(one, Check) for one in walk(branch.otherwise))


@pytest.mark.parametrize("write", [plain, triangular, strided])
def test_the_fast_loop_is_taken(write: Callable[[Loops], None]) -> None:
    """Where all indices are in range it runs: its increments, made ten times as large, show it."""
    after = hoist_checks(made(write))
    marked = Program("f", after.parameters, tuple(_marked(one) for one in after.body))
    found, _ = outcome(marked, 8, 5, 1)
    right, _ = outcome(after, 8, 5, 1)
    assert right.any()
    assert_array_equal(found, 10 * right)


def _marked(statement: Statement) -> Statement:
    match statement:
        case If(then=then):
            return replace(statement, then=tuple(_marked(one) for one in then))
        case For(body=body):
            return replace(statement, body=tuple(_marked(one) for one in body))
        case Accumulate():
            return replace(statement, operand=Constant(10.0, "float64"))
        case _:
            return statement


@pytest.mark.parametrize("k", [2**63 - 1, 2**62, -(2**63)])
def test_sums_that_overflow_take_the_slow_loop(k: int) -> None:
    """`n - 1 + k` wraps to a negative number, so comparing it with the size alone would say that all is fine."""
    x = np.zeros(3)
    with pytest.raises(IndexError, match="out of bounds"):
        compile_program(hoist_checks(made(plain)))(x, 2, k)
    assert_array_equal(x, np.zeros(3))


def test_checks_in_branches_and_of_loaded_indices_stay() -> None:
    """What an iteration may not come to, or cannot be known before, is left alone."""
    f = Loops()
    with f.b.loop(ZERO, f.n) as i:
        with f.b.block() as then:
            f.increase(f.b.bind("add", i, ONE))
        f.b.branch(f.b.bind("greater", i, f.k), then)
        index = f.b.cast(f.b.load(f.x, (ZERO,)), "int64")
        f.increase(index)
    program = f.program()
    after = hoist_checks(program)
    assert _kinds(after) == _kinds(program)


def test_checks_outside_innermost_loops_stay() -> None:
    """They are run too seldom for a loop to be written twice."""
    f = Loops()
    with f.b.loop(ZERO, f.n) as i:
        f.increase(i)
        with f.b.loop(ZERO, f.size) as j:
            f.b.store(f.x, (j,), Constant(1.0, "float64"))
    program = f.program()
    assert _kinds(hoist_checks(program)) == _kinds(program)


def test_large_loops_are_not_written_twice() -> None:
    """An outer loop of many statements stays; the loops in it have their checks hoisted."""
    f = Loops()
    with f.b.loop(ZERO, f.n) as i:
        total: Operand = f.k
        for _ in range(300):
            total = f.b.bind("multiply", total, f.k)
        with f.b.loop(ZERO, total) as j:
            f.increase(f.b.bind("add", i, j))
    after = hoist_checks(f.program())
    verify(after)
    assert len(list(walk(after.body))) < 350
    assert any(isinstance(one, If) for one in walk(after.body))


def _kinds(program: Program) -> list[Any]:
    return [type(one) for one in walk(program.body)]
