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
from wengert.inspect.places import Occurrence, Place, Places
from wengert.inspect.watching import is_finite
from wengert.ops.table import Operation
from wengert.tape.array import RecordedArray
from wengert.tape.tape import Listener, Tape

__all__ = [
    "EntryPlace",
    "Event",
    "Events",
    "Observer",
    "computed_non_finite",
    "is_cut",
    "non_finite_text",
    "short_name",
]

COMPARISONS = {
    "numpy.less": "<",
    "numpy.less_equal": "<=",
    "numpy.equal": "==",
    "numpy.not_equal": "!=",
    "numpy.greater": ">",
    "numpy.greater_equal": ">=",
}

# What makes a whole number of a float, as an integer or as a float that is constant between jumps.
_TO_WHOLE = {"int", "round", "floor", "ceil", "trunc", "rint", "fix", "around", "floor_divide", "astype"}


# Operations of wengert's own, and the functions that they stand for.
_STANDS_FOR = {
    "euclidean_norm": "np.linalg.norm",
    "power_norm": "np.linalg.norm",
    "sign_of_real": "np.sign",
    "norm_of": "math.hypot",
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


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where an entry of the tape was made, and by which operation (`read`, `write` or its name)."""

    occurrence: Occurrence
    operation: str


def is_cut(name: str, result: Any) -> bool:
    """Whether a stop is a float that became a whole number; comparisons, indices of extrema and the like are not."""
    return name == "a store in an array of integers" or (
        name.rpartition(".")[2] in _TO_WHOLE and np.asarray(result).dtype != bool
    )


def _flat(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        elif isinstance(value, dict):
            yield from _flat(value.values())
        else:
            yield value


def _is_float(value: Any) -> bool:
    return isinstance(value, (float, complex, np.ndarray, np.generic)) and np.asarray(value).dtype.kind in "fc"


def _is_whole(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is Ellipsis or (isinstance(part, slice) and part == slice(None)) for part in parts)


def computed_non_finite(found: Operation, operands: Sequence[Any], results: Sequence[Any]) -> tuple[int, Any] | None:
    """How many elements of the results are NaN or infinite though what they are made of is finite, and the first."""
    for result in results:
        if is_finite(result):
            continue
        bad = ~np.isfinite(result)
        if found.elementwise:
            for operand in operands:
                bad = bad & np.isfinite(operand)
        elif not all(is_finite(operand) for operand in operands):
            continue
        if np.any(bad):
            return int(np.count_nonzero(bad)), tuple(int(i) for i in np.argwhere(bad)[0])
    return None


class Observer(Listener):
    """Notes what happens on one tape; see `wengert.tape.tape.Listener`."""

    def __init__(self) -> None:
        self.places = Places()
        self.entries: list[EntryPlace] = []
        self.non_finite = Events()
        self.kinks = Events()
        self.cuts = Events()
        self.branches = Events()
        self.made_from: dict[int, int] = {}  # slots to sets of inputs, as bits
        self.uses: Counter[tuple[int, str]] = Counter()  # by input and kind: used, read, written, compared, cut
        self.seconds: dict[Place, float] = {}
        self.tape: Tape
        self._inputs = 0
        self._last = 0.0

    def start(self, tape: Tape, slots: Sequence[int]) -> None:
        """The recording begins on this tape, with the inputs at these slots."""
        self.tape = tape
        self._inputs = len(slots)
        self.made_from = {slot: 1 << i for i, slot in enumerate(slots)}
        self._last = time.perf_counter()

    # Values.

    def _own(self, value: Any) -> Any:
        """The recorded value of this tape at, or below, a value of any level; None if there is none."""
        while isinstance(value, RecordedArray):
            if value.tape is self.tape:
                return value
            value = value.value
        return None

    def _inputs_of(self, values: Any) -> int:
        found = 0
        for value in _flat(values):
            own = self._own(value)
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
        while len(self.entries) < len(self.tape.entries):
            self.entries.append(EntryPlace(occurrence, operation))
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
        self._look_for_non_finite(occurrence, found, operands, values)
        if inputs:
            count, what = kink_of(found.name, operands, values[0])
            if count:
                self.kinks.add(
                    occurrence, f"{short_name(found.name)} at {what}", count, max(int(np.size(values[0])), 1)
                )
        self._end(occurrence, found.name)

    def _look_for_non_finite(
        self, occurrence: Occurrence, found: Operation, operands: dict[str, Any], values: list[Any]
    ) -> None:
        numbers = [value for value in _flat(operands.values()) if _is_float(value)]
        computed = computed_non_finite(found, numbers, values)
        if computed is None:
            return
        count, index = computed
        bad = next(value for value in values if not is_finite(value))
        self.non_finite.add(occurrence, non_finite_text(found, numbers, bad, index), count, max(int(np.size(bad)), 1))

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
        if not inputs:
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
        ties = tie_of_comparison(*values) if len(values) == 2 else size - true
        if ties and sign not in ("==", "!="):
            self.kinks.add(occurrence, f"a comparison of equals ({sign})", ties, size)


def non_finite_text(found: Operation, operands: Sequence[Any], bad: Any, index: Any) -> str:
    """`np.sqrt gives nan for -1.0`, with the place in the array, if it is one."""
    text = f"{short_name(found.name)} gives {number_text(np.asarray(bad)[index])}"
    if found.elementwise:
        given = [np.broadcast_to(one, np.shape(bad))[index] for one in operands]
        text += f" for {', '.join(number_text(one) for one in given)}"
    return f"{text} at [{', '.join(map(str, index))}]" if index else text


def short_name(name: str) -> str:
    """The name of an operation as a user writes it."""
    package, _, rest = name.partition(".")
    if package == "numpy":
        return f"np.{rest}"
    own = name.rpartition(".")[2]
    return name if package in ("math", "cmath", "scipy") else _STANDS_FOR.get(own, own)
