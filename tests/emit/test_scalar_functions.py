"""Every scalar function, for every dtype, on ordinary and special numbers, against NumPy; in vector loops too."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wengert.emit import compile_program
from wengert.emit.compile import emit_program
from wengert.emit.libraries import libraries
from wengert.emit.machine import object_code
from wengert.program.builder import Builder, integer
from wengert.program.functions import FUNCTIONS, result_dtype
from wengert.program.statements import Array, Constant, Operand, Program, Storage, Value
from wengert.runtime.cache import Cache

FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, -3.5, 3.0, 7.25, 1e-3, 30.0, -30.0, np.inf, -np.inf, np.nan]
INTEGERS = [0, 1, -1, 2, -2, 3, 7, -7, 10, 63, 100, 127, -128]
COMPLEX = [0, 1, -1, 1j, -1j, 0.5 + 0.25j, -1.5 + 2j, 3 - 4j, -0.3 - 0.1j, 2.0, 1e-3 + 5j]
VALUES: dict[str, list[Any]] = {
    "float64": FLOATS,
    "float32": FLOATS,
    "int64": [*INTEGERS, -(2**63), 2**63 - 1],
    "int32": [*INTEGERS, -(2**31)],
    "int8": INTEGERS,
    "uint8": [0, 1, 2, 3, 7, 100, 255],
    "bool": [False, True],
    "complex128": COMPLEX,
    "complex64": COMPLEX,
}
TOLERANCE = {"float64": 4e-15, "float32": 2e-6, "complex128": 2e-14, "complex64": 4e-6}


def elementwise(make: Callable[..., Operand], dtypes: list[str], result: str) -> Program:
    """A program that computes a function of arrays into an array, in a loop that LLVM may vectorise."""
    n = Value("n", "int64")
    storages = [Storage(f"x{k}", dtype, 1) for k, dtype in enumerate(dtypes)]
    out = Storage("out", result, 1)
    builder = Builder()
    with builder.loop(integer(0), n, order_free=True) as i:
        builder.store(out, (i,), make(builder, *(builder.load(one, (i,)) for one in storages)))
    parameters = tuple(Array(one, (n,), output=one is out) for one in (*storages, out))
    return Program("elementwise", parameters, builder.finish())


def supported(name: str, dtype: str) -> np.dtype[Any] | None:
    """The dtype of NumPy's result, if NumPy computes in this dtype and not in another."""
    function = FUNCTIONS[name].function
    arguments = [np.zeros(1, dtype)] * FUNCTIONS[name].arity
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(function(*arguments)).dtype
    except TypeError:
        return None
    return found if found.name == result_dtype(name, (dtype,) * len(arguments)) else None


def arguments_for(name: str, dtype: str) -> list[np.ndarray[Any, Any]]:
    """All combinations of the values of a dtype, as arrays."""
    values = VALUES[dtype]
    columns = zip(*itertools.product(values, repeat=FUNCTIONS[name].arity), strict=True)
    arrays = [np.array(column, dtype) for column in columns]
    if name == "power" and np.issubdtype(dtype, np.integer):
        arrays[1] = np.abs(arrays[1]) % 8  # NumPy refuses negative powers of integers.
    return arrays


CASES = [
    (name, dtype)
    for name in FUNCTIONS
    if name not in ("where", "cast", "complex_number")
    for dtype in VALUES
    if supported(name, dtype) is not None
]


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_functions_agree_with_numpy(name: str, dtype: str) -> None:
    """A function compiled in a loop gives what NumPy gives, NaN, infinities and signed zeros included."""
    arrays = arguments_for(name, dtype)
    with np.errstate(all="ignore"):
        expected = np.asarray(FUNCTIONS[name].function(*arrays))
    if dtype.startswith("complex") and name == "power":  # libm and NumPy differ where both parts are infinite.
        keep = np.abs(expected) < 1e5
        arrays, expected = [one[keep] for one in arrays], expected[keep]
    program = elementwise(lambda b, *xs: b.bind(name, *xs), [dtype] * len(arrays), expected.dtype.name)
    out = np.empty_like(expected)
    compile_program(program, cache=Cache(None))(*arrays, out)
    if expected.dtype.kind in "bui":
        np.testing.assert_array_equal(out, expected)
        return
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(out, expected, rtol=tolerance, atol=tolerance * 1e-3)
    if expected.dtype.kind == "f" and name not in ("maximum", "minimum", "fmax", "fmin"):
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(out[zero]), np.signbit(expected[zero]))


