"""A pool of memory that counts: what a derivative with a budget may take, and what it has taken.

What goes in: a number of bytes. What comes out: arrays, and memory for compiled code that is told to take it from here.
What holds: never is there more memory from this pool than the limit allows, blocks that it keeps for later included;
what would exceed it is refused. Each block counts with what surrounds it (`wengert.emit.prelude`). Memory that results
lie in outlives the ledger's closing. One thread takes memory; others may let go of arrays meanwhile.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from wengert.runtime.pool import IN_USE, LIMIT, PEAK, REFUSED, WORDS

__all__ = ["Ledger", "PooledMemory"]


class PooledMemory:
    """Memory from a pool as an array's `base`: it goes back when NumPy lets go of the last view of it.

    `owner` has `give_back`, and must outlive the memory.
    """

    def __init__(self, owner: Any, address: int, dtype: np.dtype[Any], sizes: tuple[int, ...]) -> None:
        self._owner, self._address = owner, address
        self.__array_interface__ = {"data": (address, False), "shape": sizes, "typestr": dtype.str, "version": 3}

    def __del__(self) -> None:
        self._owner.give_back(self._address)


class Ledger:
    """A pool with a limit. `functions` are the addresses of those of the prelude, whose code `owner` keeps."""

    def __init__(self, functions: Mapping[str, int], owner: object, limit: int) -> None:
        self._owner = owner
        self._words = (ctypes.c_int64 * WORDS)()
        self.address = ctypes.addressof(self._words)
        self._new = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_bool)(
            functions["wengert_new"]
        )
        self._release = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(functions["wengert_free"])
        self._drain = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(functions["wengert_drain"])
        self._closed = False
        self.limit = limit

    @property
    def limit(self) -> int:
        """How many bytes there may be at once; at least one, since none would be no limit."""
        return self._words[LIMIT]

    @limit.setter
    def limit(self, limit: int) -> None:
        self._words[LIMIT] = max(limit, 1)

    @property
    def in_use(self) -> int:
        """How many bytes there are now, those that the pool keeps for later included."""
        return self._words[IN_USE]

    @property
    def peak(self) -> int:
        """How many there were at most since `measure`."""
        return self._words[PEAK]

    @property
    def has_refused(self) -> bool:
        """Whether memory was refused since `measure`."""
        return self._words[REFUSED] != 0

    def measure(self) -> int:
        """Give back what is kept for later, and begin to look for the peak anew: the bytes that are in use."""
        self._drain(self.address)
        self._words[PEAK] = self._words[IN_USE]
        self._words[REFUSED] = 0
        return self._words[IN_USE]

    def array(self, sizes: tuple[int, ...], dtype: np.dtype[Any], *, zeroed: bool = False) -> np.ndarray[Any, Any]:
        """A new array, or a `MemoryError`."""
        count = math.prod(sizes) * dtype.itemsize
        if not count:
            return np.zeros(sizes, dtype)
        address = self._new(self.address, count, zeroed)
        if address is None:
            raise MemoryError(f"no memory for an array of shape {sizes} and data type {dtype}")
        return np.asarray(PooledMemory(self, address, dtype, sizes))

    def copy(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """A copy in C order."""
        made = self.array(array.shape, array.dtype)
        np.copyto(made, array)
        return made

    def give_back(self, address: int) -> None:
        """Take memory back."""
        self._release(self.address, address)
        if self._closed:
            self._drain(self.address)

    def close(self) -> None:
        """Keep nothing for later from now on."""
        self._closed = True
        self._drain(self.address)
