"""Traces: golden tables, saved bytes, adjoints, limits, errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.inspect import Trace, trace
from wengert.tape.tape import open_tapes


def text_of(traced: Trace, function: Any) -> str:
    """The table, with line numbers counted from the `def` of the function."""
    first = function.__code__.co_firstlineno
    return re.sub(r"test_trace\.py:(\d+)", lambda found: f"line {int(found[1]) - first}", str(traced))


def expressions(traced: Trace) -> list[str]:
    """What the table shows as expressions, arguments and result included."""
    start = str(traced).splitlines()[1].index("expression")
    lines = str(traced).splitlines()[2:-1]
    return [re.split(r"  +", line[start:])[0] for line in lines]


def polynomial(x, coefficients):
    total = 0.0
    for c in coefficients:
        total = total * x + c
    return total


def test_a_loop():
    """A loop is listed as it ran; values are kept where a rule names them, and counted once."""
    traced = trace(polynomial)(2.0, np.array([3.0, 0.5]))
    assert traced.value == 6.5
    assert (
        text_of(traced, polynomial)
        == """\
trace of polynomial
step  expression            value       saved  bytes  source
      x                     2.0
      coefficients          [3.0, 0.5]
   1  v1 = coefficients[0]  3.0                       line 2  for c in coefficients:
   2  v2 = 0.0 * x          0.0         0.0        8  line 3  total = total * x + c
   3  v3 = v2 + v1          3.0                       line 3  total = total * x + c
   4  v4 = coefficients[1]  0.5                       line 2  for c in coefficients:
   5  v5 = v3 * x           6.0         x, v3     16  line 3  total = total * x + c
   6  v6 = v5 + v4          6.5                       line 3  total = total * x + c
      return v6
saved: 24 bytes"""
    )


def test_adjoints_of_a_loop():
    """After `reverse` each step has its adjoint, and the gradients are those of `grad`."""
    traced = trace(polynomial)(2.0, np.array([3.0, 0.5]))
    gradients = traced.reverse()
    expected = wg.grad(polynomial, (0, 1))(2.0, np.array([3.0, 0.5]))
    assert gradients[0] == expected[0] == 3.0
    np.testing.assert_array_equal(gradients[1], expected[1])
    assert (
        text_of(traced, polynomial)
        == """\
trace of polynomial
step  expression            value       adjoint     saved  bytes  source
      x                     2.0         3.0
      coefficients          [3.0, 0.5]  [2.0, 1.0]
   1  v1 = coefficients[0]  3.0         2.0                       line 2  for c in coefficients:
   2  v2 = 0.0 * x          0.0         2.0         0.0        8  line 3  total = total * x + c
   3  v3 = v2 + v1          3.0         2.0                       line 3  total = total * x + c
   4  v4 = coefficients[1]  0.5         1.0                       line 2  for c in coefficients:
   5  v5 = v3 * x           6.0         1.0         x, v3     16  line 3  total = total * x + c
   6  v6 = v5 + v4          6.5         1.0                       line 3  total = total * x + c
      return v6
saved: 24 bytes"""
    )


def smooth(x):
    y = np.zeros(len(x))
    y[1:-1] = x[2:] * x[:-2]
    y *= 2.0
    inner = y[1:]
    inner -= x[0]
    return np.sum(y)


def test_writes_and_views():
    """Storages, writes, in-place operations and views; a storage made by the program is a constant at first."""
    x = np.arange(1.0, 11.0)
    traced = trace(smooth)(x)
    (gradient,) = traced.reverse()
    np.testing.assert_array_equal(gradient, wg.grad(smooth)(x))
    assert (
        text_of(traced, smooth)
        == """\
