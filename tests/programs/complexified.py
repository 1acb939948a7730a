"""The corpus as complex programs: each module executed again with names that make the complex step possible.

What goes in: the name of a module of the corpus. What comes out: its programs, in which arrays are complex where they
were floating, and functions that are not analytic act on the real part: `abs` is `x` or `-x`, `int` and `floor` see the
real part, `math` functions take complex numbers. Comparisons need nothing: NumPy orders complex numbers by their real
parts first. The imaginary part of a result at `x + ih d` is then `h` times the derivative along `d`: nothing cancels.

Source: Martins, Sturdza and Alonso, "The Complex-Step Derivative Approximation", ACM TOMS 29 (2003), section 3.
"""

from __future__ import annotations

import builtins
import cmath
import functools
import math
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["complexified_programs"]


def _complex(value: Any) -> Any:
    """A floating array or NumPy scalar as a complex one; everything else as it is."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f":
        return value.astype(np.complex128)
    return value


def _complex_dtype(dtype: Any) -> Any:
    return np.complex128 if np.dtype(dtype).kind == "f" else dtype


def _creating(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def create(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("dtype") is not None:
            kwargs["dtype"] = _complex_dtype(kwargs["dtype"])
        return _complex(function(*args, **kwargs))

    return create


def _on_real_parts(function: Callable[..., Any]) -> Callable[..., Any]:
    """A piecewise constant function."""

    def apply(x: Any, *args: Any, **kwargs: Any) -> Any:
        return function(np.real(x), *args, **kwargs)

    return apply


def _absolute(x: Any, out: Any = None, **kwargs: Any) -> Any:
    if isinstance(x, builtins.int):
        return builtins.abs(x)
    return np.multiply(x, np.where(np.real(x) < 0, -1.0, 1.0), out, **kwargs)


def _arctan2(y: Any, x: Any) -> Any:
    slope = np.imag(y) * np.real(x) - np.imag(x) * np.real(y)
    return np.arctan2(np.real(y), np.real(x)) + 1j * slope / (np.real(x) ** 2 + np.real(y) ** 2)


def _hypot(x: Any, y: Any) -> Any:
    return np.sqrt(x * x + y * y)


def _remainder(a: Any, b: Any) -> Any:
    return a - np.floor(np.real(a) / np.real(b)) * b


def _erf(x: Any) -> Any:
    return math.erf(np.real(x)) + 1j * np.imag(x) * 2 / math.sqrt(math.pi) * math.exp(-(np.real(x) ** 2))


def _logaddexp(a: Any, b: Any) -> Any:
    return np.maximum(a, b) + np.log1p(np.exp(-_absolute(a - b)))


def _variance(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    count = np.size(x) if axis is None else np.shape(x)[axis]
    return np.sum(centred * centred, axis=axis, keepdims=keepdims) / (count - ddof)


def _vectorize(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs: np.array([function(*elements) for elements in zip(*np.broadcast_arrays(*xs), strict=True)])


class _Generator:
    """A random generator whose arrays are complex."""

    def __init__(self, seed: int) -> None:
        self.plain = np.random.default_rng(seed)

    def __getattr__(self, name: str) -> Any:
        return _creating(getattr(self.plain, name))


def _norm(x: Any, axis: Any = None) -> Any:
    return np.sqrt(np.sum(x * x, axis=axis))


class _Float:
    dtype = np.dtype(np.complex128)

    def __new__(cls, x: Any = 0.0) -> Any:
        return np.complex128(x)


class _IntegerType(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, builtins.int)


class _Int(metaclass=_IntegerType):
    dtype = np.dtype(np.int64)

    def __new__(cls, x: Any = 0) -> Any:
        return builtins.int(np.real(x))


class _Numpy(types.ModuleType):
    """NumPy with the changed names in front of it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


_CREATION = """
    arange array asarray asanyarray ascontiguousarray empty empty_like eye fromfunction fromiter full full_like
    geomspace identity linspace logspace ones ones_like tri vander zeros zeros_like
""".split()  # noqa: SIM905 - a list of words


