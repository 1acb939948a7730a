"""Cases of `wengert.rules.products` and `wengert.rules.einsum`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from tests.rules.harness import Case

rng = np.random.default_rng(20)


def real(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(rng.uniform(-1.0, 1.0, shape))


def cplx(*shape: int) -> np.ndarray[Any, Any]:
    return real(*shape) + 1j * real(*shape)


VECTOR, MATRIX, STACK = real(3), real(2, 3), real(2, 3, 4)


def pairs(function: Any, *shapes: tuple[tuple[int, ...], tuple[int, ...]], **options: Any) -> list[Case]:
    return [Case(function, (real(*a), real(*b)), **options) for a, b in shapes]


def complex_pair(function: Any, a: tuple[int, ...], b: tuple[int, ...], **options: Any) -> list[Case]:
    """Complex with complex, complex with real, real with complex."""
    return [
        Case(function, (cplx(*a), cplx(*b)), name=f"cc{a}{b}", **options),
        Case(function, (cplx(*a), real(*b)), name=f"cr{a}{b}", **options),
        Case(function, (real(*a), cplx(*b)), name=f"rc{a}{b}", **options),
    ]


def einsum(*operands: Any, name: str = "", jax: Any = jnp.einsum, **options: Any) -> Case:
    return Case(np.einsum, operands, options, name=name or str(operands[0]), jax=jax)


PRODUCTS = [
    *pairs(
        np.dot,
        ((), ()), ((), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
        ((2, 3), (2, 3, 4)), ((5, 2, 3), (3,)), ((5, 2, 3), (2, 3, 4)), ((3,), (2, 3, 4)), ((0, 3), (3, 2)),
        ((2, 0), (0, 2)),
    ),
    *complex_pair(np.dot, (2, 3), (3, 2)),
    *pairs(np.vdot, ((3,), (3,)), ((2, 3), (3, 2)), ((), ())),
    *complex_pair(np.vdot, (2, 3), (2, 3)),
    *pairs(np.inner, ((), ()), ((3,), ()), ((), (2, 3)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3))),
    *pairs(np.inner, ((2, 5, 3), (4, 3))),
    *complex_pair(np.inner, (2, 3), (3,)),
    *pairs(np.outer, ((3,), (2,)), ((2, 3), (2, 2)), ((), (3,))),
    *complex_pair(np.outer, (3,), (2,)),
    *pairs(
        np.matmul,
        ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)),
        ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 1, 2, 3), (5, 3, 2)),
        ((1, 2, 3), (5, 3, 2)),
        ((6, 5, 2, 3), (3, 4)), ((2, 3), (6, 5, 3, 4)), ((1, 1), (1, 1)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 2)),
    ),
    *complex_pair(np.matmul, (4, 2, 3), (3, 2)),
    *pairs(np.vecdot, ((3,), (3,)), ((4, 3), (3,)), ((2, 1, 3), (4, 3))),
    *complex_pair(np.vecdot, (2, 3), (3,)),
    Case(np.vecdot, (real(3, 2), real(3, 2)), {"axis": 0}),
    Case(np.vecdot, (real(3, 2), real(3, 2)), {"axis": 0, "keepdims": True}, jax=None),
    *pairs(np.matvec, ((2, 3), (3,)), ((4, 2, 3), (3,)), ((2, 3), (4, 3))),
    *complex_pair(np.matvec, (2, 3), (4, 3)),
    *pairs(np.vecmat, ((3,), (3, 2)), ((4, 3), (3, 2)), ((3,), (4, 3, 2))),
    *complex_pair(np.vecmat, (4, 3), (3, 2)),
]  # fmt: skip

CONTRACTIONS = [
    Case(np.tensordot, (real(2, 3, 4), real(3, 4, 5))),
    Case(np.tensordot, (real(2, 3), real(3, 4)), {"axes": 1}),
    Case(np.tensordot, (real(2, 3), real(4)), {"axes": 0}),
    Case(np.tensordot, (real(2, 3, 4), real(4, 3, 5)), {"axes": ([1, 2], [1, 0])}),
    Case(np.tensordot, (real(2, 3, 4), real(4, 5, 2)), {"axes": ((-1, 0), (0, -1))}),
    Case(np.tensordot, (real(2, 3, 4), real(4, 5, 2)), {"axes": (2, 0)}),
    Case(np.tensordot, (cplx(2, 3), cplx(3, 2)), {"axes": ([0], [1])}),
    *pairs(np.kron, ((2, 3), (3, 2)), ((3,), (2,)), ((2, 3), (2,)), ((2,), (2, 1, 2)), ((), (3,)), ((), ())),
    *complex_pair(np.kron, (2, 2), (2,)),
    *pairs(np.cross, ((3,), (3,)), ((2, 3), (3,)), ((4, 1, 3), (2, 3))),
    *complex_pair(np.cross, (3,), (2, 3)),
    Case(np.cross, (real(3, 2), real(3, 2)), {"axis": 0}),
    Case(np.cross, (real(3, 2), real(2, 3)), {"axisa": 0, "axisc": 0}),
    Case(np.cross, (real(2, 3), real(3, 2)), {"axisb": 0}),
    Case(np.linalg.matmul, (real(2, 3), real(3, 2))),
    Case(np.linalg.vecdot, (cplx(2, 3), cplx(2, 3)), {"axis": 0}),
    Case(np.linalg.tensordot, (real(2, 3), real(3, 2)), {"axes": 1}),
    Case(np.linalg.outer, (real(2), real(3))),
    Case(np.linalg.cross, (real(3, 2), real(3, 2)), {"axis": 0}),
    Case(np.linalg.diagonal, (real(2, 3, 4),), {"offset": 1}),
    Case(np.linalg.trace, (real(2, 3, 3),)),
    Case(np.linalg.trace, (real(3, 4),), {"offset": -1}),
    Case(np.linalg.matrix_transpose, (real(2, 3, 4),)),
    *[Case(np.linalg.matrix_power, (real(3, 3) + 2 * np.eye(3), n)) for n in (-3, -1, 0, 1, 2, 3, 5, 8)],
    Case(np.linalg.matrix_power, (cplx(2, 2, 2), 3)),
    Case(np.linalg.multi_dot, ([real(2, 3), real(3, 4)],)),
    Case(np.linalg.multi_dot, ([real(2, 3), real(3, 1), real(1, 4), real(4, 2)],)),
    Case(np.linalg.multi_dot, ([real(3), real(3, 4), real(4)],)),
    Case(np.linalg.multi_dot, ([real(3), real(3, 4), cplx(4, 2)],)),
]

EINSUMS = [
    einsum("ij,jk->ik", real(2, 3), real(3, 4)),
    einsum("ij,jk", real(2, 3), real(3, 4)),
    einsum("ji,ik", real(3, 2), real(2, 4)),
    einsum("ij, jk -> ki", cplx(2, 3), cplx(3, 4)),
    einsum("i,i", real(3), real(3)),
    einsum("ij->ji", real(2, 3)),
    einsum("ba", real(2, 3)),
    einsum("ij->j", real(2, 3)),
    einsum("ij->", cplx(2, 3)),
    einsum("ii", real(3, 3)),
    einsum("ii->i", cplx(3, 3)),
    einsum("iij->j", real(2, 2, 3)),
    einsum("iii->i", real(2, 2, 2)),
    einsum("ijij->ij", real(2, 3, 2, 3)),
    einsum("ijij->", real(2, 3, 2, 3)),
    einsum("ii,ij->j", real(3, 3), real(3, 2)),
    einsum("ik,j->j", real(2, 3), real(4)),
    einsum("ik,j->jk", real(2, 3), real(4)),
    einsum("ii,jk->jk", real(2, 2), cplx(2, 3)),
    einsum(",ij->ij", real(), real(2, 3)),
    einsum("ij,ij->j", real(1, 3), real(2, 3), name="stretched", jax=None),
    einsum("ij,ij->", real(2, 1), real(2, 3), name="stretched_alone", jax=None),
    einsum("...ij,...jk->...ik", real(5, 2, 3), real(3, 4)),
    einsum("...ij,...jk->...ik", real(2, 1, 2, 3), real(5, 3, 4), name="broadcast"),
    einsum("i...,i...", real(3, 2), real(3, 2)),
    einsum("i...->...", real(3, 2)),
    einsum("...ii->...i", real(2, 3, 3)),
    einsum("i...j,j->i...", real(2, 5, 3), real(3)),
    einsum("ij,jk,kl->il", real(2, 3), real(3, 4), real(4, 2)),
    einsum("ij,jk,kl->il", real(2, 3), real(3, 4), real(4, 2), optimize=True),
    einsum("ij,jk,kl->il", real(2, 3), real(3, 4), real(4, 2), optimize="optimal"),
    einsum("i,ij,j", cplx(2), real(2, 3), cplx(3)),
    einsum("i,i,i->i", real(3), real(3), real(3)),
    einsum("ii,ij,...j->...i", real(2, 2), real(2, 3), real(4, 3)),
    einsum("ab,cb,ad,e->dc", real(2, 3), real(2, 3), real(2, 4), real(3)),
    einsum("ij,jk->ik", real(2, 3), real(3, 4), optimize=True),
    einsum("ij,kj->ik", real(0, 3), real(2, 3), name="empty"),
    Case(lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), (real(2, 3), real(3, 4)), covers=np.einsum, jax=None),
    Case(lambda a, b: np.einsum(a, [0, 1], b, [1, 30]), (real(2, 3), real(3, 4)), covers=np.einsum, jax=None),
    Case(lambda a: np.einsum(a, [..., 1, 1]), (real(2, 3, 3),), covers=np.einsum, jax=None),
    Case(lambda a: np.einsum(a, [..., 1, 0], [..., 0]), (real(2, 3, 4),), covers=np.einsum, jax=None),
]

CASES = [*PRODUCTS, *CONTRACTIONS, *EINSUMS]
