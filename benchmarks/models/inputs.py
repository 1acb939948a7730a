"""Inputs of each model from a random generator and sizes."""

import numpy as np

from benchmarks.kernels.inputs import bundle_adjustment_inputs

PARENTS = np.array(
    [-1] + [0 if joint == 0 else 1 + 4 * finger + joint - 1 for finger in range(5) for joint in range(4)] + [0]
)


def log_sum_exp_inputs(rng, n):
    """A vector with a spread of several units."""
    return (3.0 * rng.normal(size=n),)


def least_squares_inputs(rng, m, n):
    """A tall matrix."""
    return rng.normal(size=(m, n)), rng.normal(size=n), rng.normal(size=m)


def ode_inputs(rng, steps):
    """A cycle of predator and prey, of about six units of time."""
    return steps, rng.uniform(0.8, 1.2, size=2), np.array([1.5, 1.0, 1.0, 3.0]) * rng.uniform(0.9, 1.1, size=4), 0.005


def determinant_inputs(rng, n):
    """A matrix with a determinant of order one."""
    return (rng.normal(size=(n, n)) / np.sqrt(n) + np.eye(n),)


def kmeans_inputs(rng, n, d, k):
    """Points about centres."""
    centres = 3.0 * rng.normal(size=(k, d))
    return centres[rng.integers(k, size=n)] + rng.normal(size=(n, d)), centres + 0.3 * rng.normal(size=(k, d))


def reprojection_inputs(rng, observations):
    """Bundle adjustment with the parameters of each observation gathered."""
    cameras, points, weights, pairs, features = bundle_adjustment_inputs(rng, 20, 50, observations)
    return cameras[pairs[:, 0]], points[pairs[:, 1]], weights, features


def hand_tracking_inputs(rng, surface, chosen):
    """A hand of random proportions: five chains of bones at a wrist; each point of the surface is near some bone."""
    bones = len(PARENTS)
    relatives = np.tile(np.eye(4), (bones, 1, 1))
    relatives[:, :3, 3] = rng.normal(size=(bones, 3))
    absolutes = np.zeros((bones, 4, 4))
    for bone, parent in enumerate(PARENTS):
        absolutes[bone] = relatives[bone] if parent < 0 else absolutes[parent] @ relatives[bone]
    near = absolutes[rng.integers(bones, size=surface), :3, 3] + 0.3 * rng.normal(size=(surface, 3))
    skinning = rng.uniform(size=(surface, bones)) ** 4
    skinning /= np.sum(skinning, axis=1, keepdims=True)
    points = rng.integers(surface, size=chosen)
    return (
        0.3 * rng.normal(size=26),
        PARENTS,
        relatives,
        np.linalg.inv(absolutes),
        np.concatenate([near, np.ones((surface, 1))], axis=1),
        skinning,
        points,
        near[points] + 0.1 * rng.normal(size=(chosen, 3)),
    )
