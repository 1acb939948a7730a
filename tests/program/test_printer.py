"""Printed programs: the text is what is expected, and executed it computes what NumPy does."""

from __future__ import annotations

import itertools
import linecache
import textwrap
import traceback

import numpy as np
import pytest

from wengert.errors import SeedError, SourceLocation
from wengert.program.builder import Builder, integer
from wengert.program.printer import print_program
from wengert.program.reference import run
from wengert.program.statements import (
    Array,
    Constant,
    Operand,
    Parameter,
    Program,
    Section,
    Span,
    Stack,
    Storage,
    Value,
)
from wengert.program.verifier import verify

N, M = Value("n", "int64"), Value("m", "int64")


def number(value: float, dtype: str = "float64") -> Constant:
    """A constant."""
    return Constant(value, dtype)


def vector(hint: str, dtype: str = "float64", size: Operand = N, output: bool = False) -> Array:
    """A parameter of rank 1."""
    return Array(Storage(hint, dtype, 1), (size,), output)


def matrix(hint: str) -> Array:
    """A parameter of rank 2."""
    return Array(Storage(hint, "float64", 2), (N, M))


def whole(array: Array) -> Section:
    """All of an array."""
    axes = tuple(Span(integer(0), size, integer(1)) for size in array.sizes)
    return Section(array.storage, axes, tuple(range(len(axes))))


def finish(
    builder: Builder,
    *parameters: Parameter,
    results: tuple[Operand | Section, ...] = (),
    stacks: tuple[Stack, ...] = (),
) -> Program:
    """A program that has been verified."""
    program = Program("f", parameters, builder.finish(), results, stacks)
    verify(program)
    return program


def assert_text(program: Program, expected: str) -> None:
    """The function, without its imports, is this text."""
    assert print_program(program).partition("\n\n\n")[2] == textwrap.dedent(expected).lstrip("\n")


def test_loops_and_indices() -> None:
    """A stencil: sizes unpacked, sums of indices and chains of scalars inlined, what is used twice named."""
    x, y = matrix("x"), matrix("y")
    b = Builder()
    total = b.allocate("total", "float64", zeroed=True)
    inner = b.bind("subtract", N, integer(1))
    with b.loop(integer(1), inner, order_free=True) as i, b.loop(integer(0), M, order_free=True, hint="j") as j:
        above = b.load(x.storage, (b.bind("subtract", i, integer(1)), j))
        below = b.load(x.storage, (b.bind("add", i, integer(1)), j))
        term = b.bind("multiply", number(0.5), b.bind("add", above, below))
        b.store(y.storage, (i, j), term)
        b.accumulate(total, (), b.bind("negative", b.bind("exp", term)))
    program = finish(b, x, y, results=(Section(total, (), ()),))
    assert_text(
        program,
        """
        def f(x, y):
            n, m = x.shape
            total = 0.0
            for i in range(1, n - 1):  # any order
                for j in range(m):  # any order
                    t = 0.5 * (x[i - 1, j] + x[i + 1, j])
                    y[i, j] = t
                    total -= np.exp(t)
            return total
        """,
    )
    given, filled = np.random.default_rng(0).normal(size=(5, 4)), np.zeros((5, 4))
    total = run(program, given, filled)
    expected = 0.5 * (given[:-2] + given[2:])
    np.testing.assert_allclose(filled[1:-1], expected, rtol=1e-15)
    np.testing.assert_allclose(total, -np.exp(expected).sum(), rtol=1e-14)


def test_loads_stay_before_writes() -> None:
    """A value that waits for its use is bound before what it loads is overwritten, through another name too."""
    x = vector("x")
    b = Builder()
    first = b.load(x.storage, (integer(0),), hint="first")
    second = b.load(x.storage, (integer(1),), hint="second")
    again = b.reshape(x.storage, (integer(1), N), hint="again")
    b.store(again, (integer(0), integer(0)), second)
    b.store(x.storage, (integer(1),), first)
    program = finish(b, x)
    assert_text(
        program,
        """
        def f(x):
            n = x.shape[0]
            again = x.reshape(1, n)
            first = x[0]
            again[0, 0] = x[1]
            x[1] = first
        """,
    )
    given = np.array([1.0, 2.0, 3.0])
    run(program, given)
    np.testing.assert_array_equal(given, [2.0, 1.0, 3.0])


