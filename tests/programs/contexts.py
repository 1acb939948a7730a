"""Programs with exceptions, `with` blocks, assertions, global statements and prints."""

import contextlib
import warnings

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"exception", "analytic", "smooth"})
def value_after_a_caught_error(x):
    try:
        y = x[0] * x[5]
    except IndexError:
        y = x[0] ** 2
    else:
        y = x * 0
    finally:
        x = x * 3
    return y * x


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"exception", "mutation", "analytic", "smooth"})
def writes_before_an_error_remain(x):
    y = x.copy()
    try:
        y[0] = x[1] ** 2
        y[7] = x[0]
        y[1] = 100.0
    except IndexError:
        y[1] *= y[0]
    return y


def first_positive(values):
    for value in values:
        try:
            if value > 0:
                return value * 2
        finally:
            values[0] = values[0] * 3
    raise LookupError


@program(inputs=lambda: (np.array([-0.3, 1.2]),), tags={"exception", "mutation", "break", "call", "branch"})
def return_inside_finally(x):
    y = x.copy()
    found = first_positive(y)
    return found * y


@contextlib.contextmanager
def shifted(array, amount):
    array += amount
    try:
        yield array * 2
    finally:
        array -= amount


@program(inputs=lambda: (np.array([0.3, 1.2]), 0.5), tags={"exception", "mutation", "generator", "analytic", "smooth"})
def context_manager_that_changes_an_array(x, amount):
    y = x * 1
    with shifted(y, amount) as doubled:
        product = y * doubled
    return product + y**2


class Recorder:
    """A context manager with a buffer."""

    def __init__(self, size):
        self.values = np.zeros(size)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.values[-1] = np.sum(self.values)
        return True


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"exception", "mutation", "class", "buffer", "smooth"})
def context_manager_that_swallows(x):
    with Recorder(3) as recorder:
        recorder.values[:2] = x * x
        raise ValueError(str(x.shape))
    return recorder.values * 2


@program(inputs=lambda: (np.array([0.0, 1.2]),), tags={"exception", "mask"}, oracle="jax")
def error_state_silenced(x):
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        ratio = np.where(x == 0, 1.0, np.sin(x) / x)
    return ratio * (x + 1)


@program(inputs=lambda: (4.0, -1.0), tags={"exception", "scalar", "while", "branch"})
def retry_until_it_works(x, step):
    attempts = 0
    while True:
        try:
            if x > 2.5:
                raise ArithmeticError(f"{x!r} is too large")
            return x * attempts
        except ArithmeticError:
            attempts += 1
            x = x + step * 0.9


COUNTER = {"calls": 0}


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"exception", "analytic", "smooth"})
def side_effects_and_assertions(x):
    global COUNTER  # noqa: PLW0603 - a rebound global is what is tested
    COUNTER = {"calls": 1}
    assert x.shape == (2,), "two numbers"
    assert np.all(x > 0)
    COUNTER["calls"] += 1
    text = f"{x[0]:.3f} of {len(x)}"
    return x * COUNTER["calls"] + len(text)


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"exception", "mutation", "generator", "analytic", "smooth"})
def exit_stack_of_changes(x):
    y = x.copy()
    with contextlib.ExitStack() as stack:
        stack.enter_context(shifted(y, x[0]))
        stack.enter_context(shifted(y[1:], 2.0))
        total = y * y
    return total * y
