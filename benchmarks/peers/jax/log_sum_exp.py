"""`log_sum_exp` in JAX: its own function."""

from jax.scipy.special import logsumexp


def log_sum_exp(x):
    """Of the vector."""
    return (logsumexp(x),)
