"""Inputs that have no effect on the result, and why; results that are constants.

What goes in: what an `Observer` noted of a run, and the adjoints after the reverse sweep. What comes out: a sentence
for each input whose derivative is zero, and the names of results that depend on no input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.inspect.expressions import plain
from wengert.inspect.observer import Event, Observer
from wengert.inspect.places import Place
from wengert.tape.call import RecordedCall
from wengert.tape.sweep import Derivatives

__all__ = ["Unused", "constant_results", "unused_inputs"]

_PRODUCTS = {"np.multiply", "np.divide", "np.matmul", "np.dot", "np.einsum", "np.outer", "np.tensordot", "np.inner"}
_CHOICES = {"np.maximum", "np.minimum", "np.fmax", "np.fmin", "np.where", "np.max", "np.min", "np.select", "np.choose"}


@dataclass(frozen=True, slots=True)
class Unused:
    """An input whose derivative is zero: its name, the reason, and where the derivative vanished, if it did."""

    name: str
    reason: str
    places: tuple[Event, ...] = ()


def unused_inputs(
    observer: Observer, names: dict[int, str], adjoints: Derivatives, vanished: Mapping[tuple[int, Place], Event]
) -> Iterator[Unused]:
    """The inputs without effect, in the order of the arguments."""
    for i, (slot, name) in enumerate(names.items()):
        found = adjoints.by_slot[slot]
        if found is not None and np.any(plain(found)):
            continue
        kinds = {kind for (number, kind), count in observer.uses.items() if number == i and count}
        lost = tuple({place: event for (inputs, place), event in vanished.items() if inputs >> i & 1}.values())
        yield Unused(name, _reason(kinds, lost), lost)


def _reason(kinds: set[str], lost: Sequence[Event]) -> str:
    if not kinds:
        return "it is never read"
    if kinds == {"written"}:
        return "it is overwritten before it is read"
    if lost:
        return _reason_of_zero(lost[0].text)
    if kinds <= {"compared", "cut", "counted", "read"} and kinds != {"read"}:
        uses = [text for kind, text in _KINDS.items() if kind in kinds]
        return f"it is only used in {' and '.join(uses)}"
    if "written" in kinds:
        return "it is overwritten, and nothing that is made from what it held reaches the result"
    return "nothing that is made from it reaches the result"


_KINDS = {"compared": "comparisons", "cut": "integer code", "counted": "indices and counts"}


def _reason_of_zero(operation: str) -> str:
    if operation in _PRODUCTS:
        return "it is multiplied by exact zeros"
    if operation in _CHOICES:
        return f"{operation} does not choose it"
    return f"the derivative of {operation} is zero there"


def constant_results(observer: Observer, call: RecordedCall) -> Iterator[str]:
    """The results that depend on no input, by name: `result`, `result[1]`."""
    if not call.outputs:
        yield "the function returns nothing: wg.returning gives the arguments that it updates"
    names = [accessor.codify("result") for accessor in call.output_structure.accessors()]
    for name, slot, output in zip(names, call.output_slots, call.outputs, strict=True):
        value = plain(output)
        if not isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
            continue
        if slot is None or not observer.made_from.get(slot, 0):
            kind = np.asarray(value).dtype.kind
            yield name if kind in "fc" else f"{name} ({_kind_text(value)})"


def _kind_text(value: Any) -> str:
    return f"of dtype {np.asarray(value).dtype}"
