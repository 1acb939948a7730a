"""Cases of `wengert.rules.elementwise`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
B = np.array([[1.3, 0.6, 2.2], [0.9, 1.8, 0.5]])
ROW = np.array([0.8, 1.1, 1.9])
Z = A + 1j * B

CASES = [
    Case(np.add, (A, B)),
    Case(np.add, (A, ROW)),
    Case(np.multiply, (A, ROW)),
    Case(np.multiply, (Z, ROW)),
    Case(np.divide, (A, B)),
    Case(np.divide, (Z, ROW)),
    Case(np.power, (A, B)),
    Case(np.sqrt, (A,)),
    Case(np.exp, (Z,)),
    Case(np.tanh, (A,)),
]
