"""Sets of values: each element of a result is an element of an argument, and has its derivative.

What holds: the order and the choice of elements are piecewise constant. Where several elements are equal, the
derivative passes to the one that `np.unique` takes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.ops.table import composite

_NOTHING = np.zeros(0)
_ALL: Any = type(np.unique_all(_NOTHING))
_COUNTS: Any = type(np.unique_counts(_NOTHING))
_INVERSE: Any = type(np.unique_inverse(_NOTHING))
"""The named tuples that the functions return: NumPy does not export their classes."""


@composite(np.unique_all)
def unique_all(x: Any) -> Any:
    parts = np.unique(x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
    return _ALL(*parts)


@composite(np.unique_counts)
def unique_counts(x: Any) -> Any:
    return _COUNTS(*np.unique(x, return_counts=True, equal_nan=False))


@composite(np.unique_inverse)
def unique_inverse(x: Any) -> Any:
    return _INVERSE(*np.unique(x, return_inverse=True, equal_nan=False))


@composite(np.unique_values)
def unique_values(x: Any) -> Any:
    """NumPy's own order is not sorted; which one it is, it does not say."""
    return np.unique(x, equal_nan=False)


def _both(ar1: Any, ar2: Any, assume_unique: bool) -> tuple[Any, Any]:
    """Two sets as arrays of one axis, without repetitions."""
    if assume_unique:
        return np.ravel(ar1), np.ravel(ar2)
    return np.unique(ar1), np.unique(ar2)


@composite(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    return np.unique(np.concatenate((ar1, ar2), axis=None))


@composite(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    first, second = _both(ar1, ar2, assume_unique)
    return first[~np.isin(first, second)]


@composite(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    first, second = _both(ar1, ar2, assume_unique)
    only = (first[~np.isin(first, second)], second[~np.isin(second, first)])
    return np.sort(np.concatenate(only))


@composite(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    first, second = np.ravel(ar1), np.ravel(ar2)
    if assume_unique:
        places = np.argsort(first), np.argsort(second)
    else:
        places = np.unique(first, return_index=True)[1], np.unique(second, return_index=True)[1]
    in_first = places[0][np.isin(first[places[0]], second)]
    in_second = places[1][np.isin(second[places[1]], first)]
    values = first[in_first]
    return (values, in_first, in_second) if return_indices else values
