"""Derivatives of special functions to higher order, and arguments that have no rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

import wengert as wg

X = np.array([[1.5, 2.5, 0.7], [3.0, 4.0, 5.0]])


def log_gamma(x):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += scipy.special.gammaln(x[i, j]) * x[0, j]
    return total


@pytest.mark.parametrize(
    "function",
    [
        log_gamma,
        lambda x: np.sum(scipy.special.gammaln(x) * x),
        lambda x: np.sum(scipy.special.beta(x, x[0])),
        lambda x: np.prod(scipy.special.gamma(x[0])),
        lambda x: np.sum(scipy.special.digamma(x) ** 2),
        lambda x: np.sum(scipy.special.rgamma(x)),
    ],
)
def test_second_derivatives_of_gamma_functions(function: Callable[[Any], Any]) -> None:
    """The rule of digamma is an operation and no scalar function: compiled as recorded."""
    compiled = wg.jit(function)
    np.testing.assert_allclose(wg.hessian(compiled)(X), wg.hessian(function)(X), rtol=1e-12, atol=1e-13)
    directions = (np.ones_like(X),)
    np.testing.assert_allclose(
        wg.hvp(compiled, (X,), directions), wg.hvp(function, (X,), directions), rtol=1e-12, atol=1e-13
    )


def test_derivatives_of_gamma_functions_to_fourth_order() -> None:
    """Of numbers."""
    compiled, recorded = wg.jit(scipy.special.gammaln), scipy.special.gammaln
    for _ in range(4):
        compiled, recorded = wg.grad(compiled), wg.grad(recorded)
        np.testing.assert_allclose(compiled(2.5), recorded(2.5), rtol=1e-12)


def by_order(order):
    return scipy.special.jv(order, 2.0)


def by_order_in_an_array(parameters):
    return scipy.special.iv(parameters[0], 2.0) + parameters[1]


def by_exponent(exponent):
    return scipy.special.zeta(exponent, 1.5)


@pytest.mark.parametrize(
    ("function", "argument"), [(by_order, 1.5), (by_order_in_an_array, np.array([1.5, 2.0])), (by_exponent, 2.5)]
)
@pytest.mark.parametrize("engine", [lambda function: function, wg.jit], ids=["recorded", "compiled"])
def test_a_derivative_without_a_rule_is_refused(
    function: Callable[[Any], Any], argument: Any, engine: Callable[[Any], Any]
) -> None:
    """It is not taken for zero, in either mode; the value alone, and other derivatives, are given."""
    f = engine(function)
    np.testing.assert_allclose(f(argument), function(argument), rtol=1e-12)
    with pytest.raises(wg.UnsupportedOperationError, match="has no derivative rule with respect to"):
        wg.grad(f)(argument)
    with pytest.raises(wg.UnsupportedOperationError, match="has no derivative rule with respect to"):
        wg.jvp(f, (argument,), (np.ones_like(argument),))
    assert wg.grad(engine(lambda x: x * function(argument)))(2.0) == pytest.approx(function(argument), rel=1e-12)
