"""What a derivative costs beside its function, and whether a compiled function agrees with its source.

What goes in: a function, its arguments, and its value and derivative as recorded. What comes out: the seconds of both,
measured without observing, and a sentence where a compiled value or derivative is another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.compiled import Jitted
from wengert.inspect.expressions import number_text
from wengert.tape.array import primal_of
from wengert.tape.call import record_call
from wengert.tape.ends import as_arguments, gather
from wengert.tape.sweep import reverse_sweep

__all__ = ["Cost", "measure"]

_MOST_RUNS = 5
_ROUNDINGS = 1000  # of the largest number, that may add up
_LONGEST = 0.1  # seconds, after which nothing is run again


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one call of the function, and of its value and derivative together; `engine`: which ran."""

    value_seconds: float
    derivative_seconds: float
    engine: str

    @property
    def ratio(self) -> float:
        """How many times the function the derivative costs, the value included."""
        return self.derivative_seconds / self.value_seconds


def _copied(values: Any) -> Any:
    return tree.map_leaves(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, values)


def _seconds(run: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    """The shortest of a few runs, on copies of the arguments, which the function may change."""
    seconds: list[float] = []
    while len(seconds) < _MOST_RUNS and sum(seconds) < _LONGEST:
        own_args, own_kwargs = _copied((args, kwargs))
        start = time.perf_counter()
        run(*own_args, **own_kwargs)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _derivative(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], numbers: Sequence[int]
) -> tuple[Any, Any]:
    """Value and derivative, as `value_and_grad` and `vjp` find them, from ones."""
    if isinstance(function, Jitted):
        found = function.value_and_gradient(args, kwargs, numbers)
        if found is not None:
            return found[0], as_arguments(found[1], args, tuple(numbers))
    call = record_call(function, args, kwargs, numbers, forward=False, keep=False)
    seeds = [
        (slot, np.ones_like(np.asarray(primal_of(one)))[()])
        for slot, one in zip(call.output_slots, call.outputs, strict=True)
        if slot is not None
    ]
    found = gather(call, reverse_sweep(call.tape, seeds, call.input_slots), args, tuple(numbers))
    call.tape.release()
    return tree.unflatten(call.output_structure, call.outputs), found


def measure(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    numbers: Sequence[int],
    value: tuple[Any, float],
    derivative: tuple[Any, float],
) -> tuple[str, Cost]:
    """Where a compiled function disagrees with what was recorded, if it does, and the cost.

    `value` and `derivative` are as recorded, each with the largest number on the way there.
    """
    is_compiled = isinstance(function, Jitted)
    disagreement = ""
    with np.errstate(all="ignore"):
        if is_compiled:
            own_value, own = _derivative(function, args, kwargs, numbers)
            disagreement = _difference("value", own_value, *value) or _difference("derivative", own, *derivative)
            own_args, own_kwargs = _copied((args, kwargs))
            function(*own_args, **own_kwargs)  # compiles it
        alone = _seconds(function, args, kwargs)
        both = _seconds(lambda *args, **kwargs: _derivative(function, args, kwargs, numbers), args, kwargs)
    return disagreement, Cost(alone, both, "compiled" if is_compiled else "recorded")


def _difference(what: str, compiled: Any, recorded: Any, largest: float) -> str:
    """Says where two trees of numbers differ by more than rounding; nothing where they do not.

    What is left where larger numbers cancel is rounding.
    """
    own, expected = tree.flatten(compiled)[0], tree.flatten(recorded)[0]
    if len(own) != len(expected):
        return f"the compiled {what} has {len(own)} parts, the recorded one {len(expected)}"
    for one, other in zip(own, expected, strict=True):
        a, b = np.asarray(one), np.asarray(other)
        if a.dtype.kind not in "fciub":
            continue
        if a.shape != b.shape:
            return f"the compiled {what} has shape {a.shape}, the recorded one {b.shape}"
        precision = float(np.finfo(a.dtype).eps) if a.dtype.kind in "fc" else 0.0
        tolerance = 1e-3 if precision > 1e-10 else 1e-7
        size = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b)))
        noise = _ROUNDINGS * precision * largest
        same = np.isclose(a, b, rtol=tolerance, atol=tolerance * size + noise, equal_nan=True)
        if not same.all():
            index = tuple(int(i) for i in np.argwhere(~same)[0]) if a.ndim else ()
            place = f"at [{', '.join(map(str, index))}] " if index else ""
            return f"the compiled {what} is {place}{number_text(a[index])}, the recorded one {number_text(b[index])}"
    return ""
