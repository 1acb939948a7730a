"""Random draws, printing, files, global state, clocks, sets, threads: once, as in Python, or refused."""

from __future__ import annotations

import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import wengert as wg
from wengert.errors import EscapedValueError, LostGradientError, NotAcceptedError

GENERATOR = np.random.default_rng(5)
COUNTS = [0]
LAST = {}
total = 0.0


def drawn_from_a_generator(x):
    return np.sum(x * GENERATOR.normal(size=2))


def drawn_from_the_global_state(x):
    return np.sum(x * np.random.rand(2))


def drawn_from_python(x):
    return np.sum(x) * random.random()


def drawn_from_its_own_generator(x):
    return np.sum(x * np.random.default_rng(3).normal(size=2))


def printing(x):
    print("the first is", x[0])
    return np.sum(x * x)


def writing_a_file(x):
    with open("log.txt", "a", encoding="utf-8") as file:
        file.write("called\n")
    return np.sum(x * x)


def reading_a_file(x):
    return np.sum(x * np.load("factor.npy"))


def counting(x):
    COUNTS[0] += 1
    return np.sum(x * COUNTS[0])


def rebinding_a_global(x):
    global total  # noqa: PLW0603 (what is tested)
    total = total + 1.0
    return np.sum(x) * total


def remembering(x):
    LAST["sum"] = float(np.sum(wg.stop_gradient(x)))
    return np.sum(x * x)


def looking_at_the_clock(x):
    return np.sum(x) * (time.time() > 0.0)


def going_through_a_set(x):
    found = 0.0
    for n in {1, 2, 4}:  # noqa: PLC0208 (what is tested)
        found = found + n * x[0]
    return found


def threads_that_compute(x):
    found = [None, None]

    def work(i):
        found[i] = x[i] * x[i]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found[0] + found[1]


def a_pool_that_computes(x):
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda i: x[i] * x[i], range(2)))
    return found[0] + found[1]


def a_thread_that_writes(x):
    out = np.zeros(2)

    def work():
        out[:] = x * x

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return np.sum(out)


def a_thread_that_writes_a_buffer_of_its_own(x):
    found = [0.0]

    def work():
        buffer = np.zeros(2)
        buffer[:] = x * x
        found[0] = np.sum(buffer)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0] + np.sum(x)


REFUSED = (
    drawn_from_a_generator,
    drawn_from_the_global_state,
    drawn_from_python,
    drawn_from_its_own_generator,
    printing,
    writing_a_file,
    reading_a_file,
    counting,
    rebinding_a_global,
    remembering,
    looking_at_the_clock,
    going_through_a_set,
    threads_that_compute,
    a_pool_that_computes,
    a_thread_that_writes,
)
X = np.array([1.5, -2.0])


