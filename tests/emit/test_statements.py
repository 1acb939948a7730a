"""Every statement, compiled without and with optimisation, against the reference run of the printed program."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wengert.errors import SourceLocation
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import (
    Allocate,
    Array,
    Constant,
    Operand,
    Parameter,
    Program,
    Recall,
    Section,
    Span,
    Stack,
    Storage,
    Value,
)

Compile = Callable[..., Any]


def number(value: float) -> Constant:
    return Constant(value, "float64")


def whole(storage: Storage, *sizes: Operand) -> Section:
    axes = tuple(Span(integer(0), size, integer(1)) for size in sizes)
    return Section(storage, axes, tuple(range(len(sizes))))


def vector(hint: str = "x", dtype: str = "float64") -> tuple[Array, Storage, Value]:
    size, storage = Value("n", "int64"), Storage(hint, dtype, 1)
    return Array(storage, (size,)), storage, size


def agree(compile_program: Compile, program: Program, *arguments: Any) -> tuple[Any, ...]:
    """Results and updated arguments are those of the reference, at both levels of optimisation."""
    expected_arguments = copy.deepcopy(arguments)
    expected = run(program, *expected_arguments)
    if not isinstance(expected, tuple):
        expected = () if expected is None else (expected,)
    found: tuple[Any, ...] = ()
    for level in (0, 3):
        own = copy.deepcopy(arguments)
        found = compile_program(program, level)(*own)
        for one, other in zip((*found, *own), (*expected, *expected_arguments), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)
    return found


def made(parameters: tuple[Parameter, ...], builder: Builder, *results: Operand | Section, **more: Any) -> Program:
    return Program("made", parameters, builder.finish(), results, **more)


def test_scalars_come_back_in_their_dtypes(compiled: Compile) -> None:
    """A program of numbers alone takes and gives numbers of every dtype."""
    dtypes = ["bool", "int8", "int32", "int64", "uint8", "float32", "float64", "complex64", "complex128"]
    parameters = tuple(Value("x", dtype) for dtype in dtypes)
    found = compiled(Program("scalars", parameters, (), parameters))(True, -3, 5, 2**62, 200, 1.5, 2.5, 1 + 2j, 3 - 4j)
    assert found == (True, -3, 5, 2**62, 200, 1.5, 2.5, 1 + 2j, 3 - 4j)
    assert [type(one) for one in found] == [
        bool, np.int8, np.int32, int, np.uint8, np.float32, np.float64, np.complex64, np.complex128,
    ]  # fmt: skip


@pytest.mark.parametrize("step", [1, 2, 3, -1, -2, -5])
@pytest.mark.parametrize(("start", "stop"), [(0, 7), (2, 2), (5, 1), (1, 6), (6, -1)])
def test_ranges(compiled: Compile, start: int, stop: int, step: int) -> None:
    """A loop visits what `range` does, in its order."""
    first, last = Value("start", "int64"), Value("stop", "int64")
    builder = Builder()
    code = builder.allocate("code", "int64", (), zeroed=True)
    with builder.loop(first, last, step) as i:
        more = builder.bind("multiply", builder.load(code), integer(11))
        builder.store(code, (), builder.bind("add", more, builder.bind("add", i, integer(2))))
    result = builder.load(code)
    program = made((first, last), builder, result)
    agree(compiled, program, start, stop)


def test_a_range_whose_end_is_the_largest_integer(compiled: Compile) -> None:
    """The counter does not run past the largest integer."""
    first, last = Value("start", "int64"), Value("stop", "int64")
    builder = Builder()
    count = builder.allocate("count", "int64", (), zeroed=True)
    with builder.loop(first, last, 5):
        builder.accumulate(count, (), integer(1))
    result = builder.load(count)
    assert compiled(made((first, last), builder, result))(2**63 - 8, 2**63 - 1) == (2,)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool", "complex128", "complex64"])
def test_load_store_accumulate(compiled: Compile, dtype: str) -> None:
    """Elements are read, written and added to, in matrices of any dtype; sums over a loop agree."""
    n, m = Value("n", "int64"), Value("m", "int64")
    x, y, total = Storage("x", dtype, 2), Storage("y", dtype, 2), Storage("total", dtype, 1)
    builder = Builder()
    with builder.loop(integer(0), n, order_free=True) as i, builder.loop(integer(0), m, order_free=True) as j:
        builder.store(y, (i, j), builder.load(x, (i, j)))
        builder.accumulate(total, (i,), builder.load(x, (i, j)))
        builder.accumulate(y, (i, j), builder.load(x, (i, j)))
    program = made((Array(x, (n, m)), Array(y, (n, m), True), Array(total, (n,))), builder, whole(y, n, m))
    array = (np.arange(35).reshape(5, 7) % 4 * (1 + 2j if dtype.startswith("complex") else 1)).astype(dtype)
    agree(compiled, program, array, np.ones_like(array), np.zeros(5, dtype))


def test_a_parameter_returned_whole_is_the_very_array(compiled: Compile) -> None:
    """No copy is made of an argument that is returned; part of it, or its transpose, is copied."""
    n = Value("n", "int64")
    x = Storage("x", "float64", 2)
    spans = (Span(integer(0), n, integer(1)),) * 2
    backward = (Span(integer(2), integer(3), integer(-1)), integer(1))
    program = Program(
        "results",
        (Array(x, (n, n)),),
        (),
        (Section(x, spans, (0, 1)), Section(x, spans, (1, 0)), Section(x, backward, (0,))),
    )
    array = np.arange(9.0).reshape(3, 3)
    same, transposed, part = compiled(program)(array)
    assert same is array
    np.testing.assert_array_equal(transposed, array.T)
    np.testing.assert_array_equal(part, array[::-1, 1])
    assert transposed.flags.owndata
    assert transposed.flags.c_contiguous
    assert part.flags.writeable


def test_arrays_of_the_program_are_returned(compiled: Compile) -> None:
    """Arrays made by the program come back as NumPy's own, empty ones and single elements too."""
    n = Value("n", "int64")
    builder = Builder()
    x = builder.allocate("x", "int64", (n, integer(3)), zeroed=True)
    y = builder.allocate("y", "float64", (integer(4),), zeroed=True)
    cell = builder.allocate("cell", "complex128", (), zeroed=True)
    builder.store(cell, (), Constant(2 + 1j, "complex128"))
    with builder.loop(integer(0), n) as i:
        builder.store(x, (i, integer(1)), i)
    program = made((n,), builder, whole(x, n, integer(3)), whole(y, integer(4)), whole(cell))
    for count in (0, 1, 5):
        rows, zeros, single = compiled(program)(count)
        assert rows.shape == (count, 3)
        np.testing.assert_array_equal(rows[:, 1], np.arange(count))
        np.testing.assert_array_equal(zeros, np.zeros(4))
        assert single.shape == ()
        assert single == 2 + 1j


