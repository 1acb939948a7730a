"""Mutation, aliases, views and overlap: what a program stores is what the right side was, and so is its derivative."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from tests.semantics.engines import each_engine


def row_from_column(a):
    a[1] = a[:, 2]
    return a


def row_from_column_by_copyto(a):
    np.copyto(a[1], a[:, 2])
    return a


def column_from_row(a):
    a[:, 1] = a[2]
    return a


def transposed_onto_itself(a):
    a.T[...] = a
    return a


def shifted(a):
    a[1:] = a[:-1]
    return a


def reversed_in_place(a):
    a[:] = a[::-1]
    return a


# With where each element of the result comes from.
PLACES = np.arange(9).reshape(3, 3)
OVERLAPS = {
    row_from_column: [[0, 1, 2], [2, 5, 8], [6, 7, 8]],
    row_from_column_by_copyto: [[0, 1, 2], [2, 5, 8], [6, 7, 8]],
    column_from_row: [[0, 6, 2], [3, 7, 5], [6, 8, 8]],
    transposed_onto_itself: PLACES.T,
    shifted: [[0, 1, 2], [0, 1, 2], [3, 4, 5]],
    reversed_in_place: PLACES[::-1],
}


@pytest.mark.parametrize("function", OVERLAPS, ids=lambda one: one.__name__)
@each_engine
def test_overlapping_stores_read_the_right_side_first(engine, function):
    """Value and derivative are those of storing a copy; NumPy 2.4 itself overwrites what it has still to read."""
    a, w = PLACES + 0.5, (PLACES * 7 % 5) + 1.0
    source = np.array(OVERLAPS[function])
    value, pullback = wg.vjp(engine(function), a)
    np.testing.assert_array_equal(value, a.ravel()[source])
    expected = np.zeros(9)
    np.add.at(expected, source.ravel(), w.ravel())
    np.testing.assert_array_equal(pullback(w)[0], expected.reshape(3, 3))


@each_engine
def test_a_view_sees_what_is_written_through_another_name(engine):
    """Aliases are one array, whichever name is written."""

    def through_a_view(x):
        y = x * 1.0
        tail = y[1:]
        y[1] = y[0] * 5.0
        tail[1] *= 2.0
        return y[1] * tail[0] + y[2]

    # (5 x0)^2 + 2 x2
    np.testing.assert_allclose(wg.grad(engine(through_a_view))(np.array([2.0, 7.0, 3.0])), [100.0, 0.0, 2.0])


@each_engine
def test_the_callers_arrays_are_as_they_were(engine):
    """A derivative call changes no argument, even where the function does."""
    a = PLACES + 0.5
    wg.vjp(engine(row_from_column), a)[1](np.ones((3, 3)))
    wg.jvp(engine(row_from_column), (a,), (np.ones((3, 3)),))
    np.testing.assert_array_equal(a, PLACES + 0.5)