def test_variables_change_after_they_are_loaded() -> None:
    """`a, b = b, a + b` with variables: the sum is computed before `a` changes, `b` read before it does."""
    b = Builder()
    one, two = b.allocate("a", "int64"), b.allocate("b", "int64")
    b.store(one, (), integer(0))
    b.store(two, (), integer(1))
    with b.loop(integer(0), N):
        old, new = b.load(two), b.bind("add", b.load(one), b.load(two))
        b.store(one, (), old)
        b.store(two, (), new)
    program = finish(b, N, results=(Section(one, (), ()),))
    assert_text(
        program,
        """
        def f(n):
            a = 0
            b = 1
            for i in range(n):
                t = a + b
                a = b
                b = t
            return a
        """,
    )
    assert run(program, 10) == 55


def test_while_with_simple_condition() -> None:
    """A test that is one expression is the condition of the loop."""
    x = Value("x", "float64")
    b = Builder()
    y = b.allocate("y", "float64")
    b.store(y, (), x)
    with b.block() as test:
        condition = b.bind("greater", b.load(y), number(1.0))
    with b.block() as body:
        b.store(y, (), b.bind("divide", b.load(y), number(2.0)))
    b.repeat(test, condition, body)
    program = finish(b, x, results=(Section(y, (), ()),))
    assert_text(
        program,
        """
        def f(x):
            x = np.float64(x)
            y = x
            while y > 1.0:
                y = y / 2.0
            return y
        """,
    )
    assert run(program, 9) == 9 / 16


def test_while_with_statements_in_its_test() -> None:
    """A test that binds values for the body is an endless loop with an exit; branches chain as `elif`."""
    x = vector("x")
    b = Builder()
    k, found = b.allocate("k", "int64", zeroed=True), b.allocate("found", "int64", zeroed=True)
    with b.block() as test:
        element = b.load(x.storage, (b.load(k),), hint="element")
        condition = b.bind("not_equal", element, number(0.0))
    with b.block() as body:
        with b.block() as positive:
            b.accumulate(found, (), integer(1))
        with b.block() as other:
            with b.block() as small:
                b.accumulate(found, (), integer(10))
            with b.block() as neither:
                b.accumulate(found, (), integer(100))
            b.branch(b.bind("less", element, number(-5.0)), small, neither)
        b.branch(b.bind("greater", element, number(0.0)), positive, other)
        b.accumulate(k, (), integer(1))
    b.repeat(test, condition, body)
    with b.block() as never:
        b.store(found, (), integer(-1))
    b.branch(b.bind("less", b.load(found), integer(1)), (), never)
    program = finish(b, x, results=(Section(found, (), ()),))
    assert_text(
        program,
        """
        def f(x):
            k = 0
            found = 0
            while True:
                element = x[k]
                if element == 0.0:
                    break
                if element > 0.0:
                    found += 1
                elif element < -5.0:
                    found += 10
                else:
                    found += 100
                k += 1
            if found >= 1:
                found = -1
            return found
        """,
    )
    assert run(program, np.array([0.0])) == 0
    assert run(program, np.array([1.0, 2.0, -7.0, -1.0, 0.0])) == -1


def test_stacks_and_kept_arrays() -> None:
    """Scalars are pushed and popped; a kept array outlives its block and is recalled, last first."""
    scalars, arrays = Stack("saved", "float64"), Stack("kept", "storage")
    y = vector("y", output=True)
    b = Builder()
    b.reserve(scalars, b.bind("multiply", N, integer(2)))
    with b.loop(integer(0), N) as i:
        work = b.allocate("work", "float64", (integer(2),), zeroed=True, kept=arrays)
        b.store(work, (integer(1),), b.cast(i, "float64"))
        b.push(scalars, b.cast(i, "float64"))
    with b.loop(b.bind("subtract", N, integer(1)), integer(-1), -1) as i:
        back = b.recall("back", "float64", (integer(2),), arrays)
        product = b.bind("multiply", b.pop(scalars, "last"), b.load(back, (integer(1),)))
        b.store(y.storage, (i,), product)
    program = finish(b, y, stacks=(scalars, arrays))
    assert_text(
        program,
        """
        def f(y):
            n = y.shape[0]
            saved = []
            kept = []
            for i in range(n):
                work = np.zeros(2)
                kept.append(work)
                work[1] = np.float64(i)
                saved.append(np.float64(i))
            for i in range(n - 1, -1, -1):
                back = kept.pop()
                last = saved.pop()
                y[i] = last * back[1]
        """,
    )
    filled = np.empty(4)
    run(program, filled)
    np.testing.assert_array_equal(filled, [0.0, 1.0, 4.0, 9.0])


