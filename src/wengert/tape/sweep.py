"""Adjoints and tangents by slot, and the two sweeps over a tape.

Reverse: the entries are visited last first; each takes the cotangent of its result and adds contributions to those
of its arguments (Griewank and Walther, *Evaluating Derivatives*, 2nd ed., section 3.2). Forward: first to last,
tangents of arguments to tangents of results (section 3.1). A slot without a derivative holds None, which stands for
zero.

**Strong zeros.** A zero derivative contributes zero, even where the local derivative is infinite or NaN. Sweeps are
linear in the seed, so an infinity or NaN that matters reaches the result. The reverse sweep is therefore run plainly,
and run again with strong zeros, applied to the rules of elementwise functions and of reductions, only where the result
is not finite. A zero has a derivative of its own all the same, which `ops/strong.py` keeps.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from wengert.ops.broadcast import fit_cotangent, fit_tangent
from wengert.ops.strong import spread, strong_zeros
from wengert.ops.table import TABLE
from wengert.tape.array import RecordedArray, constant_array, primal_of
from wengert.tape.tape import Tape, open_tapes

__all__ = [
    "Derivatives",
    "Template",
    "all_adjoints",
    "forward_sweep",
    "is_elementwise",
    "reverse_sweep",
    "strong_contribution",
    "template_of",
]

Seeds = Iterable[tuple[int, Any]]


class Template:
    """Shape, dtype and memory order of a storage: what its adjoint's storage is like.

    `axes` are the axes from the slowest to the fastest in memory. An adjoint's storage has the same order, so that what
    is a view of the storage is one of the adjoint's.
    """

    __slots__ = ("axes", "dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: Any, axes: tuple[int, ...]) -> None:
        self.shape = shape
        self.dtype = dtype
        self.axes = axes

    def zeros(self) -> Any:
        """A new storage of zeros, able to hold recorded values of the levels that are open."""
        if self.axes == tuple(range(len(self.shape))):
            return constant_array(np.zeros(self.shape, self.dtype))
        permuted = np.zeros([self.shape[axis] for axis in self.axes], self.dtype)
        return constant_array(permuted.transpose(np.argsort(self.axes)))


def memory_order(array: np.ndarray[Any, Any]) -> tuple[int, ...]:
    """The axes of an array from the slowest to the fastest in memory."""
    if array.flags.c_contiguous:
        return tuple(range(array.ndim))
    return tuple(sorted(range(array.ndim), key=lambda axis: (array.shape[axis] == 1, -abs(array.strides[axis]))))


def template_of(value: Any) -> Template:
    """The template of a value; a recorded array keeps its own."""
    if isinstance(value, RecordedArray):
        known = getattr(value, "template", None)
        if known is None:
            known = value.template = template_of(value.primal())
        return known
    array = np.asarray(value)
    return Template(array.shape, array.dtype, memory_order(array))


_STORAGE = 2  # in `Derivatives.owned`: ours, and of the memory order of its template


class Derivatives:
    """The adjoints, or the tangents, of the slots of a tape during a sweep.

    `owned` says of each whether it is ours alone, so that it may be changed in place.
    """

    __slots__ = ("by_slot", "owned", "plain")

    def __init__(self, size: int, seeds: Seeds) -> None:
        self.by_slot: list[Any] = [None] * size
        self.owned = bytearray(size)
        self.plain = not open_tapes()  # no contribution is recorded: sums may be added to in place
        for slot, value in seeds:
            self.add(slot, value)

    def add(self, slot: int, value: Any) -> None:
        """Add a contribution. The first is kept as it is and may be shared; a sum is ours and is added to in place."""
        so_far = self.by_slot[slot]
        if so_far is None:
            self.by_slot[slot] = value
        elif self.owned[slot]:
            so_far += value
            self.by_slot[slot] = so_far
        else:
            total = so_far + value
            self.by_slot[slot] = total
            self.owned[slot] = self.plain and type(total) is np.ndarray

    def detached(self, contribution: Any, source: Any) -> Any:
        """A tangent made from that of `source`; a copy where it may share memory with it, and that may be written."""
        sources = [one for one in ((source,) if type(source) is int else source) if one is not None]
        if not any(self.owned[one] for one in sources) or not isinstance(contribution, np.ndarray):
            return contribution
        alone = type(contribution) is np.ndarray and contribution.base is None
        if alone and not any(contribution is self.by_slot[one] for one in sources):
            return contribution
        return contribution.copy()

    def storage(self, slot: int, template: Template) -> Any:
        """The derivative of a slot as a storage that may be written: zeros at first, a copy where it is shared."""
        value = self.by_slot[slot]
        if value is None or self.owned[slot] != _STORAGE:
            storage = template.zeros()
            if value is not None:
                storage[...] = value
            self.by_slot[slot] = value = storage
            self.owned[slot] = _STORAGE
        return value


@functools.cache
def _strong_rules() -> dict[Any, bool]:
    """The rules that strong zeros are applied to, each with whether it is that of a reduction."""
    return {
        rule.function: found.reduction
        for found in TABLE.values()
        if found.elementwise or found.reduction
        for rule in found.rules.values()
        if found.elementwise or rule.wrt in ("a", "x")
    }


def is_elementwise(rule: Callable[..., Any]) -> bool:
    """Whether a rule is that of an elementwise function."""
    return _strong_rules().get(getattr(rule, "func", rule)) is False


def strong_contribution(rule: Callable[..., Any], ct: Any, saved: Sequence[Any], found: Any) -> Any:
    """What a cotangent contributes to an argument, or a tangent to a result, by a rule: zero for a zero."""
    is_reduction = _strong_rules().get(getattr(rule, "func", rule))
    if is_reduction is None or (not is_reduction and np.shape(ct) != np.shape(found)):
        return found
    unit = np.ones(np.shape(ct), ct.dtype) if isinstance(ct, RecordedArray) else None
    if is_reduction:
        options = getattr(rule, "keywords", {})
        ct = spread(ct, np.ndim(found), options.get("axis"), options.get("keepdims", True))
    if unit is None:
        return np.where(ct == 0, np.zeros((), found.dtype), found)
    return strong_zeros(ct, rule(unit, *saved), found)  # a recorded zero may have a derivative of its own


def _reverse(tape: Tape, seeds: Seeds, strong: bool, keep_all: bool = False) -> Derivatives:
    adjoints = Derivatives(tape.size, seeds)
    by_slot, owned, add, plain = adjoints.by_slot, adjoints.owned, adjoints.add, adjoints.plain
    for entry in reversed(tape.entries):
        if type(entry) is not tuple:
            entry.reverse(adjoints)
            continue
        slot, links = entry
        ct = by_slot[slot]
        if ct is None:
            continue
        if not keep_all:
            by_slot[slot] = None
        for rule, source, fit, saved in links:
            contribution = rule(ct, *saved)
            if strong:
                contribution = strong_contribution(rule, ct, saved, contribution)
            if type(source) is not int:
                for one_source, one_fit, one in zip(source, fit, contribution, strict=True):
                    if one_source is not None:
                        add(one_source, fit_cotangent(one, *one_fit))
                continue
            if fit is not None:
                contribution = fit_cotangent(contribution, *fit)
            so_far = by_slot[source]
            if so_far is None:
                by_slot[source] = contribution
            elif owned[source]:
                so_far += contribution
            else:
                by_slot[source] = total = so_far + contribution
                owned[source] = plain and type(total) is np.ndarray
    return adjoints


def _run_with_strong_zeros_if_needed(run: Callable[[bool], list[Any]]) -> list[Any]:
    with np.errstate(all="ignore"):
        found = run(False)
        if all(value is None or np.isfinite(primal_of(value)).all() for value in found):
            return found
        return run(True)


def reverse_sweep(tape: Tape, seeds: Sequence[tuple[int, Any]], sources: Sequence[int | None]) -> list[Any]:
    """The adjoints of the slots `sources` for the cotangents `seeds`; None where nothing depends on the source."""

    def run(strong: bool) -> list[Any]:
        adjoints = _reverse(tape, seeds, strong)
        return [None if slot is None else adjoints.by_slot[slot] for slot in sources]

    found = _run_with_strong_zeros_if_needed(run)
    if tape.listener is not None:
        tape.listener.swept(tape, seeds, sources, found)
    return found


def all_adjoints(tape: Tape, seeds: Sequence[tuple[int, Any]]) -> list[Any]:
    """The adjoint of every slot, for people to read."""
    with np.errstate(all="ignore"):
        return _reverse(tape, seeds, True, keep_all=True).by_slot


def _forward(tape: Tape, seeds: Seeds, strong: bool) -> Derivatives:
    tangents = Derivatives(tape.size, seeds)
    by_slot, add = tangents.by_slot, tangents.add
    for entry in tape.entries:
        if type(entry) is not tuple:
            entry.forward(tangents)
            continue
        slot, links = entry
        for rule, source, fit, saved in links:
            if type(source) is int:
                tangent = by_slot[source]
                if tangent is None:
                    continue
            else:
                tangent = [None if one is None else by_slot[one] for one in source]
                if all(one is None for one in tangent):
                    continue
            contribution = tangents.detached(rule(tangent, *saved), source)
            if strong:
                contribution = strong_contribution(rule, tangent, saved, contribution)
            add(slot, contribution if fit is None else fit_tangent(contribution, *fit))
    return tangents


def forward_sweep(tape: Tape, seeds: Sequence[tuple[int, Any]], results: Sequence[int | None]) -> list[Any]:
    """The tangents of the slots `results` for the tangents `seeds`; None where a result depends on no seed."""

    def run(strong: bool) -> list[Any]:
        tangents = _forward(tape, seeds, strong)
        return [None if slot is None else tangents.by_slot[slot] for slot in results]

    found = _run_with_strong_zeros_if_needed(run)
    if tape.listener is not None:
        tape.listener.swept(tape, seeds, results, found)
    return found
