"""Runs a function as the compile engine reads it, by the reference engine, and compares with the function itself."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.lower import argument_leaves, lower_function, rebuild, types_of
from wengert.program.reference import run
from wengert.program.statements import Program
from wengert.program.verifier import verify


def program_of(function: Callable[..., Any], *arguments: Any) -> Program:
    """The verified program of a function for arguments like these."""
    program = lower_function(function, types_of(arguments)).program
    verify(program)
    return program


def lowered_call(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the program of a function returns; arrays are updated as the function updates them."""
    lowered = lower_function(function, types_of(arguments))
    verify(lowered.program)
    leaves = argument_leaves(arguments)
    given = [leaves[leaf] for leaf in lowered.leaves]
    found = run(lowered.program, *given, *(one.value for one in lowered.captured))
    count = len(lowered.program.results)
    return rebuild(lowered.result, () if count == 0 else (found,) if count == 1 else found)


def assert_same(found: Any, expected: Any) -> None:
    """The same types, dtypes, shapes and, but for rounding, values."""
    if isinstance(expected, tuple | list):
        assert isinstance(found, tuple | list)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
        return
    assert type(found) is type(expected), (found, expected)
    if expected is None:
        return
    assert np.shape(found) == np.shape(expected)
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def check(function: Callable[..., Any], *arguments: Any) -> None:
    """The program returns what the function returns, and leaves the arguments as the function does."""
    mine, theirs = copy.deepcopy(arguments), copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        expected = function(*theirs)
    assert_same(lowered_call(function, *mine), expected)
    assert_same(mine, theirs)


def check_error(function: Callable[..., Any], *arguments: Any) -> None:
    """The program raises the exception that the function raises, with its message in the first line."""
    with np.errstate(all="ignore"):
        try:
            function(*copy.deepcopy(arguments))
        except Exception as error:  # noqa: BLE001 (whatever it raises is what is wanted)
            expected = error
        else:
            raise AssertionError("the function itself raises nothing")
    try:
        lowered_call(function, *copy.deepcopy(arguments))
    except type(expected) as error:
        assert str(error).splitlines()[0].strip() == str(expected).strip()  # noqa: PT017 (compared with another)
        return
    raise AssertionError(f"{expected!r} is not raised")
