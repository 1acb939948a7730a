"""Python's own functions: `range`, `zip`, `isinstance`, `len` of a tuple, methods of lists and dicts.

What goes in: a builtin and its arguments. What comes out: the result, or `None` where the function is not one of
these.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from wengert.lower import arrays
from wengert.lower.captures import capture, is_plain, observed
from wengert.lower.context import Context
from wengert.lower.elementwise import refuse_mixed
from wengert.lower.functions import Bound, LocalFunction, Method
from wengert.lower.indexing import SliceItem
from wengert.lower.iteration import (
    Iterable,
    enumerated,
    iterable_of,
    ranged,
    reversed_of,
    static_items,
    zipped,
)
from wengert.lower.scope import settled
from wengert.lower.targets import change_container
from wengert.lower.values import Abstract, Record, Scalar, Sequence, Static

__all__ = ["as_record", "call_builtin", "call_method", "change_by_method"]

_EMPTY: dict[Any, Abstract] = {list: Sequence((), mutable=True), dict: Record(dict, (), ()), tuple: Sequence(())}
_PYTHON_TYPES = {"bool": bool, "int64": int, "float64": float, "complex128": complex}


def call_builtin(
    context: Context, called: Any, arguments: list[Abstract], keywords: dict[str, Abstract]
) -> Abstract | None:
    """A call of one of Python's functions, if it is one that is about more than numbers and arrays."""
    try:
        handler = _BUILTINS.get(called)
    except TypeError:  # a callable that cannot be a key
        return None
    if handler is not None:
        return handler(context, arguments, keywords)
    if isinstance(called, type):
        return _construct(context, called, arguments, keywords)
    return None


def _construct(
    context: Context, cls: type, arguments: list[Abstract], keywords: dict[str, Abstract]
) -> Abstract | None:
    """An instance of a dataclass or of a named tuple."""
    names: tuple[str, ...]
    defaults: dict[str, Any] = {}
    empty: dict[str, Abstract] = {}
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        names, defaults = cls._fields, getattr(cls, "_field_defaults", {})
    elif dataclasses.is_dataclass(cls):
        fields = dataclasses.fields(cls)
        names = tuple(field.name for field in fields)
        defaults = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
        factories = {field.name: field.default_factory for field in fields}
        empty.update({name: _EMPTY[made] for name, made in factories.items() if made in _EMPTY})
        context.refuse_unless(
            all(field.init for field in fields) and not hasattr(cls, "__post_init__"),
            f"{cls.__name__} has a __post_init__ or fields that are not arguments",
            "Use a plain dataclass.",
        )
    else:
        return None
    given = {**dict(zip(names, arguments, strict=False)), **keywords}
    for name in names:
        if name not in given:
            context.refuse_unless(
                name in defaults or name in empty, f"{cls.__name__}() is missing the argument '{name}'"
            )
            given[name] = empty[name] if name in empty else capture(context, defaults[name], None, name)
    return Record(cls, names, tuple(settled(context, given[name], name) for name in names))


