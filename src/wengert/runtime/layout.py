"""Where an `ndarray` object holds its data pointer and its sizes, so that compiled code can read them itself.

The first fields of `PyArrayObject` (the object header, data, number of axes, sizes) are part of NumPy's stable binary
interface; the header's size is Python's. Both are verified here once, on an array made for that.
"""

from __future__ import annotations

import ctypes

import numpy as np

__all__ = ["DATA_OFFSET", "SIZES_OFFSET"]

DATA_OFFSET = object.__basicsize__
SIZES_OFFSET = DATA_OFFSET + 16


def _verify() -> None:
    probe = np.zeros((3, 5, 7))
    data = ctypes.c_void_p.from_address(id(probe) + DATA_OFFSET).value
    sizes = ctypes.POINTER(ctypes.c_int64).from_address(id(probe) + SIZES_OFFSET)
    if data != probe.ctypes.data or (sizes[0], sizes[1], sizes[2]) != probe.shape:
        raise ImportError("this build of NumPy lays out its arrays in another way than NumPy 1 and 2")


_verify()