def test_while_and_if(compiled: Compile) -> None:
    """The Collatz sequence: a condition computed by statements, and two branches."""
    start = Value("start", "int64")
    builder = Builder()
    current, steps = builder.allocate("current", "int64"), builder.allocate("steps", "int64", (), zeroed=True)
    builder.store(current, (), start)
    with builder.block() as test:
        condition = builder.bind("not_equal", builder.load(current), integer(1))
    with builder.block() as body:
        value = builder.load(current)
        odd = builder.bind("equal", builder.bind("remainder", value, integer(2)), integer(1))
        with builder.block() as then:
            builder.store(current, (), builder.bind("add", builder.bind("multiply", value, integer(3)), integer(1)))
        with builder.block() as otherwise:
            builder.store(current, (), builder.bind("floor_divide", value, integer(2)))
        builder.branch(odd, then, otherwise)
        builder.accumulate(steps, (), integer(1))
    builder.repeat(test, condition, body)
    result = builder.load(steps)
    assert agree(compiled, made((start,), builder, result), 27) == (111,)


@pytest.mark.parametrize("dtype", ["float64", "complex128", "bool", "int64"])
def test_stacks_of_scalars(compiled: Compile, dtype: str) -> None:
    """What is pushed is popped in the reverse order, over many growths, with room reserved or not."""
    parameter, x, n = vector("x", dtype)
    out, stack = Storage("y", dtype, 1), Stack("s", dtype)
    builder = Builder()
    builder.reserve(stack, integer(100))
    with builder.loop(integer(0), n) as i:
        builder.push(stack, builder.load(x, (i,)))
    builder.reserve(stack, n)
    with builder.loop(integer(0), n) as i:
        builder.push(stack, builder.load(x, (i,)))
    with builder.loop(integer(0), n) as i:
        builder.store(out, (i,), builder.pop(stack))
    program = made((parameter, Array(out, (n,), True)), builder, stacks=(stack,))
    array = (np.arange(1000) % 7).astype(dtype)
    agree(compiled, program, array, np.empty_like(array))