def _range(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    if all(isinstance(one, Static) for one in arguments):
        try:
            return Static(range(*(one.value for one in arguments if isinstance(one, Static))))
        except (TypeError, ValueError) as error:
            context.refuse(str(error))
    return Static(ranged(context, arguments))


def _enumerate(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    start = keywords.get("start", arguments[1] if len(arguments) > 1 else Static(0))
    return Static(enumerated(context, iterable_of(context, arguments[0]), start))


def _zip(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    strict = keywords.get("strict", Static(False))
    assert isinstance(strict, Static)
    return Static(zipped(context, [iterable_of(context, one) for one in arguments], bool(strict.value)))


def _reversed(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    return Static(reversed_of(context, iterable_of(context, arguments[0])))


def _listed(mutable: bool) -> Callable[[Context, list[Abstract], dict[str, Abstract]], Abstract]:
    def made(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
        if not arguments:
            return Sequence((), mutable)
        items = static_items(context, iterable_of(context, arguments[0]))
        if items is None:
            context.refuse(
                "a list or tuple of a length that is known only when the program runs", "Use an array instead."
            )
        return Sequence(items, mutable)

    return made


def _dict(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    from wengert.lower.expressions import dict_of

    items: dict[Any, Abstract] = {}
    if arguments:
        first = arguments[0]
        if isinstance(first, Record) and first.cls is dict:
            items.update(zip(first.names, first.items, strict=True))
        else:
            made = dict_of(context, _items_of(context, first))
            assert isinstance(made, Record)
            items.update(zip(made.names, made.items, strict=True))
    items.update({name: settled(context, value, name) for name, value in keywords.items()})
    return Record(dict, tuple(items), tuple(items.values()))


def _items_of(context: Context, value: Abstract) -> tuple[Abstract, ...]:
    """The items of what must be of a known length."""
    items = static_items(context, iterable_of(context, value))
    if items is None:
        context.refuse("items whose number is known only when the program runs", "Use an array instead.")
    return items


def _slice(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    first = [None if isinstance(one, Static) and one.value is None else one for one in arguments]
    if len(first) == 1:
        return Static(SliceItem(None, first[0], None))
    return Static(SliceItem(*first))


def _len(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract | None:
    match arguments[0]:
        case Sequence(items):
            return Static(len(items))
        case Record(names=names):
            return Static(len(names))
        case Static(Iterable(count=count)):
            return Scalar(count, weak=True)
        case Static(value) if hasattr(value, "__len__"):
            return Static(observed(context, value, "length"))
    return arrays.call(context, len, arguments, keywords)


def python_type(context: Context, value: Abstract) -> type:
    """The class of a value in Python."""
    match value:
        case Static(LocalFunction()):
            return FunctionType
        case Static(found):
            return type(found)
        case Scalar():
            return _PYTHON_TYPES[value.dtype] if value.weak else np.dtype(value.dtype).type
        case Sequence(mutable=mutable):
            return list if mutable else tuple
        case Record(cls=cls):
            return cls
    return np.ndarray


def _isinstance(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    kinds = arguments[1]
    found = kinds.items if isinstance(kinds, Sequence) else (kinds,)
    classes = tuple(one.value for one in found if isinstance(one, Static))
    context.refuse_unless(len(classes) == len(found), "the classes of isinstance are known when the program is made")
    _guard_class(context, arguments[0])
    return Static(issubclass(python_type(context, arguments[0]), classes))


def _type(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    _guard_class(context, arguments[0])
    return Static(python_type(context, arguments[0]))


def _guard_class(context: Context, value: Abstract) -> None:
    if isinstance(value, Static):
        observed(context, value.value, "attribute", "__class__")
    elif isinstance(value, Scalar):
        refuse_mixed(context, [value])


def _callable(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    value = arguments[0]
    return Static(
        isinstance(value, Static) and (isinstance(value.value, (LocalFunction, Method)) or callable(value.value))
    )


def _getattr(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    from wengert.lower.attributes import attribute

    name = arguments[1]
    context.refuse_unless(isinstance(name, Static), "the name of an attribute is known when the program is made")
    assert isinstance(name, Static)
    if len(arguments) == 3 and not _has(context, arguments[0], name.value):
        return arguments[2]
    return attribute(context, arguments[0], name.value)


def _hasattr(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    name = arguments[1]
    context.refuse_unless(isinstance(name, Static), "the name of an attribute is known when the program is made")
    assert isinstance(name, Static)
    return Static(_has(context, arguments[0], name.value))


def _has(context: Context, value: Abstract, name: str) -> bool:
    if isinstance(value, Static):
        return bool(observed(context, value.value, "has", name))
    if isinstance(value, Record) and value.cls is not dict and name in value.names:
        return True
    return hasattr(python_type(context, value), name)


def _map(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    from wengert.lower.calling import call_value

    rows = static_items(context, zipped(context, [iterable_of(context, one) for one in arguments[1:]], strict=False))
    if rows is None:
        context.refuse("map over something whose length is known only when the program runs", "Write a loop.")
    results = []
    for row in rows:
        assert isinstance(row, Sequence)
        results.append(settled(context, call_value(context, arguments[0], row.items, {}), "item"))
    return Sequence(tuple(results), mutable=True)


def _print(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    context.refuse("print is not compiled", "Return what you want to see, or print outside the function.")


def _replace(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    old = arguments[0]
    context.refuse_unless(isinstance(old, Record) and old.cls is not dict, "dataclasses.replace takes a dataclass")
    assert isinstance(old, Record)
    changed = {**dict(zip(old.names, old.items, strict=True)), **keywords}
    return Record(old.cls, old.names, tuple(settled(context, changed[name], name) for name in old.names))


def _partial(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    bound = tuple(settled(context, one, "argument") for one in arguments[1:])
    return Static(Bound(arguments[0], bound, {name: settled(context, one, name) for name, one in keywords.items()}))


def _sorted(context: Context, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    items = _items_of(context, arguments[0])
    known = all(isinstance(item, Static) for item in items) and not keywords
    context.refuse_unless(known, "sorted() of what is known only when the program runs", "Use np.sort.")
    values = [item.value for item in items if isinstance(item, Static)]
    return Sequence(tuple(map(Static, sorted(values))), mutable=True)


_BUILTINS: dict[Any, Callable[[Context, list[Abstract], dict[str, Abstract]], Abstract | None]] = {
    range: _range,
    enumerate: _enumerate,
    zip: _zip,
    reversed: _reversed,
    list: _listed(mutable=True),
    tuple: _listed(mutable=False),
    dict: _dict,
    slice: _slice,
    len: _len,
    isinstance: _isinstance,
    type: _type,
    callable: _callable,
    getattr: _getattr,
    hasattr: _hasattr,
    map: _map,
    print: _print,
    dataclasses.replace: _replace,
    functools.partial: _partial,
    sorted: _sorted,
}


# Methods.


def call_method(context: Context, method: Method, arguments: list[Abstract], keywords: dict[str, Abstract]) -> Abstract:
    """A method of a tuple, list or dict that changes nothing."""
    base, name = method.base, method.name
    if isinstance(base, Static):
        base = _outside_dict(context, base.value)
    if isinstance(base, Record):
        if name in ("keys", "__iter__"):
            return Sequence(tuple(map(Static, base.names)))
        if name == "values":
            return Sequence(base.items)
        if name == "items":
            return Sequence(
                tuple(Sequence((Static(key), item)) for key, item in zip(base.names, base.items, strict=True))
            )
        if name == "copy":
            return Record(base.cls, base.names, base.items)
        if name == "get" and isinstance(arguments[0], Static):
            found = base.get(arguments[0].value)
            return found if found is not None else (arguments[1] if len(arguments) > 1 else Static(None))
    if isinstance(base, Sequence):
        if name == "copy":
            return Sequence(base.items, mutable=True)
        known = all(isinstance(one, Static) and is_plain(one.value) for one in (*base.items, *arguments))
        if name in ("index", "count") and len(arguments) == 1 and known:
            values = [item.value for item in base.items if isinstance(item, Static)]
            try:
                return Static(getattr(values, name)(arguments[0].value))  # type: ignore[union-attr]
            except ValueError as error:
                context.refuse(str(error))
    return context.refuse(f"the method `{name}` of a {python_type(context, base).__name__} is not compiled here")


def as_record(context: Context, value: Abstract) -> Abstract:
    """The value, with its items if it is a dict from outside."""
    if isinstance(value, Static) and type(value.value) is dict:
        return _outside_dict(context, value.value)
    return value


def _outside_dict(context: Context, value: dict[Any, Any]) -> Record:
    """A dict from outside, with its items."""
    origin, names = context.captures.origin(value), observed(context, value, "keys")
    return Record(
        dict, names, tuple(capture(context, value[name], origin.step("item", name), "item") for name in names)
    )


def change_by_method(context: Context, node: ast.Call, base: Sequence | Record) -> Abstract | None:
    """`items.append(value)` and the like; `None` if the method changes nothing."""
    assert isinstance(node.func, ast.Attribute)
    name = node.func.attr
    if not isinstance(base, Sequence) or not base.mutable:
        if name in ("update", "setdefault", "pop", "popitem", "clear") and isinstance(base, Record):
            context.refuse(f"`{name}` of a dict is not compiled", "Make a new dict: {**old, ...}.")
        return None
    if name not in ("append", "extend", "insert", "pop", "clear", "reverse"):
        return None
    from wengert.lower.expressions import several

    arguments = [settled(context, one, "item") for one in several(context, node.args)]
    context.at(node)
    items = list(base.items)
    result: Abstract = Static(None)
    if name == "append":
        items.append(arguments[0])
    elif name == "extend":
        items.extend(_items_of(context, arguments[0]))
    elif name in ("insert", "pop"):
        place = arguments[0] if arguments else Static(-1)
        context.refuse_unless(isinstance(place, Static), f"the place of `{name}` is known when the program is made")
        assert isinstance(place, Static)
        if name == "pop":
            context.refuse_unless(items, "pop from empty list")
            result = items.pop(place.value)
        else:
            items.insert(place.value, arguments[1])
    elif name == "clear":
        items.clear()
    else:
        items.reverse()
    change_container(context, node.func.value, base, Sequence(tuple(items), mutable=True))
    return result


def special_form(context: Context, node: ast.Call) -> Abstract | None:
    """A call whose arguments are not evaluated one by one, if it is one."""
    return None
