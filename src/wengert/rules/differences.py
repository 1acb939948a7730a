"""Differences of neighbours, numerical gradients, and piecewise linear interpolation.

`np.gradient`: NumPy's formulas; their source is B. Fornberg, "Generation of finite difference formulas on arbitrarily
spaced grids", Math. Comp. 51 (1988). `np.interp` is piecewise linear in `x`: at a sample point, where two slopes meet,
its derivative with respect to `x` is the one of least modulus between them; beyond the sample points the slope is zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from wengert.ops.table import composite
from wengert.rules.casting import as_array, cast_to
from wengert.rules.python_values import is_constant


def _part(array: Any, axis: int, start: int | None, stop: int | None) -> Any:
    return array[(*(slice(None),) * axis, slice(start, stop))]


def _end_piece(value: Any, shape: tuple[int, ...], axis: int) -> Any:
    """A value put before or after an array of `shape`: a number is repeated across the other axes."""
    if np.ndim(value) == 0:
        return np.broadcast_to(value, (*shape[:axis], 1, *shape[axis + 1 :]))
    return as_array(value)


@composite(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Any:
    if n == 0:
        return a
    if n < 0:
        raise ValueError("order must be non-negative but got " + repr(n))
    a = as_array(a)
    if np.ndim(a) == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = normalize_axis_index(axis, np.ndim(a))
    pieces = [a]
    if prepend is not np._NoValue:
        pieces.insert(0, _end_piece(prepend, np.shape(a), axis))
    if append is not np._NoValue:
        pieces.append(_end_piece(append, np.shape(a), axis))
    if len(pieces) > 1:
        a = np.concatenate(pieces, axis)
    for _ in range(n):
        a = np.subtract(_part(a, axis, 1, None), _part(a, axis, None, -1))
    return a


@composite(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = np.ravel(ary)
    pieces = [flat[1:] - flat[:-1]]
    for place, name, given in ((0, "to_begin", to_begin), (2, "to_end", to_end)):
        if given is not None:
            piece = np.ravel(as_array(given))
            if not np.can_cast(piece.dtype, flat.dtype, casting="same_kind"):
                raise TypeError(f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.")
            pieces.insert(place, cast_to(piece, flat.dtype))
    return np.concatenate(pieces) if len(pieces) > 1 else pieces[0]


def _spacing(distances: Any, size: int) -> Any:
    """A spacing of `np.gradient` as a number, or as the steps between coordinates."""
    if np.ndim(distances) == 0:
        return distances
    if np.ndim(distances) != 1:
        raise ValueError("distances must be either scalars or 1d")
    if len(distances) != size:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    distances = as_array(distances)
    steps = np.diff(distances if distances.dtype.kind in "fc" else distances.astype(np.float64))
    # Equal steps are a number only where they are plain: each recorded coordinate has a derivative of its own.
    return steps[0] if is_constant(steps) and (steps == steps[0]).all() else steps


def _combined(f: Any, axis: int, weights: tuple[Any, Any, Any], starts: tuple[int, int, int], count: int) -> Any:
    """The weighted sum of three runs of `count` elements along an axis."""
    runs = [_part(f, axis, start, start + count) for start in starts]
    return weights[0] * runs[0] + weights[1] * runs[1] + weights[2] * runs[2]


def _interior(f: Any, axis: int, dx: Any) -> Any:
    if np.ndim(dx) == 0:
        return (_part(f, axis, 2, None) - _part(f, axis, None, -2)) / (2.0 * dx)
    before, after = dx[:-1], dx[1:]
    weights = (
        -after / (before * (before + after)),
        (after - before) / (before * after),
        before / (after * (before + after)),
    )
    shape = (-1,) + (1,) * (np.ndim(f) - axis - 1)
    columns = tuple(np.reshape(weight, shape) for weight in weights)
    return _combined(f, axis, columns, (0, 1, 2), np.shape(f)[axis] - 2)  # type: ignore[arg-type]  # three of them


def _first_weights(near: Any, far: Any) -> tuple[Any, Any, Any]:
    """The second-order derivative at a point from its own value and those at distances `near` and `near + far`."""
    return (
        -(2.0 * near + far) / (near * (near + far)),
        (near + far) / (near * far),
        -near / (far * (near + far)),
    )


def _ends(f: Any, axis: int, dx: Any, edge_order: int) -> tuple[Any, Any]:
    uniform, size = np.ndim(dx) == 0, np.shape(f)[axis]
    if edge_order == 1:
        first = (_part(f, axis, 1, 2) - _part(f, axis, 0, 1)) / (dx if uniform else dx[0])
        last = (_part(f, axis, -1, None) - _part(f, axis, -2, -1)) / (dx if uniform else dx[-1])
        return first, last
    at_first = (-1.5 / dx, 2.0 / dx, -0.5 / dx) if uniform else _first_weights(dx[0], dx[1])
    near = (-1.5 / dx, 2.0 / dx, -0.5 / dx) if uniform else _first_weights(dx[-1], dx[-2])
    at_last = (-near[2], -near[1], -near[0])
    first = _combined(f, axis, at_first, (0, 1, 2), 1)
    return first, _combined(f, axis, at_last, (size - 3, size - 2, size - 1), 1)


@composite(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_array(f)
    f = f if f.dtype.kind in "fc" else f.astype(np.float64)
    axes = tuple(range(np.ndim(f))) if axis is None else normalize_axis_tuple(axis, np.ndim(f))
    if not varargs:
        spacings: list[Any] = [1.0] * len(axes)
    elif len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        spacings = [varargs[0]] * len(axes)
    elif len(varargs) == len(axes):
        spacings = [_spacing(one, np.shape(f)[i]) for one, i in zip(varargs, axes, strict=True)]
    else:
        raise TypeError("invalid number of arguments")
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    results = []
    for i, dx in zip(axes, spacings, strict=True):
        if np.shape(f)[i] < edge_order + 1:
            raise ValueError(
                "Shape of array too small to calculate a numerical gradient, "
                "at least (edge_order + 1) elements are required."
            )
        first, last = _ends(f, i, dx, edge_order)
        derivative = np.concatenate((first, _interior(f, i, dx), last), axis=i)
        results.append(cast_to(derivative, f.dtype))
    return results[0] if len(results) == 1 else tuple(results)


def _least(a: Any, b: Any) -> Any:
    """The number of least modulus between two, separately for real and imaginary parts."""
    if np.iscomplexobj(a):
        return _least(np.real(a), np.real(b)) + 1j * _least(np.imag(a), np.imag(b))
    same_sign = ((a > 0) & (b > 0)) | ((a < 0) & (b < 0))
    smaller = np.where((a < b) == (a > 0), a, b)
    return np.where(same_sign, smaller, np.zeros((), smaller.dtype))


def interpolant(x: Any, xp: Any, fp: Any, continued: tuple[bool, bool]) -> Any:
    """The interpolant between the first and the last sample point, `continued` by a constant or not on either side."""
    if np.shape(xp)[0] == 1:
        return interpolant_of_one(x, fp)
    return interpolant_of_several(x, xp, fp, continued)


def interpolant_of_one(x: Any, fp: Any) -> Any:
    """`interpolant` for one sample point: constant."""
    return fp[np.zeros(np.shape(x), np.intp)]


def interpolant_of_several(x: Any, xp: Any, fp: Any, continued: tuple[bool, bool]) -> Any:
    """`interpolant` for two sample points or more."""
    count = np.shape(xp)[0]
    slopes = (fp[1:] - fp[:-1]) / (xp[1:] - xp[:-1])
    before = 0 * slopes[:1] if continued[0] else slopes[:1]
    after = 0 * slopes[-1:] if continued[1] else slopes[-1:]
    around = np.concatenate((before, slopes, after))
    found = np.searchsorted(xp, x, side="right") - 1
    segment = np.clip(found, 0, count - 2)
    nearest = np.clip(found, 0, count - 1)
    on_point = x == xp[nearest]
    start = np.where(on_point, nearest, segment)
    slope = np.where(on_point, _least(around[nearest], around[nearest + 1]), slopes[segment])
    return slope * (x - xp[start]) + fp[start]


@composite(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    fp = cast_to(fp, np.complex128 if np.iscomplexobj(fp) else np.float64)
    x, xp = cast_to(x, np.float64), cast_to(xp, np.float64)
    if np.ndim(xp) != 1 or np.ndim(fp) != 1:
        raise ValueError("Data points must be 1-D sequences")
    if np.shape(xp) != np.shape(fp):
        raise ValueError("fp and xp are not of the same length.")
    if np.size(xp) == 0:
        raise ValueError("array of sample points is empty")
    if period is not None:
        if period == 0:
            raise ValueError("period must be a non-zero value")
        period, left, right = np.absolute(period), None, None
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
        fp = np.concatenate((fp[-1:], fp, fp[:1]))
    inside = interpolant(x, xp, fp, (left is None, right is None))
    below = np.where(x < xp[0], fp[0] if left is None else left, inside)
    result = np.where(x > xp[-1], fp[-1] if right is None else right, below)
    return result if np.ndim(result) else result[()]
