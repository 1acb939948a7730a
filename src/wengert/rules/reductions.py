"""Reductions and cumulations along axes.

`expand` gives a reduced cotangent its axes back, so that it broadcasts against the argument.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import UFUNC_METHODS, declare, vjp

__all__ = ["expand"]


def expand(ct: Any, rank: int, axis: Any, keepdims: Any) -> Any:
    """A reduced cotangent with axes of length one where `axis` was reduced."""
    if keepdims or axis is None or rank == 0:
        return ct if keepdims or rank == 0 else np.reshape(ct, (1,) * rank)
    return np.expand_dims(ct, tuple(i % rank for i in (axis if isinstance(axis, tuple) else (axis,))))


declare(np.sum, linear=["a"])
UFUNC_METHODS[np.add, "reduce"] = np.sum


@vjp(np.sum, wrt="a")
def sum_a(ct: Any, a_shape: Any, *, axis: Any, keepdims: Any) -> Any:
    return np.broadcast_to(expand(ct, len(a_shape), axis, keepdims), a_shape)
