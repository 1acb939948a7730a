"""Linear algebra: `Apply` statements of `numpy.linalg`, and norms as loops.

What goes in: matrices, or stacks of them. What comes out: views of new arrays, scalars. What holds: a matrix that is
not square raises NumPy's LinAlgError when the program runs; whole numbers are computed in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.lower.applying import applied
from wengert.lower.bounds import same_size, size_of
from wengert.lower.calls import lowers, static
from wengert.lower.context import Context
from wengert.lower.elementwise import (
    as_operand,
    broadcast_sizes,
    cast_value,
    check_equal,
    elementwise,
    shape_of,
)
from wengert.lower.reductions import accumulated, axes_of, is_true
from wengert.lower.storing import in_storage
from wengert.lower.values import Abstract, Record, Scalar, Static, View
from wengert.program.builder import Builder
from wengert.program.statements import Constant, Operand
from wengert.rules.decompositions import qr_reduced, svd_factors
from wengert.rules.linalg import least_squares, pseudoinverse
from wengert.rules.norms import euclidean_norm
from wengert.rules.scipy_linalg import triangular_solve

__all__ = ["root_of_squares"]

_REAL = {"complex128": "float64", "complex64": "float32"}


def _matrix(context: Context, value: Abstract, square: bool = True) -> View:
    """A float matrix, or a stack of them."""
    found = as_operand(context, value)
    if np.dtype(found.dtype).kind in "biu":
        found = cast_value(context, found, "float64")
    view = in_storage(context, found)
    if view.rank < 2:
        context.refuse(f"{view.rank}-dimensional array given. Array must be at least two-dimensional")
    if square and not same_size(context, view.sizes[-1], view.sizes[-2]):
        text = "Last 2 dimensions of the array must be square"
        check_equal(context, view.sizes[-1], view.sizes[-2], "LinAlgError", text)
    return view


@lowers(np.linalg.solve)
def solve(context: Context, a: Abstract, b: Abstract) -> Abstract:
    matrix = _matrix(context, a)
    right = as_operand(context, b)
    dtype = np.result_type(matrix.dtype, right.dtype, "float32").name
    if right.dtype[0] not in "fc":
        dtype = np.result_type(dtype, "float64").name
    one = in_storage(context, cast_value(context, matrix, dtype))
    other = in_storage(context, cast_value(context, right, dtype))
    vector = other.rank == 1
    text = "solve: Input operand 1 has a mismatch in its core dimension 0"
    check_equal(context, one.sizes[-1], other.sizes[0 if vector else -2], "ValueError", text)
    if vector:
        sizes = (*one.sizes[:-2], one.sizes[-1])
    else:
        sizes = (*_batch(context, one.sizes[:-2], other.sizes[:-2]), *other.sizes[-2:])
    (found,) = applied(context, "numpy.linalg.solve", [one, other], [(dtype, sizes)])
    return found


def _batch(context: Context, first: tuple[Operand, ...], second: tuple[Operand, ...]) -> tuple[Operand, ...]:
    return broadcast_sizes(context, first, second) if first or second else ()


@lowers(np.linalg.inv)
def inv(context: Context, a: Abstract) -> Abstract:
    view = _matrix(context, a)
    (found,) = applied(context, "numpy.linalg.inv", [view], [(view.dtype, view.sizes)])
    return found


@lowers(np.linalg.cholesky)
def cholesky(context: Context, a: Abstract, /, *, upper: Abstract | None = None) -> Abstract:
    view = _matrix(context, a)
    flag = is_true(context, upper, "upper")
    (found,) = applied(context, "numpy.linalg.cholesky", [view], [(view.dtype, view.sizes)], upper=flag)
    return found


@lowers(np.linalg.det)
def det(context: Context, a: Abstract) -> Abstract:
    view = _matrix(context, a)
    (found,) = applied(context, "numpy.linalg.det", [view], [(view.dtype, view.sizes[:-2])])
    return found


@lowers(np.linalg.slogdet)
def slogdet(context: Context, a: Abstract) -> Abstract:
    view = _matrix(context, a)
    results = [(view.dtype, view.sizes[:-2]), (_REAL.get(view.dtype, view.dtype), view.sizes[:-2])]
    return _named(np.linalg.slogdet, applied(context, "numpy.linalg.slogdet", [view], results))


@lowers(np.linalg.eigh)
def eigh(context: Context, a: Abstract, UPLO: Abstract | None = None) -> Abstract:
    view = _matrix(context, a)
    side = "L" if UPLO is None else static(context, UPLO, "UPLO")
    results = [(_REAL.get(view.dtype, view.dtype), view.sizes[:-1]), (view.dtype, view.sizes)]
    return _named(np.linalg.eigh, applied(context, "numpy.linalg.eigh", [view], results, UPLO=side))


# Norms.


def root_of_squares(context: Context, value: Any, axes: tuple[int, ...], keepdims: bool = False) -> Scalar | View:
    """The root of the sum of squared absolute values; its derivative at zero is zero, as the table has it."""
    if value.dtype[0] not in "fc":
        value = cast_value(context, value, "float64")
    dtype = _REAL.get(value.dtype, value.dtype)

    def squared(builder: Builder, x: Operand) -> Operand:
        if x.dtype in _REAL:
            return builder.bind("real", builder.bind("multiply", x, builder.bind("conjugate", x)))
        return builder.bind("square", x)

    def root(builder: Builder, x: Operand) -> Operand:
        zero, one = Constant(0.0, dtype), Constant(1.0, dtype)
        is_zero = builder.bind("equal", x, zero)
        safe = builder.bind("where", is_zero, one, x)
        return builder.bind("where", is_zero, zero, builder.bind("sqrt", safe))

    added = accumulated(context, value, axes, keepdims, dtype, squared, "squares")
    found = elementwise(context, [added], dtype, root)
    return found if isinstance(found, Scalar) else in_storage(context, found)


@lowers(euclidean_norm)
def euclidean(
    context: Context, x: Abstract, *, axis: Abstract | None = None, keepdims: Abstract | None = None
) -> Abstract:
    value = as_operand(context, x)
    axes = axes_of(context, axis, len(shape_of(value)))
    return root_of_squares(context, value, axes, is_true(context, keepdims, "keepdims"))


@lowers(np.linalg.norm)
def norm(
    context: Context,
    x: Abstract,
    ord: Abstract | None = None,
    axis: Abstract | None = None,
    keepdims: Abstract | None = None,
) -> Abstract:
    value = as_operand(context, x)
    order = None if ord is None else static(context, ord, "ord")
    axes = axes_of(context, axis, len(shape_of(value)))
    kept = is_true(context, keepdims, "keepdims")
    whole = axis is None or axis == Static(None)
    if order is None and (whole or len(axes) in (1, 2)):
        return root_of_squares(context, value, axes, kept)
    if (order == "fro" and len(axes) == 2) or (order == 2 and len(axes) == 1):
        return root_of_squares(context, value, axes, kept)
    from wengert.lower import lower_into
    from wengert.ops.table import COMPOSITES

    given: Any = None
    if axis is not None and not whole:  # of a matrix, in the order given: rows, then columns
        given = static(context, axis, "an axis")
        given = tuple(given) if isinstance(given, tuple | list) else (given,)
    options = {"ord": Static(order), "axis": Static(given), "keepdims": Static(kept)}
    return lower_into(context, COMPOSITES[np.linalg.norm], [value], options)


@lowers(qr_reduced)
def reduced_qr(context: Context, a: Abstract) -> Abstract:
    view = _matrix(context, a, square=False)
    rows, columns = view.sizes[-2:]
    rank = _smaller(context, rows, columns)
    results = [(view.dtype, (*view.sizes[:-1], rank)), (view.dtype, (*view.sizes[:-2], rank, columns))]
    found = applied(context, "wengert.rules.decompositions.qr_reduced", [view], results)
    return _named(np.linalg.qr, found)


def _smaller(context: Context, first: Operand, second: Operand) -> Operand:
    if same_size(context, first, second):
        return first
    return size_of(context, context.builder.bind("minimum", first, second, hint="n"))


def _named(function: Any, found: Any) -> Record:
    """The named tuple that a function of NumPy returns."""
    cls = type(function(np.eye(1)))
    return Record(cls, cls._fields, tuple(found))


@lowers(svd_factors)
def svd(context: Context, a: Abstract, *, full_matrices: Abstract) -> Abstract:
    view = _matrix(context, a, square=False)
    rows, columns = view.sizes[-2:]
    rank, full = _smaller(context, rows, columns), is_true(context, full_matrices, "full_matrices")
    batch = view.sizes[:-2]
    results = [
        (view.dtype, (*batch, rows, rows if full else rank)),
        (_REAL.get(view.dtype, view.dtype), (*batch, rank)),
        (view.dtype, (*batch, columns if full else rank, columns)),
    ]
    key = "wengert.rules.decompositions.svd_factors"
    return _named(np.linalg.svd, applied(context, key, [view], results, full_matrices=full))


@lowers(np.linalg.eig)
def eig(context: Context, a: Abstract) -> Abstract:
    view = _matrix(context, a)
    context.refuse_unless(
        view.dtype in _REAL,
        "whether the eigenvalues of a real matrix are complex is known only when the program runs",
        "Use np.linalg.eigh for a symmetric matrix, or pass a complex one.",
    )
    results = [(view.dtype, view.sizes[:-1]), (view.dtype, view.sizes)]
    return _named(np.linalg.eig, applied(context, "numpy.linalg.eig", [view], results))


@lowers(pseudoinverse)
def pinv(context: Context, a: Abstract, *, rcond: Abstract) -> Abstract:
    view = _matrix(context, a, square=False)
    sizes = (*view.sizes[:-2], view.sizes[-1], view.sizes[-2])
    cutoff = cast_value(context, as_operand(context, rcond), _REAL.get(view.dtype, view.dtype))
    (found,) = applied(context, "wengert.rules.linalg.pseudoinverse", [view, cutoff], [(view.dtype, sizes)])
    return found


@lowers(least_squares)
def solve_least_squares(context: Context, a: Abstract, b: Abstract, *, rcond: Abstract) -> Abstract:
    view, right = _matrix(context, a, square=False), as_operand(context, b)
    dtype = np.result_type(view.dtype, right.dtype).name
    check_equal(context, view.sizes[0], shape_of(right)[0], "LinAlgError", "Incompatible dimensions")
    one, other = (in_storage(context, cast_value(context, each, dtype)) for each in (view, right))
    cutoff = cast_value(context, as_operand(context, rcond), _REAL.get(dtype, dtype))
    sizes = (one.sizes[1], *other.sizes[1:])
    (found,) = applied(context, "wengert.rules.linalg.least_squares", [one, other, cutoff], [(dtype, sizes)])
    return found


@lowers(triangular_solve)
def solve_triangular(
    context: Context, a: Abstract, b: Abstract, *, trans: Abstract, lower: Abstract, unit_diagonal: Abstract
) -> Abstract:
    view, right = _matrix(context, a), as_operand(context, b)
    dtype = np.result_type(view.dtype, right.dtype).name
    if dtype[0] not in "fc":
        dtype = "float64"
    one, other = (in_storage(context, cast_value(context, each, dtype)) for each in (view, right))
    text = "solve_triangular: shapes of a and b are incompatible"
    check_equal(context, one.sizes[-1], other.sizes[0 if other.rank == 1 else -2], "ValueError", text)
    options = {
        "trans": static(context, trans, "trans"),
        "lower": is_true(context, lower, "lower"),
        "unit_diagonal": is_true(context, unit_diagonal, "unit_diagonal"),
    }
    key = "wengert.rules.scipy_linalg.triangular_solve"
    (found,) = applied(context, key, [one, other], [(dtype, other.sizes)], **options)
    return found
