"""`vertical_advection` in JAX."""

import jax.numpy as jnp
from jax import lax


def vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    """The coefficients of all levels at once; the recurrences are scans over levels, brought to the first axis."""
    u, position, tendency, stage = (jnp.moveaxis(one, 2, 0) for one in (u_stage, u_pos, utens, utens_stage))
    w = jnp.moveaxis(wcon, 2, 0)
    mean = 0.25 * (w[1:, 1:, :] + w[1:, :-1, :])
    none = jnp.zeros_like(u[:1])
    gcv = jnp.concatenate([mean, none])
    gav = jnp.concatenate([none, -mean])
    slope = u[1:] - u[:-1]
    correction = 0.5 * gav * jnp.concatenate([none, slope]) - 0.5 * gcv * jnp.concatenate([slope, none])
    acol = 0.5 * gav
    ccol = 0.5 * gcv
    bcol = dtr_stage - acol - ccol
    dcol = dtr_stage * position + tendency + stage + correction

    def eliminate(above, here):
        c_above, d_above = above
        a, b, c, d = here
        divided = 1.0 / (b - c_above * a)
        new = (c * divided, (d - d_above * a) * divided)
        return new, new

    def substitute(below, here):
        c, d = here
        new = d - c * below
        return new, new

    zero = jnp.zeros_like(u[0])
    _, factors = lax.scan(eliminate, (zero, zero), (acol, bcol, ccol, dcol))
    _, solution = lax.scan(substitute, zero, factors, reverse=True)
    return (jnp.moveaxis(dtr_stage * (solution - position), 0, 2),)
