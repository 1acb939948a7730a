"""Functions applied element by element: dtypes as NumPy promotes them, shapes as it broadcasts them.

What goes in: abstract values. What comes out: a `Scalar` where all are scalars (or arrays of rank 0), else a `Lazy`.
What holds: an axis of size 1 is stretched only where its size is known to be 1 when the program is made; sizes that are
not shown to be equal are checked. Python numbers take the dtype of what they meet (NumPy Enhancement Proposal 50).
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wengert.lower.bounds import same_size, size_of
from wengert.lower.context import Context
from wengert.lower.values import Abstract, Along, Lazy, Scalar, Static, View
from wengert.lower.values import Sequence as AbstractSequence
from wengert.program.builder import Builder, integer
from wengert.program.functions import FUNCTIONS, result_dtype
from wengert.program.statements import Constant, Operand, Value

__all__ = [
    "ArrayLike",
    "aligned",
    "as_operand",
    "broadcast_sizes",
    "cast_scalar",
    "cast_value",
    "check_equal",
    "constant_of",
    "element",
    "elementwise",
    "is_mixed",
    "refuse_mixed",
    "require_sizes",
    "resolve",
    "scalar_function",
    "shape_of",
    "sources_of",
    "ufunc",
    "whole",
]

ArrayLike = Scalar | View | Lazy

_PYTHON_DTYPES: dict[type, str] = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}
_ACCEPTED_KINDS = "biufc"
_BOOLEAN = {
    "add": "logical_or", "maximum": "logical_or", "fmax": "logical_or", "bitwise_or": "logical_or",
    "multiply": "logical_and", "minimum": "logical_and", "fmin": "logical_and", "bitwise_and": "logical_and",
    "bitwise_xor": "not_equal", "logical_xor": "not_equal", "invert": "logical_not",
}  # fmt: skip
_ORDERS = ("less", "less_equal", "greater", "greater_equal")
_COMPARISONS = (*_ORDERS, "equal", "not_equal")


def constant_of(context: Context, value: Any) -> Scalar | None:
    """A number known now as a scalar; `None` for what is no number."""
    if isinstance(value, enum.Enum) and isinstance(value, (int, float)):
        value = value.value
    if type(value) in _PYTHON_DTYPES:
        if type(value) is int and not -(2**63) <= value < 2**63:
            context.refuse(f"the integer {value} does not fit in 64 bits", "Write it as a float.")
        return Scalar(Constant(value, _PYTHON_DTYPES[type(value)]), weak=True)
    if isinstance(value, np.generic) and value.dtype.kind in _ACCEPTED_KINDS:
        return Scalar(Constant(value.item(), _accepted(context, value.dtype)), weak=False)
    return None


def _accepted(context: Context, dtype: np.dtype[Any]) -> str:
    if dtype.kind not in _ACCEPTED_KINDS or dtype.itemsize > 16 or dtype.name in ("float16", "longdouble", "float128"):
        context.refuse(
            f"arrays of dtype {dtype} are not accepted", "Use float64, float32, complex128, integers or bool."
        )
    return dtype.name


def as_operand(context: Context, value: Abstract) -> ArrayLike:
    """A number or an array; sequences of numbers become arrays, as NumPy makes them."""
    if isinstance(value, Scalar | View | Lazy):
        return value
    if isinstance(value, Static):
        number = constant_of(context, value.value)
        if number is not None:
            return number
        if isinstance(value.value, np.ndarray | list | tuple):
            from wengert.lower.creation import array_of

            return array_of(context, value)
        context.refuse(f"{value.value!r} is no number or array")
    assert isinstance(value, AbstractSequence)
    from wengert.lower.creation import array_of

    return array_of(context, value)


def whole(storage: Any, sizes: Sequence[Operand], writable: bool = True) -> View:
    """The view of a whole storage."""
    return View(
        storage, tuple(Along(axis, integer(0), integer(1)) for axis in range(len(sizes))), tuple(sizes), writable
    )


def shape_of(value: ArrayLike) -> tuple[Operand, ...]:
    """The sizes; none for a scalar."""
    return () if isinstance(value, Scalar) else value.sizes


def sources_of(*values: ArrayLike) -> tuple[View, ...]:
    """The views that values read when an element of them is computed."""
    found: list[View] = []
    for value in values:
        if isinstance(value, View):
            found.append(value)
        elif isinstance(value, Lazy):
            found.extend(value.sources)
    return tuple(found)


def element(builder: Builder, value: ArrayLike, place: tuple[Operand, ...]) -> Operand:
    """The element at a place of the value's own rank."""
    return value.operand if isinstance(value, Scalar) else value.element(builder, place)


