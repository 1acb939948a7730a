"""Points without a derivative that a run hit exactly: kinks, ties and jumps, told by operation.

What goes in: an operation of the table, its arguments by name and its result, as plain values. What comes out: how many
elements are such points, and what they are in words; zero where there is none. Points where the local derivative is
infinite are not here: the reverse sweep finds those by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["kink_of", "tie_of_comparison"]

Arguments = dict[str, Any]
Found = tuple[int, str]

_NONE: Found = (0, "")


def _count(mask: Any) -> int:
    return int(np.count_nonzero(mask))


def _at_zero(name: str, what: str) -> Callable[[Arguments, Any], Found]:
    def find(arguments: Arguments, result: Any) -> Found:
        return _count(np.equal(arguments[name], 0)), what

    return find


def _tie(arguments: Arguments, result: Any) -> Found:
    return _count(np.equal(arguments["x1"], arguments["x2"])), "a tie"


def _rivals(arguments: Arguments, result: Any) -> Found:
    """Extrema that more than one element attains."""
    a, where, axis = np.asarray(arguments["a"]), arguments.get("where"), arguments.get("axis")
    axis = tuple(axis) if isinstance(axis, list) else axis
    best = result if arguments.get("keepdims") or axis is None else np.expand_dims(result, axis)
    attained = np.equal(a, best)
    if where is not None and where is not np._NoValue:
        attained = attained & where
    return _count(np.count_nonzero(attained, axis=axis) > 1), "a tie of the extreme elements"


def _equal_neighbours(arguments: Arguments, result: Any) -> Found:
    axis = arguments.get("axis", -1)
    ordered = np.sort(np.asarray(result), axis=axis)
    return _count(np.diff(ordered, axis=-1 if axis is None else axis) == 0), "a tie in the order"


def _reached_again(arguments: Arguments, result: Any) -> Found:
    """Elements that equal the running extremum before them."""
    a, axis = np.moveaxis(np.asarray(arguments["a"]), arguments.get("axis", 0), 0), arguments.get("axis", 0)
    return _count(np.equal(a[1:], np.moveaxis(np.asarray(result), axis, 0)[:-1])), "a tie of the extreme elements"


def _zero_result(what: str) -> Callable[[Arguments, Any], Found]:
    def find(arguments: Arguments, result: Any) -> Found:
        return _count(np.equal(result, 0)), what

    return find


_KINK = "the kink at 0"
_JUMP = "the jump at 0"

_KINKS: dict[str, Callable[[Arguments, Any], Found]] = {
    **dict.fromkeys(("numpy.absolute", "numpy.fabs", "math.fabs"), _at_zero("x", _KINK)),
    **dict.fromkeys(("numpy.maximum", "numpy.minimum", "numpy.fmax", "numpy.fmin"), _tie),
    **dict.fromkeys(("numpy.max", "numpy.min", "numpy.amax", "numpy.amin", "numpy.nanmax", "numpy.nanmin"), _rivals),
    **dict.fromkeys(("numpy.sort", "numpy.partition"), _equal_neighbours),
    **dict.fromkeys(("numpy.remainder", "numpy.fmod", "math.fmod"), _zero_result("the jump at a multiple")),
    "numpy.heaviside": _at_zero("x1", _JUMP),
    **dict.fromkeys(("numpy.copysign", "math.copysign"), _at_zero("x1", _KINK)),
}

# By the last part of the name: operations of wengert's own that stand for NumPy's.
_OWN_KINKS: dict[str, Callable[[Arguments, Any], Found]] = {
    "sign_of_real": _at_zero("x", _JUMP),
    "euclidean_norm": _zero_result("the norm of zero"),
    "power_norm": _zero_result("the norm of zero"),
    **dict.fromkeys(("fmax_reduce", "fmin_reduce"), _rivals),
    **dict.fromkeys(("maximum_accumulate", "minimum_accumulate"), _reached_again),
    **dict.fromkeys(("hypot", "hypot_reduce"), _zero_result("the length zero")),
    "norm_of": _zero_result("the length zero"),
}


def kink_of(name: str, arguments: Arguments, result: Any) -> Found:
    """How many elements of an operation are at a kink, and at which."""
    find = _KINKS.get(name) or _OWN_KINKS.get(name.rpartition(".")[2])
    if find is None or any(isinstance(value, (list, tuple)) and not value for value in arguments.values()):
        return _NONE
    return find(arguments, result)


def tie_of_comparison(left: Any, right: Any) -> int:
    """How many elements of an order comparison are equal: where it decides, the program has a kink or a jump."""
    return _count(np.equal(left, right))
