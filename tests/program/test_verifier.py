"""Programs that break one rule each are refused, with the statement; and the passes' own idioms are not."""

from __future__ import annotations

import pytest

from wengert.errors import SourceLocation
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Array,
    Bind,
    Check,
    Constant,
    For,
    If,
    Load,
    Pop,
    Program,
    Push,
    Recall,
    Reserve,
    Reshape,
    Section,
    Span,
    Stack,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.verifier import InvalidProgramError, verify

N, K = Value("n", "int64"), Value("k", "int64")
X, P = Value("x", "float64"), Value("p", "bool")
A = Storage("A", "float64", 1)
B = Storage("B", "float64", 2)
SAVED, KEPT = Stack("saved", "float64"), Stack("kept", "storage")
PARAMETERS = (Array(A, (N,)), Array(B, (N, N)), K, X, P)
ONE, ZERO, TRUE = integer(1), integer(0), Constant(True, "bool")
ALL = Span(ZERO, N, ONE)


def value(dtype: str = "float64", hint: str = "t") -> Value:
    """A new value."""
    return Value(hint, dtype)


def cell(hint: str = "s", rank: int = 0) -> Storage:
    """A new storage."""
    return Storage(hint, "float64", rank)


def loop(*body: Statement, order_free: bool = True, step: int = 1, counter: Value | None = None) -> For:
    """A loop over the axis of A."""
    return For(counter or value("int64", "i"), ZERO, N, step, body, order_free)


def program(*body: Statement, results: tuple[Value | Section, ...] = ()) -> Program:
    """A program of these statements."""
    return Program("f", PARAMETERS, body, results, (SAVED, KEPT))


T, U, J, S, R = value(), value(hint="u"), value("int64", "i"), cell(), cell("r", 1)
WHOLE_A, WHOLE_B = Section(A, (ALL,), (0,)), Section(B, (ALL, ALL), (0, 1))

