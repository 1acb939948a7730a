"""Programs of the corpus with loops, compiled, swept back in pieces within the least budget and within an ample one."""

from __future__ import annotations

import re

import numpy as np
import pytest

import wengert as wg
from tests.programs.not_compiled import NOT_COMPILED, STOPPED
from tests.programs.oracles import Problem
from tests.programs.registry import PROGRAMS, Program
from tests.programs.test_compiled import assert_close, tolerance_of
from tests.programs.test_programs import random_like
from wengert import tree
from wengert.checkpointing import compiled
from wengert.errors import MemoryBudgetError

AMPLE = 10**9
LOOPS = [
    program
    for name, program in PROGRAMS.items()
    if name not in NOT_COMPILED | STOPPED and program.tags & {"loop", "while"} and "recursion" not in program.tags
]


@pytest.mark.parametrize("program", LOOPS, ids=lambda program: program.name)
def test_programs_in_pieces_have_the_same_gradient(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cotangents are those without a budget, and arguments as they were, also where all would fit at once."""
    monkeypatch.setattr(compiled._Reverse, "_at_once", lambda *_: (None, 0))
    rng = np.random.default_rng(1)
    jitted, inputs = wg.jit(program.function), program.inputs()
    plain = Problem(jitted, inputs)
    results, pullback = wg.vjp(plain, *plain.values)
    weights = [random_like(rng, one) for one in results]
    expected = pullback(weights)

    def within(memory: int) -> None:
        problem = Problem(compiled.within_budget(jitted, memory, None, None, False), inputs)
        found = wg.vjp(problem, *problem.values)[1](weights)
        assert_close(found, expected, tolerance_of(program, 1e-10))

    try:
        within(1)
    except MemoryBudgetError as refusal:  # else all of it lies in the frame of the compiled function
        least = re.search(r"the least is (\d+) bytes", str(refusal))
        assert least is not None
        within(int(least[1]))
    within(AMPLE)
    for one, other in zip(tree.flatten(inputs)[0], tree.flatten(program.inputs())[0], strict=True):
        np.testing.assert_array_equal(one, other)
