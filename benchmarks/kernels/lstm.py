"""A long short-term memory network over a sequence (Hochreiter and Schmidhuber, 1997; Gers et al., 2000)."""

import numpy as np


def lstm(x, h, c, W, U, b):
    """The hidden states (t, n, units) for the sequence `x` (t, n, features), from the first states `h`, `c` (n, units).

    `W` (features, 4 units), `U` (units, 4 units) and `b` (4 units,) hold the input, forget and output gates, and the
    candidate.
    """
    units = h.shape[1]
    hidden = np.zeros((x.shape[0], h.shape[0], units))
    for t in range(x.shape[0]):
        z = x[t] @ W + h @ U + b
        gates = 1.0 / (1.0 + np.exp(-z[:, : 3 * units]))
        candidate = np.tanh(z[:, 3 * units :])
        c = gates[:, units : 2 * units] * c + gates[:, :units] * candidate
        h = gates[:, 2 * units :] * np.tanh(c)
        hidden[t] = h
    return hidden
