"""Control flow, integers, data types, complex numbers and exceptions: the sentences of docs/semantics.md."""

from __future__ import annotations

import math

import numpy as np
import pytest

import wengert as wg
from tests.semantics.engines import ENGINES, each_engine
from wengert.errors import ArgumentError, NotAcceptedError


@each_engine
class TestControlFlow:
    """The derivative of the executed path; what decides the path is a constant."""

    def test_the_trip_count_of_a_while_is_a_constant(self, engine):
        """Four halvings of 10 end below 1: the derivative is 2**-4, though the count jumps at 16."""

        def halve(x):
            while x > 1.0:
                x = x / 2
            return x

        assert wg.grad(engine(halve))(10.0) == 0.0625
        assert wg.grad(engine(halve))(16.0) == 0.0625
        assert wg.grad(engine(halve))(16.5) == 0.03125

    def test_a_branch_on_a_value_is_the_one_taken(self, engine):
        """At the point where the condition changes, the branch that runs there counts."""

        def bent(x):
            if x >= 0:
                return 3.0 * x
            return -x

        assert wg.grad(engine(bent))(0.0) == 3.0
        assert wg.grad(engine(bent))(-1e-300) == -1.0

    def test_a_comparison_is_a_constant(self, engine):
        """A truth value in a product has no derivative."""
        np.testing.assert_array_equal(wg.grad(engine(lambda x: np.sum((x > 1.0) * x)))(np.array([0.5, 2.0])), [0, 1])

    def test_an_index_from_a_value_is_a_constant(self, engine):
        """What is read depends on the index, but not differentiably."""

        def table(x, values):
            return values[int(x)] * x

        values = np.array([5.0, 7.0, 11.0])
        gradient = wg.grad(engine(table), argnums=(0, 1))(1.75, values)
        assert gradient[0] == 7.0
        np.testing.assert_array_equal(gradient[1], [0.0, 1.75, 0.0])

    def test_a_loop_bound_from_a_value_is_a_constant(self, engine):
        """x**floor(x) by a loop has the derivative of x**2 at 2.5, and of x**3 at 3, where it jumps."""

        def power(x):
            found = 1.0
            for _ in range(int(x)):
                found = found * x
            return found

        assert wg.grad(engine(power))(2.5) == 5.0
        assert wg.grad(engine(power))(3.0) == 27.0


@each_engine
class TestIntegers:
    """Integers have no derivative, and stop one."""

    @pytest.mark.parametrize("x", [np.arange(3), np.array([True, False]), 3, np.int32(3), True])
    def test_a_derivative_with_respect_to_one_is_refused(self, engine, x):
        """A `TypeError` that says what to do."""
        with pytest.raises(TypeError, match="cannot differentiate with respect to argument 0") as refusal:
            wg.grad(engine(lambda x: np.sum(x * 2.0)))(x)
        assert isinstance(refusal.value, ArgumentError)

    def test_other_arguments_may_be_integers(self, engine):
        """They are constants."""
        assert wg.grad(engine(lambda x, n: x**n))(3.0, 2) == 6.0
        np.testing.assert_array_equal(wg.grad(engine(lambda x, n: np.sum(x * n)))(np.ones(3), np.arange(3)), [0, 1, 2])

    def test_a_float_made_an_integer_is_a_constant(self, engine):
        """By `int`, `round`, `math.floor`, `astype`, or a store in an array of integers."""

        def stored(x):
            whole = np.zeros(2, dtype=np.int64)
            whole[0] = x[0]
            whole[1] = x[1]
            return np.sum(whole * x)

        assert wg.grad(engine(lambda x: int(x) * x))(2.75) == 2.0
        assert wg.grad(engine(lambda x: round(x) * x))(2.75) == 3.0
        assert wg.grad(engine(lambda x: math.floor(x) * x))(2.75) == 2.0
        x = np.array([1.5, 2.5])
        np.testing.assert_array_equal(wg.grad(engine(lambda x: np.sum(x.astype(np.int64) * x)))(x), [1, 2])
        np.testing.assert_array_equal(wg.grad(engine(stored))(x), [1, 2])