def aligned(builder: Builder, value: ArrayLike, place: tuple[Operand, ...]) -> Operand:
    """The element at a place of a shape to which the value is broadcast."""
    sizes = shape_of(value)
    own = place[len(place) - len(sizes) :]
    return element(
        builder, value, tuple(integer(0) if _is_one(size) else i for size, i in zip(sizes, own, strict=True))
    )


def _is_one(size: Operand) -> bool:
    return isinstance(size, Constant) and size.value == 1


def check_equal(context: Context, first: Operand, second: Operand, exception: str, text: str, *said: Operand) -> None:
    """Check that two sizes are equal, unless that is known already. Once checked, it is known where the check holds."""
    if same_size(context, first, second):
        return
    pair = frozenset((first, second))
    for known, block in context.equal:
        if known == pair and context.builder.is_open(block):
            return
    context.builder.check(context.builder.bind("equal", first, second, hint="fits"), exception, text, *said)
    context.equal.append((pair, context.builder.innermost))


def _shape_text(sizes: tuple[Operand, ...]) -> str:
    return "({},)" if len(sizes) == 1 else "(" + ",".join("{}" for _ in sizes) + ")"


def broadcast_sizes(context: Context, *shapes: tuple[Operand, ...]) -> tuple[Operand, ...]:
    """The shape to which shapes are broadcast; what does not fit raises NumPy's ValueError when the program runs."""
    rank = max(len(sizes) for sizes in shapes)
    found: list[Operand] = []
    text = "operands could not be broadcast together with shapes " + "".join(f"{_shape_text(s)} " for s in shapes)
    for axis in range(rank):
        candidates = [sizes[axis - rank + len(sizes)] for sizes in shapes if axis - rank + len(sizes) >= 0]
        wide = [size for size in candidates if not _is_one(size)]
        if not wide:
            found.append(integer(1))
            continue
        chosen = next((size for size in wide if isinstance(size, Constant)), wide[0])
        for size in wide:
            _check_not_stretched(context, chosen, size)
            check_equal(context, chosen, size, "ValueError", text, *(one for sizes in shapes for one in sizes))
        found.append(size_of(context, chosen))
    return tuple(found)


def _check_not_stretched(context: Context, first: Operand, second: Operand) -> None:
    """Check that two sizes do not differ because one of them, computed when the program runs, is 1."""
    unknown = [one for one in (first, second) if isinstance(one, Value) and one not in context.not_one]
    if same_size(context, first, second) or not unknown:
        return
    builder = context.builder
    fine = builder.bind("equal", first, second)
    both: Operand = Constant(True, "bool")
    for one in unknown:
        both = builder.bind("logical_and", both, builder.bind("not_equal", one, integer(1)))
    message = "an axis of size 1 is stretched only if its size is known when compiling: sizes {} and {}"
    holds = builder.bind("logical_or", fine, both)
    builder.check(holds, "UnsupportedOperationError", message, first, second)


def require_sizes(context: Context, target: tuple[Operand, ...], sizes: tuple[Operand, ...]) -> None:
    """Check that a value of these sizes can be broadcast into a target. Leading axes of size 1 may be left out."""
    text = f"could not broadcast input array from shape {_shape_text(sizes)} into shape {_shape_text(target)}"
    for extra in sizes[: max(len(sizes) - len(target), 0)]:
        check_equal(context, extra, integer(1), "ValueError", text, *sizes, *target)
    own = sizes[max(len(sizes) - len(target), 0) :]
    for wanted, size in zip(target[len(target) - len(own) :], own, strict=True):
        if not _is_one(size):
            check_equal(context, wanted, size, "ValueError", text, *sizes, *target)


