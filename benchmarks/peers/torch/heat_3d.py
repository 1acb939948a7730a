"""`heat_3d` in PyTorch."""


def diffused(A, B):
    """`B` with the inner points of `A` one step later, in an array of its own."""
    middle = A[1:-1, 1:-1, 1:-1]
    new = B.clone()
    new[1:-1, 1:-1, 1:-1] = (
        0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * middle + A[:-2, 1:-1, 1:-1])
        + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * middle + A[1:-1, :-2, 1:-1])
        + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * middle + A[1:-1, 1:-1, :-2])
        + middle
    )
    return new


def heat_3d(steps, A, B):
    """Each sweep is a new array, with one store into it."""
    for _ in range(steps):
        B = diffused(A, B)
        A = diffused(B, A)
    return A, B
