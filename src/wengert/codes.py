"""Code objects, by identity, and which of them were made from others.

What goes in: a code object that the record engine compiled again, with that of the user. What comes out: the user's, by
which the compile engine finds the source of a function that was defined while another one was recorded. What holds:
nothing is kept alive by being a key.
"""

from __future__ import annotations

import weakref
from types import CodeType
from typing import Generic, TypeVar

__all__ = ["WRITTEN", "ByCode"]

T = TypeVar("T")


class ByCode(Generic[T]):
    """A mapping from code objects, by identity, that forgets what is no longer alive."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[weakref.ref[CodeType], T]] = {}

    def __contains__(self, code: CodeType) -> bool:
        return id(code) in self._found

    def __getitem__(self, code: CodeType) -> T:
        return self._found[id(code)][1]

    def __setitem__(self, code: CodeType, value: T) -> None:
        key = id(code)
        self._found[key] = weakref.ref(code, lambda _: self._found.pop(key, None)), value


# What the user wrote, for code that was compiled again with hooks in it, functions inside it included. Both are kept by
# others, and the one must not keep the other.
WRITTEN: ByCode[weakref.ref[CodeType]] = ByCode()
