"""Determinants and eigenvalues by LAPACK, computed as NumPy does: by signs and logarithms, by divide and conquer."""

from __future__ import annotations

from wengert.emit.factorisations import by_columns, leading, letter_of, statics_of, status_of, views_of
from wengert.emit.floats import FLOATS, number
from wengert.emit.fortran import call_fortran, integer_reference, letter_reference
from wengert.emit.frame import Frame
from wengert.emit.kinds import Kind, constant_parts, kind_of
from wengert.emit.memory import memory_for
from wengert.emit.scalars import Parts, cast, scalar_function
from wengert.emit.sections import View, copy, each_matrix, load, loops, store
from wengert.errors import NotAcceptedError
from wengert.program.statements import Apply

__all__ = ["det", "eigh", "slogdet"]

_REAL = {"s": "float32", "d": "float64", "c": "float32", "z": "float64"}


def _sign_and_logarithm(f: Frame, statement: Apply, letter: str, matrix: View, pivots: str) -> tuple[Parts, Parts]:
    """The sign of the determinant, a number of size 1 or 0, and the logarithm of its size. The matrix is factored."""
    w, kind, real = f.w, matrix.kind, kind_of(_REAL[letter])
    size, status = matrix.sizes[0], w.alloca("i32")
    w.do(f"store i32 0, ptr {status}")
    call_fortran(
        f, "lapack", letter + "getrf",
        integer_reference(f, size), integer_reference(f, size), matrix.pointer, leading(f, size), pivots, status,
    )  # fmt: skip
    sign = w.alloca(f"[{kind.parts} x {kind.memory}], align 8")
    logarithm = w.alloca(f"{real.memory}, align 8")
    f.store_as(kind.dtype, sign, constant_parts(1.0, kind.dtype))
    f.store_as(real.dtype, logarithm, (number(real, 0.0),))
    with loops(f, (size,)) as (i,):
        pivot = w.value(f"load i32, ptr {w.value(f'getelementptr i32, ptr {pivots}, i64 {i}')}")
        row = w.value(f"add i64 {i}, 1")
        exchanged = w.value(f"icmp ne i64 {w.value(f'sext i32 {pivot} to i64')}, {row}")
        element = load(f, matrix, (i, i))
        direction = scalar_function(w, "sign", kind, [(kind, element)])
        total = scalar_function(w, "multiply", kind, [(kind, f.load_as(kind.dtype, sign)), (kind, direction)])
        opposite = scalar_function(w, "negative", kind, [(kind, total)])
        f.store_as(kind.dtype, sign, _select(f, exchanged, kind, opposite, total))
        size_of = scalar_function(w, "absolute", real, [(kind, element)])
        added = FLOATS["log"](w, real, size_of[0])
        held = f.load_as(real.dtype, logarithm)[0]
        f.store_as(real.dtype, logarithm, (w.value(f"fadd {real.register} {held}, {added}"),))
    return f.load_as(kind.dtype, sign), f.load_as(real.dtype, logarithm)


def _select(f: Frame, condition: str, kind: Kind, first: Parts, second: Parts) -> Parts:
    return tuple(f.w.select(condition, kind.register, one, other) for one, other in zip(first, second, strict=True))


def slogdet(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.slogdet`."""
    statics_of(statement)
    source, signs, logarithms = views_of(f, statement)
    letter, size = letter_of(statement, source.dtype), source.sizes[-1]
    matrix = by_columns(f, statement, source.dtype, size, size)
    pivots = memory_for(f, ("4", size), statement.where)
    with each_matrix(f, (source, signs, logarithms), (2, 0, 0)) as (a, sign_out, logarithm_out):
        copy(f, a, matrix)
        sign, logarithm = _sign_and_logarithm(f, statement, letter, matrix, pivots)
        store(f, sign_out, (), sign)
        store(f, logarithm_out, (), logarithm)


def det(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.det`, as NumPy computes it: by a logarithm, so that it overflows only where the result does."""
    statics_of(statement)
    source, target = views_of(f, statement)
    letter, size = letter_of(statement, source.dtype), source.sizes[-1]
    kind, real = source.kind, kind_of(_REAL[letter])
    matrix = by_columns(f, statement, source.dtype, size, size)
    pivots = memory_for(f, ("4", size), statement.where)
    with each_matrix(f, (source, target), (2, 0)) as (a, out):
        copy(f, a, matrix)
        sign, logarithm = _sign_and_logarithm(f, statement, letter, matrix, pivots)
        magnitude = cast(f.w, real, kind, (FLOATS["exp"](f.w, real, logarithm[0]),))
        store(f, out, (), scalar_function(f.w, "multiply", kind, [(kind, sign), (kind, magnitude)]))


def eigh(f: Frame, statement: Apply) -> None:
    """`numpy.linalg.eigh`: eigenvalues in ascending order, eigenvectors in columns. `UPLO`: the triangle read."""
    triangle = str(statics_of(statement, "UPLO").get("UPLO", "L")).upper()
    if triangle not in ("L", "U"):
        raise NotAcceptedError("UPLO of numpy.linalg.eigh must be 'L' or 'U'")
    source, values, vectors = views_of(f, statement)
    letter, size, w = letter_of(statement, source.dtype), source.sizes[-1], f.w
    real, is_complex = _REAL[letter], letter in "cz"
    matrix = by_columns(f, statement, source.dtype, size, size)
    found = by_columns(f, statement, real, size, "1")
    # The workspaces that the routines ask for when vectors are wanted, in numbers; at least 1.
    square = w.value(f"mul i64 {size}, {size}")
    real_work = _sum(f, "1", _times(f, 5 if is_complex else 6, size), _times(f, 2, square))
    integer_work = _sum(f, "3", _times(f, 5, size))
    works = [(real_work, str(kind_of(real).size))]
    if is_complex:
        complex_work = _sum(f, "1", _times(f, 2, size), square)
        works.insert(0, (complex_work, str(kind_of(source.dtype).size)))
    works.append((integer_work, "4"))
    memory = [memory_for(f, (one, count), statement.where) for count, one in works]
    room = [
        pointer
        for block, (count, _) in zip(memory, works, strict=True)
        for pointer in (block, integer_reference(f, count))
    ]
    with (
        each_matrix(f, (source, values, vectors), (2, 1, 2)) as (a, values_out, vectors_out),
    ):
        copy(f, a, matrix)
        with status_of(f, statement, "Eigenvalues did not converge") as status:
            call_fortran(
                f, "lapack", letter + ("heevd" if is_complex else "syevd"),
                letter_reference(f, "V"), letter_reference(f, triangle), integer_reference(f, size), matrix.pointer,
                leading(f, size), found.pointer, *room, status,
            )  # fmt: skip
        copy(f, View(found.pointer, (size,), ("1",), real), values_out)
        copy(f, matrix, vectors_out)


def _times(f: Frame, factor: int, number: str) -> str:
    return f.w.value(f"mul i64 {factor}, {number}")


def _sum(f: Frame, *numbers: str) -> str:
    total = numbers[0]
    for one in numbers[1:]:
        total = f.w.value(f"add i64 {total}, {one}")
    return total
