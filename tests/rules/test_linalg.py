"""Linear algebra where it is hard: equal eigenvalues, singular matrices, zero norms, empty stacks. Numbers by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg

IDENTITY = np.eye(3)
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])


def same(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.sum(np.linalg.eigvalsh(a)),
        lambda a: np.sum(np.linalg.eigh(a).eigenvalues),
        lambda a: np.sum(np.real(np.linalg.eigvals(a))),
        lambda a: np.sum(np.real(np.linalg.eig(a)[0])),
        lambda a: np.sum(np.linalg.svdvals(a)),
        lambda a: np.sum(np.linalg.svd(a)[1]),
        lambda a: np.sum(np.linalg.svd(a, hermitian=True).S),
    ],
)
def test_sum_of_equal_values_has_the_derivative_of_the_trace(function: Callable[..., Any]) -> None:
    """The sum of the eigenvalues of the identity changes by the trace, though no eigenvalue has a derivative."""
    same(wg.grad(function)(IDENTITY), IDENTITY)


def test_spectral_function_of_a_multiple_of_the_identity() -> None:
    """The sum of the squared eigenvalues is the sum of the squared elements: twice the matrix."""
    same(wg.grad(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2))(2 * IDENTITY), 4 * IDENTITY)


def test_vectors_of_equal_values_are_not_silently_wrong() -> None:
    """Eigenvectors of equal eigenvalues have no derivative: the result is not finite."""
    assert not np.isfinite(wg.grad(lambda a: np.sum(np.linalg.eigh(a)[1]))(IDENTITY)).all()
    assert not np.isfinite(wg.grad(lambda a: np.sum(np.linalg.svd(a)[0]))(IDENTITY)).all()


def test_one_eigenvector_beside_equal_eigenvalues() -> None:
    """The vector of a simple eigenvalue has its derivative: v changes by sum over k of v_k (v_k da v) / (w - w_k)."""
    matrix = np.diag([1.0, 2.0, 2.0])
    found = wg.grad(lambda a: np.linalg.eigh(a)[1][1, 0] / np.linalg.eigh(a)[1][0, 0])(matrix)
    same(found, [[0, 0, 0], [-1, 0, 0], [0, 0, 0]])


def test_hermitian_matrices_are_read_from_one_triangle() -> None:
    """The cotangent lies in the triangle that NumPy reads. w = +-sqrt(ab) for [[0, b], [b, 0]]."""
    matrix = np.array([[0.0, 2.0], [2.0, 0.0]])
    same(wg.grad(lambda a: np.linalg.eigvalsh(a)[1])(matrix), [[0.5, 0.0], [1.0, 0.5]])
    same(wg.grad(lambda a: np.linalg.eigvalsh(a, "U")[1])(matrix), [[0.5, 1.0], [0.0, 0.5]])
    same(wg.grad(lambda a: np.linalg.cholesky(a)[1, 0])(np.array([[4.0, 2.0], [2.0, 3.0]])), [[-0.125, 0], [0.5, 0]])
    same(
        wg.grad(lambda a: np.linalg.cholesky(a, upper=True)[0, 1])(np.array([[4.0, 2.0], [2.0, 3.0]])),
        [[-0.125, 0.5], [0, 0]],
    )


@pytest.mark.parametrize("order", [None, 1, 2, 3, np.inf, -np.inf, 1.5])
def test_norm_of_the_zero_vector_has_derivative_zero(order: Any) -> None:
    """Zero is the subgradient of least norm."""
    same(wg.grad(lambda x: np.linalg.norm(x, order))(np.zeros(3)), np.zeros(3))
    same(wg.grad(lambda x: np.linalg.norm(x, order))(np.zeros(3, complex)), np.zeros(3))


@pytest.mark.parametrize("order", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_norm_of_the_zero_matrix_has_derivative_zero(order: Any) -> None:
    """As for vectors."""
    same(wg.grad(lambda x: np.linalg.norm(x, order))(np.zeros((2, 3))), np.zeros((2, 3)))


def test_rows_of_zeros_in_a_stack_of_norms() -> None:
    """A zero row gives zero, and the others what they give alone."""
    rows = np.array([[3.0, 4.0], [0.0, 0.0]])
    same(wg.grad(lambda x: np.sum(np.linalg.norm(x, axis=1)))(rows), [[0.6, 0.8], [0.0, 0.0]])
    same(wg.hessian(np.linalg.norm)(rows[0]), [[0.128, -0.096], [-0.096, 0.072]])


def test_largest_elements_share_equally() -> None:
    """The norm of infinite order of (1, -1, 0), and the largest of two equal singular values."""
    same(wg.grad(lambda x: np.linalg.norm(x, np.inf))(np.array([1.0, -1.0, 0.0])), [0.5, -0.5, 0.0])
    same(wg.grad(lambda a: np.linalg.norm(a, 2))(np.eye(2)), np.eye(2) / 2)


def test_singular_value_of_zero_has_derivative_zero() -> None:
    """The nuclear norm at a matrix of rank one: the subgradient of least norm is u v.T."""
    same(wg.grad(lambda a: np.linalg.norm(a, "nuc"))(np.diag([-3.0, 0.0])), np.diag([-1, 0]))


def test_derivative_of_the_determinant_is_the_cofactors() -> None:
    """Also for singular matrices; of rank n - 2 and less all cofactors are zero."""
    same(wg.grad(np.linalg.det)(SINGULAR), [[4, -2], [-2, 1]])
    same(wg.grad(np.linalg.det)(np.outer([1.0, 2.0, 3.0], [1.0, 1.0, 2.0])), np.zeros((3, 3)))
    same(wg.grad(np.linalg.det)(np.array([[0.0]])), [[1]])
    stack = np.stack([SINGULAR, np.eye(2)])
    same(wg.grad(lambda a: np.sum(np.linalg.det(a)))(stack), [[[4, -2], [-2, 1]], [[1, 0], [0, 1]]])


def test_second_derivative_of_the_determinant_of_the_zero_matrix() -> None:
    """det [[a, b], [c, d]] = ad - bc."""
    expected = np.zeros((2, 2, 2, 2))
    expected[0, 0, 1, 1] = expected[1, 1, 0, 0] = 1
    expected[0, 1, 1, 0] = expected[1, 0, 0, 1] = -1
    same(wg.hessian(np.linalg.det)(np.zeros((2, 2))), expected)


def test_third_derivative_of_the_determinant() -> None:
    """det(diag(x)) = x0 x1 x2; of a singular matrix NumPy's inverse refuses."""

    def function(x: Any) -> Any:
        return np.linalg.det(x[:, None] * IDENTITY)

    third = wg.jacobian(wg.hessian(function))(np.array([2.0, 3.0, 5.0]))
    expected = np.zeros((3, 3, 3))
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        expected[i, j, k] = 1
    same(third, expected)
    with pytest.raises(np.linalg.LinAlgError):
        wg.jacobian(wg.hessian(function))(np.zeros(3))


