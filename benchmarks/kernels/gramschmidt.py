"""Orthonormal columns by the modified Gram-Schmidt process: PolyBench/C 4.2, `gramschmidt`.

`A` is used up.
"""

import numpy as np


def gramschmidt(A):
    """Q (m, n) with orthonormal columns, and R (n, n) upper triangular, whose product is `A` (m, n)."""
    n = A.shape[1]
    Q = np.zeros_like(A)
    R = np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.sqrt(A[:, k] @ A[:, k])
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = Q[:, k] @ A[:, j]
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R
