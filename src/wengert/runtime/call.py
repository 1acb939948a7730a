"""Calls compiled code: arguments into a block of memory, the call, results out of it, or an exception.

What goes in: numbers and C-contiguous arrays, checked by the caller. What comes out: a tuple of NumPy scalars (Python
numbers for `int64` and `bool`) and arrays. What holds: each call has a block of its own, so threads do not meet; the
interpreter lock is released while the code runs.
"""

from __future__ import annotations

import copy
import ctypes
import math
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.runtime.failures import Failure
from wengert.runtime.ledger import Ledger, PooledMemory
from wengert.runtime.machine_stack import end_of_stack
from wengert.runtime.pool import FEWEST_BYTES, POOL_ADDRESS

__all__ = ["Executable", "Result", "Signature"]

_FORMATS = {
    "bool": "?7x", "int8": "b7x", "uint8": "B7x", "int16": "h6x", "uint16": "H6x", "int32": "i4x", "uint32": "I4x",
    "int64": "q", "uint64": "Q", "float32": "f4x", "float64": "d", "complex64": "ff", "complex128": "dd", "array": "Q",
}  # fmt: skip

_PYTHON = {"int64": int, "bool": bool}


@dataclass(frozen=True, slots=True)
class Result:
    """One result: a number in the block, an array described in the block, or an argument as it is."""

    dtype: str
    offset: int
    rank: int | None = None
    argument: int | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """How a compiled program is called: the dtypes of its arguments ("array" for arrays), its results and failures.

    `recurs`: it is told where the stack of the machine ends, and how deep Python would recurse.
    """

    name: str
    arguments: tuple[str, ...]
    results: tuple[Result, ...]
    failures: tuple[Failure, ...]
    failure_offset: int
    block_bytes: int
    recurs: bool = False


