"""Functions of NumPy, lowered and run."""

# ruff: noqa: PLW0108 (what is read is the source of the lambda)

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
    (lambda x: np.sum(x), x),
    (lambda A: np.mean(A, axis=0), A),
    (lambda x: x - np.max(x), x),
    (lambda A: np.max(A, axis=1), A),
    (lambda A: np.var(A, axis=0, ddof=1), A),
    (lambda x: np.std(x), x),
    (lambda z: np.var(z), z),
    (lambda x: np.any(x > 1), x),
    (lambda A: np.all(A > -9, axis=0), A),
    (lambda x: np.count_nonzero(x > 0), x),
    (lambda A: np.argmin(A, axis=1), A),
    (lambda x: np.cumsum(x), x),
    (lambda A: np.cumsum(A, axis=0), A),
    (lambda A: np.cumsum(A), A),
    (lambda x: np.cumprod(x), x),
    (lambda A, B: np.dot(A, B), A, B),
    (lambda x, y: np.outer(x, y), x, y),
    (lambda x, y: np.vdot(x, y), z, z),
    (lambda x, y: np.inner(x, y), A, A),
    (lambda T, B: np.tensordot(T, B, axes=([1], [0])), T, rng.standard_normal((3, 2))),
    (lambda A, B: np.einsum("ij,jk->ik", A, B), A, B),
    (lambda A: np.einsum("ii->i", A), S),
    (lambda A: np.einsum("ii", A), S),
    (lambda A, B, x: np.einsum("ij,jk,k->i", A, B, x), A, B, x[:4].copy()),
    (lambda T: np.einsum("...ij->...ji", T), T),
    (lambda x, y: np.concatenate((x, y)), x, y),
    (lambda A, S: np.concatenate([A, S], axis=1), A, S),
    (lambda x, y: np.stack([x, y]), x, y),
    (lambda x, y: np.stack([x, y], axis=-1), x, y),
    (lambda x, y: np.vstack((x, y)), x, y),
    (lambda x, y: np.hstack((x, y)), x, y),
    (lambda x, y: np.column_stack((x, y)), x, y),
    (lambda T: np.swapaxes(T, 0, 2), T),
    (lambda T: np.moveaxis(T, 0, -1), T),
    (lambda x: np.broadcast_to(x, (3, 6)) + 1, x),
    (lambda x: np.flip(x), x),
    (lambda x: np.roll(x, 2), x),
    (lambda x: np.roll(x, -1), x),
    (lambda A: np.roll(A, 1, axis=1), A),
    (lambda A: np.roll(A, (1, 2), axis=(0, 1)), A),
    (lambda x: np.tile(x, 3), x),
    (lambda A: np.tile(A, (2, 1)), A),
    (lambda x: np.repeat(x, 2), x),
    (lambda A: np.repeat(A, 2, axis=0), A),
    (lambda x: np.diag(x), x),
    (lambda x: np.diag(x, 1), x),
    (lambda S: np.diag(S), S),
    (lambda S: np.diag(S, -1), S),
    (lambda S: np.trace(S), S),
    (lambda S: np.tril(S), S),
    (lambda A: np.triu(A, 1), A),
    (lambda x, y: np.meshgrid(x, y), x, y[:4].copy()),
    (lambda x: np.diff(x), x),
    (lambda A: np.diff(A, axis=0), A),
    (lambda A: np.shape(A), A),
    (lambda x: np.ones_like(x), x),
    (lambda x: np.full_like(x, 3), x),
    (lambda x, y: np.array([x, y]), x, y),
    (lambda x: np.asarray(x) + 1, x),
    (lambda x: np.take(x, [1, 1]), x),
    (lambda x: np.nonzero(x > 0), x),
    (lambda x: np.sort(x), x),
    (lambda A: np.sort(A, axis=0), A),
    (lambda S: np.linalg.inv(S), S),
    (lambda S, x: np.linalg.solve(S, x), S, S[0].copy()),
    (lambda S: np.linalg.det(S), S),
    (lambda S: np.linalg.cholesky(S @ S.T), S),
    (lambda S: np.linalg.slogdet(S), S),
    (lambda x: np.linalg.norm(x), x),
    (lambda A: np.linalg.norm(A, axis=1), A),
    (lambda A: np.linalg.eigh(A + A.T)[0], S),
    (lambda A: np.linalg.qr(A)[1], S),
    (lambda x: np.linalg.norm(x, 1), x),
    (lambda x: np.linalg.norm(x, np.inf), x),
    (lambda x: np.add.reduce(x), x),
    (lambda A: np.maximum.reduce(A), A),
    (lambda x, y: np.subtract.outer(x, y), x, y),
    (lambda x: np.degrees(x), x),
    (lambda x, y: np.divmod(x, y), x, y),
    (lambda x: np.sign(x), x),
    (lambda x: np.round(x, 1), x),
    (lambda x: np.rint(x), x),
    (lambda x: np.isclose(x, x + 1e-9), x),
    (lambda x: np.allclose(x, x), x),
    (lambda x: np.nan_to_num(x / 0), x),
    (lambda x, y: np.select([x > 0, y > 0], [x, y]), x, y),
    (lambda x: np.cross(x[:3], x[3:]), x),
    (lambda x: np.trapezoid(x, dx=0.1), x),
    (lambda x, y: np.trapezoid(x, y), x, y),
    (lambda x: np.median(x), x),
    (lambda x: np.gradient(x), x),
    (lambda x, y: np.interp(0.5, np.arange(6.0), y), x, y),
    (lambda x: np.polyval([1.0, 2.0, 3.0], x), x),
    (lambda x: np.pad(x, 1), x),
    (lambda x: np.pad(x, (1, 2), mode="edge"), x),
    (lambda x, y: np.convolve(x, y), x, y),
    (lambda x: np.kron(x, x), x),
    (lambda x: np.ptp(x), x),
    (lambda x: np.average(x), x),
    (lambda x, y: np.average(x, weights=y), x, y),
    (lambda x: np.split(x, 2), x),
    (lambda x: np.atleast_2d(x), x),
    (lambda x, y: np.append(x, y), x, y),
    (lambda A: np.linalg.matrix_power(A, 3), S),
    (lambda A: A[np.triu_indices(5)], A),
    (lambda n: np.tril_indices(n, -1), 4),
    (lambda n: np.indices((n, 3)), 2),
    (lambda n: np.diag_indices(n), 3),
    (lambda x: x.argsort(), x),
    (lambda A: np.add.reduce(A, axis=1, keepdims=True) * np.multiply.reduce(A), A),
]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_functions(case):
    """A function of NumPy gives what NumPy gives."""
    check(*case)
