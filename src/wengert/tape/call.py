"""Recording one call of a user's function: its arguments go onto a tape, its results come off it.

The caller's arrays are never changed: every array among the arguments is copied, differentiated or not, and floating
ones become recording arrays, so that the function may update them in place and store recorded values in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from wengert import tree
from wengert.errors import ArgumentError
from wengert.tape.array import RecordedArray, primal_of, released
from wengert.tape.stand_ins import resolve
from wengert.tape.tape import Listener, Tape, open_tapes, recording

__all__ = ["RecordedCall", "check_differentiable", "own_copy", "record_call"]


@dataclass(slots=True)
class RecordedCall:
    """A tape with the ends of the recorded function: slots of the active inputs, results and their slots."""

    tape: Tape
    inputs: list[Any]
    input_slots: list[int]
    outputs: list[Any]
    output_slots: list[int | None]
    output_structure: tree.Structure
    auxiliary: Any


def _describe(value: Any) -> str:
    if isinstance(value, (np.ndarray, np.generic)):
        return f"dtype {value.dtype}" if isinstance(value, np.ndarray) else f"type {type(value).__name__}"
    return f"type {type(value).__name__}"


def check_differentiable(value: Any, name: str) -> None:
    """Refuse an argument that has no derivative, saying what it is and what to do."""
    if isinstance(value, RecordedArray) or type(value) in (float, complex):
        return
    if isinstance(value, (np.ndarray, np.generic)):
        if isinstance(value, (np.matrix, np.ma.MaskedArray)):
            raise ArgumentError(f"{name} is a {type(value).__name__}; pass a plain ndarray")
        if value.dtype.kind in "fc":
            return
    remedy = (
        "convert it with .astype(float), or leave it out of argnums"
        if isinstance(value, np.ndarray) and value.dtype.kind in "iub"
        else "pass a float, or leave it out of argnums"
    )
    raise ArgumentError(
        f"cannot differentiate with respect to {name} of {_describe(value)}: "
        f"only real and complex floating-point numbers and arrays have derivatives; {remedy}"
    )


def _same_layout_copy(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy with the strides of the array: what is a view of the one must be a view of the other."""
    if array.dtype.hasobject:
        copy = array.copy()
    elif array.flags.forc:
        copy = np.array(array, copy=True, order="K", subok=False)
    else:
        low, high = byte_bounds(array)
        start = array.__array_interface__["data"][0] - low
        copy = np.ndarray(array.shape, array.dtype, np.empty(high - low, np.uint8), start, array.strides)
        copy[...] = array
    copy.flags.writeable = array.flags.writeable
    return copy


def own_copy(value: Any) -> Any:
    """A copy of an array, plain or recorded, in the same layout; what is no array is itself."""
    if isinstance(value, RecordedArray):
        return value.copy("K") if isinstance(value.primal(), np.ndarray) else value
    if isinstance(value, np.ndarray):
        return _same_layout_copy(value)
    return value


def _aliased(leaves: Sequence[Any]) -> set[int]:
    """The positions of the arrays whose addresses overlap those of another one among the leaves.

    In the order of lower ends: an array overlaps a later one if it overlaps the next, an earlier one if it starts below
    the greatest upper end so far.
    """
    plain = [(i, primal_of(leaf)) for i, leaf in enumerate(leaves)]
    ends = sorted((*byte_bounds(one), i) for i, one in plain if isinstance(one, np.ndarray) and one.size)
    found: set[int] = set()
    highest = 0
    for k, (low, high, i) in enumerate(ends):
        if low < highest or (k + 1 < len(ends) and ends[k + 1][0] < high):
            found.add(i)
        highest = max(highest, high)
    return found


