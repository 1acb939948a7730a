"""NumPy's public functions: what the table of derivative rules must be complete over.

What comes out: the functions of `numpy.__all__`, `numpy.linalg.__all__` and `numpy.fft.__all__` of the installed NumPy,
by their dotted names. Functions are Python functions, compiled functions, ufuncs, and functions that dispatch by
`__array_function__`; names for one function (`abs` and `absolute`) are all there.

What is outside, and why:

- classes (`ndarray`, `matrix`, `vectorize`, `poly1d`, `errstate`, scalar types): calling one makes an object; what its
  methods do to recorded values goes through the functions that are inside;
- instances that are indexed (`r_`, `c_`, `s_`, `mgrid`) or that run the tests of NumPy (`test`);
- submodules with functions of their own: `random` draws constants; `polynomial`, `ma`, `rec` and `emath` are written
  in Python over the functions that are inside; `char` and `strings` work on text; `lib`, `testing`, `ctypeslib`, `f2py`
  and `typing` are not about numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

__all__ = ["public_functions"]

_MODULES = {"numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft}
_KINDS = (FunctionType, BuiltinFunctionType, np.ufunc, type(np.sum))


def public_functions() -> dict[str, Callable[..., Any]]:
    """The public functions of NumPy by their dotted names, in alphabetical order for each module."""
    return {
        f"{prefix}.{name}": getattr(module, name)
        for prefix, module in _MODULES.items()
        for name in sorted(module.__all__)
        if isinstance(getattr(module, name), _KINDS)
    }
