"""Changes of shape, and joining and splitting of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.broadcast import unbroadcast
from wengert.ops.table import composite, declare, vjp

declare(np.reshape, linear=["a"], view=True)


@vjp(np.reshape, wrt="a")
def reshape_a(ct: Any, a_shape: Any, *, order: Any) -> Any:
    return np.reshape(ct, a_shape, order=order)


declare(np.transpose, linear=["a"], view=True)


@vjp(np.transpose, wrt="a")
def transpose_a(ct: Any, a_shape: Any, *, axes: Any) -> Any:
    if axes is None:
        return np.transpose(ct)
    return np.transpose(ct, tuple(np.argsort([axis % len(a_shape) for axis in axes]).tolist()))


declare(np.broadcast_to, linear=["array"], view=True, constant=["shape"])


@vjp(np.broadcast_to, wrt="array")
def broadcast_to_array(ct: Any, array_shape: Any) -> Any:
    return unbroadcast(ct, array_shape)


declare(np.expand_dims, linear=["a"], view=True, constant=["axis"])


@vjp(np.expand_dims, wrt="a")
def expand_dims_a(ct: Any, a_shape: Any) -> Any:
    return np.reshape(ct, a_shape)


declare(np.concatenate, linear=["arrays"], sequence="arrays")


@vjp(np.concatenate, wrt="arrays")
def concatenate_arrays(ct: Any, arrays_shape: Any, *, axis: Any) -> Any:
    if axis is None:
        ends = np.cumsum([int(np.prod(shape)) for shape in arrays_shape])
        flat = np.split(ct, ends[:-1].tolist())
        return [np.reshape(piece, shape) for piece, shape in zip(flat, arrays_shape, strict=True)]
    ends = np.cumsum([shape[axis] for shape in arrays_shape])
    return np.split(ct, ends[:-1].tolist(), axis=axis)


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    size = np.shape(ary)[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        if size % indices_or_sections:
            raise ValueError("array split does not result in an equal division")
        width = size // indices_or_sections
        ends = [width * (i + 1) for i in range(indices_or_sections - 1)]
    else:
        ends = list(indices_or_sections)
    before = (slice(None),) * (axis % np.ndim(ary))
    return [ary[(*before, slice(a, b))] for a, b in zip([0, *ends], [*ends, None], strict=True)]
