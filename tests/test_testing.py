"""`check_grads` and `check_rule`: content with right derivatives, clear about wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.ops.table import TABLE, declare, operation, vjp
from wengert.testing import check_grads, check_rule

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])


@wg.custom_vjp
def wrong_cube(x: Any) -> Any:
    """Its rule is wrong for the element in place (0, 2) alone."""
    return x * x * x


@wrong_cube.vjp(wrt="x")
def wrong_cube_x(ct: Any, x: Any) -> Any:
    return ct * 3.0 * x * x * np.where(x == 2.0, 1.5, 1.0)


@wg.custom_vjp
def wrong_second(x: Any) -> Any:
    """Its rule is right; the derivative of its rule is not, since the rule hides a dependence on `x`."""
    return x * x


@wrong_second.vjp(wrt="x")
def wrong_second_x(ct: Any, x: Any) -> Any:
    return ct * 2.0 * wg.stop_gradient(x)


# Programs whose derivatives are right.


def test_smooth_functions_pass_in_both_modes_to_the_third_order() -> None:
    """Loops, in-place updates and trees of arguments."""

    def program(x: Any, parameters: Any) -> Any:
        out = np.zeros_like(x)
        for i in range(len(x)):
            out[i] = np.sin(x[i]) * parameters["scale"]
        return {"all": out, "sum": np.sum(out)}

    check_grads(program, (X, {"scale": 2.0, "unused": np.ones(2)}), order=3)


def test_arguments_and_results_of_any_magnitude_pass() -> None:
    """Directions are drawn in units of each argument, and results are weighed in units of their own."""
    check_grads(lambda a, b: 1e15 * a**3 * b**2, (1e12, 1e-9), order=3)
    check_grads(lambda a: 1e-20 * np.exp(a), (np.array([0.0, 1.0]),))


def test_stationary_points_pass() -> None:
    """A derivative of zero is compared with differences that are not quite zero."""
    check_grads(lambda a: a**3, (0.0,), order=2)
    check_grads(lambda a: np.sum(a * a), (np.zeros(3),), order=3)


def test_complex_arguments_and_results_pass() -> None:
    """Holomorphic functions and others."""
    z = np.array([1.0 + 2.0j, -0.5 + 0.25j])
    check_grads(lambda a: np.exp(a) * a, (z,))
    check_grads(lambda a: np.sum(np.real(a) ** 2 + np.imag(a)), (z,))


def test_single_precision_has_tolerances_of_its_own() -> None:
    """Differences in float32 are right to three digits."""
    check_grads(lambda a: np.exp(a) * a, (X.astype(np.float32),), order=2)


def test_leaves_that_are_not_floating_are_held_fixed() -> None:
    """Counts, flags and names are no directions."""

    def program(x: Any, options: Any) -> Any:
        return x ** options["power"] if options["active"] else x

    check_grads(program, (X, {"power": 3, "active": True, "name": "cube"}))


def test_the_callers_arrays_are_unchanged() -> None:
    """A function that writes to its argument is run on copies."""

    def scale(a: Any) -> Any:
        a *= 2.0
        return a * a

    x = np.array([1.0, 2.0])
    check_grads(scale, (x,))
    assert x.tolist() == [1.0, 2.0]


def test_dataclasses_are_arguments() -> None:
    """The leaves of a dataclass are its fields."""

    @dataclass
    class State:
        position: Any
        mass: float

    check_grads(lambda state: state.position * state.mass, (State(X, 2.0),))


# Programs whose derivatives are wrong.


def message(function: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(wg.CheckFailedError) as caught:
        check_grads(function, args, **options)
    return str(caught.value)


def test_the_message_names_the_wrong_entry() -> None:
    """The order, the mode, the direction, and the element of argument and result that is most wrong."""

    def program(parameters: Any) -> Any:
        return parameters["b"] * np.sum(wrong_cube(parameters["a"]))

    entry, _, operation = message(program, {"a": X, "b": 2.0}).rpartition("\n")
    assert operation.startswith("    operation: the reverse derivative of wrong_cube wrt x gives ")
    assert operation.endswith('program: wrong_cube(parameters["a"])')
    assert entry == (
        "check_grads: the derivative of program of order 1 (reverse) is wrong\n"
        "    along a random direction: found 7.88229, expected 6.10716, tolerance 7e-06\n"
        "    worst entry: d result / d args[0]['a'][0, 2]: found 36, expected 24"
    )


def test_the_message_names_the_element_of_an_array_result() -> None:
    """In forward mode too."""
    found = message(wrong_cube, X, modes=["forward"])
    assert "order 1 (forward) is wrong" in found
    assert found.splitlines()[2].endswith("d result[0, 2] / d args[0][0, 2]: found 18, expected 12")
    assert "operation: the forward derivative of wrong_cube wrt x gives" in found


def test_a_wrong_second_derivative_is_found() -> None:
    """The first order is right, the second is not."""
    check_grads(wrong_second, (X,), order=1)
    found = message(wrong_second, X, modes=["reverse"])
    assert "the derivative of wrong_second of order 2 (reverse over reverse) is wrong" in found


def test_a_wrong_entry_is_found_in_a_large_array() -> None:
    """At most a hundred elements of an argument are tried."""

    @wg.custom_vjp
    def double(x: Any) -> Any:
        return 2.0 * x

    @double.vjp(wrt="x")
    def double_x(ct: Any) -> Any:
        return 3.0 * ct

    assert "found 3, expected 2" in message(double, np.ones((40, 40)), order=1)


def test_a_wrong_derivative_of_a_complex_argument_names_the_part() -> None:
    """The parts of complex elements are directions of their own."""

    @wg.custom_vjp
    def weigh(z: Any) -> Any:
        return np.real(z) + 2.0 * np.imag(z)

    @weigh.vjp(wrt="z")
    def weigh_z(ct: Any) -> Any:
        return ct * (1.0 - 3.0j)

    found = message(weigh, np.array([1.0 + 1.0j]), order=1)
    assert found.splitlines()[2].endswith("d result[0] / d imag(args[0][0]): found 3, expected 2")
    assert "operation: the reverse derivative of weigh wrt z gives" in found


def test_nan_is_never_agreement() -> None:
    """Outside the domain of a function nothing can be checked."""
    with np.errstate(invalid="ignore"):
        assert "found nan" in message(np.sqrt, np.array([-1.0]), order=1)


def test_a_function_that_is_not_a_function_is_reported() -> None:
    """A different value when recorded is not blamed on the derivative."""
    rng = np.random.default_rng(0)
    assert "does it draw random numbers" in message(lambda x: x * rng.normal(), 1.0)


def test_tolerances_and_step_can_be_given() -> None:
    """A tolerance that admits the error."""
    check_grads(wrong_cube, (X,), order=1, rtol=0.0, atol=100.0, eps=1e-3)


@pytest.mark.parametrize(
    ("args", "options", "text"),
    [
        ((1,), {}, "no floating-point argument"),
        (1.0, {}, "args must be a tuple"),
        ((1.0,), {"order": 0}, "order=0"),
        ((1.0,), {"modes": ("backward",)}, "modes="),
    ],
)
def test_what_cannot_be_checked_is_refused(args: Any, options: Any, text: str) -> None:
    """Bad calls say what is wrong with them."""
    with pytest.raises((wg.ArgumentError, ValueError), match=text):
        check_grads(np.sin, args, **options)


def test_a_result_without_derivative_is_refused() -> None:
    """A check of nothing would always pass."""
    with pytest.raises(wg.ArgumentError, match="no floating-point value"):
        check_grads(int, (1.5,))


# Single rules.


@pytest.fixture
def private_operation() -> Any:
    """An operation with a right and a wrong rule, in the table for the time of the test."""

    @operation()
    def scaled(x: Any, y: Any, *, factor: Any = 1.0) -> Any:
        return factor * x * y

    vjp(scaled, wrt="x")(scaled_x)
    vjp(scaled, wrt="y")(scaled_y)
    yield scaled
    del TABLE[scaled]


def scaled_x(ct: Any, y: Any, *, factor: Any) -> Any:
    return factor * ct * y


def scaled_y(ct: Any, x: Any, *, factor: Any) -> Any:
    return -factor * ct * x


def test_a_right_rule_has_errors_of_rounding(private_operation: Any) -> None:
    """Analytic functions are compared with a complex step."""
    errors = check_rule(private_operation, X, 2.0 * X, wrt="x", factor=3.0)
    assert list(errors) == ["x"]
    assert errors["x"].method == "complex step"
    assert errors["x"].numerical < 1e-14
    assert errors["x"].identity < 1e-14


def test_a_wrong_rule_is_named(private_operation: Any) -> None:
    """With both numbers."""
    with pytest.raises(wg.CheckFailedError) as caught:
        check_rule(private_operation, X, X, factor=3.0)
    found = str(caught.value)
    assert found.startswith("check_rule: tests.test_testing.private_operation.<locals>.scaled wrt 'y': the rule gives")
    assert "but complex step gives" in found


def test_a_pushforward_that_is_not_the_transpose_is_found() -> None:
    """An operation declared linear in an argument in which it is not: its rule and its pushforward differ."""

    def squared(x: Any) -> Any:
        return x * x

    @operation()
    def square_of(x: Any) -> Any:
        return squared(x)

    del TABLE[square_of]
    declare(square_of, linear=["x"])
    vjp(square_of, wrt="x")(lambda ct, x: 2.0 * ct * x)
    with pytest.raises(wg.CheckFailedError, match=r"<w, J v> = .*, but <Jt w, v> = "):
        check_rule(square_of, X)
    del TABLE[square_of]


@pytest.mark.parametrize(
    ("args", "method"),
    [
        ((np.multiply, X, 2.0 * X), "complex step"),
        ((np.multiply, X, X + 1j), "central differences"),
        ((np.multiply, X.astype("f"), X.astype("f")), "central differences"),
        ((np.sum, X), "complex step"),
        ((np.concatenate, [X, 2.0 * X]), "complex step"),
        ((np.absolute, X), "central differences"),
    ],
)
def test_rules_of_the_table_pass(args: Any, method: str) -> None:
    """Elementwise, reductions, sequences; central differences where a complex step does not apply."""
    errors = check_rule(*args)
    assert errors
    assert any(error.method == method for error in errors.values())


def test_custom_rules_are_checked() -> None:
    """Functions with rules of users, and arguments given by name."""
    with pytest.raises(wg.CheckFailedError, match=r"tests\.test_testing\.wrong_cube wrt 'x'"):
        check_rule(wrong_cube, x=X)


@pytest.mark.parametrize(
    ("args", "wrt", "text"),
    [
        ((np.floor, X), None, "no derivative rules"),
        ((np.vstack, [X, X]), None, "defined by other functions"),
        ((np.sum, np.arange(3)), None, "no floating-point argument"),
        ((np.sum, X), "axis", "no floating-point argument 'axis'"),
        ((np.sum, X), "b", "no floating-point argument 'b'"),
    ],
)
def test_what_has_no_rule_is_refused(args: Any, wrt: Any, text: str) -> None:
    """A check of nothing would always pass."""
    with pytest.raises((wg.RuleError, wg.ArgumentError), match=text):
        check_rule(*args, wrt=wrt)
