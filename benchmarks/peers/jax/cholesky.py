"""`cholesky` in JAX, as the loop it is. `jnp.linalg.cholesky` is LAPACK's."""

import jax.numpy as jnp
from jax import lax


def cholesky(A):
    """A `scan` over columns: the product of each with itself, masked, is taken from the whole."""
    places = jnp.arange(A.shape[0])

    def column(remaining, k):
        new = jnp.where(places >= k, remaining[:, k], 0.0) / jnp.sqrt(remaining[k, k])
        return remaining - jnp.outer(new, new), new

    _, columns = lax.scan(column, jnp.tril(A) + jnp.tril(A, -1).T, places)
    return (columns.T + jnp.triu(A, 1),)
