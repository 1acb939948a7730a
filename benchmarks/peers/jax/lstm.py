"""`lstm` in JAX."""

import jax
import jax.numpy as jnp
from jax import lax


def lstm(x, h, c, W, U, b):
    """A `scan` over the sequence; what does not depend on the state is multiplied at once."""

    def step(state, driven):
        h, c = state
        entry, forget, leave, candidate = jnp.split(driven + h @ U, 4, axis=1)
        c = jax.nn.sigmoid(forget) * c + jax.nn.sigmoid(entry) * jnp.tanh(candidate)
        h = jax.nn.sigmoid(leave) * jnp.tanh(c)
        return (h, c), h

    return (lax.scan(step, (h, c), x @ W + b)[1],)
