"""Where a variable lives when control flow decides what it is: cells for numbers, storages for arrays.

What goes in: what a name stands for on each path. What comes out: a *kind*, which is what all of these have in
common, and a *home* of that kind, into which each path stores. What holds: no value changes by being stored: kinds in
which a number would be rounded, and arrays that change their number of axes, are refused; sizes that differ are an
error when the program runs.

Arrays are copied into their home. `Scope.flush` says where that differs from Python's sharing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from wengert.errors import NotAcceptedError
from wengert.lower import bounds
from wengert.lower.context import Context, PeelingError, UnrollingError
from wengert.lower.values import Abstract, Along, Lazy, Record, Scalar, Sequence, Static, View
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand, Storage, Value

__all__ = [
    "ArrayKind",
    "Fixed",
    "Home",
    "Kind",
    "Number",
    "Several",
    "alike",
    "fits",
    "join",
    "join_sizes",
    "kind_of",
    "load",
    "make_home",
    "number",
    "plain_name",
    "refuse_inexact",
    "refuse_rounding",
    "storages_of",
    "visible_sizes",
    "with_items",
]

_WEAK = ("bool", "int64", "float64", "complex128")
_PYTHON = {"bool": False, "int64": 0, "float64": 0.0, "complex128": 0j}


@dataclass(frozen=True, slots=True)
class Number:
    """A number of this dtype; `weak` and `mixed` as in `Scalar`."""

    dtype: str
    weak: bool
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class ArrayKind:
    """An array of this dtype and these sizes."""

    dtype: str
    sizes: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same on all paths."""

    value: Abstract


@dataclass(frozen=True, slots=True)
class Several:
    """A tuple, list, dict or dataclass `like` this one, with items of these kinds."""

    items: tuple[Kind, ...]
    like: Sequence | Record


Kind: TypeAlias = Number | ArrayKind | Fixed | Several


def _same_constant(first: Any, second: Any) -> bool:
    if first is second:
        return True
    if type(first) is not type(second):
        return False
    plain = (bool, int, float, complex, str, bytes, tuple, np.dtype, type)
    return isinstance(first, plain) and repr(first) == repr(second)


def same(first: Abstract, second: Abstract) -> bool:
    """Whether two values are one and the same."""
    match first, second:
        case Static(a), Static(b):
            return _same_constant(a, b)
        case Scalar(), Scalar():
            if isinstance(first.operand, Constant) and isinstance(second.operand, Constant):
                return first.weak == second.weak and repr(first.operand) == repr(second.operand)
            return first == second
        case View(), View():
            return first == second
    if isinstance(first, (Sequence, Record)) and isinstance(second, (Sequence, Record)):
        return alike(first, second) and all(map(same, first.items, second.items))
    return False


def alike(first: Sequence | Record, second: Sequence | Record) -> bool:
    """Whether two containers are of one kind, with as many items or the same names."""
    if isinstance(first, Sequence) and isinstance(second, Sequence):
        return first.mutable == second.mutable and len(first.items) == len(second.items)
    if isinstance(first, Record) and isinstance(second, Record):
        return first.cls is second.cls and first.names == second.names
    return False


def with_items(like: Sequence | Record, items: tuple[Abstract, ...]) -> Sequence | Record:
    """A container like this one with other items."""
    return Sequence(items, like.mutable) if isinstance(like, Sequence) else Record(like.cls, like.names, items)


def number(value: Abstract) -> Scalar | None:
    """A value as a number, if it is one."""
    if isinstance(value, Scalar):
        return value
    if isinstance(value, Static) and type(value.value) in (bool, int, float, complex):
        dtype = np.dtype(type(value.value)).name
        if dtype == "int64" and not -(2**63) <= value.value < 2**63:
            return None
        return Scalar(Constant(value.value, dtype), weak=True)
    if isinstance(value, Static) and isinstance(value.value, (np.number, np.bool_)):
        return Scalar(Constant(value.value.item(), value.value.dtype.name), weak=False)
    return None


