"""What a compiled function took from outside and has since been replaced: it is compiled anew."""

from __future__ import annotations

import builtins
import dataclasses
import functools
import math
import sys
import types
from typing import Any

import numpy as np
import pytest

import wengert as wg

X = np.array([1.0, 2.0])


class Scale:
    """Called, and with a method and an operation of its class."""

    operation = np.sin

    def __init__(self, factor):
        self.factor = factor

    def method(self, x):
        return self.factor * np.sum(x)

    def __call__(self, x):
        return self.factor * np.sum(x)


@dataclasses.dataclass
class Pair:
    """Read as a record."""

    factor: float
    values: Any

    def scaled(self):
        return self.factor * np.sum(self.values)


class OtherNumpy:
    """Stands in the place of NumPy."""

    @staticmethod
    def sum(x):
        return 7.0 * x[0]


settings = types.ModuleType("wengert_test_settings")
settings.operation, settings.factor = np.sin, 2.0
numpy_too, operation, function, number = np, np.sin, math.sin, float
table, things, partial = {"operation": np.sin}, [np.sin, 2.0], functools.partial(np.multiply, 2.0)
scale, bound = Scale(2.0), Scale(2.0).method
inner = wg.jit(lambda x: 1.0 * np.sum(x))


def hidden_builtin(x):
    return sum(x)


def of_a_builtin(x):
    return pow(x[1], 2)


def hidden_range(x):
    total = 0.0
    for i in range(2):
        total += x[i]
    return total


def of_a_global(x):
    return np.sum(operation(x))


def of_math(x):
    return function(x[0])


def of_a_type(x):
    return number(x[0] * 2.7)


def of_a_class(x):
    return np.sum(scale.operation(x))


def of_a_module(x):
    return settings.factor * np.sum(settings.operation(x))


def of_an_import(x):
    from wengert_test_settings import factor

    return factor * np.sum(x)


def of_a_dict(x):
    return np.sum(table["operation"](x))


def of_a_list(x):
    return np.sum(things[0](x)) * things[1]


def of_a_partial(x):
    return np.sum(partial(x))


def of_another_module(x):
    return numpy_too.sum(x)


def of_a_compiled_function(x):
    return inner(x)


def of_a_bound_method(x):
    return bound(x)


def of_a_called_object(x):
    return scale(x)


CHANGES = [
    (hidden_builtin, globals(), "sum", lambda x: 10.0 * np.sum(x)),
    (of_a_builtin, vars(builtins), "pow", lambda x, n: 10.0 * x),
    (hidden_range, globals(), "range", lambda n: [0]),
    (of_a_global, globals(), "operation", np.cos),
    (of_a_global, globals(), "operation", np.sum),
    (of_math, globals(), "function", math.cos),
    (of_a_type, globals(), "number", int),
    (of_a_class, Scale, "operation", np.cos),
    (of_a_module, settings, "operation", np.cos),
    (of_a_module, settings, "factor", 3.0),
    (of_an_import, settings, "factor", 3.0),
    (of_a_dict, table, "operation", np.cos),
    (of_a_list, things, 0, np.cos),
    (of_a_list, things, 1, 3.0),
    (of_a_partial, globals(), "partial", functools.partial(np.multiply, 3.0)),
    (of_a_partial, globals(), "partial", functools.partial(np.add, 2.0)),
    (of_another_module, globals(), "numpy_too", OtherNumpy),
    (of_a_compiled_function, globals(), "inner", wg.jit(lambda x: 1.0 * np.max(x))),
    (of_a_bound_method, globals(), "bound", Scale(3.0).method),
    (of_a_called_object, globals(), "scale", Scale(3.0)),
    (of_a_called_object, Scale, "__call__", lambda self, x: self.factor * np.max(x)),
]


@pytest.mark.parametrize(("f", "owner", "name", "new"), CHANGES)
def test_what_was_replaced_is_compiled_anew(
    f: Any, owner: Any, name: Any, new: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value, and the derivative, are those of Python after the change; without one nothing is compiled again."""
    monkeypatch.setitem(sys.modules, "wengert_test_settings", settings)
    compiled = wg.jit(f)
    assert compiled(X) == pytest.approx(f(X), rel=1e-14)
    (first,) = compiled._specialisations.values()
    assert compiled(X) == pytest.approx(f(X), rel=1e-14)
    assert list(compiled._specialisations.values()) == [first]
    if isinstance(owner, list):
        monkeypatch.setattr(sys.modules[__name__], "things", [new if k == name else one for k, one in enumerate(owner)])
    elif isinstance(owner, dict):
        monkeypatch.setitem(owner, name, new)
    else:
        monkeypatch.setattr(owner, name, new)
    assert compiled(X) == pytest.approx(f(X), rel=1e-14)
    if f is not of_a_type:  # an integer has no derivative
        np.testing.assert_allclose(wg.grad(compiled)(X), wg.grad(f)(X), rtol=1e-14)


def test_a_replaced_method_of_a_record_is_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a dataclass among the arguments, as its field changes or its class does."""
    compiled = wg.jit(lambda pair: pair.scaled())
    assert compiled(Pair(2.0, X)) == 6.0
    monkeypatch.setattr(Pair, "scaled", lambda self: self.factor * np.max(self.values))
    assert compiled(Pair(2.0, X)) == 4.0


def test_a_replaced_variable_of_a_closure_is_compiled_anew() -> None:
    """Also where it is a function of NumPy."""
    operation = np.sin

    def f(x):
        return np.sum(operation(x))

    compiled = wg.jit(f)
    assert compiled(X) == pytest.approx(np.sum(np.sin(X)), rel=1e-14)
    operation = np.cos
    assert compiled(X) == pytest.approx(np.sum(np.cos(X)), rel=1e-14)


def test_a_class_of_the_same_name_is_another() -> None:
    """Classes are told apart by identity, as where a cell of a notebook is run again."""

    def made(factor):
        class Local:
            @staticmethod
            def scaled(x):
                return factor * np.sum(x)

        return Local

    local = made(2.0)
    compiled = wg.jit(lambda x: local.scaled(1.0 * x))
    assert compiled(X) == 6.0
    local = made(3.0)
    assert compiled(X) == 9.0
