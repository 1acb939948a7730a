"""Deriche's recursive edge filter: PolyBench/C 4.2, `deriche` (Deriche, 1990).

Recurrences of second order, left to right and right to left, then down and up. The recurrences are loops; the lines,
which are independent, are slices.
"""

import numpy as np


def deriche(alpha, image):
    """The filtered `image` (w, h); `alpha` is the filter's inverse width."""
    w, h = image.shape
    k = (1.0 - np.exp(-alpha)) ** 2 / (1.0 + 2.0 * alpha * np.exp(-alpha) - np.exp(2.0 * alpha))
    a1 = k
    a2 = k * np.exp(-alpha) * (alpha - 1.0)
    a3 = k * np.exp(-alpha) * (alpha + 1.0)
    a4 = -k * np.exp(-2.0 * alpha)
    b1 = 2.0 ** (-alpha)
    b2 = -np.exp(-2.0 * alpha)

    y1 = np.zeros_like(image)
    y2 = np.zeros_like(image)
    y1[:, 0] = a1 * image[:, 0]
    y1[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * y1[:, 0]
    for j in range(2, h):
        y1[:, j] = a1 * image[:, j] + a2 * image[:, j - 1] + b1 * y1[:, j - 1] + b2 * y1[:, j - 2]
    y2[:, h - 2] = a3 * image[:, h - 1]
    for j in range(h - 3, -1, -1):
        y2[:, j] = a3 * image[:, j + 1] + a4 * image[:, j + 2] + b1 * y2[:, j + 1] + b2 * y2[:, j + 2]
    filtered = y1 + y2

    y1[0, :] = a1 * filtered[0, :]
    y1[1, :] = a1 * filtered[1, :] + a2 * filtered[0, :] + b1 * y1[0, :]
    for i in range(2, w):
        y1[i, :] = a1 * filtered[i, :] + a2 * filtered[i - 1, :] + b1 * y1[i - 1, :] + b2 * y1[i - 2, :]
    y2[w - 1, :] = 0.0
    y2[w - 2, :] = a3 * filtered[w - 1, :]
    for i in range(w - 3, -1, -1):
        y2[i, :] = a3 * filtered[i + 1, :] + a4 * filtered[i + 2, :] + b1 * y2[i + 1, :] + b2 * y2[i + 2, :]
    return y1 + y2