BROKEN: dict[str, tuple[tuple[Statement, ...], str]] = {
    "unbound value": ((Store(A, (ZERO,), T),), "t is used before it is bound"),
    "value bound later": ((Store(A, (ZERO,), T), Load(T, A, (ZERO,))), "t is used before it is bound"),
    "bound twice": ((Load(T, A, (ZERO,)), Load(T, A, (ZERO,))), "t is bound twice"),
    "value out of scope": ((If(P, (Load(T, A, (ZERO,)),), ()), Store(A, (ZERO,), T)), "t is used outside its block"),
    "counter out of scope": ((loop(counter=J), Load(T, A, (J,))), "i is used outside its block"),
    "value of the other branch": (
        (If(P, (Load(T, A, (ZERO,)),), (Store(A, (ZERO,), T),)),),
        "t is used outside its block",
    ),
    "test out of scope": (
        (While((Load(T, A, (ZERO,)),), P, ()), Store(A, (ZERO,), T)),
        "t is used outside its block",
    ),
    "stack in use": (
        (Recall(R, (N,), KEPT), Recall(cell(rank=1), (N,), KEPT)),
        "kept changes while what it gave last is in use",
    ),
    "storage not made": ((Load(T, S, ()),), "s is used before it is bound"),
    "storage out of scope": ((If(P, (Allocate(S, ()),), ()), Load(T, S, ())), "s is used outside its block"),
    "storage made twice": ((Allocate(S, ()), Allocate(S, ())), "s is made twice"),
    "number of indices": ((Load(T, B, (ZERO,)),), "B has rank 2, not 1"),
    "number of sizes": ((Allocate(cell(rank=2), (N,)),), "s has rank 2 and 1 sizes"),
    "float index": ((Load(T, A, (X,)),), "an index is float64, not int64"),
    "float size": ((Allocate(cell(rank=1), (X,)),), "a size is float64, not int64"),
    "float bound": ((For(J, ZERO, X, 1, ()),), "a bound is float64, not int64"),
    "float counter": ((For(T, ZERO, N, 1, ()),), "a counter of dtype float64"),
    "step 0": ((loop(step=0),), "a loop with step 0"),
    "condition of a branch": ((If(K, (), ()),), "the condition is int64, not bool"),
    "condition of a loop": ((While((), X, ()),), "the condition is float64, not bool"),
    "condition of a check": ((Check(K, "ValueError", ""),), "the condition is int64, not bool"),
    "condition of a choice": ((Bind(T, "where", (K, X, X)),), "the condition is int64, not bool"),
    "unknown function": ((Bind(T, "sine", (X,)),), "sine is not a scalar function"),
    "number of operands": ((Bind(T, "add", (X,)),), "add takes 2 operands"),
    "operands differ": ((Bind(T, "add", (X, K)),), "add of different dtypes"),
    "result of a function": ((Bind(value("int64"), "add", (X, X)),), "add of float64 gives float64, not int64"),
    "result of a comparison": ((Bind(T, "less", (X, X)),), "less of float64 gives bool, not float64"),
    "integer exp": ((Bind(value("int64"), "exp", (K,)),), "exp of int64 gives float64, not int64"),
    "float shift": ((Bind(T, "left_shift", (X, X)),), "left_shift of float64"),
    "parts of a complex number": (
        (Bind(value("complex64"), "complex_number", (X, X)),),
        "complex64 from two numbers of dtype float64",
    ),
    "dtype": ((Bind(value("real"), "cast", (X,)),), "t has dtype real"),
    "load": ((Load(value("float32"), A, (ZERO,)),), "A holds float64, not float32"),
    "store": ((Store(A, (ZERO,), K),), "A holds float64, not int64"),
    "accumulate": ((Accumulate(A, (ZERO,), ONE),), "A holds float64, not int64"),
    "reshape": ((Reshape(Storage("r", "float32", 1), A, (N,)),), "A holds float64, not float32"),
    "stack not declared": ((Push(Stack("other", "float64"), X),), "other is not a stack of the program"),
    "push": ((Push(SAVED, K),), "saved holds float64, not int64"),
    "pop": ((Pop(value("int64"), SAVED),), "saved holds float64, not int64"),
    "scalar on a stack of storages": ((Push(KEPT, X),), "kept holds storage, not float64"),
    "keep on a stack of scalars": ((Allocate(S, (), False, SAVED),), "saved holds float64, not storage"),
    "recall from a stack of scalars": ((Recall(S, (), SAVED),), "saved holds float64, not storage"),
    "reserve for storages": ((Reserve(KEPT, N),), "kept holds storage, not a scalar"),
    "reserve a float": ((Reserve(SAVED, X),), "the count is float64, not int64"),
    "rank of a section": (
        (Apply((WHOLE_A,), "numpy.sum", (Section(B, (ALL,), (0,)),)),),
        "B has rank 2, its section 1",
    ),
    "order of a section": (
        (Apply((WHOLE_A,), "numpy.sum", (Section(B, (ALL, ALL), (0, 0)),)),),
        "order (0, 0) of 2 spans",
    ),
    "step of a section": (
        (Apply((WHOLE_A,), "numpy.sum", (Section(B, (ZERO, Span(ZERO, N, ZERO)), (0,)),)),),
        "a span with step 0",
    ),
    "part of a section": (
        (Apply((WHOLE_A,), "numpy.sum", (Section(B, (X, ALL), (0,)),)),),
        "part of a section is float64, not int64",
    ),
    "no outputs": ((Apply((), "numpy.sum", (WHOLE_A,)),), "an operation without outputs"),
    "output is input": ((Apply((WHOLE_B,), "numpy.matmul", (WHOLE_B, WHOLE_B)),), "an output shares the memory of B"),
    "exception": ((Check(P, "NoError", ""),), "there is no exception NoError"),
    "no exception": ((Check(P, "print", ""),), "there is no exception print"),
    "message": ((Check(P, "ValueError", "{} {}", (K,)),), "the message does not take 1 operands"),
    "one cell for all iterations": ((Allocate(S, ()), loop(Store(S, (), X))), "every iteration of an order-free loop"),
    "one element for all iterations": (
        (loop(Load(T, A, (J,)), Store(B, (K, ZERO), T), counter=J),),
        "every iteration of an order-free loop stores here",
    ),
    "one row for all iterations": (
        (loop(loop(Store(B, (ZERO, J), X), counter=J)),),
        "every iteration of an order-free loop stores here",
    ),
    "stack in any order": ((loop(Push(SAVED, X)),), "a stack in an order-free loop"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_programs_are_refused(name: str) -> None:
    """Each rule, broken once."""
    body, reason = BROKEN[name]
    with pytest.raises(InvalidProgramError) as caught:
        verify(program(*body))
    assert str(caught.value).startswith(f"f: {reason}")
    assert "\n    " in str(caught.value), "the statement is shown"


def test_results_are_in_scope() -> None:
    """A result of a nested block is refused, a scalar or a section."""
    inner = (Allocate(S, ()), Load(T, S, ()))
    for result in (T, Section(S, (), ())):
        with pytest.raises(InvalidProgramError, match="outside its block"):
            verify(program(If(P, inner, ()), results=(result,)))


def test_the_statement_and_its_place_are_shown() -> None:
    """The message has the statement as Python, and where the user wrote it."""
    statement = Store(A, (X,), U, SourceLocation("model.py", 7, "energy"))
    with pytest.raises(InvalidProgramError) as caught:
        verify(program(Load(U, A, (ZERO,)), statement))
    assert str(caught.value) == "f: an index is float64, not int64\n    A[x] = u\n  from model.py:7, in energy"


def test_what_is_well_formed_passes() -> None:
    """Order-free loops with storages of their own, gathers and accumulations; two rows of one storage."""
    b = Builder()
    with b.loop(ZERO, N, order_free=True) as i:
        own = b.allocate("own", "float64")
        b.store(own, (), b.load(A, (i,)))
        place = b.bind("remainder", i, K)
        b.accumulate(A, (place,), b.load(own))
        with b.loop(ZERO, i) as j:
            b.store(B, (j, i), X)
    first, second = Section(B, (ZERO, ALL), (0,)), Section(B, (ONE, ALL), (0,))
    b.apply([first], "numpy.sort", [second])
    with b.block() as test:
        condition = b.bind("less", b.load(A, (ZERO,)), X)
    with b.block() as body:
        b.push(SAVED, X)
        b.check(condition, "IndexError", "{:.2f} of {}", X, N)
    b.repeat(test, condition, body)
    verify(Program("f", PARAMETERS, b.finish(), (X, first, TRUE), (SAVED, KEPT)))
