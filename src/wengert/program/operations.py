"""The operations on arrays that an `Apply` names: the dotted public name of a function of the table, and back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from wengert.ops.table import TABLE, Operation

__all__ = ["ADDED_PRODUCT", "MACHINE_CODE", "key_of", "operation_of"]

ADDED_PRODUCT = "wengert.library.products.added_product"
"""`total + x1 @ x2`, whose output is `total` itself: made by passes, on the way to machine code, so it has no rules."""

MACHINE_CODE = (
    "wengert.rules.bessel.spherical_jn",
    "wengert.rules.bessel.spherical_yn",
    "wengert.rules.decompositions.qr_reduced",
    "wengert.rules.decompositions.svd_factors",
    "wengert.rules.scipy_linalg.triangular_solve",
)
"""Operations of our own that `wengert.emit` has machine code for; the others are expanded."""


def key_of(function: Callable[..., Any]) -> str:
    """The name under which an `Apply` calls a function of the table."""
    return TABLE[function].name


@functools.cache
def _by_name() -> dict[str, Operation]:
    return {operation.name: operation for operation in reversed(TABLE.values())}


def operation_of(key: str) -> Operation:
    """The operation of the table with this name."""
    return _by_name()[key]
