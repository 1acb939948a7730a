"""Sweeps that are watched: where NaN or infinity enters, where a strong zero acts, where a derivative becomes zero.

What goes in: a tape and the seeds of a sweep. What comes out: a `Contribution` for each link of each entry, in
the order of the sweep. What holds: the sweep is that of `wengert.tape.sweep` with strong zeros, one entry at a time;
entries through which nothing passes are left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.ops.broadcast import fit_cotangent, fit_tangent
from wengert.tape.array import primal_of
from wengert.tape.entries import Read, Several
from wengert.tape.sweep import Derivatives, elementwise_rules, strong_zero
from wengert.tape.tape import Tape

__all__ = ["Contribution", "is_finite", "watched_forward", "watched_reverse"]

Seeds = Sequence[tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one entry, by its position, gives to one slot (or several) for what is given to it. `seconds`: it took.

    `raw` is what the rule returned, `value` the same with strong zeros. Both are None for reads and writes.
    """

    position: int
    sources: tuple[int | None, ...]
    given: Any
    raw: Any
    value: Any
    seconds: float

    @property
    def enters(self) -> bool:
        """Whether NaN or infinity is here for the first time: what is given is finite."""
        return self.value is not None and is_finite(self.given) and not is_finite(self.value)

    @property
    def guarded(self) -> bool:
        """Whether a strong zero acted: the rule's own number is not finite where the derivative given is zero."""
        return self.raw is not None and is_finite(self.value) and not is_finite(self.raw)

    @property
    def vanishes(self) -> bool:
        """Whether a derivative that is not zero becomes zero."""
        return self.value is not None and _is_zero(self.value) and not _is_zero(self.given)


def _arrays(value: Any) -> Iterator[Any]:
    for one in value if isinstance(value, (list, tuple)) else (value,):
        if one is not None:
            yield np.asarray(primal_of(one))


def is_finite(value: Any) -> bool:
    """Whether a value of any level, or each of a list, is finite; what is no floating-point number is."""
    return all(one.dtype.kind not in "fc" or bool(np.isfinite(one).all()) for one in _arrays(value))


def _is_zero(value: Any) -> bool:
    return not any(np.any(one) for one in _arrays(value))


def _with_strong_zeros(rule: Any, given: Any, raw: Any) -> Any:
    return strong_zero(given, raw) if getattr(rule, "func", rule) in elementwise_rules() else raw


def watched_reverse(tape: Tape, adjoints: Derivatives) -> Iterator[Contribution]:
    """The reverse sweep, entry by entry, last first, from adjoints that hold the seeds."""
    for position in range(len(tape.entries) - 1, -1, -1):
        entry = tape.entries[position]
        if type(entry) is tuple or isinstance(entry, Several):
            yield from _reverse_links(position, entry, adjoints)
            continue
        start = time.perf_counter()
        entry.reverse(adjoints)
        yield Contribution(position, (entry.slot,), None, None, None, time.perf_counter() - start)


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
            value = _with_strong_zeros(rule, given, raw) if type(entry) is tuple else raw
            if isinstance(source, int):
                adjoints.add(source, value if fit is None else fit_cotangent(value, *fit))
            else:
                for one_source, one_fit, one in zip(source, fit, value, strict=True):
                    if one_source is not None:
                        adjoints.add(one_source, fit_cotangent(one, *one_fit))
        sources = (source,) if isinstance(source, int) else tuple(source)
        yield Contribution(position, sources, given, raw, value, time.perf_counter() - start)


def watched_forward(tape: Tape, seeds: Seeds, results: Sequence[int]) -> Iterator[Contribution]:
    """The forward sweep, entry by entry, of the entries that the results depend on."""
    needed = _needed(tape, results)
    tangents = Derivatives(tape.size, seeds)
    for position, entry in enumerate(tape.entries):
        if position not in needed:
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
                value = raw
                if getattr(rule, "func", rule) in elementwise_rules():
                    value = np.where(given == 0, np.zeros((), raw.dtype), raw)
                tangents.add(slot, value if fit is None else fit_tangent(value, *fit))
            yield Contribution(position, sources, given, raw, value, time.perf_counter() - start)


def _needed(tape: Tape, results: Sequence[int]) -> set[int]:
    """The positions of the entries that the results depend on."""
    slots, needed = set(results), set[int]()
    for position in range(len(tape.entries) - 1, -1, -1):
        entry = tape.entries[position]
        made, taken = _ends(entry)
        if slots.intersection(made):
            needed.add(position)
            slots.update(taken)
    return needed


def _ends(entry: Any) -> tuple[list[int], list[int]]:
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