@pytest.mark.parametrize("target", VALUES)
@pytest.mark.parametrize("source", VALUES)
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_casts_agree_with_numpy(source: str, target: str) -> None:
    """A conversion gives what `astype` gives, for numbers that the target can hold."""
    array = np.array(VALUES[source], source)
    if np.issubdtype(target, np.integer) and np.dtype(source).kind in "fc":
        limits = np.iinfo(target)
        inside = np.isfinite(array) & (array.real > limits.min - 1.0) & (array.real < limits.max)
        array = array[inside]
    program = elementwise(lambda b, x: b.cast(x, target), [source], target)
    out = np.empty(len(array), target)
    with np.errstate(all="ignore"):
        expected = array.astype(target)
    compile_program(program, cache=Cache(None))(array, out)
    np.testing.assert_array_equal(out, expected)


def test_floats_that_are_no_integers_give_the_least_integer() -> None:
    """NaN, infinities and what is too large become the least integer, as on x86, and not an undefined number."""
    array = np.array([np.nan, np.inf, -np.inf, 1e300, 2.0**63, -(2.0**63)])
    out = np.empty(len(array), np.int64)
    compile_program(elementwise(lambda b, x: b.cast(x, "int64"), ["float64"], "int64"), cache=Cache(None))(array, out)
    assert (out == np.iinfo(np.int64).min).all()


@pytest.mark.parametrize("dtype", ["float64", "complex128", "int64", "bool"])
def test_where_and_complex_number(dtype: str) -> None:
    """`where` chooses numbers of any dtype; `complex_number` joins two floats."""
    array = np.array(VALUES[dtype], dtype)
    condition = np.arange(len(array)) % 3 == 0
    program = elementwise(lambda b, c, x, y: b.bind("where", c, x, y), ["bool", dtype, dtype], dtype)
    out = np.empty_like(array)
    compile_program(program, cache=Cache(None))(condition, array, array[::-1].copy(), out)
    np.testing.assert_array_equal(out, np.where(condition, array, array[::-1]))
    joined = np.empty(3, complex)
    make = elementwise(
        lambda b, x, y: b.bind("complex_number", x, y, dtype="complex128"), ["float64", "float64"], "complex128"
    )
    compile_program(make, cache=Cache(None))(np.arange(3.0), np.ones(3), joined)
    np.testing.assert_array_equal(joined, np.arange(3) + 1j)


@pytest.mark.parametrize("power", [-1, 0, 0.5, 1, 2, 3, 4, 5, -2, 1.5])
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_constant_powers(power: float, dtype: str) -> None:
    """Powers that are products agree with NumPy's, on special numbers too."""
    array = np.array(VALUES[dtype], dtype)
    program = elementwise(lambda b, x: b.bind("power", x, Constant(power, dtype)), [dtype], dtype)
    out = np.empty_like(array)
    compile_program(program, cache=Cache(None))(array, out)
    with np.errstate(all="ignore"):
        expected = np.power(array, np.full_like(array, power))
    if dtype.startswith("complex"):  # NumPy's integer powers of zero and infinities differ between its versions.
        array, out, expected = array[1:], out[1:], expected[1:]
    np.testing.assert_allclose(out, expected, rtol=TOLERANCE[dtype], atol=1e-14)


def test_vector_forms_are_used() -> None:
    """`exp` in a loop calls libmvec, where there is one."""
    if "libmvec.so.1" not in libraries():
        pytest.skip("no libmvec")
    _, _, (text, *_) = emit_program(elementwise(lambda b, x: b.bind("exp", x), ["float64"], "float64"))
    assert b"v_exp" in object_code(text, 3)
