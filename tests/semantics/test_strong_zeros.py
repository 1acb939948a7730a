"""Strong zeros: a zero cotangent contributes zero, even where the local derivative is infinite or NaN."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from tests.semantics.engines import DERIVATIVES, ENGINES, each_engine
from tests.semantics.masked import MASKED


@pytest.fixture(autouse=True)
def _silence():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("name", MASKED)
def test_elements_that_do_not_count_have_derivative_zero(name: str) -> None:
    """Derivatives to second order are those at the other elements alone, and zero at these: no NaN gets in."""
    program = MASKED[name]
    good, count = np.array(program.good), len(program.good)
    x = np.array([*program.good, *program.bad])
    v, w = np.linspace(0.7, 1.9, len(x)), np.linspace(1.0, 2.0, len(x))
    for derivative, compute in DERIVATIVES.items():
        expected = np.zeros_like(x)
        expected[:count] = compute(program.function, good, v[:count], w[:count])
        assert np.isfinite(expected).all()
        for engine, made in ENGINES.items():
            found = compute(made(program.function), x, v, w)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13, err_msg=f"{engine}, {derivative}")


def weighted_roots(x, weights):
    return np.sum(weights * np.sqrt(x))


@each_engine
def test_a_zero_cotangent_has_a_derivative_of_its_own(engine):
    """Mixed derivatives where the cotangent is zero but varies: 1 / (2 sqrt(x)), whatever other elements do."""
    x, weights = np.array([4.0, 0.0]), np.array([0.0, 1.0])
    f, along = engine(weighted_roots), np.array([1.0, 0.0])
    gradient = lambda u: wg.grad(f)(x, u)  # noqa: E731
    np.testing.assert_array_equal(gradient(weights), [0.0, np.inf])
    np.testing.assert_array_equal(wg.grad(lambda u: gradient(u)[0])(weights), [0.25, 0.0])
    np.testing.assert_array_equal(wg.jvp(gradient, (weights,), (along,))[1], [0.25, 0.0])
    pushed = lambda u: wg.jvp(lambda y: f(y, u), (x,), (along,))[1]  # noqa: E731
    np.testing.assert_array_equal(wg.grad(pushed)(weights), [0.25, 0.0])


@each_engine
def test_a_pushforward_is_linear_at_zero(engine):
    """The gradient of a pushforward with respect to its direction, taken at zero, is the gradient, infinite or not."""
    x, weights, f = np.array([4.0, 0.0]), np.array([3.0, 1.0]), engine(weighted_roots)
    pushed = lambda v: wg.jvp(lambda y: f(y, weights), (x,), (v,))[1]  # noqa: E731
    np.testing.assert_array_equal(wg.grad(pushed)(np.zeros(2)), [0.75, np.inf])


@each_engine
def test_infinite_derivatives_that_matter_are_infinite(engine):
    """Strong zeros hide nothing: where the cotangent is not zero, infinity and NaN arrive."""
    np.testing.assert_array_equal(wg.grad(engine(lambda x: np.sum(np.sqrt(x))))(np.array([4.0, 0.0])), [0.25, np.inf])
    assert wg.grad(engine(lambda x: 1.0 / x))(np.float64(0.0)) == -np.inf
    assert np.isnan(wg.grad(engine(lambda x: -np.sqrt(x)))(np.float64(-1.0)))


# Zero times infinity without a mask: (function, reverse, forward) at 0.
MET = {
    "square of root": (lambda x: np.sqrt(x) ** 2, 0.0, np.nan),
    "root of square": (lambda x: np.sqrt(x * x), np.nan, 0.0),
    "product with logarithm": (lambda x: x * np.log(x), -np.inf, np.nan),
    "quotient": (lambda x: np.sin(x) / x, np.nan, np.nan),
}


@pytest.mark.parametrize("name", MET)
@each_engine
def test_what_arrives_decides_and_not_where_it_goes(engine, name):
    """A zero that arrives is strong; one that is met on the way is a number like any other, and gives NaN."""
    function, reverse, forward = MET[name]
    x = np.float64(0.0)
    np.testing.assert_array_equal(wg.grad(engine(function))(x), reverse)
    np.testing.assert_array_equal(wg.jvp(engine(function), (x,), (np.float64(1.0),))[1], forward)


def coupled(x):
    return np.sum(np.where(x > 0, np.sqrt(x) * x[0], 0.0))


def by_recursion(x, depth):
    if depth == 0:
        return np.where(x > 0, np.log(x), 0.0)
    return by_recursion(x, depth - 1) * 1.5


@each_engine
def test_whole_matrices_of_derivatives(engine):
    """Jacobians in each mode, and Hessians, have zeros for what does not count."""
    x, y = np.array([0.5, 2.0, 0.0, -1.0]), np.array([0.5, 2.0])
    expected = np.zeros((4, 4))
    expected[:2, :2] = wg.hessian(coupled)(y)
    np.testing.assert_allclose(wg.hessian(engine(coupled))(x), expected, rtol=1e-12)
    np.testing.assert_allclose(wg.hvp(engine(coupled), (x,), (np.ones(4),)), expected.sum(axis=1), rtol=1e-12)
    value, tangent = wg.jvp(wg.grad(engine(coupled)), (x,), (np.zeros(4),))
    np.testing.assert_allclose(value[:2], wg.grad(coupled)(y), rtol=1e-12)
    np.testing.assert_array_equal(np.concatenate([value[2:], tangent]), np.zeros(6))
    for mode in ("auto", "forward", "reverse"):
        found = wg.jacobian(engine(lambda x: np.where(x > 0, np.log(x), 0.0)), mode=mode)(x)
        np.testing.assert_array_equal(found, np.diag([2.0, 0.5, 0.0, 0.0]))


@each_engine
def test_functions_that_call_themselves(engine):
    """Strong zeros hold in called functions."""
    gradient = wg.grad(engine(lambda x, depth: np.sum(by_recursion(x, depth))))(np.array([0.5, 2.0, 0.0, -1.0]), 3)
    np.testing.assert_array_equal(gradient, [6.75, 1.6875, 0.0, 0.0])


@each_engine
def test_single_precision_and_complex_numbers(engine):
    """As in double precision."""
    x = np.array([0.5, 2.0, 0.0, -1.0], np.float32)
    gradient = wg.grad(engine(lambda x: np.sum(np.where(x > 0, np.log(x), 0.0))))(x)
    np.testing.assert_array_equal(gradient, np.array([2.0, 0.5, 0.0, 0.0], np.float32))
    z = np.array([1 + 1j, 0j, -2 + 0j])
    gradient = wg.grad(engine(lambda z: np.sum(np.where(np.abs(z) > 0, np.log(z), 0.0).real)))(z)
    np.testing.assert_allclose(gradient, [0.5 - 0.5j, 0.0, -0.5], rtol=1e-14)


def test_a_loop_that_keeps_to_a_budget():
    """The blocks of a compiled loop that is swept back block by block are guarded too."""

    def roots(x, n):
        u = x * 1.0
        for t in range(n):
            u = np.where(u > 0, np.sqrt(u) + 0.1 * t, 0.0)
        return np.sum(u)

    x = np.array([0.5, 2.0, 0.0, -1.0])
    expected = np.zeros(4)
    expected[:2] = wg.grad(roots)(x[:2], 6)
    np.testing.assert_allclose(wg.grad(wg.jit(roots), memory="1 MB")(x, 6), expected, rtol=1e-12)