trace of smooth
step  expression                 value        adjoint                   saved   bytes  source
      x                          float64[10]  float64[10] norm 60.9016
   1  v1 = x[2:]                 float64[8]   float64[8] norm 28.5657                  line 2  y[1:-1] = x[2:] * x[:-2]
   2  v2 = x[:-2]                float64[8]   float64[8] norm 38.9872                  line 2  y[1:-1] = x[2:] * x[:-2]
   3  v3 = v1 * v2               float64[8]   float64[8] norm 5.65685   v2, v1     80  line 2  y[1:-1] = x[2:] * x[:-2]
   4  v4 = constant float64[10]               float64[10] norm 2.82843
   5  v4[1:-1] = v3              float64[10]                                           line 2  y[1:-1] = x[2:] * x[:-2]
   6  v6 = v4 * 2.0              float64[10]  float64[10] norm 3.16228  2.0         8  line 3  y *= 2.0
   7  v7 = v6[1:]                float64[9]   0.0                                      line 4  inner = y[1:]
   8  v8 = x[0]                  1.0          -9.0                                     line 5  inner -= x[0]
   9  v7 -= v8                   float64[9]                                            line 5  inner -= x[0]
  10  v10 = np.sum(v6)           543.0        1.0                                      line 6  return np.sum(y)
      return v10
