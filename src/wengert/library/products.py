"""Products of elements along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.library.reducing import join_into, reduced_axes, without_kept

__all__ = ["product"]


def product(out: Any, a: Any, *, axis: Any, keepdims: bool) -> None:
    """`np.prod`; of no elements, one."""
    axes = reduced_axes(a.ndim, axis)
    found = without_kept(out, a.ndim, axes, keepdims)
    found[...] = 1
    join_into(found, a, axes, np.multiply)
