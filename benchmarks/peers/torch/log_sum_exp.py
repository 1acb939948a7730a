"""`log_sum_exp` in PyTorch: its own function."""

import torch


def log_sum_exp(x):
    """Of the vector."""
    return (torch.logsumexp(x, dim=0),)
