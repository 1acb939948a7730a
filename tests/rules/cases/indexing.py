"""Cases of `wengert.rules.indexing`. Functions that store in place are cases through wrappers that return the array."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
B = A**2 + 1
Z = A * (1 + 0.5j) + 0.25j
V = np.array([0.5, -1.5, 2.5, 0.75])
W = np.array([1.25, -0.5])
CUBE = np.linspace(0.1, 2.4, 24).reshape(2, 3, 4) ** 2
SCALAR = np.array(1.75)
MASK = np.array([[True, False, True], [False, False, True]])
ORDER = np.argsort(A, axis=1)


def storing(function, *options, **keywords):
    """The array after a product with itself and a call that stores `values` in it."""

    def call(array, values):
        array = array * array
        function(array, *options, values, **keywords)
        return array * 2

    return call


def put_along(axis, indices):
    def call(array, values):
        array = array * array
        np.put_along_axis(array, indices, values, axis)
        return array * 2

    return call


def copied(where):
    def call(array, values):
        array = array * array
        np.copyto(array, values, where=where)
        return array * 2

    return call


def filled(wrap=False):
    def call(array, values):
        array = array * array
        np.fill_diagonal(array, values, wrap)
        return array * 2

    return call


def put_with(indices, mode):
    def call(array, values):
        array = array * array
        np.put(array, indices, values, mode)
        return array * 2

    return call


def square_and_scaled(x, factor):
    return np.piecewise(x, [x < 0, x > 1], [lambda t: t * t, lambda t: factor * t, 0.25])


CASES = [
    Case(np.where, (MASK, A, B)),
    Case(np.where, (MASK, A, Z)),
    Case(np.where, (MASK[0], A[0], SCALAR)),
    Case(np.where, (MASK, 2, A)),
    Case(np.select, ([MASK, ~MASK], [A, B]), jax=None),
    Case(np.select, ([MASK, MASK], [A, B], SCALAR), jax=None),
    Case(np.select, ([MASK[0], ~MASK], [Z, V[:3]], 1.5), jax=None),
    Case(np.choose, (np.array([1, 0, 1, 1]), [V, 2 * V]), {}, jax=None),
    Case(np.choose, (np.array([[3], [-1]]), [V, SCALAR, 3 * V]), {"mode": "wrap"}, jax=None),
    Case(np.choose, (np.array([5, -2, 1, 0]), [V, SCALAR, 3 * V]), {"mode": "clip"}, jax=None),
    Case(np.piecewise, (V, [V < 0, V > 1], [np.square, lambda t: 3 * t**3, 0.25]), jax=None),
    Case(square_and_scaled, (V, SCALAR), covers=np.piecewise, name="closure"),
    Case(np.take, (A, 4)),
    Case(np.take, (A, np.array([[0, -1], [2, 2]]))),
    Case(np.take, (A, 1), {"axis": 0}),
    Case(np.take, (CUBE, np.array([[1, 1], [-1, 0]])), {"axis": 1}),
    Case(np.take, (V, np.array([7, -9])), {"mode": "wrap"}),
    Case(np.take, (V, np.array([7, -9])), {"mode": "clip"}),
    Case(np.take, (Z, np.zeros(0, int), 1)),
    Case(np.take, (SCALAR, 0)),
    Case(np.take_along_axis, (A, ORDER, 1)),
    Case(np.take_along_axis, (CUBE, np.array([[[2]], [[0]]]), 1), jax=None),
    Case(np.take_along_axis, (A, np.array([3, -1, 3]), None), jax=None),
    Case(np.compress, (np.array([True, False, True]), A), {"axis": 1}),
    Case(np.compress, ([False, True, True], A), jax=None),
    Case(np.compress, ([], V), jax=None),
    Case(np.extract, (MASK, A), jax=None),
    Case(np.extract, (MASK, Z), jax=None),
    Case(storing(np.put, [1, -1]), (A, W), covers=np.put, name="negative"),
    Case(put_with([1, 4, 1], "raise"), (A, V[:3]), covers=np.put, name="repeated"),
    Case(put_with([0, 1, 2], "raise"), (V, W), covers=np.put, name="short"),
    Case(put_with([9, -7], "wrap"), (A, W), covers=np.put, name="wrap"),
    Case(put_with([9, -7], "clip"), (Z, W), covers=np.put, name="clip"),
    Case(storing(np.place, MASK), (A, W), covers=np.place, name="short"),
    Case(storing(np.place, MASK), (A, V), covers=np.place, name="long"),
    Case(storing(np.putmask, MASK), (A, B), covers=np.putmask, name="same"),
    Case(storing(np.putmask, MASK), (A, W), covers=np.putmask, name="short"),
    Case(storing(np.putmask, MASK), (A, SCALAR), covers=np.putmask, name="number"),
    Case(put_along(1, ORDER[:, :2]), (A, B[:, :2]), covers=np.put_along_axis, name="axis1"),
    Case(put_along(0, np.array([[1, 0, 0]])), (A, SCALAR), covers=np.put_along_axis, name="axis0"),
    Case(put_along(None, np.array([5, -5])), (A, W), covers=np.put_along_axis, name="flat"),
    Case(copied(True), (A, V[:3]), covers=np.copyto, name="broadcast"),
    Case(copied(MASK), (A, B), covers=np.copyto, name="where"),
    Case(copied(MASK[0]), (A, SCALAR), covers=np.copyto, name="where,broadcast"),
    Case(copied(MASK), (Z, A), covers=np.copyto, name="widened"),
    Case(filled(), (A, SCALAR), covers=np.fill_diagonal, name="wide"),
    Case(filled(), (CUBE[0].T, W), covers=np.fill_diagonal, name="tall"),
    Case(filled(wrap=True), (np.linspace(1, 2, 15).reshape(5, 3)[:, :2], V), covers=np.fill_diagonal, name="wrap"),
    Case(filled(), (CUBE[:, :2, :2], W), covers=np.fill_diagonal, name="cube"),
]
