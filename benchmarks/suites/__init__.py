"""What is measured: a module for each suite, all of one form.

`NAME` and `TITLE`; `TIMED`, whether there are repeats to be timed after the first call; `WITH_THREADS`, whether a run
with the libraries' own threads is of interest too; `PROCESSES`, how many processes in turn make a first call, by size;
`cases(size)`; `contenders(case)`; `kind(contender)`: outcomes of one kind are compared; `subject(case, contender, size,
seed)`, in the process of the contender; `tables(found)`, lines of Markdown; `draw(axes, found)`; `summary(found)`,
lines with the most important figures; `behind(found)`, a line for each peer that beats wengert in a case.
"""

from __future__ import annotations

import importlib
from types import ModuleType

NAMES = ("overhead", "kernels", "models", "compile", "memory")


def suite(name: str) -> ModuleType:
    """The suite's module."""
    return importlib.import_module(f"benchmarks.suites.{name}")
