"""Cases of `wengert.rules.elementwise` and `wengert.rules.trigonometric`."""

from __future__ import annotations

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
B = np.array([[1.3, 0.6, 2.2], [0.9, 1.8, 0.5]])
ROW = np.array([0.8, 1.1, 1.9])
COLUMN = np.array([[0.6], [1.4]])
SIGNED = np.array([[-1.7, 0.4, 2.3], [0.95, -0.6, -1.2]])
INSIDE = np.array([-0.7, -0.1, 0.2, 0.9])
Z = A + 1j * B
W = B - 0.5j * A
COUNTS = np.array([3, -1, 2])
EMPTY = np.zeros((0, 3))

_UNARY_REAL = [
    (np.negative, SIGNED), (np.positive, SIGNED), (np.absolute, SIGNED), (np.fabs, SIGNED), (np.square, SIGNED),
    (np.reciprocal, SIGNED), (np.sqrt, A), (np.cbrt, SIGNED), (np.exp, SIGNED), (np.exp2, SIGNED), (np.expm1, SIGNED),
    (np.log, A), (np.log2, A), (np.log10, A), (np.log1p, INSIDE), (np.sin, SIGNED), (np.cos, SIGNED),
    (np.tan, INSIDE), (np.arcsin, INSIDE), (np.arccos, INSIDE), (np.arctan, SIGNED), (np.sinh, SIGNED),
    (np.cosh, SIGNED), (np.tanh, SIGNED), (np.arcsinh, SIGNED), (np.arccosh, 1.5 + A), (np.arctanh, INSIDE),
    (np.degrees, SIGNED), (np.radians, SIGNED), (np.deg2rad, SIGNED), (np.rad2deg, SIGNED),
]  # fmt: skip

_UNARY_COMPLEX = [
    np.negative, np.positive, np.absolute, np.square, np.reciprocal, np.sqrt, np.exp, np.exp2, np.expm1, np.log,
    np.log2, np.log10, np.log1p, np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh,
    np.arcsinh, np.arccosh, np.arctanh, np.conjugate,
]  # fmt: skip

_BINARY_REAL = [
    (np.add, SIGNED, B), (np.subtract, SIGNED, B), (np.multiply, SIGNED, B), (np.divide, SIGNED, B),
    (np.remainder, SIGNED, B), (np.fmod, SIGNED, B), (np.power, A, SIGNED), (np.float_power, A, SIGNED),
    (np.arctan2, SIGNED, B), (np.hypot, SIGNED, B), (np.logaddexp, SIGNED, B), (np.logaddexp2, SIGNED, B),
    (np.maximum, SIGNED, B), (np.minimum, SIGNED, B), (np.fmax, SIGNED, B), (np.fmin, SIGNED, B),
]  # fmt: skip

_BINARY_COMPLEX = [
    np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power, np.maximum, np.minimum, np.fmax, np.fmin,
]  # fmt: skip


CASES = [
    *(Case(function, (x,)) for function, x in _UNARY_REAL),
    *(Case(function, (Z,), name="complex") for function in _UNARY_COMPLEX),
    *(Case(function, (W,), name="complex,lower") for function in (np.sqrt, np.log, np.arcsin, np.arccosh, np.arctanh)),
    *(Case(function, (x, y)) for function, x, y in _BINARY_REAL),
    *(Case(function, (x, ROW)) for function, x, _ in _BINARY_REAL),
    *(Case(function, (0.7, COLUMN)) for function, _, _ in _BINARY_REAL),
    *(Case(function, (Z, W), name="complex") for function in _BINARY_COMPLEX),
    *(Case(function, (Z, ROW), name="complex,real") for function in _BINARY_COMPLEX),
    *(Case(function, (EMPTY, ROW)) for function in (np.multiply, np.power, np.maximum)),
    Case(np.sin, (0.4,)),
    Case(np.exp, (EMPTY,)),
    Case(np.power, (SIGNED, 3), name="cube"),
    Case(np.power, (SIGNED, COUNTS), name="signed,integers"),
    Case(np.power, (2, SIGNED), name="integer,real"),
    Case(np.power, (-2.0, Z), name="negative,complex"),
    Case(np.power, (np.array([0.0, 2.0, -1.5]), np.array([2, 0, 0])), name="zeros", single=False),
    Case(np.remainder, (SIGNED, -ROW), name="negative"),
    Case(np.fmod, (SIGNED, -ROW), name="negative"),
    Case(np.divmod, (SIGNED, ROW), smooth=False, jax=None),
    Case(np.copysign, (SIGNED, np.array([1, -1, -1]))),
    Case(np.sign, (Z,), name="complex", jax=None),
    Case(np.heaviside, (np.array([-1, 0, 2]), ROW)),
    Case(np.ldexp, (SIGNED, COUNTS)),
    Case(np.frexp, (SIGNED,), smooth=False, jax=None),
    Case(np.modf, (SIGNED,), jax=None),
    Case(np.nextafter, (SIGNED, np.array([1, 2, -9])), jax=None),
    Case(np.clip, (SIGNED, -1.0, 1.0)),
    Case(np.clip, (SIGNED, -ROW, ROW)),
    Case(np.clip, (SIGNED, None, ROW)),
    Case(np.clip, (SIGNED, COLUMN, None)),
    Case(np.clip, (SIGNED,), {"min": -0.5}, jax=None),
    Case(np.clip, (SIGNED,), {"max": 0.5, "min": None}),
    Case(np.clip, (SIGNED,), {"min": -1, "max": 1, "dtype": np.float64}, jax=None, single=False),
    Case(np.clip, (SIGNED,), jax=None),
    Case(np.nan_to_num, (SIGNED,)),
    Case(np.nan_to_num, (Z,), name="complex"),
    Case(np.real_if_close, (SIGNED,), jax=None),
    Case(np.real_if_close, (Z,), name="complex", jax=None),
    Case(np.angle, (Z,)),
    Case(np.angle, (Z,), {"deg": True}),
    Case(np.angle, (SIGNED,), name="real"),
    Case(np.unwrap, (4.0 * SIGNED,)),
    Case(np.unwrap, (4.0 * SIGNED,), {"axis": 0, "period": 3.0}),
    Case(np.unwrap, (4.0 * SIGNED,), {"discont": 5.0}),
    *(Case(function, (x,), jax=None) for function in (np.emath.sqrt, np.emath.log, np.emath.log2) for x in (A, SIGNED)),
    Case(np.emath.log10, (SIGNED,), jax=None),
    Case(np.emath.logn, (2.5, SIGNED), jax=None),
    Case(np.emath.power, (SIGNED, ROW), jax=None),
    Case(np.emath.power, (SIGNED, -2), jax=None),
    *(Case(function, (2.0 * INSIDE,), jax=None) for function in (np.emath.arcsin, np.emath.arccos, np.emath.arctanh)),
]
