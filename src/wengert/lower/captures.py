"""What a function takes from outside its arguments: globals, closures, attributes of objects.

What goes in: a Python object and how it was reached. What comes out: what it stands for in the program. What holds: a
number is compiled in, and a guard tells later whether it is still that number; an array becomes a parameter that is
fetched at each call; other objects are static, and guarded by identity where they never change, else by their class and
by what is read of them. What wengert's own modules hold is not guarded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.lower.values import Abstract, Scalar, Sequence, Static
from wengert.program.statements import Array, Constant, Storage

if TYPE_CHECKING:
    from wengert.lower.arguments import ArrayType
    from wengert.lower.context import Context

__all__ = ["Captured", "Captures", "Guard", "Guards", "Reference", "capture", "is_plain", "observed"]

_LONGEST_LIST = 1000
_MISSING = object()
_PLAIN = (
    bool, int, float, complex, str, bytes, range, slice, type(None), type(...), type, np.generic, np.dtype,
    FunctionType, BuiltinFunctionType, ModuleType, np.ufunc, type(np.sum),
)  # fmt: skip
_BY_VALUE = (bool, int, float, complex, str, bytes, range, slice, tuple, frozenset, np.generic)
_OBSERVERS: dict[str, Callable[[Any, Any], Any]] = {
    "length": lambda found, key: len(found),
    "truth": lambda found, key: bool(found),
    "keys": lambda found, key: tuple(found),
    "contains": operator.contains,
    "has": hasattr,
    "item": operator.getitem,
    "attribute": getattr,
}


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """How to fetch an object, or what was seen of one, again: from `root` along steps, such as ("item", key)."""

    root: Any
    steps: tuple[tuple[str, Any], ...] = ()

    def step(self, kind: str, key: Any) -> Reference:
        """One step further."""
        return Reference(self.root, (*self.steps, (kind, key)))

    def fetch(self) -> Any:
        """The object that is there now."""
        found = self.root
        for kind, key in self.steps:
            found = _OBSERVERS[kind](found, key)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A value that was compiled in, and where it came from."""

    reference: Reference
    value: Any

    def holds(self) -> bool:
        """Whether the same is there now."""
        try:
            found = self.reference.fetch()
        except (KeyError, AttributeError, IndexError, ValueError, TypeError):
            return False
        if found is self.value or not isinstance(self.value, _BY_VALUE):
            return found is self.value
        return type(found) is type(self.value) and repr(found) == repr(self.value)


class Guards:
    """All guards of a program. Those of names in a module, nearly all there are, are looked up in one step."""

    __slots__ = ("names", "others")

    def __init__(self, guards: Iterable[Guard]) -> None:
        self.names: list[tuple[dict[str, Any], str, Any, Guard]] = []
        self.others: list[Guard] = []
        for guard in guards:
            root, steps = guard.reference.root, guard.reference.steps
            kind, name = steps[0] if len(steps) == 1 else ("", "")
            if type(root) is dict and (kind == "item" or (kind == "contains" and not guard.value)):
                self.names.append((root, name, guard.value if kind == "item" else _MISSING, guard))
            else:
                self.others.append(guard)

    def hold(self) -> bool:
        """Whether all of them hold now."""
        for namespace, name, value, guard in self.names:
            if namespace.get(name, _MISSING) is not value and not guard.holds():
                return False
        return not self.others or all(guard.holds() for guard in self.others)


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """An array from outside: its type, its parameter, and how to fetch it."""

    reference: Reference
    kind: ArrayType
    parameter: Array

    def holds(self) -> bool:
        """Whether there is still an array of this type there, plain or recorded."""
        from wengert.lower.arguments import ArrayType

        try:
            found = self.reference.fetch()
            ones = tuple(size == 1 for size in found.shape)
        except (KeyError, AttributeError, IndexError, ValueError, TypeError):
            return False
        if isinstance(found, np.generic) or (isinstance(found, np.ndarray) and type(found) is not np.ndarray):
            return False
        return self.kind == ArrayType(found.dtype.name, ones)


