"""The residuals of a linear model, whose squares a fit makes small."""


def least_squares(A, x, b):
    """Half the sum of squares of A x - b for `A` (m, n), `x` (n,), `b` (m,)."""
    residuals = A @ x - b
    return 0.5 * (residuals @ residuals)
