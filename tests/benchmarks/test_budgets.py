"""The benchmark of budgets, with few steps: its rows compute the same derivative."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from benchmarks.budgets import ROWS, measure


@pytest.mark.parametrize("row", [row for row in ROWS if row not in ("value", "no budget")])
def test_rows_compute_the_same_derivative(row: str) -> None:
    """With any budget and with JAX, where it is installed, as without a budget."""
    if row.startswith("JAX") and importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not installed")
    found, expected = measure(row, 60), measure("no budget", 60)
    np.testing.assert_allclose(found["gradient"], expected["gradient"], rtol=1e-10)
    if "again" in found:
        assert found["again"] == found["least"]
