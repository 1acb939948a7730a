"""Nothing keeps a user's function, or what it holds, once the user has let go of it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.compiled import Family, Member, Specialisation
from wengert.compiler import Kernel
from wengert.emit.machine import Loaded

X = np.array([1.0, 2.0])


def jitted(weights):
    def f(x):
        return np.sum(weights * x * x)

    compiled = wg.jit(f)
    wg.grad(compiled)(X)
    wg.hessian(compiled)(X)
    wg.jvp(compiled, (X,), (X,))
    wg.vjp(compiled, X)[1](1.0)
    wg.grad(lambda x: compiled(x) * 2.0)(X)
    str(compiled.adjoint(X))
    return f, compiled, *compiled._specialisations.values()


def recorded(weights):
    def f(x):
        return np.sum(weights * x * x)

    wg.hessian(f)(X)
    wg.jvp(f, (X,), (X,))
    return (f,)


def with_rules(weights):
    @wg.custom_vjp
    def f(x):
        return np.sum(weights * x)

    @f.vjp(wrt="x")
    def f_x(ct):
        return ct * weights

    wg.grad(lambda x: f(x) * 2.0)(X)
    wg.jvp(f, (X,), (X,))
    return f, f_x


def with_forward_rules(weights):
    @wg.custom_jvp
    def f(x):
        return np.sum(weights * x)

    @f.jvp(wrt="x")
    def f_x(tangent):
        return np.sum(tangent * weights)

    wg.grad(f)(X)
    return f, f_x


def checkpointed(weights):
    def f(x):
        return np.sum(weights * x * x)

    wg.grad(wg.checkpoint(f))(X)
    return (f,)


def universal(weights):
    def f(x):
        return x * float(weights[0])

    g = np.frompyfunc(f, 1, 1)
    wg.grad(lambda x: np.sum(x) * g(1.5))(X)
    return (f,)


def called_object(weights):
    class Scale:
        def __call__(self, x):
            return np.sum(weights * x)

    scale = Scale()
    wg.grad(scale)(X)
    wg.grad(wg.jit(lambda x: scale(2.0 * x)))(X)
    return scale, Scale


@pytest.mark.parametrize(
    "use", [jitted, recorded, with_rules, with_forward_rules, checkpointed, universal, called_object]
)
def test_what_a_user_lets_go_of_is_gone(use: Callable[[Any], tuple[Any, ...]]) -> None:
    """Functions, rules, kernels and the arrays they hold die with the last name of theirs."""
    weights = np.array([3.0, 4.0])
    alive = [weakref.ref(weights), *map(weakref.ref, use(weights))]
    del weights
    gc.collect()
    assert [one() for one in alive] == [None] * len(alive)


def test_machine_code_dies_with_its_function() -> None:
    """No kernel, derivative or loaded code is left of functions that are gone."""

    def count() -> list[int]:
        gc.collect()
        objects = gc.get_objects()
        return [sum(type(one) is kind for one in objects) for kind in (Specialisation, Family, Member, Kernel, Loaded)]

    jitted(np.ones(2))  # what is compiled once for all programs stays
    before = count()
    for _ in range(2):
        jitted(np.ones(2))
    assert count() == before


CAPTURED = np.array([1.0, 2.0])


def test_a_captured_array_is_not_kept_when_it_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiled function fetches it at each call, and holds none."""
    scaled = wg.jit(lambda x: np.sum(CAPTURED * x))
    first = np.array([3.0, 4.0])
    monkeypatch.setitem(globals(), "CAPTURED", first)
    assert scaled(X) == 11.0
    alive = weakref.ref(first)
    monkeypatch.setitem(globals(), "CAPTURED", np.array([5.0, 6.0]))
    monkeypatch._setitem.clear()  # it holds what it is to put back
    del first
    gc.collect()
    assert alive() is None
    assert scaled(X) == 17.0
