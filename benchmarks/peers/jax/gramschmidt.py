"""`gramschmidt` in JAX, as the loop it is. `jnp.linalg.qr` is LAPACK's, with signs of its own."""

import jax.numpy as jnp
from jax import lax


def gramschmidt(A):
    """A `scan` over columns, the columns after it updated at once under a mask."""
    places = jnp.arange(A.shape[1])

    def column(A, k):
        length = jnp.sqrt(A[:, k] @ A[:, k])
        q = A[:, k] / length
        r = jnp.where(places > k, q @ A, 0.0)
        return A - jnp.outer(q, r), (q, r.at[k].set(length))

    _, (Q, R) = lax.scan(column, A, places)
    return Q.T, R
