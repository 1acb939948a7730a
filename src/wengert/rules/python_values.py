"""Between Python's own values and arrays: numbers taken out of arrays, and arrays made from lists of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import operation, vjp

__all__ = ["array_of", "python_complex", "python_float"]


@operation(linear=["x"])
def python_float(x: Any) -> Any:
    """`float(x)`."""
    return float(x)


@vjp(python_float, wrt="x")
def python_float_x(ct: Any) -> Any:
    return ct


@operation(linear=["x"])
def python_complex(x: Any) -> Any:
    """`complex(x)`."""
    return complex(x)


@vjp(python_complex, wrt="x")
def python_complex_x(ct: Any) -> Any:
    return ct


@operation(linear=["elements"], sequence="elements")
def array_of(elements: Any) -> Any:
    """`np.array(elements)`, for a list of arrays and numbers of one shape."""
    return np.array(elements)


@vjp(array_of, wrt="elements")
def array_of_elements(ct: Any, elements: Any) -> Any:
    return [ct[i] for i in range(len(elements))]
