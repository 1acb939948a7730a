"""Functions that are lowered from a definition in the library, where their own source is not in the language.

What goes in: the function. What comes out: what it is called with instead. What holds: signatures agree.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from wengert.library import definitions
from wengert.lower.calls import lowers
from wengert.lower.context import Context
from wengert.lower.values import Abstract, Static
from wengert.rules.cumulations import add_reduceat, segment_sum
from wengert.rules.order import average_ties
from wengert.rules.python_values import array_of, python_complex, python_float
from wengert.rules.shaping import overlap_add, place_diagonal, ravel_in_order

__all__ = ["warn"]

_DEFINITIONS: dict[Any, Any] = {
    average_ties: definitions.average_ties,
    np.apply_along_axis: definitions.apply_along_axis,
    np.argwhere: definitions.argwhere,
    np.delete: definitions.delete,
    np.insert: definitions.insert,
    np.polydiv: definitions.polydiv,
    np.putmask: definitions.putmask,
    np.unwrap: definitions.unwrap,
    np.add.reduceat: definitions.add_reduceat,
    add_reduceat: definitions.add_reduceat,
    np.fft.fftfreq: definitions.fftfreq,
    np.fft.fftshift: definitions.fftshift,
    np.fft.ifftshift: definitions.ifftshift,
    np.fft.rfftfreq: definitions.rfftfreq,
    np.isin: definitions.isin,
    np.isneginf: definitions.isneginf,
    np.isposinf: definitions.isposinf,
    np.lib.array_utils.normalize_axis_index: definitions.normal_axis,
    np.lib.array_utils.normalize_axis_tuple: definitions.normal_axes,
    np.partition: definitions.partition,
    np.ravel_multi_index: definitions.ravel_multi_index,
    np.unravel_index: definitions.unravel_index,
}


@lowers(*_DEFINITIONS)
def defined(context: Context, *arguments: Abstract, function: Any, **keywords: Abstract) -> Abstract:
    """A call of the definition."""
    from wengert.lower import lower_into

    return lower_into(context, _DEFINITIONS[function], list(arguments), keywords)


# Operations of our own whose source is differentiated as it is written: it is linear, or a conversion.
_AS_WRITTEN = (array_of, overlap_add, place_diagonal, python_complex, python_float, ravel_in_order, segment_sum)


@lowers(*_AS_WRITTEN)
def inlined(context: Context, *arguments: Abstract, function: Any, **keywords: Abstract) -> Abstract:
    """A call of the operation's own source."""
    from wengert.lower import lower_into

    return lower_into(context, function.__wrapped__, list(arguments), keywords)


@lowers(warnings.warn, warnings.simplefilter, warnings.filterwarnings)
def warn(context: Context, *arguments: Abstract, **keywords: Abstract) -> Abstract:
    """Compiled code does not warn."""
    return Static(None)
