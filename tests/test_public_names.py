"""The public names: what `__all__` says, what the reference documents, and an example for each."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import wengert

REFERENCE = Path(__file__).parent.parent / "docs" / "reference.md"
MODULES = ["wengert", "wengert.testing"]


def documented(module: str) -> set[str]:
    """The names of a module that the reference page documents."""
    found = re.findall(r"^\.\. auto\w+:: (\S+)$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name.removeprefix(f"{module}.") for name in found if name.rpartition(".")[0] == module}


@pytest.mark.parametrize("module", MODULES)
def test_all_is_the_documented_set(module: str) -> None:
    """Every public name is in the reference, and nothing else is; all of them exist."""
    public = importlib.import_module(module)
    assert documented(module) == set(public.__all__)
    assert all(hasattr(public, name) for name in public.__all__)
    assert sorted(public.__all__) == list(public.__all__)


@pytest.mark.parametrize("name", wengert.__all__)
def test_public_names_have_a_docstring_with_an_example(name: str) -> None:
    """Each docstring has an example, which pytest runs; that of an exception says when it is raised."""
    public = getattr(wengert, name)
    assert public.__doc__ is not None
    assert ">>>" in public.__doc__ or issubclass(public, wengert.WengertError)


def test_importing_shows_no_other_names() -> None:
    """`from wengert import *` gives exactly the public names."""
    namespace: dict[str, object] = {}
    exec("from wengert import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(wengert.__all__)
