"""Linear systems, inverses and determinants, in stacks as NumPy takes them.

What goes in: cotangents of results; the last two axes are those of the matrices. What holds: rules are transposes
without conjugation, so the real formulas of the sources serve complex matrices where the function is holomorphic.
Sources: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 2008,
section 2.2 (solve, inv, det); Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares
problems whose variables separate", SIAM Journal on Numerical Analysis 10, 1973 (pinv, lstsq).

**Determinants.** The derivative of `det` is the matrix of cofactors, which is finite for every matrix. It and its own
derivative are computed from a singular value decomposition without division, so gradients and Hessians of `det` are
right for singular matrices of any rank; third and higher derivatives need invertible ones, and raise NumPy's
`LinAlgError` at others. The derivative of `slogdet` at a singular matrix is NaN, as its value is infinite.

**Pseudoinverses.** The derivative is that among matrices of the same rank, where `pinv` and `lstsq` are smooth. The
singular values that they drop for a tolerance given by the caller are differentiated as dropped.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.ops.table import composite, declare, operation, vjp
from wengert.rules.products import conjugate, matrix_transpose

__all__ = ["adjoint", "hermitian_part", "quotient", "regular"]


def adjoint(x: Any) -> Any:
    """The conjugate transpose of the last two axes."""
    return conjugate(matrix_transpose(x))


@operation(elementwise=True)
def quotient(x1: Any, x2: Any) -> Any:
    """`x1 / x2`, zero where `x1` is zero, whatever `x2`: where a cotangent does not ask for what is infinite."""
    is_zero = x1 == 0
    with np.errstate(all="ignore"):
        return np.where(is_zero, np.zeros((), np.result_type(x1, x2)), x1 / np.where(is_zero, np.ones_like(x2), x2))


@vjp(quotient, wrt="x1")
def quotient_x1(ct: Any, x2: Any) -> Any:
    return quotient(ct, x2)


@vjp(quotient, wrt="x2")
def quotient_x2(ct: Any, x2: Any, out: Any) -> Any:
    return -quotient(ct * out, x2)


# Linear systems and inverses.

declare(np.linalg.solve, linear=["b"])


def _solve_transposed(ct: Any, a: Any, rank: int) -> Any:
    """The cotangent of the right-hand side, with a last axis of columns. NumPy 2: only a `b` of rank 1 is a vector."""
    return np.linalg.solve(matrix_transpose(a), ct[..., None] if rank == 1 else ct)


@vjp(np.linalg.solve, wrt="a")
def solve_a(ct: Any, a: Any, b_shape: Any, out: Any) -> Any:
    columns = out[..., None] if len(b_shape) == 1 else out
    return -np.matmul(_solve_transposed(ct, a, len(b_shape)), matrix_transpose(columns))


@vjp(np.linalg.solve, wrt="b")
def solve_b(ct: Any, a: Any, b_shape: Any) -> Any:
    found = _solve_transposed(ct, a, len(b_shape))
    return found[..., 0] if len(b_shape) == 1 else found


declare(np.linalg.inv)


@vjp(np.linalg.inv, wrt="a")
def inv_a(ct: Any, out: Any) -> Any:
    transposed = matrix_transpose(out)
    return -np.matmul(np.matmul(transposed, ct), transposed)


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    rank = np.ndim(a)
    if axes is not None:
        last = [axis % rank for axis in axes]
        a = np.transpose(a, [i for i in range(rank) if i not in last] + last)
    shape = np.shape(a)[-(rank - np.ndim(b)) :]
    size = math.prod(shape)
    if np.size(a) != size**2:
        raise np.linalg.LinAlgError(
            "Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])"
        )
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.reshape(b, -1)), shape)


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = np.shape(a)
    matrix = np.reshape(a, (math.prod(shape[ind:]), -1))
    return np.reshape(np.linalg.inv(matrix), shape[ind:] + shape[:ind])


# Determinants.


def _products_of_others(s: Any) -> tuple[Any, Any]:
    """Along the last axis, the products of the elements before each one, and of those after it."""
    ones = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return before, after


def _products_without_pairs(s: Any) -> Any:
    """The matrix of the products of all elements of the last axis but i and j; zero on the diagonal."""
    size = s.shape[-1]
    before, after = _products_of_others(s)
    later = np.arange(size) > np.arange(size)[:, None]
    following = np.where(later, s[..., None, :], 1.0)
    between = np.cumprod(np.concatenate([np.ones_like(following[..., :1]), following[..., :-1]], axis=-1), axis=-1)
    upper = np.where(later, before[..., :, None] * between * after[..., None, :], 0.0)
    return (upper + np.swapaxes(upper, -1, -2)).astype(s.dtype)


def _rotated(a: Any) -> tuple[Any, Any, Any, Any]:
    """The factors of `a = u @ diag(s) @ vh`, and det(u) det(vh). Cofactors of a product are products of cofactors."""
    u, s, vh = np.linalg.svd(a)
    return u, s, vh, (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]


@operation()
def cofactors(a: Any) -> Any:
    """The matrix of cofactors, `det(a) * inv(a).T`, of any matrix."""
    u, s, vh, phase = _rotated(a)
    before, after = _products_of_others(s)
    return phase * np.matmul(u.conj() * (before * after)[..., None, :], vh.conj())


@operation(linear=["x"])
def cofactors_along(x: Any, a: Any) -> Any:
    """The derivative of the cofactors of `a` in the direction `x`: the second derivative of the determinant."""
    u, s, vh, phase = _rotated(a)
    inner = np.matmul(np.matmul(np.swapaxes(u.conj(), -1, -2), x), np.swapaxes(vh.conj(), -1, -2))
    others = _products_without_pairs(s)
    diagonal = np.matmul(others, np.diagonal(inner, axis1=-2, axis2=-1)[..., None])
    found = diagonal * np.eye(s.shape[-1], dtype=s.dtype) - others * np.swapaxes(inner, -1, -2)
    return phase * np.matmul(np.matmul(u.conj(), found), vh.conj())


@vjp(cofactors, wrt="a")
def cofactors_a(ct: Any, a: Any) -> Any:
    return cofactors_along(ct, a)  # second derivatives are symmetric


@vjp(cofactors_along, wrt="x")
def cofactors_along_x(ct: Any, a: Any) -> Any:
    return cofactors_along(ct, a)


@vjp(cofactors_along, wrt="a")
def cofactors_along_a(ct: Any, x: Any, a: Any) -> Any:
    """The third derivative of the determinant, from the derivatives of `det(a) * inv(a).T`."""
    inverse = np.linalg.inv(a)
    p, q = np.matmul(inverse, ct), np.matmul(inverse, x)
    pq, qp = np.matmul(p, q), np.matmul(q, p)
    trace_p, trace_q, trace_pq = (np.linalg.trace(one)[..., None, None] for one in (p, q, pq))
    identity = np.eye(np.shape(a)[-1], dtype=a.dtype)
    inner = (trace_p * trace_q - trace_pq) * identity - trace_q * p - trace_p * q + pq + qp
    return np.linalg.det(a)[..., None, None] * matrix_transpose(np.matmul(inner, inverse))


declare(np.linalg.det)


@vjp(np.linalg.det, wrt="a")
def det_a(ct: Any, a: Any) -> Any:
    return ct[..., None, None] * cofactors(a)


declare(np.linalg.slogdet)


def regular(a: Any, sign: Any) -> Any:
    """The matrices of a stack, with the identity in place of those whose determinant has the sign zero."""
    return np.where((sign != 0)[..., None, None], a, np.eye(np.shape(a)[-1], dtype=a.dtype))


@vjp(np.linalg.slogdet, wrt="a")
def slogdet_a(ct: Any, a: Any, out: Any) -> Any:
    """With t = trace(inv(a) da): the logarithm changes by Re(t), the sign by sign * i * Im(t)."""
    (ct_sign, ct_logarithm), (sign, logarithm) = ct, out
    weight = ct_logarithm
    if np.iscomplexobj(a):
        weight = ct_logarithm + 1j * np.imag(ct_sign * sign)
    weight = quotient(weight, (sign != 0).astype(logarithm.dtype))
    return weight[..., None, None] * matrix_transpose(np.linalg.inv(regular(a, sign)))


# Pseudoinverses and least squares.


@operation(inert=["rcond"])
def pseudoinverse(a: Any, *, rcond: Any) -> Any:
    """`np.linalg.pinv` where the singular values that it drops are zero but for rounding."""
    return np.linalg.pinv(a, rcond=rcond)


@vjp(pseudoinverse, wrt="a")
def pseudoinverse_a(ct: Any, a: Any, out: Any) -> Any:
    """Golub and Pereyra, theorem 4.3: -P da P + P P* da* (1 - a P) + (1 - P a) da* P* P, transposed."""
    p, p_conjugate = out, conjugate(out)
    p_transposed = matrix_transpose(p)
    weight = adjoint(ct)
    left = np.matmul(np.matmul(weight, p_conjugate), p_transposed)
    right = np.matmul(np.matmul(p_transposed, p_conjugate), weight)
    left = left - np.matmul(conjugate(np.matmul(a, p)), left)
    right = right - np.matmul(right, conjugate(np.matmul(p, a)))
    return left + right - np.matmul(np.matmul(p_transposed, ct), p_transposed)


def _drops_nothing(a: Any, rcond: Any) -> bool:
    """Whether the singular values not above `rcond` times the largest are all zero but for rounding."""
    rounding = 10 * max(np.shape(a)[-2:]) * np.finfo(a.dtype).eps
    if np.all(np.asarray(rcond) <= rounding):
        return True
    s = np.linalg.svdvals(a)
    largest = np.max(s, axis=-1, keepdims=True, initial=0)
    dropped = (s <= np.asarray(rcond)[..., None] * largest) & (s > rounding * largest)
    return not np.any(dropped)


def hermitian_part(a: Any) -> Any:
    """The Hermitian matrix that has the lower triangle of `a`."""
    size = np.shape(a)[-1]
    row, column = np.arange(size)[:, None], np.arange(size)
    return np.where(row > column, a, np.where(row < column, adjoint(a), np.real(a)))


@composite(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    if rcond is not None and rtol is not np._NoValue:
        raise ValueError("`rtol` and `rcond` can't be both set.")
    if rcond is None:
        rcond = 1e-15 if rtol is np._NoValue else rtol
    if rcond is None:
        rcond = max(np.shape(a)[-2:]) * np.finfo(a.dtype).eps
    if hermitian:
        a = hermitian_part(a)
    if 0 in np.shape(a)[-2:] or _drops_nothing(a, rcond):
        return pseudoinverse(a, rcond=rcond)
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    kept = s > np.asarray(rcond)[..., None] * np.max(s, axis=-1, keepdims=True)
    reciprocal = np.where(kept, 1.0 / np.where(kept, s, 1.0), 0.0)
    return np.matmul(adjoint(vh) * reciprocal[..., None, :], adjoint(u))


@operation(linear=["b"])
def least_squares(a: Any, b: Any, *, rcond: Any) -> Any:
    """The solution of `np.linalg.lstsq`, where the singular values that it drops are zero but for rounding."""
    return np.linalg.lstsq(a, b, rcond=rcond)[0]


@vjp(least_squares, wrt="a")
def least_squares_a(ct: Any, a: Any, b: Any, *, rcond: Any) -> Any:
    """That of `pinv(a) @ b` (Golub and Pereyra, section 5)."""
    if np.ndim(b) == 1:
        ct, b = ct[:, None], b[:, None]
    return pseudoinverse_a(np.matmul(ct, matrix_transpose(b)), a, pseudoinverse(a, rcond=rcond))


@vjp(least_squares, wrt="b")
def least_squares_b(ct: Any, a: Any, *, rcond: Any) -> Any:
    return np.matmul(matrix_transpose(pseudoinverse(a, rcond=rcond)), ct)


@composite(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    a, b = (one if hasattr(one, "dtype") else np.array(one) for one in (a, b))
    rows, columns = np.shape(a)
    epsilon = float(np.finfo(np.float64).eps)  # NumPy computes in double precision
    relative = epsilon * max(rows, columns) if rcond is None else (rcond if rcond >= 0 else epsilon)
    s = np.linalg.svdvals(a)
    rank = np.int32(np.count_nonzero(s > relative * np.max(s, initial=0)))
    if _drops_nothing(a, relative):
        x = least_squares(a, b, rcond=relative)
    else:
        x = np.matmul(np.linalg.pinv(a, rcond=relative), b)
    apart = b - np.matmul(a, x)
    squares = np.sum(np.real(apart * conjugate(apart)), axis=0, keepdims=np.ndim(b) == 1)
    return x, squares[: np.size(squares) if rank == columns and rows > columns else 0], rank, s
