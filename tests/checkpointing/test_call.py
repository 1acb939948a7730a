"""`wg.checkpoint`: derivatives of every kind, in-place updates, closures, random draws, differing recomputations."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.tape.call import record_call

X = np.array([0.7, -0.4, 1.1])
W = np.array([0.3, 1.0, -0.6])
Wrap = Callable[[Any], Any]


def plainly(function: Any) -> Any:
    return function


def both(make: Callable[[Wrap], Callable[..., Any]], derivative: Callable[[Any], Any]) -> list[Any]:
    """A derivative of a function that is made with plain calls, and of one that is made with checkpointed ones."""
    return [derivative(make(wrap)) for wrap in (plainly, wg.checkpoint)]


def layers(wrap: Wrap) -> Callable[..., Any]:
    @wrap
    def layer(x: Any, w: Any, *, power: int = 2) -> tuple[Any, dict[str, Any]]:
        y = np.sin(x * w) + x[1] ** power
        y[0] = x[2] * w[1]
        return np.tanh(y), {"other": y, "count": 3}

    def loss(x: Any, w: Any) -> Any:
        a, rest = layer(x, w)
        c, last = layer(a * rest["other"], w, power=rest["count"])
        return np.sum(a * c * last["other"]) + np.sum(rest["other"])

    return loss


def test_derivatives_of_every_kind_are_those_without() -> None:
    """Gradients, Jacobians in both modes, Hessians, products with them, and third derivatives."""
    for derivative in (
        lambda f: wg.grad(f, (0, 1))(X, W),
        lambda f: wg.jvp(f, (X, W), (W, X)),
        lambda f: wg.linearize(f, X, W)[1](W, X),
        lambda f: wg.hessian(f)(X, W),
        lambda f: wg.jacobian(wg.grad(f), mode="reverse")(X, W),
        lambda f: wg.jacobian(wg.grad(f), mode="forward")(X, W),
        lambda f: wg.grad(lambda x: wg.jvp(f, (x, W), (W, X))[1])(X),
        lambda f: wg.grad(lambda x: np.sum(wg.hessian(f)(x, W)))(X),
    ):
        expected, found = both(layers, derivative)
        for one, other in zip(np.atleast_1d(*[found]), np.atleast_1d(*[expected]), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


def test_without_a_derivative_the_function_is_called() -> None:
    """A checkpointed function is the function itself, with its name and its text."""

    def double(x: Any) -> Any:
        """Twice."""
        return 2 * x

    checkpointed = wg.checkpoint(double)
    assert checkpointed(3) == 6
    assert (checkpointed.__name__, checkpointed.__doc__) == ("double", "Twice.")


def test_the_tape_keeps_one_entry_of_arguments_and_results() -> None:
    """A call of 200 operations is one entry, and runs once more in the derivative."""

    class Counter:
        runs = 0

    @wg.checkpoint
    def many(x: Any) -> Any:
        Counter.runs += 1
        for _ in range(100):
            x = np.sin(x * 1.01)
        return x

    found = record_call(many, (np.ones(1000),), {}, (0,), forward=False, keep=True)
    assert len(found.tape.entries) == 1
    assert Counter.runs == 1
    wg.grad(lambda x: np.sum(many(x)))(np.ones(3))
    assert Counter.runs == 3


def in_place(wrap: Wrap) -> Callable[..., Any]:
    @wrap
    def update(u: Any, c: Any) -> None:
        u[1:] *= c
        u[0] += np.sum(u)

    def loss(x: Any, c: Any) -> Any:
        u = x * 2
        v = u[:2]
        update(u, c)
        update(v, c)
        update(u, c)
        return np.sum(u**2) + v[1]

    return loss


def aliases(wrap: Wrap) -> Callable[..., Any]:
    @wrap
    def through_views(u: Any, part: Any) -> tuple[Any, Any, Any]:
        part *= u[0]
        w = u * 3
        return u, w, w[1:]

    def loss(x: Any, c: Any) -> Any:
        u = x * c
        same, w, end = through_views(u, u[1:])
        same[0] = 5.0 * u[2]
        end[0] = same[0] * c
        return np.sum(u * w) + np.sum(np.sin(end))

    return loss


def closures(wrap: Wrap) -> Callable[..., Any]:
    @dataclass
    class Model:
        gain: Any

        def scaled(self, y: Any) -> Any:
            return np.sum(y * self.gain)

    def loss(x: Any, c: Any) -> Any:
        scale, model, pieces = x * 2, Model(np.cos(x)), [x[0] * c]

        def inner(y: Any, extra: Any = x * 3) -> Any:
            return np.sum(y * scale * extra) + pieces[0]

        first = wrap(inner)(x)
        scale = scale + 1
        pieces[0] = c * first
        scale[0] = first
        return first * wrap(inner)(x * x) * wrap(model.scaled)(x) + wrap(functools.partial(inner, x))()

    return loss


def nested(wrap: Wrap) -> Callable[..., Any]:
    @wrap
    def inner(y: Any, c: Any) -> Any:
        return np.tanh(y * c)

    @wrap
    def outer(y: Any, c: Any) -> Any:
        return inner(inner(y, c) * y, c)

    def loss(x: Any, c: Any) -> Any:
        return np.sum(outer(outer(x, c), c))

    return loss


def with_gradient_inside(wrap: Wrap) -> Callable[..., Any]:
    @wrap
    def descended(y: Any, c: Any) -> Any:
        return y - 0.1 * wg.grad(lambda z: np.sum(c * z**4))(y)

    def loss(x: Any, c: Any) -> Any:
        return np.sum(descended(descended(x, c), c) ** 2)

    return loss


def with_compiled_inside(wrap: Wrap) -> Callable[..., Any]:
    @wg.jit
    def kernel(y: Any, c: Any) -> Any:
        for i in range(1, len(y)):
            y[i] += np.sin(c * y[i - 1])
        return np.sum(y)

    @wrap
    def called(y: Any, c: Any) -> Any:
        z = y * 1.0
        return kernel(z, c) * z

    def loss(x: Any, c: Any) -> Any:
        return np.sum(called(called(x, c), c))

    return loss


@pytest.mark.parametrize("make", [in_place, aliases, closures, nested, with_gradient_inside, with_compiled_inside])
def test_calls_mean_what_they_mean_without(make: Callable[[Wrap], Callable[..., Any]]) -> None:
    """Updates, aliases, closures that change afterwards, nested calls: value, gradient and second derivatives."""
    for derivative in (
        lambda f: wg.value_and_grad(f, (0, 1))(X, 1.5),
        lambda f: wg.jvp(f, (X, 1.5), (W, 0.3)),
        lambda f: wg.hvp(f, (X, 1.5), (W, 0.3)),
    ):
        expected, found = both(make, derivative)
        for one, other in zip(*[tree.flatten(result)[0] for result in (found, expected)], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def random_draws(wrap: Wrap) -> Callable[..., Any]:
    def loss(x: Any) -> Any:
        generator = np.random.default_rng(3)

        def noisy(y: Any) -> Any:
            return np.sum(y * generator.normal(size=3) * np.random.rand() * random.random())

        return wrap(noisy)(x) * wrap(noisy)(x * x) * generator.normal()

    return loss


def test_random_generators_draw_the_same_again_and_advance_once() -> None:
    """Generators in closures, NumPy's global state and Python's: the same draws, and the same state afterwards."""
    found = []
    for wrap in (plainly, wg.checkpoint):
        np.random.seed(1)
        random.seed(1)
        found.append((*wg.value_and_grad(random_draws(wrap))(X), np.random.rand(), random.random()))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_result_that_differs_is_an_error_that_says_where() -> None:
    """A function that depends on how often it was called cannot be recomputed."""
    calls = np.zeros(1)

    @wg.checkpoint
    def counting(x: Any) -> Any:
        calls[0] += 1
        y = x.copy()
        y[1] *= calls[0]
        return y

    with pytest.raises(wg.RecomputationError, match=r"result 0 of .*counting came out differently") as caught:
        wg.grad(lambda x: np.sum(counting(x)))(X)
    assert "it is np.float64(-0.8) at [1], where it was np.float64(-0.4) (1 of 3 elements differ)" in str(caught.value)
    assert __file__ in str(caught.value)


def test_a_result_that_differs_in_the_last_bit_is_an_error() -> None:
    """Bits are compared: 0.0 is not -0.0; NaN is NaN."""
    sign = np.array([1.0])

    @wg.checkpoint
    def signed(x: Any) -> Any:
        sign[0] = -sign[0]
        return x * np.array([sign[0], 1.0])

    with pytest.raises(wg.RecomputationError):
        wg.grad(lambda x: np.sum(signed(x)))(np.array([0.0, 1.0]))

    with np.errstate(invalid="ignore"):
        wg.grad(lambda x: np.sum(wg.checkpoint(np.log)(x)))(np.array([-1.0, 1.0]))


def test_other_structures_of_results_are_errors() -> None:
    """A tuple where there was an array, or another array updated."""
    calls = np.zeros(1)

    @wg.checkpoint
    def changing(x: Any) -> Any:
        calls[0] += 1
        return (x * 2, x) if calls[0] > 1 else x * 2

    with pytest.raises(wg.RecomputationError, match="structure"):
        wg.grad(lambda x: np.sum(changing(x)))(X)


def test_a_recorded_value_that_is_not_found_is_an_error() -> None:
    """A value behind a library's object cannot be replaced; it is never taken for a constant."""

    class Hidden:
        __slots__ = ("get",)

    def loss(x: Any) -> Any:
        stored = {}
        hidden = Hidden()
        hidden.get = iter([x * 2, x * 2])

        @wg.checkpoint
        def uses(y: Any) -> Any:
            stored["seen"] = next(hidden.get)
            return np.sum(y * stored["seen"])

        return uses(x)

    with pytest.raises(wg.ArgumentError, match="pass it as an argument"):
        wg.grad(loss)(X)