def kind_of(value: Abstract) -> Kind:
    """The kind of a value, as if it alone were stored."""
    found = number(value)
    if found is not None:
        return Number(found.dtype, found.weak, found.mixed)
    if isinstance(value, (Sequence, Record)):
        return Several(tuple(map(kind_of, value.items)), value)
    return Fixed(value)


def join(context: Context, name: str, first: Kind, second: Kind) -> Kind:
    """The kind that serves both. The sizes are those of `first`."""
    match first, second:
        case Number(), Number():
            return _join_numbers(context, name, first, second)
        case Fixed(a), Fixed(b) if same(a, b):
            return first
        case Several(), Several() if not alike(first.like, second.like):
            context.refuse(
                f"`{plain_name(name)}` is {_described(first)} on one path and {_described(second)} on another",
                "Let it have the same items on all paths; fill an array in place of a list that grows.",
                kind=UnrollingError,
            )
        case Several(), Several():
            pairs = zip(first.items, second.items, strict=True)
            return Several(tuple(join(context, name, a, b) for a, b in pairs), first.like)
    one, other = _array_kind(first), _array_kind(second)
    if one is None or other is None:
        number_first = isinstance(first, Number) and other is not None
        context.refuse(
            f"`{plain_name(name)}` is {_described(first)} on one path and {_described(second)} on another",
            "Let it be of one kind on all paths: which path is taken is decided when the program runs.",
            kind=PeelingError if number_first else NotAcceptedError,
        )
    if len(one.sizes) != len(other.sizes):
        context.refuse(
            f"`{plain_name(name)}` has {len(one.sizes)} axes on one path and {len(other.sizes)} on another",
            "Use two names, or give it the same number of axes everywhere.",
        )
    if one.dtype != other.dtype:
        context.refuse(
            f"`{plain_name(name)}` has the dtype {one.dtype} on one path and {other.dtype} on another",
            f"Give it the dtype {np.result_type(one.dtype, other.dtype).name} from the start.",
        )
    return ArrayKind(one.dtype, one.sizes)


def _array_kind(kind: Kind) -> ArrayKind | None:
    if isinstance(kind, Fixed) and isinstance(kind.value, View):
        return ArrayKind(kind.value.dtype, kind.value.sizes)
    return kind if isinstance(kind, ArrayKind) else None


def plain_name(name: str) -> str:
    """A variable as a message calls it."""
    return {"<return>": "the result", "<choice>": "the value"}.get(name, name.strip("<>"))


def _described(kind: Kind) -> str:
    match kind:
        case Number():
            return "a number"
        case ArrayKind():
            return "an array"
        case Several():
            shown = type(kind.like).__name__.lower() if isinstance(kind.like, Sequence) else kind.like.cls.__name__
            return f"a {shown} of {len(kind.items)}"
        case Fixed(View()):
            return "an array"
        case Fixed(Static(value)):
            return repr(value) if value is None or isinstance(value, str) else f"a {type(value).__name__}"
    return "something else"


def _join_numbers(context: Context, name: str, first: Number, second: Number) -> Number:
    if "bool" in (first.dtype, second.dtype) and first.dtype != second.dtype:
        context.refuse(
            f"`{plain_name(name)}` is a truth value on one path and a number on another",
            "Let it be a number on all paths: write int(...) around the truth value.",
        )
    mixed = first.mixed or second.mixed or _is_complex(first.dtype) != _is_complex(second.dtype)
    if first.weak and second.weak:
        return Number(max(first.dtype, second.dtype, key=_WEAK.index), weak=True, mixed=mixed)
    if first.weak or second.weak:
        weak, strong = (first, second) if first.weak else (second, first)
        return Number(np.result_type(_PYTHON[weak.dtype], np.dtype(strong.dtype)).name, weak=False, mixed=mixed)
    return Number(_join_dtypes(context, name, first.dtype, second.dtype), weak=False, mixed=mixed)


