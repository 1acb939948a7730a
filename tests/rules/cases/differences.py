"""Cases of `wengert.rules.differences`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7, -0.4], [2.1, 0.4, 1.5, 0.9], [0.2, -1.1, 0.6, 1.3]])
Z = A * (1 + 0.5j) + 0.25j
V = np.array([0.5, -1.5, 2.5, 0.75])
FAR = np.array([1.0, 3.5, 5.0, 8.0])
CUBE = np.linspace(0.1, 2.4, 24).reshape(2, 3, 4) ** 2
SCALAR = np.array(1.75)
AT = np.array([[1.5, 2.0, 4.5], [6.0, 0.25, 9.0]])


def diff_with(**options):
    return lambda a, prepend, append: np.diff(a, prepend=prepend, append=append, **options)


def between(**options):
    return lambda x, xp, fp, left, right: np.interp(x, xp, fp, left, right, **options)


CASES = [
    Case(np.diff, (A,)),
    Case(np.diff, (A, 2), {"axis": 0}),
    Case(np.diff, (V, 3)),
    Case(np.diff, (V, 4), jax=None),
    Case(np.diff, (Z,), {"axis": -2}),
    Case(np.diff, (V, 0)),
    Case(diff_with(), (V, SCALAR, V[:2]), covers=np.diff, name="ends"),
    Case(diff_with(n=2, axis=0), (A, A[:1] * 2, SCALAR), covers=np.diff, name="ends,axis"),
    Case(np.ediff1d, (A,)),
    Case(np.ediff1d, (V, V[:2], SCALAR), jax=None),
    Case(np.gradient, (V,)),
    Case(np.gradient, (A,)),
    Case(np.gradient, (V, SCALAR)),
    Case(np.gradient, (V, FAR), jax=None),
    Case(np.gradient, (V, FAR), {"edge_order": 2}, jax=None),
    Case(np.gradient, (V, np.array([0.0, 1.0, 2.0, 3.0])), {"edge_order": 2}, jax=None, name="even"),
    Case(np.gradient, (V,), {"edge_order": 2}, jax=None),
    Case(np.gradient, (A, SCALAR), {"axis": 0, "edge_order": 2}, jax=None),
    Case(np.gradient, (A, SCALAR, FAR), jax=None),
    Case(np.gradient, (CUBE, 0.5, FAR), {"axis": (0, -1)}, jax=None),
    Case(np.gradient, (Z,), {"axis": 1}),
    Case(np.gradient, (V[:2],)),
    Case(np.interp, (AT, FAR, V)),
    Case(np.interp, (np.array(2.7), FAR, V)),
    Case(np.interp, (AT, FAR, V * (1 + 2j)), jax=None),
    Case(between(), (AT, FAR, V, SCALAR, SCALAR * 2), covers=np.interp, name="ends"),
    Case(lambda x, xp, fp: np.interp(x, xp, fp, period=10.0), (AT, FAR, V), covers=np.interp, name="period"),
    Case(np.interp, (AT, FAR[:1], V[:1]), jax=None),
]