def _wrap_leaves(tape: Tape, leaves: Sequence[Any], active: Sequence[bool]) -> tuple[list[Any], list[int]]:
    aliased = _aliased(leaves)
    wrapped, slots = [], []
    copies: dict[int, Any] = {}  # an array without derivative that is given twice stays one array
    for i, (leaf, is_active) in enumerate(zip(leaves, active, strict=True)):
        value = copies[id(leaf)] if id(leaf) in copies else own_copy(leaf)
        floating = isinstance(value, RecordedArray) or (isinstance(value, np.ndarray) and value.dtype.kind in "fc")
        if is_active or floating:
            for outer in open_tapes()[:-1] if type(value) is np.ndarray else ():
                value = RecordedArray(value, None, outer)
            slot = next(tape.slots) if is_active else None
            value = RecordedArray(value, slot, tape)
            if i in aliased:
                tape.aliased.add(id(value))
            if slot is not None:
                slots.append(slot)
        elif isinstance(value, np.ndarray):
            copies[id(leaf)] = value
        wrapped.append(value)
    return wrapped, slots


def _rebuilt_if_changed(old: Any, new: Any) -> Any:
    """An argument with recorded leaves; itself where it has none, so that what is done to it is seen by the caller."""
    pairs = zip(tree.flatten(old)[0], tree.flatten(new)[0], strict=True)
    return old if all(one is other for one, other in pairs) else new


def _unwrap(tape: Tape, value: Any, keep: bool) -> tuple[Any, int | None]:
    """A result without its level, and its slot; where the sweep comes later, a copy for the caller to change."""
    if isinstance(value, RecordedArray) and value.tape is tape:
        plain = value.current()
        return own_copy(plain) if keep else plain, value.slot
    return released(value), None


def _run(tape: Tape, run: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The function's result; or the refusal to lose a value, even where the function, or a library, caught it."""
    try:
        result = run(*args, **kwargs)
    except Exception as error:
        if tape.lost is not None and error is not tape.lost:
            raise tape.lost from error
        raise
    if tape.lost is not None:
        raise tape.lost
    return result


def record_call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    argnums: Sequence[int],
    *,
    forward: bool,
    keep: bool,
    has_aux: bool = False,
    listener: Listener | None = None,
) -> RecordedCall:
    """Run `function(*args, **kwargs)` on a new tape; the leaves of the arguments `argnums` are its inputs."""
    inputs: list[Any] = []
    for number in argnums:
        leaves, _ = tree.flatten(args[number])
        for leaf in leaves:
            name = f"argument {number}" if len(leaves) == 1 else f"a leaf of argument {number}"
            check_differentiable(leaf, name)
        inputs.extend(leaves)
    leaves, structure = tree.flatten((args, kwargs))
    counts = [len(tree.flatten(arg)[0]) for arg in args]
    active = [i in argnums for i, count in enumerate(counts) for _ in range(count)]
    active += [False] * (len(leaves) - len(active))
    run = resolve(function)
    with recording(forward, keep, listener) as tape:
        wrapped, slots = _wrap_leaves(tape, leaves, active)
        new_args, new_kwargs = tree.unflatten(structure, wrapped)
        new_args = tuple([_rebuilt_if_changed(old, new) for old, new in zip(args, new_args, strict=True)])
        new_kwargs = {name: _rebuilt_if_changed(kwargs[name], new) for name, new in new_kwargs.items()}
        result = _run(tape, run, new_args, new_kwargs)
        auxiliary = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise ArgumentError("has_aux=True: the function must return a pair (result, auxiliary data)")
            result, auxiliary = result
        output_leaves, output_structure = tree.flatten(result)
        outputs = [_unwrap(tape, leaf, keep) for leaf in output_leaves]
        auxiliary = tree.map_leaves(lambda leaf: _unwrap(tape, leaf, keep)[0], auxiliary)
    in_order = _slots_in_argnums_order(argnums, counts, slots)
    return RecordedCall(
        tape, inputs, in_order, [o[0] for o in outputs], [o[1] for o in outputs], output_structure, auxiliary
    )


def _slots_in_argnums_order(argnums: Sequence[int], counts: list[int], slots: list[int]) -> list[int]:
    """Slots were given in the order of the arguments; the caller named arguments in an order of its own."""
    starts: dict[int, int] = {}
    position = 0
    for number in sorted(argnums):
        starts[number] = position
        position += counts[number]
    return [slot for number in argnums for slot in slots[starts[number] : starts[number] + counts[number]]]
