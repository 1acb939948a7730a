"""The scalar functions a program may bind, by name: their NumPy functions, which say what they mean, and their types.

A function has the semantics of the NumPy function of that name on scalars of the dtypes given: `divide` by zero is
infinity, `floor_divide` of integers by zero is 0, `maximum` propagates NaN, integers wrap. Operands have the dtype in
which NumPy would compute: conversions are written out as `cast`, so both operands of `add` have the dtype of its value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special

from wengert.ops.strong import strong_product

__all__ = ["BY_FUNCTION", "FUNCTIONS", "ScalarFunction", "result_dtype"]


@dataclass(frozen=True, slots=True)
class ScalarFunction:
    """A pure function of scalars.

    `kind` says the dtype of the result from that of the operands: "same" as the (last) operand, "bool", "real" (the
    real type of a complex one), or "given" by the value it is bound to.
    """

    name: str
    function: Callable[..., Any]
    arity: int
    kind: str


def _declare(kind: str, arity: int, module: Any, names: str) -> dict[str, ScalarFunction]:
    return {name: ScalarFunction(name, getattr(module, name), arity, kind) for name in names.split()}


FUNCTIONS: dict[str, ScalarFunction] = {
    **_declare(
        "same", 2, np, "add subtract multiply divide floor_divide remainder fmod power maximum minimum fmax fmin"
    ),
    **_declare("same", 2, np, "arctan2 hypot copysign nextafter logaddexp logaddexp2 heaviside gcd lcm"),
    **_declare("same", 2, np, "bitwise_and bitwise_or bitwise_xor left_shift right_shift"),
    **_declare("same", 1, np, "negative sign floor ceil trunc rint sqrt cbrt square reciprocal conjugate invert"),
    **_declare("same", 1, np, "exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan"),
    **_declare("same", 1, np, "sinh cosh tanh arcsinh arccosh arctanh"),
    **_declare("real", 1, np, "absolute real imag"),
    **_declare("bool", 2, np, "less less_equal greater greater_equal equal not_equal"),
    **_declare("bool", 2, np, "logical_and logical_or logical_xor"),
    **_declare("bool", 1, np, "logical_not isnan isinf isfinite signbit"),
    **_declare("same", 1, scipy.special, "erf erfc erfinv gamma gammaln psi expit ndtr i0 i1 j0 j1"),
    **_declare("same", 2, scipy.special, "iv jv xlogy xlog1py"),
    "strong_product": ScalarFunction("strong_product", strong_product, 2, "same"),
    # select(condition, x, y) and the conversion to the dtype of the value; complex_number(real, imag).
    "where": ScalarFunction("where", np.where, 3, "same"),
    "cast": ScalarFunction("cast", np.asarray, 1, "given"),
    "complex_number": ScalarFunction("complex_number", complex, 2, "given"),
}

BY_FUNCTION: dict[Callable[..., Any], str] = {one.function: one.name for one in FUNCTIONS.values()}
BY_FUNCTION.update(
    {
        math.erf: "erf",
        math.erfc: "erfc",
        math.gamma: "gamma",
        math.lgamma: "gammaln",
    }
)

_REAL = {"complex128": "float64", "complex64": "float32"}


def result_dtype(name: str, dtypes: tuple[str, ...]) -> str:
    """The dtype of the result of a scalar function from those of its operands (see `ScalarFunction.kind`)."""
    kind = FUNCTIONS[name].kind
    if kind == "bool":
        return "bool"
    if kind == "real":
        return _REAL.get(dtypes[-1], dtypes[-1])
    if kind == "same":
        return dtypes[-1]
    raise ValueError(f"the dtype of {name} must be given")
