"""Strong zeros: a zero cotangent or tangent contributes zero, even where the local derivative is infinite or NaN.

What goes in: a cotangent or tangent, a local derivative, and what a rule makes of both. What comes out: the latter,
with zeros for zeros. What holds: it is linear in the cotangent, and so are its own derivatives, so that strong zeros
hold to any order: a zero has a derivative of its own, which need not be zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import operation, vjp

__all__ = ["spread", "strong_product", "strong_zeros"]


@operation(elementwise=True)
def strong_product(x1: Any, x2: Any) -> Any:
    """`x1 * x2`, and zero where `x1` is zero."""
    return np.where(np.equal(x1, 0), 0.0, x1 * x2)


@vjp(strong_product, wrt="x1")
def strong_product_x1(ct: Any, x2: Any) -> Any:
    return strong_product(ct, x2)


@vjp(strong_product, wrt="x2")
def strong_product_x2(ct: Any, x1: Any) -> Any:
    return strong_product(x1, ct)


def strong_zeros(ct: Any, local: Any, found: Any) -> Any:
    """The contribution `found` of `ct`, where `local` is the contribution of 1."""
    return np.where(np.equal(ct, 0), strong_product(ct, local), found)


def spread(ct: Any, rank: int, axis: Any, keepdims: Any) -> Any:
    """A reduced cotangent with axes of length one where `axis` was reduced."""
    if keepdims or axis is None or rank == 0:
        return ct if keepdims or rank == 0 else np.reshape(ct, (1,) * rank)
    return np.expand_dims(ct, tuple(i % rank for i in (axis if isinstance(axis, tuple) else (axis,))))