def test_kept_storages(compiled: Compile) -> None:
    """Storages kept in one loop are recalled in another, last first, across chunks; those left are given back."""
    parameter, x, n = vector()
    out, stack = Storage("y", "float64", 1), Stack("kept", "storage")
    builder = Builder()
    with builder.loop(integer(0), n) as i:
        size = builder.bind("multiply", i, integer(7))
        kept = builder.allocate("k", "float64", (size,), zeroed=True, kept=stack)
        with builder.loop(integer(0), i) as j:
            builder.accumulate(kept, (j,), builder.load(x, (j,)))
    with builder.loop(builder.bind("subtract", n, integer(1)), integer(1), -1) as i:
        size = builder.bind("multiply", i, integer(7))
        recalled = builder.recall("r", "float64", (size,), stack)
        with builder.loop(integer(0), i) as j:
            builder.accumulate(out, (j,), builder.load(recalled, (j,)))
            builder.store(recalled, (j,), number(0.0))
    program = made((parameter, Array(out, (n,))), builder, stacks=(stack,))
    for count in (0, 1, 2, 50, 150):  # the last takes several chunks
        agree(compiled, program, np.arange(count, dtype=float), np.zeros(count))


def test_kept_and_recalled_in_one_block_are_the_same_memory(compiled: Compile) -> None:
    """A load from a recalled storage sees the store before: both names have one alias scope."""
    parameter, x, n = vector()
    stack = Stack("kept", "storage")
    builder = Builder()
    total = builder.allocate("total", "float64", (), zeroed=True)
    with builder.loop(integer(0), n) as i:
        kept = builder.allocate("k", "float64", (integer(4),), kept=stack)
        builder.store(kept, (integer(2),), builder.load(x, (i,)))
        recalled = builder.recall("r", "float64", (integer(4),), stack)
        builder.accumulate(total, (), builder.load(recalled, (integer(2),)))
        builder.store(kept, (integer(2),), number(-1.0))
        builder.accumulate(total, (), builder.load(recalled, (integer(2),)))
    result = builder.load(total)
    agree(compiled, made((parameter,), builder, result, stacks=(stack,)), np.arange(5.0))


def test_storages_of_a_loop_start_anew(compiled: Compile) -> None:
    """A zeroed array made in a loop is zero each time, whatever its size was; so are small ones and variables."""
    parameter, x, n = vector()
    builder = Builder()
    total = builder.allocate("total", "float64", (), zeroed=True)
    with builder.loop(integer(0), n) as i:
        left = builder.bind("subtract", n, i)
        row = builder.allocate("row", "float64", (left,), zeroed=True)
        small = builder.allocate("small", "float64", (integer(3),), zeroed=True)
        cell = builder.allocate("cell", "float64", (), zeroed=True)
        for storage, place in ((row, (integer(0),)), (small, (integer(1),)), (cell, ())):
            builder.accumulate(storage, place, builder.load(x, (i,)))
            builder.accumulate(total, (), builder.load(storage, place))
    result = builder.load(total)
    agree(compiled, made((parameter,), builder, result), np.arange(9.0))


