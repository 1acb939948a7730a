"""Cases of `wengert.rules.reductions`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.rules.harness import Case
from wengert.rules.reductions import fmax_reduce, fmin_reduce, hypot_reduce, logaddexp_reduce

A = np.array([[0.3, 1.2, -0.7], [2.1, 0.4, 1.5]])
C = np.linspace(0.2, 2.5, 24).reshape(2, 3, 4)[:, ::-1, [2, 0, 3, 1]] * np.array([1.0, -1.1])[:, None, None]
Z = A + 1j * np.array([[1.3, -0.6, 2.2], [0.9, 1.8, 0.5]])
MASK = np.array([[True, False, True], [True, True, False]])
ZEROS = np.array([[0.3, 0.0, -0.7, 1.1], [0.0, 0.4, 0.0, 1.5], [1.2, 2.0, 0.5, -0.8]])
EMPTY = np.zeros((0, 3))


def _sum_from(a: Any, initial: Any) -> Any:
    return np.sum(a, axis=1, initial=initial)


def _prod_from(a: Any, initial: Any) -> Any:
    return np.prod(a, axis=1, initial=initial)


def _max_from(a: Any, initial: Any) -> Any:
    return np.max(a, axis=1, initial=initial)


def _hypot_from(a: Any, initial: Any) -> Any:
    return np.hypot.reduce(a, axis=1, initial=initial)


def _logaddexp_from(a: Any, initial: Any) -> Any:
    return np.logaddexp.reduce(a, axis=1, initial=initial)


def _var_about(a: Any, mean: Any) -> Any:
    return np.var(a, axis=0, mean=mean)


def _std_about(a: Any, mean: Any) -> Any:
    return np.std(a, axis=0, mean=mean)


def _methods(a: Any) -> list[Any]:
    return [
        *(a.sum(), a.sum(0), a.sum(axis=1, keepdims=True), a.mean(1), a.prod(), a.prod(axis=0), a.max(), a.min(axis=1)),
        *(a.var(), a.var(0, ddof=1), a.std(axis=1), np.add.reduce(a), np.multiply.reduce(a, axis=1)),
        *(np.maximum.reduce(a), np.minimum.reduce(a, axis=None), np.add.reduce(a, axis=(0, 1), keepdims=True)),
    ]


AXES: list[dict[str, Any]] = [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, -1)}, {"keepdims": True}]
ALONG = [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std]

CASES = [
    *(Case(function, (C,), options) for function in ALONG for options in AXES),
    *(Case(function, (C,), {"axis": ()}) for function in (np.sum, np.mean, np.prod, np.max)),
    *(Case(function, (np.float64(1.3),), name="scalar") for function in (np.sum, np.mean, np.prod, np.max, np.min)),
    *(Case(function, (np.array(1.3),), {"axis": 0}, name="0-d", jax=None) for function in (np.sum, np.prod, np.max)),
    *(Case(function, (A[:, :1],), {"axis": 1}, name="one") for function in ALONG if function is not np.std),
    *(Case(function, (Z,), {"axis": 1}) for function in (np.sum, np.mean, np.prod, np.var, np.std)),
    *(Case(function, (Z,)) for function in (np.sum, np.mean, np.prod, np.var, np.std)),
    *(Case(function, (EMPTY,), {"axis": 0}, name="empty") for function in (np.sum, np.prod)),
    *(Case(function, (EMPTY,), name="empty") for function in (np.sum, np.prod)),
    *(Case(f, (A,), {"axis": 1, "where": MASK}, name="where") for f in (np.sum, np.mean, np.prod, np.var, np.std)),
    *(Case(f, (Z,), {"where": MASK}, name="where") for f in (np.sum, np.mean, np.prod, np.var, np.std)),
    *(Case(f, (A,), {"axis": 1, "where": MASK[0]}, name="where row") for f in (np.sum, np.mean, np.prod, np.var)),
    *(Case(f, (A,), {"where": MASK, "initial": -0.1}, name="where") for f in (np.max, np.sum, np.prod)),
    Case(np.min, (A,), {"axis": 0, "where": MASK, "initial": 9.0}, name="where"),
    Case(np.sum, (A,), {"dtype": np.float32, "axis": 0}, name="dtype", jax=None, single=False, smooth=False, scale=1e6),
    Case(np.sum, (A, 0), {"dtype": np.complex128}, name="dtype", jax=None),
    Case(np.prod, (A,), {"dtype": np.complex128}, name="dtype", jax=None),
    Case(_sum_from, (A, np.array(0.7)), covers=np.sum, jax=None),
    Case(_prod_from, (A, np.array(0.7)), covers=np.prod, jax=None),
    Case(_max_from, (A, np.array(1.3)), covers=np.max, jax=None),
    Case(_hypot_from, (A, np.array(0.7)), covers=hypot_reduce, jax=None),
    Case(_logaddexp_from, (A, np.array(0.7)), covers=logaddexp_reduce, jax=None),
    *(Case(np.prod, (ZEROS,), options, name="zeros") for options in ({"axis": 0}, {"axis": 1}, {})),
    *(Case(f, (A,), {"axis": 1, "ddof": 1}) for f in (np.var, np.std)),
    *(Case(f, (A,), {"axis": 1, "correction": 1}) for f in (np.var, np.std)),
    Case(_var_about, (A, np.array([[0.2, 0.9, 0.1]])), covers=np.var, jax=None),
    Case(_std_about, (A, np.array([[0.2, 0.9, 0.1]])), covers=np.std, jax=None),
    *(Case(f, (A,), {"axis": 1}) for f in (np.amax, np.amin, np.nanmax, np.nanmin)),
    *(
        Case(f.reduce, (A,), {"axis": 1}, covers=g, name="axis 1", jax=None)
        for f, g in ((np.fmax, fmax_reduce), (np.fmin, fmin_reduce))
    ),
    *(
        Case(np.hypot.reduce, (C,), o, covers=hypot_reduce, name=str(o), jax=None)
        for o in AXES
        if o.get("axis", 0) == 0
    ),
    *(
        Case(np.logaddexp.reduce, (C,), {"axis": axis}, covers=logaddexp_reduce, jax=None)
        for axis in (0, 1, -1, (0, 2), None)
    ),
    Case(
        np.logaddexp.reduce,
        (A,),
        {"axis": 1, "where": MASK, "keepdims": True},
        name="where",
        covers=logaddexp_reduce,
        jax=None,
    ),
    Case(_methods, (A,), name="methods", covers=np.sum),
]
