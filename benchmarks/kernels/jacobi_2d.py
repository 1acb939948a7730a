"""Jacobi's iteration for Laplace's equation in the plane: PolyBench/C 4.2, `jacobi-2d`.

A five-point average is written from `A` into `B` and back, `steps` times; the edges stay as they are. Both are updated
in place.
"""


def jacobi_2d(steps, A, B):
    """Average each inner point of `A` (n, n) with its four neighbours, by way of `B` (n, n)."""
    for _ in range(steps):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])
