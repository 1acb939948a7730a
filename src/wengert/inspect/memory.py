"""How many bytes of memory saved values hold: memory that is saved twice, or through several views, counts once.

For each owner of memory the count is the sum of the distinct pieces, or the extent of memory they cover together
where that is less: exact for contiguous pieces, an upper bound for strided ones that overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from wengert.inspect.expressions import plain
from wengert.tape.saved import memory_owner

__all__ = ["HeldMemory"]


class _Owner:
    """The saved pieces of one allocation."""

    __slots__ = ("bounds", "pieces")

    def __init__(self) -> None:
        self.bounds: list[tuple[int, int]] = []
        self.pieces: dict[Any, int] = {}

    def size(self) -> int:
        """The bytes that the pieces hold."""
        covered, end = 0, 0
        for low, high in sorted(self.bounds):
            covered += max(0, high - max(low, end))
            end = max(end, high)
        return min(covered, sum(self.pieces.values()))


class HeldMemory:
    """Adds up saved values, one after the other."""

    def __init__(self) -> None:
        self._owners: dict[int, _Owner] = {}
        self._numbers: set[int] = set()

    def add(self, value: Any) -> int:
        """Count a value; returns the bytes that it adds to what is held already."""
        array = plain(value)
        if not isinstance(array, np.ndarray):
            added = 0 if id(array) in self._numbers else int(np.asarray(array).nbytes)
            self._numbers.add(id(array))
            return added
        owner = self._owners.setdefault(id(memory_owner(array)), _Owner())
        before = owner.size()
        place = array.__array_interface__["data"][0], array.shape, array.strides, array.dtype
        if place not in owner.pieces:
            owner.pieces[place] = array.nbytes
            owner.bounds.append(byte_bounds(array))
        return owner.size() - before
