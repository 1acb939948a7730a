"""Programs of linear algebra: factorisations and solvers written as loops, and a few calls of `np.linalg`."""

import numpy as np

from tests.programs.registry import program


def positive_matrix():
    return np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.4], [0.5, -0.4, 2.0]])


@program(
    inputs=lambda: (np.array([4.0, 5.0, 6.0, 5.0]), np.array([1.0, -1.0, 0.5]), np.array([1.0, 2.0, 0.3, -1.0])),
    tags={"linalg", "loop", "mutation", "overwrite", "analytic", "smooth"},
)
def thomas_tridiagonal_solver(diagonal, off, right):
    d, b = diagonal.copy(), right.copy()
    n = len(d)
    for i in range(1, n):
        factor = off[i - 1] / d[i - 1]
        d[i] -= factor * off[i - 1]
        b[i] -= factor * b[i - 1]
    x = np.zeros_like(b)
    x[-1] = b[-1] / d[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (b[i] - off[i] * x[i + 1]) / d[i]
    return x


@program(inputs=lambda: (positive_matrix(),), tags={"linalg", "loop", "mutation", "analytic", "smooth"})
def lu_in_place(a):
    n = len(a)
    for k in range(n):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a


@program(
    inputs=lambda: (positive_matrix()[[1, 0, 2]], np.array([1.0, 2.0, 3.0])),
    tags={"linalg", "loop", "mutation", "branch", "smooth"},
)
def gaussian_elimination_with_pivoting(a, b):
    n = len(b)
    for k in range(n):
        pivot = k + int(np.argmax(np.abs(a[k:, k])))
        if pivot != k:
            a[[k, pivot]] = a[[pivot, k]]
            b[k], b[pivot] = b[pivot], b[k]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            b[i] -= factor * b[k]
    x = np.zeros(n)
    for i in reversed(range(n)):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@program(inputs=lambda: (positive_matrix(),), tags={"linalg", "loop", "buffer", "mutation", "smooth"})
def cholesky_by_loops(a):
    n = a.shape[0]
    lower = np.zeros((n, n))
    for j in range(n):
        lower[j, j] = np.sqrt(a[j, j] - np.sum(lower[j, :j] ** 2))
        for i in range(j + 1, n):
            lower[i, j] = (a[i, j] - np.dot(lower[i, :j], lower[j, :j])) / lower[j, j]
    return lower


@program(
    inputs=lambda: (np.array([[1.0, 0.3], [0.2, 2.0], [-1.0, 0.5]]),), tags={"linalg", "loop", "mutation", "smooth"}
)
def modified_gram_schmidt(a):
    q = a.copy()
    r = np.zeros((2, 2))
    for j in range(2):
        r[j, j] = np.sqrt(q[:, j] @ q[:, j])
        q[:, j] /= r[j, j]
        for k in range(j + 1, 2):
            r[j, k] = q[:, j] @ q[:, k]
            q[:, k] -= r[j, k] * q[:, j]
    return q, r


@program(inputs=lambda: (positive_matrix(), np.array([1.0, 0.2, -0.3])), tags={"linalg", "loop", "smooth"})
def power_iteration(a, x):
    for _ in range(8):
        x = a @ x
        x = x / np.linalg.norm(x)
    return x @ a @ x


@program(
    inputs=lambda: (positive_matrix(), np.array([1.0, 2.0, 3.0])),
    tags={"linalg", "while", "mutation", "overwrite", "smooth"},
)
def conjugate_gradients(a, b):
    x = np.zeros(3)
    r = b - a @ x
    p = r.copy()
    for _ in range(3):
        ap = a @ p
        alpha = (r @ r) / (p @ ap)
        x += alpha * p
        old = r @ r
        r -= alpha * ap
        p *= (r @ r) / old
        p += r
    return x


@program(
    inputs=lambda: (positive_matrix(), np.array([1.0, 2.0, 3.0])),
    tags={"linalg", "loop", "mutation", "overlap", "analytic", "smooth"},
)
def gauss_seidel_sweeps(a, b):
    x = np.zeros_like(b)
    for _ in range(4):
        for i in range(3):
            x[i] = (b[i] - a[i] @ x + a[i, i] * x[i]) / a[i, i]
    return x


@program(inputs=lambda: (positive_matrix(), np.array([1.0, 2.0, 3.0])), tags={"linalg", "analytic", "smooth"})
def solve_inverse_and_determinant(a, b):
    return np.linalg.solve(a, b) * np.linalg.det(a) + np.linalg.inv(a) @ b


@program(inputs=lambda: (positive_matrix(),), tags={"linalg", "smooth"}, oracle="jax")
def factorisations_of_numpy(a):
    symmetric = a @ a.T
    lower = np.linalg.cholesky(symmetric)
    values, vectors = np.linalg.eigh(symmetric)
    return lower, values, vectors**2


@program(inputs=lambda: (positive_matrix() / 4,), tags={"linalg", "loop", "analytic", "smooth"})
def matrix_exponential_by_series(a):
    term = total = np.eye(3)
    for k in range(1, 12):
        term = term @ a / k
        total = total + term
    return total


@program(
    inputs=lambda: (np.array([[1.0, 0.3], [0.2, 2.0]]), np.array([[0.5, -1.0], [0.7, 0.1]])),
    tags={"linalg", "analytic", "smooth"},
)
def products_of_every_kind(a, b):
    first = np.einsum("ij,kj->ik", a, b) + np.kron(a, b)[:2, 2:]
    second = np.tensordot(a, b, axes=([0], [1])) * np.inner(a, b)
    return first @ second + np.outer(a[0], b[1]) * np.trace(a @ b)


@program(inputs=lambda: (np.array([0.6, 1.2, -0.8]),), tags={"linalg", "mutation", "branch", "smooth"})
def householder_reflection(x):
    v = x.copy()
    length = np.sqrt(np.sum(x * x))
    v[0] += length if x[0] > 0 else -length
    v /= np.sqrt(v @ v)
    return np.eye(3) - 2 * np.outer(v, v)


@program(inputs=lambda: (np.array([[2.0, 0.5], [0.3, 1.0]]),), tags={"linalg", "loop", "mutation", "buffer", "smooth"})
def matrix_product_by_three_loops(a):
    product = np.zeros((2, 2))
    for i in range(2):
        for j in range(2):
            for k in range(2):
                product[i, j] += a[i, k] * a[k, j]
    return product
