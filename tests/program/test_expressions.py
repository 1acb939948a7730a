"""Every scalar function, executed as text, against its NumPy function: same dtype, same bits, nothing raised."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from wengert.program.builder import Builder
from wengert.program.functions import FUNCTIONS, result_dtype
from wengert.program.reference import run
from wengert.program.statements import Bind, Constant, Operand, Program, Value
from wengert.program.verifier import InvalidProgramError, verify

SAMPLES = {
    "bool": [False, True],
    "int64": [-3, 0, 2, 7],
    "int32": [-3, 0, 2, 7],
    "uint8": [0, 2, 200],
    "float64": [-np.inf, -2.5, -0.0, 0.0, 0.3, 2.0, 1e300, np.inf, np.nan],
    "float32": [-np.inf, -2.5, -0.0, 0.0, 0.1, 2.0, np.inf, np.nan],
    "complex128": [0j, 1 + 2j, complex(-0.0, -1.0), complex(np.inf, 0.0)],
    "complex64": [0j, 1 + 2j, complex(-0.0, -1.0)],
}
SPECIAL = ("where", "cast", "complex_number")


def assert_same(found: object, expected: object, dtype: str) -> None:
    """Same dtype, which Python numbers have too, and same value, NaN and the sign of zero included."""
    expected = np.asarray(expected)
    assert np.asarray(found).dtype.name == expected.dtype.name == dtype
    np.testing.assert_array_equal(found, expected)
    if dtype.startswith("float"):
        assert np.isnan(expected) or np.signbit(found) == np.signbit(expected)


def computed(function: str, operands: list[Operand], dtype: str | None, arguments: list[object]) -> object:
    """`function(*operands)` through a printed program; the operands that are values are its parameters."""
    # Not by the builder, which computes constants.
    result = Value("t", dtype or result_dtype(function, tuple(one.dtype for one in operands)))
    parameters = tuple(one for one in operands if isinstance(one, Value))
    program = Program("f", parameters, (Bind(result, function, tuple(operands)),), (result,))
    verify(program)
    return run(program, *arguments)


@pytest.mark.parametrize("dtype", SAMPLES)
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in SPECIAL])
def test_functions(name: str, dtype: str) -> None:
    """Parameters, and constants in each place, give what NumPy gives; what has no such dtype is refused."""
    function = FUNCTIONS[name]
    if name == "power" and "int" in dtype:
        samples = [(a, b) for a in SAMPLES[dtype] for b in (0, 1, 2)]
    elif "shift" in name:
        samples = [(a, b) for a in SAMPLES[dtype] for b in (0, 1, 63)]
    else:
        samples = list(itertools.product(SAMPLES[dtype], repeat=function.arity))
    for sample in samples:
        numbers = [np.dtype(dtype).type(one) for one in sample]
        with np.errstate(all="ignore"):
            try:
                expected = function.function(*numbers)
            except TypeError:
                expected = None
        # Python numbers stand for those of NumPy where the program may give them.
        plain = [one.item() for one in numbers]
        for constants in itertools.product((False, True), repeat=function.arity):
            operands = [Constant(c, dtype) if k else Value("x", dtype) for c, k in zip(plain, constants, strict=True)]
            arguments = [one for one, k in zip(plain, constants, strict=True) if not k]
            try:
                found = computed(name, operands, None, arguments)
            except InvalidProgramError:
                assert expected is None or np.asarray(expected).dtype.name not in (dtype, "bool")
                continue
            assert_same(found, expected, np.asarray(expected).dtype.name)


@pytest.mark.parametrize("target", SAMPLES)
@pytest.mark.parametrize("source", SAMPLES)
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_casts(source: str, target: str) -> None:
    """A cast is NumPy's conversion of arrays, which wraps and truncates."""
    for one in SAMPLES[source]:
        with np.errstate(all="ignore"):
            number = np.dtype(source).type(one)
            expected = np.asarray(number).astype(target)
        if source.startswith("complex") and "int" in target:
            with pytest.raises(InvalidProgramError):
                computed("cast", [Value("x", source)], target, [number])
        else:
            assert_same(computed("cast", [Value("x", source)], target, [number.item()]), expected, target)


@pytest.mark.parametrize("dtype", SAMPLES)
def test_constants(dtype: str) -> None:
    """A constant comes back with its dtype and every bit."""
    for one in SAMPLES[dtype]:
        number = np.dtype(dtype).type(one)
        found = run(Program("f", (), (), (Constant(number.item(), dtype),)))
        assert np.asarray(found).dtype.name == dtype
        assert np.asarray(found).tobytes() == number.tobytes()


def test_choice_and_complex_numbers() -> None:
    """`where` chooses; a complex number is made of its parts, signed zeros and infinities kept."""
    condition, x, y = Value("c", "bool"), Value("x", "float64"), Value("y", "float64")
    assert computed("where", [condition, x, y], None, [True, 1.0, 2.0]) == 1.0
    assert computed("where", [condition, x, y], None, [False, 1.0, 2.0]) == 2.0
    found = computed("complex_number", [x, y], "complex128", [-0.0, np.inf])
    assert np.signbit(found.real)
    assert found.imag == np.inf


@pytest.mark.parametrize(
    ("first", "second"),
    list(itertools.product(("add", "subtract", "multiply", "divide", "power", "negative"), repeat=2)),
)
def test_nesting(first: str, second: str) -> None:
    """Operators inside operators keep their order, on either side."""
    x, y, z = (Value(hint, "float64") for hint in "xyz")
    arguments = (1.3, 0.7, 2.9)

    def apply(name: str, *operands: object) -> object:
        return FUNCTIONS[name].function(*operands[: FUNCTIONS[name].arity])

    for is_left in (False, True):
        builder = Builder()
        inner = builder.bind(first, *(x, y)[: FUNCTIONS[first].arity])
        operands = (inner, z) if is_left else (z, inner)
        builder_result = builder.bind(second, *operands[: FUNCTIONS[second].arity])
        found = run(Program("f", (x, y, z), builder.finish(), (builder_result,)), *arguments)
        value = apply(first, *map(np.float64, arguments[:2]))
        pair = (value, np.float64(2.9)) if is_left else (np.float64(2.9), value)
        # NumPy's power of arrays and of scalars differ in the last bit.
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(found, apply(second, *pair), rtol=4e-16)


def test_truth_and_comparisons_nest() -> None:
    """`not`, `and`, `or` and comparisons inside one another keep their meaning, NaN included."""
    x, y, p = Value("x", "float64"), Value("y", "float64"), Value("p", "bool")
    builder = Builder()
    less = builder.bind("less", x, y)
    neither = builder.bind("logical_not", builder.bind("logical_or", less, p))
    both = builder.bind("logical_and", builder.bind("logical_not", builder.bind("less", x, y)), neither)
    result = builder.bind("equal", both, builder.bind("logical_xor", p, builder.bind("logical_not", p)))
    program = Program("f", (x, y, p), builder.finish(), (result,))
    for a, b, c in itertools.product((0.0, 1.0, np.nan), (0.0, 1.0, np.nan), (False, True)):
        expected = (not a < b and not (a < b or c)) == (c != (not c))
        assert run(program, a, b, c) == expected
