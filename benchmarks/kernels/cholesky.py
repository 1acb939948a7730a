"""Cholesky's factorisation, row by row: PolyBench/C 4.2, `cholesky`.

The lower triangle of `A` becomes the factor, in place; what is above the diagonal stays.
"""

import numpy as np


def cholesky(A):
    """Factorise the symmetric positive definite `A` (n, n), of which the lower triangle is read."""
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[j, :j]
            A[i, j] /= A[j, j]
        A[i, i] -= A[i, :i] @ A[i, :i]
        A[i, i] = np.sqrt(A[i, i])