def _is_complex(dtype: str) -> bool:
    return dtype.startswith("complex")


def _join_dtypes(context: Context, name: str, first: str, second: str) -> str:
    """The dtype that holds the values of both exactly and computes with them in the same way."""
    if first == second:
        return first
    wide = np.result_type(first, second).name
    narrow = second if wide == first else first
    if wide not in (first, second) or not _is_exact(wide, narrow):
        context.refuse(
            f"`{plain_name(name)}` has the dtype {first} on one path and {second} on another",
            f"Give it the dtype {wide} from the start.",
        )
    return wide


def _is_exact(wide: str, narrow: str) -> bool:
    """Whether numbers of one dtype are the same, and are computed with in the same way, in a wider one."""
    return np.dtype(narrow).kind in "iu" and np.dtype(wide).kind in "fc"


def refuse_inexact(context: Context, name: str, found: Scalar, dtype: str) -> None:
    """Refuse a whole number, known now, that the float which it is on another path cannot hold."""
    if isinstance(found.operand, Constant) and found.dtype == "int64" and np.dtype(dtype).kind in "fc":
        value = int(found.operand.value.real)
        context.refuse_unless(
            int(np.dtype(dtype).type(value).real) == value,
            f"`{plain_name(name)}` is {value} on one path and has the dtype {dtype} on another, which cannot hold it",
        )


def refuse_rounding(context: Context, name: str, kind: Kind | None, found: Scalar) -> None:
    """A Python number that meets single precision on another path keeps its own precision in Python."""
    assert isinstance(kind, Number)
    if kind.weak or not found.weak or kind.dtype not in ("float32", "complex64"):
        return
    operand = found.operand
    if isinstance(operand, Constant) and np.dtype(kind.dtype).type(operand.value) == operand.value:
        return
    context.refuse(
        f"`{plain_name(name)}` is a Python number on one path and has the dtype {kind.dtype} on another",
        f"Write np.{kind.dtype}(...) around the Python number.",
    )


# Homes.


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """A variable's place. `owner` is the plan of the loop that decides its kind, or `None` for a branch.

    `parts`: a storage of rank 0, a view of a whole storage, the homes of the items, or nothing if it is fixed or
    its kind is not known yet. `flag`: a cell that tells whether the variable has been assigned.
    """

    name: str
    kind: Kind | None
    parts: Storage | View | tuple[Home, ...] | None
    flag: Storage | None = None
    owner: Any = None


def make_home(context: Context, name: str, kind: Kind, flagged: bool = False, owner: Any = None) -> Home:
    """Allocate a home of a kind here."""
    builder = context.builder
    hint = "result" if name == "<return>" else name.strip("<>")
    parts: Storage | View | tuple[Home, ...] | None = None
    match kind:
        case Number():
            parts = builder.allocate(hint, kind.dtype, zeroed=flagged)
        case ArrayKind():
            storage = builder.allocate(hint, kind.dtype, kind.sizes, zeroed=flagged)
            axes = tuple(Along(axis, integer(0), integer(1)) for axis in range(len(kind.sizes)))
            parts = View(storage, axes, kind.sizes)
        case Several():
            parts = tuple(make_home(context, name, item) for item in kind.items)
    flag = None
    if flagged:
        flag = builder.allocate(f"{hint}_assigned", "bool")
        builder.store(flag, (), Constant(False, "bool"))
    return Home(name, kind, parts, flag, owner)


def load(context: Context, home: Home) -> Abstract:
    """What is in a home now."""
    match home.kind, home.parts:
        case Number(weak=weak, mixed=mixed), Storage() as storage:
            return Scalar(context.builder.load(storage, ()), weak, mixed)
        case ArrayKind(), View() as view:
            return view
        case Several(like=like), tuple() as parts:
            return with_items(like, tuple(load(context, part) for part in parts))
        case Fixed(value), _:
            return value
    raise AssertionError("a home of unknown kind is not read")


