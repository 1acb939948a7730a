"""The logarithm of a sum of exponentials, without overflow: the normalisation of a softmax."""

import numpy as np


def log_sum_exp(x):
    """Of the vector `x` (n,)."""
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))
