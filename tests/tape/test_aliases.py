"""Which arguments share memory with others."""

from __future__ import annotations

import itertools

import numpy as np

from wengert.tape.call import _aliased


def test_arguments_that_overlap_are_found() -> None:
    """Every array that may share memory with another one, as each pair says; nothing else among the leaves."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        buffer, other = np.zeros(40), np.zeros(3)
        starts = rng.integers(0, 36, size=6)
        leaves = [buffer[start : start + int(rng.integers(0, 6))] for start in starts]
        leaves += [1.5, None, other, other if rng.uniform() < 0.5 else other.copy(), np.zeros(0), buffer[::-7]]
        arrays = [(i, one) for i, one in enumerate(leaves) if isinstance(one, np.ndarray)]
        pairs = itertools.combinations(arrays, 2)
        expected = {i for (p, a), (q, b) in pairs if np.may_share_memory(a, b) for i in (p, q)}
        assert _aliased(leaves) == expected