@each_engine
class TestDataTypes:
    """NumPy 2's promotion; a derivative has the shape and dtype of the argument."""

    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
    def test_a_derivative_has_the_dtype_of_the_argument(self, engine, dtype):
        """Also where the result is of another one."""
        x = np.array([1.0, 2.0], dtype)
        f = engine(lambda x: np.sum(np.abs(x * np.array([1.0, 2.0])) ** 2))
        assert wg.grad(f)(x).dtype == dtype
        assert f(x).dtype == np.float64

    def test_single_precision_stays_single(self, engine):
        """Python numbers do not widen it; NumPy's numbers of double precision do."""
        x = np.array([1.0, 2.0], np.float32)
        assert wg.value_and_grad(engine(lambda x: np.sum(x * 2.0)))(x)[0].dtype == np.float32
        assert wg.value_and_grad(engine(lambda x: np.sum(x * np.float64(2.0))))(x)[0].dtype == np.float64

    def test_the_derivative_of_a_python_number_is_a_numpy_scalar(self, engine):
        """Of double precision."""
        assert type(wg.grad(engine(lambda x: x * x))(3.0)) is np.float64


@each_engine
class TestComplex:
    """For real f of z = x + iy, the gradient is df/dx - i df/dy; pullbacks of holomorphic functions multiply."""

    def test_the_gradient_of_a_real_function(self, engine):
        """Of |z|^2 it is twice the conjugate."""
        assert wg.grad(engine(lambda z: np.abs(z) ** 2))(1.0 + 2.0j) == pytest.approx(2.0 - 4.0j, rel=1e-15)
        assert wg.grad(engine(lambda z: z.real))(1.0 + 2.0j) == 1.0
        assert wg.grad(engine(lambda z: z.imag))(1.0 + 2.0j) == -1.0j

    def test_a_holomorphic_function(self, engine):
        """Pullbacks and pushforwards multiply by the complex derivative."""
        f, z = engine(lambda z: z * z), 1.0 + 2.0j
        assert wg.vjp(f, z)[1](1.0j)[0] == 1.0j * 2 * z
        assert wg.jvp(f, (z,), (1.0j,))[1] == 1.0j * 2 * z

    def test_a_real_argument_has_a_real_derivative(self, engine):
        """Of the real part of exp(ix)."""
        found = wg.grad(engine(lambda x: np.exp(1j * x).real))(0.5)
        assert type(found) is np.float64
        assert found == pytest.approx(-math.sin(0.5), rel=1e-15)


def _raising(x):
    if x > 1:
        raise ValueError(f"too large: {x:.1f}")
    return x


def _unbound(x):
    if x > 5:
        y = x
    return y


PAIR = np.array([1.0, 2.0])
EXCEPTIONS = {
    "index": (lambda x: x[5], PAIR),
    "negative index": (lambda x: x[-3], PAIR),
    "shapes": (lambda x: np.sum(x + np.zeros(3)), PAIR),
    "products": (lambda x: np.sum(x @ np.zeros((3, 3))), PAIR),
    "reshape": (lambda x: np.sum(x.reshape(3, 2)), PAIR),
    "division of Python numbers": (lambda x: 1 / x, 0.0),
    "math": (lambda x: math.sqrt(x) + 1.0, -1.0),
    "singular matrix": (lambda x: np.sum(np.linalg.inv(x)), np.zeros((2, 2))),
    "indefinite matrix": (lambda x: np.sum(np.linalg.cholesky(x)), -np.eye(2)),
    "empty maximum": (lambda x: np.max(x) + 1.0, np.zeros(0)),
    "raise": (_raising, 2.0),
    "unbound": (_unbound, 2.0),
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exceptions_are_those_of_the_plain_run(name):
    """The same type and message from either engine, in values and derivatives; a compiled one adds the line."""
    function, x = EXCEPTIONS[name]
    with pytest.raises(Exception) as plain:  # noqa: PT011 (whatever it is)
        function(x)
    for engine, made in ENGINES.items():
        for call in (lambda f: f(x), lambda f: wg.grad(f)(x), lambda f: wg.jvp(f, (x,), (x,))):
            with pytest.raises(type(plain.value)) as found:
                call(made(function))
            assert type(found.value) is type(plain.value)
            message, _, place = str(found.value).partition("\n  at ")
            assert message == str(plain.value)
            assert bool(place) == (engine == "compiled")


def test_what_is_wrong_for_all_values_is_refused_before_it_runs():
    """A compiled function with an axis that its argument cannot have does not begin."""
    with pytest.raises(NotAcceptedError, match="axis 3 is out of bounds for array of dimension 1\n  at "):
        wg.grad(wg.jit(lambda x: np.sum(x, axis=3)))(PAIR)
    with pytest.raises(NotAcceptedError, match="KeyError: 'rate'\n  at "):
        wg.grad(wg.jit(lambda x, options: x * options["rate"]))(1.0, {"step": 2.0})
