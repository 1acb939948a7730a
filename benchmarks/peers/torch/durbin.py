"""`durbin` in PyTorch."""

import torch


def durbin(r):
    """The solution is a new array in each step, one longer."""
    numbers = r.unbind()
    alpha = -numbers[0]
    y = alpha[None]
    beta = torch.ones(())
    for k in range(1, len(numbers)):
        beta = beta * (1.0 - alpha * alpha)
        turned = y.flip(0)
        alpha = -(numbers[k] + r[:k] @ turned) / beta
        y = torch.cat([y + alpha * turned, alpha[None]])
    return (y,)
