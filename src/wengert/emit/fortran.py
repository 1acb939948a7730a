"""Calls of BLAS and LAPACK, as SciPy exports them to compiled code: every argument by reference."""

from __future__ import annotations

from wengert.emit.frame import Frame
from wengert.emit.kinds import constant_parts, kind_of
from wengert.emit.libraries import pyx_address
from wengert.errors import NotAcceptedError

__all__ = ["by_reference", "call_fortran", "integer_reference", "letter_reference"]


def letter_reference(f: Frame, letter: str) -> str:
    """A pointer to a letter."""
    return f.w.alloca("i8", f"i8 {ord(letter)}")


def integer_reference(f: Frame, number: str) -> str:
    """A pointer to a Fortran integer, which has 32 bits."""
    pointer = f.w.alloca("i32")
    f.w.do(f"store i32 {f.w.value(f'trunc i64 {number} to i32')}, ptr {pointer}")
    return pointer


def by_reference(f: Frame, dtype: str, value: float) -> str:
    """A pointer to a constant of a dtype."""
    kind = kind_of(dtype)
    pointer = f.w.alloca(f"[{kind.parts} x {kind.memory}], align 16")
    f.store_as(dtype, pointer, constant_parts(value, dtype))
    return pointer


def call_fortran(f: Frame, library: str, name: str, *pointers: str) -> None:
    """Call a routine of "blas" or "lapack"."""
    address, signature = pyx_address(f"scipy.linalg.cython_{library}", name)
    if " int *" not in signature.replace("(", " "):
        raise NotAcceptedError(f"SciPy's {library} has integers of another size than 32 bits")
    symbol = f"wengert_{name}"
    f.w.link(symbol, address)
    f.w.declare(symbol, f"declare void @{symbol}({', '.join(['ptr'] * len(pointers))})")
    f.w.do(f"call void @{symbol}({', '.join(f'ptr {pointer}' for pointer in pointers)})")
