"""Orthogonal factors, singular values and the eigenvalues of complex matrices, by LAPACK, as NumPy calls it."""

from __future__ import annotations

from wengert.emit.factorisations import by_columns, leading, letter_of, statics_of, status_of, views_of
from wengert.emit.fortran import call_fortran, integer_reference, letter_reference
from wengert.emit.frame import Frame
from wengert.emit.kinds import constant_parts, kind_of
from wengert.emit.memory import memory_for
from wengert.emit.sections import View, copy, each_matrix, loops, store, zero
from wengert.errors import NotAcceptedError
from wengert.program.statements import Apply

__all__ = ["eig", "qr", "svd"]

_REAL = {"s": "float32", "d": "float64", "c": "float32", "z": "float64"}
_BLOCK = 32
"""Columns that LAPACK works on at a time: workspaces of this many are enough for its fast ways."""


def _count(f: Frame, *terms: tuple[int, str] | tuple[int, str, str]) -> str:
    """One plus the sum of products, as the size of a workspace."""
    total = "1"
    for factor, *sizes in terms:
        product = f.w.value(f"mul i64 {factor}, {sizes[0]}")
        for size in sizes[1:]:
            product = f.w.value(f"mul i64 {product}, {size}")
        total = f.w.value(f"add i64 {total}, {product}")
    return total


def _room(f: Frame, statement: Apply, dtype: str, count: str) -> str:
    return memory_for(f, (str(kind_of(dtype).size), count), statement.where)


def _part(view: View, rows: str, columns: str) -> View:
    return View(view.pointer, (rows, columns), view.strides, view.dtype)


def _set_identity(f: Frame, view: View) -> None:
    with loops(f, view.sizes) as place:
        store(f, view, place, zero(view.kind))
    with loops(f, (f.w.intrinsic("smin", "i64", *view.sizes),)) as (i,):
        store(f, view, (i, i), constant_parts(1.0, view.dtype))


def qr(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.qr(a)`: Householder reflections, and the product of them."""
    statics_of(statement)
    source, q, r = views_of(f, statement)
    letter, dtype, (rows, columns) = letter_of(statement, source.dtype), source.dtype, source.sizes[-2:]
    rank = f.w.intrinsic("smin", "i64", rows, columns)
    matrix = by_columns(f, statement, dtype, rows, columns)
    scales = _room(f, statement, dtype, _count(f, (1, rank)))
    length = _count(f, (_BLOCK, columns))
    work = _room(f, statement, dtype, length)
    message = "Incorrect argument found while performing QR factorization"
    with each_matrix(f, (source, q, r), (2, 2, 2)) as (a, q_out, r_out):
        copy(f, a, matrix)
        with status_of(f, statement, message) as status:
            call_fortran(
                f, "lapack", letter + "geqrf",
                integer_reference(f, rows), integer_reference(f, columns), matrix.pointer, leading(f, rows), scales,
                work, integer_reference(f, length), status,
            )  # fmt: skip
        copy(f, _part(matrix, rank, columns), r_out)
        with loops(f, r_out.sizes) as (i, j), f.w.when(f.w.value(f"icmp sgt i64 {i}, {j}")):
            store(f, r_out, (i, j), zero(r_out.kind))
        with status_of(f, statement, message) as status:
            call_fortran(
                f, "lapack", letter + ("ungqr" if letter in "cz" else "orgqr"),
                integer_reference(f, rows), integer_reference(f, rank), integer_reference(f, rank), matrix.pointer,
                leading(f, rows), scales, work, integer_reference(f, length), status,
            )  # fmt: skip
        copy(f, _part(matrix, rows, rank), q_out)


def svd(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.svd(a, full_matrices)`, by divide and conquer."""
    full = bool(statics_of(statement, "full_matrices").get("full_matrices", False))
    source, u, s, vh = views_of(f, statement)
    letter, dtype, (rows, columns) = letter_of(statement, source.dtype), source.dtype, source.sizes[-2:]
    real, smaller = _REAL[letter], f.w.intrinsic("smin", "i64", rows, columns)
    larger = f.w.intrinsic("smax", "i64", rows, columns)
    matrix = by_columns(f, statement, dtype, rows, columns)
    left = by_columns(f, statement, dtype, rows, rows if full else smaller)
    right = by_columns(f, statement, dtype, columns if full else smaller, columns)
    values = by_columns(f, statement, real, smaller, "1")
    length = _count(f, (4, smaller, smaller), (8 + _BLOCK, smaller), (1 + _BLOCK, larger))
    rooms = [_room(f, statement, dtype, length), integer_reference(f, length)]
    if letter in "cz":
        count = _count(f, (7, smaller, smaller), (7, smaller), (2, larger, smaller))
        rooms.append(_room(f, statement, real, count))
    rooms.append(memory_for(f, ("4", _count(f, (8, smaller))), statement.where))
    with each_matrix(f, (source, u, s, vh), (2, 2, 1, 2)) as (a, u_out, s_out, vh_out):
        copy(f, a, matrix)
        with f.w.when(f.w.value(f"icmp eq i64 {smaller}, 0")):  # LAPACK returns at once
            _set_identity(f, left)
            _set_identity(f, right)
        with status_of(f, statement, "SVD did not converge") as status:
            call_fortran(
                f, "lapack", letter + "gesdd",
                letter_reference(f, "A" if full else "S"), integer_reference(f, rows), integer_reference(f, columns),
                matrix.pointer, leading(f, rows), values.pointer, left.pointer, leading(f, rows), right.pointer,
                leading(f, right.sizes[0]), *rooms, status,
            )  # fmt: skip
        copy(f, left, u_out)
        copy(f, View(values.pointer, (smaller,), ("1",), real), s_out)
        copy(f, right, vh_out)


def eig(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.eig` of complex matrices."""
    statics_of(statement)
    source, values, vectors = views_of(f, statement)
    letter, dtype, size = letter_of(statement, source.dtype), source.dtype, source.sizes[-1]
    if letter not in "cz":
        raise NotAcceptedError("the eigenvalues of a real matrix are real or complex, as its elements decide")
    matrix = by_columns(f, statement, dtype, size, size)
    right = by_columns(f, statement, dtype, size, size)
    found = by_columns(f, statement, dtype, size, "1")
    length = _count(f, (2 + _BLOCK, size))
    work, real_work = _room(f, statement, dtype, length), _room(f, statement, _REAL[letter], _count(f, (2, size)))
    with each_matrix(f, (source, values, vectors), (2, 1, 2)) as (a, values_out, vectors_out):
        copy(f, a, matrix)
        with status_of(f, statement, "Eigenvalues did not converge") as status:
            call_fortran(
                f, "lapack", letter + "geev",
                letter_reference(f, "N"), letter_reference(f, "V"), integer_reference(f, size), matrix.pointer,
                leading(f, size), found.pointer, right.pointer, integer_reference(f, "1"), right.pointer,
                leading(f, size), work, integer_reference(f, length), real_work, status,
            )  # fmt: skip
        copy(f, View(found.pointer, (size,), ("1",), dtype), values_out)
        copy(f, right, vectors_out)
