"""Cases of `wengert.rules.statistics`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.rules.harness import Case

A = np.array([[0.3, 1.2, -0.7, 0.9], [2.1, 0.4, 1.5, -0.2], [0.6, -0.3, 0.8, 1.7]])
Z = A + 1j * np.array([[1.3, -0.6, 2.2, 0.1], [0.9, 1.8, 0.5, -1.1], [0.2, 0.7, -0.4, 1.6]])
W = np.array([[0.5, 1.2, 0.7, 0.9], [1.1, 0.4, 1.5, 0.2], [0.6, 0.3, 0.8, 1.7]])
C = np.linspace(0.2, 2.5, 24).reshape(2, 3, 4)[:, ::-1, [2, 0, 3, 1]] * np.array([1.0, -1.1])[:, None, None]
MASK = np.array([[True, False, True, True], [True, True, False, True], [True, True, True, True]])
ABSENT = np.array([[False, False, True, False], [True, False, False, False], [False, False, False, True]])
COUNTS = np.array([1, 3, 2, 1])
X = np.array([0.0, 0.4, 1.1, 1.3])


def _absent(function: Any, **fixed: Any) -> Any:
    """The function on data with some elements missing."""

    def apply(a: Any, **options: Any) -> Any:
        return function(np.where(ABSENT, np.nan, a), **fixed, **options)

    return apply


def _weighted_cov(m: Any, aweights: Any) -> Any:
    return np.cov(m, aweights=aweights, fweights=COUNTS)


def _weighted_histogram(weights: Any) -> Any:
    return np.histogram(X, [0.0, 1.0, 1.3], weights=weights)[0]


def _histogram_of_data(a: Any) -> Any:
    return np.histogram(a, 4, density=True)


def _weighted_bincount(weights: Any, **options: Any) -> Any:
    return np.bincount(np.array([2, 0, 2, 5]), weights, **options)


AXES: list[dict[str, Any]] = [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}]
NAN_FUNCTIONS = (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmin)

CASES = [
    *(Case(np.ptp, (C,), options) for options in AXES),
    *(Case(np.average, (C,), options) for options in AXES),
    *(Case(np.average, (A, None, W), options) for options in ({}, {"keepdims": True})),
    *(Case(np.average, (A, 1, W[0])), Case(np.average, (A, -2, W[:, 0]), {"returned": True})),
    Case(np.average, (C, (2, 0), np.array([[0.2, 0.7], [1.1, 0.4], [0.3, 0.9], [0.8, 0.1]])), jax=None),
    Case(np.average, (Z, 0, np.array([0.5, 1.1, 0.7])), {"returned": True}),
    Case(np.average, (A,), {"axis": 1, "returned": True}),
    *(Case(_absent(f), (A,), o, name="nan", covers=f) for f in NAN_FUNCTIONS for o in AXES),
    *(Case(_absent(f, where=MASK), (A,), {"axis": 1}, name="nan where", covers=f) for f in NAN_FUNCTIONS[:5]),
    *(Case(_absent(f, ddof=1), (A,), {"axis": 1}, name="nan ddof", covers=f) for f in (np.nanvar, np.nanstd)),
    *(Case(f, (A,), {"axis": 1}) for f in NAN_FUNCTIONS),
    *(Case(f, (Z,), {"axis": 1}) for f in (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd)),
    Case(np.nansum, (A,), {"initial": 0.5}),
    *(
        Case(_absent(f), (A,), o, name="nan", covers=f)
        for f in (np.nancumsum, np.nancumprod)
        for o in ({}, {"axis": 1})
    ),
    *(Case(np.cov, (A,), o) for o in ({}, {"rowvar": False}, {"bias": True}, {"ddof": 0})),
    *(Case(np.cov, (A[0],)), Case(np.cov, (A[0], A[1])), Case(np.cov, (A, W)), Case(np.cov, (A, W), {"rowvar": False})),
    *(Case(np.cov, (Z,), jax=None), Case(np.cov, (A,), {"fweights": COUNTS})),
    Case(_weighted_cov, (A, W[0]), covers=np.cov),
    *(Case(np.corrcoef, (A,), o) for o in ({}, {"rowvar": False})),
    *(Case(np.corrcoef, (A[0], A[1])), Case(np.corrcoef, (Z,), jax=None), Case(np.corrcoef, (A, W))),
    *(Case(np.trapezoid, (A,), o) for o in ({}, {"axis": 0}, {"dx": 0.3})),
    *(Case(np.trapezoid, (A, X)), Case(np.trapezoid, (A, W)), Case(np.trapezoid, (C, X[:3], 1.0, 1), jax=None)),
    Case(np.trapezoid, (Z, X)),
    *(Case(_weighted_bincount, (X,), o, covers=np.bincount, single=False) for o in ({}, {"minlength": 8})),
    *(Case(_weighted_histogram, (x,), covers=np.histogram) for x in (X, X + 0.3j)),
    *(Case(_histogram_of_data, (x,), covers=np.histogram) for x in (A, C)),
    Case(np.histogram_bin_edges, (A, 5), jax=None),
]
