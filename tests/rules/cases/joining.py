"""Cases of `wengert.rules.joining`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
B = A**2 + 1
Z = A * (1 + 0.5j) + 0.25j
V = np.array([0.5, -1.5, 2.5])
CUBE = np.linspace(0.1, 2.4, 24).reshape(2, 3, 4) ** 2
SCALAR = np.array(1.75)
EMPTY = np.zeros((0, 3))


def with_constant(function, *options):
    """A join of an array with another that carries no derivative."""
    return lambda a: function([a, np.arange(6.0).reshape(2, 3)], *options)


def line_norm(line, power):
    return np.sum(line**power)


def line_pairs(line):
    return np.stack([line[1:] * line[:-1], line[1:] - line[:-1]])


CASES = [
    Case(np.concatenate, ([A, B],), {"axis": 1}),
    Case(np.concatenate, ((A, V),), {"axis": None}),
    Case(np.concatenate, ([A, Z, B],), {"axis": -2}),
    Case(np.concatenate, ([A, EMPTY],)),
    Case(with_constant(np.concatenate, 1), (A,), covers=np.concatenate, name="constant", jax=None),
    Case(np.stack, ([A, B],)),
    Case(np.stack, ([A, B, A],), {"axis": -1}),
    Case(np.stack, ([SCALAR, SCALAR * 2],)),
    Case(np.stack, ([A, Z],), {"axis": 1}),
    Case(with_constant(np.stack), (A,), covers=np.stack, name="constant", jax=None),
    Case(np.vstack, ([V, A],)),
    Case(np.hstack, ([V, V * 2],)),
    Case(np.hstack, ([A, B],)),
    Case(np.hstack, ([SCALAR, V],)),
    Case(np.dstack, ([A, B],)),
    Case(np.dstack, ([V, V],)),
    Case(np.column_stack, ([V, A.T, V],)),
    Case(np.block, ([[A, B], [B, A]],)),
    Case(np.block, ([V, SCALAR],)),
    Case(np.block, (A,)),
    Case(np.block, ([[CUBE], [CUBE]],)),
    Case(np.append, (A, V)),
    Case(np.append, (A, B), {"axis": 1}),
    Case(np.append, (V, SCALAR)),
    Case(np.split, (A, 3), {"axis": 1}),
    Case(np.split, (V, [1, 1]), {"axis": 0}),
    Case(np.split, (Z, [2]), {"axis": -1}),
    Case(np.array_split, (CUBE, 3), {"axis": 2}),
    Case(np.array_split, (V, [2, 5]), jax=None),
    Case(np.hsplit, (A, 3)),
    Case(np.hsplit, (V, 3)),
    Case(np.vsplit, (A, 2)),
    Case(np.dsplit, (CUBE, 2)),
    Case(np.unstack, (A,)),
    Case(np.unstack, (CUBE,), {"axis": -2}),
    Case(np.delete, (A, 1), {"axis": 1}, jax=None),
    Case(np.delete, (A, [0, -1]), jax=None),
    Case(np.delete, (Z, slice(0, 2)), {"axis": -1}, jax=None),
    Case(np.delete, (V, np.array([True, False, True])), jax=None),
    Case(np.insert, (V, 1, SCALAR), jax=None),
    Case(np.insert, (V, 1, V * 2), jax=None),
    Case(np.insert, (V, [2, 0, 2], V * 2), jax=None),
    Case(np.insert, (V, [1, -1], SCALAR), jax=None),
    Case(np.insert, (A, 1, V), {"axis": 0}, jax=None),
    Case(np.insert, (A, 2, V[:2]), {"axis": 1}, jax=None),
    Case(np.insert, (A, [0, 2], A[:, :1]), {"axis": 1}, jax=None),
    Case(np.insert, (A, slice(0, 2), B[:, :2]), {"axis": 1}, jax=None),
    Case(np.insert, (A, [1], B[:, :1]), {"axis": -1}, jax=None),
    Case(np.insert, (V, np.array([True, False, True]), V[:2]), jax=None),
    Case(np.insert, (Z, 0, SCALAR), jax=None),
    Case(np.apply_along_axis, (line_norm, 1, A, 3), jax=None),
    Case(np.apply_along_axis, (line_norm, 0, CUBE), {"power": 2}, jax=None),
    Case(np.apply_along_axis, (line_pairs, 1, CUBE), jax=None),
    Case(np.apply_along_axis, (line_pairs, -1, V), jax=None),
    Case(np.apply_over_axes, (np.sum, CUBE, [0, -1]), jax=None),
    Case(np.apply_over_axes, (np.sum, A, 1), jax=None),
]
