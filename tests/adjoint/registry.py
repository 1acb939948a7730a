"""The list of programs that the reverse sweep is tested with, and numbers for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["PLACES", "PROGRAMS", "given", "numbers"]

PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
PLACES = np.array([3, 1, 4, 1, 0, 2])


def numbers(*shape: int) -> np.ndarray:
    """Different numbers between 0.3 and 1.2, in no order."""
    count = math.prod(shape)
    return np.linspace(0.3, 1.2, count)[(np.arange(count) * 7 + 3) % max(count, 1)].reshape(shape)


def given(*arguments: Any) -> Callable[[Any], Any]:
    """Add a program with these arguments."""

    def register(function: Any) -> Any:
        PROGRAMS.append((function, arguments))
        return function

    return register
