"""A convolutional layer, channels last, with bias: as in NPBench (`conv2d_bias`). Each place is a sum over a window."""

import numpy as np


def convolution(images, weights, bias):
    """The layer (n, i - k + 1, j - k + 1, out) of `images` (n, i, j, in), `weights` (k, k, in, out), `bias` (out,)."""
    k = weights.shape[0]
    n, height, width, _ = images.shape
    output = np.zeros((n, height - k + 1, width - k + 1, weights.shape[3]))
    for i in range(height - k + 1):
        for j in range(width - k + 1):
            window = images[:, i : i + k, j : j + k, :, np.newaxis]
            output[:, i, j, :] = np.sum(window * weights[np.newaxis, :, :, :, :], axis=(1, 2, 3))
    return output + bias