def test_logarithm_of_a_singular_determinant() -> None:
    """Not finite where it is asked for, zero where it is not."""

    def function(a: Any, wanted: Any) -> Any:
        return np.sum(np.where(wanted, np.linalg.slogdet(a)[1], 0.0))

    stack = np.stack([SINGULAR, 2 * np.eye(2)])
    same(wg.grad(function)(stack, np.array([False, True])), [np.zeros((2, 2)), np.eye(2) / 2])
    assert not np.isfinite(wg.grad(function)(stack, np.array([True, True]))[0]).all()


def test_singular_systems_are_errors_of_numpy() -> None:
    """The function itself fails, and so does its derivative."""
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        wg.grad(lambda a: np.sum(np.linalg.solve(a, np.ones(2))))(SINGULAR)
    assert np.linalg.cond(SINGULAR, 1) == wg.value_and_grad(lambda a: np.linalg.cond(a, 1))(SINGULAR)[0] == np.inf


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "qr", "eigh", "eigvalsh", "eig", "svd", "pinv", "slogdet"])
def test_stacks_of_no_matrices(name: str) -> None:
    """An empty stack has an empty derivative."""
    function = getattr(np.linalg, name)

    def total(a: Any) -> Any:
        result = function(a)
        parts = result if isinstance(result, tuple) else (result,)
        return sum(np.sum(np.real(part)) for part in parts)

    assert wg.grad(total)(np.zeros((0, 2, 2))).shape == (0, 2, 2)


def test_one_by_one_matrices() -> None:
    """Each function is then a function of one number."""
    four = np.array([[4.0]])
    same(wg.grad(lambda a: np.linalg.inv(a)[0, 0])(four), [[-1 / 16]])
    same(wg.grad(lambda a: np.linalg.cholesky(a)[0, 0])(four), [[1 / 4]])
    same(wg.grad(lambda a: np.linalg.eigh(a)[0][0])(four), [[1]])
    same(wg.grad(lambda a: np.linalg.svd(a)[1][0])(-four), [[-1]])
    same(wg.grad(lambda a: np.linalg.slogdet(a)[1])(four), [[1 / 4]])
    same(wg.grad(lambda a: np.linalg.qr(a)[1][0, 0])(four), [[1]])
    same(wg.grad(lambda a: np.linalg.pinv(a)[0, 0])(four), [[-1 / 16]])


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "qr", "eigh", "svd", "pinv", "slogdet", "eig"])
def test_single_precision_stays(name: str) -> None:
    """Values, gradients and tangents of float32 are float32."""
    function = getattr(np.linalg, name)

    def total(a: Any) -> Any:
        result = function(a)
        parts = result if isinstance(result, tuple) else (result,)
        return sum(np.sum(np.abs(part)) for part in parts)

    matrix = np.array([[2.0, 0.5], [0.5, 1.0]], np.float32)
    value, gradient = wg.value_and_grad(total)(matrix)
    _, tangent = wg.jvp(total, (matrix,), (matrix,))
    assert value.dtype == gradient.dtype == tangent.dtype == np.float32
    np.testing.assert_allclose(np.sum(gradient * matrix), tangent, rtol=1e-4)


