"""A determinant by Laplace's expansion along the first row, each minor computed once: n 2^(n - 1) products.

The minor of the last rows is known by its columns, the ones among the bits of a number; minors of k rows come before
those of k + 1, since taking a bit away makes a number smaller.
"""

import numpy as np


def determinant_by_minors(A):
    """Of `A` (n, n)."""
    n = A.shape[0]
    minors = np.zeros(2**n)
    minors[0] = 1.0
    for columns in range(1, 2**n):
        size = 0
        for j in range(n):
            size += (columns >> j) & 1
        total = 0.0
        sign = 1.0
        for j in range(n):
            if (columns >> j) & 1:
                total += sign * A[n - size, j] * minors[columns - (1 << j)]
                sign = -sign
        minors[columns] = total
    return minors[2**n - 1]
