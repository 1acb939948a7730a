"""`adi` in JAX."""

import jax.numpy as jnp
from jax import lax


def solve(known, off, diagonal):
    """The tridiagonal systems along the first axis, whose solutions are one at both ends: scans there and back."""
    lines = known.shape[1]

    def eliminate(before, right):
        p, q = before
        divisor = off * p + diagonal
        new = (-off / divisor, (right - off * q) / divisor)
        return new, new

    def substitute(after, here):
        p, q = here
        new = p * after + q
        return new, new

    first = (jnp.zeros(lines), jnp.ones(lines))
    _, factors = lax.scan(eliminate, first, known)
    _, solution = lax.scan(substitute, jnp.ones(lines), factors, reverse=True)
    return solution


def adi(steps, u):
    """A `fori_loop` over the steps, the recurrences scans over lines, each direction brought to the first axis."""
    n = u.shape[0]
    mul1 = 2.0 * (1.0 / steps) * n**2
    mul2 = 1.0 * (1.0 / steps) * n**2
    a, b = -mul1 / 2.0, 1.0 + mul1
    d, e = -mul2 / 2.0, 1.0 + mul2

    def step(_, u):
        known = -d * u[1:-1, :-2] + (1.0 + 2.0 * d) * u[1:-1, 1:-1] - d * u[1:-1, 2:]
        v = jnp.pad(solve(known, a, b), ((1, 1), (0, 0)), constant_values=1.0)
        # `v` holds the inner columns alone: the outer ones are zero
        v = jnp.pad(v, ((0, 0), (1, 1)))
        known = -a * v[:-2, 1:-1] + (1.0 + 2.0 * a) * v[1:-1, 1:-1] - a * v[2:, 1:-1]
        inner = jnp.pad(solve(known.T, d, e).T, ((0, 0), (1, 1)), constant_values=1.0)
        return u.at[1:-1, :].set(inner)

    return (lax.fori_loop(0, steps, step, u),)
