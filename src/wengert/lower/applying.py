"""Operations of the table on whole arrays, as `Apply` statements: sections of storages in, new storages out.

What goes in: views and scalars, and the shape and dtype of each result. What comes out: views of new arrays, scalars
where a result has rank 0. What holds: a view that is no section (a diagonal, a broadcast or new axis) is copied
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.lower.context import Context
from wengert.lower.elementwise import ArrayLike
from wengert.lower.storing import copy_of, in_storage, new_array
from wengert.lower.values import Along, Scalar, View
from wengert.program.builder import integer
from wengert.program.statements import Operand, Section, Span, Storage

__all__ = ["applied", "section_of", "view_of"]


def section_of(context: Context, value: ArrayLike) -> Section:
    """An array as a section of a storage."""
    view = in_storage(context, value)
    followed = [axis.axis for axis in view.axes if isinstance(axis, Along)]
    if sorted(followed) != list(range(view.rank)):
        view = copy_of(context, view)
        followed = list(range(view.rank))
    axes = tuple(
        Span(axis.start, view.sizes[axis.axis], axis.step) if isinstance(axis, Along) else axis for axis in view.axes
    )
    return Section(view.storage, axes, tuple(followed.index(axis) for axis in range(view.rank)))


def view_of(section: Section, storage: Storage, axes: tuple[Operand | Span, ...]) -> View:
    """A section as a view of `storage`, with its indices replaced by `axes`."""
    spans = [i for i, axis in enumerate(axes) if isinstance(axis, Span)]
    place = {spans[of]: own for own, of in enumerate(section.order)}
    found: list[Operand | Along] = []
    sizes: list[Operand] = [integer(0)] * len(spans)
    for i, axis in enumerate(axes):
        if isinstance(axis, Span):
            found.append(Along(place[i], axis.start, axis.step))
            sizes[place[i]] = axis.size
        else:
            found.append(axis)
    return View(storage, tuple(found), tuple(sizes))


def applied(
    context: Context,
    key: str,
    inputs: Sequence[ArrayLike],
    results: Sequence[tuple[str, tuple[Operand, ...]]],
    **statics: Any,
) -> list[Scalar | View]:
    """Apply an operation; `results` are the dtype and the sizes of each."""
    builder = context.builder
    taken = [one.operand if isinstance(one, Scalar) else section_of(context, one) for one in inputs]
    hint = key.rsplit(".", 1)[-1]
    outputs = [new_array(context, hint, dtype, sizes) for dtype, sizes in results]
    builder.apply([section_of(context, one) for one in outputs], key, taken, **statics)
    return [one if one.rank else Scalar(builder.load(one.storage, ()), weak=False) for one in outputs]
