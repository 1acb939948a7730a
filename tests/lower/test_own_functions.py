"""wengert's own functions in compiled ones are refused at the user's line, with what to write instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg

X = np.array([1.0, 2.0])


def step(u, k):
    return u * 1.5


gradient = wg.grad(lambda x: np.sum(x * x))


def loop(x):
    return np.sum(wg.checkpointed_loop(step, x, 3))


def made_inside(x):
    return np.sum(wg.checkpoint(step)(x, 1))


def nested(x):
    return wg.grad(lambda y: y * y)(x[0])


def made_outside(x):
    return gradient(x)


def stopped(x):
    return np.sum(wg.stop_gradient(x))


@pytest.mark.parametrize(
    ("function", "name", "remedy"),
    [
        (loop, "checkpointed_loop", "Write it as a loop; or call the compiled function in the step"),
        (made_inside, "checkpoint", "Call it outside of the compiled function, which may call the function that it"),
        (nested, "grad", "Call it outside of the compiled function."),
        (made_outside, "grad", "Call it outside of the compiled function."),
        (stopped, "stop_gradient", "Call it outside of the compiled function."),
    ],
)
def test_own_functions_are_refused_at_the_users_line(function: Any, name: str, remedy: str) -> None:
    """Not in a file of wengert's, or of a library that it calls, which tells the user nothing."""
    with pytest.raises(wg.NotAcceptedError) as error:
        wg.jit(function)(X)
    reason, place, _, _, last = str(error.value).splitlines()
    assert reason == f"wengert's `{name}` inside a compiled function"
    assert place.endswith(f", in {function.__name__}")
    assert __file__ in place
    assert last.strip().startswith(remedy)


@pytest.mark.parametrize("function", [gradient, wg.jacobian(gradient), wg.grad])
def test_own_functions_are_not_compiled_themselves(function: Any) -> None:
    """The other order is what was meant."""
    with pytest.raises(wg.NotAcceptedError, match=r"wg\.\w+\(wg\.jit\(f\), \.\.\.\)"):
        wg.jit(function)(X)
