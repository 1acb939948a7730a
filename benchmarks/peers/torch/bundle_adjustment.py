"""`bundle_adjustment` in PyTorch."""

import torch


def rotate(rotation, x):
    """Each `x` (p, 3) turned about the axis `rotation` (p, 3); both `where` keep the square root away from zero."""
    square = torch.sum(rotation**2, dim=1, keepdim=True)
    turned = square > 0.0
    angle = torch.sqrt(torch.where(turned, square, 1.0))
    axis = rotation / angle
    along = torch.sum(axis * x, dim=1, keepdim=True)
    by_angle = (
        x * torch.cos(angle) + torch.linalg.cross(axis, x) * torch.sin(angle) + axis * along * (1.0 - torch.cos(angle))
    )
    return torch.where(turned, by_angle, x + torch.linalg.cross(rotation, x))


def project(cameras, x):
    """The places (p, 2) in the photographs of the points `x` (p, 3)."""
    seen = rotate(cameras[:, :3], x - cameras[:, 3:6])
    plane = seen[:, :2] / seen[:, 2:]
    square = torch.sum(plane**2, dim=1, keepdim=True)
    distortion = 1.0 + cameras[:, 9:10] * square + cameras[:, 10:] * square**2
    return plane * distortion * cameras[:, 6:7] + cameras[:, 7:9]


def bundle_adjustment(cameras, points, weights, observations, features):
    """All observations at once."""
    projected = project(cameras[observations[:, 0]], points[observations[:, 1]])
    return weights[:, None] * (projected - features), 1.0 - weights**2
