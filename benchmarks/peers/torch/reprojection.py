"""`reprojection` in PyTorch."""

from benchmarks.peers.torch.bundle_adjustment import project


def reprojection(cameras, points, weights, features):
    """All observations at once."""
    return (weights[:, None] * (project(cameras, points) - features),)
