"""What operations on arrays do, as plain Python over outputs and inputs; compiled code inlines it.

`IMPLEMENTATIONS` has, by the name that an `Apply` calls it by, a function of the arrays to fill, the arrays to read,
and the options as keywords. The functions are in the language that the compile engine accepts: simple loops over
elements, the last axis innermost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.library.determinants import determinant, sign_and_logarithm
from wengert.library.extrema import greatest, greatest_but_nan, least, least_but_nan
from wengert.library.products import product
from wengert.library.sorting import sort

__all__ = ["IMPLEMENTATIONS"]

IMPLEMENTATIONS: dict[str, Callable[..., Any]] = {
    "numpy.max": greatest,
    "numpy.min": least,
    "wengert.rules.reductions.fmax_reduce": greatest_but_nan,
    "wengert.rules.reductions.fmin_reduce": least_but_nan,
    "numpy.prod": product,
    "numpy.sort": sort,
    "numpy.linalg.det": determinant,
    "numpy.linalg.slogdet": sign_and_logarithm,
}