def test_results_keep_their_names() -> None:
    """The named tuples of NumPy, with recorded values in them."""

    def function(a: Any) -> Any:
        eigen, singular, factors = np.linalg.eigh(a), np.linalg.svd(a), np.linalg.qr(a)
        sign = np.linalg.slogdet(a)
        return eigen.eigenvalues[0] + singular.S[0] + factors.R[0, 0] ** 2 + sign.logabsdet

    same(wg.grad(function)(np.diag([2.0, 5.0])), np.diag([1 + 4 + 1 / 2, 1 + 1 / 5]))


def test_refused_forms_of_qr_say_why() -> None:
    """Columns that the matrix does not determine, and Householder vectors."""
    with pytest.raises(wg.errors.UnsupportedOperationError, match="does not determine"):
        wg.grad(lambda a: np.sum(np.linalg.qr(a, "complete")[0]))(np.ones((3, 2)))
    with pytest.raises(wg.errors.UnsupportedOperationError, match="Householder"):
        wg.grad(lambda a: np.sum(np.linalg.qr(a, "raw")[0]))(np.ones((3, 2)))


def test_pseudoinverse_of_a_matrix_of_lower_rank() -> None:
    """Among matrices of rank one, pinv(t u v.T) = v u.T / (t |u|^2 |v|^2)."""
    u, v = np.array([1.0, 2.0]), np.array([2.0, 1.0, 2.0])

    def function(t: Any) -> Any:
        return np.linalg.pinv(t * np.outer(u, v))[0, 1]

    value, slope = wg.value_and_grad(function)(2.0)
    same(value, 4 / (2 * 5 * 9))
    same(slope, -4 / (4 * 5 * 9))


def test_least_squares_returns_what_numpy_returns() -> None:
    """The solution, residuals only where there are any, the rank as a number, and the singular values."""

    def function(a: Any, b: Any) -> Any:
        x, residuals, rank, s = np.linalg.lstsq(a, b)
        expected = np.linalg.lstsq(A, B)
        assert int(rank) == expected[2]
        for found, one in zip((x, residuals, s), (expected[0], expected[1], expected[3]), strict=True):
            assert np.shape(found) == np.shape(one)
        return residuals[0]

    A, B = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([1.0, 2.0, 3.0])
    same(wg.grad(function, argnums=1)(A, B), [0, 0, 6])
    same(wg.grad(function)(A, B), [[0, 0], [0, 0], [-6, -12]])


def test_both_factors_may_be_the_same_array() -> None:
    """The tangent of a @ a is da @ a + a @ da."""
    a, da = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    for product in (np.matmul, np.dot, lambda x, y: np.einsum("ij,jk", x, y), lambda x, y: np.tensordot(x, y, 1)):
        same(wg.jvp(lambda x, p=product: p(x, x), (a,), (da,))[1], da @ a + a @ da)


def test_diagonal_from_einsum_is_a_view() -> None:
    """A write to np.einsum("ii->i", a) is a write to the diagonal of a."""

    def function(x: Any) -> Any:
        a = np.zeros((2, 2))
        a += x
        diagonal = np.einsum("ii->i", a)
        diagonal *= 3.0
        return np.sum(a * a)

    same(wg.grad(function)(np.array([[1.0, 2.0], [3.0, 4.0]])), [[18, 4], [6, 72]])


def test_einsum_refuses_what_numpy_refuses() -> None:
    """A wrong number of operands, too few dimensions, broadcasting without an ellipsis in the result."""
    for subscripts, shape in (("ij,jk", (2, 2)), ("...ijk", (2, 2)), ("...i->i", (2, 2))):
        with pytest.raises(ValueError):  # noqa: PT011 (NumPy's own texts)
            np.einsum(subscripts, np.ones(shape))
        with pytest.raises(ValueError):  # noqa: PT011 (NumPy's own texts)
            wg.grad(lambda a, s=subscripts: np.sum(np.einsum(s, a)))(np.ones(shape))


def test_cross_products_in_the_plane() -> None:
    """Deprecated by NumPy, and right: a0 b1 - a1 b0."""
    with pytest.warns(DeprecationWarning, match="2-dimensional"):
        found = wg.grad(np.cross, argnums=(0, 1))(np.array([1.0, 2.0]), np.array([3.0, 5.0]))
    same(found, [[5, -3], [-2, 1]])
    with pytest.warns(DeprecationWarning, match="2-dimensional"):
        value = wg.vjp(np.cross, np.array([1.0, 2.0]), np.array([3.0, 5.0, 7.0]))[0]
    same(value, [14, -7, -1])