@pytest.mark.parametrize("function", REFUSED, ids=lambda one: one.__name__)
def test_compiled_code_refuses_them_at_their_line(function, capsys, tmp_path, monkeypatch):
    """A compiled function has no side effects: refused before anything runs, with the place in the source."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotAcceptedError) as refusal:
        wg.grad(wg.jit(function))(X)
    first = function.__code__.co_firstlineno
    (line,) = re.findall(r"test_side_effects\.py:(\d+)", str(refusal.value))
    assert first < int(line) <= max(number for *_, number in function.__code__.co_lines() if number) + 1
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "function", [drawn_from_a_generator, drawn_from_its_own_generator], ids=lambda one: one.__name__
)
def test_draws_are_constants_of_the_executed_path(function, monkeypatch):
    """The derivative is by the numbers that were drawn, and a generator advances once, as in a plain run."""
    monkeypatch.setitem(globals(), "GENERATOR", np.random.default_rng(5))
    seed = 5 if function is drawn_from_a_generator else 3
    other = np.random.default_rng(seed)
    value, gradient = wg.value_and_grad(function)(X)
    drawn = other.normal(size=2)
    np.testing.assert_array_equal(gradient, drawn)
    np.testing.assert_allclose(value, X @ drawn)
    if function is drawn_from_a_generator:
        np.testing.assert_array_equal(GENERATOR.normal(size=2), other.normal(size=2))


def test_draws_from_global_states_are_constants_too():
    """The same for the states of `np.random` and `random`."""
    np.random.seed(7)
    gradient = wg.grad(drawn_from_the_global_state)(X)
    np.random.seed(7)
    np.testing.assert_array_equal(gradient, np.random.rand(2))
    random.seed(7)
    gradient = wg.grad(drawn_from_python)(X)
    random.seed(7)
    np.testing.assert_array_equal(gradient, np.full(2, random.random()))


def test_a_generator_among_the_arguments_is_the_callers():
    """It advances as in a plain call."""
    given, other = np.random.default_rng(1), np.random.default_rng(1)
    assert wg.grad(lambda x, generator: x * generator.normal())(2.0, given) == other.normal()
    assert given.normal() == other.normal()


def test_printing_shows_the_number_once(capsys):
    """A recorded value prints as its number; the sweeps print nothing."""
    np.testing.assert_array_equal(wg.grad(printing)(X), 2 * X)
    assert capsys.readouterr().out == "the first is 1.5\n"


def test_files_are_read_and_written_once(tmp_path, monkeypatch):
    """What is read is a constant; what is written is written once."""
    monkeypatch.chdir(tmp_path)
    np.save("factor.npy", np.array([3.0, 4.0]))
    np.testing.assert_array_equal(wg.grad(reading_a_file)(X), [3.0, 4.0])
    wg.hessian(writing_a_file)(X)
    assert (tmp_path / "log.txt").read_text() == "called\n"


def test_state_outside_is_read_and_changed_once(monkeypatch):
    """Lists, dicts and globals are a plain run's, and constants for the derivative."""
    monkeypatch.setitem(globals(), "COUNTS", [0])
    np.testing.assert_array_equal(wg.grad(counting)(X), [1.0, 1.0])
    np.testing.assert_array_equal(wg.grad(counting)(X), [2.0, 2.0])
    monkeypatch.setitem(globals(), "total", 4.0)
    np.testing.assert_array_equal(wg.grad(rebinding_a_global)(X), [5.0, 5.0])
    assert total == 5.0
    wg.grad(remembering)(X)
    assert LAST == {"sum": -0.5}


def test_clocks_and_sets_are_those_of_the_executed_path():
    """What the clock said is a constant; a set is gone through in the order of that run."""
    np.testing.assert_array_equal(wg.grad(looking_at_the_clock)(X), [1.0, 1.0])
    np.testing.assert_array_equal(wg.grad(going_through_a_set)(X), [7.0, 0.0])


@pytest.mark.parametrize("function", [threads_that_compute, a_pool_that_computes], ids=lambda one: one.__name__)
def test_threads_started_inside_may_compute(function):
    """Operations on recorded values are entries of their tape, whichever thread runs them."""
    np.testing.assert_array_equal(wg.grad(function)(X), 2 * X)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("function", "error"),
    [(a_thread_that_writes, EscapedValueError), (a_thread_that_writes_a_buffer_of_its_own, LostGradientError)],
    ids=lambda one: one.__name__,
)
def test_threads_started_inside_may_not_write(function, error):
    """An exception that ends the thread alone would leave zeros behind: the derivative call raises it."""
    with pytest.raises(error, match=r"test_side_effects\.py"):
        wg.grad(function)(X)


def test_a_checkpointed_draw_is_the_same_again():
    """A recomputation draws the same numbers, and the generator advances once."""
    given, other = np.random.default_rng(2), np.random.default_rng(2)

    def noisy(x):
        return np.sum(np.sin(x * given.normal(size=2)))

    gradient = wg.grad(wg.checkpoint(noisy))(X)
    drawn = other.normal(size=2)
    np.testing.assert_allclose(gradient, drawn * np.cos(X * drawn), rtol=1e-14)
    assert given.normal() == other.normal()
