"""Choices by condition and by index. Reading and writing with `x[i]` is the engines' own; these are the functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import declare, vjp

declare(np.where, elementwise=True, constant=["condition"])


@vjp(np.where, wrt="x")
def where_x(ct: Any, condition: Any) -> Any:
    return np.where(condition, ct, np.zeros((), ct.dtype))


@vjp(np.where, wrt="y")
def where_y(ct: Any, condition: Any) -> Any:
    return np.where(condition, np.zeros((), ct.dtype), ct)
