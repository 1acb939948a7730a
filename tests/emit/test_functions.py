"""Functions of a program as machine code: recursion without end, and memory when something fails deep inside."""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.runtime.machine_stack import end_of_stack


@wg.jit
def endless(x: Any) -> Any:
    return endless(x + 1.0) * 2.0


@wg.jit
def endless_tail(x: Any) -> Any:
    return endless_tail(x + 1.0)


@wg.jit
def countdown(x: Any, n: Any) -> Any:
    return x if n == 0 else np.sin(countdown(x * 1.001, n - 1)) + x


@wg.jit
def failing(x: Any, n: Any) -> Any:
    y = np.zeros(1000) + x
    if n == 0:
        return y[int(x) + 5000]
    return failing(y[3], n - 1) + y[2]


def in_thread(action: Any, stack_bytes: int) -> Any:
    """The result of an action in a thread with a stack of this size."""
    found = []
    before = threading.stack_size(stack_bytes)
    try:
        thread = threading.Thread(target=lambda: found.append(action()))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    return found[0]


def raised_by(action: Any) -> str:
    with pytest.raises(RecursionError) as caught:
        action()
    return str(caught.value)


@pytest.mark.parametrize("function", [endless, endless_tail, wg.grad(endless)])
def test_recursion_without_end_is_an_exception(function: Any) -> None:
    """With the line, in threads with small stacks too, and the next call is as good as the first."""
    for _ in range(2):
        text = raised_by(lambda: function(1.0))
        assert text.startswith("maximum recursion depth exceeded\n  at ")
        assert "    return endless" in text
    assert "depth exceeded" in in_thread(lambda: raised_by(lambda: function(1.0)), 256 * 1024)


def test_functions_that_make_arrays_go_as_deep_as_python() -> None:
    """Else a recursion without end would fill the memory before the stack."""

    @wg.jit
    def filling(counts: Any, x: Any) -> Any:
        counts[0] += 1.0
        if x[0] < 0.0:
            return x
        return filling(counts, x * 2.0)[0] * x

    counts = np.zeros(1)
    raised_by(lambda: filling(counts, np.ones(3)))
    assert counts[0] == sys.getrecursionlimit() + 1


def test_what_python_would_run_runs_in_small_threads() -> None:
    """A thousand calls, with their derivative, on a stack of 256 kB."""
    expected = countdown(0.5, 950), wg.grad(countdown)(0.5, 950)
    assert np.isfinite(expected[1])
    assert in_thread(lambda: (countdown(0.5, 950), wg.grad(countdown)(0.5, 950)), 256 * 1024) == expected


def test_a_failure_deep_inside_has_its_line_and_leaves_no_memory() -> None:
    """The arrays of all open calls are given back: none of them is in use afterwards."""
    with pytest.raises(IndexError, match=r"index 5001 is out of bounds for axis 0 with size 1000\n  at .*, in failing"):
        failing(1.0, 3)
    resident = []
    for _ in range(3):
        for _ in range(30):
            with pytest.raises(IndexError):
                failing(1.0, 60)
        with open("/proc/self/statm") as file:
            resident.append(int(file.read().split()[1]) * 4096)
    assert resident[-1] - resident[0] < 10 * 60 * 8000  # 30 calls of 60 arrays each would be three times that


def test_the_end_of_the_stack_is_below_and_that_of_the_thread() -> None:
    """Each thread has its own."""
    assert end_of_stack() > 0
    assert in_thread(end_of_stack, 256 * 1024) not in (0, end_of_stack())
