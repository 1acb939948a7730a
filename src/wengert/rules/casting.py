"""Copies and conversions between real, complex and floating types."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import declare, operation, vjp

__all__ = ["astype"]


@operation(linear=["x"])
def astype(x: Any, *, dtype: Any) -> Any:
    """`x.astype(dtype)`, always a copy. The drivers turn the cotangent back into the dtype of `x`."""
    return np.asarray(x).astype(dtype)


@vjp(astype, wrt="x")
def astype_x(ct: Any) -> Any:
    return ct


declare(np.copy, linear=["a"])


@vjp(np.copy, wrt="a")
def copy_a(ct: Any) -> Any:
    return ct


declare(np.real, linear=["val"], view=True)


@vjp(np.real, wrt="val")
def real_val(ct: Any) -> Any:
    return ct


declare(np.imag, linear=["val"], view=True)


@vjp(np.imag, wrt="val")
def imag_val(ct: Any) -> Any:
    return -1j * ct


declare(np.conjugate, elementwise=True, holomorphic=False, linear=["x"])


@vjp(np.conjugate, wrt="x")
def conjugate_x(ct: Any) -> Any:
    return np.conjugate(ct)
