"""Levels nest, belong to their thread, and survive exceptions."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.tape.tape import open_tapes

X = np.array([0.5, 1.0, 1.5])


def simulate(x, steps=30):
    state = np.zeros(3)
    for i in range(steps):
        state[i % 3] += np.sin(x[i % 3]) * state[(i + 1) % 3] + x[(i + 2) % 3]
        state *= 0.9
    return np.sum(state**2)


class Failure(Exception):
    pass


def fails_in_the_middle(x):
    y = np.exp(x)
    y[0] = 3.0
    raise Failure


def fails_inside_an_inner_derivative(x):
    return np.sum(wg.grad(fails_in_the_middle)(x))


@pytest.mark.parametrize("function", [fails_in_the_middle, fails_inside_an_inner_derivative])
@pytest.mark.parametrize("derivative", [wg.grad, wg.vjp, wg.linearize, wg.jacobian, wg.hessian])
def test_an_exception_restores_the_levels(derivative: Any, function: Any) -> None:
    """After an exception in the middle of a recording the next derivative is right."""
    expected = wg.grad(simulate)(X)
    with pytest.raises(Failure):
        derivative(function)(X) if derivative in (wg.grad, wg.jacobian, wg.hessian) else derivative(function, X)
    assert open_tapes() == []
    np.testing.assert_array_equal(wg.grad(simulate)(X), expected)


def test_an_exception_caught_inside_the_function() -> None:
    """A function may catch what an inner derivative raises, and go on."""

    def recovers(x):
        with contextlib.suppress(Failure):
            wg.grad(fails_in_the_middle)(x)
        return np.sum(x**3)

    np.testing.assert_allclose(wg.grad(recovers)(X), 3 * X**2, rtol=1e-15)


def test_an_exception_in_a_pullback_restores_the_levels() -> None:
    """The reverse sweep of an inner level may fail too."""

    @wg.custom_vjp
    def f(x):
        return x * 2.0

    @f.vjp(wrt="x")
    def f_x(ct):
        raise Failure

    with pytest.raises(Failure):
        wg.grad(lambda x: np.sum(wg.grad(lambda y: np.sum(f(y)))(x)))(X)
    assert open_tapes() == []


def test_eight_threads_agree_with_one() -> None:
    """Derivatives in eight threads at once give the bits that one thread gives."""
    inputs = [X * (1 + 0.1 * i) for i in range(64)]
    expected = [wg.hessian(simulate)(x) for x in inputs[:16]] + [wg.grad(simulate)(x) for x in inputs[16:]]
    barrier = threading.Barrier(8)

    def work(thread: int) -> list[tuple[int, Any]]:
        barrier.wait()
        found = []
        for i in range(thread, 64, 8):
            derivative = wg.hessian if i < 16 else wg.grad
            found.append((i, derivative(simulate)(inputs[i])))
        return found

    with ThreadPoolExecutor(8) as pool:
        results = [pair for found in pool.map(work, range(8)) for pair in found]
    assert len(results) == 64
    for i, value in results:
        np.testing.assert_array_equal(value, expected[i])


def test_threads_do_not_share_levels() -> None:
    """While one thread records, another sees no open level."""
    seen: list[int] = []

    def look(x):
        thread = threading.Thread(target=lambda: seen.append(len(open_tapes())))
        thread.start()
        thread.join()
        seen.append(len(open_tapes()))
        return np.sum(x)

    wg.grad(look)(X)
    assert seen == [0, 1]


def test_derivatives_nest_to_the_fourth_order() -> None:
    """grad of grad of grad of grad, in place updates included."""

    def f(x):
        y = np.zeros(2)
        y[0] = x * x
        y[1] = y[0] * y[0]
        y[0] = y[1] * x
        return y[0]

    derivative = f
    for order, expected in enumerate([2.0**5, 5 * 2.0**4, 20 * 2.0**3, 60 * 2.0**2, 120 * 2.0]):
        assert derivative(2.0) == pytest.approx(expected, rel=1e-14), order
        derivative = wg.grad(derivative)


def test_levels_do_not_confuse_their_tangents() -> None:
    """d/dx (x * d/dy (x + y)) is 1: the perturbations of two levels are different (Siskind and Pearlmutter 2005)."""
    inner = lambda x: wg.jvp(lambda y: x + y, (1.0,), (1.0,))[1]  # noqa: E731
    assert wg.jvp(lambda x: x * inner(x), (1.0,), (1.0,))[1] == 1.0
    assert wg.grad(lambda x: x * wg.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert wg.grad(lambda x: x * wg.grad(lambda y: x * y)(1.0))(3.0) == 6.0


@pytest.mark.parametrize("outer", ["forward", "reverse"])
@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_modes_mix(outer: str, inner: str) -> None:
    """Forward over reverse, reverse over forward and the rest give one Hessian."""
    expected = wg.hessian(simulate)(X)
    found = wg.jacobian(wg.jacobian(simulate, mode=inner), mode=outer)(X)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_a_captured_value_of_an_outer_level_may_be_updated() -> None:
    """An outer array is overwritten between the recording and the use of what an inner tape saved of it."""

    def f(x):
        a = x * 1.0

        def g(y):
            z = np.sum(a * y)
            a[0] = 7.0
            return z * y[1]

        return np.sum(wg.grad(g)(x)) + np.sum(a)

    def written_out(x):
        # g(y) = (sum a y) y1: dg/dy = a y1 + (sum a y) e1, with a = x before it is overwritten
        total = np.sum(x * x[1]) + np.sum(x * x)
        return total + 7.0 + x[1] + x[2]

    np.testing.assert_allclose(wg.grad(f)(X), wg.grad(written_out)(X), rtol=1e-14)


def test_writing_an_inner_value_into_an_outer_array_is_refused() -> None:
    """An array of an outer level cannot hold a value that depends on an inner one."""

    def f(x):
        a = x * 1.0

        def g(y):
            a[0] = y[0]
            return np.sum(a * y)

        return np.sum(wg.grad(g)(x))

    with pytest.raises(wg.LostGradientError, match="a value of an inner derivative is written"):
        wg.grad(f)(X)
