"""Forms: what is the same in all calls of a function that recurs, and what is passed when it is called.

What goes in: the arguments, and the results, of its calls one after the other. What comes out: a form that serves them
all. What holds: forms only widen: what is known now and is the same in all calls stays known, other numbers become
numbers of the run, of a dtype that holds them all; an array is part of a storage of one rank, seen in one way. What
would widen without end, such as a list that grows, is refused. Cousot and Cousot, "Abstract interpretation: a unified
lattice model for static analysis of programs", 1977.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from wengert.lower import homes
from wengert.lower.context import Context
from wengert.lower.homes import Fixed, Number
from wengert.lower.results import is_whole
from wengert.lower.values import Abstract, Along, Record, Sequence, View
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand

__all__ = ["Form", "Fresh", "Part", "Tree", "joined", "numbers_of", "parts_of", "result_form", "view_of"]


@dataclass(frozen=True, slots=True)
class Part:
    """An array that lies in storage number `group` of the call.

    `follows`: for each axis of the storage the axis of the view that runs along it, if one does. `known`: the
    indices, starts, steps and sizes of the view, where they are the same in all calls. `whole`: the view is always
    all of the storage.
    """

    dtype: str
    group: int
    follows: tuple[int | None, ...]
    known: tuple[Constant | None, ...]
    whole: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class Fresh:
    """An array that the function makes, and its sizes as far as they are always the same."""

    dtype: str
    sizes: tuple[Constant | None, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A tuple, list, dict or dataclass `like` this one."""

    items: tuple[Form, ...]
    like: Sequence | Record


Form: TypeAlias = Number | Fixed | Tree | Part | Fresh


def numbers_of(view: View) -> list[Operand]:
    """The indices, starts, steps and sizes of a view."""
    found: list[Operand] = []
    for axis in view.axes:
        found += [axis.start, axis.step] if isinstance(axis, Along) else [axis]
    return [*found, *view.sizes]


def view_of(view: View, form: Part, numbers: list[Operand]) -> View:
    """The view of a form in the storage of `view`, which is whole, with these numbers."""
    left = iter(numbers)
    axes = tuple(next(left) if axis is None else Along(axis, next(left), next(left)) for axis in form.follows)
    return View(view.storage, axes, tuple(left), form.writable)


def part_form(context: Context, view: View, group: int) -> Part:
    """The form of an argument that is an array."""
    follows = tuple(axis.axis if isinstance(axis, Along) else None for axis in view.axes)
    known = tuple(one if isinstance(one, Constant) else None for one in numbers_of(view))
    return Part(view.dtype, group, follows, known, is_whole(context, view), view.writable)


def result_form(value: Abstract) -> Form:
    """The form of a result."""
    if isinstance(value, View):
        return Fresh(value.dtype, tuple(size if isinstance(size, Constant) else None for size in value.sizes))
    if isinstance(value, (Sequence, Record)):
        return Tree(tuple(map(result_form, value.items)), value)
    kind = homes.kind_of(value)
    assert isinstance(kind, Number | Fixed)
    return kind


def parts_of(form: Form) -> Iterator[Part]:
    """The arrays in a form."""
    if isinstance(form, Tree):
        for item in form.items:
            yield from parts_of(item)
    elif isinstance(form, Part):
        yield form


def _kind(form: Form) -> homes.Kind:
    match form:
        case Tree(items, like):
            return homes.Several(tuple(map(_kind, items)), like)
        case Part(dtype, follows=follows, known=known):
            rank = len(known) - sum(1 if axis is None else 2 for axis in follows)
            return homes.ArrayKind(dtype, (integer(0),) * rank)
        case Fresh(dtype, sizes):
            return homes.ArrayKind(dtype, (integer(0),) * len(sizes))
        case Fixed(value):
            number = homes.number(value)
            return form if number is None else Number(number.dtype, number.weak)
    return form


def joined(context: Context, name: str, old: Form, new: Form) -> Form:
    """The form that serves both: `old` itself if that does."""
    if isinstance(old, Fixed) and isinstance(new, Fixed) and homes.same(old.value, new.value):
        return old
    if isinstance(old, Tree) and isinstance(new, Tree) and homes.alike(old.like, new.like):
        items = tuple(joined(context, name, a, b) for a, b in zip(old.items, new.items, strict=True))
        return old if all(a is b for a, b in zip(items, old.items, strict=True)) else Tree(items, old.like)
    found = homes.join(context, name, _kind(old), _kind(new))
    if isinstance(found, Number):
        return old if found == old else found
    if isinstance(old, Fresh) and isinstance(new, Fresh):
        sizes = tuple(a if a == b else None for a, b in zip(old.sizes, new.sizes, strict=True))
        return old if sizes == old.sizes else Fresh(old.dtype, sizes)
    assert isinstance(old, Part)
    assert isinstance(new, Part)
    context.refuse_unless(
        old.follows == new.follows,
        f"`{name}` is another kind of part of an array in a recursive call",
        f"Pass a copy: `{name}.copy()`.",
    )
    known = tuple(a if a == b else None for a, b in zip(old.known, new.known, strict=True))
    part = Part(old.dtype, new.group, old.follows, known, old.whole and new.whole, old.writable and new.writable)
    return old if part == old else part
