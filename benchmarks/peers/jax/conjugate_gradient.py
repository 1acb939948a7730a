"""`conjugate_gradient` in JAX, which has no reverse mode through `while`: the most iterations are given, in a `scan`.

Iterations after the tolerance is reached are masked. (`jax.scipy.sparse.linalg.cg` has the derivative of the exact
solution instead, which is another number.)
"""

import jax.numpy as jnp
from jax import lax


def conjugate_gradient(A, b, tolerance, *, trips):
    """At most `trips` iterations; a finished state divides by one instead of by zero."""

    def iterate(state, _):
        x, residual, direction, square = state
        running = jnp.sqrt(square) > tolerance
        image = A @ direction
        length = square / jnp.where(running, direction @ image, 1.0)
        new_residual = residual - length * image
        new_square = new_residual @ new_residual
        new_direction = new_residual + new_square / jnp.where(running, square, 1.0) * direction
        new = (x + length * direction, new_residual, new_direction, new_square)
        return tuple(jnp.where(running, one, old) for one, old in zip(new, state, strict=True)), None

    (x, _, _, _), _ = lax.scan(iterate, (jnp.zeros_like(b), b, b, b @ b), length=trips)
    return (x,)


def conjugate_gradient_with_while(A, b, tolerance):
    """With the `while` of the kernel."""

    def iterate(state):
        x, residual, direction, square = state
        image = A @ direction
        length = square / (direction @ image)
        residual = residual - length * image
        new_square = residual @ residual
        return x + length * direction, residual, residual + new_square / square * direction, new_square

    first = (jnp.zeros_like(b), b, b, b @ b)
    return (lax.while_loop(lambda state: jnp.sqrt(state[3]) > tolerance, iterate, first)[0],)
