"""Memory that is counted: what is taken, what is refused, and what is given back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wengert.emit import compile_program, load_generator, new_ledger
from wengert.program.builder import Builder, integer
from wengert.program.statements import Array, Program, Section, Span, Storage, Value
from wengert.runtime.pool import FEWEST_BYTES

load_generator()
DOUBLE = np.dtype(np.float64)


def twice() -> Callable[..., Any]:
    """A compiled program that returns a new array with twice the numbers of its argument."""
    n = Value("n", "int64")
    x = Storage("x", "float64", 1)
    builder = Builder()
    found = builder.allocate("found", "float64", (n,))
    with builder.nest((n,)) as place:
        value = builder.load(x, place)
        builder.store(found, place, builder.bind("add", value, value))
    result = Section(found, (Span(integer(0), n, integer(1)),), (0,))
    program = Program("twice", (Array(x, (n,)),), builder.finish(), (result,))
    return compile_program(program)


@pytest.mark.parametrize("size", [0, 1, 1000, FEWEST_BYTES // 8 - 1, FEWEST_BYTES // 8, 100_000])
def test_arrays_count_until_they_are_gone(size: int) -> None:
    """An array counts with at least its bytes, and with nothing once it is gone and the rest is given back."""
    ledger = new_ledger(10**7)
    array = ledger.array((size,), DOUBLE, zeroed=True)
    assert not np.any(array)
    array[...] = 1.0
    assert 8 * size <= ledger.in_use <= 8 * size + 8192
    assert ledger.peak == ledger.in_use
    del array
    assert ledger.measure() == 0
    assert ledger.peak == 0


def test_what_exceeds_the_limit_is_refused() -> None:
    """An array that does not fit is a MemoryError; what is kept for later is given back for one that does."""
    ledger = new_ledger(1_000_000)
    first = ledger.array((100_000,), DOUBLE)
    with pytest.raises(MemoryError):
        ledger.array((100_000,), DOUBLE)
    assert ledger.has_refused
    assert ledger.peak <= ledger.limit
    del first
    assert ledger.in_use > 800_000
    second = ledger.array((110_000,), DOUBLE)
    assert second.nbytes <= ledger.in_use <= ledger.limit
    ledger.measure()
    assert not ledger.has_refused


def test_compiled_code_takes_its_memory_from_a_ledger() -> None:
    """What a program allocates counts, results that lie there too; without room it ends with a MemoryError."""
    ledger, x = new_ledger(1_000_000), np.arange(50_000.0)
    program = twice().within(ledger)
    (result,) = program(x)
    np.testing.assert_array_equal(result, 2.0 * x)
    assert x.nbytes <= ledger.in_use <= x.nbytes + 8192
    with pytest.raises(MemoryError):
        program(np.arange(100_000.0))
    ledger.close()
    np.testing.assert_array_equal(result, 2.0 * x)
    del result
    assert ledger.in_use == 0


def test_the_pool_of_the_process_does_not_count() -> None:
    """The same program outside a ledger takes what it wants."""
    (result,) = twice()(np.arange(500_000.0))
    assert result[-1] == 999_998.0
