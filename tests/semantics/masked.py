"""Programs whose local derivatives are infinite or NaN at elements that do not count, each with points of both kinds.

`@masked(good, bad)` registers a function of a vector, elementwise, whose value at the points `bad` is a constant and
at the points `good` is smooth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

__all__ = ["MASKED", "Masked"]


@dataclass(frozen=True)
class Masked:
    """An elementwise program and its points."""

    function: Callable[[Any], Any]
    good: tuple[float, ...]
    bad: tuple[float, ...]


POSITIVE, UNIT, LARGE = (0.5, 2.0), (0.3, 0.6), (1.5, 3.0)
MASKED: dict[str, Masked] = {}
PAIR = np.array([1.0, 2.0])


def _enter(name: str, good: tuple[float, ...], bad: tuple[float, ...], function: Callable[[Any], Any]) -> None:
    assert name not in MASKED
    MASKED[name] = Masked(function, good, bad)


def masked(good: tuple[float, ...], bad: tuple[float, ...]) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register the decorated function, and leave it as it is."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        _enter(function.__name__, good, bad, function)
        return function

    return register


# One singular function behind `np.where`.
_enter("sqrt", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.sqrt(x), 0.0))
_enter("cbrt", POSITIVE, (0.0,), lambda x: np.where(x > 0, np.cbrt(x), 0.0))
_enter("log", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.log(x), 0.0))
_enter("log2", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.log2(x), 0.0))
_enter("log10", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.log10(x), 0.0))
_enter("log1p", POSITIVE, (-1.0, -2.0), lambda x: np.where(x > -1, np.log1p(x), 0.0))
_enter("power 0.5", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, x**0.5, 0.0))
_enter("power 1.5", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, x**1.5, 0.0))
_enter("power -1", POSITIVE, (0.0,), lambda x: np.where(x > 0, x**-1.0, 0.0))
_enter("power -2", POSITIVE, (0.0,), lambda x: np.where(x > 0, x**-2.0, 0.0))
_enter("power of itself", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, x**x, 0.0))
_enter("power of a negative base", POSITIVE, (-1.0, -2.5), lambda x: np.where(x > 0, (x - 1e-9) ** x, 0.0))
_enter("power of zero", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, 0.0**x + x * x, 0.0))
_enter("power zero to the zero", POSITIVE, (0.0,), lambda x: np.where(x > 0, x ** (x - x), 0.0))
_enter("float_power", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.float_power(x, 0.5), 0.0))
_enter("divide", POSITIVE, (0.0,), lambda x: np.where(x > 0, 1 / x, 0.0))
_enter("zero by zero", POSITIVE, (0.0,), lambda x: np.where(x > 0, x * x * x / x, 0.0))
_enter("reciprocal", POSITIVE, (0.0,), lambda x: np.where(x > 0, np.reciprocal(x), 0.0))
_enter("arcsin", UNIT, (1.0, 2.0), lambda x: np.where(x < 1, np.arcsin(x), 0.0))
_enter("arccos", UNIT, (1.0, 2.0), lambda x: np.where(x < 1, np.arccos(x), 0.0))
_enter("arccosh", LARGE, (1.0, 0.0), lambda x: np.where(x > 1, np.arccosh(x), 0.0))
_enter("arctanh", UNIT, (1.0, 2.0), lambda x: np.where(x < 1, np.arctanh(x), 0.0))
_enter("arctan2", POSITIVE, (0.0,), lambda x: np.where(x > 0, np.arctan2(x, 2 * x * x), 0.0))
_enter("hypot", POSITIVE, (0.0,), lambda x: np.where(x > 0, np.hypot(x, 2 * x * x), 0.0))
_enter("xlogy", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, special.xlogy(x, x), 0.0))
_enter("entr", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, special.entr(x), 0.0))
_enter("digamma", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, special.digamma(x), 0.0))
_enter("erfinv", UNIT, (1.0, 2.0), lambda x: np.where(x < 1, special.erfinv(x), 0.0))
_enter("logit", UNIT, (1.0, 2.0), lambda x: np.where(x < 1, special.logit(x), 0.0))

# Several of them.

_enter("log of sqrt", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.log(np.sqrt(x)), 0.0))
_enter("sqrt of log", LARGE, (1.0, 0.0, -1.0), lambda x: np.where(x > 1, np.sqrt(np.log(x)), 0.0))
_enter("one over sqrt", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, 1 / np.sqrt(x), 0.0))
_enter("exponential of a pole", POSITIVE, (0.0,), lambda x: np.where(x > 0, np.exp(-1 / x), 0.0))
_enter("hyperbolic tangent of a pole", POSITIVE, (0.0,), lambda x: np.where(x > 0, np.tanh(1 / x), 0.0))
_enter("sine by its argument", POSITIVE, (0.0,), lambda x: np.where(x > 0, np.sin(x) / x, 1.0))
_enter("x log x", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, x * np.log(x), 0.0))
_enter("sqrt in sqrt", UNIT, (1.0, 4.0, -1.0), lambda x: np.where((x > 0) & (x < 1), np.sqrt(1 - np.sqrt(x)), 0.0))
_enter("logaddexp", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.logaddexp(np.log(x), 1 / x), 0.0))
_enter(
    "where in where", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.where(x > 0.1, np.log(x), np.sqrt(x)), 0.0)
)
_enter("where in sqrt", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.sqrt(np.where(x > -5, x, 1.0)), 0.0))

# Reductions of singular elements, and singular reductions.

_enter("norm", POSITIVE, (0.0, np.nan), lambda x: np.where(x > 0, np.linalg.norm(np.outer(x, PAIR), axis=1), 0.0))
_enter(
    "norm of order 3",
    POSITIVE,
    (0.0, np.nan),
    lambda x: np.where(x > 0, np.linalg.norm(np.outer(x, PAIR), 3, axis=1), 0.0),
)
_enter(
    "sqrt of a sum of squares",
    POSITIVE,
    (0.0, np.nan),
    lambda x: np.where(x > 0, np.sqrt(np.sum(np.outer(x, PAIR) ** 2, axis=1)), 0.0),
)
_enter("standard deviation", POSITIVE, (0.0, np.nan), lambda x: np.where(x > 0, np.std(np.outer(x, PAIR), axis=1), 0.0))
_enter("variance", POSITIVE, (0.0, np.nan), lambda x: np.where(x > 0, np.var(np.outer(x, PAIR), axis=1), 0.0))
_enter(
    "sum of logarithms",
    POSITIVE,
    (0.0, -1.0),
    lambda x: np.where(x > 0, np.sum(np.log(np.outer(x, PAIR)), axis=1), 0.0),
)
_enter(
    "product of roots",
    POSITIVE,
    (0.0, -1.0),
    lambda x: np.where(x > 0, np.prod(np.sqrt(np.outer(x, PAIR)), axis=1), 0.0),
)
_enter(
    "greatest root", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.max(np.sqrt(np.outer(x, PAIR)), axis=1), 0.0)
)
_enter("matrix of logarithms", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.log(np.outer(x, PAIR)) @ PAIR, 0.0))
_enter(
    "running sum", POSITIVE, (0.0, -1.0), lambda x: np.where(x > 0, np.log(np.cumsum(np.stack([x, x]), axis=0)[1]), 0.0)
)

# Other ways to leave elements out.

_enter("factor zero", POSITIVE, (0.0,), lambda x: (x > 0) * np.sqrt(np.abs(x)))
_enter("select", POSITIVE, (0.0, -1.0), lambda x: np.select([x > 1, x > 0], [np.log(x), np.sqrt(x)], 0.0))
_enter("maximum", POSITIVE, (0.0,), lambda x: np.maximum(np.log(x), -8.0))
_enter("minimum", POSITIVE, (0.0,), lambda x: np.minimum(1 / x, 100.0))
_enter("clip", POSITIVE, (0.0,), lambda x: np.clip(np.log(x), -5.0, 5.0))
_enter("nan_to_num", POSITIVE, (0.0, -1.0), lambda x: np.nan_to_num(np.log(x), nan=0.0, neginf=0.0))
_enter("divide where", POSITIVE, (0.0,), lambda x: np.divide(1.0, x, out=np.zeros_like(x), where=x > 0))


@masked(POSITIVE, (0.0, -1.0))
def elements_of_a_mask(x):
    out = np.zeros_like(x)
    chosen = x > 0
    out[chosen] = np.sqrt(x[chosen])
    return out


@masked(POSITIVE, (0.0, -1.0))
def overwritten_elements(x):
    out = np.sqrt(x)
    out[x <= 0] = 0.0
    return out


@masked(POSITIVE, (0.0, -1.0))
def overwritten_array(x):
    out = np.log(x)
    out[...] = np.where(x > 0, out * 2.0, 0.0)
    return out


@masked(POSITIVE, (0.0, -1.0))
def loop_with_a_branch(x):
    out = np.zeros_like(x)
    for i in range(len(x)):
        if x[i] > 0:
            out[i] = np.log(x[i])
    return out


@masked(POSITIVE, (0.0, -1.0))
def loop_with_where(x):
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = np.where(x[i] > 0, np.sqrt(x[i]), 0.0)
    return out


@masked(POSITIVE, (0.0, -1.0))
def loop_with_a_variable_replaced(x):
    out = np.zeros_like(x)
    for i in range(len(x)):
        root = np.sqrt(x[i])
        if x[i] <= 0:
            root = 0.0
        out[i] = root * root * root
    return out
