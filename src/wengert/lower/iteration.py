"""What `for` runs over: ranges, arrays, sequences, and `zip`, `enumerate` and `reversed` of these.

What goes in: the value after `in`. What comes out: how many items it has and what the item at each place is. What
holds: an iterable whose items are all known now has `items` and can be unrolled; others are counted when the program
runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wengert.lower import arrays, bounds, homes
from wengert.lower.captures import capture, observed
from wengert.lower.context import Context
from wengert.lower.indexing import index_operand
from wengert.lower.subscripts import item_at
from wengert.lower.values import Abstract, Lazy, Record, Scalar, Sequence, Static, View
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand

__all__ = ["Iterable", "enumerated", "iterable_of", "ranged", "reversed_of", "static_items", "zipped"]

_MOST_UNROLLED = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Iterable:
    """`count` items. `span`: start, stop and constant step of a plain range, whose items are not counted then."""

    counted: Callable[[], Operand]
    element: Callable[[Operand], Abstract]
    items: tuple[Abstract, ...] | None = None
    span: tuple[Operand, Operand, int] | None = None

    @property
    def count(self) -> Operand:
        """How many items there are; computed here."""
        return self.counted()


def known(context: Context, items: tuple[Abstract, ...]) -> Iterable:
    """An iterable of items that are known now."""

    def element(place: Operand) -> Abstract:
        if isinstance(place, Constant):
            return items[int(place.value.real)]
        return item_at(context, Sequence(items), Scalar(place, weak=True))

    return Iterable(lambda: integer(len(items)), element, items)


def iterable_of(context: Context, value: Abstract) -> Iterable:
    """A value as an iterable."""
    match value:
        case Sequence(items):
            return known(context, items)
        case Record(cls, names, items):
            return known(context, tuple(map(Static, names)) if cls is dict else items)
        case Lazy() | View():
            array = arrays.materialise(context, value, "items")
            assert isinstance(array, View)
            context.refuse_unless(array.rank > 0, "iteration over a 0-d array")
            return Iterable(
                lambda: array.sizes[0], lambda place: arrays.get_item(context, array, (Scalar(place, weak=True),))
            )
        case Static(Iterable() as found):
            return found
        case Static(range() as found):
            return ranged(context, [Static(found.start), Static(found.stop), Static(found.step)])
        case Static(list() | tuple() | dict() | str() as found):
            origin = context.captures.origin(found)
            if isinstance(found, (dict, str)):
                return known(context, tuple(map(Static, observed(context, found, "keys"))))
            return known(
                context, tuple(capture(context, one, origin.step("item", k), "item") for k, one in enumerate(found))
            )
    return context.refuse("`for` runs over ranges, arrays, tuples, lists, zip, enumerate and reversed")


def ranged(context: Context, arguments: list[Abstract]) -> Iterable:
    """`range(...)`."""
    operands = [index_operand(context, one) for one in arguments]
    builder = context.builder
    start = operands[0] if len(operands) > 1 else integer(0)
    stop = operands[1] if len(operands) > 1 else operands[0]
    step = operands[2] if len(operands) > 2 else integer(1)
    message = "range() arg 3 must not be zero"
    if isinstance(step, Constant):
        stride = int(step.value.real)
        if stride == 0:
            builder.check(Constant(False, "bool"), "ValueError", message)
            stride = 1
        span = (start, stop, stride)
    else:
        builder.check(builder.bind("not_equal", step, integer(0)), "ValueError", message)
        span = None

    def counted() -> Operand:
        if span is not None:
            stride = span[2]
            ends = builder.bind("subtract", stop, start) if stride > 0 else builder.bind("subtract", start, stop)
            rounded = builder.bind("add", ends, integer(abs(stride) - 1))
            whole = rounded if abs(stride) == 1 else builder.bind("floor_divide", rounded, integer(abs(stride)))
        else:
            ends = builder.bind("add", builder.bind("subtract", stop, start), step)
            whole = builder.bind("floor_divide", builder.bind("subtract", ends, builder.bind("sign", step)), step)
        return bounds.size_of(context, builder.bind("maximum", whole, integer(0), hint="count"))

    def element(place: Operand) -> Abstract:
        moved = builder.bind("add", start, builder.bind("multiply", place, step))
        return Static(int(moved.value.real)) if isinstance(moved, Constant) else Scalar(moved, weak=True)

    return Iterable(counted, element, None, span)


def static_items(context: Context, iterable: Iterable) -> tuple[Abstract, ...] | None:
    """All items, if their number is known now and not too large."""
    if iterable.items is not None:
        return iterable.items
    count = iterable.count
    if isinstance(count, Constant) and count.value.real <= _MOST_UNROLLED:
        return tuple(iterable.element(integer(k)) for k in range(int(count.value.real)))
    return None


def _static_all(context: Context, parts: list[Iterable]) -> list[tuple[Abstract, ...]] | None:
    """The items of all parts, if that of one part can only be had so."""
    if all(part.items is None for part in parts):
        return None
    found = [static_items(context, part) for part in parts]
    items = [one for one in found if one is not None]
    if len(items) < len(parts):
        if all(part.items is None or _all_numbers(part.items) for part in parts):
            return None
        context.refuse(
            "a list or tuple side by side with something whose length is known only when the program runs",
            "Make the list a NumPy array.",
        )
    return items


def _all_numbers(items: tuple[Abstract, ...]) -> bool:
    return bool(items) and all(homes.number(item) is not None for item in items)


def zipped(context: Context, parts: list[Iterable], strict: bool) -> Iterable:
    """`zip(...)`."""
    if not parts:
        return known(context, ())
    items = _static_all(context, parts)
    if items is not None:
        lengths = {len(one) for one in items}
        if strict and len(lengths) > 1:
            context.builder.check(Constant(False, "bool"), "ValueError", "zip() arguments have different lengths")
        return known(context, tuple(Sequence(row) for row in zip(*items, strict=False)))
    count = parts[0].count
    for number, part in enumerate(parts[1:], start=2):
        other = part.count
        if bounds.same_size(context, count, other):
            continue
        if strict:
            message = f"zip() argument {number} is longer or shorter than argument {number - 1}"
            context.builder.check(context.builder.bind("equal", count, other), "ValueError", message)
            continue
        count = bounds.size_of(context, context.builder.bind("minimum", count, other, hint="count"))
    return Iterable(lambda: count, lambda place: Sequence(tuple(part.element(place) for part in parts)))


def enumerated(context: Context, part: Iterable, start: Abstract) -> Iterable:
    """`enumerate(part, start)`."""
    if part.items is not None and isinstance(start, Static):
        return known(context, tuple(Sequence((Static(k), item)) for k, item in enumerate(part.items, start.value)))

    def element(place: Operand) -> Abstract:
        number = arrays.binary(context, "add", start, Scalar(place, weak=True))
        if isinstance(number, Scalar) and isinstance(number.operand, Constant):
            number = Static(number.operand.value)
        return Sequence((number, part.element(place)))

    return Iterable(part.counted, element)


def reversed_of(context: Context, part: Iterable) -> Iterable:
    """`reversed(part)`."""
    if part.items is not None:
        return known(context, part.items[::-1])
    builder = context.builder
    span = None
    if part.span is not None and abs(part.span[2]) == 1:
        start, stop, step = part.span
        span = (builder.bind("subtract", stop, integer(step)), builder.bind("subtract", start, integer(step)), -step)

    def element(place: Operand) -> Abstract:
        last = builder.bind("subtract", part.count, integer(1))
        return part.element(builder.bind("subtract", last, place))

    return Iterable(part.counted, element, None, span)
