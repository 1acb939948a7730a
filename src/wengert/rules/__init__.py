"""The derivative table: one module per family of operations. Importing this package fills `wengert.ops.table`.

A rule is a named top-level function, straight-line NumPy with one `return`; its parameter list is what it saves. A
Python `if` tests only static metadata and ranks. No rule broadcasts or sums over broadcast axes: the drivers do. No
rule looks at the values of `ct`: it must be linear in them, and is transposed by running it at zero.
"""

from __future__ import annotations

from wengert.rules import (
    bessel,
    casting,
    convolution,
    creation,
    cumulations,
    decompositions,
    differences,
    einsum,
    elementwise,
    exponential_sums,
    fft,
    histograms,
    indexing,
    joining,
    linalg,
    mathematics,
    nondifferentiable,
    norms,
    order,
    padding,
    products,
    reductions,
    scipy_linalg,
    sets,
    shaping,
    special,
    statistics,
    trigonometric,
    unsupported,
)

__all__ = [
    "bessel",
    "casting",
    "convolution",
    "creation",
    "cumulations",
    "decompositions",
    "differences",
    "einsum",
    "elementwise",
    "exponential_sums",
    "fft",
    "histograms",
    "indexing",
    "joining",
    "linalg",
    "mathematics",
    "nondifferentiable",
    "norms",
    "order",
    "padding",
    "products",
    "reductions",
    "scipy_linalg",
    "sets",
    "shaping",
    "special",
    "statistics",
    "trigonometric",
    "unsupported",
]
