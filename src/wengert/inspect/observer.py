"""The listener of a report: follows values while a function is recorded, and notes every hard place it meets.

What goes in: every operation, read, write and stop of one tape, from the record engine. What comes out: lists of
`Event`s by kind, the place of each entry of the tape, the seconds spent at each place, and which inputs each value is
made from. What holds: nothing is recorded by observing, and no value is kept.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.inspect.expressions import number_text, plain
from wengert.inspect.kinks import kink_of, tie_of_comparison
from wengert.inspect.places import Occurrence, Place
from wengert.inspect.tracking import Tracking, first_entry, in_rule, is_cut, non_finite_text, short_name
from wengert.inspect.watching import is_finite, largest, newly_non_finite
from wengert.ops.table import Operation
from wengert.tape.array import RecordedArray
from wengert.tape.tape import Listener, Tape

__all__ = ["Event", "Events", "Observer"]

COMPARISONS = {
    "numpy.less": "<",
    "numpy.less_equal": "<=",
    "numpy.equal": "==",
    "numpy.not_equal": "!=",
    "numpy.greater": ">",
    "numpy.greater_equal": ">=",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a place: first when, in words, how many times, and to how many of how many elements.

    For a branch `count` is how often the condition was true, of `size` in all.
    """

    first: Occurrence
    text: str
    times: int = 1
    count: int = 1
    size: int = 1


class Events:
    """The events of one kind, those of the same place and text as one, in the order in which they first happened."""

    def __init__(self) -> None:
        self._found: dict[tuple[Place, str], Event] = {}

    def add(self, occurrence: Occurrence, text: str, count: int = 1, size: int = 1) -> None:
        """One more."""
        key = occurrence.place, text
        old = self._found.get(key)
        self._found[key] = (
            Event(occurrence, text, 1, count, size)
            if old is None
            else Event(old.first, text, old.times + 1, old.count + count, old.size + size)
        )

    def all(self) -> tuple[Event, ...]:
        """All of them."""
        return tuple(self._found.values())


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        elif isinstance(value, dict):
            yield from _flat(value.values())
        else:
            yield value


def _is_number(value: Any) -> bool:
    return isinstance(value, (float, complex, np.ndarray, np.generic))


def _is_whole(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is Ellipsis or (isinstance(part, slice) and part == slice(None)) for part in parts)


