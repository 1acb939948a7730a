"""Axes named in any order, and counted from the end, mean to compiled functions what they mean to NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special

import wengert as wg

X = np.random.default_rng(0).normal(size=(2, 3, 4))
PAIRS = [(2, 0), (0, 2), (-1, 0), (1, -3), (2, 1)]

OF_PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda x, axes: np.sum(x, axis=axes),
    "max": lambda x, axes: np.max(x, axis=axes, keepdims=True),
    "std": lambda x, axes: np.std(x, axis=axes),
    "median": lambda x, axes: np.median(x, axis=axes),
    "quantile": lambda x, axes: np.quantile(x, 0.3, axis=axes),
    "nanquantile": lambda x, axes: np.nanquantile(x, [0.3, 0.6], axis=axes),
    "logsumexp": lambda x, axes: special.logsumexp(x, axis=axes),
    **{
        f"norm {order}": lambda x, axes, order=order: np.linalg.norm(x, order, axes)  # type: ignore[misc]  # a default
        for order in (None, "fro", 1, -1, 2, -2, np.inf, -np.inf, "nuc")
    },
    "vector_norm": lambda x, axes: np.linalg.vector_norm(x, axis=axes, ord=3),
    "flip": np.flip,
    "roll": lambda x, axes: np.roll(x, (1, 2), axes),
    "expand_dims": np.expand_dims,
    "moveaxis": lambda x, axes: np.moveaxis(x, axes, (0, 1)),
    "moveaxis to": lambda x, axes: np.moveaxis(x, (0, 1), axes),
    "rot90": lambda x, axes: np.rot90(x, 1, axes),
    "diagonal": lambda x, axes: np.diagonal(x, 1, *axes),
    "tensordot": lambda x, axes: np.tensordot(x, x, (axes, axes)),
    "rfftn": lambda x, axes: np.fft.rfftn(x, axes=axes).imag,
    "ifft2": lambda x, axes: np.fft.ifft2(x, s=(3, 5), axes=axes).imag,
    "gradient": lambda x, axes: np.gradient(x, 0.5, 2.0, axis=axes)[1],
    "windows": lambda x, axes: sliding_window_view(x, (2, 1), axis=axes),
    "apply_over_axes": lambda x, axes: np.apply_over_axes(np.sum, x, axes),
}


@pytest.mark.parametrize("axes", PAIRS)
@pytest.mark.parametrize("name", OF_PAIRS)
def test_pairs_of_axes(name: str, axes: tuple[int, int]) -> None:
    """A function of two axes gives what NumPy gives, or refuses."""
    function = OF_PAIRS[name]
    expected = function(X, axes)
    np.testing.assert_allclose(wg.jit(lambda x: function(x, axes))(X), expected, rtol=1e-10, atol=1e-12)
