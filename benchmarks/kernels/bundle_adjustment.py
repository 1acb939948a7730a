"""Reprojection errors of a reconstruction from photographs: the objective BA of ADBench (Srajer et al., 2018).

A camera is a row of 11: rotation (axis times angle), centre, focal length, principal point, two coefficients of radial
distortion.
"""

import numpy as np


def rotate(rotation, x):
    """`x` (3,) turned about the axis `rotation` (3,) by its length (Rodrigues)."""
    square = rotation @ rotation
    if square == 0.0:
        return x + np.cross(rotation, x)
    angle = np.sqrt(square)
    axis = rotation / angle
    return x * np.cos(angle) + np.cross(axis, x) * np.sin(angle) + axis * (axis @ x) * (1.0 - np.cos(angle))


def project(camera, x):
    """The place (2,) in the photograph of the point `x` (3,)."""
    seen = rotate(camera[:3], x - camera[3:6])
    plane = seen[:2] / seen[2]
    square = plane @ plane
    distortion = 1.0 + camera[9] * square + camera[10] * square**2
    return plane * distortion * camera[6] + camera[7:9]


def bundle_adjustment(cameras, points, weights, observations, features):
    """The weighted errors (p, 2) of `observations` (p, 2), pairs of a camera and a point, and those of `weights` (p,).

    `features` (p, 2) are the places in the photographs.
    """
    errors = np.zeros_like(features)
    for i in range(len(weights)):
        camera = cameras[observations[i, 0]]
        point = points[observations[i, 1]]
        errors[i] = weights[i] * (project(camera, point) - features[i])
    return errors, 1.0 - weights**2