def test_lists_and_variables_are_set_back() -> None:
    """A list that the function appends to is for the recomputation what it was; what is appended there is dropped."""
    seen: list[int] = []

    @wg.checkpoint
    def appending(x: Any) -> Any:
        seen.append(len(seen))
        return x * len(seen)

    np.testing.assert_allclose(wg.grad(lambda x: np.sum(appending(x) * appending(x)))(X), 4 * X)
    assert seen == [0, 1]


def test_compiled_functions_read_through_checkpoints() -> None:
    """In compiled code a checkpointed function is the function; a loop is refused."""

    @wg.checkpoint
    def sine(x: Any) -> Any:
        return np.sin(x)

    compiled = wg.jit(lambda x: np.sum(sine(x)))
    np.testing.assert_allclose(wg.grad(lambda x: compiled(x * 2))(X), 2 * np.cos(2 * X))
    np.testing.assert_allclose(wg.grad(compiled)(X), np.cos(X))
    np.testing.assert_allclose(wg.jit(sine)(X), np.sin(X))
    refused = wg.jit(lambda x: np.sum(wg.checkpointed_loop(lambda s, k: s * 2.0, x, 3)))
    with pytest.raises(wg.NotAcceptedError):
        refused(X)


def test_exceptions_pass_and_leave_everything_as_it_was() -> None:
    """An exception of the function is the caller's; what was bound for the call is its own again."""

    def loss(x: Any) -> Any:
        y = x * 2

        @wg.checkpoint
        def fails(z: Any) -> Any:
            z *= 3
            raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            fails(y)
        return np.sum(y**2)

    np.testing.assert_allclose(wg.grad(loss)(X), 8 * X)


def test_constants_are_not_differentiated() -> None:
    """A call without a differentiated argument is a constant, that can hold recorded values."""

    @wg.checkpoint
    def table(n: int) -> Any:
        return np.arange(n, dtype=float)

    def loss(x: Any) -> Any:
        t = table(3)
        t[0] = x[1]
        return np.sum(t * x)

    np.testing.assert_allclose(wg.grad(loss)(X), [X[1], 1.0 + X[0], 2.0])


def test_a_pullback_may_be_called_again_and_the_arguments_may_change() -> None:
    """Cotangents are those of the values that the call was made with."""
    x = X.copy()
    _, pullback = wg.vjp(wg.checkpoint(lambda y: y**3), x)
    first = pullback(np.ones(3))[0]
    x[:] = 0
    np.testing.assert_array_equal(pullback(np.ones(3))[0], first)
    np.testing.assert_allclose(first, 3 * X**2)
