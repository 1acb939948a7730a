"""Cases of `wengert.rules.scipy_linalg`."""

from __future__ import annotations

from typing import Any

import jax.scipy.linalg
import numpy as np
import scipy.linalg

from tests.rules.cases.linalg import positive, regular, upper
from tests.rules.harness import Case

rng = np.random.default_rng(50)


def real(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(rng.uniform(-1.0, 1.0, shape))


def cplx(*shape: int) -> np.ndarray[Any, Any]:
    return real(*shape) + 1j * real(*shape)


KINDS = (("real", real), ("complex", cplx))


def factored_solution(a: Any, b: Any, lower: bool) -> Any:
    return scipy.linalg.cho_solve(scipy.linalg.cho_factor(a, lower), b)


CASES = [
    *(
        Case(
            scipy.linalg.solve_triangular,
            (regular(3, 3, make=make), make(*shape)),
            {"trans": trans, "lower": lower, "unit_diagonal": unit},
            name=f"{name}{shape}",
            jax=jax.scipy.linalg.solve_triangular if trans != "C" or name == "complex" else None,
        )
        for name, make in KINDS
        for shape, trans, lower, unit in (
            ((3,), 0, False, False),
            ((3, 2), 1, False, False),
            ((3, 2), "C", False, False),
            ((3,), "N", True, False),
            ((3,), "T", True, True),
            ((3,), 2, True, True),
        )
    ),
    *(Case(scipy.linalg.solve, (regular(3, 3, make=make), make(3, 2)), name=name) for name, make in KINDS),
    Case(scipy.linalg.solve, (regular(3, 3), real(3)), {"transposed": True}),
    *(
        Case(scipy.linalg.solve, (positive(3, 3, make=make), make(3)), {"assume_a": kind, "lower": True}, name=name)
        for name, make, kind in (("real", real, "sym"), ("real", real, "pos"), ("complex", cplx, "her"))
    ),
    Case(scipy.linalg.solve, (upper(positive(3, 3, make=cplx)), cplx(3)), {"assume_a": "pos"}, name="complex"),
    Case(scipy.linalg.inv, (regular(3, 3),)),
    Case(scipy.linalg.det, (regular(3, 3, make=cplx),), name="complex"),
    Case(scipy.linalg.norm, (regular(3, 2),), {"ord": 1}),
    *(Case(scipy.linalg.cholesky, (positive(3, 3, make=make),), {"lower": True}, name=name) for name, make in KINDS),
    *(Case(scipy.linalg.cholesky, (upper(positive(3, 3, make=make)),), name=name) for name, make in KINDS),
    *(
        Case(factored_solution, (positive(3, 3, make=make), make(3), True), name=f"lower_{name}", covers=function)
        for name, make in KINDS
        for function in (scipy.linalg.cho_factor, scipy.linalg.cho_solve)
    ),
    *(
        Case(
            factored_solution,
            (upper(positive(3, 3, make=make)), make(3, 2), False),
            name=f"upper_{name}",
            covers=scipy.linalg.cho_solve,
        )
        for name, make in KINDS
    ),
    *(Case(scipy.linalg.expm, (make(3, 3),), name=name, jax=jax.scipy.linalg.expm) for name, make in KINDS),
    Case(scipy.linalg.expm, (real(2, 2, 2),), name="stack", jax=jax.scipy.linalg.expm),
    Case(scipy.linalg.expm, (np.zeros((2, 2)),), name="zero", jax=jax.scipy.linalg.expm),
]
