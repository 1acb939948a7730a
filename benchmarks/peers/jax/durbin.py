"""`durbin` in JAX."""

import jax.numpy as jnp
from jax import lax


def durbin(r):
    """A `scan` over vectors of full length, zero beyond `k`; the reversed solution is carried along."""

    def step(state, given):
        y, reversed_y, alpha, beta = state
        k, right = given
        beta = beta * (1.0 - alpha * alpha)
        alpha = -(right + r @ reversed_y) / beta
        longer = jnp.concatenate([alpha[None], (reversed_y + alpha * y)[:-1]])
        return ((y + alpha * reversed_y).at[k].set(alpha), longer, alpha, beta), None

    one = jnp.zeros_like(r).at[0].set(-r[0])
    first = (one, one, -r[0], jnp.ones(()))
    return (lax.scan(step, first, (jnp.arange(1, len(r)), r[1:]))[0][0],)
