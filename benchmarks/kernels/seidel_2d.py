"""Gauss and Seidel's iteration in the plane: PolyBench/C 4.2, `seidel-2d`.

Each inner point becomes the average of itself and its eight neighbours, of which those above and to the left are new
already. So the loops cannot be slices.
"""


def seidel_2d(steps, A):
    """Relax `A` (n, n) in place, row by row."""
    n = A.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                A[i, j] = (
                    A[i - 1, j - 1]
                    + A[i - 1, j]
                    + A[i - 1, j + 1]
                    + A[i, j - 1]
                    + A[i, j]
                    + A[i, j + 1]
                    + A[i + 1, j - 1]
                    + A[i + 1, j]
                    + A[i + 1, j + 1]
                ) / 9.0
