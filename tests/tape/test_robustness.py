"""Programs that do unusual things with recorded values: right, or refused; never silently wrong."""

from __future__ import annotations

import contextlib
import copy
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import wengert as wg

X = np.array([0.5, 1.0, 1.5])


def test_another_thread_may_not_write_to_a_recorded_array() -> None:
    """It is refused before anything is changed, and ends the call: a thread ends unheard."""

    def f(x):
        y = x * 1.0
        z = y**2
        caught: list[Any] = []

        def work():
            try:
                y.fill(0.0)
            except wg.EscapedValueError as error:
                caught.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert len(caught) == 1
        assert (y == x).all()
        return np.sum(z)

    with pytest.raises(wg.EscapedValueError, match="another thread"):
        wg.grad(f)(X)


def transposed_by_an_array(x):
    a, axes = np.outer(x, x**2), np.array([1, 0])
    b = a.transpose(axes) * 1.0
    axes[:] = [0, 1]
    return np.sum(b * np.arange(9.0).reshape(3, 3))


def reshaped_by_an_array(x):
    a, shape = np.outer(x, x), np.array([1, 9])
    b = a.reshape(shape)
    shape[:] = [9, 1]
    a[0] *= 2.0
    return np.sum(b[0] ** 2)


def sliced_by_an_array(x):
    a, n = x * 1.0, np.array(2)
    v = a[:n]
    n[...] = 1
    a *= 2.0
    v[n:] += 1.0
    return np.sum(v**2)


def rolled_by_an_array(x):
    shift = np.array(2)
    y = np.roll(x, shift) * x
    shift[...] = 1
    return y @ np.arange(3.0)


def scattered_by_an_array(x):
    out, j = np.zeros_like(x), np.array([0, 1, 2])
    np.add.at(out, j, x)
    j[:] = 0
    return np.sum(out * np.array([1.0, 2.0, 3.0]))


def conjugate_method_of_a_real_array(x):
    c = x.conj()
    c[0] = 9.0
    return np.sum(x**2)


def rounded_into_a_recorded_array(x):
    y = 2.0 * x
    np.round(1.3 * x, out=y)
    return np.sum(y * x)


def float_of_a_number(x):
    return np.sum(wg.grad(lambda y: float(np.array(y) * y))(x[0]) * x)


def added_to_nothing_and_overwritten(x):
    x[0] = 3.0
    y = x + 1.0
    x[1] = 7.0
    z = +y
    y[2] = 5.0
    return np.sum(y**3) + np.sum(z**2)


def indexed_by_a_tuple(x):
    y = x[(0, 0, 2),]
    return np.sum(y**2 * np.array([1.0, 2.0, 3.0]))


def swapped_by_keyword(x):
    a = np.outer(x, x)
    b = np.swapaxes(axis1=0, axis2=1, a=a)
    b[0] = x**2
    return np.sum(a * np.arange(9.0).reshape(3, 3))


def scalars_are_values(x):
    s = x[0].copy()
    q = s
    s += x[1]
    r = np.float64(x[2])
    t = r
    r *= x[0]
    return q * s + t * r


def real_part_in_place(x):
    z = x * (1.0 + 2.0j)
    z.real = x**2
    z[:2] = z[:2].real
    z.imag[2] = x[0]
    return np.sum(np.real(z) * 2.0 + np.imag(z) ** 2)


SIGNS = np.zeros(1000)


def captured_signs_change(x):
    signs = SIGNS + 0.0
    wide = np.tile(x, 1000)[:1000]
    first = np.copysign(wide, signs)
    signs *= -1.0
    return np.sum(first * 2.0 + np.copysign(wide, signs))


def lists_of_numbers(x):
    y = x * 1.0
    y += [x[1], x[0], 2.0]
    y *= [2.0, x[0], x[2]]
    z = np.multiply(x, [x[1], 3.0, x[0]], where=[True, False, True], out=x * 1.0)
    return np.sum(y**2) + np.sum(z) + np.sum(np.multiply.outer(x, [x[1], 3.0, x[0]]) ** 2)


PLAIN_PART = np.zeros(3)


def results_into_a_plain_and_a_recorded_array(x):
    whole = x * 1.0
    z = whole**2
    np.modf(np.array([2.5, 3.5, -1.25]), out=(PLAIN_PART, whole))
    return np.sum(z) + np.sum(whole * x)


