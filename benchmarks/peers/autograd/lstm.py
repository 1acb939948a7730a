"""`lstm` in autograd."""

import autograd.numpy as anp


def sigmoid(x):
    """The logistic function, by one operation."""
    return 0.5 * (anp.tanh(0.5 * x) + 1.0)


def lstm(x, h, c, W, U, b):
    """The states in a list."""
    units = h.shape[1]
    hidden = []
    for t in range(x.shape[0]):
        z = anp.dot(x[t], W) + anp.dot(h, U) + b
        gates = sigmoid(z[:, : 3 * units])
        c = gates[:, units : 2 * units] * c + gates[:, :units] * anp.tanh(z[:, 3 * units :])
        h = gates[:, 2 * units :] * anp.tanh(c)
        hidden.append(h)
    return (anp.stack(hidden),)
