"""Copies and conversions between real, complex and floating types.

`as_array` is for the composites of this package: an argument that may be a number, a nested sequence or an array, as
something that has a shape, without losing recorded values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import composite, declare, operation, vjp

__all__ = ["as_array", "astype", "cast_to"]


@operation(linear=["x"])
def astype(x: Any, *, dtype: Any, order: str = "K") -> Any:
    """`x.astype(dtype, order)`, always a copy. The drivers turn the cotangent back into the dtype of `x`."""
    result = np.asarray(x).astype(dtype, order)  # type: ignore[call-overload]  # NumPy checks the order
    return result if isinstance(x, np.ndarray) else result[()]


@vjp(astype, wrt="x")
def astype_x(ct: Any) -> Any:
    return ct


@composite(np.astype)
def array_api_astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    if device not in (None, "cpu"):
        raise ValueError(f"Device not understood. Only 'cpu' is allowed, but received: {device}")
    return x if not copy and x.dtype == np.dtype(dtype) else astype(x, dtype=np.dtype(dtype))


def _holds_arrays(value: Any) -> bool:
    """Whether a nested sequence holds anything but Python's own numbers."""
    if isinstance(value, (list, tuple)):
        return any(_holds_arrays(item) for item in value)
    return hasattr(value, "dtype")


def as_array(value: Any) -> Any:
    """A value as something with shape and dtype: arrays (recorded ones too) as they are, nested sequences stacked."""
    if hasattr(value, "dtype"):
        return value
    if isinstance(value, (list, tuple)) and _holds_arrays(value):
        return np.stack([as_array(item) for item in value])
    return np.asarray(value)


def cast_to(value: Any, dtype: Any) -> Any:
    """A value with the dtype that assigning it to an array of `dtype` would give it."""
    value = as_array(value)
    return value if value.dtype == dtype else astype(value, dtype=np.dtype(dtype))


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
