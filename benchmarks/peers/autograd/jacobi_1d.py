"""`jacobi_1d` in autograd, without a store."""

import autograd.numpy as anp


def between(ends, inner):
    """The inner points between the first and the last of `ends`."""
    return anp.concatenate([ends[:1], inner, ends[-1:]])


def jacobi_1d(steps, A, B):
    """Each sweep is a new array."""
    for _ in range(steps):
        B = between(B, 0.33333 * (A[:-2] + A[1:-1] + A[2:]))
        A = between(A, 0.33333 * (B[:-2] + B[1:-1] + B[2:]))
    return A, B
