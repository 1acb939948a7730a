"""`bundle_adjustment` in JAX."""

import jax
import jax.numpy as jnp


def rotate(rotation, x):
    """`x` (3,) turned about the axis `rotation` (3,); both `where` keep the square root away from zero."""
    square = rotation @ rotation
    turned = square > 0.0
    angle = jnp.sqrt(jnp.where(turned, square, 1.0))
    axis = rotation / angle
    by_angle = x * jnp.cos(angle) + jnp.cross(axis, x) * jnp.sin(angle) + axis * (axis @ x) * (1.0 - jnp.cos(angle))
    return jnp.where(turned, by_angle, x + jnp.cross(rotation, x))


def project(camera, x):
    """The place (2,) in the photograph of the point `x` (3,)."""
    seen = rotate(camera[:3], x - camera[3:6])
    plane = seen[:2] / seen[2]
    square = plane @ plane
    distortion = 1.0 + camera[9] * square + camera[10] * square**2
    return plane * distortion * camera[6] + camera[7:9]


def bundle_adjustment(cameras, points, weights, observations, features):
    """All observations at once by `vmap`."""
    projected = jax.vmap(project)(cameras[observations[:, 0]], points[observations[:, 1]])
    return weights[:, None] * (projected - features), 1.0 - weights**2