def test_operations_on_arrays() -> None:
    """Products of sections, transposes, several outputs, options, results in variables."""
    a = matrix("a")
    b = Builder()
    square = b.allocate("square", "float64", (M, M))
    span = Span(integer(0), M, integer(1))
    rows = Span(integer(1), b.bind("subtract", N, integer(1)), integer(1))
    all_of_square = Section(square, (span, span), (0, 1))
    lower = Section(a.storage, (rows, span), (0, 1))
    transposed = Section(a.storage, (rows, span), (1, 0))
    b.apply([all_of_square], "numpy.matmul", [transposed, lower])
    values = b.allocate("values", "float64", (M,))
    vectors = b.allocate("vectors", "float64", (M, M))
    outputs = [Section(values, (span,), (0,)), Section(vectors, (span, span), (1, 0))]
    b.apply(outputs, "numpy.linalg.eigh", [all_of_square], UPLO="L")
    largest = b.allocate("largest", "float64")
    b.apply([Section(largest, (), ())], "numpy.max", [outputs[0]], axis=0)
    program = finish(b, a, results=(all_of_square,))
    text = print_program(program)
    assert "square[...] = np.matmul(a[1:, :].T, a[1:, :])" in text
    assert "values[...], vectors.T[...] = np.linalg.eigh(square, UPLO='L')" in text
    assert "largest = np.max(values, axis=0)" in text
    given = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(run(program, given), given[1:].T @ given[1:], rtol=1e-14)


def test_operations_of_other_modules() -> None:
    """A function that is not NumPy's own is imported, and what it gives is stored, not shared."""
    x = vector("x")
    b = Builder()
    largest = b.allocate("largest", "float64")
    b.apply([Section(largest, (), ())], "wengert.rules.exponential_sums.largest", [whole(x)])
    program = finish(b, x, results=(Section(largest, (), ()),))
    assert print_program(program).startswith("import numpy as np\nimport wengert.rules.exponential_sums\n")
    assert "largest[...] = wengert.rules.exponential_sums.largest(x)" in print_program(program)


@pytest.mark.parametrize("step", [1, 2, -1, -2, 3, -3])
@pytest.mark.parametrize("known", [True, False])
def test_sections_are_the_indices_of_their_spans(step: int, known: bool) -> None:
    """Reading and writing through a section touches start, start + step, ..., whatever the sign; empty ones nothing."""
    x = vector("x")
    start, size, by = (Value(hint, "int64") for hint in ("start", "size", "by"))
    b = Builder()
    section = Section(x.storage, (Span(start, size, integer(step) if known else by),), (0,))
    b.apply([section], "numpy.negative", [number(1.0)])
    program = finish(b, x, start, size, by, results=(section,))
    for length, first, count in itertools.product(range(5), range(-1, 5), range(4)):
        indices = [first + step * k for k in range(count)]
        if all(0 <= index < length for index in indices):
            given, expected = np.arange(length) + 1.0, np.arange(length) + 1.0
            expected[indices] = -1.0
            assert run(program, given, first, count, step).shape == (count,)
            np.testing.assert_array_equal(given, expected)


