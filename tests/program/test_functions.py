"""Functions of a program: what is well formed, their text, and that machine code does what the text does."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import numpy as np
import pytest

from wengert.emit import compile_program
from wengert.program.builder import Builder, integer
from wengert.program.printer import print_program
from wengert.program.reference import run
from wengert.program.statements import (
    Array,
    Call,
    Callee,
    Constant,
    For,
    Function,
    Load,
    Program,
    Reshape,
    Stack,
    Statement,
    Storage,
    Value,
)
from wengert.program.traverse import reads, walk_program, writes
from wengert.program.verifier import InvalidProgramError, verify
from wengert.runtime.cache import Cache

COUNT = Stack("count", "int64")
HALVE = Callee("halve")
N, M, X = Value("n", "int64"), Value("m", "int64"), Value("x", "float64")
A, B = Storage("A", "float64", 2), Storage("b", "float64", 1)


def halve() -> Function:
    """Halves a matrix as often as the stack says, then adds its first rows again; what the stack said is added up."""
    rows, columns, size = Value("rows", "int64"), Value("columns", "int64"), Value("size", "int64")
    matrix, vector = Storage("matrix", "float64", 2), Storage("vector", "float64", 1)
    b = Builder()
    k = b.pop(COUNT, "k")
    with b.block() as again:
        row = b.allocate("row", "float64", (columns,))
        with b.nest((rows, columns)) as (i, j):
            b.store(matrix, (i, j), b.bind("multiply", b.load(matrix, (i, j)), Constant(0.5, "float64")))
        with b.loop(integer(0), columns, order_free=True) as j:
            b.store(row, (j,), b.bind("multiply", b.load(matrix, (integer(0), j)), b.cast(k, "float64")))
        b.push(COUNT, b.bind("subtract", k, integer(1)))
        b.call(HALVE, (matrix, vector), frozenset({0, 1}))
        with b.loop(integer(0), columns, order_free=True) as j:
            b.accumulate(matrix, (integer(0), j), b.load(row, (j,)))
        b.accumulate(vector, (integer(0),), b.cast(k, "float64"))
    b.branch(b.bind("greater", k, integer(0)), again)
    return Function(HALVE, (Array(matrix, (rows, columns)), Array(vector, (size,))), b.finish())


def program(*body: Statement, functions: tuple[Function, ...] = ()) -> Program:
    """A program of a matrix, a vector and a number."""
    parameters = (Array(A, (N, M)), Array(B, (N,)), X)
    return Program("f", parameters, body, (), (COUNT,), functions or (halve(),))


def whole_program() -> Program:
    b = Builder()
    b.push(COUNT, integer(3))
    b.call(HALVE, (A, B), frozenset({0, 1}))
    return program(*b.finish())


def test_what_a_call_reads_and_writes() -> None:
    """All that it is given; what the function may write. The statements of functions are among those of the program."""
    call = Call(HALVE, (A, B), frozenset({1}))
    assert reads(call) == (A, B)
    assert writes(call) == (B,)
    assert sum(isinstance(one, Call) for one in walk_program(whole_program())) == 2


def test_the_text_has_the_function_inside() -> None:
    """It sees the stacks; sizes are those of what it is given."""
    text = print_program(whole_program())
    assert text.partition("\n\n\n")[2].startswith(
        textwrap.dedent(
            """\
            def f(A, b, x):
                count = []

                def halve(matrix, vector):
                    rows, columns = matrix.shape
                    k = count.pop()
                    if k > 0:
                        row = np.empty(columns)
            """
        )
    )
    assert text.endswith("\n\n    count.append(3)\n    halve(A, b)\n")


@pytest.mark.parametrize("level", [0, 3])
def test_machine_code_does_what_the_text_does(level: int) -> None:
    """Each call has arrays of its own."""
    whole = whole_program()
    verify(whole)
    arrays = np.arange(6.0).reshape(2, 3), np.zeros(2)
    expected = [one.copy() for one in arrays]
    run(whole, *expected, 1.0)
    compile_program(whole, opt_level=level, cache=Cache(None))(*arrays, 1.0)
    assert expected[1][0] == 6.0
    for one, other in zip(arrays, expected, strict=True):
        np.testing.assert_array_equal(one, other)


VECTOR = Array(Storage("v", "float64", 1), (Value("size", "int64"),))
FREE = Function(Callee("free"), (VECTOR,), (Load(Value("t", "float64"), B, (integer(0),)),))
OWN = Function(Callee("own"), (replace(VECTOR, output=True),), ())
SAME = Storage("same", "float64", 1)
BROKEN: dict[str, tuple[tuple[Statement, ...], tuple[Function, ...], str]] = {
    "no such function": ((Call(Callee("other"), ()),), (), "there is no function other"),
    "too few": ((Call(HALVE, (A,)),), (), "halve takes 2 storages"),
    "another rank": ((Call(HALVE, (B, B)),), (), "b has not the dtype or the rank of matrix"),
    "writes what it is not given": ((Call(HALVE, (A, B), frozenset({2})),), (), "a call writes what it is not given"),
    "sees what is outside": ((), (FREE,), "b is used outside its block"),
    "an output": ((), (OWN,), "a parameter of own is an output"),
    "in any order": (
        (For(Value("i", "int64"), integer(0), N, 1, (Call(HALVE, (A, B)),), order_free=True),),
        (),
        "a stack in an order-free loop",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_functions_and_calls_are_refused(name: str) -> None:
    """Each rule, broken once."""
    body, functions, reason = BROKEN[name]
    with pytest.raises(InvalidProgramError) as caught:
        verify(program(*body, functions=functions))
    assert str(caught.value).startswith(f"f: {reason}")


def test_the_same_memory_is_not_given_twice() -> None:
    """Also not by another name."""
    two = Callee("two")
    arrays = tuple(Array(Storage(hint, "float64", 1), (Value("size", "int64"),)) for hint in "uv")
    for other in ((Call(two, (B, B)),), (Reshape(SAME, B, (N,)), Call(two, (B, SAME)))):
        with pytest.raises(InvalidProgramError, match="a call is given the same memory twice"):
            verify(program(*other, functions=(Function(two, arrays, ()),)))