saved: 88 bytes"""
    )


def newton(a):
    x = a
    while x * x - a > 0.2:
        x = 0.5 * (x + a / x)
    return x


def test_a_while_loop_and_a_condition():
    """Conditions are computed, listed and constant; only what ran is listed."""
    traced = trace(newton)(2.0)
    assert expressions(traced) == [
        "a",
        "v1 = a * a",
        "v2 = v1 - a",
        "v3 = a / a",
        "v4 = a + v3",
        "v5 = 0.5 * v4",
        "v6 = v5 * v5",
        "v7 = v6 - a",
        "v8 = a / v5",
        "v9 = v5 + v8",
        "v10 = 0.5 * v9",
        "v11 = v10 * v10",
        "v12 = v11 - a",
        "return v10",
    ]


@dataclass
class Layer:
    weight: Any
    bias: Any


def test_trees_of_arguments():
    """Leaves of trees are named as the function reaches them; options are shown where they are not the defaults."""

    def network(params, layers, scale, *rest, idx, **options):
        hidden = np.tanh(params["W"] @ layers[0].weight + rest[0])
        return np.sum(hidden[idx] * options["factor"], axis=0, keepdims=True) / scale

    ones = np.ones((2, 2))
    traced = trace(network)(
        {"W": ones}, [Layer(ones, None)], 2.0, np.ones(2), idx=np.array([0, 1, 1, 0, 1]), factor=np.ones(2)
    )
    assert expressions(traced) == [
        "params['W']",
        "layers[0].weight",
        "scale",
        "rest[0]",
        "factor",
        "v1 = params['W'] @ layers[0].weight",
        "v2 = v1 + rest[0]",
        "v3 = np.tanh(v2)",
        "v4 = v3[idx]",
        "v5 = v4 * factor",
        "v6 = np.sum(v5, axis=0, keepdims=True)",
        "v7 = v6 / scale",
        "return v7",
    ]
    gradients = traced.reverse(np.ones((1, 2)))
    assert len(gradients) == 4
    assert set(gradients[0]) == {"W"}
    assert gradients[1][0].weight.shape == (2, 2)


def test_other_names_where_a_parameter_is_named_like_a_step():
    """A parameter `v1` keeps its name."""
    assert expressions(trace(lambda v1: v1 * 2.0)(1.0)) == ["v1", "vv1 = v1 * 2.0", "return vv1"]


def spectrum(z):
    return np.sum(np.abs(z * np.exp(1j * z)) ** 2)


def test_complex_values():
    """Complex numbers are written in parentheses."""
    traced = trace(spectrum)(1.0 + 2.0j)
    (gradient,) = traced.reverse()
    assert gradient == wg.grad(spectrum)(1.0 + 2.0j)
    assert expressions(traced)[:4] == ["z", "v1 = (0+1j) * z", "v2 = np.exp(v1)", "v3 = z * v2"]
    assert "(1+2j)" in str(traced)
    assert "(-2+1j)" in str(traced)


def test_expressions_of_indices_and_constants():
    """Indices are written as in the source; long constants by dtype and shape; negative operands in parentheses."""
    weights = np.linspace(0.0, 1.0, 12).reshape(3, 4)

    def f(x):
        y = x[None, ::-1, ..., 1]
        z = (x * weights)[x > 2.0]
        x[1, [0, 2]] = -1.0
        np.add.at(x, (0, slice(1, 3)), -2.0 * y[0, :2])
        return z, np.concatenate([x[0]] * 10), y, (x + 20.0) ** -1.0, [1, "a", None, {"b": (x,)}]

    assert expressions(trace(f)(np.arange(12.0).reshape(3, 4))) == [
        "x",
        "v1 = x[None, ::-1, ..., 1]",
        "v2 = x * float64[3, 4]",
        "v3 = v2[bool[3, 4]]",
        "x[1, [0, 2]] = -1.0",
        "v5 = x[None, ::-1, ..., 1]",
        "v6 = v5[0, :2]",
        "v7 = (-2.0) * v6",
        "x[0, 1:3] += v7",
        "v9 = x[0]",
        "v10 = np.concatenate([v9, v9, v9, ..., v9])",
        "v11 = x + 20.0",
        "v12 = v11 ** (-1.0)",
        "v13 = x[None, ::-1, ..., 1]",
        "return (v3, v10, v13, v12, [1, 'a', None, {'b': (x,)}])",
    ]


def test_operations_with_several_results():
    """Each result has a name; those that are saved are named as such."""

    def f(x):
        q, r = np.linalg.qr(x)
        return q @ r

    traced = trace(f)(np.ones((20, 2)))
    assert expressions(traced)[1:] == ["v1_1, v1_2 = qr_reduced(x)", "v2 = v1_1 @ v1_2", "return v2"]
    assert "v1_1, v1_2" in str(traced).splitlines()[3].partition("qr_reduced")[2]
    traced.reverse(np.ones((20, 2)))
    assert "float64[20, 2] norm" in str(traced).splitlines()[3]


def test_users_operations_by_their_names():
    """A function with custom rules is one step."""

    @wg.custom_vjp
    def softplus(x):
        return np.logaddexp(0.0, x)

    @softplus.vjp(wrt="x")
    def softplus_x(ct, x):
        return ct / (1.0 + np.exp(-x))

    traced = trace(lambda x: 2.0 * softplus(x))(0.0)
    assert expressions(traced) == ["x", "v1 = softplus(x)", "v2 = 2.0 * v1", "return v2"]
    assert traced.saved_bytes == 16


def test_a_trace_of_a_gradient():
    """The steps of a gradient are those of the function and those of its reverse sweep."""
    traced = trace(wg.grad(lambda x: x * x * x))(2.0)
    assert traced.value == 12.0
    assert traced.reverse() == (12.0,)


SAVING = [
    (lambda x: np.sum(x + x), 0),
    (lambda x: np.sum(np.sin(x)), 800),
    (lambda x: np.sum(np.sin(x) * np.cos(x)), 800 + 800 + 800),  # x once, and the two factors
    (lambda x: np.sum(np.exp(x)), 800),
    (lambda x: np.sum(x[1:] * x[:-1]), 800),  # two views of the same memory
    (lambda x: np.sum(x[::2] * x[1::2]), 800),
    (lambda x: np.sum(2.0 * x), 8),
    (lambda x: np.sum(x[np.array([1, 2])]), 16),
]


@pytest.mark.parametrize(("function", "expected"), SAVING)
def test_saved_bytes(function, expected):
    """Memory that is saved twice counts once."""
    traced = trace(function)(np.linspace(0.0, 1.0, 100))
    assert traced.saved_bytes == expected
    assert str(traced).endswith(f"saved: {expected} bytes")
    assert f"{expected} bytes saved" in repr(traced)


def overwriting(x):
    y = np.sin(x)
    z = y * y
    y[:] = 0.0
    return np.sum(z + y)


def test_copies_before_a_write_are_shown():
    """A value that was saved and then overwritten is kept as a copy."""
    traced = trace(overwriting)(np.ones(50))
    assert "v1 (copy)" in str(traced)
    assert traced.saved_bytes == 400 + 400


def test_constants_are_steps_that_keep_nothing():
    """What does not depend on a differentiated argument is listed, and has no adjoint."""
    traced = trace(lambda x, c: x + np.sin(c), argnums=0)(1.0, np.array([0.0, 0.0]))
    assert traced.reverse(np.ones(2)) == 2.0
    lines = str(traced).splitlines()
    assert [line.split()[:6] for line in lines[2:5]] == [
        ["x", "1.0", "2.0"],
        ["c", "[0.0,", "0.0]"],
        ["1", "v1", "=", "np.sin(c)", "[0.0,", "0.0]"],
    ]


def long_loop(x):
    for _ in range(200):
        x = x + 1.0
    return x


def test_long_tables_show_their_ends():
    """The first and the last 50 lines are shown, unless all are asked for."""
    traced = trace(long_loop)(0.0)
    lines = str(traced).splitlines()
    assert len(lines) == 1 + 1 + 100 + 1 + 1 + 1
    assert lines[52] == "... 101 steps left out ..."
    assert lines[51].split()[:5] == ["49", "v49", "=", "v48", "+"]
    assert lines[53].split()[:5] == ["151", "v151", "=", "v150", "+"]
    assert len(traced.to_text(limit=None).splitlines()) == 1 + 1 + 201 + 2
    assert len(traced.to_text(limit=3).splitlines()) == 1 + 1 + 3 + 1 + 2


def test_a_compiled_function_is_recorded_from_its_source():
    """Its steps are those of the function that was compiled; where another function calls it, it is one step."""
    compiled = wg.jit(smooth)
    x = np.arange(1.0, 11.0)
    assert expressions(trace(compiled)(x)) == expressions(trace(smooth)(x))
    np.testing.assert_array_equal(trace(compiled)(x).reverse()[0], wg.grad(compiled)(x))
    assert expressions(trace(lambda x: 2.0 * compiled(x))(x))[1].startswith("v1_1 = the compiled smooth(")


def test_an_exception_passes_and_leaves_nothing_open():
    """The function's own exception is raised, and recording has ended."""

    def f(x):
        return x * {}["missing"]

    with pytest.raises(KeyError):
        trace(f)(1.0)
    assert open_tapes() == []


