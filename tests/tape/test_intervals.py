"""Which intervals a query takes out, and how much of the set it looks at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wengert.tape import intervals
from wengert.tape.intervals import Intervals


@pytest.mark.parametrize("longest", [1, 30, 3000])
def test_a_query_takes_exactly_what_overlaps(longest: int) -> None:
    """Against a list that is searched from end to end, while the set grows and shrinks."""
    rng = np.random.default_rng(longest)
    tree, expected = Intervals(), {}
    for item in range(3000):
        low = int(rng.integers(2000))
        high = low + 1 + int(rng.integers(longest))
        if rng.uniform() < 0.8:
            tree.add(low, high, item)
            expected[item] = low, high
            continue
        hit = {item for item, (start, end) in expected.items() if start < high and end > low}
        assert sorted(tree.take(low, high)) == sorted(hit)
        for one in hit:
            del expected[one]
    assert sorted(tree.take(0, 10_000)) == sorted(expected)
    assert tree.take(0, 10_000) == []


@pytest.mark.parametrize("backwards", [False, True])
def test_what_does_not_overlap_is_not_looked_at(monkeypatch: pytest.MonkeyPatch, backwards: bool) -> None:
    """Thousands of long intervals that end just below each query, as the saved columns of a factorisation do."""
    visited = 0
    take = intervals._Node.take

    def counted(node: Any, *args: Any) -> None:
        nonlocal visited
        visited += 1
        take(node, *args)

    monkeypatch.setattr(intervals._Node, "take", counted)
    tree, number = Intervals(), 5000
    order = range(number)[::-1] if backwards else range(number)
    for i in order:
        tree.add(i, number, i)
    for _ in range(100):
        assert tree.take(number, number + 1) == []
    assert visited == 100
    assert sorted(tree.take(number - 1, number)) == list(range(number))