def test_reshape_is_the_same_memory(compiled: Compile) -> None:
    """What is stored through one name of a storage is loaded through the other, in loops that LLVM could reorder."""
    parameter, x, n = vector()
    builder = Builder()
    flat = builder.allocate("flat", "float64", (builder.bind("multiply", n, integer(2)),), zeroed=True)
    table = builder.reshape(flat, (n, integer(2)))
    with builder.loop(integer(0), n) as i:
        builder.store(table, (i, integer(1)), builder.load(x, (i,)))
        odd = builder.bind("add", builder.bind("multiply", i, integer(2)), integer(1))
        builder.store(flat, (odd,), builder.bind("multiply", builder.load(flat, (odd,)), number(3.0)))
        builder.store(x, (i,), builder.load(table, (i, integer(1))))
    agree(compiled, made((parameter,), builder, whole(table, n, integer(2))), np.arange(6.0))


def test_order_free_loops_in_loops(compiled: Compile) -> None:
    """Variables of the body of an order-free loop are its own: a sum for each row, in vectors or not."""
    n, m = Value("n", "int64"), Value("m", "int64")
    x, y = Storage("x", "float64", 2), Storage("y", "float64", 1)
    builder = Builder()
    with builder.loop(integer(0), n, order_free=True) as i:
        total = builder.allocate("total", "float64", (), zeroed=True)
        with builder.loop(integer(0), m, order_free=True) as j:
            builder.accumulate(total, (), builder.load(x, (i, j)))
        builder.store(y, (i,), builder.load(total))
    program = made((Array(x, (n, m)), Array(y, (n,), True)), builder)
    agree(compiled, program, np.arange(300.0).reshape(20, 15), np.empty(20))


def test_meeting_accumulations(compiled: Compile) -> None:
    """A histogram: accumulations of an order-free loop that meet are all counted."""
    parameter, x, n = vector("x", "int64")
    counts = Storage("counts", "float64", 1)
    builder = Builder()
    with builder.loop(integer(0), n, order_free=True) as i:
        builder.accumulate(counts, (builder.load(x, (i,)),), number(1.0))
    program = made((parameter, Array(counts, (Value("m", "int64"),))), builder)
    agree(compiled, program, np.arange(1000) ** 2 % 10, np.zeros(10))


def test_a_check_raises_with_message_and_place(compiled: Compile) -> None:
    """The exception has the type, the numbers and the line of the check."""
    n, x = Value("n", "int64"), Value("x", "float64")
    builder = Builder()
    builder.where = SourceLocation(__file__, 1, "user")
    builder.check(builder.bind("less", n, integer(3)), "IndexError", "index {} of {} is out of range", n, x)
    builder.check(builder.bind("less", n, integer(2)), "NotAcceptedError", "two")
    executable = compiled(made((n, x), builder, n))
    assert executable(1, 0.5) == (1,)
    with pytest.raises(IndexError) as caught:
        executable(5, 0.5)
    assert str(caught.value).startswith(f'index 5 of 0.5 is out of range\n  at {__file__}:1, in user\n    """Every')
    with pytest.raises(NotImplementedError, match="two"):
        executable(2, 0.5)


def test_absurd_sizes_are_exceptions(compiled: Compile) -> None:
    """Negative sizes, products that overflow and more memory than there is end in an exception, not in a crash."""
    n, m = Value("n", "int64"), Value("m", "int64")
    for kept in (None, Stack("kept", "storage")):
        builder = Builder()
        x = Storage("x", "float64", 2)
        builder.append(Allocate(x, (n, m), True, kept))
        if kept is not None:
            again = Storage("again", "float64", 2)
            builder.append(Recall(again, (n, m), kept))
            x = again
        result = builder.load(x, (integer(0), integer(0)))
        executable = compiled(made((n, m), builder, result))
        assert executable(2, 3) == (0.0,)
        with pytest.raises(ValueError, match="negative"):
            executable(-1, 3)
        with pytest.raises(ValueError, match="negative"):
            executable(3, -(2**63))
        for sizes in ((2**40, 2**40), (2**62, 1), (2**31, 2**20), (2**63 - 1, 2**63 - 1)):
            with pytest.raises(MemoryError):
                executable(*sizes)
    builder, stack = Builder(), Stack("s", "float64")
    builder.reserve(stack, n)
    with pytest.raises(MemoryError):
        compiled(made((n,), builder, stacks=(stack,)))(2**62)
