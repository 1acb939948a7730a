"""The exception tree, and where in the user's source a thing happened.

    WengertError
    ├── LostGradientError       (RuntimeError)     a recorded value would become a plain array or number
    ├── EscapedValueError       (RuntimeError)     a recorded value is used after its recording has ended
    ├── UnsupportedOperationError (NotImplementedError)  an operation, or an option of one, without a rule
    ├── NotAcceptedError        (NotImplementedError)  source that the compile engine does not accept
    ├── NotScalarError          (TypeError)        `grad` of a function whose result is not one real number
    ├── ArgumentError           (TypeError)        an argument that cannot be differentiated, or a bad `argnums`
    ├── SeedError               (ValueError)       a tangent or cotangent of the wrong shape, dtype or structure
    ├── RuleError               (TypeError)        a derivative rule that is malformed; raised when it is defined
    ├── RecomputationError      (RuntimeError)     a recomputed result differs from that of the first run
    ├── MemoryBudgetError       (MemoryError)      a memory budget that cannot be kept
    ├── CutGradientError        (RuntimeError)     under `strict=True`: a float became an integer
    └── NonFiniteError          (ArithmeticError)  under `strict=True`: NaN or infinity entered

`CheckFailedError` (an `AssertionError`) is what `check_grads` raises; it lives here too so that the tree is in one
place.
"""

from __future__ import annotations

import linecache
import os
import sys
from dataclasses import dataclass
from types import FrameType

__all__ = [
    "ArgumentError",
    "CheckFailedError",
    "CutGradientError",
    "EscapedValueError",
    "LostGradientError",
    "MemoryBudgetError",
    "NonFiniteError",
    "NotAcceptedError",
    "NotScalarError",
    "RecomputationError",
    "RuleError",
    "SeedError",
    "SourceLocation",
    "UnsupportedOperationError",
    "WengertError",
    "caret",
    "is_own_file",
    "user_frame",
    "user_location",
]


class WengertError(Exception):
    """Base of every error that wengert raises on purpose."""


class LostGradientError(WengertError, RuntimeError):
    """A recorded value would lose its derivative in a plain `ndarray` or number."""


class EscapedValueError(WengertError, RuntimeError):
    """A recorded value is used after the recording that made it has ended."""


class UnsupportedOperationError(WengertError, NotImplementedError):
    """An operation, or an option of an operation, that has no derivative rule."""


class NotAcceptedError(WengertError, NotImplementedError):
    """Source that the compile engine does not accept; raised before anything runs."""


class NotScalarError(WengertError, TypeError):
    """`grad` was asked for a function whose result is not one real number."""


class ArgumentError(WengertError, TypeError):
    """An argument that cannot be differentiated, or an `argnums` that names none."""


class SeedError(WengertError, ValueError):
    """A tangent or cotangent whose structure, shape or dtype does not fit."""


class RuleError(WengertError, TypeError):
    """A derivative rule is malformed: an unknown name, a missing operation, a second rule for one argument."""


class RecomputationError(WengertError, RuntimeError):
    """A recomputed call or step gave another result than its first run: its derivative would be of another program."""


class MemoryBudgetError(WengertError, MemoryError):
    """A memory budget that cannot be kept; the message says the least that can be, if it is known before the run."""


class CutGradientError(WengertError, RuntimeError):
    """Under `strict=True`: a float that depends on a differentiated argument became an integer."""


class NonFiniteError(WengertError, ArithmeticError):
    """Under `strict=True`: an operation or its derivative gave NaN or infinity where its operands were finite."""


class CheckFailedError(WengertError, AssertionError):
    """A derivative does not agree with its numerical check."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A line of the user's program."""

    filename: str
    line: int
    function: str

    @property
    def text(self) -> str:
        """The source line, stripped, or an empty string where there is no source."""
        return linecache.getline(self.filename, self.line).strip()

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}, in {self.function}"


def caret(location: SourceLocation | None, column: int, reason: str, remedy: str = "") -> str:
    """The text of a refusal: the reason, the file and line, the source line with a caret below it, and the remedy.

    `column` counts from 0 in the unstripped source line.
    """
    lines = [reason]
    if location is not None:
        lines.append(f"  at {location}")
        whole = linecache.getline(location.filename, location.line).rstrip("\n")
        if whole.strip():
            indent = len(whole) - len(whole.lstrip())
            lines += [f"    {whole.strip()}", "    " + " " * max(column - indent, 0) + "^"]
    if remedy:
        lines.append(f"  {remedy}")
    return "\n".join(lines)


_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def is_own_file(filename: str) -> bool:
    """Whether a file is one of wengert's."""
    return filename.startswith(_PACKAGE)


def _is_user_frame(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    return not (is_own_file(frame.f_code.co_filename) or module == "numpy" or module.startswith(("numpy.", "scipy.")))


def user_frame() -> FrameType | None:
    """The innermost frame being executed that belongs neither to wengert nor to NumPy or SciPy."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_user_frame(frame):
        frame = frame.f_back
    return frame


def user_location() -> SourceLocation | None:
    """The line at which that frame is."""
    frame = user_frame()
    if frame is None:
        return None
    return SourceLocation(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname)


def at_user_location() -> str:
    """`at FILE:LINE, in FUNCTION` and the source line below it, for the end of an error message."""
    location = user_location()
    if location is None:
        return "at an unknown place"
    return f"at {location}\n    {location.text}" if location.text else f"at {location}"
