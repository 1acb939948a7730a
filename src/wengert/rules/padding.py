"""`np.pad`, one axis after the other: what is put on the two ends of an axis is computed from the array padded so far.

All modes are linear in the array except the statistics "maximum", "minimum" and "median", and all but the constants of
"constant" and "linear_ramp" are made of the array's own elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import composite, operation, vjp
from wengert.rules.casting import as_array, cast_to

__all__ = ["padded", "widths_of_axes", "zero_pad"]

_OPTIONS = {
    "empty": (),
    "edge": (),
    "wrap": (),
    "constant": ("constant_values",),
    "linear_ramp": ("end_values",),
    "maximum": ("stat_length",),
    "mean": ("stat_length",),
    "median": ("stat_length",),
    "minimum": ("stat_length",),
    "reflect": ("reflect_type",),
    "symmetric": ("reflect_type",),
}


@operation(linear=["array"])
def zero_pad(array: Any, widths: Any) -> Any:
    """Zeros around an array: for each axis a pair of widths."""
    return np.pad(array, widths)


@vjp(zero_pad, wrt="array")
def zero_pad_array(ct: Any, array_shape: Any, *, widths: Any) -> Any:
    return ct[tuple(slice(before, before + size) for (before, _), size in zip(widths, array_shape, strict=True))]


def _pairs(values: Any, rank: int) -> list[tuple[Any, Any]]:
    """NumPy's short forms of one pair per axis: a number, a pair for all axes, one number per axis."""
    if values is None:
        return [(None, None)] * rank
    every = np.broadcast_to(as_array(values), (rank, 2))
    return [(every[i, 0], every[i, 1]) for i in range(rank)]


def _integer_pairs(values: Any, rank: int) -> list[tuple[int, int]]:
    pairs = _pairs(values, rank)
    if any(value is not None and value < 0 for pair in pairs for value in pair):
        raise ValueError("index can't contain negative values")
    return [tuple(None if value is None else int(np.rint(value)) for value in pair) for pair in pairs]  # type: ignore[misc]  # pairs


