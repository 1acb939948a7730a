"""Cases of `wengert.rules.histograms`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

# No datum is near an inner edge of the bins below.
X = np.array([0.11, 0.57, 0.93, 0.35, 0.77, 0.24])
Y = np.array([0.61, 0.13, 0.47, 0.97, 0.28, 0.83])
W = np.array([1.5, 0.7, 2.2, 0.4, 1.1, 0.9])
XY = np.stack((X, Y), axis=1)
EDGES = np.array([0.0, 0.3, 0.7, 1.0])


def counts(function, *args, **kwargs):  # type: ignore[no-untyped-def]
    """The counts alone: the edges come in a list of their own."""
    return function(*args, **kwargs)[0]


def of_edges(function, *args, **kwargs):  # type: ignore[no-untyped-def]
    return list(function(*args, **kwargs)[1])


CASES = [
    Case(np.histogram2d, (X, Y), {"bins": 2}, jax=None),
    Case(np.histogram2d, (X, Y), {"bins": 3, "density": True}),
    Case(np.histogram2d, (X, Y), {"bins": (2, 3), "range": ((0.0, 1.0), (-0.5, 1.5)), "weights": W}),
    Case(np.histogram2d, (X, Y), {"bins": EDGES, "weights": W}),
    Case(lambda x, w: counts(np.histogramdd, x, 2, weights=w), (XY, W), covers=np.histogramdd, jax=None),
    Case(
        lambda x, w: counts(np.histogramdd, x, (2, EDGES), weights=w, density=True),
        (XY, W),
        name="density",
        covers=np.histogramdd,
        jax=None,
    ),
    Case(lambda x: of_edges(np.histogramdd, x, 2), (XY,), name="edges", covers=np.histogramdd, jax=None),
]
