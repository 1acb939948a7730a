"""Functions of `scipy.linalg`: systems, triangular systems, Cholesky factors, inverses, determinants, the exponential.

What holds: derivatives are those of the triangle that SciPy reads, as in `wengert.rules.decompositions`. Where SciPy
solves a system the matrix is a single one, not a stack. Sources: Giles, "Collected matrix derivative results for
forward and reverse mode algorithmic differentiation", 2008, section 2.3; Najfeld and Havel, "Derivatives of the matrix
exponential and their computation", Advances in Applied Mathematics 16, 1995, theorem 4.12 (expm).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import composite, operation, vjp
from wengert.rules.linalg import adjoint, hermitian_part
from wengert.rules.products import conjugate, matrix_transpose

__all__ = ["matrix_exponential", "triangular_solve"]


def _check(check_finite: bool, *arrays: Any) -> None:
    if check_finite and not all(np.all(np.isfinite(array)) for array in arrays):
        raise ValueError("array must not contain infs or NaNs")


def _check_one_matrix(name: str, a: Any) -> None:
    if np.ndim(a) > 2:
        raise UnsupportedOperationError(f"scipy.linalg.{name} of a stack of matrices has no rule; use numpy.linalg")


# Triangular systems.

_TRANSPOSITIONS = {0: 0, "N": 0, 1: 1, "T": 1, 2: 2, "C": 2}


@operation(linear=["b"])
def triangular_solve(a: Any, b: Any, *, trans: int, lower: bool, unit_diagonal: bool) -> Any:
    """`x` with a x = b, a.T x = b or a.conj().T x = b, where one triangle of `a` is read."""
    return scipy.linalg.solve_triangular(a, b, trans, lower, unit_diagonal)


@vjp(triangular_solve, wrt="b")
def triangular_solve_b(ct: Any, a: Any, *, trans: int, lower: bool, unit_diagonal: bool) -> Any:
    if trans == 2:
        return conjugate(triangular_solve(a, conjugate(ct), trans=0, lower=lower, unit_diagonal=unit_diagonal))
    return triangular_solve(a, ct, trans=1 - trans, lower=lower, unit_diagonal=unit_diagonal)


@vjp(triangular_solve, wrt="a")
def triangular_solve_a(ct: Any, a: Any, out: Any, *, trans: int, lower: bool, unit_diagonal: bool) -> Any:
    ct_b = triangular_solve_b(ct, a, trans=trans, lower=lower, unit_diagonal=unit_diagonal)
    if np.ndim(out) == 1:
        ct_b, out = ct_b[:, None], out[:, None]
    product = np.matmul(ct_b, matrix_transpose(out)) if trans == 0 else np.matmul(out, matrix_transpose(ct_b))
    row, column = np.arange(np.shape(a)[0])[:, None], np.arange(np.shape(a)[0])
    is_read = (row > column if lower else row < column) | (row == column) & (not unit_diagonal)
    return np.where(is_read, -(conjugate(product) if trans == 2 else product), np.zeros((), product.dtype))


@composite(scipy.linalg.solve_triangular)
def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    _check_one_matrix("solve_triangular", a)
    _check(check_finite, a, b)
    return triangular_solve(a, b, trans=_TRANSPOSITIONS[trans], lower=bool(lower), unit_diagonal=bool(unit_diagonal))


# Cholesky factors.


@composite(scipy.linalg.cholesky)
def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    _check(check_finite, a)
    return np.linalg.cholesky(a, upper=not lower)


@composite(scipy.linalg.cho_factor)
def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Any, bool]:
    """The factor has zeros in its other triangle, where SciPy leaves what was in `a`."""
    _check(check_finite, a)
    return np.linalg.cholesky(a, upper=not lower), lower


@composite(scipy.linalg.cho_solve)
def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    factor, lower = c_and_lower
    _check_one_matrix("cho_solve", factor)
    _check(check_finite, factor, b)
    first, second = (0, 2) if lower else (2, 0)
    half = triangular_solve(factor, b, trans=first, lower=bool(lower), unit_diagonal=False)
    return triangular_solve(factor, half, trans=second, lower=bool(lower), unit_diagonal=False)


# Systems, inverses and determinants.


def _symmetric_part(a: Any) -> Any:
    """The symmetric matrix that has the lower triangle of `a`."""
    size = np.shape(a)[-1]
    return np.where(np.tri(size, dtype=bool), a, matrix_transpose(a))


def _as_read(a: Any, assume_a: str | None, lower: bool, name: str) -> Any:
    """The matrix that SciPy takes `a` for."""
    if assume_a in (None, "gen", "general"):
        return a
    if assume_a in ("sym", "symmetric"):
        return _symmetric_part(a if lower else matrix_transpose(a))
    if assume_a in ("her", "hermitian", "pos", "positive definite"):
        return hermitian_part(a if lower else adjoint(a))
    raise UnsupportedOperationError(f"scipy.linalg.{name} with assume_a={assume_a!r} has no derivative rule")


@composite(scipy.linalg.solve)
def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> Any:
    _check_one_matrix("solve", a)
    _check(check_finite, a, b)
    matrix = _as_read(a, assume_a, lower, "solve")
    return np.linalg.solve(matrix_transpose(matrix) if transposed else matrix, b)


@composite(scipy.linalg.inv)
def inv(
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: str | None = None,
    lower: bool = False,
) -> Any:
    _check(check_finite, a)
    return np.linalg.inv(_as_read(a, assume_a, lower, "inv"))


@composite(scipy.linalg.det)
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    _check(check_finite, a)
    return np.linalg.det(a)


@composite(scipy.linalg.norm)
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    _check(check_finite, a)
    return np.linalg.norm(a, ord, axis, keepdims)


# The exponential.


@operation()
def matrix_exponential(a: Any) -> Any:
    """`scipy.linalg.expm(a)`."""
    return scipy.linalg.expm(a)


@vjp(matrix_exponential, wrt="a")
def matrix_exponential_a(ct: Any, a: Any) -> Any:
    """The derivative of the exponential in a direction is a block of the exponential of a matrix of twice the size."""
    size = np.shape(a)[-1]
    transposed = matrix_transpose(a)
    above = np.concatenate([transposed, ct], axis=-1)
    below = np.concatenate([np.zeros_like(ct), transposed], axis=-1)
    return matrix_exponential(np.concatenate([above, below], axis=-2))[..., :size, size:]


@composite(scipy.linalg.expm)
def expm(A: Any) -> Any:
    return matrix_exponential(A)