def elementwise(
    context: Context,
    operands: Sequence[ArrayLike],
    dtype: str,
    compute: Callable[..., Operand],
    weak: bool = False,
) -> Scalar | Lazy:
    """`compute(builder, *elements)` for each place of the shape to which the operands are broadcast."""
    builder = context.builder
    if all(not shape_of(one) for one in operands):
        return Scalar(compute(builder, *(element(builder, one, ()) for one in operands)), weak)
    sizes = broadcast_sizes(context, *(shape_of(one) for one in operands))
    operands = [_once(context, one, sizes) for one in operands]

    def at(builder: Builder, place: tuple[Operand, ...]) -> Operand:
        return compute(builder, *(aligned(builder, one, place) for one in operands))

    return Lazy(dtype, sizes, at, sources_of(*operands))


def _once(context: Context, value: ArrayLike, sizes: tuple[Operand, ...]) -> ArrayLike:
    """An operand whose elements are each computed once, though it may be stretched to these sizes."""
    own = shape_of(value)
    if not own:
        return Scalar(element(context.builder, value, ()), False)
    stretched = len(own) < len(sizes) or any(_is_one(a) and not _is_one(b) for a, b in zip(own, sizes, strict=True))
    if isinstance(value, Lazy) and value.sources and stretched:
        from wengert.lower.storing import in_storage

        return in_storage(context, value)
    return value


def cast_scalar(builder: Builder, operand: Operand, dtype: str) -> Operand:
    """A conversion of dtype; from complex to real, the real part."""
    if operand.dtype.startswith("complex") and not dtype.startswith("complex"):
        if dtype == "bool":
            return builder.bind("not_equal", operand, Constant(0j, operand.dtype))
        operand = builder.bind("real", operand)
    return builder.cast(operand, dtype)


def cast_value(context: Context, value: ArrayLike, dtype: str) -> ArrayLike:
    """A value in another dtype, no longer a Python number."""
    if not isinstance(value, Scalar) and value.dtype == dtype:
        return value
    if isinstance(value, Scalar):
        return Scalar(cast_scalar(context.builder, value.operand, dtype), weak=False)
    return elementwise(context, [value], dtype, lambda builder, x: cast_scalar(builder, x, dtype))


# Ufuncs.


def _weak_kind(value: ArrayLike) -> Any:
    """What `ufunc.resolve_dtypes` takes for an operand: a dtype, or a Python type for a Python number."""
    if isinstance(value, Scalar) and value.weak and value.dtype != "bool":
        return {"int64": int, "float64": float, "complex128": complex}[value.dtype]
    return np.dtype(value.dtype)


@functools.cache
def _resolved(function: np.ufunc, kinds: tuple[Any, ...]) -> tuple[str, ...] | str:
    try:
        return tuple(dtype.name for dtype in function.resolve_dtypes((*kinds, *(None,) * function.nout)))
    except TypeError as error:
        return str(error)


_SAME_IF_REAL = (
    np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.conjugate, np.absolute, np.equal,
    np.not_equal,
)  # fmt: skip


def is_mixed(operands: Sequence[ArrayLike]) -> bool:
    """Whether the result of an operation may be real for Python although an operand is complex here."""
    return any(isinstance(one, Scalar) and one.mixed for one in operands) and not any(
        one.dtype.startswith("complex") and not (isinstance(one, Scalar) and one.mixed) for one in operands
    )


def refuse_mixed(context: Context, operands: Sequence[ArrayLike]) -> None:
    """Refuse what gives another value, or another dtype, for a real number than for that number as a complex one."""
    if is_mixed(operands):
        context.refuse(
            "this number is real on one path and complex on another", "Make it complex on all paths: add 0j to it."
        )


def resolve(context: Context, function: np.ufunc, operands: Sequence[ArrayLike]) -> tuple[str, ...]:
    """The dtypes in which a ufunc computes and of its results."""
    if function not in _SAME_IF_REAL or any(shape_of(one) for one in operands):
        refuse_mixed(context, operands)
    found = _resolved(function, tuple(_weak_kind(one) for one in operands))
    if isinstance(found, str):
        context.refuse(found)
    for dtype in found:
        _accepted(context, np.dtype(dtype))
    return found


