"""Reports: golden text, each finding in both engines, agreement of engines, bad input."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.compiled import Jitted

ENGINES = [pytest.param(lambda function: function, id="recorded"), pytest.param(wg.jit, id="compiled")]

pytestmark = pytest.mark.filterwarnings("ignore:(divide by zero|invalid value|overflow):RuntimeWarning")


def text_of(report: Any, function: Any) -> str:
    """The report up to the costs, with line numbers counted from the `def` of the function."""
    first = function.__code__.co_firstlineno
    text = str(report).partition("\n\nsaved bytes")[0]
    return re.sub(r"test_report\.py:(\d+)", lambda found: f"line {int(found[1]) - first}", text)


def hard_places(x, scale, level, table, buffer):
    buffer[:] = 1.0
    n = int(x[0])
    total = 0.0
    for i in range(len(x)):
        if x[i] > level:
            total += np.abs(x[i] - 2.0) * table[n]
        elif level < 1.0:
            total += np.sqrt(x[i])
    y = np.where(x > 2.0, np.log(x - 2.0), 0.0)
    return total + scale * 0.0 + np.sum(y) + np.max(x) + np.sum(buffer)


@pytest.mark.parametrize("engine", ENGINES)
def test_golden_text(engine):
    """One report with each kind of finding, in the order of importance; compiled functions give the same."""
    args = (np.array([1.0, 2.0, 0.0, 2.0]), 3.0, 0.5, np.array([1.0, 2.0]), np.zeros(2))
    report = wg.report(engine(hard_places))(*args)
    assert (
        text_of(report, hard_places)
        == """\
report of hard_places

NaN or infinity first entered
  forward, line 9, in hard_places: np.log(x - 2.0)
      np.log gives nan for -1.0 at [0] (4 of 4 elements); the result is finite
  reverse, line 8, in hard_places, i = 2: np.sqrt(x[i])
      np.sqrt gives inf

kinks, ties and singular points that were hit exactly
  line 6, in hard_places, i = 1: np.abs(x[i] - 2.0)
      np.absolute at the kink at 0 (2 times)
  line 9, in hard_places: x > 2.0
      a comparison of equals (>) (2 of 4 elements)
  line 10, in hard_places: np.max(x)
      np.max at a tie of the extreme elements
  line 9, in hard_places: np.log(x - 2.0)
      np.log with an infinite or undefined derivative, met by a strong zero (4 of 4 elements)

floats that became integers, where the derivative stops
  line 2, in hard_places: int(x[0])
      by int

inputs without effect
  scale: it is multiplied by exact zeros
      line 10, in hard_places: scale * 0.0
  level: it is only used in comparisons
  buffer: it is overwritten before it is read

