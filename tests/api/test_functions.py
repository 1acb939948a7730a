"""The public functions: arguments, results, trees, modes and types."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
import scipy.optimize

import wengert as wg

X = np.array([0.5, 1.0, 1.5])
Y = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

Point = namedtuple("Point", ["x", "y"])


@dataclasses.dataclass(frozen=True)
class Model:
    weights: np.ndarray
    bias: float
    name: str = "model"


def loss(x, y):
    return np.sum(y * np.sin(x))


def test_argnums_int_tuple_and_negative() -> None:
    """One position gives one derivative, a sequence a tuple in its own order."""
    dx, dy = Y.sum(axis=0) * np.cos(X), np.broadcast_to(np.sin(X), (2, 3))
    np.testing.assert_allclose(wg.grad(loss)(X, Y), dx)
    np.testing.assert_allclose(wg.grad(loss, 1)(X, Y), dy)
    np.testing.assert_allclose(wg.grad(loss, -1)(X, Y), dy)
    for found, expected in zip(wg.grad(loss, (1, 0))(X, Y), (dy, dx), strict=True):
        np.testing.assert_allclose(found, expected)
    (only,) = wg.grad(loss, (0,))(X, Y)
    np.testing.assert_allclose(only, dx)


def test_keyword_arguments_are_passed_on() -> None:
    """Keyword arguments reach the function, undifferentiated."""
    np.testing.assert_allclose(wg.grad(loss)(X, y=Y), wg.grad(loss)(X, Y))


def test_auxiliary_output() -> None:
    """`has_aux` returns data beside the result, as plain values."""

    def with_aux(x):
        y = x * x
        return np.sum(y), {"y": y, "n": len(x), "text": "t"}

    (value, aux), gradient = wg.value_and_grad(with_aux, has_aux=True)(X)
    assert value == np.sum(X * X)
    assert type(aux["y"]) is np.ndarray
    np.testing.assert_array_equal(aux["y"], X * X)
    assert (aux["n"], aux["text"]) == (3, "t")
    np.testing.assert_array_equal(gradient, 2 * X)
    gradient, aux = wg.grad(with_aux, has_aux=True)(X)
    np.testing.assert_array_equal(gradient, 2 * X)
    value, pullback, aux = wg.vjp(with_aux, X, has_aux=True)
    np.testing.assert_array_equal(pullback(1.0)[0], 2 * X)
    value, tangent, aux = wg.jvp(with_aux, (X,), (X,), has_aux=True)
    assert tangent == 2 * np.sum(X * X)
    with pytest.raises(wg.ArgumentError, match="must return a pair"):
        wg.grad(loss, has_aux=True)(X, Y)


def test_trees_of_arguments_and_results() -> None:
    """Tuples, lists, dicts, namedtuples and dataclasses come back as they went in."""

    def f(p):
        model = p["model"]
        return {
            "a": model.weights @ p["points"][0].x + model.bias,
            "b": [p["points"][1].y * 2.0, p["s"]],
        }

    tree = {
        "model": Model(X, 2.0),
        "points": [Point(X + 1, 1.0), Point(X, 3.0)],
        "s": np.float64(4.0),
    }
    with pytest.raises(wg.ArgumentError, match="a leaf of argument 0 of type str"):
        wg.vjp(f, tree)

    tree["model"] = Model(X, 2.0, name=1.0)  # type: ignore[arg-type]
    _value, pullback = wg.vjp(f, tree)
    (ct,) = pullback({"a": 1.0, "b": [1.0, 1.0]})
    assert type(ct["model"]) is Model
    assert type(ct["points"][0]) is Point
    np.testing.assert_array_equal(ct["model"].weights, X + 1)
    np.testing.assert_array_equal(ct["points"][0].x, X)
    assert ct["points"][0].y == 0.0
    assert ct["points"][1].y == 2.0
    assert (ct["model"].bias, ct["model"].name, ct["s"]) == (1.0, 0.0, 1.0)


def test_integer_leaves_may_be_among_other_arguments() -> None:
    """Only the arguments of `argnums` must be floating-point."""

    def f(x, options):
        return np.sum(x[: options["n"]] * options["scale"])

    np.testing.assert_array_equal(wg.grad(f)(X, {"n": 2, "scale": 3.0, "label": "a", "none": None}), [3.0, 3.0, 0.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_derivatives_have_the_shape_and_dtype_of_the_argument(dtype: Any) -> None:
    """The dtype of the argument, also where the computation is wider; zeros where there is no dependence."""
    x = X.astype(dtype)

    def f(x, y):
        return np.real(np.sum(x * np.arange(3.0)))

    gradient, zero = wg.grad(f, (0, 1))(x, Y)
    assert gradient.dtype == dtype
    assert gradient.shape == (3,)
    assert type(gradient) is np.ndarray
    assert zero.shape == (2, 3)
    assert zero.dtype == np.float64
    assert not zero.any()


@pytest.mark.parametrize("number", [2.0, np.float64(2.0), np.float32(2.0)])
def test_numbers_have_numbers_as_derivatives(number: Any) -> None:
    """A NumPy scalar of the number's dtype; a 0-d array for a 0-d array."""
    gradient = wg.grad(lambda x: x * x)(number)
    assert isinstance(gradient, np.floating)
    assert gradient == 4.0
    assert gradient.dtype == np.asarray(number).dtype
    assert wg.grad(lambda x: x * x)(np.array(2.0)).shape == ()
    assert type(wg.grad(lambda x: x * x)(np.array(2.0))) is np.ndarray


