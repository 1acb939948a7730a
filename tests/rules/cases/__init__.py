"""Cases for every rule of the table: one module per module of `wengert.rules`, each with a list `CASES`."""

from __future__ import annotations

import importlib
import pkgutil

from tests.rules.harness import Case

__all__ = ["all_cases"]


def all_cases() -> list[Case]:
    """The cases of all families, in the order of the modules' names."""
    found: list[Case] = []
    for module in pkgutil.iter_modules(__path__):
        found.extend(importlib.import_module(f"{__name__}.{module.name}").CASES)
    return found