def vectorized(x):
    return np.sum(np.vectorize(lambda a, b: a * b if a > 0.7 else b)(x, 2.0))


@pytest.mark.parametrize(
    "function",
    [
        transposed_by_an_array,
        reshaped_by_an_array,
        sliced_by_an_array,
        rolled_by_an_array,
        scattered_by_an_array,
        conjugate_method_of_a_real_array,
        rounded_into_a_recorded_array,
        float_of_a_number,
        added_to_nothing_and_overwritten,
        indexed_by_a_tuple,
        swapped_by_keyword,
        scalars_are_values,
        real_part_in_place,
        captured_signs_change,
        lists_of_numbers,
        results_into_a_plain_and_a_recorded_array,
        vectorized,
    ],
    ids=lambda function: function.__name__,
)
def test_options_and_places_may_change_after_use(function: Any) -> None:
    """Value and derivatives, reverse and forward, are those of the program as NumPy runs it."""
    value, gradient = wg.value_and_grad(function)(X)
    assert value == function(X.copy())
    step = 1e-6
    expected = [(function(X + step * e) - function(X - step * e)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(wg.jacobian(function, mode="forward")(X), gradient, rtol=1e-12, atol=1e-12)
    by_reverse = wg.jacobian(wg.grad(function), mode="reverse")(X)
    np.testing.assert_allclose(wg.hessian(function)(X), by_reverse, rtol=1e-12, atol=1e-12)


OUTER = np.zeros(2)


def catches_everything(x):
    with contextlib.suppress(Exception):
        OUTER[0] = x
    return x * x + OUTER[0]


def test_a_refusal_cannot_be_swallowed() -> None:
    """A lost value ends the call with its error, even where the program catches exceptions."""
    with pytest.raises(wg.LostGradientError, match=r"OUTER\[0\] = x"):
        wg.value_and_grad(catches_everything)(2.0)
    namespace: dict[str, Any] = {"np": np}
    exec("def f(x):\n    out = np.zeros(1)\n    out[0] = x\n    return out[0]\n", namespace)
    with pytest.raises(wg.LostGradientError):
        wg.grad(namespace["f"])(2.0)
    assert wg.grad(lambda x: x * x)(2.0) == 4.0


def test_constants_may_be_stored_anywhere() -> None:
    """Only a value that depends on a differentiated argument is refused by a plain array."""
    outer = np.zeros(3)

    def f(x):
        outer[:] = np.ones(3)
        outer[0] = np.linspace(0.0, 1.0, 3)[1]
        np.add(outer, np.ones(3), out=outer)
        np.add.at(outer, [1], np.ones(1))
        return np.sum(outer * x)

    gradient = wg.grad(f)(X)
    np.testing.assert_array_equal(gradient, [1.5, 3.0, 2.0])
    np.testing.assert_array_equal(outer, [1.5, 3.0, 2.0])


def test_new_arrays_of_any_function_are_buffers() -> None:
    """A float array that a NumPy call has just made can hold recorded values."""

    def f(x):
        total = 0.0
        for buffer in (
            np.sqrt(np.arange(3)),
            np.asarray([0.0, 1.0, 2.0]),
            np.ascontiguousarray([1.0, 2.0, 3.0]),
            np.diag([1.0, 2.0, 3.0])[0].copy(),
            np.sort([3.0, 1.0, 2.0]),
            np.append([1.0, 2.0], 4.0),
            np.where([True, False, True], 1.0, 2.0),
            copy.deepcopy(np.ones(3)),
        ):
            buffer[1:] = x[1:]
            total = total + np.sum(buffer * x)
        return total

    value, gradient = wg.value_and_grad(f)(X)
    assert value == f(X)
    np.testing.assert_allclose(gradient[1:], 16 * X[1:])


CACHE: dict[int, Any] = {}


def basis(n):
    if n not in CACHE:
        CACHE[n] = np.linspace(0.0, 1.0, n)
    return CACHE[n]


class Workspace:
    def __init__(self):
        self.work = None

    def run(self, x):
        if self.work is None:
            self.work = np.zeros(3)
        self.work[:] = x
        self.work *= 2.0
        self.work[1:] += self.work[:-1]
        return np.sum(self.work**2)


def test_constants_and_buffers_kept_from_call_to_call() -> None:
    """What a function caches during a derivative serves the next derivative and plain calls as a plain array would."""
    CACHE.clear()

    def f(x):
        table = basis(3)
        return np.sum(np.sin(table) * x + table * 2.0 - table[::-1] + (-table))

    for _ in range(2):
        np.testing.assert_allclose(wg.grad(f)(X), np.sin(np.linspace(0.0, 1.0, 3)))
        assert type(f(X)) is np.float64
        assert wg.grad(lambda x: wg.grad(f)(x) @ x)(X) == pytest.approx(np.sin(np.linspace(0.0, 1.0, 3)))
    workspace, fresh = Workspace(), Workspace()
    expected = fresh.run(X)
    for _ in range(2):
        value, gradient = wg.value_and_grad(workspace.run)(X)
        assert value == expected
        np.testing.assert_allclose(gradient, wg.grad(Workspace().run)(X))
        assert float(workspace.run(X)) == expected
        np.testing.assert_allclose(wg.hessian(workspace.run)(X), wg.hessian(Workspace().run)(X))


def test_an_escaped_array_is_not_overwritten_under_a_pullback() -> None:
    """A write to an array that escaped changes nothing that a pullback has saved."""
    kept: list[Any] = []

    def f(x):
        kept.append(x * 1.0)
        return np.sum(kept[-1] ** 2)

    _, pullback = wg.vjp(f, X)
    with pytest.raises(wg.EscapedValueError):
        kept[-1][1:] = 100.0
    kept[-1][:] = 100.0
    np.testing.assert_array_equal(pullback(1.0)[0], 2 * X)


def test_foreign_code_may_read_constants_and_not_change_them() -> None:
    """A store into a recording array by code that nobody sees is an error, not a loss."""

    def reads(x):
        return np.sum(scipy.linalg.toeplitz(np.linspace(1.0, 3.0, 3)) @ x)

    np.testing.assert_array_equal(wg.grad(reads)(X), [6.0, 5.0, 6.0])

    def changes(x):
        w = np.zeros(3)
        for element in np.nditer(w, op_flags=[["readwrite"]]):
            element[...] = 3.0
        return np.sum(w * x)

    with pytest.raises(ValueError, match=r"read-only|not writeable"):
        wg.grad(changes)(X)


@dataclass
class Oscillator:
    frequency: float
    start: np.ndarray

    def __post_init__(self):
        self.state = np.zeros(len(self.start))
        self.state[:] = self.start * self.frequency


def test_dataclasses_with_post_init() -> None:
    """`__post_init__` is intercepted, and what it sets stays with the instance in trees."""
    np.testing.assert_allclose(wg.grad(lambda x: np.sum(Oscillator(2.0, x).state ** 2))(X), 8 * X)
    assert wg.grad(lambda x, o: x * np.sum(o.state))(2.0, Oscillator(2.0, X)) == 2 * np.sum(X)


POSITIVE, NEGATIVE = lambda x: x * np.copysign(1.0, 0.0), lambda x: x * np.copysign(1.0, -0.0)


def test_functions_that_differ_in_the_sign_of_zero() -> None:
    """The source of a function is told from that of its neighbour by its constants, to the last bit."""
    assert wg.grad(POSITIVE)(2.0) == 1.0
    assert wg.grad(NEGATIVE)(2.0) == -1.0


def test_values_kept_by_the_user_do_not_keep_the_tape() -> None:
    """One kept number, or a cycle in the user's code, holds no more than itself."""
    kept: list[Any] = []

    def f(x):
        def recursive(n):
            return x if n == 0 else np.sin(recursive(n - 1))

        kept.append(x[0])
        return np.sum(recursive(3))

    wg.grad(f)(X)
    assert kept[0].tape.entries == []


def test_containers_without_arrays_are_the_callers_own() -> None:
    """What a function records in a list, a dict or an object among its arguments is there afterwards."""

    def f(x, history, counts, text="a"):
        history.append(len(x))
        counts["calls"] = counts.get("calls", 0) + 1
        return np.sum(x * x)

    history: list[int] = []
    counts: dict[str, int] = {}
    wg.grad(f)(X, history, counts=counts)
    assert history == [3]
    assert counts == {"calls": 1}


def test_conversions_in_unseen_code_refuse() -> None:
    """Without source, a conversion to a plain array is an error: it would lose the derivative, or share memory."""
    namespace: dict[str, Any] = {"np": np}
    for text in ("np.require(x)", "np.asarray(x, like=x)", "np.array([x[0], x[1]], like=x)", "np.fromiter(x, float)"):
        exec(f"def f(x):\n    return np.sum({text} ** 2)\n", namespace)
        with pytest.raises((wg.UnsupportedOperationError, wg.LostGradientError)):
            wg.grad(namespace["f"])(X)


def test_jacobians_with_complex_numbers() -> None:
    """The mode that can hold the derivative is taken; where none can, it is refused."""
    np.testing.assert_array_equal(wg.jacobian(lambda x: x * (1 + 2j))(X), np.diag([1 + 2j] * 3))
    np.testing.assert_array_equal(wg.jacobian(lambda z: np.real(z * np.conj(z)))(1 + 2j), 2 - 4j)
    with pytest.raises(wg.ArgumentError, match="needs mode='forward'"):
        wg.jacobian(lambda x: x * 1j, mode="reverse")(X)
    for derivative in (wg.jacobian(lambda z: z * z), wg.hessian(lambda z: np.real(z) ** 2)):
        with pytest.raises(wg.ArgumentError, match="complex argument"):
            derivative(1 + 2j)


def test_custom_functions_neither_change_nor_return_their_arguments() -> None:
    """The tape holds the arguments: a body that writes to one fails, one that returns it returns a copy."""

    @wg.custom_vjp
    def identity(x):
        return x

    @identity.vjp(wrt="x")
    def identity_x(ct):
        return -ct

    def reversed_gradient(x):
        y = identity(x)
        y[0] = 9.0
        return np.sum(x**2) + np.sum(y)

    np.testing.assert_array_equal(wg.grad(reversed_gradient)(X), 2 * X - [0.0, 1.0, 1.0])

    @wg.custom_vjp
    def doubled(x):
        x *= 2.0
        return x

    with pytest.raises(ValueError, match="read-only"):
        wg.grad(lambda x: np.sum(doubled(x)))(X)

    @wg.custom_vjp
    def table(x):
        return {"a": x}

    with pytest.raises(wg.RuleError, match="returned a dict"):
        wg.grad(lambda x: np.sum(table(x)["a"]))(X)


def test_integer_arrays_given_twice_stay_one() -> None:
    """Aliases among arguments without derivatives are kept."""

    def f(x, i, j):
        i[0] = 2
        return np.sum(x[j] ** 2)

    k = np.array([0, 1])
    value, gradient = wg.value_and_grad(f)(X, k, k)
    assert value == X[2] ** 2 + X[1] ** 2
    np.testing.assert_array_equal(gradient, [0.0, 2.0, 3.0])
    np.testing.assert_array_equal(k, [0, 1])


def test_object_arrays_among_the_arguments() -> None:
    """An object array, of any strides, is the function's own copy."""
    names = np.array(["a", None, 1.0, "b"], dtype=object)[::2]
    np.testing.assert_array_equal(wg.grad(lambda x, names: np.sum(x) * len(names))(X, names), [2.0, 2.0, 2.0])


def test_errors_of_in_place_arithmetic_are_numpys() -> None:
    """What NumPy refuses is refused."""

    def complex_into_real(x):
        x *= 1j
        return np.sum(x)

    def imaginary_of_real(x):
        x.imag = 3.0
        return np.sum(x)

    for function in (complex_into_real, imaginary_of_real):
        with pytest.raises(TypeError):
            function(X.copy())
        with pytest.raises(TypeError):
            wg.grad(function)(X)


def test_masks_and_rounding() -> None:
    """Comparisons may store into plain masks; `round` without digits is an index."""

    def f(x):
        mask = np.zeros(3, dtype=bool)
        np.greater(x, 0.7, out=mask)
        return np.sum(x[mask] ** 2) * x[round(x[1])]

    value, gradient = wg.value_and_grad(f)(X)
    assert value == f(X)
    np.testing.assert_allclose(gradient, [0.0, 2 * X[1] * X[1] + X[1] ** 2 + X[2] ** 2, 2 * X[2] * X[1]])
