"""`bundle_adjustment` in autograd."""

import autograd.numpy as anp


def cross(a, b):
    """The vector products of rows."""
    return anp.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        axis=1,
    )


def rotate(rotation, x):
    """Each `x` (p, 3) turned about the axis `rotation` (p, 3); both `where` keep the square root away from zero."""
    square = anp.sum(rotation**2, axis=1, keepdims=True)
    turned = square > 0.0
    angle = anp.sqrt(anp.where(turned, square, 1.0))
    axis = rotation / angle
    along = anp.sum(axis * x, axis=1, keepdims=True)
    by_angle = x * anp.cos(angle) + cross(axis, x) * anp.sin(angle) + axis * along * (1.0 - anp.cos(angle))
    return anp.where(turned, by_angle, x + cross(rotation, x))


def project(cameras, x):
    """The places (p, 2) in the photographs of the points `x` (p, 3)."""
    seen = rotate(cameras[:, :3], x - cameras[:, 3:6])
    plane = seen[:, :2] / seen[:, 2:]
    square = anp.sum(plane**2, axis=1, keepdims=True)
    distortion = 1.0 + cameras[:, 9:10] * square + cameras[:, 10:] * square**2
    return plane * distortion * cameras[:, 6:7] + cameras[:, 7:9]


def bundle_adjustment(cameras, points, weights, observations, features):
    """All observations at once."""
    projected = project(cameras[observations[:, 0]], points[observations[:, 1]])
    return weights[:, None] * (projected - features), 1.0 - weights**2
