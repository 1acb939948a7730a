"""The signatures of NumPy functions whose compiled code does not tell them.

`inspect.signature` reads those of Python functions and, since NumPy 2.4, of the compiled ones. For older versions
the table below says what the NumPy 2 reference says. Unary ufuncs take `x`, binary ones `x1` and `x2`.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["place_of_out", "signature_of"]

_REFERENCE = {
    "bincount": "(x, /, weights=None, minlength=0)",
    "concatenate": "(arrays, /, axis=0, out=None, *, dtype=None, casting='same_kind')",
    "where": "(condition, x=None, y=None, /)",
    "dot": "(a, b, out=None)",
    "inner": "(a, b, /)",
    "vdot": "(a, b, /)",
    "correlate": "(a, v, mode='valid')",
}


def _parse(text: str) -> inspect.Signature:
    namespace: dict[str, Any] = {}
    exec(f"def function{text}: pass", namespace)  # noqa: S102 (the texts above)
    return inspect.signature(namespace["function"])


def _ufunc_signature(function: np.ufunc) -> inspect.Signature:
    names = ["x"] if function.nin == 1 else [f"x{i + 1}" for i in range(function.nin)]
    return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names])


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, with NumPy's names; that of a ufunc has its array arguments alone."""
    if isinstance(function, np.ufunc):
        return _ufunc_signature(function)
    if getattr(function, "__module__", None) == "numpy" and function.__name__ in _REFERENCE:
        return _parse(_REFERENCE[function.__name__])
    return inspect.signature(function)


@functools.cache
def place_of_out(function: Callable[..., Any]) -> int:
    """The position of the parameter `out` of a function of NumPy; beyond any call where it takes none by position.

    Functions are kept for ever: those of users must not come here.
    """
    try:
        parameters = signature_of(function).parameters
    except ValueError:
        return sys.maxsize
    if "out" not in parameters or parameters["out"].kind is inspect.Parameter.KEYWORD_ONLY:
        return sys.maxsize
    return list(parameters).index("out")
