"""The text of an adjoint is the same each time it is made: it is what the machine code on disk is found by."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg


def relaxed(A: Any, b: Any, tolerance: Any) -> Any:
    """Saves several scalars, keeps several arrays and puts back what it overwrites."""
    x, previous = b.copy(), 1.0
    while np.sum(x) > tolerance:
        y = A @ x
        step = previous / (1.0 + y @ y)
        x -= step * y * np.exp(-x)
        previous = step * np.sum(y * x)
    return np.sum(x * x)


def test_an_adjoint_is_printed_the_same_each_time() -> None:
    """No order of a set, which changes from process to process, decides the order of anything."""
    arguments = np.eye(3), np.ones(3), 0.1
    texts = {str(wg.jit(relaxed).adjoint(*arguments)) for _ in range(12)}
    assert len(texts) == 1
