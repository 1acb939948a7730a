"""Reprojection errors of observations that each have a camera and a point: bundle adjustment, whose Jacobian is wanted.

An observation's error depends on its own camera (11 numbers, see `kernels/bundle_adjustment.py`), point and weight
alone. So the parameters are gathered by observation beforehand, and two pullbacks give all that is not zero in the
Jacobian: that of the sum of all first components, and that of all second ones.
"""

import numpy as np

from benchmarks.kernels.bundle_adjustment import project


def reprojection(cameras, points, weights, features):
    """The weighted errors (p, 2) with `cameras` (p, 11), `points` (p, 3), `weights` (p,), `features` (p, 2)."""
    errors = np.zeros((features.shape[0], 2))
    for i in range(features.shape[0]):
        errors[i] = weights[i] * (project(cameras[i], points[i]) - features[i])
    return errors
