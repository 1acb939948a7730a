"""`base[items]` for what is no array too, and `base[items] = value`.

What goes in: a base and what stands between the brackets. What comes out: the item, or what the base's name stands
for afterwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.lower import arrays, homes
from wengert.lower.captures import capture
from wengert.lower.context import Context, UnrollingError
from wengert.lower.indexing import Item, SliceItem
from wengert.lower.storing import in_storage
from wengert.lower.values import Abstract, Lazy, Record, Scalar, Sequence, Static, View
from wengert.program.statements import Constant

__all__ = ["item_at", "item_of", "with_item"]


def item_of(context: Context, base: Abstract, items: tuple[Item, ...]) -> Abstract:
    """`base[items]`."""
    match base:
        case View() | Lazy():
            return arrays.get_item(context, base, items)
        case Scalar() if items in ((), (Static(()),), (Sequence(()),)):  # NumPy takes an array of rank 0 apart so
            return base
        case Scalar(weak=False) if all(item is Ellipsis or item in (None, Static(None)) for item in items):
            return arrays.get_item(context, in_storage(context, base), items)
        case Scalar():
            context.refuse("a number has no elements")
        case Sequence() if (
            len(items) == 1 and isinstance(items[0], Scalar) and not isinstance(items[0].operand, Constant)
        ):
            return item_at(context, base, items[0])
    key = _key(context, items)
    try:
        match base:
            case Sequence():
                found: Any = base.items[key]
                item: Abstract = Sequence(found, base.mutable) if isinstance(key, slice) else found
                return item
            case Record(cls=cls) if cls is not dict:
                field: Abstract = base.items[key]
                return field
            case Record():
                if key not in base.names:
                    raise KeyError(key)
                return base.items[base.names.index(key)]
            case Static(value):
                reference = context.captures.origin(value).step("item", key)
                return capture(context, value[key], None if isinstance(key, slice) else reference, "item")
    except (IndexError, KeyError, ValueError, TypeError) as error:
        context.refuse(f"{type(error).__name__}: {error}")
    raise AssertionError(base)


def item_at(context: Context, base: Sequence, index: Scalar) -> Abstract:
    """An item of a list of numbers at a place known only when the program runs."""
    numbers = [homes.number(item) for item in base.items]
    if not numbers or any(number is None for number in numbers):
        _static(context, index)
    array = arrays.call(context, np.array, [base], {})
    found = arrays.get_item(context, array, (index,))
    assert isinstance(found, Scalar)
    return Scalar(found.operand, weak=all(number is not None and number.weak for number in numbers))


def with_item(context: Context, base: Sequence | Record, items: tuple[Item, ...], value: Abstract) -> Sequence | Record:
    """The list or dict after `base[items] = value`."""
    key = _key(context, items)
    if isinstance(base, Record):
        context.refuse_unless(base.cls is dict, f"items of a {base.cls.__name__} are not assigned")
        changed = {**dict(zip(base.names, base.items, strict=True)), key: value}
        return Record(dict, tuple(changed), tuple(changed.values()))
    context.refuse_unless(base.mutable, "'tuple' object does not support item assignment")
    listed = list(base.items)
    try:
        listed[key] = value
    except (IndexError, TypeError) as error:
        context.refuse(f"{type(error).__name__}: {error}")
    return Sequence(tuple(listed), mutable=True)


def _key(context: Context, items: tuple[Item, ...]) -> Any:
    """What is between the brackets as a Python object."""
    if len(items) == 1:
        return _static(context, items[0])
    return tuple(_static(context, item) for item in items)


def _static(context: Context, item: Item) -> Any:
    match item:
        case SliceItem(start, stop, step):
            return slice(*(None if one is None else _static(context, one) for one in (start, stop, step)))
        case Static(value):
            return value
        case Scalar(Constant(value=value)):
            return value
        case None:
            return None
    return context.refuse(
        "a tuple, list or dict is indexed by something known only when the program runs",
        "Use an array, or loop over the sequence itself.",
        kind=UnrollingError,
    )
