"""Sweeps that are watched: where NaN or infinity enters, where a strong zero acts, where a derivative becomes zero.

What goes in: a tape and the seeds of a sweep. What comes out: a `Contribution` for each link of each entry, in
the order of the sweep. What holds: the sweep is that of `wengert.tape.sweep` with strong zeros, one entry at a time;
entries through which nothing passes are left out.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.inspect.expressions import plain
from wengert.ops.broadcast import fit_cotangent, fit_tangent
from wengert.tape.entries import Read, Several
from wengert.tape.sweep import Derivatives, is_elementwise, strong_contribution
from wengert.tape.tape import Tape

__all__ = [
    "Bad",
    "Contribution",
    "ends",
    "is_finite",
    "largest",
    "newly_non_finite",
    "watched_forward",
    "watched_reverse",
]

_NUMBERS = (float, np.float64)  # the most frequent types of single numbers: to be quick with them

Seeds = Sequence[tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class Bad:
    """NaN or infinities that were computed from finite numbers: how many, in what shape, the first, and its index."""

    count: int
    shape: tuple[int, ...]
    first: Any
    index: tuple[int, ...]

    @property
    def size(self) -> int:
        """Of how many elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one entry, by its position, gives to one slot (or several) for what is given to it. `seconds`: it took.

    `raw` is what the rule returned, `value` the same with strong zeros; `bad` says where NaN or infinity is in that for
    the first time, if it is: what is given, and what the rule saved, is finite. All are None for reads and writes.
    """

    position: int
    sources: tuple[int | None, ...]
    given: Any
    raw: Any
    value: Any
    bad: Bad | None
    seconds: float

    @property
    def guarded(self) -> bool:
        """Whether a strong zero acted: the rule's own number is not finite where the derivative given is zero."""
        return self.raw is not self.value and is_finite(self.value) and not is_finite(self.raw)

    @property
    def vanishes(self) -> bool:
        """Whether a derivative that is not zero becomes zero, not for want of elements."""
        if self.value is None or not _is_zero(self.value) or _is_zero(self.given):
            return False
        return any(one.size for one in _arrays(self.value))


def _arrays(value: Any) -> Iterator[Any]:
    for one in value if isinstance(value, (list, tuple)) else (value,):
        if one is not None:
            yield np.asarray(plain(one))


def is_finite(value: Any) -> bool:
    """Whether a value of any level, or each of a list, is finite; what is no floating-point number is."""
    if type(value) in _NUMBERS:
        return math.isfinite(value)
    return all(one.dtype.kind not in "fc" or bool(np.isfinite(one).all()) for one in _arrays(value))


def largest(values: Iterable[Any]) -> float:
    """The largest finite modulus among floating-point numbers: the rounding of sums of them is in proportion to it."""
    found = 0.0
    for value in values:
        if type(value) in _NUMBERS:
            found = max(found, abs(value)) if math.isfinite(value) else found
            continue
        for one in _arrays(value):
            if one.dtype.kind in "fc":
                found = max(found, float(np.max(np.abs(one), initial=0.0, where=np.isfinite(one))))
    return found


def newly_non_finite(operands: Iterable[Any], results: Iterable[Any], elementwise: bool) -> Bad | None:
    """What is not finite in the first of the results where something is not though the operands are.

    For an elementwise operation each element is judged by itself.
    """
    suspects = [result for result in results if not is_finite(result)]
    if not suspects:
        return None
    floats = [one for one in _arrays(list(operands)) if one.dtype.kind in "fc"]
    for result in _arrays(suspects):
        bad = ~np.isfinite(result)
        for operand in floats:
            if elementwise and np.broadcast_shapes(operand.shape, result.shape) == result.shape:
                bad = bad & np.isfinite(operand)
            elif not is_finite(operand):
                bad = np.zeros_like(bad)
        if np.any(bad):
            index = tuple(int(i) for i in np.argwhere(bad)[0])
            return Bad(int(np.count_nonzero(bad)), result.shape, result[index], index)
    return None


def _is_zero(value: Any) -> bool:
    if type(value) in _NUMBERS:
        return bool(value == 0)
    return not any(np.any(one) for one in _arrays(value))


def _flat(values: Any) -> Iterator[Any]:
    """The numbers and arrays among given and saved values."""
    for value in values if isinstance(values, (list, tuple)) else (values,):
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        elif isinstance(plain(value), (np.ndarray, np.generic, float, complex)):
            yield value


def watched_reverse(tape: Tape, adjoints: Derivatives) -> Iterator[Contribution]:
    """The reverse sweep, entry by entry, last first, from adjoints that hold the seeds."""
    for position in range(len(tape.entries) - 1, -1, -1):
        entry = tape.entries[position]
        if type(entry) is tuple or isinstance(entry, Several):
            yield from _reverse_links(position, entry, adjoints)
            continue
        start = time.perf_counter()
        entry.reverse(adjoints)
        yield Contribution(position, (entry.slot,), None, None, None, None, time.perf_counter() - start)