class Observer(Tracking):
    """Notes what happens on one tape; see `wengert.tape.tape.Listener`."""

    def __init__(self) -> None:
        super().__init__()
        self.non_finite = Events()
        self.kinks = Events()
        self.cuts = Events()
        self.branches = Events()
        self.inner_entered = Events()  # NaN or infinity that enters in the sweep of a checkpointed call
        self.made_from: dict[int, int] = {}  # slots to sets of inputs, as bits
        self.uses: Counter[tuple[int, str]] = Counter()  # by input and kind: used, read, written, compared, cut
        self.seconds: dict[Place, float] = {}
        self.largest = 0.0  # of all values, in modulus
        self._inputs = 0
        self._last = 0.0

    def inner(self) -> Listener:
        """What listens inside a checkpointed call, and notes in the same lists."""
        return _Inner(self)

    def start(self, slots: Sequence[int]) -> None:
        """The function begins, with the inputs at these slots."""
        self._inputs = len(slots)
        self.made_from = {slot: 1 << i for i, slot in enumerate(slots)}
        self._last = time.perf_counter()

    # Values.

    def _inputs_of(self, values: Any) -> int:
        found = 0
        for value in _flat(values):
            own = self.own(value)
            if own is not None and own.slot is not None:
                found |= self.made_from.get(own.slot, 0)
        return found

    def _use(self, inputs: int, kind: str) -> None:
        for i in range(self._inputs):
            if inputs >> i & 1:
                self.uses[i, kind] += 1

    # Events.

    def _begin(self, kind: str) -> Occurrence:
        """Where something has just happened; the time since the last event was spent there."""
        now = time.perf_counter()
        occurrence = self.places.here(kind)
        place = occurrence.place
        self.seconds[place] = self.seconds.get(place, 0.0) + now - self._last
        return occurrence

    def _end(self, occurrence: Occurrence, operation: str) -> None:
        self.mark(occurrence, operation)
        self._last = time.perf_counter()

    def operation(self, found: Operation, arguments: tuple[tuple[str, Any], ...], result: Any) -> None:
        """An operation of the table: what it is made from, and whether it is at a hard point."""
        occurrence = self._begin(found.name)
        inputs = self._inputs_of(value for _, value in arguments)
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        if inputs:
            self._use(inputs, "used")
            for one in results:
                if isinstance(one, RecordedArray) and one.slot is not None:
                    self.made_from[one.slot] = inputs
        operands = {
            name: [plain(one) for one in value] if isinstance(value, (list, tuple)) else plain(value)
            for name, value in arguments
        }
        values = [plain(one) for one in results]
        self.largest = max(self.largest, largest(values))
        if not is_finite(values):
            numbers = [one for one in _flat(operands.values()) if _is_number(one)]
            bad = newly_non_finite(numbers, values, found.elementwise)
            if bad is not None and not in_rule():
                self.non_finite.add(occurrence, non_finite_text(found, numbers, bad), bad.count, max(bad.size, 1))
            elif bad is None and inputs and self._are_active_finite(arguments) and not in_rule():
                self.non_finite.add(occurrence, f"{short_name(found.name)} takes NaN or infinity from a constant")
        if inputs:
            count, what = kink_of(found.name, operands, values[0])
            if count and not in_rule():
                self.kinks.add(
                    occurrence, f"{short_name(found.name)} at {what}", count, max(int(np.size(values[0])), 1)
                )
        self._end(occurrence, found.name)

    def _are_active_finite(self, arguments: tuple[tuple[str, Any], ...]) -> bool:
        """Whether what depends on an input is finite: then what is not comes from a constant."""
        active = [one for one in _flat(value for _, value in arguments) if self._inputs_of([one])]
        return all(is_finite(one) for one in active)

    def read(self, array: RecordedArray, index: Any, result: Any) -> None:
        """An element or a view."""
        occurrence = self._begin("read")
        inputs = self._inputs_of([array])
        self._use(inputs, "read")
        if result.slot is not None:
            self.made_from[result.slot] = inputs
        self._end(occurrence, "read")

    def write(self, array: RecordedArray, index: Any, value: Any) -> None:
        """A store."""
        self._changed(array, value, "written", covers=array is array.root and _is_whole(index))

    def accumulate(self, array: RecordedArray, index: Any, value: Any, sign: int) -> None:
        """An addition in place."""
        self._changed(array, value, "used", covers=False)

    def _changed(self, array: RecordedArray, value: Any, kind: str, covers: bool) -> None:
        occurrence = self._begin("write")
        self._use(self._inputs_of([array.root]), kind)
        stored = self._inputs_of([value])
        self._use(stored, "used")
        slot = array.root.slot
        if slot is not None:
            self.made_from[slot] = stored if covers else self.made_from.get(slot, 0) | stored
        self._end(occurrence, "write")

    def stopped(self, name: str, values: tuple[Any, ...], result: Any) -> None:
        """A comparison, or a float that became an integer."""
        inputs = self._inputs_of(values)
        if not inputs or in_rule():
            return
        occurrence = self._begin(name)
        if is_cut(name, result):
            self._use(inputs, "cut")
            self.cuts.add(occurrence, f"by {short_name(name)}", int(np.size(result)), int(np.size(result)))
        elif name in COMPARISONS or name == "bool":
            self._use(inputs, "compared")
            self._compared(occurrence, name, [plain(one) for one in values], result)
        else:
            self._use(inputs, "compared" if np.asarray(result).dtype == bool else "counted")
        self._end(occurrence, name)

    def _compared(self, occurrence: Occurrence, name: str, values: list[Any], result: Any) -> None:
        sign, true, size = COMPARISONS.get(name, "truth"), int(np.count_nonzero(result)), int(np.size(result))
        self.branches.add(occurrence, sign, true, size)
        if sign in ("==", "!="):
            return
        ties = tie_of_comparison(*values) if len(values) == 2 else size - true
        if ties:
            self.kinks.add(occurrence, f"a comparison of equals ({sign})", ties, size)


class _Inner(Observer):
    """Listens inside a checkpointed call: on constants in its first run, and to all when it is recorded again."""

    def __init__(self, outer: Observer) -> None:
        super().__init__()
        self.non_finite, self.kinks, self.cuts = outer.non_finite, outer.kinks, outer.cuts
        self.branches, self.inner_entered = outer.branches, outer.inner_entered
        self.places, self.tape = outer.places, outer.tape

    def opened(self, tape: Tape) -> None:
        """It is recorded again: what has been noted of its values is not noted twice."""
        super().opened(tape)
        self.non_finite = Events()

    def _inputs_of(self, values: Any) -> int:
        owned = (self.own(value) for value in _flat(values))
        return int(any(own is not None and own.slot is not None for own in owned))

    def swept(
        self, tape: Tape, seeds: Sequence[tuple[int, Any]], slots: Sequence[int | None], found: Sequence[Any]
    ) -> None:
        """Where what it gives is not finite, the place is looked for."""
        entered = (
            None if is_finite([one for one in found if one is not None]) else first_entry(self, tape, seeds, slots)
        )
        if entered is not None:
            place, bad = entered
            text = f"{short_name(place.operation)} gives {number_text(bad.first)}"
            self.inner_entered.add(place.occurrence, text, bad.count, max(bad.size, 1))
