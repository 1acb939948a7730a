"""Elementwise arithmetic, exponentials, powers, trigonometric and hyperbolic functions, absolute values and choices.

Derivatives are those of Abramowitz and Stegun, *Handbook of Mathematical Functions*, sections 4.2 to 4.6, unless a rule
names another source. At kinks a rule gives the least-norm subgradient; ties of maximum and minimum share equally.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import vjp


@vjp(np.add, wrt="x1")
def add_x1(ct: Any) -> Any:
    return ct


@vjp(np.add, wrt="x2")
def add_x2(ct: Any) -> Any:
    return ct


@vjp(np.subtract, wrt="x1")
def subtract_x1(ct: Any) -> Any:
    return ct


@vjp(np.subtract, wrt="x2")
def subtract_x2(ct: Any) -> Any:
    return -ct


@vjp(np.multiply, wrt="x1")
def multiply_x1(ct: Any, x2: Any) -> Any:
    return ct * x2


@vjp(np.multiply, wrt="x2")
def multiply_x2(ct: Any, x1: Any) -> Any:
    return ct * x1


@vjp(np.divide, wrt="x1", singular=True)
def divide_x1(ct: Any, x2: Any) -> Any:
    return ct / x2


@vjp(np.divide, wrt="x2", singular=True)
def divide_x2(ct: Any, x2: Any, out: Any) -> Any:
    return -ct * out / x2


@vjp(np.power, wrt="x1", singular=True)
def power_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (x2 * np.power(x1, np.where(x2 == 0, 1.0, x2 - 1)))


@vjp(np.power, wrt="x2", singular=True)
def power_x2(ct: Any, x1: Any, out: Any) -> Any:
    return ct * (out * np.log(np.where(x1 == 0, 1.0, x1)))


@vjp(np.remainder, wrt="x1")
def remainder_x1(ct: Any) -> Any:
    return ct


@vjp(np.remainder, wrt="x2")
def remainder_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return -ct * np.floor_divide(x1, x2)


@vjp(np.negative, wrt="x")
def negative_x(ct: Any) -> Any:
    return -ct


@vjp(np.square, wrt="x")
def square_x(ct: Any, x: Any) -> Any:
    return ct * (2.0 * x)


@vjp(np.sqrt, wrt="x", singular=True)
def sqrt_x(ct: Any, out: Any) -> Any:
    return ct / (2.0 * out)


@vjp(np.exp, wrt="x")
def exp_x(ct: Any, out: Any) -> Any:
    return ct * out


@vjp(np.log, wrt="x", singular=True)
def log_x(ct: Any, x: Any) -> Any:
    return ct / x


@vjp(np.sin, wrt="x")
def sin_x(ct: Any, x: Any) -> Any:
    return ct * np.cos(x)


@vjp(np.cos, wrt="x")
def cos_x(ct: Any, x: Any) -> Any:
    return -ct * np.sin(x)


@vjp(np.tanh, wrt="x")
def tanh_x(ct: Any, out: Any) -> Any:
    return ct * (1.0 - out * out)
