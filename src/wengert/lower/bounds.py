"""What can be shown of indices and sizes while a program is made: equality, sign, and whether an index is in range.

What goes in: integer operands and the context. What comes out: yes, or "not shown". What holds: yes is a proof, from
how integers are computed, the ranges of open loops, and sizes not being negative. Sums are compared as affine forms;
a bound of a form replaces its symbols by their own bounds, one after the other, counters of inner loops first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeAlias

from wengert.lower.context import Context
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand, Value

__all__ = [
    "MOST_ELEMENTS",
    "difference",
    "differs",
    "loop",
    "nest",
    "product",
    "prove_at_least",
    "prove_below",
    "prove_non_negative",
    "require_possible",
    "same_size",
    "size_of",
]

# Coefficients by symbol; `None` is the constant. A symbol is a value, or ("maximum", form, form) with frozen forms.
Symbol: TypeAlias = object
Form: TypeAlias = dict[Symbol, int]

_DEPTH = 12


def _plus(first: Form, second: Form, factor: int = 1) -> Form:
    found = dict(first)
    for symbol, coefficient in second.items():
        found[symbol] = found.get(symbol, 0) + factor * coefficient
        if found[symbol] == 0:
            del found[symbol]
    return found


def _scaled(form: Form, factor: int) -> Form:
    return {symbol: coefficient * factor for symbol, coefficient in form.items()} if factor else {}


def form_of(context: Context, operand: Operand) -> Form:
    """An integer as a sum of multiples of symbols; equal forms are equal numbers."""
    if isinstance(operand, Constant):
        value = int(operand.value.real)
        return {None: value} if value else {}
    statement = context.builder.definitions.get(operand)
    if statement is None:
        return {operand: 1}
    found = _defined(context, statement.function, statement.operands)
    return {operand: 1} if found is None else found


def _defined(context: Context, function: str, operands: tuple[Operand, ...]) -> Form | None:
    if any(one.dtype != "int64" for one in operands):
        return None
    forms = [form_of(context, one) for one in operands]
    if function == "add":
        return _plus(forms[0], forms[1])
    if function == "subtract":
        return _plus(forms[0], forms[1], -1)
    if function in ("negative", "cast"):
        return _scaled(forms[0], -1 if function == "negative" else 1)
    if function == "multiply":
        for factor, other in ((forms[0], forms[1]), (forms[1], forms[0])):
            if not factor.keys() - {None}:
                return _scaled(other, factor.get(None, 0))
        return {(function, *sorted((frozenset(form.items()) for form in forms), key=hash)): 1}
    if function in ("maximum", "minimum", "floor_divide", "remainder"):
        return {(function, *(frozenset(form.items()) for form in forms)): 1}
    return None


def difference(context: Context, first: Operand, second: Operand) -> int | None:
    """`first - second`, where it is the same number whatever the values are."""
    form = _plus(form_of(context, first), form_of(context, second), -1)
    return None if form.keys() - {None} else form.get(None, 0)


def same_size(context: Context, first: Operand, second: Operand) -> bool:
    """Whether two sizes are shown to be equal."""
    return first is second or first == second or difference(context, first, second) == 0


def differs(context: Context, size: Operand, other: Operand) -> bool:
    """Whether one size is the other and some elements more or less, unless the array is empty."""
    bind = context.builder.definitions.get(other) if isinstance(other, Value) else None
    if bind is not None and bind.function == "maximum":  # of a slice's size and 0
        return any(differs(context, size, one) for one in bind.operands if isinstance(one, Value))
    return difference(context, size, other) not in (None, 0)


def prove_at_least(context: Context, operand: Operand, bound: Operand | int) -> bool:
    """Whether `operand >= bound` is shown."""
    limit = form_of(context, integer(bound) if isinstance(bound, int) else bound)
    return _not_negative(context, _plus(form_of(context, operand), limit, -1), _DEPTH)


def prove_non_negative(context: Context, operand: Operand) -> bool:
    """Whether an index is shown not to be negative."""
    return prove_at_least(context, operand, 0)


def prove_below(context: Context, operand: Operand, size: Operand) -> bool:
    """Whether `operand < size` is shown."""
    form = _plus(form_of(context, size), form_of(context, operand), -1)
    return _not_negative(context, _plus(form, {None: -1}), _DEPTH)


def _not_negative(context: Context, form: Form, depth: int) -> bool:
    """Whether a form is shown to be at least 0, by putting bounds in the place of its symbols."""
    symbols = [symbol for symbol in form if symbol is not None]
    if not symbols:
        return form.get(None, 0) >= 0
    if depth == 0:
        return False
    symbol = min(symbols, key=lambda one: _order(context, one))
    coefficient = form[symbol]
    rest = {one: factor for one, factor in form.items() if one is not symbol and one != symbol}
    choices, every = _bounds(context, symbol, lower=coefficient > 0)
    shown = (_not_negative(context, _plus(rest, bound, coefficient), depth - 1) for bound in choices)
    return bool(choices) and (all(shown) if every else any(shown))


def _order(context: Context, symbol: Symbol) -> int:
    """Symbols that depend on others are replaced first: extrema, then counters, inner ones first, then sizes."""
    if isinstance(symbol, tuple):
        return -2
    if _limits(context, symbol):
        return -1
    if symbol in context.ranges:
        return len(context.ranges) - list(context.ranges).index(symbol)
    return len(context.ranges) + 1


def _limits(context: Context, symbol: Symbol) -> list[Operand]:
    """The sizes of which a checked index is known to be in range here."""
    known = context.below.get(symbol, ())  # type: ignore[call-overload]  # a symbol that is no value is not there
    return [size for size, block in known if context.builder.is_open(block)]


def _bounds(context: Context, symbol: Symbol, lower: bool) -> tuple[list[Form], bool]:
    """Forms that bound a symbol from below (else from above), and whether the bound is the weakest of all of them."""
    if isinstance(symbol, tuple):
        return _bounds_of_function(context, symbol[0], [dict(form) for form in symbol[1:]], lower)
    found: list[Form] = []
    for size in _limits(context, symbol):
        found.append({} if lower else _plus(form_of(context, size), {None: -1}))
    if symbol in context.ranges:
        start, stop, step = context.ranges[symbol]
        if (step > 0) == lower:
            found.append(form_of(context, start))
        else:
            found.append(_plus(form_of(context, stop), {None: -1 if step > 0 else 1}))
    if lower:
        found += _lower_bounds_of_size(context, symbol)
    return found, False


def _lower_bounds_of_size(context: Context, symbol: Symbol) -> list[Form]:
    found: list[Form] = [{}] if symbol in context.not_negative else []
    for counter, (start, stop, step) in reversed(context.ranges.items()):  # an open loop runs, so it is not empty
        larger = form_of(context, stop if step > 0 else start)
        if larger.get(symbol) == 1:
            rest = _plus(larger, {symbol: -1})
            found.append(_plus({counter: 1, None: 1} if step > 0 else {counter: 1}, rest, -1))
    return found


def _bounds_of_function(context: Context, function: str, forms: list[Form], lower: bool) -> tuple[list[Form], bool]:
    if function in ("maximum", "minimum"):
        return forms, (function == "minimum") == lower
    divisor = forms[1].get(None, 0) if len(forms) == 2 and not forms[1].keys() - {None} else 0
    if divisor > 0 and function == "remainder":
        return [{} if lower else {None: divisor - 1}], False
    if function == "remainder":
        positive = _not_negative(context, _plus(forms[1], {None: -1}), _DEPTH // 2)
        return ([{} if lower else _plus(forms[1], {None: -1})] if positive else []), False
    if divisor > 0 and function == "floor_divide" and _not_negative(context, forms[0], _DEPTH // 2):
        return [{} if lower else forms[0]], False
    if function == "multiply" and lower and all(_not_negative(context, form, _DEPTH // 2) for form in forms):
        return [{}], False
    return [], False


def size_of(context: Context, size: Operand) -> Operand:
    """A size of an array that exists: from now on it is known not to be negative."""
    if isinstance(size, Value):
        context.not_negative.add(size)
    return size


MOST_ELEMENTS = 1 << 48
"""No array has more elements; sizes below it can be added without overflow."""


def product(context: Context, sizes: tuple[Operand, ...]) -> Operand:
    """The number of elements."""
    found: Operand = integer(1)
    for size in sizes:
        found = context.builder.bind("multiply", found, size_of(context, size), hint="count")
    return size_of(context, found)


def require_possible(context: Context, size: Operand) -> None:
    """Check that a size which no array may have had yet is one that an array can have, so that sums do not overflow."""
    if isinstance(size, Constant) and size.value.real < MOST_ELEMENTS:
        return
    holds = context.builder.bind("less", size, integer(MOST_ELEMENTS))
    context.builder.check(holds, "MemoryError", "no memory for an array of this size")


@contextmanager
def loop(
    context: Context,
    start: Operand,
    stop: Operand,
    step: int = 1,
    *,
    order_free: bool = False,
    hint: str = "i",
) -> Iterator[Operand]:
    """A loop whose counter's range is known inside. A loop that surely runs once is no loop."""
    if step == 1 and difference(context, stop, start) == 1:
        yield start
        return
    with context.builder.loop(start, stop, step, order_free=order_free, hint=hint) as counter:
        context.ranges[counter] = (start, stop, step)
        try:
            yield counter
        finally:
            del context.ranges[counter]


@contextmanager
def nest(
    context: Context, sizes: tuple[Operand, ...], order: tuple[int, ...] | None = None, order_free: bool = True
) -> Iterator[tuple[Operand, ...]]:
    """Loops over all places of these sizes, the last axis of `order` innermost. Their iterations are independent."""
    place: dict[int, Operand] = {}
    with ExitStack() as stack:
        for axis in range(len(sizes)) if order is None else order:
            size = size_of(context, sizes[axis])
            hint = "ijklmn"[axis] if axis < 6 else "i"
            place[axis] = stack.enter_context(loop(context, integer(0), size, order_free=order_free, hint=hint))
        yield tuple(place[axis] for axis in range(len(sizes)))
