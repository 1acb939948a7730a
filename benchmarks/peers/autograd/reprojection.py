"""`reprojection` in autograd."""

from benchmarks.peers.autograd.bundle_adjustment import project


def reprojection(cameras, points, weights, features):
    """All observations at once."""
    return (weights[:, None] * (project(cameras, points) - features),)
