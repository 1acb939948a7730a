"""Sums in variables are what they were, and are made only where an element may be mistaken for another."""

from __future__ import annotations

import numpy as np

from wengert.passes.sums import sum_in_variables
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import Allocate, Array, Program, Storage, Value
from wengert.program.traverse import walk
from wengert.program.verifier import verify


def adjoint_of_product(*, apart: bool = False, read: bool = False) -> Program:
    """`X[0, i] += Y[i]; Z[k, 0] += Y[i]`, where Z is X unless `apart`; `read`: X is read there, too."""
    b = Builder()
    n, m, k = Value("n", "int64"), Value("m", "int64"), Value("k", "int64")
    X, Z, Y = Storage("X", "float64", 2), Storage("Z", "float64", 2), Storage("Y", "float64", 1)
    with b.loop(integer(0), n, order_free=True) as i:
        term = b.load(Y, (i,))
        if read:
            term = b.load(X, (integer(0), i))
        b.accumulate(X, (integer(0), i), term)
        b.accumulate(Z if apart else X, (k, integer(0)), term)
    parameters = (k, Array(X, (m, m)), Array(Z, (m, m)), Array(Y, (n,)))
    return Program("f", parameters, b.finish())


def allocations(program: Program) -> int:
    return sum(isinstance(one, Allocate) for one in walk(program.body))


def test_a_sum_next_to_other_places_is_made_in_a_variable() -> None:
    """The same sums, whether the element is one of the others or not; out of range where nothing is added."""
    before = adjoint_of_product()
    after = sum_in_variables(before)
    verify(after)
    assert allocations(after) == 1
    for n, k in ((5, 0), (5, 3), (1, 0), (0, 99)):
        found, expected = np.ones((6, 6)), np.ones((6, 6))
        Y = np.arange(float(n))
        run(before, k, expected, expected.copy(), Y)
        run(after, k, found, found.copy(), Y)
        np.testing.assert_array_equal(found, expected)


def test_sums_that_need_no_variable_are_left_alone() -> None:
    """Where the storages differ the machine can tell; where one is read the order counts."""
    assert allocations(sum_in_variables(adjoint_of_product(apart=True))) == 0
    assert allocations(sum_in_variables(adjoint_of_product(read=True))) == 0
