"""The types of arguments: what a program is made for, and what it can serve without being made again.

What goes in: Python values. What comes out: frozen, hashable types, and the parameters of a program of these types.
What holds: values of equal types may share a program. A type knows an array's dtype and rank and which of its axes
have size 1, so that broadcasting is decided when the program is made. An array that is given twice is one parameter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from wengert.errors import ArgumentError
from wengert.lower.context import Context
from wengert.lower.values import Abstract, Along, Record, Scalar, Static, View
from wengert.lower.values import Sequence as Items
from wengert.program.builder import integer
from wengert.program.statements import Array, Operand, Parameter, Storage, Value

__all__ = [
    "AliasType",
    "ArgumentType",
    "ArrayType",
    "NumberType",
    "StaticType",
    "TreeType",
    "argument_leaves",
    "array_parameter",
    "make_parameters",
    "type_of",
    "types_of",
    "whole",
]

_KINDS = "biufc"
_SCALARS = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}


@dataclass(frozen=True, slots=True)
class ArrayType:
    """An array. `ones[k]`: axis k has size 1."""

    dtype: str
    ones: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class NumberType:
    """A number; `weak` if it is a Python number, not a NumPy scalar."""

    dtype: str
    weak: bool


@dataclass(frozen=True, slots=True, eq=False)
class StaticType:
    """Any other object, known when the program is made. Text and numbers are compared by value, others by identity."""

    value: Any

    def _key(self) -> Any:
        plain = self.value is None or isinstance(self.value, (str, bytes, int, float, complex))
        return (type(self.value), repr(self.value)) if plain else id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StaticType) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())


@dataclass(frozen=True, slots=True)
class TreeType:
    """A tuple, list, dict, named tuple or dataclass (`cls`): the types of its items by their names."""

    cls: type
    names: tuple[Any, ...]
    items: tuple[ArgumentType, ...]


@dataclass(frozen=True, slots=True)
class AliasType:
    """The very array that is leaf number `leaf` of the arguments."""

    leaf: int


ArgumentType: TypeAlias = ArrayType | NumberType | StaticType | TreeType | AliasType


def _children(value: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]] | None:
    """The names and the items of a tree's root, or `None` for a leaf."""
    if type(value) in (tuple, list):
        return tuple(range(len(value))), tuple(value)
    if type(value) is dict:
        return tuple(value), tuple(value.values())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return value._fields, tuple(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = tuple(field.name for field in dataclasses.fields(value))
        return names, tuple(getattr(value, name) for name in names)
    return None


def _leaf_type(value: Any) -> ArgumentType:
    if isinstance(value, np.ndarray):
        if type(value) is not np.ndarray:
            raise ArgumentError(f"arrays of class {type(value).__name__} are not compiled; use np.asarray(...)")
        if value.dtype.kind not in _KINDS or value.dtype.name in ("float16", "longdouble", "clongdouble"):
            raise ArgumentError(f"arrays of dtype {value.dtype} are not compiled")
        return ArrayType(value.dtype.name, tuple(size == 1 for size in value.shape))
    if isinstance(value, np.generic) and value.dtype.kind in _KINDS:
        return NumberType(value.dtype.name, weak=False)
    if type(value) in _SCALARS:
        return NumberType(_SCALARS[type(value)], weak=True)
    return StaticType(value)


def _is_leaf(kind: ArgumentType) -> bool:
    return isinstance(kind, (ArrayType, NumberType))


def argument_leaves(values: Sequence[Any], is_leaf: Callable[[Any], bool] = lambda value: False) -> list[Any]:
    """The arrays and numbers in the arguments, depth first: leaf k of the types. Aliases are leaves too.

    `is_leaf` tells of other objects that stand for arrays or numbers.
    """
    return list(_leaves(values, is_leaf))


def _leaves(values: Sequence[Any], is_leaf: Callable[[Any], bool]) -> Iterator[Any]:
    for value in values:
        if is_leaf(value):
            yield value
            continue
        children = _children(value)
        if children is not None:
            yield from _leaves(children[1], is_leaf)
        elif _is_leaf(_leaf_type(value)):
            yield value


def types_of(values: Sequence[Any]) -> tuple[ArgumentType, ...]:
    """The types of the arguments of one call; an array that was met before is an alias."""
    seen: dict[Any, int] = {}
    count = 0

    def typed(value: Any) -> ArgumentType:
        nonlocal count
        children = _children(value)
        if children is not None:
            names, items = children
            return TreeType(type(value), names, tuple(typed(item) for item in items))
        kind = _leaf_type(value)
        if not _is_leaf(kind):
            return kind
        leaf, count = count, count + 1
        if isinstance(value, np.ndarray) and value.size:
            place = (value.__array_interface__["data"][0], value.shape, value.strides, value.dtype.str)
            if place in seen:
                return AliasType(seen[place])
            seen[place] = leaf
        return kind

    return tuple(typed(value) for value in values)


def type_of(value: Any) -> ArgumentType:
    """The type of a single value."""
    return types_of((value,))[0]


# Parameters.


def whole(array: Array) -> View:
    """The view of all of a parameter."""
    return View(
        array.storage, tuple(Along(axis, integer(0), integer(1)) for axis in range(len(array.sizes))), array.sizes
    )


def array_parameter(context: Context, hint: str, kind: ArrayType) -> Array:
    """An array parameter of a type."""
    sizes: list[Operand] = []
    for axis, one in enumerate(kind.ones):
        size: Operand = (
            integer(1) if one else Value(f"{hint}_size{axis}" if len(kind.ones) > 1 else f"{hint}_size", "int64")
        )
        if isinstance(size, Value):
            context.not_negative.add(size)
            context.not_one.add(size)
        sizes.append(size)
    storage = Storage(hint, kind.dtype, len(sizes))
    context.builder.sizes[storage] = tuple(sizes)
    return Array(storage, tuple(sizes))


def make_parameters(
    context: Context, names: Sequence[str], kinds: Sequence[ArgumentType]
) -> tuple[list[Parameter | None], list[Abstract]]:
    """The parameters for arguments of these types, one for each leaf (`None` for an alias), and what they stand for."""
    leaves: list[Parameter | None] = []
    views: dict[int, View] = {}

    def made(hint: str, kind: ArgumentType) -> Abstract:
        match kind:
            case ArrayType():
                array = array_parameter(context, hint, kind)
                views[len(leaves)] = whole(array)
                leaves.append(array)
                return whole(array)
            case NumberType(dtype, weak):
                value = Value(hint, dtype)
                leaves.append(value)
                return Scalar(value, weak)
            case AliasType(leaf):
                leaves.append(None)
                return views[leaf]
            case StaticType(value=static):
                return Static(static)
            case TreeType(cls, keys, items):
                inner = tuple(made(f"{hint}_{key}", item) for key, item in zip(keys, items, strict=True))
                found = Items(inner, mutable=cls is list) if cls in (tuple, list) else Record(cls, keys, inner)
                context.captures.containers.append(found)
                return found

    return leaves, [made(name, kind) for name, kind in zip(names, kinds, strict=True)]
