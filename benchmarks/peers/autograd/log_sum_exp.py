"""`log_sum_exp` in autograd: its own function."""

from autograd.scipy.special import logsumexp


def log_sum_exp(x):
    """Of the vector."""
    return (logsumexp(x),)
