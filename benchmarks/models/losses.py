"""For each model the sum of its results times given weights, which follow the model's own arguments."""

import numpy as np

from benchmarks.models.determinant_by_minors import determinant_by_minors
from benchmarks.models.hand_tracking import hand_tracking
from benchmarks.models.kmeans import kmeans
from benchmarks.models.least_squares import least_squares
from benchmarks.models.log_sum_exp import log_sum_exp
from benchmarks.models.ode import ode
from benchmarks.models.reprojection import reprojection


def log_sum_exp_loss(x, w):
    """Of the number."""
    return w * log_sum_exp(x)


def least_squares_loss(A, x, b, w):
    """Of the number."""
    return w * least_squares(A, x, b)


def ode_loss(steps, y, rates, step, w):
    """Of the last state."""
    return np.sum(w * ode(steps, y, rates, step))


def determinant_by_minors_loss(A, w):
    """Of the determinant."""
    return w * determinant_by_minors(A)


def kmeans_loss(points, centres, w):
    """Of the objective."""
    return w * kmeans(points, centres)


def reprojection_loss(cameras, points, weights, features, w):
    """Of the errors."""
    return np.sum(w * reprojection(cameras, points, weights, features))


def hand_tracking_loss(pose, parents, relatives, inverse_absolutes, surface, skinning, chosen, seen, w):
    """Of the differences."""
    return np.sum(w * hand_tracking(pose, parents, relatives, inverse_absolutes, surface, skinning, chosen, seen))
