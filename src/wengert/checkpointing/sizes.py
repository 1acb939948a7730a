"""Numbers of bytes: as users write them, as people read them, and what a recorded stretch of a program takes.

What goes in: `"500 MB"`, a number, or a tape. What comes out: bytes. The bytes of a tape are those of the values that
it has saved, each memory once, of its entries, and the most that cotangents take while it is swept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.errors import ArgumentError
from wengert.inspect.memory import HeldMemory
from wengert.tape.array import primal_of
from wengert.tape.entries import Read, Several
from wengert.tape.tape import Tape

__all__ = ["cotangent_bytes", "number_of_bytes", "recorded_bytes", "text_of_bytes", "value_bytes"]

_UNITS = {
    "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_TEXT = re.compile(r"\s*(\d+(?:_\d+)*(?:\.\d*)?|\.\d+)\s*([kmgt]?i?b)\s*", re.IGNORECASE)

ENTRY_BYTES = 2048  # of the Python objects of an entry: lists, tuples, closures and slots; measured, with some to spare
LEAF_BYTES = 256  # of the Python objects of an array


def number_of_bytes(amount: float | str, name: str) -> int:
    """A number of bytes: given as such, or as text with a unit, `"1.5 GB"` (powers of ten) or `"1 GiB"` (of two)."""
    if isinstance(amount, str):
        match = _TEXT.fullmatch(amount)
        if match is None or match[2].lower() not in _UNITS:
            raise ArgumentError(
                f"{name}={amount!r} is no amount of memory; write a number of bytes, or '500 MB', '2 GiB'"
            )
        return int(float(match[1]) * _UNITS[match[2].lower()])
    if isinstance(amount, bool) or not isinstance(amount, (int, float, np.integer)) or not 0 <= amount < float("inf"):
        raise ArgumentError(f"{name}={amount!r} is no amount of memory; write a number of bytes, or '500 MB', '2 GiB'")
    return int(amount)


def text_of_bytes(count: int) -> str:
    """A number of bytes for a message, exact, with a unit beside it where it is large."""
    for unit in ("TB", "GB", "MB"):
        if count >= _UNITS[unit.lower()]:
            return f"{count} bytes ({count / _UNITS[unit.lower()]:.3g} {unit})"
    return f"{count} bytes"


def value_bytes(value: Any) -> int:
    """What an array or a number of any level takes."""
    plain = primal_of(value)
    return (plain.nbytes if isinstance(plain, np.ndarray) else 16) + LEAF_BYTES


def _saved_bytes(tape: Tape) -> int:
    held = HeldMemory()
    total = 0

    def add(saved: Sequence[Any]) -> None:
        nonlocal total
        for value in saved:
            if isinstance(value, (list, tuple)):
                add(value)
            elif isinstance(primal_of(value), (np.ndarray, np.generic)):
                total += held.add(value)

    for entry in tape.entries:
        links = entry[1] if type(entry) is tuple else getattr(entry, "links", ())
        for rule, _, _, saved in links:
            add(saved)
            total += getattr(getattr(rule, "keywords", {}).get("recomputed"), "reserved_bytes", 0)
        if type(entry) is not tuple and not isinstance(entry, Several):
            add(entry.saved)
    return total


def _fit_bytes(fit: Any) -> int:
    shape, dtype = fit
    return int(np.prod(shape, dtype=np.int64)) * int(np.dtype(dtype).itemsize)


class _Cotangents:
    """Which cotangents are alive during a sweep, and how large: the sweep of a tape without its numbers."""

    def __init__(self, results: dict[int, int]) -> None:
        self.alive = dict(results)
        self.most = self.total = sum(results.values())

    def add(self, slot: int | None, size: int) -> None:
        if slot is not None and slot not in self.alive:
            self.alive[slot] = size
            self.total += size
        self.most = max(self.most, self.total + size)

    def link(self, source: Any, fit: Any, own: int) -> None:
        if isinstance(source, int):
            self.add(source, own if fit is None else _fit_bytes(fit))
        else:
            for one, one_fit in zip(source, fit, strict=True):
                self.add(one, _fit_bytes(one_fit))

    def drop(self, slot: int) -> None:
        self.total -= self.alive.pop(slot)


def cotangent_bytes(tape: Tape, results: dict[int, int]) -> int:
    """The most that cotangents take at once when the results have cotangents of so many bytes."""
    found = _Cotangents(results)
    largest = max(results.values(), default=0)
    for entry in reversed(tape.entries):
        if type(entry) is tuple:
            slot, links = entry
            own = found.alive.get(slot)
            if own is None:
                continue
            largest = max(largest, own)
            for _, source, fit, _ in links:
                found.link(source, fit, own)
            found.drop(slot)
        elif isinstance(entry, Several):
            for _, source, fit, _ in entry.links:
                found.link(source, fit, 0)
        else:
            size = int(np.prod(entry.template.shape, dtype=np.int64)) * np.dtype(entry.template.dtype).itemsize
            largest = max(largest, size)
            found.add(entry.slot, size)
            if not isinstance(entry, Read):
                found.add(entry.source, size)
    return found.most + 2 * largest  # what a rule works with


def recorded_bytes(tape: Tape, results: dict[int, int]) -> int:
    """What a tape takes while it is swept; `results` are the sizes of the cotangents given, by their slots."""
    return _saved_bytes(tape) + len(tape.entries) * ENTRY_BYTES + cotangent_bytes(tape, results)
