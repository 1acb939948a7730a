"""Elementwise expressions, conversions and reductions by methods, lowered and run."""

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
    (lambda A, x: A - x, A, x),
    (lambda x: -(x**2), x),
    (lambda x: x**3, x),
    (lambda x: abs(x) ** 0.5, x),
    (lambda x: np.sqrt(np.abs(x)), x),
    (lambda x, y: np.maximum(x, y), x, y),
    (lambda x: x / 2, x),
    (lambda W: W / 2, W),
    (lambda W: W // 2, W),
    (lambda W: W % 3, W),
    (lambda W: W**2, W),
    (lambda W: W * 2.5, W),
    (lambda x: x > 0, x),
    (lambda x, y: (x > 0) & (y < 1), x, y),
    (lambda m: ~m, m),
    (lambda m: m + m, m),
    (lambda m: m * 2, m),
    (lambda m: m.sum(), m),
    (lambda x: x.astype(int), x),
    (lambda x: x.astype(np.float32) * 2, x),
    (lambda z: z.real + z.imag, z),
    (lambda z: abs(z), z),
    (lambda z: np.conj(z) * z, z),
    (lambda z: np.exp(z), z),
    (lambda x: np.where(x > 0, x, 0), x),
    (lambda x: np.where(x > 0, 1.0, -1), x),
    (lambda x: np.clip(x, -0.5, 0.5), x),
    (lambda x: x.clip(0, None), x),
    (lambda A: A.sum(axis=1), A),
    (lambda A: A.sum(0), A),
    (lambda A: A.sum(axis=(0, 1)), A),
    (lambda A: A.sum(axis=1, keepdims=True), A),
    (lambda A: A - A.mean(axis=1, keepdims=True), A),
    (lambda A: A.min(axis=0, keepdims=True), A),
    (lambda x: x.prod(), x),
    (lambda x: x.argmax(), x),
    (lambda x, y: x @ y, x, y),
    (lambda A, x: A @ x, A, x),
    (lambda S, A: S @ A, S, A),
    (lambda T, B: T @ B, T, rng.standard_normal((4, 2))),
    (lambda T, v: T @ v, T, x[:4].copy()),
    (lambda x: np.expand_dims(x, 0), x),
    (lambda A: A.size, A),
    (lambda A: A.ndim, A),
    (lambda x: len(x), x),
    (lambda x: np.where(x > 0)[0], x),
    (lambda x, y: np.hypot(x, y), x, y),
    (lambda x: np.float_power(x, 2), x),
    (lambda x: x.astype(np.float32) + 1.5, x),
    (lambda x: x.dtype.kind == "f", x),
]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_elementwise(case):
    """An expression on whole arrays gives what NumPy gives."""
    check(*case)
