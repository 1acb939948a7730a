"""A listener that knows where each entry of a tape was made, and puts what happens into words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from wengert.errors import user_frame
from wengert.inspect.expressions import number_text
from wengert.inspect.places import Occurrence, Places
from wengert.inspect.watching import Bad, watched_forward, watched_reverse
from wengert.ops.table import Operation
from wengert.tape import sweep
from wengert.tape.array import RecordedArray
from wengert.tape.call import record_call
from wengert.tape.sweep import Derivatives
from wengert.tape.tape import Listener, Tape

__all__ = ["EntryPlace", "Tracking", "first_entry", "in_rule", "is_cut", "is_swept", "non_finite_text", "short_name"]

# What makes a whole number of a float, as an integer or as a float that is constant between jumps.
_TO_WHOLE = {"int", "round", "floor", "ceil", "trunc", "rint", "fix", "around", "floor_divide", "astype"}

# Operations of wengert's own, and the functions that they stand for.
_STANDS_FOR = {
    "euclidean_norm": "np.linalg.norm",
    "power_norm": "np.linalg.norm",
    "sign_of_real": "np.sign",
    "norm_of": "math.hypot",
    "fmax_reduce": "np.fmax.reduce",
    "fmin_reduce": "np.fmin.reduce",
    "hypot_reduce": "np.hypot.reduce",
    "maximum_accumulate": "np.maximum.accumulate",
    "minimum_accumulate": "np.minimum.accumulate",
}


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where an entry of the tape was made, and by which operation (`read`, `write` or its name)."""

    occurrence: Occurrence
    operation: str


class Tracking(Listener):
    """Keeps the place of each entry of its tape; the entries of a tape and `entries` are in the same order."""

    tape: Tape

    def __init__(self) -> None:
        self.places = Places()
        self.entries: list[EntryPlace] = []

    def opened(self, tape: Tape) -> None:
        """The recording begins."""
        self.tape = tape

    def own(self, value: Any) -> RecordedArray | None:
        """The recorded value of this tape at, or below, a value of any level; None if there is none."""
        while isinstance(value, RecordedArray):
            if value.tape is self.tape:
                return value
            value = value.value
        return None

    def mark(self, occurrence: Occurrence, operation: str) -> None:
        """The entries that have just been made were made there."""
        while len(self.entries) < len(self.tape.entries):
            self.entries.append(EntryPlace(occurrence, operation))

    def read(self, array: RecordedArray, index: Any, result: Any) -> None:
        """An element or a view."""
        self.mark(self.places.here("read"), "read")

    def write(self, array: RecordedArray, index: Any, value: Any) -> None:
        """A store."""
        self.mark(self.places.here("write"), "write")

    def accumulate(self, array: RecordedArray, index: Any, value: Any, sign: int) -> None:
        """An addition in place."""
        self.mark(self.places.here("write"), "write")


def is_swept() -> bool:
    """Whether what is recorded belongs to the sweep of an inner level, where zeros may still cut it off."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not record_call.__code__:
        if frame.f_code.co_filename == sweep.__file__:
            return True
        frame = frame.f_back
    return False


def first_entry(
    listener: Tracking, tape: Tape, seeds: Sequence[tuple[int, Any]], slots: Sequence[int | None]
) -> tuple[EntryPlace, Bad] | None:
    """Where NaN or infinity first enters in the sweep of a tape, from these seeds to these slots, if it does."""
    if tape.forward:
        contributions = watched_forward(tape, seeds, [slot for slot in slots if slot is not None])
    else:
        contributions = watched_reverse(tape, Derivatives(tape.size, seeds))
    for one in contributions:
        if one.bad is not None:
            return listener.entries[one.position], one.bad
    return None


def in_rule() -> bool:
    """Whether what runs here is a rule of the table in a sweep of an inner level, rather than the user's code."""
    frame: FrameType | None = sys._getframe(1)
    end = user_frame()
    while frame is not None and frame is not end:
        if frame.f_code.co_filename == sweep.__file__:
            return True
        frame = frame.f_back
    return False


def is_cut(name: str, result: Any) -> bool:
    """Whether a stop is a float that became a whole number; comparisons, indices of extrema and the like are not."""
    return name == "a store in an array of integers" or (
        name.rpartition(".")[2] in _TO_WHOLE and np.asarray(result).dtype != bool
    )


def non_finite_text(found: Operation, operands: Iterable[Any], bad: Bad) -> str:
    """`np.sqrt gives nan for -1.0`, with the place in the array, if it is one; `operands` are its numbers."""
    text = f"{short_name(found.name)} gives {number_text(bad.first)}"
    if found.elementwise:
        given = [np.broadcast_to(one, bad.shape)[bad.index] for one in operands]
        text += f" for {', '.join(number_text(one) for one in given)}"
    return f"{text} at [{', '.join(map(str, bad.index))}]" if bad.index else text


def short_name(name: str) -> str:
    """The name of an operation as a user writes it."""
    package, _, rest = name.partition(".")
    if package == "numpy":
        return f"np.{rest}"
    own = name.rpartition(".")[2]
    return name if package in ("math", "cmath", "scipy") else _STANDS_FOR.get(own, own)
