"""Calls of functions and methods on arrays and numbers: the registry, and what is computed when the program is made.

What goes in: the Python function and abstract arguments. What comes out: an abstract value. What holds: a function
is, in this order, computed now (its arguments are all known numbers), lowered by a function registered here with
`lowers`, a ufunc, inlined from its definition by other functions, called as an operation of the table, or refused.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

import wengert.rules  # noqa: F401 (fills the table)
from wengert.lower.context import Context
from wengert.lower.values import Abstract, Record, Scalar, Static
from wengert.lower.values import Sequence as AbstractSequence
from wengert.ops.table import COMPOSITES, CONSTANT, TABLE, UNSUPPORTED, operation_name

__all__ = [
    "attribute",
    "call",
    "call_method",
    "knows",
    "load_lowerings",
    "lowers",
    "lowers_attribute",
    "lowers_method",
    "static",
    "unsupported_option",
]

Lowering = Callable[..., Abstract]
_LOWERINGS: dict[Any, Lowering] = {}
_METHODS: dict[str, Lowering] = {}
_ATTRIBUTES: dict[str, Lowering] = {}


def lowers(*functions: Any) -> Callable[[Lowering], Lowering]:
    """Decorator: lowers calls of these functions. Its parameters are the context and those of the functions.

    Where the functions are several and differ, the parameter `function` is given the one that is called.
    """

    def register(lowering: Lowering) -> Lowering:
        for function in functions:
            assert function not in _LOWERINGS, function
            _LOWERINGS[function] = lowering
        return lowering

    return register


def lowers_method(*names: str) -> Callable[[Lowering], Lowering]:
    """Decorator: lowers methods of arrays and numbers. Its parameters are the context, the object, and the method's."""

    def register(lowering: Lowering) -> Lowering:
        for name in names:
            assert name not in _METHODS, name
            _METHODS[name] = lowering
        return lowering

    return register


def lowers_attribute(*names: str) -> Callable[[Lowering], Lowering]:
    """Decorator: lowers attributes of arrays and numbers."""

    def register(lowering: Lowering) -> Lowering:
        for name in names:
            _ATTRIBUTES[name] = lowering
        return lowering

    return register


@functools.cache
def load_lowerings() -> None:
    """Import the files that register lowerings, which import this one, and those that syntax needs."""
    from wengert.lower import (  # noqa: F401
        blocks,
        builtin_functions,
        creation,
        definitions,
        describing,
        fourier,
        gathering,
        joining,
        linalg,
        loop_statements,
        mathematics,
        methods,
        operations,
        ordering,
        products,
        python_calls,
        reductions,
        searching,
        selection,
        shaping,
        targets,
        ufunc_calls,
    )


def call(
    context: Context, function: Any, arguments: Sequence[Abstract], keywords: Mapping[str, Abstract] | None = None
) -> Abstract:
    """`function(*arguments, **keywords)` for a function of NumPy, `math`, SciPy, or a builtin."""
    load_lowerings()
    if isinstance(function, Static):
        function = function.value
    keywords = dict(keywords or {})
    known = _computed_now(function, arguments, keywords)
    if known is not None:
        return known
    lowering = _lowering_of(function)
    if lowering is not None:
        return _bound_call(context, lowering, function, arguments, keywords)
    definition = COMPOSITES.get(function) if _hashable(function) else None
    if definition is not None:
        from wengert.lower import lower_into

        return lower_into(context, definition, list(arguments), keywords)
    return refuse_call(context, function)


def knows(function: Any) -> bool:
    """Whether the function is for `call`, rather than its own source: that of an operation is not differentiated."""
    load_lowerings()
    return _hashable(function) and (_lowering_of(function) is not None or function in COMPOSITES or function in TABLE)


def refuse_call(context: Context, function: Any) -> NoReturn:
    """Refuse a function that is not known, with the reason if the table has one."""
    reason = UNSUPPORTED.get(function) if _hashable(function) else None
    name = _name(function)
    if reason is not None:
        context.refuse(f"{name} has no derivative: {reason}")
    if _hashable(function) and (function in TABLE or function in CONSTANT):
        context.refuse(f"the compile engine does not know {name} yet", "Differentiate this part without `jit`.")
    context.refuse(f"{name} is not known to the compile engine", "Write it with functions of NumPy.")