def _widths(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    pad_width = np.asarray(widths_of_axes(pad_width, rank) if isinstance(pad_width, dict) else pad_width)
    if pad_width.dtype.kind != "i":
        raise TypeError("`pad_width` must be of integral type.")
    return _integer_pairs(pad_width, rank)


def widths_of_axes(pad_width: dict[int, Any], rank: int) -> list[tuple[int, int]]:
    """A pair of widths for each axis from a dict of those of some axes."""
    named: list[Any] = [(0, 0)] * rank
    for axis, width in pad_width.items():
        named[axis] = width if isinstance(width, tuple) else (width, width)
    return named


def _part(array: Any, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Any:
    return array[(*(slice(None),) * axis, slice(start, stop, step))]


def _with_ends(array: Any, axis: int, width: tuple[int, int], ends: tuple[Any, Any]) -> Any:
    """The array with `ends` before and after it along an axis, each broadcast to its width and of the array's dtype."""
    shape = list(np.shape(array))
    pieces = [array]
    for place, count, end in zip((0, 2), width, ends, strict=True):
        shape[axis] = count
        pieces.insert(place, np.broadcast_to(cast_to(end, array.dtype), tuple(shape)))
    return np.concatenate(pieces, axis=axis)


def _pad_constant(array: Any, widths: list[tuple[int, int]], constant_values: Any = 0) -> Any:
    if type(constant_values) in (int, float) and constant_values == 0:
        return zero_pad(array, tuple(widths))
    for axis, (width, ends) in enumerate(zip(widths, _pairs(constant_values, len(widths)), strict=True)):
        array = _with_ends(array, axis, width, ends)
    return array


def _pad_ramp(array: Any, widths: list[tuple[int, int]], end_values: Any = 0) -> Any:
    for axis, (width, ends) in enumerate(zip(widths, _pairs(end_values, len(widths)), strict=True)):
        edges = (_part(array, axis, 0, 1), _part(array, axis, -1, None))
        before, after = (
            np.linspace(end, np.squeeze(edge, axis), count, endpoint=False, dtype=array.dtype, axis=axis)
            for end, edge, count in zip(ends, edges, width, strict=True)
        )
        array = _with_ends(array, axis, width, (before, np.flip(after, axis)))
    return array


_STATISTICS: dict[str, Callable[..., Any]] = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
}


def _pad_statistic(array: Any, widths: list[tuple[int, int]], mode: str, stat_length: Any = None) -> Any:
    statistic = _STATISTICS[mode]
    for axis, (width, lengths) in enumerate(zip(widths, _integer_pairs(stat_length, len(widths)), strict=True)):
        size = array.shape[axis]
        before, after = (size if length is None else min(length, size) for length in lengths)
        if 0 in (before, after) and mode in ("maximum", "minimum"):
            raise ValueError("stat_length of 0 yields no value for padding")
        chunks = (_part(array, axis, 0, before), _part(array, axis, size - after, size))
        ends = tuple(statistic(chunk, axis=axis, keepdims=True) for chunk in chunks)
        array = _with_ends(array, axis, width, ends)
    return array


def _mirrored(size: int, width: tuple[int, int], mode: str) -> tuple[Any, Any, Any]:
    """Where the padded elements come from, which of them run backwards, and how many periods away they are."""
    skipped = 1 if mode == "reflect" else 0
    period = max(2 * (size - skipped), 1)
    place = np.arange(-width[0], size + width[1])
    turn = np.floor_divide(place, period)
    place = place - turn * period
    is_back = place >= size
    return np.where(is_back, period - 1 + skipped - place, place), is_back, turn


def _pad_by_position(array: Any, widths: list[tuple[int, int]], mode: str) -> Any:
    """Modes that repeat elements: the places of these are computed, and looked up."""
    for axis, width in enumerate(widths):
        size = array.shape[axis]
        every = np.arange(-width[0], size + width[1])
        if mode == "edge":
            places = np.minimum(np.maximum(every, 0), size - 1)
        elif mode == "wrap":
            places = np.remainder(every, max(size, 1))
        else:
            places = _mirrored(size, width, mode)[0]
        if width != (0, 0):
            array = array[(*(slice(None),) * axis, places)]
    return array


def _pad_odd(array: Any, widths: list[tuple[int, int]], mode: str) -> Any:
    """Reflection in the end points: elements that run backwards count from twice an end, and each period adds up."""
    for axis, width in enumerate(widths):
        if width == (0, 0):
            continue
        places, is_back, turn = _mirrored(array.shape[axis], width, mode)
        shape = (1,) * axis + (-1,) + (1,) * (np.ndim(array) - axis - 1)
        first, last = _part(array, axis, 0, 1), _part(array, axis, -1, None)
        elements = array[(*(slice(None),) * axis, places)]
        elements = np.where(np.reshape(is_back, shape), 2 * last - elements, elements)
        array = elements + np.reshape(2 * turn, shape).astype(array.dtype) * (last - first)
    return array


def _check_not_empty(array: Any, widths: list[tuple[int, int]]) -> None:
    for axis, width in enumerate(widths):
        if array.shape[axis] == 0 and any(width):
            raise ValueError(f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")


@composite(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    array = as_array(array)
    return padded(array, _widths(pad_width, np.ndim(array)), mode, **kwargs)


def padded(array: Any, widths: list[tuple[int, int]], mode: Any, **kwargs: Any) -> Any:
    """`np.pad` with a pair of widths for each axis."""
    if callable(mode):
        raise UnsupportedOperationError("numpy.pad with a function as mode has no derivative rule: it pads in place")
    if mode not in _OPTIONS:
        raise ValueError(f"mode '{mode}' is not supported")
    if unknown := set(kwargs) - set(_OPTIONS[mode]):
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {unknown}")
    if np.ndim(array) == 0:
        return np.copy(array)
    if mode == "constant":
        return _pad_constant(array, widths, **kwargs)
    if mode == "empty":
        return zero_pad(array, tuple(widths))
    if np.size(array) == 0:
        _check_not_empty(array, widths)
        return zero_pad(array, tuple(widths))
    if mode == "linear_ramp":
        return _pad_ramp(array, widths, **kwargs)
    if mode in _STATISTICS:
        return _pad_statistic(array, widths, mode, **kwargs)
    if kwargs.get("reflect_type", "even") == "odd":
        return _pad_odd(array, widths, mode)
    return _pad_by_position(array, widths, mode)