class Executable:
    """A compiled program. `owner` keeps its code in memory, and that of the pool: `new` and `release`."""

    def __init__(self, signature: Signature, entry: int, new: int, release: int, owner: object) -> None:
        self.signature = signature
        self._owner = owner
        self._pool = POOL_ADDRESS
        self._ledger: Ledger | None = None
        also = [ctypes.c_int64, ctypes.c_int64] if signature.recurs else []
        self._entry = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, *also)(entry)
        self._new = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_bool)(new)
        self._release = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(release)
        self._new_block = ctypes.c_char * max(signature.block_bytes, 8)
        self._pack = struct.Struct("=" + "".join(_FORMATS[dtype] for dtype in signature.arguments)).pack_into
        self._converters = tuple(_converter(dtype) for dtype in signature.arguments)
        self._has_complex = any(dtype.startswith("complex") for dtype in signature.arguments)
        self._numbers: Callable[[Any, int], tuple[Any, ...]] | None = None
        self._types = tuple(_PYTHON.get(one.dtype) or np.dtype(one.dtype).type for one in signature.results)
        if all(one.rank is None and not one.dtype.startswith("complex") for one in signature.results):
            self._numbers = struct.Struct("=" + "".join(_FORMATS[one.dtype] for one in signature.results)).unpack_from

    def within(self, ledger: Ledger) -> Executable:
        """The same program, which takes its memory from a pool that counts it."""
        found = copy.copy(self)
        found._ledger, found._pool = ledger, ledger.address
        return found

    def __call__(self, *arguments: Any) -> tuple[Any, ...]:
        """The results of the program; array arguments are used in place."""
        block = self._new_block()
        if len(arguments) != len(self._converters):
            raise TypeError(f"{self.signature.name} takes {len(self._converters)} arguments, not {len(arguments)}")
        numbers = [convert(one) for convert, one in zip(self._converters, arguments)]  # noqa: B905 -- checked above
        if self._has_complex:
            numbers = list(_flattened(numbers))
        try:
            self._pack(block, 0, *numbers)
        except struct.error:
            raise OverflowError("an integer argument has more than 64 bits") from None
        if self.signature.recurs:
            code = self._entry(self._pool, block, end_of_stack(), sys.getrecursionlimit())
        else:
            code = self._entry(self._pool, block)
        if code:
            raise self._error(code, block)
        if self._numbers is not None:
            found = self._numbers(block, self.signature.failure_offset)
            return tuple([kind(one) for kind, one in zip(self._types, found)])  # noqa: B905 -- of one signature
        return self._collect(block, arguments)

    def array(self, sizes: tuple[int, ...], dtype: np.dtype[Any], *, zeroed: bool) -> np.ndarray[Any, Any]:
        """A new array. A large one takes its memory from the pool, and gives it back when nobody uses it."""
        count = math.prod(sizes) * dtype.itemsize
        if count < FEWEST_BYTES:
            return np.zeros(sizes, dtype) if zeroed else np.empty(sizes, dtype)
        address = self._new(self._pool, count, zeroed)
        if address is None:
            raise MemoryError(f"unable to allocate an array of shape {sizes} and data type {dtype}")
        return np.asarray(PooledMemory(self, address, dtype, sizes))

    def give_back(self, address: int) -> None:
        """Give memory back to the pool."""
        if self._ledger is None:
            self._release(self._pool, address)
        else:
            self._ledger.give_back(address)

    def _collect(self, block: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Results of any kind. Large results keep the memory that they lie in; that of others is given back."""
        owned: list[int] = []
        found: list[Any] = []
        try:
            sections = [one for one in self.signature.results if one.rank is not None and one.argument is None]
            owned = [struct.unpack_from("=Q", block, one.offset + 8)[0] for one in sections]
            for result, kind in zip(self.signature.results, self._types, strict=True):
                if result.argument is not None:
                    found.append(arguments[result.argument])
                elif result.rank is None:
                    found.append(kind(_number(block, result.offset, result.dtype)))
                else:
                    found.append(self._array(block, result.offset, np.dtype(result.dtype), result.rank, owned))
        finally:
            for address in owned:
                self.give_back(address)
        return tuple(found)

    def _array(
        self, block: Any, offset: int, dtype: np.dtype[Any], rank: int, owned: list[int]
    ) -> np.ndarray[Any, Any]:
        """An array in C order: a large one in the program's own memory, which is no longer `owned`, else a copy."""
        numbers = struct.unpack_from(f"={2 + rank}Q{rank}q", block, offset)
        first, owner, sizes, strides = numbers[0], numbers[1], numbers[2 : 2 + rank], numbers[2 + rank :]
        if 0 in sizes:
            return np.empty(sizes, dtype)
        is_whole = first == owner and strides == _strides(sizes, dtype.itemsize)
        if is_whole and owned.count(owner) == 1 and math.prod(sizes) * dtype.itemsize >= FEWEST_BYTES:
            owned.remove(owner)
            return np.asarray(PooledMemory(self, owner, dtype, sizes))
        return np.array(_Part(first, dtype, sizes, strides), order="C")

    def _error(self, code: int, block: Any) -> Exception:
        failure = self.signature.failures[code - 1]
        offset = self.signature.failure_offset
        operands = [_number(block, offset + 16 * number, dtype) for number, dtype in enumerate(failure.dtypes)]
        return failure.error(tuple(operands))


def _converter(dtype: str) -> Callable[[Any], Any]:
    """What turns an argument into the number that `struct` packs."""
    if dtype == "array":
        return id
    if dtype == "bool":
        return bool
    if dtype.startswith("complex"):
        return complex
    return float if dtype.startswith("float") else int


def _flattened(numbers: list[Any]) -> Iterator[Any]:
    for one in numbers:
        if isinstance(one, complex):
            yield one.real
            yield one.imag
        else:
            yield one


def _number(block: Any, offset: int, dtype: str) -> Any:
    parts = struct.unpack_from("=" + _FORMATS[dtype], block, offset)
    return complex(*parts) if len(parts) == 2 else parts[0]


class _Part:
    """Memory of a program to be copied."""

    def __init__(self, address: int, dtype: np.dtype[Any], sizes: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.__array_interface__ = {
            "data": (address, True), "shape": sizes, "strides": strides, "typestr": dtype.str, "version": 3,
        }  # fmt: skip


def _strides(sizes: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Those of an array in C order."""
    return tuple(itemsize * math.prod(sizes[axis + 1 :]) for axis in range(len(sizes)))
