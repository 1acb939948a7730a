"""Cases of `wengert.rules.linalg`, `wengert.rules.decompositions` and `wengert.rules.norms`.

Eigenvectors, singular vectors and the like go through functions that do not depend on their phase.
NumPy reads one triangle of a Hermitian matrix, and JAX both: JAX gets the matrix made Hermitian from that triangle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from tests.rules.harness import Case

rng = np.random.default_rng(40)


def real(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(rng.uniform(-1.0, 1.0, shape))


def cplx(*shape: int) -> np.ndarray[Any, Any]:
    return real(*shape) + 1j * real(*shape)


def apart(*shape: int) -> np.ndarray[Any, Any]:
    """Numbers away from zero and from one another."""
    size = int(np.prod(shape))
    return (rng.permutation(np.linspace(0.5, 1.5, size)) * rng.choice([-1.0, 1.0], size)).reshape(shape)


def regular(*shape: int, make: Any = real) -> Any:
    """Matrices far from singular, with singular values far from one another."""
    return 0.4 * make(*shape) + np.diag(np.arange(1.0, max(shape[-2:]) + 1))[: shape[-2], : shape[-1]]


def positive(*shape: int, make: Any = real) -> Any:
    """Positive definite matrices with other numbers in the upper triangle, which is not read."""
    found = regular(*shape, make=make)
    product = found @ np.swapaxes(found, -1, -2).conj() + np.diag(np.arange(1.0, shape[-1] + 1))
    return np.tril(product) + np.triu(0.3 * make(*shape), 1)


def upper(matrix: Any) -> Any:
    return np.swapaxes(matrix, -1, -2).conj()


def hermitian(a: Any, triangle: str = "L") -> Any:
    """For JAX: the Hermitian matrix of which `a` has one triangle."""
    if triangle == "U":
        a = jnp.swapaxes(a, -1, -2).conj()
    strict = jnp.tril(a, -1)
    diagonal = jnp.real(jnp.diagonal(a, axis1=-2, axis2=-1))
    return strict + jnp.swapaxes(strict, -1, -2).conj() + diagonal[..., None] * jnp.eye(a.shape[-1])


def rebuilt(module: Any, w: Any, v: Any) -> Any:
    """A function of eigenvalues and eigenvectors without the phase of the vectors."""
    return module.matmul(v * module.sin(w)[..., None, :], module.swapaxes(v, -1, -2).conj())


def singular_function(module: Any, u: Any, s: Any, vh: Any) -> list[Any]:
    """Functions of singular vectors without their phase: of both, of the left ones, of the right ones."""
    left, right = u[..., : s.shape[-1]], vh[..., : s.shape[-1], :]
    weights = module.sin(s)
    return [
        module.matmul(left * weights[..., None, :], right),
        module.matmul(left * weights[..., None, :], module.swapaxes(left, -1, -2).conj()),
        module.matmul(module.swapaxes(right, -1, -2).conj() * weights[..., None, :], right),
    ]


def case(operation: Callable[..., Any], name: str, args: tuple[Any, ...], own: Any, **options: Any) -> Case:
    return Case(own, args, name=name, covers=operation, **{"jax": None, **options})


SYSTEMS = [
    *(
        Case(np.linalg.solve, (regular(*a), real(*b)))
        for a, b in (
            ((3, 3), (3,)),
            ((3, 3), (3, 2)),
            ((1, 1), (1,)),
            ((2, 3, 3), (3,)),
            ((2, 3, 3), (3, 1)),
            ((2, 3, 3), (2, 3, 2)),
            ((3, 3), (2, 3, 2)),
            ((2, 1, 2, 2), (3, 2, 2)),
            ((0, 3, 3), (3,)),
        )
    ),
    Case(np.linalg.solve, (regular(3, 3, make=cplx), cplx(3)), name="complex"),
    Case(np.linalg.solve, (regular(3, 3, make=cplx), real(3, 2)), name="complex_real"),
    Case(np.linalg.solve, (regular(3, 3), cplx(3, 2)), name="real_complex"),
    *(Case(np.linalg.inv, (regular(*shape),)) for shape in ((3, 3), (1, 1), (2, 3, 3), (0, 2, 2))),
    Case(np.linalg.inv, (regular(2, 2, 2, make=cplx),), name="complex"),
    Case(np.linalg.tensorsolve, (regular(6, 6).reshape(2, 3, 6), real(2, 3))),
    Case(np.linalg.tensorsolve, (np.moveaxis(regular(6, 6).reshape(2, 3, 6), 2, 0), real(2, 3)), {"axes": (0,)}),
    Case(np.linalg.tensorinv, (regular(6, 6).reshape(2, 3, 6),)),
    Case(np.linalg.tensorinv, (regular(6, 6).reshape(6, 3, 2),), {"ind": 1}),
]

DETERMINANTS = [
    *(Case(np.linalg.det, (regular(*shape),)) for shape in ((3, 3), (1, 1), (2, 2), (2, 4, 4), (0, 3, 3))),
    Case(np.linalg.det, (regular(2, 3, 3, make=cplx),), name="complex"),
    Case(np.linalg.det, (np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),), name="rank2", jax=None),
    Case(np.linalg.det, (np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5]),), name="rank1", jax=None),
    Case(np.linalg.det, (np.zeros((3, 3)),), name="rank0", jax=None),
    Case(np.linalg.det, (np.outer([1.0, 2.0j, 3.0], [1.0, -1.0, 0.5j]),), name="rank1_complex", jax=None),
    *(Case(np.linalg.slogdet, (regular(*shape),)) for shape in ((3, 3), (1, 1), (2, 3, 3))),
    Case(np.linalg.slogdet, (-regular(3, 3),), name="negative"),
    Case(np.linalg.slogdet, (regular(2, 3, 3, make=cplx),), name="complex"),
]

PSEUDOINVERSES = [
    *(Case(np.linalg.pinv, (regular(*shape),)) for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1))),
    Case(np.linalg.pinv, (regular(4, 2, make=cplx),), name="complex"),
    Case(np.linalg.pinv, (regular(2, 4, make=cplx),), name="complex_wide"),
    Case(np.linalg.pinv, (positive(3, 3),), {"hermitian": True}, jax=None),
    Case(np.linalg.pinv, (positive(3, 3, make=cplx),), {"hermitian": True}, name="complex", jax=None),
    Case(np.linalg.pinv, (regular(4, 3),), {"rcond": 0.6}, jax=None),
    Case(np.linalg.pinv, (regular(3, 4, make=cplx),), {"rtol": 0.6}, jax=None),
    Case(np.linalg.pinv, (regular(3, 2),), {"rtol": None}, jax=None),
    Case(np.linalg.lstsq, (regular(4, 2), real(4)), jax=None),
    Case(np.linalg.lstsq, (regular(4, 2), real(4, 3)), jax=None),
    Case(np.linalg.lstsq, (regular(2, 4), real(2, 3)), jax=None),
    Case(np.linalg.lstsq, (regular(3, 3), real(3)), jax=None),
    Case(np.linalg.lstsq, (regular(4, 2, make=cplx), cplx(4)), name="complex", jax=None),
    Case(np.linalg.lstsq, (regular(4, 3), real(4)), {"rcond": 0.6}, jax=None),
    case(
        np.linalg.lstsq,
        "solution",
        (regular(5, 3), real(5, 2)),
        lambda a, b: np.linalg.lstsq(a, b)[0],
        jax=lambda a, b: jnp.linalg.lstsq(a, b)[0],
    ),
]

FACTORS = [
    *(
        case(
            np.linalg.cholesky,
            f"{name}{shape}",
            (positive(*shape, make=make),),
            np.linalg.cholesky,
            jax=lambda a: jnp.linalg.cholesky(hermitian(a)),
        )
        for name, make in (("real", real), ("complex", cplx))
        for shape in ((3, 3), (1, 1), (2, 3, 3))
    ),
    *(
        case(
            np.linalg.cholesky,
            f"upper_{name}",
            (upper(positive(3, 3, make=make)),),
            lambda a: np.linalg.cholesky(a, upper=True),
            jax=lambda a: jnp.linalg.cholesky(hermitian(a, "U"), upper=True),
        )
        for name, make in (("real", real), ("complex", cplx))
    ),
    *(
        Case(np.linalg.qr, (regular(*shape, make=make),), {"mode": mode}, name=f"{name}{shape}")
        for name, make in (("real", real), ("complex", cplx))
        for shape, mode in (
            ((3, 3), "reduced"),
            ((4, 2), "reduced"),
            ((2, 3, 2), "r"),
            ((1, 1), "reduced"),
            ((3, 3), "complete"),
        )
    ),
    *(
        Case(np.linalg.qr, (regular(*shape, make=make),), {"mode": mode}, name=f"{name}{shape}", jax=None)
        for name, make in (("real", real), ("complex", cplx))
        for shape, mode in (((2, 4), "reduced"), ((2, 2, 3), "complete"), ((2, 4), "r"))
    ),
]

EIGENVALUES = [
    *(
        case(
            np.linalg.eigh,
            f"{name}{shape}{triangle}",
            (given(positive(*shape, make=make)),),
            lambda a, t=triangle: rebuilt(np, *np.linalg.eigh(a, t)),
            jax=lambda a, t=triangle: rebuilt(jnp, *jnp.linalg.eigh(hermitian(a, t))),
        )
        for name, make in (("real", real), ("complex", cplx))
        for shape, triangle, given in (
            ((3, 3), "L", lambda a: a),
            ((3, 3), "U", upper),
            ((2, 3, 3), "L", lambda a: a),
            ((1, 1), "L", lambda a: a),
        )
    ),
    *(
        case(
            np.linalg.eigh,
            f"values_{name}",
            (positive(3, 3, make=make),),
            lambda a: np.linalg.eigh(a).eigenvalues,
            jax=lambda a: jnp.linalg.eigh(hermitian(a))[0],
        )
        for name, make in (("real", real), ("complex", cplx))
    ),
    case(np.linalg.eigh, "absolute_vectors", (positive(3, 3),), lambda a: np.abs(np.linalg.eigh(a)[1])),
    case(
        np.linalg.eigvalsh,
        "real",
        (positive(2, 3, 3),),
        np.linalg.eigvalsh,
        jax=lambda a: jnp.linalg.eigvalsh(hermitian(a)),
    ),
    case(
        np.linalg.eigvalsh,
        "upper",
        (upper(positive(3, 3, make=cplx)),),
        lambda a: np.linalg.eigvalsh(a, "U"),
        jax=lambda a: jnp.linalg.eigvalsh(hermitian(a, "U")),
    ),
    *(
        case(np.linalg.eigvals, name, (matrix,), np.linalg.eigvals, jax=jnp.linalg.eigvals)
        for name, matrix in (("complex", regular(3, 3, make=cplx)), ("stack", regular(2, 3, 3, make=cplx)))
    ),
    case(np.linalg.eigvals, "real", (regular(3, 3),), np.linalg.eigvals),
    case(
        np.linalg.eigvals, "pairs", (np.array([[1.0, 2.0, 0.3], [-2.0, 1.5, 0.1], [0.2, 0.4, 3.0]]),), np.linalg.eigvals
    ),
    *(
        case(np.linalg.eig, name, (matrix,), lambda a: list(np.linalg.eig(a)))
        for name, matrix in (
            ("real", regular(3, 3)),
            ("complex", regular(2, 3, 3, make=cplx) + np.diag([0.0, 1.0, 2.0])),
            ("single", real(1, 1)),
            ("pairs", np.array([[1.0, 2.0, 0.3], [-2.0, 1.5, 0.1], [0.2, 0.4, 3.0]])),
        )
    ),
]

SINGULAR_VALUES = [
    *(
        case(
            np.linalg.svd,
            f"{name}{shape}",
            (regular(*shape, make=make),),
            lambda a: singular_function(np, *np.linalg.svd(a, full_matrices=False)),
            jax=lambda a: singular_function(jnp, *jnp.linalg.svd(a, full_matrices=False)),
        )
        for name, make in (("real", real), ("complex", cplx))
        for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1))
    ),
    *(
        case(
            np.linalg.svd,
            f"full_{name}{shape}",
            (regular(*shape, make=make),),
            lambda a: singular_function(np, *np.linalg.svd(a)),
        )
        for name, make in (("real", real), ("complex", cplx))
        for shape in ((3, 3), (4, 2), (2, 4))
    ),
    *(
        case(np.linalg.svd, f"rest_{name}{shape}", (regular(*shape, make=make),), projections_of_the_rest)
        for projections_of_the_rest in [lambda a: _projections_of_the_rest(*np.linalg.svd(a))]
        for name, make in (("real", real), ("complex", cplx))
        for shape in ((5, 2), (2, 5))
    ),
    *(
        case(
            np.linalg.svd,
            f"hermitian_{name}",
            (positive(3, 3, make=make) - 4 * np.eye(3),),
            lambda a: singular_function(np, *np.linalg.svd(a, hermitian=True)),
        )
        for name, make in (("real", real), ("complex", cplx))
    ),
    case(
        np.linalg.svd,
        "hermitian_values",
        (positive(3, 3) - 4 * np.eye(3),),
        lambda a: np.linalg.svd(a, compute_uv=False, hermitian=True),
    ),
    *(
        case(
            np.linalg.svd,
            f"values_{name}{shape}",
            (regular(*shape, make=make),),
            lambda a: np.linalg.svd(a, compute_uv=False),
            jax=lambda a: jnp.linalg.svd(a, compute_uv=False),
        )
        for name, make in (("real", real), ("complex", cplx))
        for shape in ((3, 3), (4, 2), (2, 2, 3))
    ),
    Case(np.linalg.svdvals, (regular(3, 4),)),
    Case(np.linalg.svdvals, (regular(3, 4, make=cplx),), name="complex"),
]


def _projections_of_the_rest(u: Any, s: Any, vh: Any) -> list[Any]:
    """The projections onto the vectors that belong to no singular value."""
    rest_u, rest_v = u[:, s.shape[0] :], vh[s.shape[0] :, :]
    return [rest_u @ np.swapaxes(rest_u, -1, -2).conj(), np.swapaxes(rest_v, -1, -2).conj() @ rest_v]


NORMS = [
    *(
        Case(np.linalg.norm, (make(*shape),), {"ord": order, **options}, name=f"{make.__name__}{shape}")
        for make in (real, cplx)
        for shape, order, options in (
            ((4,), None, {}),
            ((2, 3), None, {}),
            ((2, 3, 2), None, {}),
            ((2, 3), None, {"keepdims": True}),
            ((4,), 2, {}),
            ((4,), 1, {}),
            ((4,), np.inf, {}),
            ((4,), -np.inf, {}),
            ((4,), 3, {}),
            ((4,), 1.5, {}),
            ((2, 3), None, {"axis": 0}),
            ((2, 3), 3, {"axis": 1}),
            ((2, 3), 1, {"axis": -1, "keepdims": True}),
            ((2, 3), np.inf, {"axis": 0}),
            ((2, 3), "fro", {}),
            ((2, 3), "nuc", {}),
            ((2, 3), 2, {}),
            ((2, 3), -2, {}),
            ((2, 3), 1, {}),
            ((2, 3), -1, {}),
            ((2, 3), np.inf, {}),
            ((2, 3), -np.inf, {}),
            ((3, 2), 1, {"keepdims": True}),
            ((2, 3, 4), "fro", {"axis": (0, 2)}),
            ((2, 3, 4), 1, {"axis": (2, 0)}),
            ((2, 3, 4), np.inf, {"axis": (2, 0)}),
            ((2, 3, 4), 2, {"axis": (1, -1), "keepdims": True}),
            ((2, 3, 4), "nuc", {"axis": (2, 0)}),
        )
    ),
    *(Case(np.linalg.norm, (apart(4),), {"ord": order}) for order in (-1, -2, 0.5)),
    Case(np.linalg.norm, (real(),), jax=None),
    Case(np.linalg.vector_norm, (real(2, 3),)),
    Case(np.linalg.vector_norm, (real(2, 3, 4),), {"axis": (0, 2), "keepdims": True}),
    Case(np.linalg.vector_norm, (cplx(2, 3, 4),), {"axis": (2, 0), "ord": 3}),
    Case(np.linalg.vector_norm, (real(2, 3),), {"axis": 1, "ord": np.inf}),
    Case(np.linalg.matrix_norm, (real(2, 3, 4),)),
    Case(np.linalg.matrix_norm, (real(2, 3, 4),), {"ord": 2, "keepdims": True}),
    Case(np.linalg.matrix_norm, (cplx(2, 3),), {"ord": "nuc"}),
    *(
        Case(np.linalg.cond, (np.array([[2.0, 0.3, -0.1], [0.4, 3.5, 0.2], [0.1, -0.5, 5.0]]),), {"p": p})
        for p in (None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc")
    ),
    Case(np.linalg.cond, (regular(2, 3, 3, make=cplx),), name="complex"),
    Case(np.linalg.cond, (regular(2, 4, 2),)),
]

CASES = [*SYSTEMS, *DETERMINANTS, *PSEUDOINVERSES, *FACTORS, *EIGENVALUES, *SINGULAR_VALUES, *NORMS]
