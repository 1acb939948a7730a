"""Calling compiled code: memory after failures, threads, arguments of every kind."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wengert.emit import compile_program
from wengert.program.builder import Builder, integer
from wengert.program.statements import Array, Constant, Program, Section, Span, Stack, Storage, Value
from wengert.runtime.cache import Cache
from wengert.runtime.pool import MOST_BYTES, POOL_ADDRESS

MEGABYTE = 131072


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def failing_program() -> Program:
    """Makes arrays of a megabyte in every way there is, and fails, or returns one of them."""
    fails, builder = Value("fails", "bool"), Builder()
    stack, scalars = Stack("kept", "storage"), Stack("scalars", "float64")
    size = Value("n", "int64")
    first = builder.allocate("first", "float64", (size,), zeroed=True)
    with builder.loop(integer(0), integer(3)):
        kept = builder.allocate("kept", "float64", (size,), kept=stack)
        row = builder.allocate("row", "float64", (size,))
        with builder.loop(integer(0), size) as i:
            builder.store(kept, (i,), Constant(1.0, "float64"))
            builder.store(row, (i,), Constant(2.0, "float64"))
            builder.push(scalars, Constant(3.0, "float64"))
    recalled = builder.recall("recalled", "float64", (size,), stack)
    builder.accumulate(first, (integer(0),), builder.load(recalled, (integer(0),)))
    builder.check(builder.bind("logical_not", fails), "ValueError", "as asked")
    section = Section(first, (Span(integer(0), size, integer(1)),), (0,))
    return Program("failing", (fails, size), builder.finish(), (section,), (stack, scalars))


@pytest.mark.parametrize("fails", [True, False])
def test_nothing_is_left_in_memory(fails: bool) -> None:
    """A thousand calls that make many megabytes each, failing or not, leave none."""
    executable = compile_program(failing_program(), cache=Cache(None))

    def call() -> None:
        if fails:
            with pytest.raises(ValueError, match="as asked"):
                executable(True, MEGABYTE)
        else:
            (found,) = executable(False, MEGABYTE)
            assert found[0] == 1.0
            assert found[-1] == 0.0

    for _ in range(5):
        call()
    before = resident_bytes()
    for _ in range(300):
        call()
    assert resident_bytes() - before < 20e6


def in_place(make: Callable[..., Any]) -> Any:
    n, x, total = Value("n", "int64"), Storage("x", "float64", 1), Storage("total", "float64", 0)
    builder = Builder()
    with builder.loop(integer(0), n) as i:
        builder.store(x, (i,), make(builder, builder.load(x, (i,))))
        builder.accumulate(total, (), builder.load(x, (i,)))
    return compile_program(Program("f", (Array(x, (n,)), Array(total, ())), builder.finish()), cache=Cache(None))


def test_threads_do_not_meet() -> None:
    """Calls of one program from many threads at once do not disturb one another."""
    executable = in_place(lambda b, x: b.bind("exp", x))
    arrays = [np.linspace(0, 1, 20000) - number for number in range(8)]
    expected = [np.exp(np.exp(array)) for array in arrays]
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            array, total = arrays[number].copy(), np.zeros(())
            executable(array, total)
            executable(array, total)
            if not np.allclose(array, expected[number], rtol=1e-12):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_interpreter_runs_meanwhile() -> None:
    """The interpreter lock is released while compiled code runs."""
    executable = in_place(lambda b, x: b.bind("sin", b.bind("gamma", b.bind("sin", x))))
    started, ticks = threading.Event(), 0

    def work() -> None:
        started.set()
        executable(np.linspace(0, 1, 3_000_000), np.zeros(()))

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    while thread.is_alive():
        ticks += 1
        thread.join(timeout=1e-4)
    assert ticks > 5


def test_arguments_are_used_in_place() -> None:
    """Arrays of rank 0 and 1 are updated where they are; the number of arguments is checked."""
    executable = in_place(lambda b, x: b.bind("add", x, x))
    array, total = np.arange(4.0), np.zeros(())
    assert executable(array, total) == ()
    np.testing.assert_array_equal(array, 2 * np.arange(4.0))
    assert total == 12.0
    with pytest.raises(TypeError, match="takes 2 arguments, not 1"):
        executable(array)


def test_threads_share_the_pool_of_memory() -> None:
    """Large blocks are taken and given back by many threads at once; no two have the same one."""
    executable = compile_program(failing_program(), cache=Cache(None))
    wrong: list[int] = []

    def work(number: int) -> None:
        for turn in range(40):
            size = 20000 * (1 + (number + turn) % 5)
            (found,) = executable(False, size)
            if found[0] != 1.0 or found[1:].any() or len(found) != size:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_large_results_are_the_callers() -> None:
    """A result in pooled memory stays as it is, views of it too, until nobody uses it; then its memory comes again."""
    executable = compile_program(failing_program(), cache=Cache(None))
    zeros = executable.array((300, 100), np.dtype(float), zeroed=True)
    assert not zeros.any()
    zeros += 7.0
    (first,) = executable(False, 2 * MEGABYTE)
    first[...] = np.arange(2 * MEGABYTE)
    view, address = first[5:9], first.ctypes.data
    del first
    for _ in range(5):
        (other,) = executable(False, 2 * MEGABYTE)
        other[...] = -1.0
    np.testing.assert_array_equal(view, [5.0, 6.0, 7.0, 8.0])
    np.testing.assert_array_equal(zeros, np.full((300, 100), 7.0))
    assert other.ctypes.data != address
    del view, other
    taken = [executable.array((2 * MEGABYTE,), np.dtype(float), zeroed=True) for _ in range(8)]
    assert address in [one.ctypes.data for one in taken]
    assert not any(one.any() for one in taken)


def test_results_outlive_the_modules(tmp_path: Path) -> None:
    """At exit a result can be let go when the module of the pool is gone: what it gives its memory to is not freed."""
    script = """
import ctypes, numpy as np, wengert as wg
from wengert.runtime import pool

def double(x):
    return 2.0 * x

result = wg.jit(double)(np.ones(100_000))
assert not result.flags.owndata
places = pool.PLACES + 2
vars(pool).clear()
others = [(ctypes.c_int64 * places)() for _ in range(100)]
del result
assert not any(any(other) for other in others)
"""
    file = tmp_path / "script.py"
    file.write_text(script)
    subprocess.run([sys.executable, str(file)], check=True, env=os.environ | {"WENGERT_CACHE_DIR": ""})


def test_the_pool_is_bounded() -> None:
    """What programs have given back never exceeds the bound, whatever the sizes."""
    executable = compile_program(failing_program(), cache=Cache(None))
    for size in (10**6, 3 * 10**6, 5 * 10**5, 9 * 10**6, 10**6):
        executable(False, size)
        assert 0 <= ctypes.c_int64.from_address(POOL_ADDRESS).value <= MOST_BYTES
