"""Whether a recomputed result has the bits of the first one, and where not.

Zeros of different sign differ, NaN does not differ from itself: what is compared is memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import RecomputationError

__all__ = ["refuse_difference"]


def _bits(value: Any) -> np.ndarray[Any, Any]:
    array = np.ascontiguousarray(np.atleast_1d(value))
    if array.dtype.kind == "c":
        array = array.view(array.real.dtype).reshape(*array.shape, 2)
    if array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        return array.view(f"i{array.dtype.itemsize}")
    return array


def _difference(new: Any, old: Any) -> str | None:
    """What differs between two plain values, or None."""
    if np.shape(new) != np.shape(old):
        return f"has shape {np.shape(new)}, where it had {np.shape(old)}"
    new_bits, old_bits = _bits(new), _bits(old)
    if new_bits.dtype != old_bits.dtype:
        return f"has dtype {np.asarray(new).dtype}, where it had {np.asarray(old).dtype}"
    if np.array_equal(new_bits, old_bits):
        return None
    differs = (new_bits != old_bits).reshape(*np.shape(np.atleast_1d(new)), -1).any(axis=-1)
    first = tuple(int(i) for i in np.argwhere(differs)[0])
    place = f"[{', '.join(map(str, first))}]" if np.ndim(new) else ""
    values = np.atleast_1d(new)[first], np.atleast_1d(old)[first]
    count = f" ({np.count_nonzero(differs)} of {differs.size} elements differ)" if np.ndim(new) else ""
    return f"is {values[0]!r}{place and f' at {place}'}, where it was {values[1]!r}{count}"


def refuse_difference(what: str, new: Any, old: Any, where: str) -> None:
    """Raise an error if a recomputed value is not the one of the first run to the last bit."""
    difference = _difference(new, old)
    if difference is not None:
        raise RecomputationError(
            f"{what} came out differently when it was recomputed for the derivative, {where}:\nit {difference}.\n"
            "A checkpointed function runs again on the way back, and must do the same then. Random generators that it "
            "reaches are set back for that; global variables, files and clocks are not. Pass what changes as argument."
        )
