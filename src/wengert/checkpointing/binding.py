"""Running a function again on other values of the recorded arrays that it uses, wherever it holds them.

What goes in: recorded arrays that the function was given or reaches. What comes out: `units`, the leaves that the
function depends on: for each storage, the array itself if it is the only one into it, else all of the storage. What
holds: while values are bound, every array that was found has the value, slot and tape of its unit, views of one storage
still share it, and afterwards every array is what it was before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from wengert.tape.array import RecordedArray, RecordedView

__all__ = ["Binding"]

_UNSEEN = -1  # of a view: it is read anew when it is next used


class Binding:
    """The recorded arrays of a call, by the storages that they lie in."""

    def __init__(self, arrays: Sequence[RecordedArray]) -> None:
        by_root: dict[int, list[RecordedArray]] = {}
        for array in arrays:
            by_root.setdefault(id(array.root), []).append(array)
        self._groups = list(by_root.values())
        self.units: list[RecordedArray] = [group[0] if len(group) == 1 else group[0].root for group in self._groups]
        self.bound: list[RecordedArray] = []

    @contextmanager
    def to(self, values: Sequence[Any]) -> Iterator[None]:
        """Inside the block each unit has one of the recorded `values`."""
        before = [(array, _state(array)) for group in self._groups for array in (*group, group[0].root)]
        outer = self.bound
        self.bound = []
        try:
            for unit, group, value in zip(self.units, self._groups, values, strict=True):
                self._bind(unit, group, value)
            yield
        finally:
            self.bound = outer
            for array, state in before:
                _restore(array, state)

    def _bind(self, unit: RecordedArray, group: list[RecordedArray], value: RecordedArray) -> None:
        alone = isinstance(unit, RecordedView)
        root = value if alone else unit
        root.value, root.slot, root.tape, root.writes = value.value, value.slot, value.tape, 0
        for array in group:
            if isinstance(array, RecordedView):
                array.tape = value.tape
                array.seen = _UNSEEN
                if alone:
                    array.root, array.path = root, ()  # type: ignore[misc]  # slots here, properties there
                array.refresh()
        self.bound.append(root)

    def written(self) -> list[int]:
        """The units that were written to since values were bound."""
        return [i for i, root in enumerate(self.bound) if root.writes_so_far() > 0]

    def finals(self, places: Sequence[int]) -> list[RecordedArray]:
        """What is in units now, as arrays that stay so when the units are what they were before."""
        roots = [self.bound[i] for i in places]
        return [RecordedArray(root.value, root.slot, root.tape) for root in roots]

    def place(self, array: RecordedArray) -> int | None:
        """The unit that an array lies in while values are bound."""
        return next((i for i, root in enumerate(self.bound) if array.root is root), None)

    def settle(self, array: RecordedArray, place: int) -> None:
        """Tie a view that was made while values were bound to the storage itself, once they are no longer."""
        if not isinstance(array, RecordedView):
            return
        unit = self.units[place]
        if isinstance(unit, RecordedView) and array is not unit and array.root is not unit.root:
            array.root, array.path = unit.root, (*unit.path, *array.path)  # type: ignore[misc]  # slots, as above
        array.seen = _UNSEEN
        array.refresh()


def _state(array: RecordedArray) -> tuple[Any, ...]:
    common = array.value, array.slot, array.tape, getattr(array, "writes", None)
    return (*common, array.root, array.path, array.seen) if isinstance(array, RecordedView) else common


def _restore(array: RecordedArray, state: tuple[Any, ...]) -> None:
    array.value, array.slot, array.tape = state[:3]
    if state[3] is not None:
        array.writes = state[3]
    elif hasattr(array, "writes"):
        del array.writes
    if isinstance(array, RecordedView):
        array.root, array.path, array.seen = state[4:]  # type: ignore[misc]  # slots here, properties there
