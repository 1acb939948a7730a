"""Every case of every rule: numerically, forward against reverse, second order, against JAX, in float32."""

from __future__ import annotations

import pytest

from tests.rules import harness
from tests.rules.cases import all_cases
from tests.rules.harness import Case

CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reverse_derivative_agrees_with_central_differences(case: Case) -> None:
    """The rule's vector-Jacobian product is the derivative of the function."""
    harness.check_first_order(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_forward_derivative_is_the_transpose_of_the_reverse_one(case: Case) -> None:
    """<ct, J v> = <Jt ct, v>."""
    harness.check_forward(case)


@pytest.mark.parametrize("case", [case for case in CASES if case.smooth], ids=str)
def test_second_derivative_agrees_with_central_differences(case: Case) -> None:
    """Rules record themselves: the derivative of the derivative is right, forward and reverse."""
    harness.check_second_order(case)


@pytest.mark.parametrize("case", [case for case in CASES if harness.jax_function(case) is not None], ids=str)
def test_reverse_derivative_agrees_with_jax(case: Case) -> None:
    """An independent implementation gives the same cotangents."""
    assert harness.check_against_jax(case) is not None


@pytest.mark.parametrize("case", [case for case in CASES if case.single], ids=str)
def test_float32_stays_float32(case: Case) -> None:
    """Derivatives of float32 arguments are float32, and near the float64 ones."""
    harness.check_single(case)
