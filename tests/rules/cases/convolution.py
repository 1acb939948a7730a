"""Cases of `wengert.rules.convolution`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

U = np.array([0.3, 1.2, 0.7, -0.4, 0.9])
V = np.array([0.5, -1.5, 2.5])
W = np.array([0.5, -1.5, 2.5, 0.75])
UZ = U * (1 + 0.5j) + 0.25j
VZ = V * (1 - 0.25j) - 0.5j
A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
MODES = ("full", "same", "valid")

CASES = [
    *(Case(np.convolve, (U, v, mode)) for mode in MODES for v in (V, W)),
    *(Case(np.convolve, (v, U, mode)) for mode in MODES for v in (V, W)),
    Case(np.convolve, (UZ, VZ), jax=None),
    Case(np.convolve, (U, VZ, "same"), jax=None),
    Case(np.convolve, (U, np.array(2.5)), jax=None),
    *(Case(np.correlate, (U, v, mode)) for mode in MODES for v in (V, W)),
    *(Case(np.correlate, (v, U, mode), jax=None) for mode in MODES for v in (V, W)),
    *(Case(np.correlate, (UZ, VZ, mode), jax=None) for mode in MODES),
    *(Case(np.correlate, (VZ, UZ, mode), jax=None) for mode in MODES),
    Case(np.polyval, (V, U)),
    Case(np.polyval, (V, A)),
    Case(np.polyval, (VZ, np.array(0.75)), jax=None),
    Case(np.polyadd, (U, V)),
    Case(np.polyadd, (V, U)),
    Case(np.polysub, (V, U)),
    Case(np.polysub, (U, np.array(0.5)), jax=None),
    Case(np.polymul, (V, U)),
    Case(np.polyder, (U,)),
    Case(np.polyder, (U, 2)),
    Case(np.polyder, (V, 4), jax=None),
    Case(np.polyint, (V,)),
    Case(np.polyint, (V, 2, np.array([0.5, 1.5]))),
    Case(np.polyint, (V, 2, np.array(0.5))),
    Case(np.poly, (V,), jax=None),
    Case(np.poly, (VZ,), jax=None),
]
