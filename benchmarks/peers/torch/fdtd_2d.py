"""`fdtd_2d` in PyTorch."""

import torch


def fdtd_2d(ex, ey, hz, fict):
    """Each field is a new array in each step."""
    for drive in fict.unbind():
        ey = torch.cat([drive.expand(1, ey.shape[1]), ey[1:] - 0.5 * (hz[1:] - hz[:-1])])
        ex = torch.cat([ex[:, :1], ex[:, 1:] - 0.5 * (hz[:, 1:] - hz[:, :-1])], dim=1)
        hz = hz.clone()
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return ex, ey, hz
