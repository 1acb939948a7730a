"""`strict=True`: cuts and new NaN or infinity are errors that name the place, in both engines and all derivatives."""

from __future__ import annotations

import re

import numpy as np
import pytest

import wengert as wg

ENGINES = [pytest.param(lambda function: function, id="recorded"), pytest.param(wg.jit, id="compiled")]

pytestmark = pytest.mark.filterwarnings("ignore:(divide by zero|invalid value|overflow):RuntimeWarning")


def text_of(error, function):
    """The message, with line numbers counted from the `def` of the function."""
    first = function.__code__.co_firstlineno
    return re.sub(r"\S*test_strict\.py:(\d+)", lambda found: f"line {int(found[1]) - first}", str(error))


def table_lookup(x, table):
    i = int(x)
    return table[i] + (x - i) * (table[i + 1] - table[i])


def roots(x):
    total = 0.0
    for i in range(len(x)):
        total += np.sqrt(x[i] - 1.0)
    return total


def smooth(x):
    return np.sum(np.exp(x) * x)


DERIVATIVES = {
    "grad": lambda f, x: wg.grad(f, strict=True)(x),
    "value_and_grad": lambda f, x: wg.value_and_grad(f, strict=True)(x),
    "vjp": lambda f, x: wg.vjp(f, x, strict=True)[1](1.0),
    "jvp": lambda f, x: wg.jvp(f, (x,), (np.ones_like(x),), strict=True),
    "jacobian": lambda f, x: wg.jacobian(f, strict=True)(x),
    "jacobian, forward": lambda f, x: wg.jacobian(f, mode="forward", strict=True)(x),
    "hessian": lambda f, x: wg.hessian(f, strict=True)(x),
    "hvp": lambda f, x: wg.hvp(f, (x,), (np.ones_like(x),), strict=True),
}
EACH = pytest.mark.parametrize("derivative", DERIVATIVES.values(), ids=DERIVATIVES)


def leaves(value):
    return [np.asarray(one) for one in (value if isinstance(value, tuple) else (value,)) if not callable(one)]


def plainly(derivative):
    """The same derivative without `strict`."""
    return {
        "grad": lambda f, x: wg.grad(f)(x),
        "value_and_grad": lambda f, x: wg.value_and_grad(f)(x),
        "vjp": lambda f, x: wg.vjp(f, x)[1](1.0),
        "jvp": lambda f, x: wg.jvp(f, (x,), (np.ones_like(x),)),
        "jacobian": lambda f, x: wg.jacobian(f)(x),
        "jacobian, forward": lambda f, x: wg.jacobian(f, mode="forward")(x),
        "hessian": lambda f, x: wg.hessian(f)(x),
        "hvp": lambda f, x: wg.hvp(f, (x,), (np.ones_like(x),)),
    }[derivative]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_smooth_function(engine, name):
    """Where nothing is wrong, strict derivatives are the others."""
    x = np.array([0.5, 1.0])
    found = leaves(DERIVATIVES[name](engine(smooth), x))
    for one, expected in zip(found, leaves(plainly(name)(engine(smooth), x)), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-14)


@EACH
def test_cuts_while_recording(derivative):
    """A float that becomes an integer is refused with the expression."""
    with pytest.raises(wg.CutGradientError) as caught:
        derivative(lambda x: table_lookup(x, np.array([1.0, 3.0, 7.0, 9.0])), 1.5)
    assert text_of(caught.value, table_lookup) == (
        "a float that depends on a differentiated argument becomes an integer, by int: its derivative stops\n"
        "  at line 1, in table_lookup\n"
        "    int(x)\n"
        "  Where that is meant, write wg.stop_gradient around the float."
    )


@EACH
def test_cuts_of_compiled_functions(derivative):
    """They are known from the source, and refused with a caret."""
    table = np.array([1.0, 3.0, 7.0, 9.0])
    compiled = wg.jit(table_lookup)
    with pytest.raises(wg.CutGradientError) as caught:
        derivative(lambda x: compiled(x, table), 1.5)
    assert text_of(caught.value, table_lookup) == (
        "a float that depends on a differentiated argument becomes an integer: its derivative stops\n"
        "  at line 1, in table_lookup\n"
        "    i = int(x)\n"
        "        ^\n"
        "  Compute the integer outside the compiled function, or leave out strict=True."
    )