def test_slices_are_short() -> None:
    """What is whole is `:`, what runs to the end has no stop, and a reversed axis is `::-1`."""
    x = matrix("x")
    b = Builder()
    less = b.bind("subtract", N, integer(1))
    k = b.allocate("k", "int64", (M,))
    position = b.load(k, (integer(0),))
    columns = Span(integer(0), M, integer(1))
    sections = (
        Section(x.storage, (Span(integer(1), less, integer(1)), columns), (0, 1)),
        Section(x.storage, (Span(less, N, integer(-1)), columns), (0, 1)),
        Section(x.storage, (Span(integer(0), less, integer(1)), Span(integer(1), integer(2), integer(3))), (1, 0)),
        Section(x.storage, (position, columns), (0,)),
        whole(x),
    )
    program = finish(b, x, results=sections)
    assert_text(
        program,
        """
        def f(x):
            n, m = x.shape
            k = np.empty(m, dtype=np.int64)
            k_2 = k[0]
            return x[1:, :], x[::-1, :], x[:n - 1, 1:7:3].T, x[k_2, :], x
        """,
    )


def test_checks() -> None:
    """A failing check raises the exception, built-in or of wengert, with its message formatted."""
    x = vector("x")
    k = Value("k", "int64")
    b = Builder()
    b.check(b.bind("less", k, N), "IndexError", "index {} is out of bounds for axis 0 with size {}", k, N)
    element = b.load(x.storage, (k,))
    fine = b.bind("greater_equal", element, number(0.0))
    b.check(fine, "SeedError", '"{:.1f}" {{}}', element)
    program = finish(b, x, k)
    assert_text(
        program,
        """
        def f(x, k):
            n = x.shape[0]
            if k >= n:
                raise IndexError(f"index {k} is out of bounds for axis 0 with size {n}")
            x_2 = x[k]
            if not (x_2 >= 0.0):
                raise wengert.errors.SeedError(f"\\"{x_2:.1f}\\" {{}}")
        """,
    )
    run(program, np.ones(3), 2)
    with pytest.raises(IndexError, match="index 3 is out of bounds for axis 0 with size 3"):
        run(program, np.ones(3), 3)
    with pytest.raises(SeedError, match=r'^"-1\.0" \{\}$'):
        run(program, -np.ones(3), 1)


def test_names() -> None:
    """Names are identifiers that clash with nothing the text uses, and are free again after their block."""
    parameters = [Value(hint, "int64") for hint in ("np", "range", "lambda", "1x", "x y", "", "x", "x", "x_2", "f")]
    b = Builder()
    target = b.allocate("i", "int64", (integer(4),), zeroed=True)
    for _ in range(2):
        with b.loop(integer(0), integer(4)) as i, b.loop(integer(0), integer(4)):
            b.accumulate(target, (i,), parameters[7])
    program = finish(b, *parameters, results=(Section(target, (Span(integer(0), integer(4), integer(1)),), (0,)),))
    assert_text(
        program,
        """
        def f(np_, range_, lambda_, _1x, x_y, t, x, x_2, x_2_2, f):
            i = np.zeros(4, dtype=np.int64)
            for i_2 in range(4):
                for i_3 in range(4):
                    i[i_2] += x_2
            for i_2 in range(4):
                for i_3 in range(4):
                    i[i_2] += x_2
            return i
        """,
    )
    np.testing.assert_array_equal(run(program, *range(10)), np.full(4, 8 * 7))


def test_types_of_storages() -> None:
    """Arrays and variables have the dtype of their storage; float32 arithmetic stays float32."""
    x = vector("x", "float32")
    b = Builder()
    flags = b.allocate("flags", "bool", (N, N), zeroed=True)
    total, unknown = b.allocate("total", "float32", zeroed=True), b.allocate("unknown", "float64")
    with b.loop(integer(0), N) as i:
        b.accumulate(total, (), b.bind("multiply", b.load(x.storage, (i,)), number(0.1, "float32")))
        b.store(flags, (i, i), Constant(True, "bool"))
    nothing = b.load(unknown)
    flag_section = Section(flags, (integer(0), Span(integer(0), N, integer(1))), (0,))
    program = finish(b, x, results=(Section(total, (), ()), nothing, number(-np.inf), flag_section))
    assert_text(
        program,
        """
        def f(x):
            n = x.shape[0]
            flags = np.zeros((n, n), dtype=bool)
            total = np.float32(0.0)
            unknown = np.nan
            for i in range(n):
                total += x[i] * np.float32(0.1)
                flags[i, i] = True
            return total, unknown, -np.inf, flags[0, :]
        """,
    )
    given = np.linspace(0, 1, 5, dtype=np.float32)
    expected = np.float32(0)
    for element in given:
        expected += element * np.float32(0.1)
    found = run(program, given)[0]
    assert found.dtype == np.float32
    assert found == expected


