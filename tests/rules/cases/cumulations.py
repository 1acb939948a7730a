"""Cases of `wengert.rules.cumulations`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.rules.harness import Case
from wengert.rules.cumulations import (
    add_reduceat,
    linear_recurrence,
    logaddexp_accumulate,
    maximum_accumulate,
    minimum_accumulate,
    segment_sum,
)

A = np.array([[0.3, 1.2, -0.7, 0.9, 1.4], [2.1, 0.4, 1.5, -0.2, 2.6]])
Z = A + 1j * np.array([[1.3, -0.6, 2.2, 0.1, 0.8], [0.9, 1.8, 0.5, -1.1, 0.4]])
ZEROS = np.array([[0.3, 0.0, -0.7, 1.1], [0.0, 0.4, 0.0, 1.5], [1.2, 2.0, 0.5, -0.8]])
C = np.linspace(0.2, 2.5, 24).reshape(2, 3, 4)[:, ::-1, [2, 0, 3, 1]] * np.array([1.0, -1.1])[:, None, None]


def _methods(a: Any) -> list[Any]:
    return [a.cumsum(), a.cumsum(0), a.cumprod(axis=1), np.add.accumulate(a), np.multiply.accumulate(a, axis=1)]


CASES = [
    *(Case(f, (C,), o) for f in (np.cumsum, np.cumprod) for o in ({}, {"axis": 0}, {"axis": 1}, {"axis": -1})),
    *(Case(f, (Z,), o) for f in (np.cumsum, np.cumprod) for o in ({}, {"axis": 1})),
    *(Case(np.cumprod, (ZEROS,), o, name="zeros") for o in ({}, {"axis": 0}, {"axis": 1})),
    *(Case(f, (np.float64(1.3),), name="scalar", jax=None) for f in (np.cumsum, np.cumprod)),
    *(Case(f, (np.array(1.3),), {"axis": 0}, name="0-d", jax=None) for f in (np.cumsum, np.cumprod)),
    *(Case(f, (np.zeros((0, 3)),), {"axis": axis}, name="empty") for f in (np.cumsum, np.cumprod) for axis in (0, 1)),
    *(Case(f, (A,), {"axis": 0, "dtype": np.complex128}, name="dtype", jax=None) for f in (np.cumsum, np.cumprod)),
    *(
        Case(f, (A,), {"axis": axis, "include_initial": initial})
        for f in (np.cumulative_sum, np.cumulative_prod)
        for axis in (0, -1)
        for initial in (False, True)
    ),
    *(Case(f, (A[0],), {"include_initial": True}) for f in (np.cumulative_sum, np.cumulative_prod)),
    Case(_methods, (A,), name="methods", covers=np.cumsum),
    *(
        Case(f.accumulate, (C,), {"axis": axis}, covers=g, jax=None)
        for f, g in (
            (np.maximum, maximum_accumulate),
            (np.minimum, minimum_accumulate),
            (np.logaddexp, logaddexp_accumulate),
        )
        for axis in (0, 1, -1)
    ),
    Case(np.logaddexp.accumulate, (A[0],), covers=logaddexp_accumulate, jax=None),
    Case(linear_recurrence, (A, A[:, ::-1] + 0.1), {"axis": 1}),
    Case(linear_recurrence, (Z.T.copy(), Z.T[::-1] + 0.1), {"axis": 0}),
    Case(segment_sum, (A, np.array([2, 2])), {"length": 3}),
    Case(np.add.reduceat, (A[0], np.array([0, 2, 3])), covers=add_reduceat, jax=None),
    Case(np.add.reduceat, (A, np.array([1, 3, 2, 2])), {"axis": 1}, covers=add_reduceat, name="backwards", jax=None),
    Case(np.add.reduceat, (C, [0, 2]), {"axis": -2}, covers=add_reduceat, name="list", jax=None),
]
