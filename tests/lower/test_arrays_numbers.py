"""Functions that make arrays, and functions of Python numbers, lowered and run."""

# ruff: noqa: PLW0108 (what is read is the source of the lambda)

from __future__ import annotations

import math

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
    (lambda n: np.zeros(n), 3),
    (lambda n: np.ones((n, 2)), 3),
    (lambda n: np.arange(n), 4),
    (lambda n: np.arange(1, n, 2), 8),
    (lambda n: np.arange(n, 0, -1), 8),
    (lambda a: np.arange(0, a, 0.3), 2.0),
    (lambda n: np.linspace(0, 1, n), 5),
    (lambda a: np.linspace(a, 2, 4, endpoint=False), 1.0),
    (lambda n: np.eye(n), 3),
    (lambda n: np.eye(n, k=1), 3),
    (lambda n: np.identity(n), 2),
    (lambda n: np.full((n,), 2.5), 3),
    (lambda n: np.full(n, 2), 3),
    (lambda a, b: np.array([a, b, 1.0]), 1.0, 2),
    (lambda a, b: np.array([[a, b], [b, a]]), 1.0, 2.0),
    (lambda: np.array([1, 2, 3]) * 2,),
    (lambda a: math.sin(a) + math.sqrt(a), 2.0),
    (lambda a, b: math.atan2(a, b) + math.hypot(a, b), 1.0, 2.0),
    (lambda a: math.floor(a), 2.5),
    (lambda a: math.log(a, 2), 2.5),
    (lambda a: math.exp(a) * math.pi, 1.0),
    (lambda a, b: a // b, 7, 2),
    (lambda a, b: a % b, 7.5, -2.0),
    (lambda a, b: a / b, 7, 2),
    (lambda a, b: a**b, 7, 2),
    (lambda a, b: a**b, 7.0, 0.5),
    (lambda a: a**-2, 3.0),
    (lambda a: 2**a, 3),
    (lambda x: max(x), x),
    (lambda x: sum(x), x),
    (lambda a: abs(a), -2),
    (lambda a: int(a), -2.7),
    (lambda a: float(a), 2),
    (lambda a: round(a), 2.5),
    (lambda a: complex(a, 1), 2.5),
    (lambda x: float(x[0]), x),
    (lambda x: bool(x[0] > 0), x),
    (lambda x: divmod(7, int(x[0] * 10)), x + 3),
    (lambda a: np.float64(a) / 0, 1.0),
    (lambda a: np.sin(a), 1),
    (lambda a: np.sqrt(a), np.float32(2)),
]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_numbers(case):
    """Numbers give what Python gives, types included."""
    check(*case)
