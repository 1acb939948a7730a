"""Cases of `wengert.rules.shaping`."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
Z = A * (1 + 0.5j) + 0.25j
V = np.array([0.5, -1.5, 2.5, 0.75])
CUBE = np.linspace(0.1, 2.4, 24).reshape(2, 3, 4) ** 2
THIN = np.linspace(1.0, 2.0, 6).reshape(1, 3, 1, 2)
SCALAR = np.array(1.75)
EMPTY = np.zeros((0, 3))


def ravel_of_transposed(a, order):
    """`np.ravel` of an array that is not contiguous."""
    return np.ravel(np.transpose(a, (1, 0, 2)), order)


CASES = [
    Case(np.reshape, (A, (3, 2))),
    Case(np.reshape, (A, -1)),
    Case(np.reshape, (A, (2, -1)), {"order": "F"}, jax=None),
    Case(np.reshape, (Z, (3, 2)), {"order": "F"}),
    Case(np.reshape, (SCALAR, (1, 1))),
    Case(np.reshape, (EMPTY, (3, 0))),
    Case(np.ravel, (A,)),
    Case(np.ravel, (SCALAR,)),
    Case(np.ravel, (Z, "F")),
    Case(np.ravel, (CUBE, "K"), jax=None),
    Case(ravel_of_transposed, (CUBE, "K"), covers=np.ravel, name="transposed,K"),
    Case(ravel_of_transposed, (CUBE, "A"), covers=np.ravel, name="transposed,A"),
    Case(ravel_of_transposed, (CUBE, "F"), covers=np.ravel, name="transposed,F"),
    Case(np.transpose, (A,)),
    Case(np.transpose, (A, (1, 0))),
    Case(np.transpose, (CUBE, (2, 0, 1))),
    Case(np.transpose, (CUBE, (-1, 0, -2))),
    Case(np.transpose, (Z,)),
    Case(np.transpose, (V,)),
    Case(np.swapaxes, (CUBE, 0, -1)),
    Case(np.swapaxes, (Z, 0, 1)),
    Case(np.matrix_transpose, (CUBE,)),
    Case(np.moveaxis, (CUBE, 0, -1)),
    Case(np.moveaxis, (CUBE, (0, 1), (-1, 0))),
    Case(np.rollaxis, (CUBE, 2)),
    Case(np.rollaxis, (CUBE, 0, 3)),
    Case(np.rollaxis, (CUBE, -1, -2)),
    Case(np.squeeze, (THIN,)),
    Case(np.squeeze, (THIN,), {"axis": 0}),
    Case(np.squeeze, (THIN,), {"axis": (0, -2)}),
    Case(np.expand_dims, (A, 1)),
    Case(np.expand_dims, (A, (0, -1))),
    Case(np.atleast_1d, (SCALAR,)),
    Case(np.atleast_1d, (SCALAR, A), jax=None),
    Case(np.atleast_2d, (SCALAR, V, A), jax=None),
    Case(np.atleast_3d, (SCALAR, V, A, CUBE), jax=None),
    Case(np.broadcast_to, (V, (3, 4))),
    Case(np.broadcast_to, (SCALAR, (2, 2))),
    Case(np.broadcast_to, (A[:, :1], (3, 2, 5))),
    Case(np.broadcast_arrays, (A, A[:, :1], SCALAR), jax=None),
    Case(sliding_window_view, (V, 2)),
    Case(sliding_window_view, (A, (2, 2))),
    Case(sliding_window_view, (CUBE, 3, -1)),
    Case(sliding_window_view, (CUBE, (2, 2), (2, 2))),
    Case(np.flip, (CUBE,)),
    Case(np.flip, (CUBE, (0, -1))),
    Case(np.flip, (V, 0)),
    Case(np.fliplr, (A,)),
    Case(np.flipud, (Z,)),
    *(Case(np.rot90, (A, k)) for k in (0, 1, 2, 3, -1)),
    Case(np.rot90, (CUBE, 1), {"axes": (2, 0)}),
    Case(np.roll, (A, 2)),
    Case(np.roll, (A, -1), {"axis": 1}),
    Case(np.roll, (CUBE, (1, -2)), {"axis": (0, 2)}),
    Case(np.roll, (Z, 4), {"axis": (0, 1)}),
    Case(np.tile, (A, 2)),
    Case(np.tile, (A, (2, 1, 3))),
    Case(np.tile, (CUBE, (2,))),
    Case(np.tile, (SCALAR, 3)),
    Case(np.tile, (V, ())),
    Case(np.tile, (V, 0)),
    Case(np.repeat, (A, 2)),
    Case(np.repeat, (A, 3), {"axis": -1}),
    Case(np.repeat, (Z, np.array([0, 2])), {"axis": 0}, jax=None),
    Case(np.repeat, (SCALAR, 3)),
    Case(np.resize, (A, (4, 4))),
    Case(np.resize, (A, 2)),
    Case(np.resize, (V, (2, 0)), jax=None),
    Case(np.trim_zeros, (np.array([0.0, 0.0, 1.5, 0.0, 2.5, 0.0])[2:5],), jax=None),
    Case(np.triu, (A,)),
    Case(np.triu, (CUBE, 1)),
    Case(np.triu, (Z, -1)),
    Case(np.tril, (A, 1)),
    Case(np.tril, (CUBE, -1)),
    Case(np.tril, (V,), jax=None),
    Case(np.diagonal, (A,)),
    Case(np.diagonal, (A, 1)),
    Case(np.diagonal, (CUBE, -1, 2, 0)),
    Case(np.diagonal, (Z, -1)),
    Case(np.diagonal, (A, 5), jax=None),
    Case(np.diag, (V,)),
    Case(np.diag, (V, -2)),
    Case(np.diag, (Z, 1)),
    Case(np.diagflat, (A, 1)),
    Case(np.diagflat, (SCALAR,)),
    Case(np.trace, (A,)),
    Case(np.trace, (CUBE, 1), {"axis1": 2, "axis2": 0}),
    Case(np.trace, (Z, -1)),
]
