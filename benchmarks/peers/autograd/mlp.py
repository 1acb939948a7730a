"""`mlp` in autograd."""

import autograd.numpy as anp
from autograd.scipy.special import logsumexp


def mlp(x, labels, W1, b1, W2, b2, W3, b3):
    """The same network."""
    hidden = anp.maximum(anp.dot(x, W1) + b1, 0.0)
    hidden = anp.maximum(anp.dot(hidden, W2) + b2, 0.0)
    scores = anp.dot(hidden, W3) + b3
    logarithms = scores - logsumexp(scores, axis=1, keepdims=True)
    return (-anp.mean(logarithms[anp.arange(len(labels)), labels]),)
