"""A multilayer perceptron's loss: two hidden layers of rectified units, softmax and cross-entropy.

NPBench has such a network (`mlp`), up to the softmax; the loss is the usual one of a classifier.
"""

import numpy as np


def mlp(x, labels, W1, b1, W2, b2, W3, b3):
    """The mean cross-entropy of the integers `labels` (n,) under the network's softmax for `x` (n, features)."""
    hidden = np.maximum(x @ W1 + b1, 0.0)
    hidden = np.maximum(hidden @ W2 + b2, 0.0)
    scores = hidden @ W3 + b3
    scores = scores - np.max(scores, axis=1, keepdims=True)
    logarithms = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    return -np.mean(logarithms[np.arange(len(labels)), labels])
