"""Arrays whose axes are put in another order give the same bits and are walked along rows; others stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.passes.comparing import after, arguments_of, outcome, prepared, random_program, without_checks
from wengert.adjoint.reverse import reverse
from wengert.compiler import DERIVATIVE, PREPARE
from wengert.passes.independent import mark_independent
from wengert.passes.layout import lay_out_arrays
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import Allocate, Array, Load, Program, Recall, Storage
from wengert.program.traverse import substitute, walk


def down_columns(A: Any) -> float:
    n, m = A.shape
    own = np.zeros((n, m))
    for k in range(1, m):
        for i in range(n):
            own[i, k] = A[k % n, i % m] * own[i, k - 1] + 1.0
    total = 0.0
    for k in range(m):
        for i in range(n):
            total += own[i, k]
    return total


def planes(A: Any) -> Any:
    n, m = A.shape
    own = np.zeros((n, m, n + 1))
    for k in range(n + 1):
        own[:, :, k] = A * k
    for k in range(1, n + 1):
        own[:, :, k] = own[:, :, k] * own[:, :, k - 1]
    out = np.zeros((n, m))
    for k in range(n + 1):
        out[:, :] += own[:, :, k]
    return out


def down_small(A: Any) -> float:
    n = A.shape[0]
    own = np.zeros((n, 3))
    for k in range(3):
        for i in range(n):
            own[i, k] = A[i, 0] * k
    return float(np.sum(own[0] * own[-1]))


def both_ways(A: Any) -> float:
    n = A.shape[0]
    own = np.zeros((n, n))
    for k in range(n):
        for i in range(n):
            own[i, k] += A[i, 0]
            own[k, i] += A[0, 0]
    return float(own[0, 0])


def returned(A: Any) -> Any:
    n, m = A.shape
    own = np.zeros((n, m))
    for k in range(m):
        for i in range(n):
            own[i, k] = A[i, k] * 2.0
    return own


def multiplied(A: Any) -> Any:
    n, m = A.shape
    own = np.zeros((n, m))
    for k in range(m):
        for i in range(n):
            own[i, k] = A[i, k] * 2.0
    return (own @ np.linalg.inv(np.eye(m)))[0, 0]


def flattened(A: Any) -> float:
    n, m = A.shape
    own = np.zeros((n, m))
    for k in range(m):
        for i in range(n):
            own[i, k] = A[i, k] * 2.0
    return float(own.ravel()[1])


GAINING = [down_columns, planes]
STAYING = [down_small, both_ways, returned, multiplied, flattened]


def orders(before: Program, changed: Program) -> list[tuple[int, ...]]:
    """For each array whose sizes stand in another order: which."""
    sizes = {one.storage: one.sizes for one in walk(before.body) if isinstance(one, Allocate | Recall)}
    return [
        tuple(sizes[one.storage].index(size) for size in one.sizes)
        for one in walk(changed.body)
        if isinstance(one, Allocate | Recall) and one.sizes != sizes[one.storage]
    ]


@pytest.mark.parametrize("function", [*GAINING, *STAYING])
def test_arrays_laid_out_anew_give_the_same_bits(function: Any) -> None:
    """Sizes from nothing to three along each axis; what fails, fails alike."""
    before = prepared(function, np.zeros((4, 5)))
    changed = after(before, lay_out_arrays)
    for n in range(4):
        for m in range(4):
            matrix = [np.random.default_rng(n).normal(size=(n, m))]
            assert outcome(changed, matrix) == outcome(before, matrix)


@pytest.mark.parametrize(("function", "order"), [(down_columns, (1, 0)), (planes, (2, 0, 1))])
def test_axes_stand_in_the_order_of_the_loops(function: Any, order: tuple[int, ...]) -> None:
    """The axis that the innermost loop moves is last."""
    before = prepared(function, np.zeros((4, 5)))
    assert orders(before, lay_out_arrays(before)) == [order]


@pytest.mark.parametrize("function", STAYING)
def test_arrays_that_are_seen_whole_or_do_not_gain_stay(function: Any) -> None:
    """Results, operands of matrix products, reshaped arrays, triples, and arrays that are walked both ways."""
    before = prepared(function, np.zeros((4, 5)))
    assert lay_out_arrays(before) is before


def own_arrays(program: Program) -> Program:
    """The program on copies of its arrays, which are copied back in the end."""
    builder = Builder()
    copies: dict[Storage, Storage] = {}
    arrays = [one for one in program.parameters if isinstance(one, Array)]
    for one in arrays:
        copies[one.storage] = builder.allocate(one.storage.hint, one.storage.dtype, one.sizes)
        copy_into(builder, copies[one.storage], one.storage, one)
    builder.append_all(substitute(program.body, {}, copies))
    for one in arrays:
        copy_into(builder, one.storage, copies[one.storage], one)
    return replace(program, body=builder.finish())


def copy_into(builder: Builder, target: Storage, source: Storage, array: Array) -> None:
    def along(place: list[Any]) -> None:
        if len(place) == target.rank:
            builder.store(target, place, builder.load(source, place))
            return
        with builder.loop(integer(0), array.sizes[len(place)], order_free=True) as counter:
            along([*place, counter])

    along([])


def test_random_programs_give_the_same_bits() -> None:
    """Variables, triangles and accumulations at random places."""
    changes = 0
    for seed in range(150):
        before = own_arrays(random_program(seed))
        changed = after(before, lay_out_arrays)
        if changed is not before:
            changes += 1
            for size in range(6):
                arguments = arguments_of(size, seed)
                assert outcome(changed, arguments) == outcome(before, arguments), seed
    assert changes > 20


def test_adjoints_of_random_programs_give_the_same_bits() -> None:
    """What the reverse sweep saves is laid out anew too."""
    changes = 0
    for seed in range(60):
        program = after(own_arrays(random_program(seed)), mark_independent)
        before = after(reverse(program, [1, 2, 3], with_results=True, unit_seed=True), *DERIVATIVE)
        changed = after(before, lay_out_arrays)
        if changed is not before:
            changes += 1
            size, *arrays = arguments_of(4, seed)
            given = [size, *arrays, *(np.zeros_like(one) for one in arrays)]
            assert outcome(changed, given) == outcome(before, given), seed
    assert changes > 10


def columns_kept(A: Any, x: Any) -> float:
    for _ in range(3):
        own = np.zeros(A.shape)
        for k in range(1, A.shape[1]):
            for i in range(A.shape[0]):
                own[i, k] = x[k] * own[i, k - 1] + A[i, k]
        for k in range(A.shape[1]):
            for i in range(A.shape[0]):
                x[k] = x[k] + own[i, k] * own[i, k]
    return float(x[-1])


def test_arrays_that_are_kept_for_the_way_back_are_recalled_in_the_same_order() -> None:
    """A stack hands over memory, so both names for it have one layout."""
    matrix, vector = np.random.default_rng(0).normal(size=(4, 5)), np.linspace(0.1, 0.3, 5)
    program = after(without_checks(prepared(columns_kept, matrix, vector)), *PREPARE)
    before = after(reverse(program, [0, 1], with_results=True, unit_seed=True), *DERIVATIVE)
    changed = after(before, lay_out_arrays)
    recalled = [one for one in walk(changed.body) if isinstance(one, Recall)]
    kept = [one for one in walk(changed.body) if isinstance(one, Allocate) and one.kept is not None]
    assert recalled
    assert kept
    assert (1, 0) in orders(before, changed)
    assert not {one.storage for one in recalled}.isdisjoint(
        one.storage for one in walk(changed.body) if isinstance(one, Load)
    )
    count = len(before.parameters) - 2
    results = []
    for one in (before, changed):
        given = [matrix.copy(), vector.copy(), *[np.zeros_like(matrix), np.zeros_like(vector)][:count]]
        results.append((run(one, *given), [array.tobytes() for array in given]))
    assert results[0] == results[1]
