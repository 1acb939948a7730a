"""Products of vectors, matrices and arrays: `dot`, `matmul`, `tensordot` and what is made of them.

A product is linear in each factor, so the cotangent of a factor is the product of the cotangent of the result with the
other factor, summed over the axes that the factor does not have. The functions that conjugate a factor (`vdot`,
`vecdot`, `vecmat`) are linear in it over the real numbers. Source: Giles, "Collected matrix derivative results for
forward and reverse mode algorithmic differentiation", 2008, section 2.2.
"""

from __future__ import annotations

import operator
import warnings
from typing import Any

import numpy as np

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import composite, declare, vjp

__all__ = ["conjugate", "matrix_transpose"]


def matrix_transpose(x: Any) -> Any:
    """The transpose of the last two axes."""
    return np.swapaxes(x, -1, -2)


def conjugate(x: Any) -> Any:
    """The conjugate of a complex array; a real one as it is, without an entry on a tape."""
    return np.conjugate(x) if np.iscomplexobj(x) else x


declare(np.dot, linear=["a", "b"])


def _dot_axis(rank: int) -> int:
    """The axis of the second factor of `dot` that is summed over: the last but one, or the only one."""
    return max(rank - 2, 0)


@vjp(np.dot, wrt="a")
def dot_a(ct: Any, b: Any, a_shape: Any) -> Any:
    rank = np.ndim(b)
    if not a_shape or not rank or not np.ndim(ct):
        return ct * b
    own = [i for i in range(rank) if i != _dot_axis(rank)]
    return np.tensordot(ct, b, (list(range(len(a_shape) - 1, np.ndim(ct))), own))


@vjp(np.dot, wrt="b")
def dot_b(ct: Any, a: Any, b_shape: Any) -> Any:
    if not b_shape or not np.ndim(a) or not np.ndim(ct):
        return ct * a
    own = list(range(np.ndim(a) - 1))
    contracted_first = np.tensordot(a, ct, (own, own))
    return np.moveaxis(contracted_first, 0, _dot_axis(len(b_shape)))


declare(np.vdot, linear=["a", "b"])


@vjp(np.vdot, wrt="a")
def vdot_a(ct: Any, b: Any, a_shape: Any) -> Any:
    return np.reshape(conjugate(ct * b), a_shape)


@vjp(np.vdot, wrt="b")
def vdot_b(ct: Any, a: Any, b_shape: Any) -> Any:
    return np.reshape(ct * conjugate(a), b_shape)


declare(np.inner, linear=["a", "b"])


@vjp(np.inner, wrt="a")
def inner_a(ct: Any, b: Any, a_shape: Any) -> Any:
    if not a_shape or not np.ndim(b):
        return ct * b
    return np.tensordot(ct, b, (list(range(len(a_shape) - 1, np.ndim(ct))), list(range(np.ndim(b) - 1))))


@vjp(np.inner, wrt="b")
def inner_b(ct: Any, a: Any, b_shape: Any) -> Any:
    if not b_shape or not np.ndim(a):
        return ct * a
    own = list(range(np.ndim(a) - 1))
    return np.tensordot(ct, a, (own, own))


declare(np.outer, linear=["a", "b"])


@vjp(np.outer, wrt="a")
def outer_a(ct: Any, b: Any, a_shape: Any) -> Any:
    return np.reshape(np.dot(ct, np.reshape(b, -1)), a_shape)


@vjp(np.outer, wrt="b")
def outer_b(ct: Any, a: Any, b_shape: Any) -> Any:
    return np.reshape(np.dot(np.reshape(a, -1), ct), b_shape)


declare(np.matmul, linear=["x1", "x2"])


@vjp(np.matmul, wrt="x1")
def matmul_x1(ct: Any, x2: Any, x1_shape: Any) -> Any:
    if len(x1_shape) == 1:
        return ct * x2 if np.ndim(x2) == 1 else np.matmul(x2, ct[..., None])[..., 0]
    if np.ndim(x2) == 1:
        return ct[..., None] * x2
    if len(x1_shape) == 2 and np.ndim(ct) > 2:  # one matrix for the whole batch: sum without an array for each
        batch = list(range(np.ndim(ct) - 2))
        x2 = np.broadcast_to(x2, np.shape(ct)[:-2] + np.shape(x2)[-2:])
        return np.tensordot(ct, x2, ([*batch, np.ndim(ct) - 1], [*batch, np.ndim(ct) - 1]))
    return np.matmul(ct, matrix_transpose(x2))