def _name(function: Any) -> str:
    try:
        return operation_name(function)
    except AttributeError:
        return str(getattr(function, "__name__", function))


def _hashable(function: Any) -> bool:
    try:
        hash(function)
    except TypeError:
        return False
    return True


def _lowering_of(function: Any) -> Lowering | None:
    if not _hashable(function):
        return None
    found = _LOWERINGS.get(function)
    if found is not None:
        return found
    from wengert.lower.ufunc_calls import lowering_of

    return lowering_of(function)


def _bound_call(
    context: Context,
    lowering: Lowering,
    function: Any,
    arguments: Sequence[Abstract],
    keywords: dict[str, Abstract],
) -> Abstract:
    parameters = inspect.signature(lowering).parameters
    if "function" in parameters:
        keywords = {**keywords, "function": function}
    try:
        inspect.signature(lowering).bind(context, *arguments, **keywords)
    except TypeError as error:
        context.refuse(f"{_name(function)}: {error}", "Leave out options that the compile engine does not know.")
    return lowering(context, *arguments, **keywords)


_NOW = (math, np)


def _computed_now(function: Any, arguments: Sequence[Abstract], keywords: Mapping[str, Abstract]) -> Static | None:
    """The result of a pure function of known numbers, if it is a number."""
    values = [*arguments, *keywords.values()]
    if isinstance(getattr(function, "__self__", None), str) and all(isinstance(one, Static) for one in values):
        return Static(function(*(one.value for one in arguments if isinstance(one, Static))))
    if not values or not all(isinstance(one, Static) and _is_number(one.value) for one in values):
        return None
    pure = isinstance(function, np.ufunc) or getattr(function, "__module__", None) == "math"
    if not pure and function not in (abs, int, float, complex, bool, round, min, max, pow, divmod, len):
        return None
    try:
        with np.errstate(all="ignore"):
            found = function(
                *(one.value for one in arguments if isinstance(one, Static)),
                **{name: one.value for name, one in keywords.items() if isinstance(one, Static)},
            )
    except (ArithmeticError, ValueError, TypeError):
        return None
    return Static(found) if _is_number(found) else None


def _is_number(value: Any) -> bool:
    return type(value) in (bool, int, float, complex) or isinstance(value, np.number | np.bool_)


def call_method(
    context: Context,
    base: Abstract,
    name: str,
    arguments: Sequence[Abstract],
    keywords: Mapping[str, Abstract] | None = None,
) -> Abstract:
    """`base.name(*arguments, **keywords)` for an array or a number."""
    load_lowerings()
    lowering = _METHODS.get(name)
    if lowering is None:
        context.refuse(f"the method {name!r} of arrays is not known to the compile engine")
    return _bound_call(context, lowering, getattr(np.ndarray, name, name), [base, *arguments], dict(keywords or {}))


def attribute(context: Context, base: Abstract, name: str) -> Abstract:
    """`base.name` for an array or a number. Methods are called with `call_method`."""
    load_lowerings()
    lowering = _ATTRIBUTES.get(name)
    if lowering is None:
        context.refuse(f"the attribute {name!r} of arrays is not known to the compile engine")
    return lowering(context, base)


# What lowerings say of their arguments.


def static(context: Context, value: Abstract, what: str) -> Any:
    """A Python object that must be known when the program is made."""
    if isinstance(value, Static):
        return value.value
    if isinstance(value, AbstractSequence):
        items = [static(context, item, what) for item in value.items]
        return items if value.mutable else tuple(items)
    if isinstance(value, Record) and value.cls is dict:
        return {name: static(context, item, what) for name, item in zip(value.names, value.items, strict=True)}
    if isinstance(value, Scalar):
        from wengert.program.statements import Constant

        if isinstance(value.operand, Constant):
            return value.operand.value
    return context.refuse(f"{what} must be known when the function is compiled", "Write it as a constant.")


def unsupported_option(context: Context, name: str, value: Abstract | None, default: Any = None) -> None:
    """Refuse an option that is given and is not its default."""
    if value is None:
        return
    if isinstance(value, Static) and (value.value is default or value.value == default):
        return
    context.refuse(f"the option {name} is not known to the compile engine here")
