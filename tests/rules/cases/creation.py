"""Cases of `wengert.rules.creation`. `np.full` and `np.arange` are called by way of the table."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case
from wengert.ops.table import COMPOSITES

V = np.array([0.5, -1.5, 2.5])
W = np.array([2.0, 1.25, 0.75])
Z = V * (1 + 0.5j) + 0.25j
SCALAR = np.array(1.75)
LAST = np.array(4.5)


def by_table(function, *options, **keywords):
    return lambda *arrays: COMPOSITES[function](*options, *arrays, **keywords)


CASES = [
    Case(by_table(np.full, (2, 3)), (SCALAR,), covers=np.full, name="number"),
    Case(by_table(np.full, (2, 3), order="F"), (V,), covers=np.full, name="row"),
    Case(by_table(np.full, 3, dtype=np.complex128), (SCALAR,), covers=np.full, name="complex", single=False),
    Case(np.full_like, (V, SCALAR)),
    Case(np.full_like, (V, W[::-1])),
    Case(np.full_like, (V, SCALAR), {"shape": (2, 2)}),
    Case(by_table(np.arange), (LAST,), covers=np.arange, name="stop"),
    Case(by_table(np.arange), (SCALAR, LAST), covers=np.arange, name="start,stop"),
    Case(by_table(np.arange), (SCALAR, LAST, np.array(0.6)), covers=np.arange, name="step"),
    Case(by_table(np.arange), (LAST, SCALAR), covers=np.arange, name="empty"),
    Case(np.linspace, (SCALAR, LAST, 5)),
    Case(np.linspace, (SCALAR, LAST, 5), {"endpoint": False}),
    Case(np.linspace, (SCALAR, LAST), {"num": 4, "retstep": True}, jax=None),
    Case(np.linspace, (V, W, 4), {"axis": 1}),
    Case(np.linspace, (SCALAR, W, 1)),
    Case(np.linspace, (V, Z, 3)),
    Case(np.linspace, (V, 2 * V, 0)),
    Case(np.logspace, (SCALAR, np.array(0.5), 4), jax=None),
    Case(np.logspace, (SCALAR, np.array(0.5), 4), {"endpoint": False, "base": 2.0}, jax=None),
    Case(np.logspace, (V, W, 4, True, np.array([1.5, 2.5, 2.0])), jax=None, name="bases"),
    Case(np.geomspace, (SCALAR, LAST, 5)),
    Case(np.geomspace, (-SCALAR, -LAST, 5), {"endpoint": False}, jax=None),
    Case(np.geomspace, (W, W[::-1] * 2, 3), {"axis": -1}, jax=None),
    Case(np.geomspace, (Z, W + 0.5j, 4), jax=None),
    Case(np.geomspace, (SCALAR, LAST, 1), jax=None),
    Case(np.meshgrid, (V, W[:2])),
    Case(np.meshgrid, (V, W[:2], Z), {"indexing": "ij"}, jax=None),
    Case(np.meshgrid, (V, W[:2]), {"sparse": True, "copy": False}, jax=None),
    Case(np.meshgrid, (SCALAR,), jax=None),
    Case(np.vander, (V,)),
    Case(np.vander, (V, 2), {"increasing": True}),
    Case(np.vander, (Z, 4)),
    Case(np.vander, (W, 1), jax=None),
]
