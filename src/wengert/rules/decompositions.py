"""Decompositions of matrices: Cholesky, QR, eigenvalues and singular values, in stacks as NumPy takes them.

What goes in: cotangents of the factors. What holds: derivatives are those of the function that NumPy computes, which
reads one triangle of a Hermitian matrix (`cholesky`, `eigh`). So the cotangent has zeros in the other triangle, and
what belongs to both is in the one that was read. Where the program itself makes the matrix symmetric, this gives the
same derivative as the symmetric cotangents of other libraries.

**Eigenvectors and singular vectors** are determined up to a phase (a sign for real ones), and where values are equal up
to a rotation. Derivatives are those of vectors that do not turn among themselves, and right for every function of
them that does not depend on the phase; `eig` is differentiated with the phase that LAPACK gives to its vectors.
A difference of two equal values divides by zero: the result is infinite or NaN where the cotangent asks for it, and
zero where the cotangent is zero. So the derivative of the sum of the eigenvalues, or of the singular values, of any
matrix is right. A singular value of zero has derivative zero, the subgradient of least norm.

Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008,
section 3.1; Murray, "Differentiation of the Cholesky decomposition", 2016; Walter and Lehmann, "Algorithmic
differentiation of linear algebra functions with application in optimum experimental design", 2010, and Seeger,
Hetzel, Dai, Meissner and Lawrence, "Auto-differentiating linear algebra", 2017 (QR); Townsend, "Differentiating the
singular value decomposition", 2016; Wan and Zhang, "Automatic differentiation for complex valued SVD", 2019.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import composite, declare, operation, vjp
from wengert.rules.linalg import adjoint, quotient
from wengert.rules.products import conjugate, matrix_transpose

__all__ = ["qr_reduced", "svd_factors"]


def _apart(values: Any, weights: Any = 1.0) -> Any:
    """The matrix of `values[j] - values[i]`, weighted, and infinite on the diagonal: no vector turns towards itself."""
    weighted = (values[..., None, :] - values[..., :, None]) * weights
    return np.where(np.eye(np.shape(values)[-1], dtype=bool), np.inf, weighted)


def _on_diagonal(vector: Any) -> Any:
    size = np.shape(vector)[-1]
    return np.where(np.eye(size, dtype=bool), vector[..., None, :], np.zeros((), vector.dtype))


def _diagonal(matrix: Any) -> Any:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def _halved_lower(x: Any) -> Any:
    """The lower triangle with half the diagonal."""
    size = np.shape(x)[-1]
    return x * (np.tri(size, dtype=x.dtype) - 0.5 * np.eye(size, dtype=x.dtype))


def _read_from_triangle(weight: Any, upper: bool) -> Any:
    """The cotangent of a matrix of which one triangle is read, from that of the Hermitian matrix it stands for."""
    lower = _halved_lower(np.ones(np.shape(weight)[-2:], weight.dtype))
    return (weight + adjoint(weight)) * (lower.T if upper else lower)


# Cholesky and QR.

declare(np.linalg.cholesky)


@vjp(np.linalg.cholesky, wrt="a")
def cholesky_a(ct: Any, out: Any, *, upper: Any) -> Any:
    """Murray, section 3.1: inv(L).T half_lower(L.T ct) inv(L)*, for the lower factor L."""
    factor, ct = (adjoint(out), adjoint(ct)) if upper else (out, ct)
    inner = _halved_lower(np.matmul(matrix_transpose(factor), ct))
    left = np.linalg.solve(matrix_transpose(factor), inner)
    weight = matrix_transpose(np.linalg.solve(adjoint(factor), matrix_transpose(left)))
    return _read_from_triangle(weight, bool(upper))


@operation()
def qr_reduced(a: Any) -> Any:
    """`np.linalg.qr(a)`."""
    return np.linalg.qr(a)


def _qr_tall(ct_q: Any, ct_r: Any, q: Any, r: Any) -> Any:
    """Walter and Lehmann, section 4.2; for complex matrices the diagonal of `r` is real, as LAPACK makes it."""
    inner = np.matmul(ct_r, matrix_transpose(r)) - np.matmul(matrix_transpose(q), ct_q)
    half = matrix_transpose(_halved_lower(matrix_transpose(inner)))
    weight = ct_q + np.matmul(conjugate(q), half + adjoint(half))
    return matrix_transpose(np.linalg.solve(r, matrix_transpose(weight)))


@vjp(qr_reduced, wrt="a")
def qr_reduced_a(ct: Any, out: Any, a_shape: Any) -> Any:
    (ct_q, ct_r), (q, r) = ct, out
    rows, columns = a_shape[-2:]
    if rows >= columns:
        return _qr_tall(ct_q, ct_r, q, r)
    # a = [a1 a2] with a1 square; r2 = q* a2.
    ct_r1, ct_r2, r1, r2 = ct_r[..., :rows], ct_r[..., rows:], r[..., :rows], r[..., rows:]
    ct_q = ct_q + np.matmul(conjugate(np.matmul(q, r2)), adjoint(ct_r2))
    return np.concatenate([_qr_tall(ct_q, ct_r1, q, r1), np.matmul(conjugate(q), ct_r2)], axis=-1)


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    rows, columns = np.shape(a)[-2:]
    if mode in ("reduced", "r"):
        found = qr_reduced(a)
        return found if mode == "reduced" else found[1]
    if mode == "complete" and rows <= columns:
        return qr_reduced(a)
    if mode == "complete":
        reason = "the columns of q that a does not determine have no derivative; use mode='reduced'"
    else:
        reason = "the Householder vectors have no derivative rule; use mode='reduced'"
    raise UnsupportedOperationError(f"numpy.linalg.qr with mode={mode!r} cannot be differentiated: {reason}")


# Eigenvalues.

declare(np.linalg.eigh)


@vjp(np.linalg.eigh, wrt="a")
def eigh_a(ct: Any, out: Any, *, UPLO: Any) -> Any:
    (ct_w, ct_v), (w, v) = ct, out
    inner = quotient(np.matmul(matrix_transpose(v), ct_v), _apart(w)) + _on_diagonal(ct_w)
    weight = np.matmul(np.matmul(conjugate(v), inner), matrix_transpose(v))
    return _read_from_triangle(weight, UPLO.upper() == "U")


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: Any = "L") -> Any:
    return np.linalg.eigh(a, UPLO)[0]


declare(np.linalg.eig)


@vjp(np.linalg.eig, wrt="a")
def eig_a(ct: Any, out: Any) -> Any:
    (ct_w, ct_v), (w, v) = ct, out
    ct_v = _without_normalisation(ct_v, v)
    transposed = matrix_transpose(v)
    inner = quotient(np.matmul(transposed, ct_v), _apart(w)) + _on_diagonal(ct_w)
    return np.linalg.solve(transposed, np.matmul(inner, transposed))


def _without_normalisation(ct_v: Any, v: Any) -> Any:
    """The cotangent of columns `v` before LAPACK makes each a unit vector whose largest element is real."""
    scale = np.sum(ct_v * v, axis=-2, keepdims=True)
    ct_v = ct_v - np.real(scale) * conjugate(v)
    if not np.iscomplexobj(v):
        return ct_v
    real_part = np.where(np.imag(v) == 0, np.abs(v), 0.0)
    is_largest = np.arange(np.shape(v)[-2])[:, None] == np.argmax(real_part, axis=-2, keepdims=True)
    turn = np.imag(scale) / np.where(is_largest, np.real(v), 1.0)
    return ct_v - 1j * np.where(is_largest, turn, 0.0)


@composite(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    return np.linalg.eig(a)[0]


# Singular values.


@operation()
def svd_factors(a: Any, *, full_matrices: bool) -> Any:
    """`np.linalg.svd(a, full_matrices)`."""
    return np.linalg.svd(a, full_matrices)


def _svd_tall(ct_u: Any, ct_s: Any, ct_vh: Any, u: Any, s: Any, vh: Any) -> Any:
    """Wan and Zhang, section 3; Townsend, section 1. `vh` is square; `u` may have columns that belong to no value.

    Those columns turn only as far as the others make them.
    """
    size = np.shape(s)[-1]
    ct_rest, rest = ct_u[..., size:], u[..., size:]
    ct_u, u = ct_u[..., :size], u[..., :size]
    differences = _apart(s, s[..., None, :] + s[..., :, None])
    from_u = np.matmul(matrix_transpose(u), ct_u)
    turned_u = quotient(from_u, differences)
    turned_v = quotient(np.matmul(conjugate(vh), adjoint(ct_vh)), differences)
    inner = (turned_u + adjoint(turned_u)) * s[..., None, :] + s[..., :, None] * (turned_v + adjoint(turned_v))
    inner = inner + _on_diagonal(np.where(s == 0, np.zeros((), s.dtype), ct_s))
    if np.iscomplexobj(u):
        inner = inner + 1j * _on_diagonal(quotient(np.imag(_diagonal(from_u)), s))
    found = np.matmul(conjugate(u), inner)
    if np.shape(u)[-2] > size:
        outside = quotient(ct_u, s[..., None, :])
        found = found + outside - np.matmul(conjugate(u), np.matmul(matrix_transpose(u), outside))
    if np.shape(rest)[-1]:
        rotation = quotient(np.matmul(adjoint(ct_rest), conjugate(u)), s[..., None, :])
        found = found - np.matmul(conjugate(rest), rotation)
    return np.matmul(found, conjugate(vh))


@vjp(svd_factors, wrt="a")
def svd_factors_a(ct: Any, out: Any) -> Any:
    (ct_u, ct_s, ct_vh), (u, s, vh) = ct, out
    if np.shape(u)[-2] >= np.shape(vh)[-1]:
        return _svd_tall(ct_u, ct_s, ct_vh, u, s, vh)
    turned = (matrix_transpose(one) for one in (ct_vh, ct_u, vh, u))
    ct_left, ct_right, left, right = turned
    return matrix_transpose(_svd_tall(ct_left, ct_s, ct_right, left, s, right))


@composite(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if not hermitian:
        found = svd_factors(a, full_matrices=bool(full_matrices and compute_uv))
        return found if compute_uv else found[1]
    w, v = np.linalg.eigh(a)
    order = np.argsort(np.abs(w), axis=-1)[..., ::-1]
    s = np.take_along_axis(np.abs(w), order, axis=-1)
    if not compute_uv:
        return s
    sign = np.where(w < 0, np.array(-1.0, w.dtype), np.array(1.0, w.dtype))
    u = np.take_along_axis(v, order[..., None, :], axis=-1)
    vh = adjoint(u * np.take_along_axis(sign, order, axis=-1)[..., None, :])
    return _SVD_RESULT(u, s, vh)


_SVD_RESULT: Any = type(np.linalg.svd(np.eye(1)))


@composite(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    return np.linalg.svd(x, compute_uv=False)