@pytest.mark.parametrize(
    ("ct", "message"),
    [
        (None, "the result is not one number: reverse needs its cotangent"),
        ((np.ones(2),), "the cotangent has the structure"),
        (np.ones(3), r"the cotangent has shape \(3,\), but what it belongs to has shape \(2,\)"),
        (np.ones(2) * 1j, "the cotangent has dtype complex128, but what it belongs to has dtype float64"),
    ],
)
def test_bad_cotangents(ct, message):
    """A cotangent must fit the result."""
    with pytest.raises(wg.SeedError, match=message):
        trace(lambda x: x * 2.0)(np.ones(2)).reverse(ct)


def test_arguments_without_derivative():
    """They are left out unless they are asked for; the caller's arrays are not changed."""
    n = np.array([1, 2])
    x = np.ones(2)

    def f(x, n):
        x[:] = x * n
        return x

    traced = trace(f)(x, n)
    np.testing.assert_array_equal(x, np.ones(2))
    np.testing.assert_array_equal(traced.value, [1.0, 2.0])
    (gradient,) = traced.reverse(np.ones(2))
    np.testing.assert_array_equal(gradient, [1.0, 2.0])
    with pytest.raises(wg.ArgumentError, match="cannot differentiate with respect to argument 1 of dtype int64"):
        trace(f, argnums=(0, 1))(x, n)
    with pytest.raises(wg.ArgumentError, match="argnums=2 but"):
        trace(f, argnums=2)(x, n)
    with pytest.raises(wg.ArgumentError, match="names an argument twice"):
        trace(f, argnums=(0, -2))(x, n)
