"""`convolution` in autograd."""

import autograd.numpy as anp
from autograd.scipy.signal import convolve


def convolution(images, weights, bias):
    """Autograd's own convolution, which turns the window around."""
    turned = weights[::-1, ::-1]
    layer = convolve(images, turned, axes=([1, 2], [0, 1]), dot_axes=([3], [2]), mode="valid")
    return (anp.transpose(layer, (0, 2, 3, 1)) + bias,)