def rounded(x):
    return np.sum(x * np.floor(x))


def converted(x, places):
    return x[places.astype(int)[0]]


@pytest.mark.parametrize("engine", ENGINES)
def test_which_cuts_count(engine):
    """Rounding counts, also of arrays; what does not depend on a differentiated argument does not."""
    x = np.array([1.5, 2.5])
    with pytest.raises(wg.CutGradientError, match="floor"):
        wg.grad(engine(rounded), strict=True)(x)
    assert wg.grad(engine(converted), strict=True)(x, np.array([1.0])).tolist() == [0.0, 1.0]
    with pytest.raises(wg.CutGradientError, match="astype"):
        wg.grad(engine(converted), argnums=(0, 1), strict=True)(x, np.array([1.0]))


def parts(x):
    fraction, _ = np.modf(x)
    return fraction * x + x % 2.0 + np.median(np.array([x, 1.0, 4.0])) + np.interp(x, np.arange(4.0), np.arange(4.0))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_no_cut(engine):
    """Remainders, fractions, interpolation and order statistics carry their derivative."""
    assert wg.grad(engine(parts), strict=True)(2.5) == wg.grad(parts)(2.5) == 6.0


def halved(x, n):
    if n == 0:
        return x * x
    if n % 2:
        return halved(0.5 * x, n - 1) * int(x)
    return halved(x, n - 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_cuts_in_a_recursion(engine):
    """A function that calls itself to a depth known when it runs is searched too."""
    with pytest.raises(wg.CutGradientError, match="int"):
        wg.grad(engine(halved), strict=True)(9.5, 5)


def test_a_cut_that_is_meant():
    """`stop_gradient` says so; indices of extrema and comparisons are no cuts."""
    assert wg.grad(lambda x: x * int(wg.stop_gradient(x)), strict=True)(2.5) == 2.0
    x = np.array([1.0, 3.0])
    assert wg.grad(lambda x: x[np.argmax(x)] if x[0] > 0.0 else 0.0, strict=True)(x).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", [name for name in DERIVATIVES if name not in ("hessian", "hvp")])
def test_nan_of_an_operation(engine, name):
    """NaN that enters on the way forward is located, with the iteration."""
    with pytest.raises(wg.NonFiniteError) as caught:
        DERIVATIVES[name](engine(roots), np.array([5.0, 0.0]))
    assert text_of(caught.value, roots) == (
        "np.sqrt gives nan for -1.0\n  at line 3, in roots, i = 1\n    np.sqrt(x[i] - 1.0)"
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", [name for name in DERIVATIVES if name not in ("hessian", "hvp")])
def test_infinity_of_a_derivative(engine, name):
    """Infinity that enters on the way back, or along a tangent, is located."""
    with pytest.raises(wg.NonFiniteError) as caught:
        DERIVATIVES[name](engine(roots), np.array([5.0, 1.0]))
    assert text_of(caught.value, roots) == (
        "the derivative of np.sqrt gives inf\n  at line 3, in roots, i = 1\n    np.sqrt(x[i] - 1.0)"
    )


def test_a_compiled_function_in_a_recorded_one():
    """NaN that enters in it is located in its source, that of its derivative at the call."""
    compiled = wg.jit(roots)
    with pytest.raises(wg.NonFiniteError) as caught:
        wg.grad(lambda x: 2.0 * compiled(x * 1.0), strict=True)(np.array([5.0, 0.0]))
    assert text_of(caught.value, roots) == (
        "np.sqrt gives nan for -1.0\n  at line 3, in roots, i = 1\n    np.sqrt(x[i] - 1.0)"
    )
    with pytest.raises(wg.NonFiniteError) as caught:
        wg.grad(lambda x: 2.0 * compiled(x * 1.0), strict=True)(np.array([5.0, 1.0]))
    assert "the derivative of the compiled roots gives inf" in str(caught.value)
    assert str(caught.value).endswith("compiled(x * 1.0)\n  wg.report of that function names the line in it.")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["hessian", "hvp"])
def test_second_derivatives(engine, name):
    """What the gradient meets is located; infinity that only the second derivative has is refused too."""
    with pytest.raises(wg.NonFiniteError, match=r"np\.sqrt gives nan"):
        DERIVATIVES[name](engine(roots), np.array([5.0, 0.0]))
    with pytest.raises(wg.NonFiniteError, match="gives inf"):
        DERIVATIVES[name](engine(lambda x: np.sum(x**1.5)), np.array([4.0, 0.0]))


def guarded(x):
    return np.sum(np.where(x > 0.0, np.sqrt(np.abs(x)), 0.0))


@pytest.mark.parametrize("engine", ENGINES)
def test_strong_zeros_are_no_errors(engine):
    """An infinite local derivative that a zero cuts off is no NaN and no error, in second derivatives neither."""
    x = np.array([4.0, 0.0])
    assert wg.grad(engine(guarded), strict=True)(x).tolist() == [0.25, 0.0]
    assert wg.hessian(engine(guarded), strict=True)(x).tolist() == [[-1 / 32, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_not_finite_before(engine):
    """NaN and infinity that are given are passed on: they enter nowhere."""
    x = np.array([1.0, np.nan])
    assert np.isnan(wg.grad(engine(lambda x: np.sum(x * x)), strict=True)(x)[1])
    assert wg.grad(engine(lambda x: np.sum(x * x)), strict=True)(np.array([np.inf]))[0] == np.inf


def test_the_error_passes_through_handlers():
    """A handler in the user's code does not hide it."""

    def handled(x):
        try:
            return x * int(x)
        except RuntimeError:
            return x

    with pytest.raises(wg.CutGradientError):
        wg.grad(handled, strict=True)(2.5)


def test_a_nested_derivative_has_a_setting_of_its_own():
    """The strictness of an outer derivative sees values of inner levels; that of an inner one ends with it."""
    inner = wg.grad(lambda y: y * y * int(y))
    with pytest.raises(wg.CutGradientError):
        wg.grad(inner, strict=True)(2.5)
    assert wg.grad(lambda x: wg.grad(lambda y: y**3, strict=True)(x) * int(x))(2.0) == 24.0


@wg.checkpoint
def block(x):
    return np.sqrt(x - 1.0) * 2.0


@wg.checkpoint
def whole(x):
    return x * int(x)


def root_step(state, k):
    return state + 0.1 * np.sqrt(state)


def whole_step(state, k):
    return state + 0.1 * int(state[0])


def looped(step):
    return lambda x: np.sum(wg.checkpointed_loop(step, x, 5))


@pytest.mark.parametrize(
    ("function", "x", "error", "place"),
    [
        (lambda x: np.sum(block(x)), [0.0, 4.0], "np.sqrt gives nan for -1.0 at [0]", "block\n    np.sqrt(x - 1.0)"),
        (lambda x: np.sum(block(x)), [4.0, 1.0], "the derivative of np.sqrt gives inf", "block\n    np.sqrt(x - 1.0)"),
        (lambda x: whole(x[0]), [2.5], "a float that depends", "whole\n    int(x)"),
        (looped(root_step), [0.0, 4.0], "the derivative of np.sqrt gives inf", "root_step\n    np.sqrt(state)"),
        (looped(root_step), [-1.0, 4.0], "np.sqrt gives nan for -1.0", "root_step\n    np.sqrt(state)"),
        (looped(whole_step), [0.5, 4.0], "a float that depends", "whole_step\n    int(state[0])"),
    ],
)
def test_inside_checkpoints(function, x, error, place):
    """What is recorded again on the way back is listened to as well."""
    with pytest.raises((wg.NonFiniteError, wg.CutGradientError)) as caught:
        wg.grad(function, strict=True)(np.array(x))
    assert str(caught.value).startswith(error)
    assert place in str(caught.value)


def test_errors_are_of_the_tree():
    """Both are wengert's, and of Python's classes."""
    assert issubclass(wg.CutGradientError, (wg.WengertError, RuntimeError))
    assert issubclass(wg.NonFiniteError, wg.WengertError)
    assert issubclass(wg.NonFiniteError, ArithmeticError)
