"""What loops and calls may do: each program through a plain loop and through a checkpointed one with a budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import tree

X = np.array([0.7, -0.4, 1.1])
Loop = Callable[[Any, Any, int], Any]


def plain_loop(step: Any, state: Any, n: int) -> Any:
    for k in range(n):
        returned = step(state, k)
        state = state if returned is None else returned
    return state


def checkpointed(step: Any, state: Any, n: int) -> Any:
    return wg.checkpointed_loop(step, state, n, memory="300 kB")


def checkpoint_if(loop: Loop) -> Callable[[Any], Any]:
    return (lambda function: function) if loop is plain_loop else wg.checkpoint


@wg.jit
def compiled_step(s: Any, k: int) -> Any:
    for i in range(1, len(s)):
        s[i] += np.sin(s[i - 1])
    return s * 1.01


@wg.jit
def compiled_in_place(s: Any, k: int) -> None:
    for i in range(1, len(s)):
        s[i] += np.sin(s[i - 1])


class Simulation:
    def __init__(self, a: Any) -> None:
        self.a = a
        self.generator = np.random.default_rng(2)

    def step(self, u: Any, k: int) -> Any:
        return np.tanh(u * self.a) + self.generator.normal(size=3)


def nested(loop: Loop) -> Any:
    def inner(u: Any, c: Any) -> Any:
        return loop(lambda s, k: np.sin(s * c), u, 4)

    called = checkpoint_if(loop)(inner)

    def f(x: Any) -> Any:
        return np.sum(loop(lambda s, k: called(s, x[1]) + s, x * 1.0, 3) ** 2)

    return wg.value_and_grad(f)(X), wg.hvp(f, (X,), (X,))


def levels(loop: Loop) -> Any:
    def f(c: Any) -> Any:
        inner = checkpoint_if(loop)(lambda z: z * c * np.cos(z * c))

        def g(y: Any) -> Any:
            return np.sum(np.sin(inner(y)) * loop(lambda s, k: s * c + y, y, 3))

        return np.sum(wg.grad(g)(X * c) ** 2)

    return wg.value_and_grad(f)(X), wg.hvp(f, (X,), (X,))


def gradient_of(make: Callable[[Loop, Any], Any], at: Any = X) -> Callable[[Loop], Any]:
    return lambda loop: wg.grad(lambda x: np.sum(np.real(make(loop, x))))(at)


START = np.array([0.0, 1.0, 1.0])
PROGRAMS: dict[str, Callable[[Loop], Any]] = {
    "strong zeros": gradient_of(
        lambda loop, x: loop(lambda s, k: np.where(s > 0, np.sqrt(np.abs(s)), 0.0) * s, x * START, 3)
    ),
    "derivatives that are no numbers": gradient_of(
        lambda loop, x: loop(lambda s, k: np.sqrt(s), x * START, 3), np.abs(X)
    ),
    "a compiled step": gradient_of(lambda loop, x: loop(compiled_step, x * 1.0, 5) ** 2),
    "a compiled step in place": gradient_of(lambda loop, x: loop(compiled_in_place, x * 1.0, 5) ** 2),
    "complex numbers": gradient_of(
        lambda loop, x: loop(lambda s, k: s * np.exp(1j * x[0]) + 0.1j * s**2, x * (1 + 0.5j), 5) ** 2
    ),
    "single precision": gradient_of(
        lambda loop, x: loop(lambda s, k: np.sin(s) * s, x * np.float32(2), 5) ** 2, X.astype(np.float32)
    ),
    "loops in calls in loops": nested,
    "derivatives of derivatives, closures over outer levels": levels,
    "a method, with attributes": gradient_of(lambda loop, x: loop(Simulation(x * 2).step, x, 6)),
    "a step that returns what it captures": gradient_of(
        lambda loop, x: loop(lambda s, k: x if k == 2 else s * x, x * 1.0, 5)
    ),
    "a step that returns a view of what it captures": gradient_of(
        lambda loop, x: loop(lambda s, k: x[1:] if k == 2 else s * x[:2], x[:2] * 1.0, 5)
    ),
    "states that are views, and shrink": gradient_of(
        lambda loop, x: loop(lambda s, k: s[:-1] * 1.0 if k % 2 else s[1:], np.outer(x, x).ravel(), 5)
    ),
    "a constant state": gradient_of(lambda loop, x: loop(lambda s, k: s + 1.0, 0.0, 5) * x),
    "tangents": lambda loop: wg.jvp(lambda x: np.sum(loop(lambda s, k: np.sin(s) * x, x * 1.0, 5)), (X,), (X,)),
    "a Python number": lambda loop: wg.grad(lambda a: loop(lambda s, k: s**1.5 * a + k, a, 5))(1.1),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_checkpointed_loops_mean_what_plain_ones_do(name: str) -> None:
    """Values and derivatives agree, to the last digits."""
    program = PROGRAMS[name]
    expected, found = (tree.flatten(program(loop))[0] for loop in (plain_loop, checkpointed))
    rtol = 1e-5 if name == "single precision" else 1e-12
    for one, other in zip(found, expected, strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)


def test_a_loop_without_steps_does_not_run_its_step() -> None:
    """A condition that does not hold at first: the budget is not planned by recording a step that must not run."""

    def never(s: Any, k: int) -> Any:
        raise AssertionError

    found = wg.grad(lambda x: np.sum(wg.checkpointed_loop(never, x, lambda s, k: False, memory="1 MB")))(X)
    np.testing.assert_array_equal(found, np.ones(3))


def test_derivatives_keep_nothing() -> None:
    """Calls and loops are freed with their tapes, snapshots included."""
    import gc

    from wengert.checkpointing.recomputed import Recomputed

    call = wg.checkpoint(np.sin)

    def loss(x: Any) -> Any:
        return np.sum(wg.checkpointed_loop(lambda s, k: s * call(x), x, 3, memory="1 MB"))

    for _ in range(5):
        wg.grad(loss)(X)
        wg.hvp(loss, (X,), (X,))
    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, Recomputed)]
