"""`base.name`.

What goes in: a base and a name. What comes out: the attribute. What holds: attributes of objects from outside are
read now and guarded; those of arrays are `arrays.attribute`.
"""

from __future__ import annotations

from functools import cached_property
from types import FunctionType, ModuleType

from wengert.lower import arrays
from wengert.lower.captures import Reference, capture
from wengert.lower.context import Context
from wengert.lower.functions import LocalFunction, Method
from wengert.lower.values import Abstract, Lazy, Record, Scalar, Sequence, Static, View

__all__ = ["attribute"]

_CONSTANT_MODULES = ("numpy", "scipy", "math", "wengert", "cmath", "operator", "functools")


def attribute(context: Context, base: Abstract, name: str) -> Abstract:
    """`base.name`."""
    match base:
        case View() | Lazy() | Scalar():
            return arrays.attribute(context, base, name)
        case Record():
            return _of_record(context, base, name)
        case Static(LocalFunction()):
            context.refuse("attributes of functions are not compiled")
        case Static(dict()) if name in ("get", "keys", "values", "items"):
            return Static(Method(name, base))
        case Static(value) if not isinstance(value, (int, float, complex)):
            return _of_object(context, value, name)
        case Static():
            return arrays.attribute(context, base, name)
        case Sequence():
            return Static(Method(name, base))
    raise AssertionError(base)


def _of_object(context: Context, value: object, name: str) -> Abstract:
    try:
        found = getattr(value, name)
    except AttributeError as error:
        context.refuse(str(error))
    constant = isinstance(value, ModuleType) and value.__name__.split(".")[0] in _CONSTANT_MODULES
    reference = None if constant else context.captures.origin(value).step("attribute", name)
    return capture(context, found, reference, name)


def _of_record(context: Context, base: Record, name: str) -> Abstract:
    if base.cls is dict:
        return Static(Method(name, base))
    found = base.get(name)
    if found is not None:
        return found
    owner = next((cls for cls in base.cls.__mro__ if name in vars(cls)), None)
    described = None if owner is None else vars(owner)[name]
    if owner is not None:
        context.captures.guard(Reference(owner).step("attribute", "__dict__").step("item", name), described)
    if isinstance(described, (property, cached_property)):
        from wengert.lower.calling import call_value

        getter = described.fget if isinstance(described, property) else described.func
        return call_value(context, Static(getter), [base], {})
    if isinstance(described, FunctionType):
        return Static(Method(name, base, described))
    if isinstance(described, staticmethod):
        return Static(described.__func__)
    context.refuse_unless(hasattr(base.cls, name), f"'{base.cls.__name__}' object has no attribute '{name}'")
    return capture(context, getattr(base.cls, name), context.captures.origin(base.cls).step("attribute", name), name)
