"""`trisolv` in JAX, as the loop it is. `jax.scipy.linalg.solve_triangular` is BLAS's."""

import jax.numpy as jnp
from jax import lax


def trisolv(L, x, b):
    """A `scan` over rows: the solution is zero where it is not known yet, so products may be of full length."""

    def row(x, given):
        i, coefficients, diagonal, right = given
        return x.at[i].set((right - coefficients @ x) / diagonal), None

    return (lax.scan(row, jnp.zeros_like(x), (jnp.arange(len(b)), L, jnp.diagonal(L), b))[0],)
