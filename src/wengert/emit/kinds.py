"""How a NumPy dtype is held in LLVM: in registers, in memory, and as text of a constant.

A number in registers is a tuple of *parts*: one, or the real and the imaginary part of a complex number, so that LLVM
sees plain floats everywhere. A bool is an `i1` in registers and a byte in memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from wengert.errors import NotAcceptedError

__all__ = ["KINDS", "Kind", "constant_parts", "kind_of", "real_text"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A dtype. `register` and `memory` are the LLVM types of one part; `parts` is 2 for complex numbers."""

    dtype: str
    family: str
    register: str
    memory: str
    parts: int
    bits: int

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return np.dtype(self.dtype).itemsize

    @property
    def is_integer(self) -> bool:
        """Whether it is an integer, with a sign or without."""
        return self.family in ("signed", "unsigned")


def _integer(dtype: str, family: str, bits: int) -> Kind:
    return Kind(dtype, family, f"i{bits}", f"i{bits}", 1, bits)


KINDS: dict[str, Kind] = {
    "bool": Kind("bool", "bool", "i1", "i8", 1, 1),
    **{f"int{bits}": _integer(f"int{bits}", "signed", bits) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": _integer(f"uint{bits}", "unsigned", bits) for bits in (8, 16, 32, 64)},
    "float32": Kind("float32", "real", "float", "float", 1, 32),
    "float64": Kind("float64", "real", "double", "double", 1, 64),
    "complex64": Kind("complex64", "complex", "float", "float", 2, 32),
    "complex128": Kind("complex128", "complex", "double", "double", 2, 64),
}


def kind_of(dtype: str) -> Kind:
    """The kind of a dtype, by its name."""
    if dtype not in KINDS:
        raise NotAcceptedError(f"numbers of dtype {dtype} are not compiled")
    return KINDS[dtype]


def real_text(value: float, register: str) -> str:
    """A float as LLVM reads it: the bits of the double, those of a `float` rounded first."""
    if register == "float":
        with np.errstate(over="ignore"):
            value = float(np.float32(value))
    return "0x" + struct.pack(">d", value).hex().upper()


def constant_parts(value: bool | int | float | complex, dtype: str) -> tuple[str, ...]:
    """The parts of a constant."""
    kind = kind_of(dtype)
    if kind.family == "bool":
        return ("true" if value else "false",)
    if kind.is_integer:
        return (str(int(value.real)),)
    if kind.family == "real":
        return (real_text(float(value.real), kind.register),)
    number = complex(value)
    return (real_text(number.real, kind.register), real_text(number.imag, kind.register))
