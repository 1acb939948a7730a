"""Cases of `wengert.rules.sets`. JAX gives zero for their derivatives, so it is no oracle here."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

B = np.array([1.7, 0.25, 2.5])
U = np.array([0.9, 0.2, 1.4])

# Which of several equal elements a result holds depends on the smallest change, so differences need distinct ones.
DISTINCT = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])

CASES = [
    Case(np.unique_all, (DISTINCT,), jax=None),
    Case(np.unique_counts, (DISTINCT,), jax=None),
    Case(np.unique_inverse, (DISTINCT,), jax=None),
    Case(np.unique_values, (B,), jax=None),
    Case(np.union1d, (DISTINCT, B), jax=None),
    Case(np.setdiff1d, (DISTINCT, B), jax=None),
    Case(np.setdiff1d, (B, U), {"assume_unique": True}, jax=None),
    Case(np.setxor1d, (DISTINCT, B), jax=None),
    Case(np.setxor1d, (B, U), {"assume_unique": True}, jax=None),
    Case(np.intersect1d, (DISTINCT, B), jax=None),
]