branches that depend on inputs
  line 5, in hard_places, i = 0: x[i] > level
      true 3 times, false once
  line 7, in hard_places, i = 2: level < 1.0
      true once, false never
  line 9, in hard_places: x > 2.0
      true for 0 of 4 elements"""
    )
    assert report.disagreement == ""
    assert report.cost.engine == ("compiled" if isinstance(engine(hard_places), Jitted) else "recorded")


def smooth(x):
    return np.sum(x * x)


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_hard(engine):
    """Of a smooth function only the costs are told; value and derivative are those of `vjp`."""
    x = np.array([1.0, 2.0])
    report = wg.report(engine(smooth))(x)
    assert text_of(report, smooth) == "report of smooth"
    assert report.value == 5.0
    np.testing.assert_array_equal(report.derivative[0], [2.0, 4.0])
    assert (report.forward_non_finite, report.reverse_non_finite, report.non_finite_arguments) == (None, None, ())
    assert report.kinks == report.cuts == report.unused == report.constants == report.branches == ()
    assert report.saved_bytes == wg.trace(smooth)(x).saved_bytes == 16
    assert [(line.line - smooth.__code__.co_firstlineno, line.saved_bytes) for line in report.lines] == [(1, 16)]
    assert report.cost.ratio > 0
    assert "saved bytes (16 in all)" in str(report)


def overflowing(x):
    n = 0
    while n < 6:
        x = x * x
        n = n + 1
    return x


@pytest.mark.parametrize("engine", ENGINES)
def test_the_iteration_of_a_while(engine):
    """In a `while` the iteration is told by how often the expression has run."""
    report = wg.report(engine(overflowing))(np.float64(1e100) if engine is not wg.jit else 1e100)
    event = report.forward_non_finite
    assert (event.first.time, event.first.iteration, event.first.place.expression) == (2, "2nd time", "x * x")
    assert event.text == "np.multiply gives inf for 1e+200, 1e+200"


def loops(x):
    total = 0.0
    for i in range(2):
        for j in range(3):
            total = total + np.log(x[j] - i)
    return total


@pytest.mark.parametrize("engine", ENGINES)
def test_the_variables_of_nested_loops(engine):
    """The counters of the loops around the expression are named."""
    report = wg.report(engine(loops))(np.array([3.0, 2.0, 1.0]))
    assert report.forward_non_finite.first.loops == "i = 1, j = 2"
    assert report.forward_non_finite.text == "np.log gives -inf for 0.0"


def test_arguments_that_are_not_finite():
    """NaN that is given is no operation's; it is told as the argument's."""
    report = wg.report(lambda p: np.sum(p["a"] * p["b"]))({"a": np.array([1.0, np.nan]), "b": np.ones(2)})
    assert report.non_finite_arguments == ("p['a']",)
    assert report.forward_non_finite is None
    assert "argument p['a'] holds NaN or infinity" in str(report)


def weighted(x):
    return np.sum(np.array([1.0, np.nan]) * x)


def test_constants_that_are_not_finite():
    """NaN that a constant brings is told where it meets what depends on an input."""
    event = wg.report(weighted)(2.0).forward_non_finite
    assert event.text == "np.multiply takes NaN or infinity from a constant"
    assert event.first.place.expression == "np.array([1.0, np.nan]) * x"

    def least(x):
        best = np.inf
        for value in x:
            best = np.minimum(best, value)
        return best

    assert wg.report(least)(np.array([3.0, 1.0])).forward_non_finite is None


KINKS = [
    (np.abs, (np.array([0.0, 1.0]),), "np.absolute at the kink at 0 (1 of 2 elements)"),
    (np.maximum, (np.array([1.0, 2.0]), np.array([1.0, 3.0])), "np.maximum at a tie (1 of 2 elements)"),
    (np.minimum, (1.0, 1.0), "np.minimum at a tie"),
    (np.max, (np.array([3.0, 1.0, 3.0]),), "np.max at a tie of the extreme elements"),
    (np.min, (np.array([3.0, 1.0, 3.0]),), None),
    (np.linalg.norm, (np.zeros(2),), "np.linalg.norm at the norm of zero"),
    (np.hypot, (0.0, 0.0), "np.hypot at the length zero"),
    (lambda x: np.clip(x, 0.0, 1.0), (np.array([0.5, 1.0]),), "np.minimum at a tie (1 of 2 elements)"),
    (np.sort, (np.array([2.0, 1.0, 2.0]),), "np.sort at a tie in the order (1 of 3 elements)"),
    (np.amax, (np.array([[3.0, 1.0], [3.0, 3.0]]), 1), "np.amax at a tie of the extreme elements (1 of 2 elements)"),
    (np.fmax.reduce, (np.array([2.0, 2.0]),), "np.fmax.reduce at a tie of the extreme elements"),
    (
        np.maximum.accumulate,
        (np.array([1.0, 1.0, 2.0]),),
        "np.maximum.accumulate at a tie of the extreme elements (1 of 3 elements)",
    ),
    (np.sign, (np.array([0.0, 1.0]),), "np.sign at the jump at 0 (1 of 2 elements)"),
    (lambda x: x % 2.0, (np.array([4.0, 1.0]),), "np.remainder at the jump at a multiple (1 of 2 elements)"),
    (lambda x: max(x, 1.0), (1.0,), "a comparison of equals (<)"),
    (lambda x: x if x > 1.0 else 1.0, (2.0,), None),
]


@pytest.mark.parametrize(("function", "args", "expected"), KINKS)
def test_kinks_and_ties(function, args, expected):
    """Each is told where it is hit exactly, and not beside it."""
    lines = [line.strip() for line in str(wg.report(function)(*args)).splitlines()]
    if expected is None:
        assert "kinks, ties and singular points that were hit exactly" not in lines
    else:
        assert expected in lines


CUTS = [
    (lambda x: x * int(x), "by int"),
    (lambda x: x * round(x), "by round"),
    (lambda x: np.sum(np.array([x]).astype(int)) * x, "by astype"),
    (lambda x: np.floor(x) * x, "by np.floor"),
    (lambda x: x // 2.0 * x, "by np.floor_divide"),
    (lambda x: np.round(x, 1) * x, "by np.round"),
]


@pytest.mark.parametrize(("function", "expected"), CUTS)
def test_floats_that_become_integers(function, expected):
    """Each conversion is told with its expression; comparisons and indices of extrema are none."""
    (cut,) = wg.report(function)(2.5).cuts
    assert cut.text == expected
    assert wg.report(lambda x: x[np.argmax(x)])(np.array([1.0, 2.0])).cuts == ()


def integer_buffer(x):
    counts = np.zeros(2, dtype=int)
    counts[0] = x
    return x * counts[0]


def test_a_store_in_an_array_of_integers():
    """That is a cut too."""
    assert [cut.text for cut in wg.report(integer_buffer)(2.5).cuts] == ["by a store in an array of integers"]


def only_in_integers(x, y):
    return x * int(y)


def partly_read(x, y):
    z = np.sin(y)
    return x + 0.0 * z


def unreached(x, y):
    z = [np.sin(y), x]
    return z[1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x, y: x, "it is never read"),
        (lambda x, y: x if y > 0.0 else -x, "it is only used in comparisons"),
        (only_in_integers, "it is only used in integer code"),
        (partly_read, "it is multiplied by exact zeros"),
        (unreached, "nothing that is made from it reaches the result"),
        (lambda x, y: np.maximum(x, y) + 0.0, "np.maximum does not choose it"),
        (lambda x, y: x + np.square(y - 1.5), "the derivative of np.square is zero there"),
    ],
)
def test_inputs_without_effect(engine, function, reason):
    """Each has the reason why; the other input has none."""
    unused = wg.report(engine(function))(2.0, 1.5).unused
    assert [(one.name, one.reason) for one in unused] == [("y", reason)]


def test_constant_results():
    """Results that depend on no input are named, integers with their dtype."""
    report = wg.report(lambda x: (x, np.ones(2), {"count": np.argmax(x)}))(np.array([1.0, 2.0]))
    assert report.constants == ("result[1]", "result[2]['count'] (of dtype int64)")


def test_comparisons_count_both_ways():
    """Of a condition it is told how often it was true and false, also inside another function."""

    def step(x):
        return -x if x > 1.0 else 2.0 * x

    def run(x):
        for _ in range(5):
            x = step(x)
        return x

    (branch,) = wg.report(run)(0.4).branches
    assert (branch.times, branch.count, branch.size, branch.first.place.function.rpartition(".")[2]) == (
        5,
        1,
        5,
        "step",
    )


def test_an_inner_derivative_is_followed():
    """Conditions and conversions of a function that is differentiated inside are those of the outer input too."""
    report = wg.report(wg.grad(lambda y: y * y * int(y) if y > 0.0 else y))(2.5)
    assert [event.first.place.expression for event in (*report.branches, *report.cuts)] == ["y > 0.0", "int(y)"]
    assert report.derivative[0] == 4.0


def test_rules_are_no_part_of_the_program():
    """What a rule compares or rounds in the sweep of an inner derivative is not told."""
    report = wg.report(wg.hessian(lambda x: np.sum(x**3 + np.abs(x) + np.maximum(x, 0.5))))(np.array([1.0, 2.0]))
    assert report.branches == report.cuts == report.kinks == ()


@wg.checkpoint
def rough(x):
    return np.abs(x) * int(x[1]) + np.sqrt(x - 1.0)


def test_inside_checkpoints():
    """Findings inside a checkpointed call are told with their own places."""
    report = wg.report(lambda x: np.sum(rough(x)))(np.array([4.0, 1.0, 2.0]))
    assert [event.first.place.expression for event in report.cuts] == ["int(x[1])"]
    assert report.reverse_non_finite.first.place.expression == "np.sqrt(x - 1.0)"
    assert report.reverse_non_finite.text == "np.sqrt gives inf"


def test_an_empty_selection():
    """A mask that is true nowhere lets nothing through."""
    (unused,) = wg.report(lambda x: np.sum(x[x > 5.0]))(np.ones(2)).unused
    assert unused.reason == "nothing that is made from it reaches the result"


class Differing(Jitted):
    """A compiled function whose program is not that of its source."""

    def value_and_gradient(self, args, kwargs, numbers):
        value, gradient = super().value_and_gradient(args, kwargs, numbers)
        return value, [gradient[0] + np.array([0.0, 1.0])]


def test_a_compiled_function_that_disagrees():
    """A compiled derivative that differs from the recorded one is told first."""
    wg.jit(smooth)
    report = wg.report(Differing(smooth))(np.array([1.0, 2.0]))
    assert report.disagreement == "the compiled derivative is at [1] 5.0, the recorded one 4.0"
    assert str(report).splitlines()[2] == "THE COMPILED FUNCTION DISAGREES WITH ITS SOURCE"


def normalised(x):
    return np.sum((x - np.mean(x)) / np.std(x))


def test_rounding_is_no_disagreement():
    """A derivative that cancels to nothing but rounding may be another rounding in compiled code."""
    report = wg.report(wg.jit(normalised))(np.random.default_rng(0).normal(size=50))
    assert np.max(np.abs(report.derivative[0])) < 1e-14
    assert report.disagreement == ""


def scale_in_place(A, c):
    A *= c


@pytest.mark.parametrize("engine", ENGINES)
def test_functions_that_update_arguments(engine):
    """`returning` works on either side of `jit`, and the caller's array is not changed."""
    A = np.ones(2)
    report = wg.report(engine(wg.returning(scale_in_place, "A")))(A, 3.0)
    np.testing.assert_array_equal(report.value, [3.0, 3.0])
    np.testing.assert_array_equal(A, [1.0, 1.0])
    assert report.disagreement == ""


def test_a_function_that_returns_nothing():
    """The way to a derivative is named."""
    (text,) = wg.report(scale_in_place)(np.ones(2), 3.0).constants
    assert "wg.returning" in text


def test_a_report_leaves_the_user_program_as_it_is():
    """Recording without a report is not told anything afterwards."""
    wg.report(smooth)(np.ones(2))
    assert wg.grad(smooth)(np.ones(2)).tolist() == [2.0, 2.0]


def test_bad_input():
    """Errors are those of `vjp` and of the function itself."""
    with pytest.raises(wg.ArgumentError, match="cannot differentiate"):
        wg.report(smooth, argnums=0)(np.arange(3))
    with pytest.raises(wg.ArgumentError, match="2 positional"):
        wg.report(lambda x, y: x, argnums=2)(1.0, 2.0)
    with pytest.raises(IndexError):
        wg.report(lambda x: x[3])(np.ones(2))
