"""`nbody` in JAX."""

import jax.numpy as jnp
from jax import lax


def accelerations(positions, masses, softening):
    """The acceleration (n, 3) of each body by all others."""
    separations = positions[None, :, :] - positions[:, None, :]
    distances = jnp.sqrt(jnp.sum(separations**2, axis=2) + softening**2)
    return jnp.sum(separations * (masses / distances**3)[:, :, None], axis=1)


def nbody(steps, positions, velocities, masses, dt, softening):
    """A `fori_loop` over the steps."""

    def step(_, state):
        positions, velocities, kick = state
        velocities = velocities + 0.5 * dt * kick
        positions = positions + dt * velocities
        kick = accelerations(positions, masses, softening)
        return positions, velocities + 0.5 * dt * kick, kick

    first = (positions, velocities, accelerations(positions, masses, softening))
    return lax.fori_loop(0, steps, step, first)[:2]
