"""Stores and in-place updates, lowered and run: overlap, index arrays, masks, `out=`, aliases."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lower.array_checks import check, program_of
from wengert.program.statements import Accumulate, Allocate, Check
from wengert.program.traverse import walk

rng = np.random.default_rng(1)
x, y = rng.standard_normal(8), rng.standard_normal(8)
A, B, S = rng.standard_normal((5, 6)), rng.standard_normal((5, 6)), rng.standard_normal((5, 5))
k = np.array([1, 0, 3, -1])
W = np.arange(12)
m = x > 0
z = x + 1j * y


def shift_up(x, y):
    x[1:] = x[:-1]


def shift_down(x, y):
    x[:-1] = x[1:] * 2 + x[:-1]


def reverse(x, y):
    x[:] = x[::-1]


def transpose(A):
    A[:] = A.T


def running_rows(A):
    for i in range(1, A.shape[0]):
        A[i] = A[i - 1] + A[i]


def whole_updates(x, y):
    x += y
    x *= 2
    x /= y
    x -= x[::-1]
    x **= 2


def element_updates(x, y):
    x[2] += y[1]
    x[-1] -= 1
    x[0] *= y[0]
    x[3] /= 2


def index_store(x, k):
    x[k] = 0


def index_update(x, k):
    x[k] += 1.0


def add_at(x, k):
    np.add.at(x, k, x[:4])


def mask_store(x, m):
    x[m] = -1


def mask_update(x, m):
    x[m] *= 2


def mask_of_arrays(x, m, y):
    x[m] = y[m] + x[m]


def columns_by_index(A, k):
    A[:, k] = A[:, k] * 2


def pairs_by_index(A, k):
    A[k, k] -= 3


def masks_of_comparisons(A):
    A[A > 0] = 0
    A[A < -1] += A[0, 0]


def out_arguments(x, y):
    np.multiply(x, y, out=x)
    np.exp(x, out=y, where=x > 0)


def stencil(A, B):
    A[1:-1, 1:-1] = 0.25 * (A[:-2, 1:-1] + A[2:, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:]) + B[1:-1, 1:-1]


def elimination(A):
    n = A.shape[0]
    for k in range(n):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])


def views_of_views(x, y):
    v = x[2:6]
    v[1:] = y[:3]
    v += 1
    w = x.reshape(2, 4)
    w[1, 1] = 7.0
    return v


def transposed_view(A):
    v = A.T
    v[0] = 1.0
    A[2, :] = v[:, 1]
    return v


def whole_numbers(W):
    W[0] = 2.7
    W[1:3] = [5.5, 6]
    W //= 2
    W[4] += 1
    W[5:] %= 3


def fills(x):
    x.fill(2.0)
    x[::2] = 1
    x[1::2] = x[::2]


def sort_in_place(x):
    x.sort()


def swap_rows(A):
    A[0], A[1] = A[1].copy(), A[0].copy()


def broadcast_rows(A, x):
    A[:] = x[:6]
    A[:, 0] = x[:5]


def complex_numbers(z):
    z[0] = 1
    z *= 2j
    z[1:].real
    return np.abs(z).sum()


def ellipsis(x, y):
    x[...] = y
    x[None, :] += 1


def single_element_slice(x, y):
    return x[3:4] * y


def single_columns(A):
    return A[:, :1] * A, A[:, -1:] + A, A / A[:1]


def slice_by_argument(x, n):
    return x[n : n + 2]


def iteration(x):
    s = 0.0
    for v in x:
        s += v * v
    for i, v in enumerate(x[::2]):
        s += i * v
    return s


def iteration_over_rows(A):
    s = 0.0
    for r in A:
        s += r[0]
        r[1] = s
    return s


def copyto(A):
    np.copyto(A, 1.0)
    np.copyto(A[0], 2.0, where=A[1] > 0)


def largest_to_zero(x):
    x[x.argmax()] = 0


def index_array_then_slice(A, k):
    return A[k][:, None] * 2, A[k, :3], A[1:3, k], A[..., k, None]


def slice_of_slice(x):
    x[1:][::2] = 0
    x[1:][2] = 5


def matrix_update(A):
    A[:2, :2] @= A[2:4, 2:4]


def cumulative_reversed(x):
    x[:] = np.cumsum(x)[::-1]


def searching(x):
    return (
        np.argsort(x),
        np.searchsorted(np.sort(x), [0.1, -0.2]),
        np.searchsorted(np.sort(x), x[0], side="right"),
        np.bincount(np.array([1, 2, 1])),
        np.bincount([0, 2], weights=x[:2], minlength=5),
    )


def argsort_columns(A):
    return np.argsort(A, axis=0)


CASES = [
    (shift_up, x, y),
    (shift_down, x, y),
    (reverse, x, y),
    (transpose, S),
    (running_rows, A),
    (whole_updates, x, y),
    (element_updates, x, y),
    (index_store, x, k),
    (index_update, x, k),
    (add_at, x, k),
    (mask_store, x, m),
    (mask_update, x, m),
    (mask_of_arrays, x, m, y),
    (columns_by_index, A, k),
    (pairs_by_index, A, k),
    (masks_of_comparisons, A),
    (out_arguments, x, y),
    (stencil, A, B),
    (elimination, S),
    (views_of_views, x, y),
    (transposed_view, A),
    (whole_numbers, W),
    (fills, x),
    (sort_in_place, x),
    (swap_rows, A),
    (broadcast_rows, A, x),
    (complex_numbers, z),
    (ellipsis, x, y),
    (single_element_slice, x, y),
    (single_columns, A),
    (slice_by_argument, x, 3),
    (slice_by_argument, x, -1),
    (iteration, x),
    (iteration_over_rows, A),
    (copyto, A),
    (largest_to_zero, x),
    (index_array_then_slice, A, k),
    (slice_of_slice, x),
    (matrix_update, A),
    (cumulative_reversed, x),
    (searching, x),
    (argsort_columns, A),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_writing(case):
    """The arrays are left as the function itself leaves them, and so is its result."""
    check(*case)


def test_a_stencil_needs_no_temporary_and_no_check():
    """A shifted read of another array is one nest of loops: nothing allocated, nothing checked."""

    def smoothed(u, v):
        v[1:-1] = u[:-2] + u[2:]
        for i in range(1, len(u) - 1):
            u[i] = u[i - 1] + u[i + 1]

    kinds = [type(one) for one in walk(program_of(smoothed, x, y).body)]
    assert Allocate not in kinds
    assert kinds.count(Check) == 1  # that the two arrays are equally long


def test_an_elimination_step_needs_no_temporary():
    """The pivot row and column are shown to be apart from what is updated, so the update accumulates in place."""
    kinds = [type(one) for one in walk(program_of(elimination, S).body)]
    assert Allocate not in [type(one) for one in walk(program_of(running_rows, A).body)]
    assert Accumulate in kinds