def fits(home: Home, value: Abstract) -> bool:
    """Whether a value can be stored in a home as it is."""
    match home.kind, kind_of(value):
        case Number(dtype, weak, mixed), Number() as other:
            if "bool" in (dtype, other.dtype) and dtype != other.dtype:
                return False
            if not mixed and (other.mixed or _is_complex(dtype) != _is_complex(other.dtype)):
                return False
            if other.dtype == dtype and other.weak == weak:
                return True
            if not weak and not other.weak:
                return _is_exact(dtype, other.dtype)
            if weak:
                return other.weak and _WEAK.index(other.dtype) <= _WEAK.index(dtype)
            return other.weak and np.result_type(_PYTHON[other.dtype], np.dtype(dtype)).name == dtype
        case ArrayKind(dtype, sizes), Fixed(View() as view):
            return view.dtype == dtype and view.rank == len(sizes)
        case Fixed(fixed), _:
            return same(fixed, value)
        case Several() as kind, Several() as other_kind:
            assert isinstance(home.parts, tuple)
            assert isinstance(value, (Sequence, Record))
            return alike(kind.like, other_kind.like) and all(map(fits, home.parts, value.items))
    return False


def storages_of(value: Abstract | None) -> set[Storage]:
    """The storages a value is, or reads."""
    match value:
        case View():
            return {value.storage}
        case Lazy():
            return {source.storage for source in value.sources}
        case Sequence() | Record():
            return set().union(*map(storages_of, value.items))
    return set()


def visible_size(context: Context, size: Operand, inside: set[Value | Storage]) -> Operand | None:
    """A size computed here, where the values `inside` a block are not bound yet; `None` if it cannot be."""
    if isinstance(size, Constant) or size not in inside:
        return size
    bind = context.builder.definitions.get(size)
    if bind is None:
        return None
    operands = [visible_size(context, one, inside) for one in bind.operands]
    known = [one for one in operands if one is not None]
    if len(known) < len(operands):
        return None
    again = context.builder.bind(bind.function, *known, dtype=size.dtype, hint=size.hint)
    return bounds.size_of(context, again) if size in context.not_negative else again


def join_sizes(context: Context, condition: Operand, first: Kind, second: Kind, inside: set[Value | Storage]) -> Kind:
    """The first kind, with the sizes of the second where a condition does not hold, as far as both are known here."""
    if isinstance(first, Several) and isinstance(second, Several):
        pairs = zip(first.items, second.items, strict=True)
        return Several(tuple(join_sizes(context, condition, a, b, inside) for a, b in pairs), first.like)
    one, other = _array_kind(first), _array_kind(second)
    if one is None or other is None or first == second:
        return first
    sizes = []
    for size, another in zip(one.sizes, other.sizes, strict=True):
        found = visible_size(context, size, inside)
        if not bounds.same_size(context, size, another):
            there = visible_size(context, another, inside)
            if found is not None and there is not None:
                chosen = context.builder.bind("where", condition, found, there, dtype="int64", hint="n")
                found = bounds.size_of(context, chosen)
            else:
                found = there if found is None else found
        elif found is None:
            found = visible_size(context, another, inside)
        sizes.append(size if found is None else found)
    return ArrayKind(one.dtype, tuple(sizes))


def visible_sizes(context: Context, name: str, kind: Kind, inside: set[Value | Storage]) -> Kind:
    """The kind with sizes that can be computed here, where the values `inside` a block are not bound yet."""

    def computed(size: Operand) -> Operand:
        found = visible_size(context, size, inside)
        if found is None:
            context.refuse(
                f"the size of `{plain_name(name)}` is only known inside this branch or loop",
                f"Make `{plain_name(name)}` before it, with the size it will have.",
            )
        return found

    match kind:
        case ArrayKind(dtype, sizes):
            return ArrayKind(dtype, tuple(map(computed, sizes)))
        case Several(items, like):
            return Several(tuple(visible_sizes(context, name, item, inside) for item in items), like)
    return kind
