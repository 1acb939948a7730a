"""The Wengert list of one derivative level, and the stack of the levels that are open in this thread.

An entry is `(slot, links)`: the result's slot, and for each active argument a link `(rule, source, fit, saved)`:
the rule to apply to the cotangent and the saved values, the slot (or slots) the contribution goes to, and the shape and
dtype to fit it to, or None where they are the result's own. Reads, writes and operations with several results are
objects of `wengert.tape.entries`. A slot stands for a storage, whatever its version: entries are swept in order, so the
adjoint of a slot at some point of the sweep is that of the storage's contents at that point of the program.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, Protocol

from wengert.errors import EscapedValueError, at_user_location
from wengert.ops.table import Operation
from wengert.tape.saved import SavedValues

__all__ = ["Listener", "Tape", "open_tapes", "recording"]


class Listener(Protocol):
    """Is told of everything that has just been recorded, with what a reader wants to see and a sweep does not need.

    Values are as the program has them: recorded, with their slots, or plain. What carries no derivative is told too.
    """

    def operation(self, found: Operation, arguments: tuple[tuple[str, Any], ...], result: Any) -> None:
        """An operation of the table, its arguments by name."""

    def read(self, array: Any, index: Any, result: Any) -> None:
        """`result = array[index]`."""

    def write(self, array: Any, index: Any, value: Any) -> None:
        """`array[index] = value`."""

    def accumulate(self, array: Any, index: Any, value: Any, sign: int) -> None:
        """`array[index] += value`, or `-=` where `sign` is -1."""


class Tape:
    """One recording: its entries in the order of execution.

    `forward` says which sweep the entries are bound for. `watched` says that in-place writes to plain arrays by the
    recorded function are seen (its source is intercepted); where they are not, plain arrays are copied when saved.
    `aliased` holds the identities of inputs that shared memory when the call was made.
    """

    __slots__ = (
        "aliased",
        "append",
        "entries",
        "forward",
        "level",
        "listener",
        "plain",
        "saved",
        "size",
        "slots",
        "watched",
    )

    def __init__(self, level: int, forward: bool, watched: bool, listener: Listener | None = None) -> None:
        self.level = level
        self.forward = forward
        self.watched = watched
        self.listener = listener
        self.entries: list[Any] = []
        self.append = self.entries.append
        self.slots = itertools.count()
        self.saved = SavedValues(self.entries)
        self.aliased: set[int] = set()
        self.plain: list[tuple[list[Any], Any]] = []

    def close(self, keep: bool) -> None:
        """End the recording. With `keep`, the sweep comes later: plain arrays it needs are copied now."""
        self.append = _escaped
        self.size = next(self.slots)
        if keep:
            self._copy_plain()
        self.plain.clear()

    def _copy_plain(self) -> None:
        """Replace every saved array that is not a recorded value of this tape by a copy, one for each array."""
        copies: dict[int, Any] = {}
        for saved, array in self.plain:
            if id(array) not in copies:
                copies[id(array)] = array.copy()
            _replace(saved, array, copies[id(array)])

    def stop_watching(self) -> None:
        """From now on stores into plain arrays may happen unseen: copy what is saved of them, and what will be."""
        if self.watched:
            self.watched = False
            self._copy_plain()
            self.plain.clear()

    def keep_plain(self, saved: list[Any], array: Any) -> None:
        """If `array`, which is not a recorded value of this tape, is saved: guard it against later writes unseen."""
        if not any(item is array or type(item) is list for item in saved):
            return
        if self.watched:
            self.plain.append((saved, array))
        else:
            _replace(saved, array, array.copy())


def _replace(saved: list[Any], array: Any, copy: Any) -> None:
    """Put `copy` in the place of `array` in a list of saved values, also in the lists among them."""
    for i, item in enumerate(saved):
        if item is array:
            saved[i] = copy
        elif type(item) is list:
            _replace(item, array, copy)


def _escaped(entry: Any) -> NoReturn:
    raise EscapedValueError(
        f"a recorded value is used after the derivative call that recorded it has returned, {at_user_location()}\n"
        "A value kept in a global, an attribute or a cache during one derivative call is not a number afterwards. "
        "Return it as auxiliary output (has_aux=True), or keep wg.stop_gradient(value)."
    )


class _ThreadLevels(threading.local):
    def __init__(self) -> None:
        self.tapes: list[Tape] = []


_levels = _ThreadLevels()


def open_tapes() -> list[Tape]:
    """The tapes being recorded in this thread, outermost first."""
    return _levels.tapes


@contextmanager
def recording(forward: bool, watched: bool, keep: bool, listener: Listener | None = None) -> Iterator[Tape]:
    """Open a tape one level above those open in this thread; closed when the block ends, however it ends."""
    tapes = _levels.tapes
    tape = Tape(len(tapes), forward, watched, listener)
    tapes.append(tape)
    try:
        yield tape
    finally:
        tapes.pop()
        tape.close(keep)
