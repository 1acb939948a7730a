"""Cases of `wengert.rules.shaping`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])

CASES = [
    Case(np.reshape, (A, (3, 2))),
    Case(np.transpose, (A,)),
    Case(np.transpose, (A, (1, 0))),
    Case(np.concatenate, ([A, A * 2],), {"axis": 1}),
    Case(np.concatenate, ((A, A[0]),), {"axis": None}),
]
