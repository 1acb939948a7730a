"""Runs a program by executing its printed text over NumPy: slow, and what compiled code is compared with.

What goes in: a program and its arguments. What comes out: its results. What holds: array arguments are used in place,
those of `output` parameters filled, as compiled code does. Debuggers and tracebacks show the lines of the text.
"""

from __future__ import annotations

import functools
import hashlib
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.program.printer import print_program
from wengert.program.statements import Program

__all__ = ["python_function", "run"]


@functools.lru_cache(maxsize=256)
def python_function(program: Program) -> Callable[..., Any]:
    """The printed program as a Python function."""
    text = print_program(program)
    filename = f"<wengert {program.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}>"
    linecache.cache[filename] = len(text), None, text.splitlines(keepends=True), filename
    namespace: dict[str, Any] = {}
    exec(compile(text, filename, "exec"), namespace)  # noqa: S102 -- the text is ours; executing it is what we are for
    function: Callable[..., Any] = list(namespace.values())[-1]
    return function


def run(program: Program, *arguments: Any) -> Any:
    """The result of the program; a tuple if it has several, and `None` if it has none."""
    with np.errstate(all="ignore"):
        return python_function(program)(*arguments)
