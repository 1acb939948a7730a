"""Functions of `scipy.special` on arrays, element by element, as SciPy exports them to compiled code.

What holds: single precision is computed in double precision and rounded. Whole numbers are passed as such where SciPy
has a function of them.
"""

from __future__ import annotations

from wengert.emit.frame import Frame
from wengert.emit.kinds import Kind, kind_of
from wengert.emit.libraries import call_special
from wengert.emit.scalars import Parts, cast
from wengert.emit.sections import View, each_matrix, load, store, view_of
from wengert.errors import NotAcceptedError
from wengert.program.statements import Apply, Section

__all__ = ["special"]

_WIDE = {"float32": "float64", "complex64": "complex128"}


def special(f: Frame, statement: Apply) -> None:
    """A function of numbers with one result or several; scalars and axes of size 1 are broadcast."""
    name = statement.function.rsplit(".", 1)[-1]
    sections = [one for one in (*statement.inputs, *statement.outputs) if isinstance(one, Section)]
    views = [view_of(f, one) for one in sections]
    if any(one.kind.family in ("bool", "unsigned") for one in views):
        raise NotAcceptedError(f"{statement.function} of {views[0].dtype} numbers is not compiled")
    with each_matrix(f, views, (0,) * len(views)) as places:
        arrays = iter(places)
        given: list[tuple[str, Parts]] = []
        for one in statement.inputs:
            if isinstance(one, Section):
                view: View = next(arrays)
                given.append(_wide(f, view.kind, load(f, view, ())))
            else:
                given.append(_wide(f, kind_of(one.dtype), f.parts(one)))
        outputs = places[len(places) - len(statement.outputs) :]
        wide = _WIDE.get(outputs[0].dtype, outputs[0].dtype)
        if name in _MIRRORED and wide == "float64":
            found = [_mirrored(f, name, *given)]
        else:
            found = call_special(f.w, name, given, wide, len(outputs))
        for out, parts in zip(outputs, found, strict=True):
            store(f, out, (), cast(f.w, kind_of(wide), out.kind, parts))


def _wide(f: Frame, kind: Kind, parts: Parts) -> tuple[str, Parts]:
    """A number in double precision, or a whole one in 64 bits, and its dtype."""
    dtype = "int64" if kind.is_integer or kind.family == "bool" else _WIDE.get(kind.dtype, kind.dtype)
    return dtype, cast(f.w, kind, kind_of(dtype), parts)


_MIRRORED = {"spherical_jn": 0, "spherical_yn": 1}
"""Functions that SciPy exports for positive numbers, and whether those of even order are odd."""


def _mirrored(f: Frame, name: str, order: tuple[str, Parts], given: tuple[str, Parts]) -> Parts:
    """A function of a real number by that of its absolute value."""
    w = f.w
    ((number,), (argument,)) = order[1], given[1]
    size = w.intrinsic("fabs", "double", argument)
    ((found,),) = call_special(w, name, [order, ("float64", (size,))], "float64")
    parity = w.value(f"and i64 {w.value(f'add i64 {number}, {_MIRRORED[name]}')}, 1")
    is_odd = w.value(f"icmp ne i64 {parity}, 0")
    turns = w.value(f"and i1 {is_odd}, {w.value(f'fcmp olt double {argument}, 0.0')}")
    return (w.select(turns, "double", w.value(f"fneg double {found}"), found),)
