"""Functions of `scipy.special` on arrays, element by element, as SciPy exports them to compiled code.

What holds: single precision is computed in double precision and rounded.
"""

from __future__ import annotations

from wengert.emit.frame import Frame
from wengert.emit.kinds import kind_of
from wengert.emit.libraries import call_special
from wengert.emit.scalars import cast
from wengert.emit.sections import View, each_matrix, load, store, view_of
from wengert.errors import NotAcceptedError
from wengert.program.statements import Apply, Section

__all__ = ["special"]


def special(f: Frame, statement: Apply) -> None:
    """A function of real numbers; scalars and axes of size 1 are broadcast."""
    name = statement.function.removeprefix("scipy.special.")
    double = kind_of("float64")
    views = [view_of(f, one) for one in (*statement.inputs, *statement.outputs) if isinstance(one, Section)]
    if any(one.dtype not in ("float64", "float32") for one in views):
        raise NotAcceptedError(f"{statement.function} of numbers that are not real floats is not compiled")
    with each_matrix(f, views, (0,) * len(views)) as places:
        arrays = iter(places)
        numbers = []
        for one in statement.inputs:
            if isinstance(one, Section):
                view: View = next(arrays)
                numbers.append(cast(f.w, view.kind, double, load(f, view, ()))[0])
            else:
                numbers.append(cast(f.w, kind_of(one.dtype), double, f.parts(one))[0])
        out = places[-1]
        store(f, out, (), cast(f.w, double, out.kind, (call_special(f.w, name, *numbers),)))
