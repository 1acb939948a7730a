"""Factorisations and linear systems by LAPACK: copied to matrices stored by columns, computed there, copied back.

What holds: a failure of LAPACK raises `LinAlgError` with NumPy's words. The copies are small beside the work, and make
every layout and stack of matrices alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wengert.emit.fortran import call_fortran, integer_reference, letter_reference
from wengert.emit.frame import Frame
from wengert.emit.kinds import constant_parts, kind_of
from wengert.emit.memory import memory_for
from wengert.emit.sections import View, copy, each_matrix, loops, store, view_of, zero
from wengert.errors import NotAcceptedError
from wengert.program.statements import Apply, Section
from wengert.runtime.failures import Failure

__all__ = [
    "by_columns",
    "cholesky",
    "inv",
    "leading",
    "letter_of",
    "solve",
    "statics_of",
    "status_of",
    "triangular_solve",
    "views_of",
]

_LETTERS = {"float32": "s", "float64": "d", "complex64": "c", "complex128": "z"}


def letter_of(statement: Apply, dtype: str) -> str:
    """The letter that LAPACK's routines for a dtype begin with. All inputs have the same."""
    dtypes = {dtype, *(one.storage.dtype for one in statement.inputs if isinstance(one, Section))}
    if len(dtypes) != 1 or dtype not in _LETTERS:
        raise NotAcceptedError(f"{statement.function} of {' and '.join(sorted(dtypes))} numbers is not compiled")
    return _LETTERS[dtype]


def statics_of(statement: Apply, *known: str) -> dict[str, object]:
    """The options of an operation, none but those known."""
    statics = dict(statement.statics)
    unknown = statics.keys() - set(known)
    if unknown:
        raise NotAcceptedError(f"{statement.function} with {', '.join(sorted(unknown))} is not compiled")
    return statics


def views_of(f: Frame, statement: Apply) -> list[View]:
    """Inputs and outputs."""
    return [view_of(f, one) for one in (*statement.inputs, *statement.outputs) if isinstance(one, Section)]


def by_columns(f: Frame, statement: Apply, dtype: str, rows: str, columns: str) -> View:
    """Memory for a matrix stored by columns."""
    size = str(kind_of(dtype).size)
    return View(memory_for(f, (size, rows, columns), statement.where), (rows, columns), ("1", rows), dtype)


def leading(f: Frame, rows: str) -> str:
    """LAPACK wants the distance of columns to be at least 1."""
    return integer_reference(f, f.w.intrinsic("smax", "i64", rows, "1"))


@contextmanager
def status_of(f: Frame, statement: Apply, message: str) -> Iterator[str]:
    """A pointer to the status of a routine; other than zero it is the failure with this message."""
    status = f.w.alloca("i32")
    f.w.do(f"store i32 0, ptr {status}")
    yield status
    fine = f.w.value(f"icmp eq i32 {f.w.value(f'load i32, ptr {status}')}, 0")
    f.fail_unless(fine, Failure("LinAlgError", message, (), statement.where))


def cholesky(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.cholesky`: reads one triangle, and has zeros in the other."""
    upper = bool(statics_of(statement, "upper").get("upper", False))
    source, target = views_of(f, statement)
    letter = letter_of(statement, source.dtype)
    size = source.sizes[-1]
    matrix = by_columns(f, statement, source.dtype, size, size)
    with each_matrix(f, (source, target), (2, 2)) as (a, out):
        copy(f, a, matrix)
        with status_of(f, statement, "Matrix is not positive definite") as status:
            call_fortran(
                f, "lapack", letter + "potrf",
                letter_reference(f, "U" if upper else "L"), integer_reference(f, size),
                matrix.pointer, leading(f, size), status,
            )  # fmt: skip
        copy(f, matrix, out)
        with loops(f, out.sizes) as (i, j):
            outside = f.w.value(f"icmp {'sgt' if upper else 'slt'} i64 {i}, {j}")
            with f.w.when(outside):
                store(f, out, (i, j), zero(out.kind))


def _solve(f: Frame, statement: Apply, letter: str, matrix: View, right: View) -> None:
    """Solve in place, by factors with pivots."""
    size = matrix.sizes[0]
    pivots = memory_for(f, ("4", size), statement.where)
    with status_of(f, statement, "Singular matrix") as status:
        call_fortran(
            f, "lapack", letter + "gesv",
            integer_reference(f, size), integer_reference(f, right.sizes[1]), matrix.pointer, leading(f, size),
            pivots, right.pointer, leading(f, size), status,
        )  # fmt: skip


def solve(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.solve`; only a right side of rank 1 is a vector."""
    statics_of(statement)
    first, second, target = views_of(f, statement)
    letter = letter_of(statement, first.dtype)
    if second.rank == 1:
        second, target = second.with_axis(1), target.with_axis(target.rank)
    rows, columns = second.sizes[-2:]
    matrix = by_columns(f, statement, first.dtype, rows, rows)
    right = by_columns(f, statement, first.dtype, rows, columns)
    with each_matrix(f, (first, second, target), (2, 2, 2)) as (a, b, out):
        copy(f, a, matrix)
        copy(f, b, right)
        _solve(f, statement, letter, matrix, right)
        copy(f, right, out)


def inv(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.inv`, as NumPy computes it: the solution for the identity."""
    statics_of(statement)
    source, target = views_of(f, statement)
    letter = letter_of(statement, source.dtype)
    size = source.sizes[-1]
    matrix = by_columns(f, statement, source.dtype, size, size)
    right = by_columns(f, statement, source.dtype, size, size)
    with each_matrix(f, (source, target), (2, 2)) as (a, out):
        copy(f, a, matrix)
        with loops(f, right.sizes) as (i, j):
            store(f, right, (i, j), zero(right.kind))
        with loops(f, (size,)) as (i,):
            store(f, right, (i, i), constant_parts(1.0, right.dtype))
        _solve(f, statement, letter, matrix, right)
        copy(f, right, out)


def triangular_solve(f: Frame, statement: Apply) -> None:
    """The triangular system of `scipy.linalg.solve_triangular`; `trans` is 0, 1 (transposed) or 2 (and conjugated)."""
    statics = statics_of(statement, "trans", "lower", "unit_diagonal")
    first, second, target = views_of(f, statement)
    letter = letter_of(statement, first.dtype)
    if second.rank == 1:
        second, target = second.with_axis(1), target.with_axis(target.rank)
    rows, columns = second.sizes[-2:]
    matrix = by_columns(f, statement, first.dtype, rows, rows)
    right = by_columns(f, statement, first.dtype, rows, columns)
    with each_matrix(f, (first, second, target), (2, 2, 2)) as (a, b, out):
        copy(f, a, matrix)
        copy(f, b, right)
        with status_of(f, statement, "singular matrix") as status:
            call_fortran(
                f, "lapack", letter + "trtrs",
                letter_reference(f, "L" if statics.get("lower") else "U"),
                letter_reference(f, {0: "N", 1: "T", 2: "C"}[int(str(statics.get("trans", 0)))]),
                letter_reference(f, "U" if statics.get("unit_diagonal") else "N"),
                integer_reference(f, rows), integer_reference(f, columns), matrix.pointer, leading(f, rows),
                right.pointer, leading(f, rows), status,
            )  # fmt: skip
        copy(f, right, out)
