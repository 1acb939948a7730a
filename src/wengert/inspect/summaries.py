"""What a reader wants to know of a value: the whole of a short one, the range of a long one, how much is not finite.

What goes in: a number or an array, recorded or not. What comes out: a `Summary`, which keeps texts and counts, not the
value: a program may overwrite that later. The range is that of the finite elements; of complex ones, of their moduli.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.inspect.expressions import elements_text, number_text, plain

__all__ = ["Summary", "summary_of"]

_MOST_ELEMENTS = 16


@dataclass(frozen=True, slots=True)
class Summary:
    """A value as it was when it was looked at; `shape` is empty for a number."""

    text: str
    dtype: str
    shape: str
    nans: int
    infinities: int

    @property
    def is_finite(self) -> bool:
        """Whether every element is finite."""
        return not (self.nans or self.infinities)


def _of_array(array: np.ndarray[Any, Any]) -> Summary:
    dtype, shape = str(array.dtype), f"[{', '.join(map(str, array.shape))}]"
    if array.dtype.kind not in "biufc":
        return Summary("", dtype, shape, 0, 0)
    finite = np.isfinite(array)
    missing = array.size - int(np.count_nonzero(finite))
    nans = int(np.count_nonzero(np.isnan(array))) if missing else 0
    infinities = missing - nans
    if array.size == 0:
        return Summary("empty", dtype, shape, 0, 0)
    if array.size <= _MOST_ELEMENTS:
        return Summary(elements_text(array), dtype, shape, nans, infinities)
    parts = []
    if missing < array.size:
        kept = array[finite] if missing else array
        bars = ""
        if array.dtype.kind == "c":
            kept, bars = np.abs(kept), "modulus "
        low, high, mean = (number_text(number) for number in (kept.min(), kept.max(), kept.mean()))
        parts.append(f"{bars}min {low}, max {high}, mean {mean}")
    if nans:
        parts.append(f"{nans} NaN")
    if infinities:
        parts.append(f"{infinities} infinite")
    return Summary(", ".join(parts), dtype, shape, nans, infinities)


def summary_of(value: Any) -> Summary:
    """The summary of a value, without recording anything."""
    value = plain(value)
    if isinstance(value, np.ndarray):
        with np.errstate(all="ignore"):
            return _of_array(value)
    dtype = str(value.dtype) if isinstance(value, np.generic) else type(value).__name__
    if isinstance(value, (float, np.floating)):
        return Summary(number_text(value), dtype, "", int(math.isnan(value)), int(math.isinf(value)))
    if isinstance(value, (complex, np.complexfloating)):
        is_nan, is_infinite = bool(np.isnan(value)), bool(np.isinf(value))
        return Summary(number_text(value), dtype, "", int(is_nan), int(is_infinite and not is_nan))
    return Summary(number_text(value), dtype, "", 0, 0)
