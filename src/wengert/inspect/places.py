"""Where the user's program is: the expression being executed, and which iteration of its loops.

What goes in: the running thread's frames. What comes out: a `Place`, the source text of the innermost expression that
belongs neither to wengert nor to NumPy, and an `Occurrence`, one execution of it, with the variables of the `for` loops
around it. What holds: the expression is cut out of the file by the positions that Python's own byte code keeps.
"""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
import os
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import numpy as np

from wengert.errors import user_frame
from wengert.inspect.expressions import number_text, plain

__all__ = ["NOWHERE", "Occurrence", "Place", "Places"]

_LONGEST = 80

# First line, last line, first column, last column, as `co_positions` gives them.
Positions = tuple[int | None, int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Place:
    """An expression of the user's program. `expression` is empty where there is no source."""

    filename: str
    line: int
    function: str
    expression: str

    @property
    def short(self) -> str:
        """`model.py:12, in f`."""
        return f"{os.path.basename(self.filename)}:{self.line}, in {self.function}"

    def __str__(self) -> str:
        at = f"{self.filename}:{self.line}, in {self.function}"
        return f"{at}\n    {self.expression}" if self.expression else at


NOWHERE = Place("<unknown>", 0, "<unknown>", "")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One execution of a place: the how manyth (from 1), and the variables of the loops around it, `i = 3, j = 0`."""

    place: Place
    time: int
    loops: str

    @property
    def iteration(self) -> str:
        """For people: `i = 3`; else `4th time`, where it was not the first."""
        if self.loops:
            return self.loops
        return "" if self.time == 1 else f"{ordinal(self.time)} time"

    @property
    def short(self) -> str:
        """`model.py:12, in f, i = 3`."""
        return f"{self.place.short}, {self.iteration}" if self.iteration else self.place.short

    def __str__(self) -> str:
        at = f"{self.place.filename}:{self.place.line}, in {self.place.function}"
        at = f"{at}, {self.iteration}" if self.iteration else at
        return f"{at}\n    {self.place.expression}" if self.place.expression else at


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _cut(filename: str, positions: Positions) -> str:
    """The source text between two positions, on one line. Columns count bytes."""
    first, last, start, stop = positions
    if first is None:
        return ""
    if last is None or start is None or stop is None:
        return linecache.getline(filename, first).strip()
    lines = [linecache.getline(filename, line).encode() for line in range(first, last + 1)]
    lines[-1] = lines[-1][:stop]
    lines[0] = lines[0][start:]
    text = " ".join(line.decode(errors="replace").strip() for line in lines)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


@functools.lru_cache(maxsize=64)
def _loops_of_text(text: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    """The `for` loops of a file: first and last line of the body, and the names that the loop sets."""
    try:
        module = ast.parse(text)
    except (SyntaxError, RecursionError):
        return ()
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.For):
            names = tuple(one.id for one in ast.walk(node.target) if isinstance(one, ast.Name))
            last = node.body[-1].end_lineno or node.lineno
            found.append((node.body[0].lineno, last, names))
    return tuple(sorted(found))


def _loop_variables(code: CodeType, line: int) -> tuple[str, ...]:
    """The names that the loops around a line set, outermost first, of those that belong to the function itself."""
    text = "".join(linecache.getlines(code.co_filename))
    own = {*code.co_varnames, *code.co_cellvars}
    names = [name for first, last, names in _loops_of_text(text) if first <= line <= last for name in names]
    return tuple(name for name in dict.fromkeys(names) if name in own)


def _loops_text(frame: FrameType, names: tuple[str, ...]) -> str:
    """The loop variables that are whole numbers."""
    if not names:
        return ""
    values = frame.f_locals
    whole = [(name, plain(values.get(name))) for name in names]
    texts = [f"{name} = {number_text(value)}" for name, value in whole if isinstance(value, (int, np.integer))]
    return ", ".join(texts)


class Places:
    """The places of one run, each made once, and how often each was executed."""

    def __init__(self) -> None:
        self._known: dict[tuple[CodeType, int], tuple[Place, tuple[str, ...]]] = {}
        self._times: dict[Any, Any] = {}

    def here(self, kind: str = "") -> Occurrence:
        """What is being executed. Executions are counted for each kind of thing that happens there."""
        frame = user_frame()
        if frame is None:
            return Occurrence(NOWHERE, 1, "")
        key = frame.f_code, frame.f_lasti
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(frame)
        time = next(self._times.setdefault((key, kind), itertools.count(1)))
        return Occurrence(found[0], time, _loops_text(frame, found[1]))

    @staticmethod
    def _made(frame: FrameType) -> tuple[Place, tuple[str, ...]]:
        code, line = frame.f_code, frame.f_lineno
        positions = next(itertools.islice(code.co_positions(), frame.f_lasti // 2, None), (line, None, None, None))
        place = Place(code.co_filename, line, code.co_qualname, _cut(code.co_filename, positions))
        return place, _loop_variables(code, line)
