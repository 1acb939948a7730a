"""Where elementary and special functions come from: the C library, its vector forms (libmvec), and SciPy.

What goes in: the name of a function. What comes out: a call in the text, and the address of what SciPy exports. Which
vector forms exist depends on the version of glibc, so they are looked up; only those are named that the CPU has
registers for. The vector forms err by less than 4 units in the last place.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib
import platform
import re
import sys

from wengert.emit.writer import PURE, Writer
from wengert.errors import NotAcceptedError

__all__ = ["C_NAMES", "SPECIAL", "call_c", "call_complex", "call_special", "libraries", "pyx_address"]

_SAME_NAMES = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "cbrt",
    "erf", "erfc", "hypot", "nextafter",
)  # fmt: skip

C_NAMES = {
    **{name: name for name in _SAME_NAMES},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "arctan2": "atan2",
    "power": "pow",
}

SPECIAL = ("erfinv", "gamma", "gammaln", "psi", "expit", "ndtr", "i0", "i1", "j0", "j1")

# Registers: a letter of the vector function ABI, the bytes they hold, and the CPU feature.
_REGISTERS = (("b", 16, "sse2"), ("d", 32, "avx2"), ("e", 64, "avx512f"))


@functools.cache
def libraries() -> tuple[str, ...]:
    """The shared libraries that compiled code is linked with, those that this system has."""
    candidates = ["libm.so.6", "libmvec.so.1"] if sys.platform == "linux" else [ctypes.util.find_library("m")]
    found = []
    for name in candidates:
        try:
            ctypes.CDLL(name or "")
        except OSError:
            continue
        found.append(name or "")
    return tuple(found)


@functools.cache
def _vector_library() -> ctypes.CDLL | None:
    if "libmvec.so.1" in libraries() and platform.machine() == "x86_64":
        return ctypes.CDLL("libmvec.so.1")
    return None


@functools.cache
def _vector_forms(name: str, size: int, arity: int, features: frozenset[str]) -> tuple[tuple[int, str], ...]:
    library = _vector_library()
    if library is None:
        return ()
    forms = []
    for letter, held, feature in _REGISTERS:
        lanes = held // size
        form = f"_ZGV{letter}N{lanes}{'v' * arity}_{name}"
        if feature in features and hasattr(library, form):
            forms.append((lanes, form))
    return tuple(forms)


def call_c(w: Writer, name: str, kind: str, arguments: tuple[str, ...]) -> str:
    """A call of a function of the C library on reals."""
    name += "f" if kind == "float" else ""
    arity = len(arguments)
    w.declare(name, f"declare {kind} @{name}({', '.join([kind] * arity)}) {w.attributes(PURE)}")
    forms = _vector_forms(name, 4 if kind == "float" else 8, arity, w.module.features)
    attributes = PURE
    if forms:
        mappings = ",".join(f"_ZGV_LLVM_N{lanes}{'v' * arity}_{name}({form})" for lanes, form in forms)
        attributes += f' "vector-function-abi-variant"="{mappings}"'
        for lanes, form in forms:
            vector = f"<{lanes} x {kind}>"
            w.declare(form, f"declare {vector} @{form}({', '.join([vector] * arity)}) {w.attributes(PURE)}")
            w.keep(form)
    listed = ", ".join(f"{kind} {one}" for one in arguments)
    return w.value(f"call {kind} @{name}({listed}) {w.attributes(attributes)}")


def call_complex(w: Writer, name: str, *arguments: tuple[str, str]) -> tuple[str, str]:
    """A call of a function of the C library on complex doubles, such as `cexp`.

    On the calling conventions of x86-64 (not Windows) and of 64-bit ARM a complex double is passed and returned as two
    doubles in registers.
    """
    if sys.platform == "win32" or platform.machine() not in ("x86_64", "aarch64", "arm64"):
        raise NotAcceptedError(f"{name} of complex numbers is not compiled on this platform")
    pair = "{ double, double }"
    w.declare(name, f"declare {pair} @{name}({', '.join(['double, double'] * len(arguments))}) {w.attributes(PURE)}")
    listed = ", ".join(f"double {part}" for one in arguments for part in one)
    result = w.value(f"call {pair} @{name}({listed}) {w.attributes(PURE)}")
    return w.value(f"extractvalue {pair} {result}, 0"), w.value(f"extractvalue {pair} {result}, 1")


_CAPSULE_NAME = ctypes.pythonapi.PyCapsule_GetName
_CAPSULE_NAME.restype = ctypes.c_char_p
_CAPSULE_NAME.argtypes = [ctypes.py_object]
_CAPSULE_POINTER = ctypes.pythonapi.PyCapsule_GetPointer
_CAPSULE_POINTER.restype = ctypes.c_void_p
_CAPSULE_POINTER.argtypes = [ctypes.py_object, ctypes.c_char_p]


@functools.cache
def pyx_address(module: str, name: str) -> tuple[int, str]:
    """The address of a function that a Cython module of SciPy exports, and its C signature."""
    capsule = importlib.import_module(module).__pyx_capi__[name]
    signature = _CAPSULE_NAME(capsule)
    address = _CAPSULE_POINTER(capsule, signature)
    assert signature is not None
    assert address is not None
    return address, signature.decode()


@functools.cache
def _special(name: str, arity: int) -> tuple[int, str]:
    """A function of doubles; functions of several types are exported under a name with a number."""
    module = "scipy.special.cython_special"
    exported = importlib.import_module(module).__pyx_capi__
    for candidate in (name, *(f"__pyx_fuse_{number}{name}" for number in range(3))):
        if candidate in exported:
            address, signature = pyx_address(module, candidate)
            if re.fullmatch(rf"double \(double(, double){{{arity - 1}}}(, int __pyx_skip_dispatch)?\)", signature):
                return address, signature
    raise NotAcceptedError(f"SciPy does not export {name} for compiled code")


def call_special(w: Writer, name: str, *arguments: str) -> str:
    """A call of a function of `scipy.special` on doubles."""
    address, signature = _special(name, len(arguments))
    symbol = f"wengert_{name}"
    extra = "skip_dispatch" in signature
    w.link(symbol, address)
    types = ", ".join(["double"] * len(arguments) + ["i32"] * extra)
    w.declare(symbol, f"declare double @{symbol}({types}) {w.attributes(PURE)}")
    listed = ", ".join([f"double {one}" for one in arguments] + ["i32 0"] * extra)
    return w.value(f"call double @{symbol}({listed}) {w.attributes(PURE)}")
