"""Python's `math` functions on recorded numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MATH: dict[Callable[..., Any], Callable[..., Any]] = {}
