"""`seidel_2d` in PyTorch."""

import torch


def seidel_2d(steps, A):
    """A row is a linear recurrence along itself, so it is one product with a triangle of powers of a ninth."""
    n = A.shape[0]
    places = torch.arange(n - 2)
    distance = places[None, :] - places[:, None]
    powers = torch.where(
        distance >= 0, 9.0 ** -(distance + 1.0), 0.0
    )  # what a known number adds to each point after it
    decay = 9.0 ** -(places + 1.0)
    rows = list(A.unbind())
    for _ in range(steps):
        for i in range(1, n - 1):
            above, here, below = rows[i - 1], rows[i], rows[i + 1]
            beside = above + below
            known = beside[:-2] + beside[1:-1] + beside[2:] + here[1:-1] + here[2:]
            rows[i] = torch.cat([here[:1], known @ powers + here[0] * decay, here[-1:]])
    return (torch.stack(rows),)