def _numpy() -> types.ModuleType:
    module = _Numpy("numpy")
    for name in _CREATION:
        setattr(module, name, _creating(getattr(np, name)))
    for name in ("floor", "ceil", "rint", "trunc", "sign", "floor_divide"):
        setattr(module, name, _on_real_parts(getattr(np, name)))
    vars(module).update(
        abs=_absolute,
        absolute=_absolute,
        fabs=_absolute,
        arctan2=_arctan2,
        hypot=_hypot,
        mod=_remainder,
        remainder=_remainder,
        logaddexp=_logaddexp,
        var=_variance,
        std=lambda *args, **kwargs: np.sqrt(_variance(*args, **kwargs)),
        vectorize=_vectorize,
        random=types.SimpleNamespace(default_rng=_Generator),
        vdot=lambda a, b: np.dot(np.ravel(a), np.ravel(b)),
        correlate=lambda a, v, *args: np.correlate(a, np.conj(v), *args),
        cbrt=lambda x: np.power(x, 1 / 3),
        deg2rad=lambda x: x * (np.pi / 180),
        float64=_Float,
        float32=_Float,
    )
    linalg = types.SimpleNamespace(**{name: getattr(np.linalg, name) for name in ("solve", "inv", "det")}, norm=_norm)
    vars(module)["linalg"] = linalg
    return module


def _mathematics() -> types.ModuleType:
    module = types.ModuleType("math")
    for name in ("pi", "e", "inf", "isqrt", "comb", "factorial", "prod", "gcd"):
        setattr(module, name, getattr(math, name))
    for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "sinh", "cosh", "tanh", "expm1", "log1p", "log2", "log10"):
        setattr(module, name, getattr(np, name))
    for name in ("floor", "ceil", "trunc"):
        setattr(module, name, lambda x, f=getattr(math, name): f(np.real(x)))
    vars(module).update(
        asin=np.arcsin,
        acos=np.arccos,
        atan=np.arctan,
        asinh=np.arcsinh,
        atanh=np.arctanh,
        atan2=_arctan2,
        hypot=lambda *xs: np.sqrt(sum(x * x for x in xs)),
        fabs=_absolute,
        pow=lambda x, y: np.power(np.complex128(x), y),
        erf=_erf,
        fsum=sum,
        dist=lambda p, q: np.sqrt(sum((a - b) ** 2 for a, b in zip(p, q, strict=True))),
        radians=lambda x: x * (math.pi / 180),
        copysign=lambda x, y: _absolute(x) * math.copysign(1.0, np.real(y)),
        isclose=cmath.isclose,
        isfinite=lambda x: math.isfinite(np.real(x)),
        isnan=lambda x: math.isnan(np.real(x)),
    )
    return module


def _builtin_names() -> dict[str, Any]:
    def divide(a: Any, b: Any) -> tuple[Any, Any]:
        quotient = np.floor(np.real(a) / np.real(b))
        return quotient, a - quotient * b

    names = dict(vars(builtins))
    names.update(
        abs=_absolute,
        float=_Float,
        int=_Int,
        round=lambda x, *digits: builtins.round(np.real(x).item(), *digits),
        divmod=divide,
    )
    return names


@functools.cache
def complexified_programs(module_name: str) -> dict[str, tuple[Callable[..., Any], Callable[[], Any]]]:
    """The programs of one module, each with the function that makes its inputs, both complex."""
    found: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {}

    def program(inputs: Any, **_: Any) -> Callable[[Any], Any]:
        def register(function: Any) -> Any:
            found[function.__name__] = function, inputs
            return function

        return register

    replaced = {
        "numpy": _numpy(),
        "math": _mathematics(),
        "tests.programs.registry": types.SimpleNamespace(program=program),
    }

    def import_module(name: str, *args: Any) -> Any:
        return replaced[name] if name in replaced else builtins.__import__(name, *args)

    path = Path(__file__).parent / f"{module_name}.py"
    module = types.ModuleType(f"complexified_{module_name}")
    names = {**_builtin_names(), "__import__": import_module}
    vars(module)["__builtins__"] = names
    sys.modules[module.__name__] = module  # dataclasses looks its module up
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))  # its own source
    return found