def test_division_never_raises() -> None:
    """Where both operands may be Python numbers, the text calls NumPy."""
    b = Builder()
    x = b.allocate("x", "float64", zeroed=True)
    quotient = b.bind("divide", number(1.0), b.load(x))
    program = finish(b, results=(quotient,))
    assert "return np.divide(1.0, x)" in print_program(program)
    assert run(program) == np.inf


def test_rank_zero_arrays() -> None:
    """A parameter of rank 0, and a kept or reshaped storage of rank 0, are arrays, changed in place."""
    x = Array(Storage("x", "float64", 0), ())
    b = Builder()
    cell = b.allocate("cell", "float64")
    b.store(cell, (), b.load(x.storage))
    line = b.reshape(cell, (integer(1),), hint="line")
    b.accumulate(line, (integer(0),), number(2.0))
    b.accumulate(x.storage, (), b.load(cell))
    program = finish(b, x)
    assert_text(
        program,
        """
        def f(x):
            cell = np.empty(())
            cell[()] = x[()]
            line = cell.reshape(1)
            line[0] += 2.0
            x[()] += cell[()]
        """,
    )
    given = np.array(3.0)
    run(program, given)
    assert given == 8.0


def test_long_lines_are_split() -> None:
    """No line is much longer than a screen is wide, however long the chain of scalars, the parameters, the results."""
    parameters = [Value("a_long_parameter", "float64") for _ in range(12)]
    b = Builder()
    total: Operand = number(0.0)
    for parameter in parameters:
        total = b.bind("add", total, b.bind("multiply", b.bind("sin", parameter), number(0.1)))
    program = finish(b, *parameters, results=(total, *parameters))
    assert max(map(len, print_program(program).splitlines())) <= 100
    found = run(program, *np.arange(12.0))
    expected = np.float64(0)
    for k in range(12):
        expected = expected + np.sin(np.float64(k)) * 0.1
    assert found == (expected, *range(12))


def test_places_in_the_source() -> None:
    """A comment says from which line of the source a statement comes, where that changes, and from which other file."""
    x = vector("x")
    b = Builder()
    for filename, line in (("one.py", 3), ("one.py", 3), ("one.py", 4), ("/far/two.py", 1)):
        b.where = SourceLocation(filename, line, "f")
        b.store(x.storage, (integer(0),), number(line))
    b.where = SourceLocation("one.py", 5, "f")
    with b.loop(integer(0), N, order_free=True):
        pass
    assert_text(
        finish(b, x),
        """
        def f(x):
            n = x.shape[0]
            x[0] = 3.0  # line 3
            x[0] = 3.0
            x[0] = 4.0  # line 4
            x[0] = 1.0  # two.py:1
            for i in range(n):  # any order, line 5
                pass
        """,
    )


def test_tracebacks_show_the_text() -> None:
    """A failure shows the line of the printed program, and a debugger would find it."""
    k = Value("k", "int64")
    b = Builder()
    b.check(b.bind("less", k, integer(3)), "ValueError", "too large")
    with pytest.raises(ValueError, match="too large") as caught:
        run(finish(b, k), 5)
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert frame.line == 'raise ValueError("too large")'
    assert linecache.getline(frame.filename, 1) == "import numpy as np\n"


def test_statements_without_text_leave_nothing_behind() -> None:
    """What only a reservation or a recalled size uses is not computed in the text."""
    stack = Stack("saved", "float64")
    b = Builder()
    b.reserve(stack, b.bind("floor_divide", N, integer(2), hint="half"))
    assert_text(finish(b, N, stacks=(stack,)), "def f(n):\n    saved = []\n")
    assert_text(finish(Builder()), "def f():\n    pass\n")