def scalar_function(builder: Builder, name: str, operands: Sequence[Operand], dtypes: tuple[str, ...]) -> Operand:
    """A scalar function in the dtypes given: those of the operands, then that of the result."""
    cast = [cast_scalar(builder, one, dtype) for one, dtype in zip(operands, dtypes, strict=False)]
    if all(dtype == "bool" for dtype in dtypes[: len(cast)]):
        if name in ("conjugate", "absolute"):
            return cast[0]
        name = _BOOLEAN.get(name, name)
    if name in _ORDERS and dtypes[0].startswith("complex"):
        return _complex_order(builder, name, cast[0], cast[1])
    found = builder.bind(name, *cast, dtype=dtypes[-1] if FUNCTIONS[name].kind == "given" else None)
    return builder.cast(found, dtypes[-1])


def _complex_order(builder: Builder, name: str, first: Operand, second: Operand) -> Operand:
    """NumPy's order of complex numbers: by the real parts, by the imaginary ones where those are equal; none of NaN."""
    parts = [(builder.bind("real", one), builder.bind("imag", one)) for one in (first, second)]
    (x, x_imag), (y, y_imag) = parts
    strict = name.removesuffix("_equal")
    no_nan = builder.bind("equal", builder.bind("add", x_imag, y_imag), builder.bind("add", x_imag, y_imag))
    by_real = builder.bind("logical_and", builder.bind(strict, x, y), no_nan)
    by_imag = builder.bind("logical_and", builder.bind("equal", x, y), builder.bind(name, x_imag, y_imag))
    return builder.bind("logical_or", by_real, by_imag)


def ufunc(context: Context, name: str, operands: Sequence[ArrayLike]) -> Scalar | Lazy:
    """A ufunc that is a function of programs, as NumPy calls it: its result is never a Python number."""
    function = FUNCTIONS[name].function
    if name in ("real", "imag"):
        return elementwise(
            context, operands, result_dtype(name, (operands[0].dtype,)), lambda builder, x: builder.bind(name, x)
        )
    assert isinstance(function, np.ufunc), name
    dtypes = resolve(context, function, operands)
    if name in _COMPARISONS:
        dtypes = _comparison_dtypes(context, name, operands, dtypes)
    else:
        for one, dtype in zip(operands, dtypes, strict=False):
            check_fits(context, one, dtype)
    if name == "power":
        _check_power(context, operands[1], dtypes)
    found = elementwise(
        context, operands, dtypes[-1], lambda builder, *elements: scalar_function(builder, name, elements, dtypes)
    )
    if isinstance(found, Scalar) and found.dtype.startswith("complex") and is_mixed(operands):
        return replace(found, mixed=True)
    return found


def _comparison_dtypes(
    context: Context, name: str, operands: Sequence[ArrayLike], dtypes: tuple[str, ...]
) -> tuple[str, ...]:
    """NumPy compares integers of all sizes by value."""
    if any(isinstance(one, Scalar) and one.weak for one in operands) and np.dtype(dtypes[0]).kind in "iu":
        return ("int64", "int64", "bool")
    return dtypes


def check_fits(context: Context, value: ArrayLike, dtype: str) -> None:
    """A Python integer must fit in the integer dtype it takes; NumPy raises OverflowError where it does not."""
    kind = np.dtype(dtype)
    if not (isinstance(value, Scalar) and value.weak and value.dtype == "int64" and kind.kind in "iu"):
        return
    if dtype == "int64":
        return
    limits = np.iinfo(kind)
    builder, operand = context.builder, value.operand
    low = builder.bind("greater_equal", operand, integer(int(limits.min)))
    fits = low
    if limits.max < 2**63:
        fits = builder.bind("logical_and", low, builder.bind("less_equal", operand, integer(int(limits.max))))
    builder.check(fits, "OverflowError", f"Python integer {{}} out of bounds for {dtype}", operand)


def _check_power(context: Context, exponent: ArrayLike, dtypes: tuple[str, ...]) -> None:
    if np.dtype(dtypes[0]).kind != "i":
        return
    if not isinstance(exponent, Scalar):
        context.refuse("powers of integers with an array of integer exponents", "Convert the base to float64.")
    fits = context.builder.bind("greater_equal", exponent.operand, Constant(0, exponent.dtype))
    context.builder.check(fits, "ValueError", "Integers to negative integer powers are not allowed.")
