"""Cases of `wengert.rules.reductions`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])

CASES = [
    Case(np.sum, (A,)),
    Case(np.sum, (A,), {"axis": 0}),
    Case(np.sum, (A,), {"axis": (0, 1), "keepdims": True}),
]
