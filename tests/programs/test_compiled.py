"""Every program of the corpus through `wg.jit`: refused, or values and derivatives are those of the record engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.programs.not_compiled import NOT_COMPILED, STOPPED
from tests.programs.oracles import Problem, pairing
from tests.programs.registry import PROGRAMS, Program
from tests.programs.test_programs import largest, random_like
from wengert import tree
from wengert.errors import NotAcceptedError, UnsupportedOperationError

each_compiled = pytest.mark.parametrize(
    "program",
    [one for name, one in PROGRAMS.items() if name not in NOT_COMPILED | STOPPED],
    ids=lambda program: program.name,
)


def tolerance_of(program: Program, double: float) -> float:
    return 1e-5 if "single" in program.tags else double


@pytest.mark.parametrize("name", NOT_COMPILED)
def test_refused_before_it_runs(name: str) -> None:
    """What is not compiled is refused with the place in the source, and the arguments are as they were."""
    program = PROGRAMS[name]
    inputs = program.inputs()
    with pytest.raises(NotAcceptedError) as refusal:
        wg.jit(program.function)(*inputs)
    assert "\n  at " in str(refusal.value)
    for found, expected in zip(tree.flatten(inputs)[0], tree.flatten(program.inputs())[0], strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", STOPPED)
def test_stopped_where_an_array_changes_its_size(name: str) -> None:
    """A name that holds arrays of different sizes on different paths gives an error, not a wrong number."""
    with pytest.raises(UnsupportedOperationError, match=STOPPED[name]):
        wg.jit(PROGRAMS[name].function)(*PROGRAMS[name].inputs())


@each_compiled
def test_value_and_side_effects_are_those_of_the_plain_run(program: Program) -> None:
    """Results of the same structure, kinds, dtypes and shapes, and the arguments updated alike."""
    ours, theirs = program.inputs(), program.inputs()
    found, structure = tree.flatten(wg.jit(program.function)(*ours))
    expected, expected_structure = tree.flatten(program.function(*theirs))
    assert structure == expected_structure
    rtol = tolerance_of(program, 1e-12)
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one, np.ndarray) == isinstance(other, np.ndarray)
        assert np.asarray(one).dtype == np.asarray(other).dtype
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-14)
    for one, other in zip(tree.flatten(ours)[0], tree.flatten(theirs)[0], strict=True):
        if isinstance(one, np.ndarray):
            np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-14)


@each_compiled
def test_derivatives_are_those_of_the_record_engine(program: Program) -> None:
    """Gradient and tangents, which `test_programs` compares with oracles; and one is the transpose of the other."""
    rng = np.random.default_rng(1)
    inputs = program.inputs()
    plain, compiled = Problem(program.function, inputs), Problem(wg.jit(program.function), inputs)
    results, pullback = wg.vjp(plain, *plain.values)
    weights = [random_like(rng, one) for one in results]
    tangents = [random_like(rng, one) for one in plain.values]
    _, jitted_pullback = wg.vjp(compiled, *compiled.values)
    gradient, expected = jitted_pullback(weights), pullback(weights)
    tolerance = tolerance_of(program, 1e-10)
    assert_close(gradient, expected, tolerance)
    _, moved = wg.jvp(compiled, compiled.values, tangents)
    _, expected = wg.jvp(plain, plain.values, tangents)
    assert_close(moved, expected, tolerance)
    scale = sum(float(np.sum(np.abs(np.asarray(g) * np.asarray(t)))) for g, t in zip(gradient, tangents, strict=True))
    assert abs(pairing(gradient, tangents) - pairing(weights, moved)) <= tolerance * max(scale, largest(moved))
    for one, original in zip(tree.flatten(inputs)[0], tree.flatten(program.inputs())[0], strict=True):
        np.testing.assert_array_equal(one, original)


def assert_close(found: Any, expected: Any, tolerance: float) -> None:
    scale = largest(expected)
    for one, other in zip(found, expected, strict=True):
        assert np.shape(one) == np.shape(other)
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale)
