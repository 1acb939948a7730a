"""Cases of `wengert.rules.casting`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
Z = A * (1 + 0.5j) + 0.25j

CASES = [
    Case(np.copy, (A,)),
    Case(np.copy, (Z,)),
    Case(np.astype, (A, np.dtype(np.complex128)), single=False),
    Case(np.astype, (A, np.dtype(np.float64)), {"copy": False}, single=False),
    Case(np.real, (A,)),
    Case(np.real, (Z,)),
    Case(np.imag, (Z,)),
    Case(np.conjugate, (A,)),
    Case(np.conjugate, (Z,)),
]