@vjp(np.matmul, wrt="x2")
def matmul_x2(ct: Any, x1: Any, x2_shape: Any) -> Any:
    if len(x2_shape) == 1:
        return ct * x1 if np.ndim(x1) == 1 else np.matmul(ct[..., None, :], x1)[..., 0, :]
    if np.ndim(x1) == 1:
        return x1[:, None] * ct[..., None, :]
    if len(x2_shape) == 2 and np.ndim(ct) > 2:  # as above; here `x1` has the batch axes of the result
        rows = list(range(np.ndim(ct) - 1))
        return np.tensordot(x1, ct, (rows, rows))
    return np.matmul(matrix_transpose(x1), ct)


def _refuse_axes(name: str, axes: Any) -> None:
    if axes is not None:
        raise UnsupportedOperationError(f"numpy.{name} with axes= has no derivative rule; use np.moveaxis")


@composite(np.vecdot)
def vecdot(x1: Any, x2: Any, *, axis: int = -1, keepdims: bool = False, axes: Any = None) -> Any:
    _refuse_axes("vecdot", axes)
    first, second = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    found = np.matmul(conjugate(first)[..., None, :], second[..., :, None])[..., 0, 0]
    return np.expand_dims(found, axis) if keepdims else found


@composite(np.matvec)
def matvec(x1: Any, x2: Any, *, axes: Any = None) -> Any:
    _refuse_axes("matvec", axes)
    return np.matmul(x1, np.expand_dims(x2, -1))[..., 0]


@composite(np.vecmat)
def vecmat(x1: Any, x2: Any, *, axes: Any = None) -> Any:
    _refuse_axes("vecmat", axes)
    return np.matmul(np.expand_dims(conjugate(x1), -2), x2)[..., 0, :]


declare(np.tensordot, linear=["a", "b"])


def _contracted(axes: Any, rank_a: int, rank_b: int) -> tuple[list[int], list[int]]:
    """The axes of both factors that `tensordot` sums over, in pairs."""
    if np.ndim(axes) == 0 and not isinstance(axes, (tuple, list)):
        count = operator.index(axes)
        return list(range(rank_a - count, rank_a)), list(range(count))
    first, second = ([axis] if np.ndim(axis) == 0 else list(axis) for axis in axes)
    return [operator.index(i) % rank_a for i in first], [operator.index(i) % rank_b for i in second]


def _order_of(axes: list[int]) -> tuple[int, ...]:
    """The transposition that brings axes which lie in this order back into their own."""
    return tuple(np.argsort(axes).tolist())


@vjp(np.tensordot, wrt="a")
def tensordot_a(ct: Any, b: Any, a_shape: Any, *, axes: Any) -> Any:
    rank = len(a_shape)
    left, right = _contracted(axes, rank, np.ndim(b))
    kept = [i for i in range(rank) if i not in left]
    other = [i for i in range(np.ndim(b)) if i not in right]
    product = np.tensordot(ct, b, (list(range(len(kept), np.ndim(ct))), other))
    return np.transpose(product, _order_of(kept + [left[right.index(i)] for i in sorted(right)]))


@vjp(np.tensordot, wrt="b")
def tensordot_b(ct: Any, a: Any, b_shape: Any, *, axes: Any) -> Any:
    rank = len(b_shape)
    left, right = _contracted(axes, np.ndim(a), rank)
    kept = [i for i in range(rank) if i not in right]
    other = [i for i in range(np.ndim(a)) if i not in left]
    product = np.tensordot(a, ct, (other, list(range(len(other)))))
    return np.transpose(product, _order_of([right[left.index(i)] for i in sorted(left)] + kept))


@composite(np.kron)
def kron(a: Any, b: Any) -> Any:
    rank = max(np.ndim(a), np.ndim(b))
    shape_a = (1,) * (rank - np.ndim(a)) + np.shape(a)
    shape_b = (1,) * (rank - np.ndim(b)) + np.shape(b)
    spread_a = np.reshape(a, tuple(size for n in shape_a for size in (n, 1)))
    spread_b = np.reshape(b, tuple(size for n in shape_b for size in (1, n)))
    return np.reshape(spread_a * spread_b, tuple(m * n for m, n in zip(shape_a, shape_b, strict=True)))


