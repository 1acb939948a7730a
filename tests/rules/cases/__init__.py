"""Cases for every rule of the table: one module per module of `wengert.rules`, each with a list `CASES`."""

from __future__ import annotations

import importlib
import pkgutil

from tests.rules.harness import Case

__all__ = ["all_cases", "named_cases"]


def all_cases() -> list[Case]:
    """The cases of all families, in the order of the modules' names."""
    found: list[Case] = []
    for module in pkgutil.iter_modules(__path__):
        found.extend(importlib.import_module(f"{__name__}.{module.name}").CASES)
    return found


def named_cases() -> dict[str, Case]:
    """The cases by the module and the name; those of one name are numbered."""
    found: dict[str, Case] = {}
    for module in pkgutil.iter_modules(__path__):
        for case in importlib.import_module(f"{__name__}.{module.name}").CASES:
            name = f"{module.name}: {case}"
            count = sum(1 for one in found if one == name or one.startswith(f"{name} #"))
            found[f"{name} #{count + 1}" if count else name] = case
    return found
