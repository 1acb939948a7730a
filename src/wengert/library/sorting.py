"""Sorting along an axis: by insertion in short rows, by a heap in others.

Williams, "Algorithm 232: Heapsort", Communications of the ACM 7 (1964). What holds: a NaN sorts to the end; complex
numbers are in the order of their real and then imaginary parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["precedes", "sort"]

_SHORT = 16


def precedes(x: Any, y: Any) -> Any:
    """Whether one element sorts before another."""
    if x.dtype.kind == "f":
        return x < y or (np.isnan(y) and not np.isnan(x))
    if x.dtype.kind == "c":
        return _precedes_complex(x.real, x.imag, y.real, y.imag)
    return x < y


def _precedes_complex(x: Any, x_imag: Any, y: Any, y_imag: Any) -> Any:
    """By real and then imaginary parts; numbers with a NaN after those without one."""
    x_nan, y_nan = np.isnan(x) or np.isnan(x_imag), np.isnan(y) or np.isnan(y_imag)
    if x_nan != y_nan:
        return y_nan
    if x == y or (np.isnan(x) and np.isnan(y)):
        return x_imag < y_imag or (np.isnan(y_imag) and not np.isnan(x_imag))
    return x < y or (np.isnan(y) and not np.isnan(x))


def sort(out: Any, a: Any, *, axis: int) -> None:
    """`np.sort`."""
    out[...] = a
    _sort_rows(np.moveaxis(out, axis, -1))


def _sort_rows(a: Any) -> None:
    if a.ndim > 1:
        for i in range(a.shape[0]):
            _sort_rows(a[i])
    elif a.shape[0] <= _SHORT:
        _insert(a)
    else:
        _heap_sort(a)


def _insert(a: Any) -> None:
    for i in range(1, a.shape[0]):
        moved = a[i]
        place = i
        while place > 0 and precedes(moved, a[place - 1]):
            a[place] = a[place - 1]
            place -= 1
        a[place] = moved


def _heap_sort(a: Any) -> None:
    count = a.shape[0]
    for start in range(count // 2 - 1, -1, -1):
        _sift(a, start, count)
    for end in range(count - 1, 0, -1):
        last = a[end]
        a[end] = a[0]
        a[0] = last
        _sift(a, 0, end)


def _sift(a: Any, start: int, count: int) -> None:
    """Move the element at `start` down to its place among the first `count` ones."""
    moved = a[start]
    place = start
    child = 2 * place + 1
    while child < count:
        if child + 1 < count and precedes(a[child], a[child + 1]):
            child += 1
        if not precedes(moved, a[child]):
            break
        a[place] = a[child]
        place = child
        child = 2 * place + 1
    a[place] = moved
