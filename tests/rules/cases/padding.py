"""Cases of `wengert.rules.padding`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
Z = A * (1 + 0.5j) + 0.25j
V = np.array([0.5, -1.5, 2.5, 0.75])
CUBE = np.linspace(0.1, 2.4, 24).reshape(2, 3, 4) ** 2
EMPTY = np.zeros((0, 3))


def with_values(widths):
    return lambda array, values: np.pad(array, widths, constant_values=values)


def with_ends(widths):
    return lambda array, values: np.pad(array, widths, "linear_ramp", end_values=values)


CASES = [
    Case(np.pad, (A, 1)),
    Case(np.pad, (A, ((0, 2), (1, 0)))),
    Case(np.pad, (V, (2, 1))),
    Case(np.pad, (Z, ((1,), (2,))), jax=None),
    Case(np.pad, (CUBE, {-1: (1, 2), 0: 1}), jax=None),
    Case(np.pad, (EMPTY, 1)),
    Case(np.pad, (np.array(1.5), 0)),
    Case(with_values(((1, 0), (2, 1))), (A, np.array(1.5)), covers=np.pad, name="values"),
    Case(with_values(1), (A, np.array([1.5, 2.5])), covers=np.pad, name="values,pair"),
    Case(with_values(1), (A, [(1.5, 2.5), (0.5, 3.0)]), covers=np.pad, name="values,pairs"),
    *(
        Case(np.pad, (A, ((1, 0), (2, 1)), mode), jax=None)
        for mode in ("edge", "symmetric", "wrap", "mean", "maximum", "minimum", "median", "linear_ramp", "reflect")
    ),
    Case(np.pad, (V, (7, 9), "reflect")),
    Case(np.pad, (V, (7, 9), "symmetric")),
    Case(np.pad, (V, (7, 9), "wrap")),
    Case(np.pad, (V, (2, 3), "reflect"), {"reflect_type": "odd"}),
    Case(np.pad, (V, (2, 3), "symmetric"), {"reflect_type": "odd"}),
    Case(np.pad, (V, (7, 9), "reflect"), {"reflect_type": "odd"}, scale=10),  # values grow with the width
    Case(np.pad, (V, (14, 9), "symmetric"), {"reflect_type": "odd"}, jax=None, scale=10),  # values grow with the width
    Case(np.pad, (A, ((3, 1), (2, 5)), "reflect"), {"reflect_type": "odd"}, jax=None),
    Case(np.pad, (A[:1], ((2, 1), (1, 1)), "reflect"), jax=None),
    Case(np.pad, (A[:1], ((2, 1), (1, 1)), "reflect"), {"reflect_type": "odd"}, jax=None),
    Case(np.pad, (CUBE, 2, "mean"), {"stat_length": 2}),
    Case(np.pad, (V, 2, "maximum"), {"stat_length": (2, 3)}, jax=None),
    Case(np.pad, (Z, 1, "edge")),
    Case(with_ends(((1, 0), (2, 3))), (A, np.array(1.5)), covers=np.pad, name="ends"),
    Case(with_ends(2), (A, np.array([1.5, 2.5])), covers=np.pad, name="ends,pair"),
]
