"""Runs a function through the front end and the reference engine, and compares with Python itself."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wengert import tree
from wengert.lower import Lowered, argument_leaves, lower_function, rebuild, types_of
from wengert.program.reference import run
from wengert.program.verifier import verify


def lowered(function: Callable[..., Any], *arguments: Any) -> Lowered:
    """The verified program of a function on arguments of these types."""
    found = lower_function(function, types_of(arguments))
    verify(found.program)
    return found


def execute(program: Lowered, *arguments: Any) -> Any:
    """The Python result of a lowered function."""
    leaves = argument_leaves(arguments)
    given = [leaves[number] for number in program.leaves] + [one.reference.fetch() for one in program.captured]
    found = run(program.program, *given)
    results = program.program.results
    return rebuild(program.result, () if not results else (found,) if len(results) == 1 else found)


def agrees(function: Callable[..., Any], *arguments: Any, program: Lowered | None = None) -> None:
    """The lowered function gives what the function gives, and changes its arguments as the function does."""
    expected_arguments, given = copy.deepcopy(arguments), copy.deepcopy(arguments)
    program = lowered(function, *arguments) if program is None else program
    expected, found = function(*expected_arguments), execute(program, *given)
    expected_leaves, structure = tree.flatten((expected, expected_arguments))
    leaves, found_structure = tree.flatten((found, given))
    assert structure == found_structure, f"{expected!r} and {found!r}"
    for one, other in zip(expected_leaves, leaves, strict=True):
        if not isinstance(one, complex):  # a Python complex times a np.float64 is a Python complex
            assert type(one) is type(other), f"{one!r} and {other!r}"
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
        if not isinstance(one, str):
            np.testing.assert_allclose(other, one, rtol=1e-14)


def raises_the_same(function: Callable[..., Any], *arguments: Any) -> None:
    """The lowered function raises the exception that the function raises, with the same text."""
    program = lowered(function, *arguments)
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever it is
        function(*copy.deepcopy(arguments))
    with pytest.raises(expected.type) as found:
        execute(program, *copy.deepcopy(arguments))
    assert str(found.value) == str(expected.value)
