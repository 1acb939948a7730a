"""NumPy's names for PyTorch: what `benchmarks.hard_cases` runs its lines with.

What goes in: a line of NumPy whose `np` is a `Spelling`. What holds: each name is the one function of PyTorch that
means it; numbers among the arguments become tensors where PyTorch takes no numbers.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch


def _tensor(value: Any) -> Any:
    return value if isinstance(value, torch.Tensor) else torch.tensor(value, dtype=torch.float64)


class Spelling:
    """The functions of NumPy that have another name, or other arguments, in PyTorch; the others are PyTorch's own."""

    linalg = SimpleNamespace(norm=torch.linalg.norm)

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    @staticmethod
    def array(value: Any) -> Any:
        """A tensor of double precision."""
        return torch.tensor(value, dtype=torch.float64)

    @staticmethod
    def maximum(first: Any, second: Any) -> Any:
        """Of tensors or numbers."""
        return torch.maximum(_tensor(first), _tensor(second))

    @staticmethod
    def sort(x: Any) -> Any:
        """The values alone."""
        return torch.sort(x).values

    @staticmethod
    def std(x: Any) -> Any:
        """Without Bessel's correction, as in NumPy."""
        return torch.std(x, correction=0)
