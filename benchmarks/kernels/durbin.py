"""The Levinson-Durbin recursion for the Yule-Walker equations: PolyBench/C 4.2, `durbin`."""

import numpy as np


def durbin(r):
    """The solution y (n,) of T y = -r, where T is the symmetric Toeplitz matrix of 1, r[0], ..., r[n - 2]."""
    y = np.zeros_like(r)
    y[0] = -r[0]
    alpha = -r[0]
    beta = 1.0
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + r[:k][::-1] @ y[:k]) / beta
        y[:k] += alpha * y[:k][::-1]
        y[k] = alpha
    return y
