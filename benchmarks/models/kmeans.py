"""The objective of k-means clustering: each point's squared distance to the nearest centre."""

import numpy as np


def kmeans(points, centres):
    """The sum of the least squared distances of `points` (n, d) from `centres` (k, d)."""
    n = points.shape[0]
    distances = np.zeros((n, centres.shape[0]))
    for k in range(centres.shape[0]):
        distances[:, k] = np.sum((points - centres[k]) ** 2, axis=1)
    return np.sum(np.min(distances, axis=1))
