"""What is planned to be saved, for programs whose adjoints are known by hand."""

from __future__ import annotations

from collections.abc import Callable

from wengert.analysis.index import index_program
from wengert.analysis.needed import Plan, plan_needed
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Array,
    Bind,
    Load,
    Operand,
    Program,
    Statement,
    Storage,
    Store,
    Value,
)

ZERO = integer(0)
USED_BY_RULE: dict[str, Callable[[Bind], tuple[Operand, ...]]] = {
    "multiply": lambda bind: bind.operands,
    "divide": lambda bind: (bind.operands[1], bind.value),
    "sqrt": lambda bind: (bind.value,),
}


def plan_of(builder: Builder, *arrays: Array) -> Plan:
    """The plan for a reverse sweep over everything in the program."""
    index = index_program(Program("f", arrays, builder.finish()))

    def needs(statement: Statement) -> tuple[Operand, ...]:
        if isinstance(statement, Bind):
            return USED_BY_RULE.get(statement.function, lambda bind: ())(statement)
        assert isinstance(statement, Load | Store | Accumulate)
        return statement.indices

    visited = [one for one in index.places if isinstance(one, Bind | Load | Store | Accumulate)]
    statements = [one for one in visited if not _is_integer(one)]
    return plan_needed(index, statements, needs, [], lambda storage: False)


def _is_integer(statement: Statement) -> bool:
    return isinstance(statement, Bind) and statement.value.dtype == "int64"


def test_cholesky_saves_nothing() -> None:
    """Elements are read as factors after their last update only; quotients and roots are where they were stored."""
    builder = Builder()
    A, n = Storage("A", "float64", 2), Value("n", "int64")
    with builder.loop(ZERO, n) as i:
        with builder.loop(ZERO, i) as j:
            with builder.loop(ZERO, j) as k:
                term = builder.bind("multiply", builder.load(A, (i, k)), builder.load(A, (j, k)))
                builder.accumulate(A, (i, j), builder.bind("negative", term))
            builder.store(A, (i, j), builder.bind("divide", builder.load(A, (i, j)), builder.load(A, (j, j))))
        builder.store(A, (i, i), builder.bind("sqrt", builder.load(A, (i, i))))
    plan = plan_of(builder, Array(A, (n, n)))
    assert not plan.overwriting
    assert "saved" not in plan.how.values()


def test_a_square_in_place_saves_what_it_overwrites() -> None:
    """x[i] = x[i] * x[i] loses its operand; a copy to another array does not."""
    builder = Builder()
    x, y, n = Storage("x", "float64", 1), Storage("y", "float64", 1), Value("n", "int64")
    with builder.loop(ZERO, n) as i:
        old = builder.load(x, (i,))
        builder.store(x, (i,), builder.bind("multiply", old, old))
    with builder.loop(ZERO, n) as i:
        old = builder.load(x, (i,))
        builder.store(y, (i,), builder.bind("multiply", old, old))
    plan = plan_of(builder, Array(x, (n,)), Array(y, (n,)))
    assert [one.storage for one in plan.overwriting] == [x]  # type: ignore[union-attr]


def test_neighbours_are_told_apart_by_their_order() -> None:
    """x[i] = x[i - 1] * x[i - 2] never overwrites a factor that was read; x[i - 1] = x[i] * x[i] in turn does not
    either.

    Run backwards over the array, x[i] = x[i - 1] * x[i - 2] overwrites what has been a factor two steps before.
    """

    def plan(start: Operand, stop: Operand, step: int) -> Plan:
        builder = Builder()
        with builder.loop(start, stop, step) as i:
            before = [builder.load(x, (builder.bind("subtract", i, integer(k)),)) for k in (1, 2)]
            builder.store(x, (i,), builder.bind("multiply", *before))
        return plan_of(builder, Array(x, (n,)))

    x, n = Storage("x", "float64", 1), Value("n", "int64")
    assert not plan(integer(2), n, 1).overwriting
    assert len(plan(n, integer(1), -1).overwriting) == 1


def test_a_value_whose_source_changes_before_its_use_is_saved() -> None:
    """t = x[i]; x[i] = 0; y[i] = t * t: the factor is neither in x nor, as a square, in y."""
    builder = Builder()
    x, y, n = Storage("x", "float64", 1), Storage("y", "float64", 1), Value("n", "int64")
    with builder.loop(ZERO, n) as i:
        old = builder.load(x, (i,))
        builder.store(x, (i,), builder.load(y, (i,)))
        builder.store(y, (i,), builder.bind("multiply", old, old))
    plan = plan_of(builder, Array(x, (n,)), Array(y, (n,)))
    assert plan.how[old] == "saved"


def test_values_used_twice_again_and_again_are_looked_at_once() -> None:
    """Thirty squarings have a thousand million ways to the first number."""
    b = Builder()
    n = Value("n", "int64")
    X, Y = Storage("X", "float64", 1), Storage("Y", "float64", 1)
    with b.loop(ZERO, n) as i:
        x = b.load(X, (i,))
        for _ in range(30):
            x = b.bind("multiply", x, x)
        b.store(Y, (i,), x)
    assert "saved" not in plan_of(b, Array(X, (n,)), Array(Y, (n,))).how.values()
