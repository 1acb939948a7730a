"""Scatters that are split give the same sums, wherever they stand."""

from __future__ import annotations

import numpy as np

from tests.passes.comparing import after
from wengert.passes.split_scatter import split_scatters
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import Array, For, Program, Storage, Value


def test_buffers_are_made_before_the_outermost_of_the_order_free_loops() -> None:
    """Also where a sequential loop lies between: each scatter finds its buffer, and iterations take turns."""
    b = Builder()
    n, m = Value("n", "int64"), Value("m", "int64")
    x, y = Storage("x", "float64", 2), Storage("y", "float64", 2)

    def scatter(row: Value) -> None:
        with b.loop(integer(1), m, order_free=True, hint="j") as j:
            found = b.bind("square", b.load(x, (row, j)))
            b.accumulate(y, (row, j), found)
            b.accumulate(y, (row, b.bind("subtract", j, integer(1))), found)

    with b.loop(integer(0), n, order_free=True) as i:
        scatter(i)
        with b.loop(integer(0), integer(3), hint="k"):
            scatter(i)
    before = Program("f", (Array(x, (n, m)), Array(y, (n, m))), b.finish())
    split = after(before, split_scatters)
    outermost = split.body[-1]
    assert isinstance(outermost, For)
    assert not outermost.order_free
    given = np.random.default_rng(0).normal(size=(3, 5))
    found, expected = np.zeros((3, 5)), np.zeros((3, 5))
    run(split, given, found)
    run(before, given, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
