"""Arrays made from numbers that may be recorded: constants, ranges, grids and power tables.

`np.full` and `np.arange` do not take part in NumPy's protocols: whoever calls them with recorded values routes them
here.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from wengert.ops.table import composite
from wengert.rules.casting import as_array, cast_to
from wengert.rules.python_values import is_empty


@composite(np.full)
def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None, like: Any = None
) -> Any:
    value = as_array(fill_value) if dtype is None else cast_to(fill_value, np.dtype(dtype))
    return np.copy(np.broadcast_to(value, shape), order=order)


@composite(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    result = np.empty_like(a, dtype, order, subok, shape)
    if type(result) is np.ndarray:  # it cannot hold a recorded value
        return full(result.shape, fill_value, result.dtype)
    result[...] = fill_value
    return result


@composite(np.arange)
def arange(
    start_or_stop: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None, like: Any = None
) -> Any:
    """NumPy takes the step from the first two elements as they are rounded."""
    start, stop = (0, start_or_stop) if stop is None else (start_or_stop, stop)
    step = 1 if step is None else step
    count = max(0, int(np.ceil((stop - start) / step)))
    kind = np.result_type(start, stop, step) if dtype is None else np.dtype(dtype)
    rounded_step = (start + step) - start
    return cast_to(start + np.arange(count) * rounded_step, kind)


@composite(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    intervals = num - 1 if endpoint else num
    start = start if hasattr(start, "dtype") or not np.ndim(start) else as_array(start)
    stop = stop if hasattr(stop, "dtype") or not np.ndim(stop) else as_array(stop)
    kind = np.result_type(start, stop, 0.0)
    delta = np.subtract(stop, start)
    steps = np.reshape(np.arange(num, dtype=kind), (-1,) + (1,) * np.ndim(delta))
    step: Any = np.nan
    if intervals > 0:
        step = delta / intervals
        y = steps / intervals * delta if np.any(step == 0) else steps * step
    else:
        y = steps * delta
    y = y + start
    if endpoint and num > 1:
        y = np.concatenate((y[:-1], np.broadcast_to(stop, (1, *np.shape(y)[1:]))))
    y = np.moveaxis(y, 0, axis) if axis != 0 else y
    if dtype is not None and np.issubdtype(dtype, np.integer):
        y = np.floor(y)
    y = cast_to(y, kind if dtype is None else np.dtype(dtype))
    return (y, step) if retstep else y


@composite(np.logspace)
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    if np.ndim(base):
        rank = max(np.ndim(start), np.ndim(stop), np.ndim(base))
        start, stop, base = (np.reshape(a, (1,) * (rank - np.ndim(a)) + np.shape(a)) for a in (start, stop, base))
        base = np.expand_dims(base, axis=axis)
    y = np.power(base, np.linspace(start, stop, num=num, endpoint=endpoint, axis=axis))
    return y if dtype is None else cast_to(y, np.dtype(dtype))


@composite(np.geomspace)
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """The sign is taken out before the logarithm and put back after the power, so its own derivative cancels."""
    start, stop = as_array(start), as_array(stop)
    if np.any(start == 0) or np.any(stop == 0):
        raise ValueError("Geometric sequence cannot include zero")
    kind = np.result_type(start, stop, float(num), np.zeros((), dtype))
    start, stop = cast_to(start, kind), cast_to(stop, kind)
    sign = np.sign(start)
    start, stop = start / sign, stop / sign
    result = np.logspace(np.log10(start), np.log10(stop), num, endpoint, 10.0, kind)
    shape = (1, *np.shape(result)[1:])
    pieces = [result]
    if num > 0:
        pieces = [np.broadcast_to(start, shape), result[1:]]
    if num > 1 and endpoint:
        pieces = [pieces[0], result[1:-1], np.broadcast_to(stop, shape)]
    result = np.concatenate(pieces) * sign
    result = np.moveaxis(result, 0, axis) if axis != 0 else result
    return cast_to(result, kind if dtype is None else np.dtype(dtype))


@composite(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    rank = len(xi)
    order = list(range(rank))
    if indexing == "xy" and rank > 1:
        order[:2] = [1, 0]
    grids = tuple(
        np.reshape(as_array(x), (1,) * place + (-1,) + (1,) * (rank - place - 1))
        for x, place in zip(xi, order, strict=True)
    )
    if not sparse:
        grids = tuple(np.broadcast_arrays(*grids))
    if copy:
        return tuple(np.copy(grid) for grid in grids)
    return list(grids) if sparse else grids


@composite(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    x = as_array(x)
    if np.ndim(x) != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    x = cast_to(x, np.promote_types(x.dtype, int))
    count = len(x) if N is None else N
    if count < 0:
        raise ValueError("negative dimensions are not allowed")
    factors = np.broadcast_to(x[:, None], (len(x), max(count - 1, 0)))
    powers = np.cumprod(np.concatenate((np.ones((len(x), 1), x.dtype), factors), axis=1), axis=1)[:, :count]
    return powers if increasing else powers[:, ::-1]


@composite(np.ix_)
def ix_(*args: Any) -> Any:
    rank = len(args)
    axes = []
    for place, sequence in enumerate(args):
        axis = as_array(sequence)
        if np.ndim(axis) != 1:
            raise ValueError("Cross index must be 1 dimensional")
        axis = np.zeros(0, np.intp) if axis.dtype.kind in "fc" and is_empty(axis) else axis
        axis = np.flatnonzero(axis) if axis.dtype.kind == "b" else axis
        axes.append(np.reshape(axis, (1,) * place + (-1,) + (1,) * (rank - place - 1)))
    return tuple(axes)


@composite(np.kaiser)
def kaiser(M: Any, beta: Any) -> Any:
    """A window that depends on its shape parameter: Oppenheim and Schafer, *Discrete-Time Signal Processing*, 7.5.3."""
    if M == 1:
        return np.ones(1)
    middle = (M - 1) / 2.0
    height = np.sqrt(1 - ((np.arange(0, M) - middle) / middle) ** 2.0)
    return np.i0(beta * height) / np.i0(beta)
