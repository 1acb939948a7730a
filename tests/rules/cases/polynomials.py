"""Cases of fits and divisions of polynomials, of windows, and of open grids."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

X = np.array([0.1, 0.6, 1.1, 1.4, 2.0, 2.3])
Y = np.array([1.2, 0.7, 0.1, 0.5, 1.6, 2.9])
W = np.array([1.0, 0.5, 2.0, 1.5, 0.8, 1.2])
U = np.array([1.5, -0.7, 2.2, 0.4])
V = np.array([0.8, 1.3])

CASES = [
    Case(np.polyfit, (X, Y, 2)),
    Case(np.polyfit, (X, Y, 1), {"w": W}),
    Case(np.polyfit, (X, np.stack((Y, Y * W), axis=1), 2), {"w": W}, jax=None),
    Case(lambda x, y: np.polyfit(x, y, 1, cov=True), (X, Y), name="cov", covers=np.polyfit, jax=None),
    Case(lambda x, y: np.polyfit(x, y, 1, cov="unscaled"), (X, Y), name="unscaled", covers=np.polyfit, jax=None),
    Case(lambda x, y, w: np.polyfit(x, y, 1, w=w), (X, Y, W), name="weights", covers=np.polyfit, jax=None),
    # Zeros in front of the remainder are cut off, but not by JAX; in single precision they are not zero.
    Case(np.polydiv, (U, V), jax=None, single=False),
    Case(np.polydiv, (U, U[::-1]), jax=None, single=False),
    Case(np.polydiv, (V, U), jax=None),
    Case(np.polydiv, (U + 0.5j, V), jax=None, single=False),
    Case(np.kaiser, (5, 2.5), jax=None),
    Case(np.kaiser, (1, 2.5), jax=None),
    Case(np.ix_, (U, V)),
    Case(np.ix_, (U, np.array([0, 2]), V), name="with_indices"),
    Case(np.fft.fftfreq, (6, 0.25), jax=None),
    Case(np.fft.rfftfreq, (7, 0.25), jax=None),
]
