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
import sys
from collections.abc import Sequence

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

SPECIAL = ("erfinv", "gamma", "gammaln", "psi", "expit", "ndtr", "i0", "i1", "iv", "j0", "j1", "jv")

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


_C_TYPES = {
    "double": "double",
    "__pyx_t_double_complex": "complex",
    "Py_ssize_t": "int",
    "double *": "double *",
    "__pyx_t_double_complex *": "complex *",
}
_LLVM_TYPES = {"double": ("double",), "complex": ("double", "double"), "int": ("i64",)}


@functools.cache
def _special(name: str, types: tuple[str, ...], result: str, outputs: int) -> tuple[int, int, int, int]:
    """A function of these types: the number of its name, its address, and how many options and pointers it takes.

    Functions of several types are exported under a name with a number. Several results are written to pointers.
    """
    module = "scipy.special.cython_special"
    exported = importlib.import_module(module).__pyx_capi__
    wanted = (*types, *(f"{result} *",) * (outputs if outputs > 1 else 0))
    for number, candidate in enumerate((name, *(f"__pyx_fuse_{number}{name}" for number in range(3)))):
        if candidate not in exported:
            continue
        address, signature = pyx_address(module, candidate)
        returned, _, listed = signature.removesuffix(")").partition(" (")
        parameters = listed.split(", ")
        options = sum(one.startswith("int ") for one in parameters)
        pointers = sum(one.startswith("struct ") for one in parameters)
        plain = parameters[: len(parameters) - options - pointers]
        if _C_TYPES.get(returned, returned) == (result if outputs == 1 else "void") and wanted == tuple(
            _C_TYPES.get(one, one) for one in plain
        ):
            return number, address, options, pointers
    raise NotAcceptedError(f"SciPy does not export {name} of {', '.join(types)} for compiled code")


def _arguments(
    name: str, given: Sequence[tuple[str, tuple[str, ...]]], result: str, outputs: int, w: Writer
) -> tuple[list[tuple[str, tuple[str, ...]]], tuple[int, int, int, int]]:
    """The arguments in the types of a function that SciPy has: whole numbers as they are, or else as doubles."""
    kinds = {"float64": "double", "complex128": "complex", "int64": "int"}
    typed = [(kinds[dtype], parts) for dtype, parts in given]
    try:
        return typed, _special(name, tuple(kind for kind, _ in typed), result, outputs)
    except NotAcceptedError:
        if all(kind != "int" for kind, _ in typed):
            raise
    typed = [
        ("double", (w.value(f"sitofp i64 {parts[0]} to double"),)) if kind == "int" else (kind, parts)
        for kind, parts in typed
    ]
    return typed, _special(name, tuple(kind for kind, _ in typed), result, outputs)


def call_special(
    w: Writer, name: str, given: Sequence[tuple[str, tuple[str, ...]]], dtype: str, outputs: int = 1
) -> list[tuple[str, ...]]:
    """A call of a function of `scipy.special`: arguments with their dtypes, results of one dtype, in double precision.

    On the calling conventions named at `call_complex` a complex double is passed and returned as two doubles.
    """
    result = {"float64": "double", "complex128": "complex"}[dtype]
    arguments, (number, address, options, pointers) = _arguments(name, given, result, outputs, w)
    is_complex = result == "complex" or any(kind == "complex" for kind, _ in arguments)
    if is_complex and (sys.platform == "win32" or platform.machine() not in ("x86_64", "aarch64", "arm64")):
        raise NotAcceptedError(f"{name} of complex numbers is not compiled on this platform")
    symbol = f"wengert_{name}_{number}"
    w.link(symbol, address)
    registers = _LLVM_TYPES[result]
    memory = f"[{len(registers)} x double]"
    listed = [f"{kind} {one}" for of, parts in arguments for kind, one in zip(_LLVM_TYPES[of], parts, strict=True)]
    places = [w.alloca(memory) for _ in range(outputs)] if outputs > 1 else []
    listed += [f"ptr {one}" for one in places] + ["i32 0"] * options + ["ptr null"] * pointers
    returned = "void" if places else registers[0] if len(registers) == 1 else "{ double, double }"
    attributes = w.attributes("nounwind willreturn" if places else PURE)
    types = ", ".join(one.split(" ")[0] for one in listed)
    w.declare(symbol, f"declare {returned} @{symbol}({types}) {attributes}")
    call = f"call {returned} @{symbol}({', '.join(listed)}) {attributes}"
    if places:
        w.do(call)
        return [
            tuple(
                w.value(f"load double, ptr {w.value(f'getelementptr {memory}, ptr {one}, i64 0, i64 {part}')}")
                for part in range(len(registers))
            )
            for one in places
        ]
    found = w.value(call)
    if len(registers) == 1:
        return [(found,)]
    return [(w.value(f"extractvalue {returned} {found}, 0"), w.value(f"extractvalue {returned} {found}, 1"))]
