"""How a compiled program fails: it ends with a number, and the exception of that number is raised.

What goes in: what a `Check` says, or one of the failures below. What comes out: the exception, with the place in the
user's source.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Any

import numpy as np

import wengert.errors
from wengert.errors import SourceLocation

__all__ = ["Failure", "negative_size", "out_of_memory", "too_deep"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a program ends early. `dtypes` are those of the operands of the message."""

    exception: str
    message: str
    dtypes: tuple[str, ...] = ()
    where: SourceLocation | None = None

    def error(self, operands: tuple[Any, ...]) -> Exception:
        """The exception to raise."""
        known = {**vars(builtins), **vars(wengert.errors), "LinAlgError": np.linalg.LinAlgError}
        text = self.message.format(*operands)
        if self.where is not None:
            text += f"\n  at {self.where}\n    {self.where.text}"
        error: Exception = known[self.exception](text)
        return error


def out_of_memory(where: SourceLocation | None) -> Failure:
    """No memory for an array."""
    return Failure("MemoryError", "no memory for an array of this size", (), where)


def too_deep(where: SourceLocation | None) -> Failure:
    """A call for which the machine's stack has no room."""
    return Failure("RecursionError", "maximum recursion depth exceeded", (), where)


def negative_size(where: SourceLocation | None) -> Failure:
    """An array with a negative size."""
    return Failure("ValueError", "negative dimensions are not allowed", (), where)