def test_complex_arguments_follow_the_convention_of_jax() -> None:
    """df/dx - i df/dy for a real function of z = x + iy."""
    z = 1.5 - 0.5j
    assert wg.grad(lambda z: np.real(z) ** 2 + 3.0 * np.imag(z))(z) == 2 * 1.5 - 3j
    assert wg.grad(lambda z: np.real(z * np.conj(z)))(z) == pytest.approx(2 * np.conj(z))


def test_constant_results_have_zero_derivatives() -> None:
    """A result that does not depend on the argument has a zero derivative of the right shape."""
    np.testing.assert_array_equal(wg.grad(lambda x: 3.0)(X), np.zeros(3))
    np.testing.assert_array_equal(wg.jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3)))
    _value, tangent = wg.jvp(lambda x: np.ones(2), (X,), (X,))
    np.testing.assert_array_equal(tangent, np.zeros(2))
    np.testing.assert_array_equal(wg.vjp(lambda x: (x, 1.0), X)[1]((X, 2.0))[0], X)


def elementary(x):
    y = np.zeros(4)
    y[0] = x[0] * x[1]
    y[1:] = np.sin(x) * x[2]
    return y


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_jacobian_in_every_mode(mode: Any) -> None:
    """Rows are results, columns arguments, whichever way it is computed."""
    expected = np.zeros((4, 3))
    expected[0] = [X[1], X[0], 0.0]
    expected[1:] = np.diag(np.cos(X) * X[2])
    expected[1:, 2] += np.sin(X)
    np.testing.assert_allclose(wg.jacobian(elementary, mode=mode)(X), expected, rtol=1e-14)


def test_jacobian_mode_follows_the_sizes() -> None:
    """Forward for few arguments, reverse for few results; a wrong mode is refused."""
    runs: list[int] = []

    def wide(x):
        runs.append(1)
        return x * np.ones(5)

    assert wg.jacobian(wide)(2.0).shape == (5,)
    assert len(runs) == 2
    runs.clear()
    assert wg.jacobian(lambda x: runs.append(1) or np.sum(x))(X).shape == (3,)
    assert len(runs) == 1
    with pytest.raises(ValueError, match="mode='sideways'"):
        wg.jacobian(wide, mode="sideways")  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_trees(mode: Any) -> None:
    """A tree of results, each a tree of arguments."""

    def f(p, s):
        return {"sum": np.sum(p["a"]) * s, "row": p["a"] * p["b"]}

    found = wg.jacobian(f, (0, 1), mode=mode)({"a": X, "b": 2.0}, 3.0)
    np.testing.assert_array_equal(found["sum"][0]["a"], [3.0, 3.0, 3.0])
    assert found["sum"][0]["b"] == 0.0
    assert found["sum"][1] == 3.0
    np.testing.assert_array_equal(found["row"][0]["a"], np.diag([2.0, 2.0, 2.0]))
    np.testing.assert_array_equal(found["row"][0]["b"], X)
    np.testing.assert_array_equal(found["row"][1], np.zeros(3))


def test_hessian_of_several_arguments() -> None:
    """Blocks as in JAX: hessian[i][j] is the derivative of gradient i with respect to argument j."""

    def f(x, y):
        return x[0] * y**2 + x[1] ** 3

    blocks = wg.hessian(f, (0, 1))(np.array([1.0, 2.0]), 3.0)
    np.testing.assert_array_equal(blocks[0][0], [[0.0, 0.0], [0.0, 12.0]])
    np.testing.assert_array_equal(blocks[0][1], [6.0, 0.0])
    np.testing.assert_array_equal(blocks[1][0], [6.0, 0.0])
    assert blocks[1][1] == 2.0


def test_hvp_is_the_hessian_times_a_vector() -> None:
    """Of one argument, and of several."""

    def f(x, y):
        return np.sum(np.sin(x) * y) ** 2

    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(wg.hvp(lambda x: f(x, Y), (X,), (v,)), wg.hessian(f)(X, Y) @ v, rtol=1e-13)
    by_both = wg.hvp(f, (X, Y), (v, np.zeros((2, 3))))
    np.testing.assert_allclose(by_both[0], wg.hessian(f)(X, Y) @ v, rtol=1e-13)
    np.testing.assert_allclose(by_both[1], wg.jacobian(wg.grad(f, 1))(X, Y) @ v, rtol=1e-13)


def test_linearize_runs_the_function_once() -> None:
    """The pushforward sweeps the recorded run, as often as it is called."""
    runs: list[int] = []

    def f(x):
        runs.append(1)
        return elementary(x)

    value, pushforward = wg.linearize(f, X)
    jacobian = wg.jacobian(elementary)(X)
    for v in np.eye(3):
        np.testing.assert_allclose(pushforward(v), jacobian @ v, rtol=1e-14)
    np.testing.assert_array_equal(value, elementary(X))
    assert runs == [1]


