"""What a name of the user's function stands for while its source is read.

`Static` is a Python object known now; `Scalar` a number known at run time; `View` a part of a storage; `Lazy` an array
that no storage holds yet, computed element by element where it is used; `Sequence` a tuple or list of these, `Record`
a dict, a named tuple or an instance of a dataclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from wengert.program.builder import Builder
from wengert.program.statements import Operand, Storage

__all__ = ["Abstract", "Along", "Lazy", "Record", "Scalar", "Sequence", "Static", "View"]


@dataclass(frozen=True, slots=True)
class Static:
    """A Python object known when the program is made: a number, `None`, a string, a function, a module, a dtype."""

    value: Any


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number known at run time. `weak`: a Python number, which takes the dtype of what it meets (NEP 50).

    Dtypes of weak scalars are bool, int64, float64 and complex128. `mixed`: complex here, but real for Python on some
    of the paths that lead here.
    """

    operand: Operand
    weak: bool
    mixed: bool = False

    @property
    def dtype(self) -> str:
        """The name of the NumPy dtype."""
        return self.operand.dtype


@dataclass(frozen=True, slots=True)
class Along:
    """One axis of a storage as seen through a view: index `start + step * i`, `i` along axis `axis` of the view."""

    axis: int
    start: Operand
    step: Operand


@dataclass(frozen=True, slots=True)
class View:
    """An array that lies in a storage. Each axis of the storage is fixed at an index or seen along one of the view's.

    An axis of the view that no axis of the storage follows is broadcast: all its elements are one. `sizes` are those
    of the view. Two axes of the storage may follow the same axis of the view (a diagonal). `writable`: NumPy would
    let the program write here.
    """

    storage: Storage
    axes: tuple[Operand | Along, ...]
    sizes: tuple[Operand, ...]
    writable: bool = True

    @property
    def dtype(self) -> str:
        """The name of the NumPy dtype."""
        return self.storage.dtype

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.sizes)

    def indices(self, builder: Builder, place: tuple[Operand, ...]) -> tuple[Operand, ...]:
        """The indices in the storage of the element at `place` of the view."""
        found = []
        for axis in self.axes:
            if isinstance(axis, Along):
                moved = builder.bind("multiply", place[axis.axis], axis.step, hint="i")
                found.append(builder.bind("add", moved, axis.start, hint="i"))
            else:
                found.append(axis)
        return tuple(found)

    def element(self, builder: Builder, place: tuple[Operand, ...]) -> Operand:
        """The element at `place`."""
        return builder.load(self.storage, self.indices(builder, place))


@dataclass(frozen=True, slots=True, eq=False)
class Lazy:
    """An array as a function from a place to its element. It is used once, before anything is written.

    `sources` are the views it reads, so that an assignment can tell where source and target overlap. `part_of`: the
    view whose memory NumPy would share (the real part of a complex array); what is bound to a name is a copy
    nevertheless.
    """

    dtype: str
    sizes: tuple[Operand, ...]
    compute: Callable[[Builder, tuple[Operand, ...]], Operand]
    sources: tuple[View, ...]
    part_of: View | None = None

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.sizes)

    def element(self, builder: Builder, place: tuple[Operand, ...]) -> Operand:
        """The element at `place`."""
        return self.compute(builder, place)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A tuple or a list of known length. A list is mutable in Python; here it is replaced when it changes."""

    items: tuple[Abstract, ...]
    mutable: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A dict, a named tuple or an instance of a dataclass (`cls`): its items by their names, in order."""

    cls: type
    names: tuple[Any, ...]
    items: tuple[Abstract, ...]

    def get(self, name: Any) -> Abstract | None:
        """The item of this name."""
        return self.items[self.names.index(name)] if name in self.names else None


Abstract: TypeAlias = Static | Scalar | View | Lazy | Sequence | Record
