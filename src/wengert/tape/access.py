"""Reads, writes and in-place updates of recorded arrays: storages, versions and views.

A write through any name changes the storage that all its views share, and counts up its version, so that every view
reads it anew. Before memory is changed, saved values of any open tape that lie in it are copied out: a write copies
if, and only if, a tape still needs the old value.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from wengert.errors import (
    ArgumentError,
    EscapedValueError,
    LostGradientError,
    UnsupportedOperationError,
    at_user_location,
)
from wengert.tape.array import RecordedArray, RecordedView, kept_constant, released, report_lost
from wengert.tape.entries import Accumulate, Read, Write, is_basic
from wengert.tape.record import assembled, is_view_of
from wengert.tape.sweep import template_of
from wengert.tape.tape import Tape, open_tapes, refuse_escaped

__all__ = ["accumulate", "make_writable", "overwrite", "preserve", "read", "write"]


def _append(tape: Tape, entry: Read | Write | Accumulate) -> None:
    """Enter a read or write on its tape, its index safe from later changes."""
    for part in entry.saved:
        if isinstance(part, np.ndarray):
            tape.keep_plain(entry.saved, part)
    tape.append(entry)


def read(array: RecordedArray, index: Any) -> Any:
    """`array[index]`: a view for a basic index, a copy for an advanced one, a number for a full one."""
    index = _plain_bounds(index)
    tape = array.tape
    value = array.current()
    result = value[index]
    if not tape.open and kept_constant(array):
        return result
    slot = None
    if array.slot is not None:
        slot = next(tape.slots)
        entry = Read(slot, array.slot, template_of(array), index)
        _append(tape, entry)
    if type(result) is not np.float64 and is_view_of(result, value):
        recorded: RecordedArray = RecordedView(
            result, slot, tape, array.root, (*array.path, operator.itemgetter(index))
        )
    else:
        recorded = RecordedArray(result, slot, tape)
    if tape.listener is not None:
        tape.listener.read(array, index, recorded)
    return recorded


def region_of(target: np.ndarray[Any, Any], index: Any) -> np.ndarray[Any, Any]:
    """The memory of a plain array that an assignment to `target[index]` can change, as a view."""
    if not is_basic(index):
        return target
    parts = index if type(index) is tuple else (index,)
    if not any(part is Ellipsis for part in parts):
        parts = (*parts, Ellipsis)
    region: np.ndarray[Any, Any] = target[parts]
    return region


def _plain_bounds(index: Any) -> Any:
    """An index whose slices have numbers as bounds: an array of one number could be changed later."""
    if type(index) is slice:
        bounds = (index.start, index.stop, index.step)
        if all(bound is None or type(bound) is int for bound in bounds):
            return index
        return slice(*[None if bound is None else operator.index(bound) for bound in bounds])
    return tuple([_plain_bounds(part) for part in index]) if type(index) is tuple else index


def make_writable(array: RecordedArray, index: Any) -> None:
    """Check that a recorded array can be written to now, or make it so, before anything is changed.

    One that was kept after its recording belongs to the innermost level that is open now, if it was a constant or is
    overwritten as a whole: so works a buffer that is kept from call to call.
    """
    if not array.tape.open:
        if array.root.slot is not None and not (array is array.root and _is_whole(index)):
            refuse_escaped()
        _take_over(array)
    elif array.tape in open_tapes():
        _check_not_aliased(array)
    else:
        refusal = EscapedValueError(
            f"a recorded array is written to by another thread than the one that records it, {at_user_location()}"
        )
        report_lost(array, refusal)
        raise refusal


def _take_over(array: RecordedArray) -> None:
    """Give a storage that was kept after its recording to the levels that are open now, as a constant."""
    tape, root, tapes = array.tape, array.root, open_tapes()
    root.slot = None
    below = root.value
    while isinstance(below, RecordedArray) and not below.tape.open:
        below = below.value
    level = below.tape.level + 1 if isinstance(below, RecordedArray) else 0
    for outer in tapes[level:-1]:
        below = RecordedArray(below, None, outer)
    root.value = below
    if tapes:
        root.tape = array.tape = tapes[-1]
    preserve(root.primal(), kept_by=tape)
    if isinstance(array, RecordedView):
        array.seen = -1


def _is_whole(index: Any) -> bool:
    return index is Ellipsis or (type(index) is slice and index == slice(None))


def preserve(target: Any, index: Any = Ellipsis, kept_by: Tape | None = None) -> None:
    """Copy out what tapes have saved of the memory of a plain array that is about to be written.

    These are the open ones, and one that is closed but may still be swept.
    """
    if type(target) is not np.ndarray:
        return
    for tape in open_tapes() if kept_by is None else (kept_by,):
        if tape.saved.holds(target):
            tape.saved.preserve(region_of(target, index))


def _check_not_aliased(array: RecordedArray) -> None:
    """Refuse to write to an argument that shares memory with another: they were separated for the recording."""
    if array.tape.aliased and id(array.root) in array.tape.aliased:
        raise ArgumentError(
            f"the function writes to an argument that shares memory with another argument, {at_user_location()}\n"
            "Pass a copy of one of them."
        )


def _lower(array: RecordedArray, value: RecordedArray) -> Any:
    """A value of an inner level written into a storage of an outer one: only a constant can be."""
    below: Any = value
    while isinstance(below, RecordedArray) and below.tape.level > array.tape.level:
        if below.current_slot() is not None:
            lost = LostGradientError(
                f"a value of an inner derivative is written into an array of an outer one, {at_user_location()}\n"
                "The array was made outside the function that is being differentiated, and cannot hold its values. "
                "Make it inside that function, or pass it as an argument."
            )
            report_lost(value, lost)
            raise lost
        below = below.current()
    return below


def _dtype(value: Any) -> Any:
    return value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype


def _assigned(array: RecordedArray, value: Any) -> tuple[Any, int | None]:
    """What is written at this level, and its slot if it is active."""
    value = released(assembled(value))
    if not isinstance(value, RecordedArray):
        return value, None
    if value.tape is not array.tape:
        value = _lower(array, value)
        if not isinstance(value, RecordedArray) or value.tape is not array.tape:
            return value, None
    return value.current(), value.current_slot()


def _memory(value: Any) -> Any:
    """The plain array under a recorded one, where it was last read."""
    while isinstance(value, RecordedArray):
        value = value.value
    return value


def _is_same_memory(array: RecordedArray, index: Any, value: Any) -> bool:
    """Whether `array[index] = value` stores a view into its own place, as the last step of `a[i] += b` does."""
    if not isinstance(value, RecordedView) or value.root is not array.root:
        return False
    own, target = _memory(value), _memory(array)
    if not is_basic(index) or type(own) is not np.ndarray:
        return False
    region = region_of(target, index)
    same_place = own.__array_interface__["data"] == region.__array_interface__["data"]
    return same_place and own.dtype == region.dtype and own.shape == region.shape and own.strides == region.strides


def _has_mask(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return any(isinstance(part, (np.ndarray, list, tuple)) and np.asarray(part).dtype == bool for part in parts)


def _write_overlapping_mask(target: Any, index: Any, plain: Any) -> None:
    """A masked assignment from the memory it writes to, which NumPy does element by element, without a copy first."""
    before = plain.copy()
    target[index] = plain
    after = target[index]
    if not np.array_equal(after, np.broadcast_to(before, np.shape(after))):
        raise UnsupportedOperationError(
            f"a masked assignment reads elements that it has already overwritten, {at_user_location()}\n"
            "The result depends on the order in which NumPy goes through the elements. Assign a copy of the right side."
        )


def _apart(target: Any, plain: Any) -> Any:
    """What is stored, in memory of its own where it may be the target's.

    NumPy means to copy it then, but NumPy 2.4 does not where a row is set from a column that crosses it.
    """
    are_arrays = type(plain) is np.ndarray and type(target) is np.ndarray
    return plain.copy() if are_arrays and np.may_share_memory(target, plain) else plain


def write(array: RecordedArray, index: Any, value: Any) -> None:
    """`array[index] = value`, for any index."""
    index = _plain_bounds(index)
    if _is_same_memory(array, index, value):
        return
    make_writable(array, index)
    tape, root = array.tape, array.root
    plain, source = _assigned(array, value)
    target = array.current()
    preserve(target, index)
    if isinstance(value, RecordedArray) and value.root is root and _has_mask(index):
        _write_overlapping_mask(target, index, plain)
    else:
        target[index] = _apart(target, plain)
    if source is not None or root.slot is not None:
        if root.slot is None:
            root.slot = next(tape.slots)
        dtype = _dtype(plain)
        entry = Write(root.slot, template_of(root), array.path, index, source, np.shape(plain), dtype)
        _append(tape, entry)
    root.writes = root.writes_so_far() + 1
    if tape.listener is not None:
        tape.listener.write(array, index, value)


def accumulate(array: RecordedArray, index: Any, value: Any, sign: int) -> None:
    """`np.add.at(array, index, value)`, or `np.subtract.at` with `sign` -1."""
    index = _plain_bounds(index)
    make_writable(array, index)
    tape, root = array.tape, array.root
    plain, source = _assigned(array, value)
    target = array.current()
    preserve(target, index)
    (np.add if sign > 0 else np.subtract).at(target, index, plain)
    if source is not None:
        if root.slot is None:
            root.slot = next(tape.slots)
        shape, template = np.shape(plain), template_of(root)
        entry = Accumulate(root.slot, template, array.path, index, source, shape, _dtype(plain), sign)
        _append(tape, entry)
    root.writes = root.writes_so_far() + 1
    if tape.listener is not None:
        tape.listener.accumulate(array, index, value, sign)


def overwrite(array: RecordedArray, result: Any) -> None:
    """Give all of `array` the value of a result that nothing else refers to, as `a *= b` does.

    A storage of its own layout simply becomes the result; else its elements are assigned.
    """
    make_writable(array, Ellipsis)
    if not isinstance(result, RecordedArray):
        write(array, Ellipsis, result)
        return
    value, fresh = array.current(), result.value
    if not isinstance(array, RecordedView) and _same_layout(value, fresh):
        for tape in open_tapes()[array.tape.level + 1 :]:
            tape.saved.preserve(array.primal())
        array.value, array.slot = fresh, result.slot
        array.writes = array.writes_so_far() + 1
    else:
        write(array, Ellipsis, result)


def _same_layout(old: Any, new: Any) -> bool:
    while isinstance(old, RecordedArray) and isinstance(new, RecordedArray):
        old, new = old.current(), new.current()
    if type(old) is not np.ndarray or type(new) is not np.ndarray or not old.flags.writeable:
        return False
    return old.shape == new.shape and old.dtype == new.dtype and old.strides == new.strides
