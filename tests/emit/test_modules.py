"""Long programs are several modules, and do the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wengert.emit.compile import emit_program
from wengert.errors import SourceLocation
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import Array, Constant, Operand, Program, Storage, Value

Compile = Callable[..., Any]

_LOOPS = 80


def _long() -> Program:
    """Many different loops over an array, which count in a variable and refuse numbers below zero."""
    size, storage, builder = Value("n", "int64"), Storage("x", "float64", 1), Builder()
    builder.where = SourceLocation("file.py", 1, "f")
    count = builder.allocate("count", "float64", zeroed=True)

    for number in range(_LOOPS):
        with builder.loop(integer(0), size, order_free=number % 2 == 0) as i:
            held: Operand = builder.load(storage, (i,))
            for power in range(number % 4 + 1):
                held = builder.bind("multiply", held, Constant(1.0 + number / 100 / (power + 1), "float64"))
            builder.store(storage, (i,), builder.bind("sin", held))
            builder.accumulate(count, (), Constant(float(number), "float64"))
            if number == _LOOPS - 1:
                builder.check(builder.bind("greater", held, Constant(0.0, "float64")), "ValueError", "{} < 0", held)
    result = builder.load(count)
    return Program("long", (Array(storage, (size,)),), builder.finish(), (result,))


def test_modules_give_what_the_reference_gives(compiled: Compile) -> None:
    """Arrays, variables and failures pass between the modules."""
    program = _long()
    assert len(emit_program(program)[2]) > 3
    executable = compiled(program)
    x, expected = np.linspace(0.1, 1.0, 7), np.linspace(0.1, 1.0, 7)
    count = run(program, expected)
    np.testing.assert_allclose(executable(x)[0], count, rtol=1e-13)
    np.testing.assert_allclose(x, expected, rtol=1e-12)
    with pytest.raises(ValueError, match="< 0"):
        executable(-np.ones(3))
