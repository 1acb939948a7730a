"""Reductions by a function of two numbers, along any axes.

What goes in: the results so far and the array to join into them, the axes that vanish, and the function. What holds:
the loops run in the order of the axes, so that a reduction over the last ones stays in one variable, and one over the
first ones joins row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["join_into", "reduced_axes", "without_kept"]


def reduced_axes(rank: int, axis: Any) -> tuple[int, ...]:
    """The axes that vanish."""
    if axis is None:
        return tuple(range(rank))
    return tuple(one % rank for one in (axis if isinstance(axis, tuple) else (axis,)))


def without_kept(out: Any, rank: int, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The array to fill without the axes of size 1 that stand for those that vanish, unless all do."""
    if not keepdims or len(axes) == rank:
        return out
    return out[tuple(0 if one in axes else slice(None) for one in range(rank))]


def join_into(out: Any, a: Any, axes: tuple[int, ...], join: Callable[[Any, Any], Any]) -> None:
    """Join the elements of `a` into those of `out`, which lacks the axes."""
    if len(axes) == a.ndim:
        place = (0,) * out.ndim
        out[place] = _joined(out[place], a, join)
        return
    rest = tuple(one - 1 for one in axes if one > 0)
    for i in range(a.shape[0]):
        if 0 in axes:
            join_into(out, a[i], rest, join)
        elif len(rest) + 1 < a.ndim:
            join_into(out[i], a[i], rest, join)
        else:
            out[i] = _joined(out[i], a[i], join)


def _joined(found: Any, a: Any, join: Callable[[Any, Any], Any]) -> Any:
    """A number joined with all elements of an array."""
    if a.ndim == 0:
        return join(found, a)
    for i in range(a.shape[0]):
        found = _joined(found, a[i], join)
    return found
