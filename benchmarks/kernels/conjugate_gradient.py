"""The method of conjugate gradients (Hestenes and Stiefel, 1952), stopped at a tolerance."""

import numpy as np


def conjugate_gradient(A, b, tolerance):
    """The x (n,) of A x = b for a symmetric positive definite `A` (n, n), up to a residual of norm `tolerance`."""
    x = np.zeros_like(b)
    residual = b.copy()
    direction = b.copy()
    square = residual @ residual
    while np.sqrt(square) > tolerance:
        image = A @ direction
        length = square / (direction @ image)
        x += length * direction
        residual -= length * image
        previous = square
        square = residual @ residual
        direction = residual + (square / previous) * direction
    return x
