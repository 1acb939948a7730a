"""From what a function returns to the flat results of a program, and back.

What goes in: the abstract result. What comes out: the program's results (scalars and sections of storages), and a
frozen description by which `rebuild` makes the Python result from them: tuples, lists, dicts, dataclasses, static
objects and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from wengert.lower import storing
from wengert.lower.context import Context
from wengert.lower.scope import settled
from wengert.lower.values import Abstract, Along, Record, Scalar, Static, View
from wengert.lower.values import Sequence as Items
from wengert.program.statements import Operand, Section, Span, Storage

__all__ = ["Result", "ResultLeaf", "ResultStatic", "ResultTree", "flatten_result", "is_whole", "rebuild"]


@dataclass(frozen=True, slots=True)
class ResultLeaf:
    """Result number `index` of the program. `kind`: "array", "numpy" (a NumPy scalar) or "python" (a Python number).

    `argument`: the leaf of the arguments whose array this is, whole; Python returns that very array.
    """

    index: int
    kind: str
    dtype: str
    argument: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ResultStatic:
    """An object known when the program was made."""

    value: Any


@dataclass(frozen=True, slots=True)
class ResultTree:
    """A tuple, list, dict, named tuple or dataclass."""

    cls: type
    names: tuple[Any, ...]
    items: tuple[Result, ...]


Result: TypeAlias = ResultLeaf | ResultStatic | ResultTree


def section_of(context: Context, view: View) -> Section:
    """A view as a section of its storage; a copy first, if it is broadcast or a diagonal."""
    followed = [axis.axis for axis in view.axes if isinstance(axis, Along)]
    if sorted(followed) != list(range(view.rank)):
        view = storing.copy_of(context, view, "result")
        followed = list(range(view.rank))
    axes: list[Operand | Span] = [
        Span(axis.start, view.sizes[axis.axis], axis.step) if isinstance(axis, Along) else axis for axis in view.axes
    ]
    return Section(view.storage, tuple(axes), tuple(followed.index(axis) for axis in range(view.rank)))


def flatten_result(
    context: Context, value: Abstract, arguments: Mapping[Storage, int]
) -> tuple[Result, list[Operand | Section]]:
    """The description of a result, and the results of the program. `arguments`: the leaf of each array parameter."""
    found: list[Operand | Section] = []

    def flatten(one: Abstract) -> Result:
        match one:
            case Static(static):
                return ResultStatic(static)
            case Scalar(operand, weak):
                found.append(operand)
                return ResultLeaf(len(found) - 1, "python" if weak else "numpy", operand.dtype)
            case View():
                found.append(section_of(context, one))
                whole = is_whole(context, one)
                return ResultLeaf(len(found) - 1, "array", one.dtype, arguments.get(one.storage) if whole else None)
            case Items(items, mutable):
                cls = list if mutable else tuple
                return ResultTree(cls, tuple(range(len(items))), tuple(map(flatten, items)))
            case Record(cls, names, items):
                return ResultTree(cls, names, tuple(map(flatten, items)))
        raise AssertionError(one)

    return flatten(settled(context, value, "result")), found


def is_whole(context: Context, view: View) -> bool:
    """Whether a view is the whole of its storage, as that was made."""
    from wengert.lower.elementwise import whole

    sizes = context.builder.sizes.get(view.storage)
    return sizes is not None and view == whole(view.storage, sizes, view.writable)


def rebuild(result: Result, values: Sequence[Any]) -> Any:
    """The Python result from the flat results of a program: arrays and numbers."""
    match result:
        case ResultStatic(value):
            return value
        case ResultLeaf(index, kind, dtype):
            value = values[index]
            if kind == "array" or not issubclass(type(value), (bool, int, float, complex, np.generic)):
                return value  # numbers that are recorded stay as they are
            exact = isinstance(value, np.generic) and type(value).__name__ == dtype
            number = value if exact else np.dtype(dtype).type(value)
            return number if kind == "numpy" else number.item()
        case ResultTree(cls, names, items):
            built = [rebuild(item, values) for item in items]
            if cls in (tuple, list):
                return cls(built)
            if cls is dict:
                return dict(zip(names, built, strict=True))
            if issubclass(cls, tuple):
                return cls(*built)
            made = object.__new__(cls)
            for name, item in zip(names, built, strict=True):
                object.__setattr__(made, name, item)
            return made
    raise AssertionError(result)
