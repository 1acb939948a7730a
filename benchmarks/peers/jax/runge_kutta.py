"""`runge_kutta` in JAX, which has no reverse mode through `while`: so many attempts in a `scan`, with a mask."""

import jax.numpy as jnp
from jax import lax


def tendency(x, forcing):
    """The time derivative of the state."""
    return (jnp.roll(x, -1) - jnp.roll(x, 2)) * jnp.roll(x, 1) - x + forcing


def attempt(x, k1, step, forcing, tolerance):
    """The state after the step, its derivative, and the estimated error in units of the tolerance."""
    k2 = tendency(x + step * (1 / 5 * k1), forcing)
    k3 = tendency(x + step * (3 / 40 * k1 + 9 / 40 * k2), forcing)
    k4 = tendency(x + step * (44 / 45 * k1 - 56 / 15 * k2 + 32 / 9 * k3), forcing)
    k5 = tendency(x + step * (19372 / 6561 * k1 - 25360 / 2187 * k2 + 64448 / 6561 * k3 - 212 / 729 * k4), forcing)
    k6 = tendency(
        x + step * (9017 / 3168 * k1 - 355 / 33 * k2 + 46732 / 5247 * k3 + 49 / 176 * k4 - 5103 / 18656 * k5), forcing
    )
    proposed = x + step * (35 / 384 * k1 + 500 / 1113 * k3 + 125 / 192 * k4 - 2187 / 6784 * k5 + 11 / 84 * k6)
    k7 = tendency(proposed, forcing)
    difference = step * (
        71 / 57600 * k1 - 71 / 16695 * k3 + 71 / 1920 * k4 - 17253 / 339200 * k5 + 22 / 525 * k6 - 1 / 40 * k7
    )
    scale = tolerance * (1.0 + jnp.maximum(jnp.abs(x), jnp.abs(proposed)))
    return proposed, k7, jnp.sqrt(jnp.mean((difference / scale) ** 2))


def runge_kutta(x, forcing, end, step, tolerance, *, trips):
    """At most `trips` attempts; after the end the first step is tried and dropped, so that nothing is singular."""
    first = step

    def advance(state, _):
        t, step, x, k1 = state
        running = t < end
        step = jnp.where(running, jnp.minimum(step, end - t), first)
        proposed, k7, error = attempt(x, k1, step, forcing, tolerance)
        accepted = running & (error <= 1.0)
        factor = jnp.where(error > 1.0, jnp.maximum(0.2, 0.9 * error**-0.2), jnp.minimum(5.0, 0.9 * error**-0.2))
        new = (
            jnp.where(accepted, t + step, t),
            jnp.where(running, step * factor, step),
            jnp.where(accepted, proposed, x),
            jnp.where(accepted, k7, k1),
        )
        return new, None

    state = (jnp.zeros(()), jnp.asarray(step), x, tendency(x, forcing))
    return (lax.scan(advance, state, length=trips)[0][2],)


def runge_kutta_with_while(x, forcing, end, step, tolerance):
    """With the `while` of the kernel."""

    def advance(state):
        t, step, x, k1 = state
        step = jnp.minimum(step, end - t)
        proposed, k7, error = attempt(x, k1, step, forcing, tolerance)
        accepted = error <= 1.0
        factor = jnp.where(accepted, jnp.minimum(5.0, 0.9 * error**-0.2), jnp.maximum(0.2, 0.9 * error**-0.2))
        return (
            jnp.where(accepted, t + step, t),
            step * factor,
            jnp.where(accepted, proposed, x),
            jnp.where(accepted, k7, k1),
        )

    state = (jnp.zeros(()), jnp.asarray(step), x, tendency(x, forcing))
    return (lax.while_loop(lambda state: state[0] < end, advance, state)[2],)
