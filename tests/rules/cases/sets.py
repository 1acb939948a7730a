"""Cases of `wengert.rules.sets`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.3, 1.5]])
B = np.array([1.7, 0.25, 2.5])
U = np.array([0.9, 0.2, 1.4])

# Equal elements are told apart by a difference: these are the sets of distinct ones.
DISTINCT = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])

CASES = [
    Case(np.unique_all, (DISTINCT,)),
    Case(np.unique_counts, (DISTINCT,)),
    Case(np.unique_inverse, (DISTINCT,)),
    Case(np.unique_values, (B,), jax=None),
    Case(np.union1d, (DISTINCT, B)),
    Case(np.setdiff1d, (DISTINCT, B)),
    Case(np.setdiff1d, (B, U), {"assume_unique": True}),
    Case(np.setxor1d, (DISTINCT, B)),
    Case(np.setxor1d, (B, U), {"assume_unique": True}),
    Case(np.intersect1d, (DISTINCT, B), jax=None),
]
