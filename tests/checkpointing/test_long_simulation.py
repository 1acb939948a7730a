"""The demonstration of a long simulation, with few steps on few points."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "long_simulation.py"


def test_the_derivative_of_a_long_simulation_is_that_by_differences(capsys: pytest.CaptureFixture[str]) -> None:
    """Within a budget that is a small part of what the run would store, and with progress shown."""
    found = importlib.util.spec_from_file_location("long_simulation", EXAMPLE)
    assert found is not None
    assert found.loader is not None
    example = importlib.util.module_from_spec(found)
    found.loader.exec_module(example)
    exact, difference = example.main(steps=400, points=34, memory="400 kB")
    assert exact == pytest.approx(difference, rel=1e-5)
    shown = capsys.readouterr()
    assert "a stored run would take 0.00655 GB" in shown.out
    assert "400 of 400 steps forward" in shown.err
