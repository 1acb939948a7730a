"""Names for the printed program: valid, unique among what is in scope, made from hints.

A name is free again at the end of its block, so two loops that follow one another may both count with `i`.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata

__all__ = ["Names"]

_RESERVED = frozenset((*keyword.kwlist, *dir(builtins), "np", "math", "cmath", "scipy", "wengert"))


class Names:
    """Gives names; `enter` and `leave` open and close a block."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._scopes: list[list[str]] = [[]]
        # For each scope and base, the last number given: where the search for a free one starts.
        self._numbers: list[dict[str, int]] = [{}]

    def enter(self) -> None:
        """Open a block."""
        self._scopes.append([])
        self._numbers.append({})

    def leave(self) -> None:
        """Close the innermost block: its names are free again."""
        self._taken.difference_update(self._scopes.pop())
        self._numbers.pop()

    def give(self, hint: str) -> str:
        """A name like `hint`, or `hint_2`, ..., that nothing in scope has."""
        base = re.sub(r"\W", "_", unicodedata.normalize("NFKC", hint)) or "t"
        if base[0].isdigit():
            base = "_" + base
        if base in _RESERVED:
            base += "_"
        number = max(numbers.get(base, 0) for numbers in self._numbers)
        name = ""
        while not name or name in self._taken:
            number += 1
            name = base if number == 1 else f"{base}_{number}"
        self._numbers[-1][base] = number
        self._scopes[-1].append(name)
        self._taken.add(name)
        return name