def test_value_and_grad_fits_scipys_minimize() -> None:
    """As `jac=True` expects it: a float and an array of the argument's shape."""

    def rosenbrock(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    found = scipy.optimize.minimize(wg.value_and_grad(rosenbrock), np.zeros(5), jac=True, method="BFGS")
    np.testing.assert_allclose(found.x, np.ones(5), atol=1e-5)


def test_returning_gives_final_values_of_arguments() -> None:
    """Kernels that return nothing: by position, by keyword, with defaults, several names."""

    def kernel(A, b, factor=2.0):
        A[1:] += A[:-1] * b
        b *= factor

    def as_function(A, b):
        return np.concatenate([A[:1], A[1:] + A[:-1] * b])

    A, b = np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25])
    value, pullback = wg.vjp(wg.returning(kernel, "A"), A, b)
    np.testing.assert_array_equal(value, as_function(A, b))
    ct = np.array([1.0, 2.0, 3.0])
    for found, expected in zip(pullback(ct), wg.vjp(as_function, A, b)[1](ct), strict=True):
        np.testing.assert_allclose(found, expected)
    both = wg.vjp(wg.returning(kernel, "A", "b"), A, b)
    np.testing.assert_array_equal(both[0][1], b * 2)
    np.testing.assert_array_equal(wg.jacobian(wg.returning(kernel, "b"), argnums=1)(A, b, factor=3.0), 3 * np.eye(2))
    with pytest.raises(wg.ArgumentError, match="kernel has no parameter"):
        wg.returning(kernel, "C")


def test_stop_gradient_at_every_level_and_in_trees() -> None:
    """A constant for derivatives of any order; plain outside of derivatives."""
    assert wg.grad(wg.grad(lambda x: x**3 * wg.stop_gradient(x)))(2.0) == 6 * 2.0 * 2.0
    tree = wg.stop_gradient({"a": X, "b": [1.0, "text"]})
    np.testing.assert_array_equal(tree["a"], X)
    assert tree["b"] == [1.0, "text"]
    assert wg.grad(lambda x: np.sum(wg.stop_gradient((x, x))[1] * x))(2.0) == 2.0


@pytest.mark.parametrize("shape", [(0,), (1,), (0, 3), ()])
def test_sizes_zero_and_one(shape: tuple[int, ...]) -> None:
    """Empty arrays and arrays of one element are arrays like others."""
    x = np.full(shape, 2.0)
    gradient = wg.grad(lambda x: np.sum(x * x))(x)
    assert gradient.shape == shape
    np.testing.assert_array_equal(gradient, 2 * x)
    assert wg.jacobian(lambda x: x * x)(x).shape == shape + shape
    assert wg.jacobian(lambda x: x * x, mode="forward")(x).shape == shape + shape


@pytest.mark.parametrize("x", [np.ones((4, 6))[::2, ::-3], np.asfortranarray(np.ones((2, 3)))])
def test_strided_arguments(x: Any) -> None:
    """Non-contiguous and Fortran-ordered arguments; the function may update its copy."""

    def f(x):
        x[0] *= 3.0
        x.T[0] = x.T[1] * 2.0
        return np.sum(x * x)

    expected = np.zeros(x.shape)
    expected[0], expected[1] = 18.0, 2.0
    expected[0, 1], expected[1, 1] = 18.0 * 5, 2.0 * 5
    expected[:, 0] = 0.0
    np.testing.assert_array_equal(wg.grad(f)(x), expected)


def test_a_strided_argument_has_the_views_that_it_has_in_numpy() -> None:
    """Flattening a non-contiguous argument copies it, as outside of a derivative; a contiguous one is viewed."""

    def f(x):
        y = x.reshape(-1)
        y[0] = 5.0
        return np.sum(x * x)

    whole = np.ones((3, 4))
    for x in (whole, whole[:, ::2], whole.T, whole[::-1]):
        assert wg.value_and_grad(f)(x)[0] == f(_strided(x))


def _strided(x: Any) -> Any:
    """A copy with the strides of `x`, where `x` is a slice of a whole array."""
    base = x if x.base is None else x.base
    return np.ndarray(x.shape, x.dtype, base.copy(), x.ctypes.data - base.ctypes.data, x.strides)


def test_a_read_only_argument_stays_read_only() -> None:
    """Writing to it raises what NumPy raises; reading it is as ever."""

    def f(x):
        x[0] = 2.0
        return np.sum(x)

    x = np.broadcast_to(np.ones(3), (2, 3))
    with pytest.raises(ValueError, match="assignment destination is read-only"):
        wg.grad(f)(x)
    np.testing.assert_array_equal(wg.grad(lambda x: np.sum(x * x))(x), 2.0 * np.ones((2, 3)))


def test_wrappers_keep_the_name_of_the_function() -> None:
    """`grad(f).__name__` is that of f."""
    assert wg.grad(loss).__name__ == "loss"
    assert "Gradient of loss" in str(wg.grad(loss).__doc__)