@composite(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    if not np.ndim(a) or not np.ndim(b):
        raise ValueError("At least one array has zero dimension")
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    size_a, size_b = np.shape(a)[-1], np.shape(b)[-1]
    if size_a not in (2, 3) or size_b not in (2, 3):
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    if 2 in (size_a, size_b):
        warnings.warn(
            "Arrays of 2-dimensional vectors are deprecated. Use arrays of 3-dimensional vectors instead. "
            "(deprecated in NumPy 2.0)",
            DeprecationWarning,
            stacklevel=2,
        )
    third = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    if size_a == size_b == 2:
        return third
    if size_b == 2:
        first, second = -a[..., 2] * b[..., 1], a[..., 2] * b[..., 0]
    elif size_a == 2:
        first, second = a[..., 1] * b[..., 2], -a[..., 0] * b[..., 2]
    else:
        first = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
        second = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    return np.moveaxis(np.stack([first, second, third], axis=-1), -1, axisc)


@composite(np.linalg.matmul)
def linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


@composite(np.linalg.vecdot)
def linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return np.vecdot(x1, x2, axis=axis)  # type: ignore[call-overload]  # missing in NumPy's stubs


@composite(np.linalg.tensordot)
def linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return np.tensordot(x1, x2, axes=axes)


@composite(np.linalg.outer)
def linalg_outer(x1: Any, x2: Any, /) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"Input arrays must be one-dimensional, but they are {np.ndim(x1)=} and {np.ndim(x2)=}.")
    return np.outer(x1, x2)


@composite(np.linalg.cross)
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError(
            "Both input arrays must be (arrays of) 3-dimensional vectors, "
            f"but they are {np.shape(x1)[axis]} and {np.shape(x2)[axis]} dimensional instead."
        )
    return np.cross(x1, x2, axis=axis)


@composite(np.linalg.diagonal)
def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, axis1=-2, axis2=-1)


@composite(np.linalg.trace)
def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return np.trace(x, offset, axis1=-2, axis2=-1, dtype=dtype)


@composite(np.linalg.matrix_transpose)
def linalg_matrix_transpose(x: Any, /) -> Any:
    if np.ndim(x) < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {np.ndim(x)}")
    return np.swapaxes(x, -1, -2)


@composite(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """Binary powers, each computed once."""
    try:
        count = operator.index(n)
    except TypeError as error:
        raise TypeError("exponent must be an integer") from error
    if np.ndim(a) < 2 or np.shape(a)[-1] != np.shape(a)[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    if count == 0:
        return np.zeros_like(a) + np.eye(np.shape(a)[-1], dtype=a.dtype)
    power, count = (np.linalg.inv(a), -count) if count < 0 else (a, count)
    result = None
    while True:
        count, odd = divmod(count, 2)
        if odd:
            result = power if result is None else np.matmul(result, power)
        if not count:
            return result
        power = np.matmul(power, power)


@composite(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: None = None) -> Any:
    """The product in the order of the fewest multiplications."""
    factors = list(arrays)
    if len(factors) < 2:
        raise ValueError("Expecting at least two arrays.")
    first_rank, last_rank = np.ndim(factors[0]), np.ndim(factors[-1])
    if first_rank == 1:
        factors[0] = np.reshape(factors[0], (1, -1))
    if last_rank == 1:
        factors[-1] = np.reshape(factors[-1], (-1, 1))
    if any(np.ndim(factor) != 2 for factor in factors):
        raise np.linalg.LinAlgError("multi_dot: the arrays must be matrices, the first and the last may be vectors")
    order = _chain_order([np.shape(factors[0])[0], *(np.shape(factor)[1] for factor in factors)])
    result = _chain_product(factors, order, 0, len(factors) - 1)
    if first_rank == 1:
        result = result[0]
    return result[..., 0] if last_rank == 1 else result


def _chain_order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each product of the factors i to j (Cormen et al., *Introduction to Algorithms*, section 15.2)."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    split = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = [cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            cost[i, j] = min(costs)
            split[i, j] = i + costs.index(cost[i, j])
    return split


def _chain_product(factors: list[Any], order: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return factors[i]
    k = order[i, j]
    return np.dot(_chain_product(factors, order, i, k), _chain_product(factors, order, k + 1, j))
