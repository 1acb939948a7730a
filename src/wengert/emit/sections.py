"""Sections of storages as operations on arrays take them: a pointer, sizes and strides; loops over them; copies.

What holds: strides count elements, and a size or a stride known when the program is made is a number in the text, so
that what is decided by it is decided then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from wengert.emit.frame import Frame
from wengert.emit.kinds import Kind, kind_of
from wengert.program.statements import Section, Span

__all__ = ["View", "copy", "each_matrix", "element", "load", "loops", "store", "view_of", "zero"]


@dataclass(frozen=True, slots=True)
class View:
    """An array: its first element, and for each axis its size and its stride. `access` is the metadata of accesses."""

    pointer: str
    sizes: tuple[str, ...]
    strides: tuple[str, ...]
    dtype: str
    access: str = ""

    @property
    def rank(self) -> int:
        """How many axes."""
        return len(self.sizes)

    @property
    def kind(self) -> Kind:
        """How its elements are held."""
        return kind_of(self.dtype)

    def transposed(self) -> View:
        """The last two axes exchanged."""

        def exchanged(found: tuple[str, ...]) -> tuple[str, ...]:
            return (*found[:-2], found[-1], found[-2])

        return replace(self, sizes=exchanged(self.sizes), strides=exchanged(self.strides))

    def with_axis(self, place: int) -> View:
        """With one more axis, of size 1."""

        def more(found: tuple[str, ...], new: str) -> tuple[str, ...]:
            return (*found[:place], new, *found[place:])

        return replace(self, sizes=more(self.sizes, "1"), strides=more(self.strides, "0"))


def view_of(f: Frame, section: Section) -> View:
    """A section as a view."""
    w, place = f.w, f.place(section.storage)
    stride, offset = "1", "0"
    spans: list[tuple[str, str]] = []
    for axis, size in reversed(list(zip(section.axes, place.sizes, strict=True))):
        first = axis.start if isinstance(axis, Span) else axis
        offset = w.move(offset, w.scale(f.integer(first), stride))
        if isinstance(axis, Span):
            spans.insert(0, (f.integer(axis.size), w.scale(f.integer(axis.step), stride)))
        stride = w.scale(stride, size)
    ordered = [spans[axis] for axis in section.order]
    dtype = section.storage.dtype
    view = View(place.pointer, (offset,), ("1",), dtype)
    pointer = element(f, view, (offset,))
    access = f.scope(f.root(section.storage))
    return View(pointer, tuple(one for one, _ in ordered), tuple(one for _, one in ordered), dtype, access)


def element(f: Frame, view: View, place: Sequence[str]) -> str:
    """A pointer to an element."""
    w, kind = f.w, view.kind
    offset = "0"
    for index, stride in zip(place, view.strides, strict=True):
        offset = w.move(offset, w.scale(index, stride))
    if offset == "0":
        return view.pointer
    memory = kind.memory if kind.parts == 1 else f"[2 x {kind.memory}]"
    return w.value(f"getelementptr {memory}, ptr {view.pointer}, i64 {offset}")


def load(f: Frame, view: View, place: Sequence[str]) -> tuple[str, ...]:
    """An element."""
    return f.load_as(view.dtype, element(f, view, place), view.access)


def store(f: Frame, view: View, place: Sequence[str], parts: tuple[str, ...]) -> None:
    """Put an element."""
    f.store_as(view.dtype, element(f, view, place), parts, view.access)


def zero(kind: Kind) -> tuple[str, ...]:
    """The number 0."""
    return ({"bool": "false", "real": "0.0", "complex": "0.0"}.get(kind.family, "0"),) * kind.parts


@contextmanager
def loops(f: Frame, sizes: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A nest of loops over all places, the last axis innermost."""
    with ExitStack() as opened:
        yield tuple("0" if size == "1" else opened.enter_context(f.w.counted(size)) for size in sizes)


def copy(f: Frame, source: View, target: View) -> None:
    """Copy the elements of one array to another of the same sizes; the target's smallest stride innermost."""
    backward = target.rank == 2 and target.strides[0] == "1"
    if backward:
        source, target = source.transposed(), target.transposed()
    with loops(f, target.sizes) as place:
        store(f, target, place, load(f, source, place))


@contextmanager
def each_matrix(f: Frame, views: Sequence[View], ranks: Sequence[int]) -> Iterator[list[View]]:
    """Loops over stacks: the last `ranks` axes of each view, those before broadcast together as NumPy does.

    The last view is an output, whose leading axes are those of the stack.
    """
    depth = views[-1].rank - ranks[-1]
    with loops(f, views[-1].sizes[:depth]) as place:
        found = []
        for view, rank in zip(views, ranks, strict=True):
            own = view.rank - rank
            indices = [
                "0" if size == "1" else index
                for size, index in zip(view.sizes[:own], place[depth - own :], strict=True)
            ]
            pointer = element(f, view, (*indices, *("0",) * rank))
            found.append(replace(view, pointer=pointer, sizes=view.sizes[own:], strides=view.strides[own:]))
        yield found
