"""Between Python's own values and arrays: numbers taken out of arrays, arrays made from lists, questions of arrays.

What holds: the questions are asked where the answer decides the number of axes or the kind of a result, so in compiled
code, where these are known before it runs, the answer is always no: an empty array is an error when the program runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import operation, vjp

__all__ = ["array_of", "is_constant", "is_empty", "python_complex", "python_float"]


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


def is_empty(a: Any) -> bool:
    """Whether an array has no elements."""
    return bool(np.size(a) == 0)


def is_constant(a: Any) -> bool:
    """Whether an array is NumPy's own, so that no derivative passes through it."""
    return type(a) is np.ndarray
