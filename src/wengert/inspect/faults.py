"""Which operation of a program has a wrong derivative, found by comparing along the tape.

What goes in: a function whose derivative does not agree with its values, the point and the direction. What comes out: a
sentence that names the first operation whose own derivative does not match how its own values change, or none. What
holds: the program is recorded at the point and a step to both sides of it, and the changes of each operation's
arguments and results are differences of recorded values, so a wrong rule is not blamed on those after it.

Source: the dot-product identity of each elemental, Griewank and Walther, *Evaluating Derivatives*, 2nd ed.,
section 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.inspect.expressions import number_text, plain
from wengert.inspect.places import Occurrence
from wengert.inspect.tracking import Tracking, in_rule, short_name
from wengert.inspect.watching import is_finite, largest
from wengert.ops.broadcast import fit_cotangent, fit_tangent
from wengert.ops.table import Operation
from wengert.tape.array import RecordedArray
from wengert.tape.call import record_call

__all__ = ["wrong_operation"]

_TOLERANCE = 1e-4  # of the terms that are added up; the differences are right to about 1e-10
_TOLERANCE_SINGLE = 1e-2
_RELEVANT = 1e-6  # of the largest value of all: what is smaller may be no fault


@dataclass(frozen=True, slots=True)
class _Run:
    """One operation as it was recorded: copies of its values, the active arguments, its entry if it has one.

    `swept`: it was recorded while a derivative of lower order was swept, by a rule that is in no line of the user's.
    """

    found: Operation
    arguments: dict[str, Any]
    active: tuple[str, ...]
    results: list[Any]
    position: int | None
    occurrence: Occurrence
    swept: bool


def _copied(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_copied(one) for one in value]
    value = plain(value)
    return value.copy() if isinstance(value, np.ndarray) else value


class _Values(Tracking):
    """Copies what every operation takes and gives."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[_Run] = []
        self._entries = 0

    def _is_active(self, value: Any) -> bool:
        if isinstance(value, (list, tuple)):
            return any(self._is_active(one) for one in value)
        return isinstance(value, RecordedArray) and value.tape is self.tape and value.slot is not None

    def operation(self, found: Operation, arguments: tuple[tuple[str, Any], ...], result: Any) -> None:
        """An operation: it has an entry if the last one is new."""
        count = len(self.tape.entries)
        position = count - 1 if count > self._entries else None
        self._entries = count
        named = dict(arguments)
        active = tuple(name for name in found.rules if self._is_active(named[name]))
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        occurrence = self.places.here(found.name)
        values = {name: _copied(value) for name, value in named.items()}
        self.runs.append(_Run(found, values, active, _copied(results), position, occurrence, in_rule()))

    def read(self, array: RecordedArray, index: Any, result: Any) -> None:
        """An element or a view: its entry belongs to no operation."""
        self._entries = len(self.tape.entries)

    def write(self, array: RecordedArray, index: Any, value: Any) -> None:
        """A store."""
        self._entries = len(self.tape.entries)

    def accumulate(self, array: RecordedArray, index: Any, value: Any, sign: int) -> None:
        """An addition in place."""
        self._entries = len(self.tape.entries)


def _moved(values: Sequence[Any], direction: Sequence[Any], step: float) -> tuple[Any, ...]:
    moved = [
        np.asarray(one + step * way).astype(np.asarray(one).dtype) for one, way in zip(values, direction, strict=True)
    ]
    return tuple(new if isinstance(one, np.ndarray) else new[()] for new, one in zip(moved, values, strict=True))


def _pairing(u: Any, v: Any) -> tuple[float, float]:
    """<u, v> in double precision, and the sum of the moduli of its terms."""
    if isinstance(u, (list, tuple)):
        pairs = [_pairing(a, b) for a, b in zip(u, v, strict=True) if a is not None]
        return sum(value for value, _ in pairs), sum(size for _, size in pairs)
    terms = np.asarray(u).astype(np.complex128) * np.asarray(v).astype(np.complex128)
    return float(np.real(np.sum(terms))), float(np.sum(np.abs(terms)))


def _change(forth: Any, back: Any, step: float) -> Any:
    """The change of a value, or of each of a list, along the direction."""
    if isinstance(forth, list):
        return [_change(a, b, step) for a, b in zip(forth, back, strict=True)]
    return (np.asarray(forth) - np.asarray(back)) / (2.0 * step)


def _random_like(value: Any, rng: np.random.Generator) -> Any:
    array = np.asarray(value)
    drawn = rng.uniform(0.5, 1.5, array.shape) * rng.choice([-1.0, 1.0], array.shape)
    if array.dtype.kind == "c":
        drawn = drawn + 1j * rng.uniform(0.5, 1.5, array.shape)
    return drawn.astype(array.dtype)[()] if array.dtype.kind in "fc" else np.zeros(array.shape)


