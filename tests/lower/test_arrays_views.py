"""Elements, slices, index arrays and masks, and other arrangements of arrays, lowered and run."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lower.array_checks import check

rng = np.random.default_rng(0)
x, y = rng.standard_normal(6), rng.standard_normal(6)
A, B, S = rng.standard_normal((5, 6)), rng.standard_normal((6, 4)), rng.standard_normal((5, 5))
T = rng.standard_normal((2, 3, 4))
k = np.array([1, 0, 3, -1])
z = x + 1j * y
W = np.arange(12).reshape(3, 4)
m = x > 0

CASES = [
    (lambda x: x[1:4] * 2, x),
    (lambda x: x[::-1] + x, x),
    (lambda x: x[-3:].copy(), x),
    (lambda x: x[10:], x),
    (lambda x: x[-2], x),
    (lambda x, i: x[i], x, -3),
    (lambda x, i: x[i:], x, 2),
    (lambda x, i: x[:i], x, -2),
    (lambda x, i, j: x[i:j], x, 4, 2),
    (lambda x: x[5:1:-2], x),
    (lambda x: x[::2] + x[1::2], x),
    (lambda A: A[1], A),
    (lambda A: A[1][2], A),
    (lambda A: A[:, 2], A),
    (lambda A: A[..., 1], A),
    (lambda A: A[None, :, 0], A),
    (lambda x, y: x[:, None] * y[None, :], x, y),
    (lambda A: A.T + 1, A),
    (lambda A, y: A.T @ y, A, S[0]),
    (lambda W: W @ W.T, W),
    (lambda x: x.reshape(2, 3), x),
    (lambda x: x.reshape((3, -1)), x),
    (lambda A: A.reshape(-1), A),
    (lambda A: A.T.reshape(-1), A),
    (lambda A: A.ravel() * 2, A),
    (lambda A: A.flatten(), A),
    (lambda T: T.transpose(2, 0, 1), T),
    (lambda A: A[:, :1].squeeze(), A),
    (lambda A: A[:, 1:2].squeeze(axis=1), A),
    (lambda A: A.diagonal(1), A),
    (lambda x, k: x[k], x, k),
    (lambda A, k: A[k], A, k),
    (lambda A, k: A[:, k], A, k),
    (lambda A, k: A[k, k], A, k),
    (lambda A, k: A[k[:, None], k], A, k),
    (lambda x, m: x[m], x, m),
    (lambda A: A[A > 0], A),
    (lambda A, m: A[:, m], A, m),
    (lambda T, k: T[0, :, k], T, k),
    (lambda T, k: T[:, 1, k], T, k),
    (lambda x: x[[0, 2, 2]], x),
    (lambda x: x[0].item(), x),
]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_views(case):
    """What an index or a view selects is what NumPy selects."""
    check(*case)
