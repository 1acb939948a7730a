"""Every program of the corpus is lowered to a program that does what the function does, or is refused."""

from __future__ import annotations

import importlib
import warnings

import pytest

from tests.lower.running import agrees, lowered
from tests.programs.registry import MODULES, PROGRAMS
from wengert.errors import ArgumentError, NotAcceptedError, UnsupportedOperationError

for module in MODULES:
    importlib.import_module(f"tests.programs.{module}")


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_program_agrees_with_python(program):
    """Results, their types, and what happens to the arguments are the same."""
    inputs = program.inputs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = lowered(program.function, *inputs)
        except (NotAcceptedError, ArgumentError) as refusal:
            pytest.skip(str(refusal).splitlines()[0])
        try:
            agrees(program.function, *inputs, program=found)
        except UnsupportedOperationError as refusal:  # one name for arrays of several sizes
            pytest.skip(str(refusal))
