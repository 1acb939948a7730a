"""Reports of every program of the corpus: they are made, and their derivative is that of `vjp`."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import wengert as wg
from tests.programs.registry import MODULES, PROGRAMS, Program
from wengert import tree

for name in MODULES:
    importlib.import_module(f"tests.programs.{name}")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
def test_reports(program: Program) -> None:
    """The value is that of a plain call, the derivative that of the sum of the results, and both reports have text."""
    inputs = program.inputs()
    report = wg.report(program.function)(*inputs)
    memory = wg.memory_report(program.function)(*program.inputs())
    assert str(report).startswith(f"report of {program.name}")
    assert "most at once" in str(memory)
    assert memory.saved_bytes >= report.saved_bytes  # which does not count what a checkpointed loop keeps
    np.testing.assert_equal(*(len(tree.flatten(one)[0]) for one in (report.value, program.function(*program.inputs()))))
    numbers = [i for i, one in enumerate(inputs) if _is_float(one)]
    if not numbers or len(numbers) < len(inputs):
        return
    result, pullback = wg.vjp(program.function, *inputs)
    leaves, structure = tree.flatten(result)
    expected = pullback(tree.unflatten(structure, [np.ones_like(np.asarray(leaf))[()] for leaf in leaves]))
    for found, one in zip(tree.flatten(report.derivative)[0], tree.flatten(expected)[0], strict=True):
        np.testing.assert_allclose(found, one, rtol=1e-6, equal_nan=True)


def _is_float(value: object) -> bool:
    leaves = tree.flatten(value)[0]
    return bool(leaves) and all(np.asarray(leaf).dtype.kind in "fc" for leaf in leaves)
