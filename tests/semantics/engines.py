"""The two engines as functions of a function, and the derivatives that both must give.

What goes in: a function of arrays. What comes out: the function itself, which is recorded, and the same compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg

__all__ = ["DERIVATIVES", "ENGINES", "each_engine"]


def recorded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is: derivatives record it."""
    return function


ENGINES = {"recorded": recorded, "compiled": wg.jit}
each_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def _pulled(f: Callable[..., Any], x: Any, w: Any) -> Any:
    return wg.vjp(f, x)[1](w)[0]


def _pushed(f: Callable[..., Any], x: Any, v: Any) -> Any:
    return wg.jvp(f, (x,), (v,))[1]


# By name: of `f` at `x`, along the cotangent `w` and the direction `v`, all of one shape.
DERIVATIVES: dict[str, Callable[[Callable[..., Any], Any, Any, Any], Any]] = {
    "reverse": lambda f, x, v, w: _pulled(f, x, w),
    "forward": lambda f, x, v, w: _pushed(f, x, v),
    "reverse over reverse": lambda f, x, v, w: wg.grad(lambda y: np.sum(_pulled(f, y, w) * v))(x),
    "forward over reverse": lambda f, x, v, w: _pushed(lambda y: _pulled(f, y, w), x, v),
    "reverse over forward": lambda f, x, v, w: _pulled(lambda y: _pushed(f, y, v), x, w),
}
