"""Functions, names and arguments: what is called, with what, and where it comes from."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from tests.lower.running import agrees, execute, lowered
from wengert.errors import ArgumentError, NotAcceptedError
from wengert.lower import type_of, types_of
from wengert.program.reference import run

X = np.array([0.3, -1.2, 0.8, 2.5])
SCALE = 2.5
WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])


def horner(x, *coefficients, start=0.0):
    for coefficient in coefficients:
        start = start * x + coefficient
    return start


def halves(x, depth):
    if depth == 0:
        return x
    return halves(x * 0.5, depth - 1) + halves(x * 0.25, depth - 1)


def test_users_functions_are_inlined():
    """Defaults, keywords, starred arguments and recursion of known depth."""

    def f(x, n):
        parts = (1, x, 2.0)
        options = {"start": 1.5}
        return horner(x, *parts, **options) + horner(2.0, 3.0) + halves(x, 3) * n

    agrees(f, 0.5, 2)


def test_nested_functions_see_the_variables_as_they_are_when_called():
    """A closure is no snapshot."""

    def f(x, n):
        scale = 1.0

        def scaled(y):
            return y * scale

        total = 0.0
        for i in range(n):
            scale = scale * 2
            total += scaled(x) * i
        scale = 0.5
        add = lambda a, b=scale: a + b  # noqa: E731
        return add(total) + scaled(x)

    agrees(f, 1.5, 3)


def test_partial_functions_and_lambdas_as_arguments():
    """A function is a value known when the program is made."""

    def f(x):
        twice = functools.partial(horner, x, 2.0)
        applied = lambda g: g(x)  # noqa: E731
        return twice(3.0) + applied(np.sin)

    agrees(f, 0.5)


def test_globals_are_constants_with_guards_and_arrays_are_fetched():
    """A number from outside is compiled in; the guard tells when it is no longer that number."""
    global SCALE  # noqa: PLW0603 - rebinding a global is what is tested

    def f(x):
        return x * SCALE + WEIGHTS

    program = lowered(f, X)
    agrees(f, X, program=program)
    assert [one.reference.fetch() is WEIGHTS for one in program.captured] == [True]
    assert all(guard.holds() for guard in program.guards)
    SCALE = 3.5
    try:
        assert not all(guard.holds() for guard in program.guards)
    finally:
        SCALE = 2.5


def test_an_array_given_twice_is_one_parameter():
    """A write through one argument is seen through the other."""

    def f(x, y):
        x[0] = 7.0
        return y[0] + y[1]

    shared = X.copy()
    program = lowered(f, shared, shared)
    assert program.leaves == (0,)
    assert run(program.program, shared) == 7.0 - 1.2


def test_trees_of_arguments_and_results():
    """Tuples, lists, dicts and static objects go in and come out."""

    def f(parameters, mode):
        first, *rest = parameters["list"]
        if mode == "sum":
            return {"total": first + rest[0] * parameters["number"], "mode": mode, "none": None}
        return rest

    agrees(f, {"list": [X, X * 2, 3], "number": 1.5}, "sum")
    agrees(f, {"list": [X, X * 2, 3], "number": 1.5}, None)


def test_numpy_scalars_and_python_numbers_keep_their_kinds():
    """A float stays a float, a np.float64 stays one."""

    def f(x, y, n):
        return x + 1, y + 1, n // 2, y > 0, x > 0, np.sum(X) * x

    agrees(f, 1.5, np.float64(2.5), 7)


def test_types_tell_what_a_program_serves():
    """Values of one dtype and rank share a type; size 1, weak numbers and text do not."""
    assert type_of(X) == type_of(X[:2] * 3)
    assert type_of(X) != type_of(X[:1])
    assert type_of(1.0) != type_of(np.float64(1.0))
    assert type_of(1) != type_of(True)
    assert type_of("a") == type_of("a") != type_of("b")
    assert hash(type_of((X, {"a": 1}))) == hash(type_of((X * 2, {"a": 2})))
    assert types_of((X, X)) != types_of((X, X.copy()))
    with pytest.raises(ArgumentError, match="class recarray"):
        type_of(X.view(np.recarray))


def test_one_program_serves_all_sizes():
    """Sizes are values known at run time."""

    def f(x):
        total = 0.0
        for value in x:
            total += value**2
        return total

    program = lowered(f, X)
    for n in (0, 2, 4):
        np.testing.assert_allclose(execute(program, X[:n]), np.sum(X[:n] ** 2))


def refused_text(function, *arguments):
    with pytest.raises(NotAcceptedError) as caught:
        lowered(function, *arguments)
    first, _, *rest = str(caught.value).splitlines()
    return "\n".join([first, *rest])


def test_refusals_show_the_place_and_the_remedy():
    """The reason, the line, a caret and what to write instead."""

    def tries(x):
        try:
            return 1 / x
        except ZeroDivisionError:
            return 0.0

    def prints(x):
        y = x * 2
        print(y)
        return y

    assert refused_text(tries, 1.0) == (
        "`try` is not compiled\n    try:\n    ^\n  Test for the condition with `if` before."
    )
    assert refused_text(prints, 1.0) == (
        "print is not compiled\n    print(y)\n    ^\n  Return what you want to see, or print outside the function."
    )


def test_functions_without_source_are_refused():
    """There is nothing to read."""
    namespace: dict[str, object] = {}
    exec("def made(x):\n    return x * 2\n", namespace)

    def f(x):
        return made(x)

    made = namespace["made"]
    with pytest.raises(NotAcceptedError, match="the source of made cannot be read"):
        lowered(f, 1.0)
