"""`lu` in JAX, as the loop it is. `jax.scipy.linalg.lu` is LAPACK's, with pivots."""

import jax.numpy as jnp
from jax import lax


def lu(A):
    """A `scan` over columns: the product of column and row, masked, is taken from the whole."""
    places = jnp.arange(A.shape[0])

    def column(remaining, k):
        row = jnp.where(places >= k, remaining[k], 0.0)
        factors = jnp.where(places > k, remaining[:, k] / remaining[k, k], 0.0)
        return remaining - jnp.outer(factors, row), (row, factors)

    _, (rows, columns) = lax.scan(column, A, places)
    return (rows + columns.T,)
