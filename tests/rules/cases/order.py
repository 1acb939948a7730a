"""Cases of `wengert.rules.order`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.rules.harness import BY_NAME, Case
from wengert.rules.order import average_ties

A = np.array([[0.3, 1.2, -0.7, 0.9, 1.4], [2.1, 0.4, 1.5, -0.2, 2.6]])
Z = A + 1j * np.array([[1.3, -0.6, 2.2, 0.1, 0.8], [0.9, 1.8, 0.5, -1.1, 0.4]])
ABSENT = np.array([[False, False, True, False, False], [True, False, False, True, False]])
C = np.linspace(0.2, 2.5, 24).reshape(2, 3, 4)[:, ::-1, [2, 0, 3, 1]] * np.array([1.0, -1.1])[:, None, None]
METHODS = (
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull"),
    *("linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest"),
)
IN_JAX = ("linear", "lower", "higher", "midpoint", "nearest")
AXES: list[dict[str, Any]] = [{}, {"axis": 0}, {"axis": (0, -1)}, {"axis": -2, "keepdims": True}, {"keepdims": True}]


def _in_place(a: Any) -> Any:
    a = a.copy()
    a.sort()
    b = a * a
    b.sort(axis=0)
    return b


def _nanmedian(a: Any, **options: Any) -> Any:
    return np.nanmedian(np.where(ABSENT, np.nan, a), **options)


def _nanquantile(a: Any, q: Any, **options: Any) -> Any:
    return np.nanquantile(np.where(ABSENT, np.nan, a), q, **options)


def _unique(a: Any) -> Any:
    return np.unique(np.concatenate([a, a[:1]]), return_counts=True)[0]


CASES = [
    *(Case(np.sort, (C,), {"axis": axis}) for axis in (0, 1, -1, None)),
    Case(np.sort, (Z,), {"axis": 0}),
    Case(np.sort, (A,), {"kind": "stable"}, jax=None),
    Case(np.sort, (np.zeros((0, 3)),), {"axis": 0}, name="empty"),
    Case(_in_place, (A,), name="in place", covers=np.sort),
    Case(np.sort_complex, (A[0],), single=False, jax=None),
    Case(np.sort_complex, (Z,)),
    *(Case(np.partition, (C, 1), {"axis": axis}, jax=None) for axis in (0, 1, -1)),
    Case(np.partition, (C, (1, 5)), {"axis": None}, jax=None),
    Case(average_ties, (A, np.array([[1, 1, 2, 3, 3], [0, 1, 1, 1, 2]])), {"axis": 1}),
    *(Case(f, (C,), options) for f in (np.median, np.nanmedian) for options in AXES),
    Case(np.median, (np.float64(0.7),), name="scalar", jax=None),
    *(Case(_nanmedian, (A,), o, name="nan", covers=np.nanmedian) for o in ({}, {"axis": 0}, {"axis": 1})),
    *(
        Case(f, (C,), {"q": q, "method": method, "axis": 1}, jax=BY_NAME if method in IN_JAX else None)
        for f in (np.quantile, np.nanquantile)
        for method in METHODS
        for q in (0.37, 0.8)
    ),
    *(
        Case(f, (C,), {"q": np.array(q), **options}, name="qs")
        for f in (np.percentile, np.nanpercentile)
        for q in (37.0, [10.0, 55.0, 99.0])
        for options in AXES
    ),
    Case(np.quantile, (C,), {"q": [[0.0, 0.3], [0.7, 1.0]], "axis": -1}, jax=None),
    *(Case(f, (C[0], np.array([0.2, 0.9, 0.35, 0.6])), {"axis": 0}) for f in (np.quantile, np.nanquantile)),
    *(Case(f, (A[0], 0.37)) for f in (np.quantile, np.nanquantile)),
    *(
        Case(_nanquantile, (A, np.array([0.23, 0.9])), {"method": method, "axis": 1}, name="nan", covers=np.nanquantile)
        for method in METHODS
    ),
    *(Case(_nanquantile, (A, 0.3), {"axis": axis}, name="nan", covers=np.nanquantile) for axis in (None, 0)),
    Case(np.unique, (A,), jax=None),
    Case(_unique, (A[0],), covers=np.unique, jax=None),
]
