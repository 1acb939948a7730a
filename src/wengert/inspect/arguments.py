"""The arguments of a call that is looked at: which are differentiated, and what to call them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.errors import ArgumentError
from wengert.tape.array import RecordedArray
from wengert.tape.call import check_differentiable
from wengert.tape.ends import Argnums

__all__ = ["by_parameter", "chosen_arguments", "named_leaves"]


def _is_differentiable(argument: Any) -> bool:
    leaves, _ = tree.flatten(argument)
    try:
        for leaf in leaves:
            check_differentiable(leaf, "")
    except ArgumentError:
        return False
    return bool(leaves)


def chosen_arguments(argnums: Argnums | None, args: tuple[Any, ...]) -> Argnums:
    """The positions of the arguments to differentiate: those given, or all that can be."""
    if argnums is None:
        return tuple(i for i, argument in enumerate(args) if _is_differentiable(argument))
    return argnums


def by_parameter(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterable[tuple[str, Any]]:
    """The arguments of a call under the names of the function's parameters."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):  # a compiled function without a signature, or a call that will raise by itself
        return [*((f"arguments[{i}]", value) for i, value in enumerate(args)), *kwargs.items()]
    found = []
    for name, value in bound.arguments.items():
        if bound.signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            found.extend(value.items())
        else:
            found.append((name, value))
    return found


def named_leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The arrays and recorded numbers of an argument, named as they are reached from it."""
    if isinstance(value, (RecordedArray, np.ndarray)):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from named_leaves(item, f"{name}[{key!r}]")
    elif hasattr(value, "_fields"):
        for field_name in value._fields:
            yield from named_leaves(getattr(value, field_name), f"{name}.{field_name}")
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from named_leaves(item, f"{name}[{i}]")
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from named_leaves(getattr(value, field.name), f"{name}.{field.name}")