def _reverse(links: Any, several: bool, seeds: list[Any], changes: list[Any]) -> tuple[float, float]:
    """What the rules say of the change of the results, as the cotangents see it, and the size of the terms."""
    total, size = 0.0, 0.0
    for (rule, source, fit, saved), change in zip(links, changes, strict=True):
        found = rule(tuple(seeds) if several else seeds[0], *saved)
        if isinstance(source, int):
            found = found if fit is None else fit_cotangent(found, *fit)
        else:
            triples = zip(source, fit, found, strict=True)
            found = [None if slot is None else fit_cotangent(one, *one_fit) for slot, one_fit, one in triples]
        value, terms = _pairing(found, change)
        total, size = total + value, size + terms
    return total, size


def _forward(links: Any, several: bool, seeds: list[Any], changes: list[Any]) -> tuple[float, float]:
    """The same by the pushforwards."""
    total, size = 0.0, 0.0
    for (rule, source, fit, saved), change in zip(links, changes, strict=True):
        tangent = change
        if not isinstance(source, int):
            tangent = [None if slot is None else one for slot, one in zip(source, change, strict=True)]
        found = rule(tangent, *saved)
        if not several:
            found = [found if fit is None else fit_tangent(found, *fit)]
        value, terms = _pairing(seeds, list(found))
        total, size = total + value, size + terms
    return total, size


def wrong_operation(
    function: Callable[..., Any], values: Sequence[Any], direction: Sequence[Any], step: float, mode: str
) -> str:
    """What is wrong, in words, with the place; an empty text where no operation is found to be."""
    listeners, tapes = [], []
    for shift in (0.0, step, -step):
        listener = _Values()
        moved = tuple(values) if shift == 0.0 else _moved(values, direction, shift)
        numbers = range(len(values))
        call = record_call(function, moved, {}, numbers, forward=mode == "forward", keep=True, listener=listener)
        listeners.append(listener)
        tapes.append(call.tape)
    runs = list(zip(*(listener.runs for listener in listeners), strict=False))
    overall = max((largest(centre.results) for centre, _, _ in runs), default=0.0)
    with np.errstate(all="ignore"):
        for floor in (_RELEVANT * overall, 0.0):  # small ones may be rounding, or curvature: only if there is no other
            for centre, forth, back in runs:
                text = _path(centre, forth, back)
                if not text and centre.position is not None and centre.active:
                    text = _fault(centre, forth, back, tapes[0].entries[centre.position], step, mode, floor)
                if text:
                    return text
    return ""


def _path(run: _Run, forth: _Run, back: _Run) -> str:
    """Says so where the program does other things a step away: other operations, other conditions or indices."""
    same = run.found.name == forth.found.name == back.found.name
    if same and all(np.array_equal(one, other) for one, other in zip(_choices(forth), _choices(back), strict=False)):
        return ""
    return f"the program takes another path near this point, {_located(run)}: is it smooth there?"


def _choices(run: _Run) -> list[Any]:
    """The conditions and indices among the arguments."""
    return [one for one in run.arguments.values() if isinstance(one, np.ndarray) and one.dtype.kind in "biu"]


def _fault(run: _Run, forth: _Run, back: _Run, entry: Any, step: float, mode: str, floor: float) -> str:
    """What the derivative of one operation gives, where that does not match its values by more than `floor`."""
    if not is_finite(forth.results) or not is_finite(back.results):
        return ""
    rng = np.random.default_rng(0)
    several = type(entry) is not tuple
    links = entry.links if several else entry[1]
    changes = [_change(forth.arguments[name], back.arguments[name], step) for name in run.active]
    if not all(is_finite(change) for change in changes):
        return ""
    seeds = [_random_like(result, rng) for result in run.results]
    expected, terms = _pairing(seeds, _change(forth.results, back.results, step))
    found, size = (_reverse if mode == "reverse" else _forward)(links, several, seeds, changes)
    single = any(np.asarray(one).dtype in (np.float32, np.complex64) for one in run.results)
    tolerance = _TOLERANCE_SINGLE if single else _TOLERANCE
    _, values = _pairing(seeds, run.results)
    if abs(found - expected) <= max(tolerance * max(size, terms) + tolerance * tolerance * values, floor):
        return ""
    numbers = f"{number_text(found)} where its values change by {number_text(expected)}"
    text = f"the {mode} derivative of {short_name(run.found.name)} wrt {', '.join(run.active)} gives {numbers}"
    constant = [name for name in run.found.rules if name not in run.active]
    changing = [name for name in constant if _differs(forth.arguments[name], back.arguments[name])]
    if changing:
        text += f" (its argument {', '.join(changing)} changes too, but carries no derivative)"
    return f"{text}, {_located(run)}"


def _differs(one: Any, other: Any) -> bool:
    return isinstance(one, (float, complex, np.ndarray, np.generic)) and not np.array_equal(one, other)


def _located(run: _Run) -> str:
    if run.swept:
        return "in the sweep of the derivative of lower order"
    expression = run.occurrence.place.expression
    return f"at {run.occurrence.short}" + (f": {expression}" if expression else "")
