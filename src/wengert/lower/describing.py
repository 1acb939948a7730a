"""Questions about dtypes and kinds of arrays, answered when the program is made, and sets of known objects.

What goes in: abstract values. What comes out: what NumPy says of values of their dtypes and numbers of axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.lower.calls import lowers
from wengert.lower.context import Context
from wengert.lower.elementwise import as_operand, shape_of
from wengert.lower.values import Abstract, Lazy, Record, Scalar, Sequence, Static, View
from wengert.program.builder import integer
from wengert.rules.python_values import is_constant, is_empty

__all__: list[str] = []

_PYTHON = {"bool": False, "int64": 0, "float64": 0.0, "complex128": 0j}


def _example(value: Abstract) -> Any:
    """An object of the value's type."""
    if isinstance(value, Static):
        return value.value
    if isinstance(value, Scalar):
        return _PYTHON[value.dtype] if value.weak else np.dtype(value.dtype).type(0)
    if isinstance(value, View | Lazy):
        return np.zeros((1,) * value.rank, value.dtype)
    items = [_example(item) for item in value.items]
    if isinstance(value, Record):
        return dict(zip(value.names, items, strict=True))
    return items if value.mutable else tuple(items)


@lowers(
    *(np.result_type, np.promote_types, np.can_cast, np.min_scalar_type, np.common_type),
    *(np.iscomplexobj, np.isrealobj, np.isscalar, np.issubdtype, np.isdtype, np.finfo, np.iinfo, np.dtype),
)
def described(context: Context, *values: Abstract, function: Any, **options: Abstract) -> Abstract:
    found = function(*map(_example, values), **{name: _example(one) for name, one in options.items()})
    return Static(found)


@lowers(is_constant)
def constant(context: Context, a: Abstract) -> Abstract:
    """What the program computes may carry a derivative."""
    return Static(False)


@lowers(is_empty)
def empty(context: Context, a: Abstract) -> Abstract:
    """An array whose result would be of another kind if it were empty: an error when the program runs."""
    builder = context.builder
    for size in shape_of(as_operand(context, a)):
        some = builder.bind("greater", size, integer(0))
        builder.check(some, "UnsupportedOperationError", "this function of an empty array is not compiled")
    return Static(False)


@lowers(set, frozenset)
def known_set(context: Context, items: Abstract | None = None, /, *, function: Any) -> Abstract:
    """A set of objects that are known now."""
    if items is None:
        return Static(function())
    if isinstance(items, Record):
        return Static(function(items.names))
    if isinstance(items, Static):
        return Static(function(items.value))
    context.refuse_unless(
        isinstance(items, Sequence) and all(isinstance(one, Static) for one in items.items),
        "a set of values that are not known when compiling",
    )
    assert isinstance(items, Sequence)
    return Static(function(one.value for one in items.items if isinstance(one, Static)))
