"""Sums that cancel, and bounds of which one is known to hold, are replaced by what they are."""

from __future__ import annotations

import numpy as np

from tests.passes.comparing import after, outcome
from wengert.passes.dead_code import without_dead_code
from wengert.passes.integers import simplify_integers
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import Array, Bind, Program, Section, Span, Storage, Value
from wengert.program.traverse import walk


def program() -> Program:
    """`y[i, j] = (i + m - i, min(i, n), max(j, i + 1), min(i, m))` for j below `min(i, n)`, as four sums."""
    b = Builder()
    n, m = Value("n", "int64"), Value("m", "int64")
    y = Storage("y", "int64", 2)
    with b.loop(integer(0), n, hint="i") as i:
        stop = b.bind("minimum", n, i)
        with b.loop(integer(0), stop, hint="j") as j:
            b.accumulate(y, (i, j), b.bind("subtract", b.bind("add", i, m), i))
            b.accumulate(y, (i, j), b.bind("multiply", stop, integer(7)))
            b.accumulate(y, (i, j), b.bind("maximum", j, b.bind("add", i, integer(1))))
            b.accumulate(y, (i, j), b.bind("minimum", i, m))
    return Program("f", (m, Array(y, (n, n))), b.finish())


def test_integers_are_the_same_and_simpler() -> None:
    """What is known goes; the smaller of a counter and a number that has nothing to do with it stays."""
    before = program()
    simple = after(before, simplify_integers, without_dead_code)
    left = [one.function for one in walk(simple.body) if isinstance(one, Bind)]
    assert sorted(left) == ["add", "minimum", "multiply"]
    for n in range(5):
        for m in (-2, 0, 3):
            arguments = [m, np.zeros((n, n), np.int64)]
            assert outcome(simple, arguments) == outcome(before, arguments)


def test_results_follow_what_is_replaced() -> None:
    """A result, and the bounds of one that is part of an array, are named by what is left."""
    b = Builder()
    n, x = Value("n", "int64"), Storage("x", "float64", 1)
    with b.loop(integer(0), n, hint="i") as i:
        b.accumulate(x, (i,), b.cast(i, "float64"))
    same = b.bind("maximum", n, integer(0))
    part = b.bind("minimum", b.bind("subtract", same, n), integer(3))
    section = Section(x, (Span(part, same, integer(1)),), (0,))
    before = Program("f", (Array(x, (n,)),), b.finish(), (section, same))
    simple = after(before, simplify_integers, without_dead_code)
    for size in range(3):
        found, expected = run(simple, np.ones(size)), run(before, np.ones(size))
        np.testing.assert_array_equal(found[0], expected[0])
        assert found[1] == expected[1] == size
