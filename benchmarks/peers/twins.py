"""Finds the form of a case in a peer's own words: the module `benchmarks.peers.<peer>.<case>`, and its function."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.kernels.cases import Case


def has_twin(peer: str, case: Case) -> bool:
    """Whether the peer has the case in words of its own."""
    return (Path(__file__).parent / peer / f"{case.name}.py").exists()


def twin(peer: str, case: Case, variant: str = "") -> Callable[..., tuple[Any, ...]]:
    """The function of the arguments (and `trips`, where the kernel has a `while`) that gives a tuple of the results."""
    module = importlib.import_module(f"benchmarks.peers.{peer}.{case.name}")
    function: Callable[..., tuple[Any, ...]] = getattr(module, case.name + variant)
    return function
