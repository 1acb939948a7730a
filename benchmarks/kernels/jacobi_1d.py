"""Jacobi's iteration for Laplace's equation on a line: PolyBench/C 4.2, `jacobi-1d`.

A three-point average is written from `A` into `B` and back, `steps` times; the two ends stay as they are. Both are
updated in place.
"""


def jacobi_1d(steps, A, B):
    """Average each inner point of `A` (n,) with its neighbours, by way of `B` (n,)."""
    for _ in range(steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