def _given_to(entry: Any, adjoints: Derivatives) -> Any:
    """The cotangent of an entry's result, or of its results; None where nothing comes."""
    if type(entry) is tuple:
        return adjoints.by_slot[entry[0]]
    found = [None if slot is None else adjoints.by_slot[slot] for slot in entry.slots]
    if all(ct is None for ct in found):
        return None
    zeros = [np.zeros(like.shape, like.dtype) for like in entry.templates]
    return tuple(zero if ct is None else ct for ct, zero in zip(found, zeros, strict=True))


def _reverse_links(position: int, entry: Any, adjoints: Derivatives) -> Iterator[Contribution]:
    given = _given_to(entry, adjoints)
    if given is None:
        return
    for rule, source, fit, saved in entry[1] if type(entry) is tuple else entry.links:
        start = time.perf_counter()
        with np.errstate(all="ignore"):
            raw = rule(given, *saved)
            value = strong_contribution(rule, given, saved, raw) if type(entry) is tuple else raw
            if isinstance(source, int):
                adjoints.add(source, value if fit is None else fit_cotangent(value, *fit))
            else:
                for one_source, one_fit, one in zip(source, fit, value, strict=True):
                    if one_source is not None:
                        adjoints.add(one_source, fit_cotangent(one, *one_fit))
        seconds = time.perf_counter() - start
        sources = (source,) if isinstance(source, int) else tuple(source)
        bad = newly_non_finite(_flat((given, saved)), _flat(value), is_elementwise(rule))
        yield Contribution(position, sources, given, raw, value, bad, seconds)


def watched_forward(tape: Tape, seeds: Seeds, results: Sequence[int]) -> Iterator[Contribution]:
    """The forward sweep, entry by entry, of the entries that the results depend on."""
    needed = _needed(tape, results)
    tangents = Derivatives(tape.size, seeds)
    for position, entry in enumerate(tape.entries):
        if position not in needed:
            continue
        if isinstance(entry, Several):
            yield from _forward_several(position, entry, tangents)
            continue
        if type(entry) is not tuple:
            entry.forward(tangents)
            continue
        slot, links = entry
        for rule, source, fit, saved in links:
            sources = (source,) if isinstance(source, int) else tuple(source)
            found = [None if one is None else tangents.by_slot[one] for one in sources]
            if all(one is None for one in found):
                continue
            given = found[0] if isinstance(source, int) else found
            start = time.perf_counter()
            with np.errstate(all="ignore"):
                raw = tangents.detached(rule(given, *saved), source)
                value = strong_contribution(rule, given, saved, raw)
                tangents.add(slot, value if fit is None else fit_tangent(value, *fit))
            seconds = time.perf_counter() - start
            bad = newly_non_finite(_flat((given, saved)), _flat(value), is_elementwise(rule))
            yield Contribution(position, sources, given, raw, value, bad, seconds)


def _forward_several(position: int, entry: Several, tangents: Derivatives) -> Iterator[Contribution]:
    """What an operation with several results gives to all of them."""
    _, sources = ends(entry)
    given = [tangents.by_slot[slot] for slot in sources]
    if all(one is None for one in given):
        return
    start = time.perf_counter()
    with np.errstate(all="ignore"):
        entry.forward(tangents)
    seconds = time.perf_counter() - start
    value = [tangents.by_slot[slot] for slot in entry.slots if slot is not None]
    saved = [link[3] for link in entry.links]
    bad = newly_non_finite(_flat([given, saved]), _flat(value), elementwise=False)
    yield Contribution(position, tuple(sources), given, value, value, bad, seconds)


def _needed(tape: Tape, results: Sequence[int]) -> set[int]:
    """The positions of the entries that the results depend on."""
    slots, needed = set(results), set[int]()
    for position in range(len(tape.entries) - 1, -1, -1):
        entry = tape.entries[position]
        made, taken = ends(entry)
        if slots.intersection(made):
            needed.add(position)
            slots.update(taken)
    return needed


def ends(entry: Any) -> tuple[list[int], list[int]]:
    """The slots that an entry makes or changes, and those that it takes from."""
    if type(entry) is tuple:
        made, links = [entry[0]], entry[1]
    elif isinstance(entry, Several):
        made, links = [slot for slot in entry.slots if slot is not None], entry.links
    elif isinstance(entry, Read):
        return [entry.result], [entry.slot]
    else:
        return [entry.slot], [] if entry.source is None else [entry.source]
    sources = [(source,) if isinstance(source, int) else source for _, source, _, _ in links]
    return made, [one for each in sources for one in each if one is not None]
