"""Which arrays a tape has saved, by the memory they lie in, so that a write copies exactly those it would destroy.

A write looks up the saved arrays that overlap the memory it is about to change, and replaces each by a copy. Nothing is
done when values are saved: the entries made since the last write are indexed when the next write comes, so a
program without in-place updates pays nothing and one with them pays the logarithm of the entries for each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from wengert.tape.intervals import Intervals

__all__ = ["NUMBERS", "SavedValues", "Snapshots", "memory_owner"]

# Types of values that cannot be overwritten: they are saved as they are.
NUMBERS = frozenset({float, int, bool, complex, np.float64, np.float32, np.complex128, np.complex64, np.int64})

_ALWAYS_COPIED = 4096  # bytes: copying so little costs less than comparing it


def raw(value: Any) -> Any:
    """The plain array or number under a recorded value of any level."""
    while hasattr(type(value), "__wengert_function__"):
        value = value.current()
    return value


def memory_owner(array: np.ndarray[Any, Any]) -> Any:
    """The object whose memory an array lies in: two arrays can overlap only if theirs is the same object."""
    owner: Any = array
    while (base := getattr(owner, "base", None)) is not None:  # also through what `as_strided` puts in between
        owner = base
    return owner


def _place_in_memory(value: Any) -> Any:
    """A key that is equal for values which are the same elements of the same memory, at the same level."""
    array = raw(value)
    level = None if array is value else id(value)
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype, level


def _same_bits(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Whether two arrays of one shape and dtype have the same elements to the last bit: 0.0 is not -0.0, NaN is NaN."""
    if one.dtype.kind == "c":
        return _same_bits(one.real, other.real) and _same_bits(one.imag, other.imag)
    if one.dtype.kind == "f" and one.dtype.itemsize <= 8:
        bits = f"i{one.dtype.itemsize}"
        return np.array_equal(one.view(bits), other.view(bits))
    return one.dtype.kind in "iub" and np.array_equal(one, other)


class Snapshots:
    """Copies of plain arrays that were saved: the user may change those at any time, by ways that nobody sees.

    Each saved array is copied, but for one that lies in the same memory as one copied before, with the same elements.
    """

    __slots__ = ("copies",)

    def __init__(self) -> None:
        self.copies: dict[Any, tuple[Any, np.ndarray[Any, Any]]] = {}

    def of(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """A copy of a plain array as it is now."""
        if array.nbytes <= _ALWAYS_COPIED:
            return array.copy()
        key = _place_in_memory(array)
        known = self.copies.get(key)
        if known is None or not _same_bits(known[1], array):
            # The owner of the memory is kept, so that no other array comes to lie there.
            known = self.copies[key] = memory_owner(array), np.array(array, order="K")
        return known[1]


class SavedValues:
    """The saved arrays of one tape: for each owner of memory, the places where they are saved by their addresses."""

    __slots__ = ("cursor", "entries", "pieces")

    def __init__(self, entries: list[Any]) -> None:
        self.entries = entries
        self.cursor = 0
        self.pieces: dict[int, Intervals] = {}

    def _index_new_entries(self) -> None:
        for position in range(self.cursor, len(self.entries)):
            entry = self.entries[position]
            saved_lists = [link[3] for link in entry[1]] if type(entry) is tuple else entry.saved_lists()
            for saved in saved_lists:
                self._index(saved)
        self.cursor = len(self.entries)

    def _index(self, saved: list[Any]) -> None:
        for i, value in enumerate(saved):
            if type(value) in NUMBERS:
                continue
            if type(value) is list:
                self._index(value)
                continue
            array = raw(value)
            if type(array) is np.ndarray and array.size:
                self._add(array, saved, i)

    def _add(self, array: np.ndarray[Any, Any], saved: list[Any], i: int) -> None:
        owner = id(memory_owner(array))
        pieces = self.pieces.get(owner)
        if pieces is None:
            pieces = self.pieces[owner] = Intervals()
        pieces.add(*byte_bounds(array), (saved, i))

    def holds(self, array: np.ndarray[Any, Any]) -> bool:
        """Whether anything saved may lie in the memory that `array` lies in."""
        self._index_new_entries()
        return id(memory_owner(array)) in self.pieces

    def preserve(self, region: np.ndarray[Any, Any]) -> None:
        """Copy every saved array whose addresses overlap those of `region`, which is about to be written."""
        self._index_new_entries()
        pieces = self.pieces.get(id(memory_owner(region)))
        if pieces is None or not region.size:
            return
        copies: dict[Any, Any] = {}
        for saved, place in pieces.take(*byte_bounds(region)):
            value = saved[place]
            key = _place_in_memory(value)
            if key not in copies:
                copies[key] = value.copy()
            saved[place] = copies[key]
