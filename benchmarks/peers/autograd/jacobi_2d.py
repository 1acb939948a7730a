"""`jacobi_2d` in autograd, without a store."""

import autograd.numpy as anp


def averaged(A, B):
    """`B` with the five-point averages of `A` at its inner points."""
    inner = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
    rows = anp.concatenate([B[1:-1, :1], inner, B[1:-1, -1:]], axis=1)
    return anp.concatenate([B[:1], rows, B[-1:]])


def jacobi_2d(steps, A, B):
    """Each sweep is a new array, put together from its edges and its inner points."""
    for _ in range(steps):
        B = averaged(A, B)
        A = averaged(B, A)
    return A, B
