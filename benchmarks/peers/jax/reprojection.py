"""`reprojection` in JAX."""

import jax

from benchmarks.peers.jax.bundle_adjustment import project


def reprojection(cameras, points, weights, features):
    """All observations at once by `vmap`."""
    return (weights[:, None] * (jax.vmap(project)(cameras, points) - features),)
