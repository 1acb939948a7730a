"""Slices of all bounds and steps, known when compiling and not, of arrays of several sizes; and overlapping stores."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.lower.array_checks import assert_same
from wengert.lower import lower_function, types_of
from wengert.lower.context import Context
from wengert.lower.elementwise import whole
from wengert.lower.indexing import SliceItem, get_item
from wengert.lower.storing import assign, copy_of
from wengert.lower.values import Abstract, Scalar, Static, View
from wengert.program.builder import Builder
from wengert.program.reference import run
from wengert.program.statements import Array, Program, Section, Span, Storage, Value
from wengert.program.verifier import verify

BOUNDS = (None, -9, -3, -1, 0, 1, 2, 4, 9)


def _array(context: Context, name: str) -> Array:
    size = Value(f"{name}_size", "int64")
    storage = Storage(name, "float64", 1)
    context.builder.sizes[storage] = (size,)
    return Array(storage, (size,))


def _section(view: View) -> Section:
    (axis,) = view.axes
    return Section(view.storage, (Span(axis.start, view.sizes[0], axis.step),), (0,))


@pytest.mark.parametrize("step", [None, 2, -1, -3])
def test_slices_with_constant_bounds(step):
    """Each slice of arrays of sizes 0 to 6 has NumPy's elements."""
    context = Context(Builder())
    parameter = _array(context, "x")
    base = whole(parameter.storage, parameter.sizes)
    slices = [slice(a, b, step) for a, b in itertools.product(BOUNDS, BOUNDS)]
    slices = [s for s in slices if not _selects_one(s)]
    found = []
    for one in slices:
        view = get_item(context, base, [Static(one)])
        assert isinstance(view, View)
        found.append(_section(copy_of(context, view)))
    program = Program("slices", (parameter,), context.builder.finish(), tuple(found))
    verify(program)
    for size in range(7):
        x = np.arange(float(size))
        for mine, one in zip(run(program, x), slices, strict=True):
            np.testing.assert_array_equal(mine, x[one], err_msg=f"{one} of {size}")


def _selects_one(one: slice) -> bool:
    """Slices that select one element of every long array are checked to be there, which not all sizes here pass."""
    counts = {len(range(size)[one]) for size in (50, 51, 60)}
    return counts == {1}


@pytest.mark.parametrize("step", [None, 3, -1])
def test_slices_with_bounds_from_arguments(step):
    """Bounds that are known only when the program runs, positive and negative ones."""
    context = Context(Builder())
    parameter = _array(context, "x")
    base = whole(parameter.storage, parameter.sizes)
    start, stop = Value("a", "int64"), Value("b", "int64")
    item = SliceItem(Scalar(start, True), Scalar(stop, True), None if step is None else Static(step))
    view = get_item(context, base, [item])
    assert isinstance(view, View)
    found = _section(copy_of(context, view))
    program = Program("sliced", (parameter, start, stop), context.builder.finish(), (found,))
    verify(program)
    for size, a, b in itertools.product(range(5), range(-6, 7), range(-6, 7)):
        x = np.arange(float(size))
        np.testing.assert_array_equal(run(program, x, a, b), x[a:b:step], err_msg=f"{size} {a} {b}")


def test_overlapping_stores():
    """`x[s] = x[t] + x[u]` for all slices of one length: the right side is read before anything is written."""
    slices = [slice(a, b, c) for a, b, c in [(0, 4, 1), (1, 5, 1), (2, 6, 1), (0, 8, 2), (1, 8, 2), (5, 1, -1)]]
    for target, first, second in itertools.product(slices, repeat=3):
        context = Context(Builder())
        parameter = _array(context, "x")
        base = whole(parameter.storage, parameter.sizes)
        target_view, *views = (get_item(context, base, [Static(one)]) for one in (target, first, second))
        assert isinstance(target_view, View)
        assign(context, target_view, _sum(context, views))
        program = Program("overlapping", (parameter,), context.builder.finish(), ())
        verify(program)
        x = np.arange(8.0) ** 2
        expected = x.copy()
        expected[target] = expected[first] + expected[second]
        run(program, x)
        np.testing.assert_array_equal(x, expected)


def _sum(context: Context, views: list[Abstract]) -> Abstract:
    from wengert.lower.operators import binary

    return binary(context, "add", *views)


def test_one_element_slices_are_stretched():
    """`A[:, k:k+1]` has the known size 1 along its second axis, so it is stretched over the columns of `A`."""

    def shifted(A):
        total = np.zeros_like(A)
        for k in range(A.shape[1]):
            total += A * A[:, k : k + 1] + A[-1:]
        return total

    A = np.arange(12.0).reshape(3, 4)
    lowered = lower_function(shifted, types_of((A,)))
    assert_same(np.asarray(run(lowered.program, A)), shifted(A))


def test_one_element_slices_with_steps():
    """So are slices that select one element backwards or with a wide step."""

    def stretched(A):
        return A * A[1:0:-1] + A[:, 2:3:4] * A[:, -1:-2:-1]

    A = np.arange(12.0).reshape(3, 4)
    lowered = lower_function(stretched, types_of((A,)))
    assert_same(np.asarray(run(lowered.program, A)), stretched(A))
