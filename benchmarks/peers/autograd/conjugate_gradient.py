"""`conjugate_gradient` in autograd, whose tape follows a `while`."""

import autograd.numpy as anp


def conjugate_gradient(A, b, tolerance, *, trips):
    """Stopped at the tolerance, whatever `trips` says."""
    x = anp.zeros_like(b)
    residual = direction = b
    square = residual @ residual
    while anp.sqrt(square) > tolerance:
        image = A @ direction
        length = square / (direction @ image)
        x = x + length * direction
        residual = residual - length * image
        previous, square = square, residual @ residual
        direction = residual + (square / previous) * direction
    return (x,)