@dataclass(slots=True)
class Captures:
    """All that a program takes from outside, by identity: `arrays`, and how each of the `origins` was reached.

    The objects are kept here, so that no other one takes their identity while the program is made. `outside`: the
    storages that are the caller's; `containers`: the lists, dicts and dataclasses.
    """

    arrays: dict[int, tuple[Any, Captured]] = field(default_factory=dict)
    guards: dict[tuple[int, tuple[tuple[str, Any], ...]], Guard] = field(default_factory=dict)
    origins: dict[int, tuple[Any, Reference]] = field(default_factory=dict)
    outside: set[Storage] = field(default_factory=set)
    containers: list[Abstract] = field(default_factory=list)

    def guard(self, reference: Reference | None, value: Any) -> None:
        """Remember that a value was compiled in."""
        if reference is not None:
            self.guards.setdefault((id(reference.root), reference.steps), Guard(reference, value))

    def origin(self, value: Any) -> Reference:
        """How an object was reached; by itself if nothing is known."""
        known = self.origins.get(id(value))
        return known[1] if known is not None else Reference(value)


def is_plain(value: Any) -> bool:
    """Whether an object never changes, and Python's operators on it depend on nothing else."""
    if isinstance(value, (tuple, frozenset)) and type(value) in (tuple, frozenset):
        return all(map(is_plain, value))
    return isinstance(value, _PLAIN)


def observed(context: Context, value: Any, kind: str, key: Any = None) -> Any:
    """What Python finds of an object, such as its "length"; guarded if the object can change."""
    reference = context.captures.origin(value).step(kind, key)
    found = Reference(value, reference.steps[-1:]).fetch()
    if not is_plain(value) and type(value).__module__.split(".")[0] not in ("numpy", "scipy", "wengert"):
        context.captures.guard(reference, found)
    return found


def capture(context: Context, value: Any, reference: Reference | None, hint: str) -> Abstract:
    """What an object from outside stands for."""
    captures = context.captures
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        captures.guard(reference, value)
        return Scalar(Constant(value.item(), value.dtype.name), weak=False)
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        captures.guard(reference, value)
        return Static(value)
    if isinstance(value, np.ndarray):
        return _capture_array(context, value, reference or Reference(value), hint)
    if type(value) in (tuple, list):
        context.refuse_unless(
            len(value) <= _LONGEST_LIST, f"a list of {len(value)} items from outside", "Make it a NumPy array."
        )
        reference = reference or Reference(value)
        captures.guard(reference.step("attribute", "__class__"), type(value))
        captures.guard(reference.step("length", None), len(value))
        items = (capture(context, item, reference.step("item", k), hint) for k, item in enumerate(value))
        found = Sequence(tuple(items), mutable=type(value) is list)
        captures.containers.append(found)
        return found
    if reference is not None:
        captures.origins.setdefault(id(value), (value, reference))
        _guard_object(captures, reference, value)
    return Static(value)


def _guard_object(captures: Captures, reference: Reference, value: Any) -> None:
    """Guard what an object is, as far as nothing that is read of it tells."""
    if isinstance(value, MethodType):  # made anew by each access
        captures.guard(reference.step("attribute", "__func__"), value.__func__)
        captures.guard(reference.step("attribute", "__self__"), value.__self__)
    elif not is_plain(value):
        captures.guard(reference.step("attribute", "__class__"), value.__class__)
    elif reference.fetch() is value:  # some are made anew by each access
        captures.guard(reference, value)


def _capture_array(context: Context, value: Any, reference: Reference, hint: str) -> Abstract:
    from wengert.lower.arguments import ArrayType, array_parameter, type_of, whole

    captures = context.captures
    if id(value) not in captures.arrays:
        kind = type_of(value)
        assert isinstance(kind, ArrayType)
        parameter = array_parameter(context, hint, kind)
        captures.arrays[id(value)] = value, Captured(reference, kind, parameter)
        captures.outside.add(parameter.storage)
    elif captures.arrays[id(value)][1].reference is not reference:
        captures.guard(reference, value)  # the same array, fetched along another way
    return whole(captures.arrays[id(value)][1].parameter)
