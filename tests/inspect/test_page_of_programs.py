"""The page of every program of the corpus: its data fits together, and its last adjoints are those of the sweep."""

from __future__ import annotations

import importlib
import json
import warnings
from typing import Any

import numpy as np
import pytest

from tests.programs.registry import MODULES, PROGRAMS, Program
from wengert import tree
from wengert.inspect import trace
from wengert.inspect.summaries import summary_of

for name in MODULES:
    importlib.import_module(f"tests.programs.{name}")


def with_ones(traced: Any) -> Any:
    """A cotangent of the structure of the result."""
    return tree.map_leaves(lambda leaf: np.ones_like(np.asarray(leaf))[()], traced.value)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=lambda program: program.name)
def test_the_data_of_a_program(program: Program) -> None:
    """Operands come before what reads them, each slot has one owner, and the last adjoints are those of `reverse`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        traced = trace(program.function)(*program.inputs())
        traced.reverse(with_ones(traced))
        text = traced._page()
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    steps, sweep = data["steps"], data["backward"]
    items = len(steps["expression"])
    assert {len(column) for column in steps.values()} == {items}
    assert all(0 <= one < item for item, operands in enumerate(steps["operands"]) for one in operands)
    slots = [slot for one in steps["slots"] for slot in one]
    assert len(set(slots)) == len(slots)
    assert all(0 <= place < len(data["places"]) for place in steps["place"] if place >= 0)
    assert sweep["place"][0] == -1
    assert sweep["place"][1:] == sorted(set(sweep["place"][1:]), reverse=True)
    assert sum(sweep["count"]) == len(sweep["slot"]) == len(sweep["value"])
    last = dict(zip(sweep["slot"], sweep["value"], strict=True))
    for slot, adjoint in enumerate(traced._adjoints):
        expected = None if adjoint is None else summary_of(adjoint).text
        assert last.get(slot) == expected
