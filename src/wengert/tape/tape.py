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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from wengert.errors import EscapedValueError, at_user_location
from wengert.ops.table import Operation
from wengert.tape.saved import SavedValues, Snapshots

__all__ = ["Listener", "Tape", "open_tapes", "recording", "refuse_escaped", "tell_stopped"]


class Listener:
    """Is told of everything that has just been recorded, with what a reader wants to see and a sweep does not need.

    Values are as the program has them: recorded, with their slots, or plain. What carries no derivative is told too.
    This one does nothing with it. `plans`: checkpointed loops are to plan as if they had a budget.
    """

    plans = False

    def opened(self, tape: Tape) -> None:
        """The recording begins, on this tape."""

    def inner(self) -> Listener | None:
        """What listens inside a checkpointed call, which is one entry here: on constants, and when it is recorded."""
        return None

    def operation(self, found: Operation, arguments: tuple[tuple[str, Any], ...], result: Any) -> None:
        """An operation of the table, its arguments by name."""

    def read(self, array: Any, index: Any, result: Any) -> None:
        """`result = array[index]`."""

    def write(self, array: Any, index: Any, value: Any) -> None:
        """`array[index] = value`."""

    def accumulate(self, array: Any, index: Any, value: Any, sign: int) -> None:
        """`array[index] += value`, or `-=` where `sign` is -1."""

    def stopped(self, name: str, values: tuple[Any, ...], result: Any) -> None:
        """A derivative stops: `name` made an integer, a truth value or a constant of values of this or inner levels."""

    def swept(
        self, tape: Tape, seeds: Sequence[tuple[int, Any]], slots: Sequence[int | None], found: Sequence[Any]
    ) -> None:
        """The tape has been swept, from these seeds; the derivatives found of the slots that were asked for."""


class Tape:
    """One recording: its entries in the order of execution.

    `forward` says which sweep the entries are bound for. `aliased` holds the identities of inputs that shared memory
    when the call was made. `snapshots` are copies of what was saved of plain arrays; `captured` are the saved recorded
    values of outer levels, each with the list that it is saved in. `lost` is the first refusal to lose a recorded
    value, which ends the recording with an error even where the user's code catches it. `told`: this tape, or one of an
    outer level, has a listener.
    """

    __slots__ = (
        "__weakref__",
        "aliased",
        "append",
        "captured",
        "entries",
        "forward",
        "level",
        "listener",
        "lost",
        "open",
        "saved",
        "size",
        "slots",
        "snapshots",
        "told",
    )

    def __init__(self, level: int, forward: bool, listener: Listener | None = None) -> None:
        self.level = level
        self.forward = forward
        self.listener = listener
        self.told: bool = listener is not None or (level > 0 and open_tapes()[-1].told)
        self.open = True
        self.lost: Exception | None = None
        self.entries: list[Any] = []
        self.append = self.entries.append
        self.slots = itertools.count()
        self.saved = SavedValues(self.entries)
        self.aliased: set[int] = set()
        self.snapshots = Snapshots()
        self.captured: list[tuple[list[Any], Any]] = []

    def close(self, keep: bool) -> None:
        """End the recording. With `keep`, the sweep comes later: captured values may be overwritten until then."""
        self.append = refuse_escaped
        self.open = False
        self.size = next(self.slots)
        if keep:
            for saved, value in self.captured:
                _replace(saved, value, value.copy())
        self.captured.clear()

    def release(self) -> None:
        """Forget the recording, swept for the last time: user code may keep one of its values, and so the tape."""
        self.entries.clear()
        self.saved = SavedValues(self.entries)
        self.snapshots = Snapshots()

    def keep_plain(self, saved: list[Any], value: Any) -> None:
        """If `value`, an array that is not a recorded one of this tape, is saved: make sure that it stays as it is.

        A write to a recorded value of an outer level copies it first, as long as this tape is open.
        """
        if not _holds(saved, value):
            return
        if hasattr(type(value), "__wengert_function__"):
            self.captured.append((saved, value))
        else:
            _replace(saved, value, self.snapshots.of(np.asarray(value)))


def _holds(saved: list[Any], array: Any) -> bool:
    return any(item is array or (type(item) is list and _holds(item, array)) for item in saved)


def _replace(saved: list[Any], array: Any, copy: Any) -> None:
    """Put `copy` in the place of `array` in a list of saved values, also in the lists among them."""
    for i, item in enumerate(saved):
        if item is array:
            saved[i] = copy
        elif type(item) is list:
            _replace(item, array, copy)


def refuse_escaped(entry: Any = None) -> NoReturn:
    """Raise the error for a value that is used after its recording: stands in for `append` of a closed tape."""
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


def tell_stopped(name: str, values: tuple[Any, ...], result: Any) -> None:
    """Tell the listeners of the open tapes that a derivative stops: see `Listener.stopped`."""
    for tape in open_tapes():
        if tape.listener is not None:
            tape.listener.stopped(name, values, result)


@contextmanager
def recording(forward: bool, keep: bool, listener: Listener | None = None) -> Iterator[Tape]:
    """Open a tape one level above those open in this thread; closed when the block ends, however it ends."""
    tapes = _levels.tapes
    tape = Tape(len(tapes), forward, listener)
    tapes.append(tape)
    if listener is not None:
        listener.opened(tape)
    try:
        yield tape
    except BaseException:
        tape.release()  # it will not be swept: nothing it holds has to last as long as the traceback does
        raise
    finally:
        tapes.pop()
        tape.close(keep)
