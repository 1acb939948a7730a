"""Assignment to what stands on the left of `=`: names, tuples, elements.

What goes in: a target and a value. What comes out: new variables in the scope, or stores in the program. What holds:
the value is computed before anything is assigned; lists and dicts are changed only where no other name stands for the
same one.
"""

from __future__ import annotations

import ast

from wengert.lower import arrays, bounds
from wengert.lower.context import Context
from wengert.lower.iteration import iterable_of, static_items
from wengert.lower.scope import assign_name, refuse_shared, settled
from wengert.lower.subscripts import with_item
from wengert.lower.values import Abstract, Lazy, Record, Scalar, Sequence, Static, View
from wengert.program.builder import integer
from wengert.program.statements import Operand

__all__ = ["assign_target", "assign_targets", "change_container"]


def assign_targets(context: Context, targets: list[ast.expr], value: Abstract) -> None:
    """`a = b = value`."""
    if len(targets) > 1 or not isinstance(targets[0], (ast.Name, ast.Subscript)):
        value = settled(context, value, targets[0].id if isinstance(targets[0], ast.Name) else "t")
    for target in targets:
        assign_target(context, target, value)


def assign_target(context: Context, target: ast.expr, value: Abstract) -> None:
    """`target = value`."""
    context.at(target)
    match target:
        case ast.Name(name):
            assign_name(context, name, value)
        case ast.Tuple(elements) | ast.List(elements):
            _unpack(context, elements, settled(context, value, "t"))
        case ast.Subscript(base, index):
            _assign_item(context, target, base, index, value)
        case ast.Starred(inner):
            assign_target(context, inner, value)
        case ast.Attribute(base, name):
            _assign_attribute(context, base, name, value)
        case _:
            context.refuse("this target is not compiled")


def _unpack(context: Context, targets: list[ast.expr], value: Abstract) -> None:
    starred = [number for number, one in enumerate(targets) if isinstance(one, ast.Starred)]
    if isinstance(value, View) and not starred:
        items = _rows(context, value, len(targets))
    else:
        found = static_items(context, iterable_of(context, value))
        context.refuse_unless(found is not None, "unpacking something whose length is known only when the program runs")
        items = list(found or ())
        if len(items) < len(targets) - len(starred) or (not starred and len(items) > len(targets)):
            context.refuse(f"{len(items)} values are unpacked into {len(targets)} targets")
    if starred:
        first, after = starred[0], len(targets) - starred[0] - 1
        middle = Sequence(tuple(items[first : len(items) - after]), mutable=True)
        items = [*items[:first], middle, *items[len(items) - after :]]
    for target, item in zip(targets, items, strict=True):
        assign_target(context, target, item)


def _rows(context: Context, value: View, count: int) -> list[Abstract]:
    """The items along the first axis, of which there must be so many."""
    context.refuse_unless(value.rank > 0, "cannot unpack a 0-d array")
    builder = context.builder
    size = value.sizes[0]
    if not bounds.same_size(context, size, integer(count)):
        more, less = (
            f"too many values to unpack (expected {count})",
            f"not enough values to unpack (expected {count}, got {{}})",
        )
        builder.check(builder.bind("less_equal", size, integer(count)), "ValueError", more)
        builder.check(builder.bind("greater_equal", size, integer(count)), "ValueError", less, size)
    return [arrays.get_item(context, value, (Scalar(_place(number), weak=True),)) for number in range(count)]


def _place(number: int) -> Operand:
    return integer(number)


def _assign_item(context: Context, target: ast.Subscript, base: ast.expr, index: ast.expr, value: Abstract) -> None:
    from wengert.lower.expressions import evaluate, held, index_items

    value = held(context, value, [base, index])
    found = evaluate(context, base)
    items = index_items(context, index)
    context.at(target)
    if isinstance(found, (View, Lazy)):
        arrays.set_item(context, found, items, value)
    elif isinstance(found, (Sequence, Record)):
        change_container(context, base, found, with_item(context, found, items, settled(context, value, "item")))
    else:
        shown = type(found.value).__name__ if isinstance(found, Static) else "number"
        context.refuse(f"items of a {shown} from outside are not assigned", "Make it in the function, or pass it in.")


def _assign_attribute(context: Context, base: ast.expr, name: str, value: Abstract) -> None:
    from wengert.lower.expressions import evaluate

    old = evaluate(context, base)
    if not isinstance(old, Record) or old.cls is dict or name not in old.names or issubclass(old.cls, tuple):
        context.refuse(
            "attributes are assigned for dataclasses only",
            "Update an array attribute in place (`a.x[...] = ...`), or return the new value.",
        )
    frozen = old.cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    context.refuse_unless(not frozen, f"cannot assign to field '{name}' of a frozen dataclass")
    changed = {**dict(zip(old.names, old.items, strict=True)), name: settled(context, value, name)}
    change_container(context, base, old, Record(old.cls, old.names, tuple(changed.values())))


def change_container(context: Context, node: ast.expr, old: Sequence | Record, new: Sequence | Record) -> None:
    """A list, dict or object has changed: so has the name that stands for it."""
    if not isinstance(node, ast.Name):
        context.refuse(
            "only lists, dicts and objects that have a name of their own are changed", "Give it a name first."
        )
    refuse_shared(context, node.id, old)
    assign_name(context, node.id, new)
