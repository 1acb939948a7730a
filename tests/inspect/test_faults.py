"""`check_grads` names the operation that is wrong."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import wengert as wg
from wengert.ops.table import TABLE
from wengert.tape.array import UNARY

MODES = pytest.mark.parametrize("mode", ["reverse", "forward"])


@wg.custom_vjp
def softplus(x):
    return np.logaddexp(0.0, x)


@softplus.vjp(wrt="x")
def softplus_x(ct, x):
    return ct * np.where(x > 1.0, 2.0, 1.0 / (1.0 + np.exp(-x)))  # wrong above 1


def layers(x, weights):
    for i in range(len(weights)):
        x = softplus(weights[i] * x)
    return np.sum(np.sin(x))


def failure(function, args, **options):
    """The lines of the message, with lines of this file counted from the `def` of the function."""
    with pytest.raises(wg.CheckFailedError) as caught:
        wg.check_grads(function, args, **options)
    first = function.__code__.co_firstlineno
    found = str(caught.value).splitlines()
    return [re.sub(r"test_faults\.py:(\d+)", lambda one: f"line {int(one[1]) - first}", line.strip()) for line in found]


@MODES
def test_a_wrong_custom_rule(mode):
    """The message says which argument, which entry, which operation, and in which iteration."""
    lines = failure(layers, (np.array([0.5, 1.0]), np.array([0.5, 2.5, 0.5])), order=1, modes=[mode])
    assert lines[0] == f"check_grads: the derivative of layers of order 1 ({mode}) is wrong"
    assert re.fullmatch(r"worst entry: d result / d args\[[01]\]\[\d\]: found \S+, expected \S+", lines[2])
    assert re.fullmatch(
        rf"operation: the {mode} derivative of softplus wrt x gives \S+ where its values change by \S+, "
        r"at line 2, in layers, i = 1: softplus\(weights\[i\] \* x\)",
        lines[3],
    )


def several_operations(x):
    y = np.tanh(x * 2.0)
    return np.sum(np.exp(y) * x)


def broken_tanh_rule(ct, out):
    return ct * (1.0 + out * out)


@MODES
def test_a_wrong_rule_of_the_table(mode, monkeypatch):
    """It is the rule of that operation that is named, not those after it."""
    rules = TABLE[np.tanh].rules
    monkeypatch.setitem(rules, "x", replace(rules["x"], function=broken_tanh_rule))
    monkeypatch.delitem(UNARY, np.tanh)  # which has the rule already
    lines = failure(several_operations, (np.array([0.3, -0.4]),), order=1, modes=[mode])
    assert lines[3].startswith(f"operation: the {mode} derivative of np.tanh wrt x gives ")
    assert lines[3].endswith("at line 1, in several_operations: np.tanh(x * 2.0)")


def broken_sum_rule(ct, a_shape, where, *, axis, keepdims):
    return np.broadcast_to(2.0 * ct, a_shape)


def broken_matmul_rule(ct, x1, x2):
    return ct @ x2


def product(A, B):
    return np.sum(np.sin(A @ B), axis=None)


@pytest.mark.parametrize(
    ("operation", "wrt", "rule", "named"),
    [
        (np.sum, "a", broken_sum_rule, "the reverse derivative of np.sum wrt a gives"),
        (np.matmul, "x1", broken_matmul_rule, "the reverse derivative of np.matmul wrt x1, x2 gives"),
    ],
)
def test_rules_that_are_not_elementwise(operation, wrt, rule, named, monkeypatch):
    """Reductions and products are compared by the dot-product identity."""
    rules = TABLE[operation].rules
    monkeypatch.setitem(rules, wrt, replace(rules[wrt], function=rule, **_saves(rule)))
    rng = np.random.default_rng(0)
    lines = failure(product, (rng.normal(size=(2, 2)), rng.normal(size=(2, 2))), order=1, modes=["reverse"])
    assert lines[3].startswith(f"operation: {named}")


def _saves(rule):
    names = rule.__code__.co_varnames[1 : rule.__code__.co_argcount]
    return {"saves": names, "statics": rule.__code__.co_varnames[rule.__code__.co_argcount :][: _keywords(rule)]}


def _keywords(rule):
    return rule.__code__.co_kwonlyargcount


def jumping(x):
    return np.sin(x) if x > 1.0 else np.cos(x)


def test_a_point_that_is_not_smooth():
    """Where the program takes another path beside the point, that is what is said."""
    lines = failure(jumping, (1.0,), order=1, modes=["reverse"])
    assert lines[3] == (
        "operation: the program takes another path near this point, "
        "at line 1, in jumping: np.cos(x): is it smooth there?"
    )


def masked(x):
    return np.sum(np.where(x > 1.0, 3.0 * x, x))


def test_a_mask_that_changes():
    """Neither is a condition that is another one beside the point."""
    lines = failure(masked, (np.array([1.0, 2.0]),), order=1, modes=["forward"])
    assert lines[3].startswith(
        "operation: the program takes another path near this point, at line 1, in masked: np.where("
    )


@wg.custom_vjp
def triple(x):
    return 3.0 * x


@triple.vjp(wrt="x")
def triple_x(ct):
    return 2.0 * ct


def converging(x):
    y = np.sin(x)
    for _ in range(6):
        y = y - (y * y - x) / (2.0 * y)
    return triple(np.abs(y * y - x) + y)


def test_rounding_is_not_blamed():
    """What is nearly zero changes by rounding; the fault that matters comes after it, and is named."""
    lines = failure(converging, (0.7,), order=1, modes=["reverse"])
    assert "of triple wrt x gives" in lines[3]


@wg.custom_vjp
def cube(x):
    return x * x * x


@cube.vjp(wrt="x")
def cube_x(ct, x):
    return ct * 3.0 * np.copy(wg.stop_gradient(x)) * x  # right, but half of the next derivative is lost


def cubed(x):
    return cube(x)


def test_a_wrong_second_derivative():
    """Of an operation in a user's rule the line is named; an argument that changes without a derivative, too."""
    lines = failure(cubed, (1.5,), order=2, modes=["reverse"])
    assert lines[0] == "check_grads: the derivative of cubed of order 2 (reverse over reverse) is wrong"
    assert "of np.multiply wrt x2 gives" in lines[3]
    assert "(its argument x1 changes too, but carries no derivative), at " in lines[3]
    assert lines[3].endswith("in cube_x: ct * 3.0 * np.copy(wg.stop_gradient(x)) * x")
