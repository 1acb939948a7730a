"""The documentation is true: its examples give what they show, and the architecture page names every file.

A block marked `python` with prompts is a session, checked as a doctest; one without is a script, run from a file
of its own, before the sessions. All blocks of a page share their names, as if typed one after the other.
"""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_script(code: str, path: Path, names: dict[str, Any]) -> None:
    path.write_text(code, encoding="utf-8")
    exec(compile(code, str(path), "exec"), names)


def run_session(code: str, title: str, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(code, names, title, title, 0)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_of_a_page_give_what_they_show(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example of the page runs, in order, and prints what the page says."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    for number, code in enumerate(block for block in blocks if not block.startswith(">>>")):
        run_script(code, tmp_path / f"{page.stem}_{number}.py", names)
    run_session("\n".join(block for block in blocks if block.startswith(">>>")), page.stem, names)


def test_the_architecture_page_names_every_file() -> None:
    """A file without its sentence on docs/architecture.md is a file nobody can find."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    source = ROOT / "src" / "wengert"
    files = {str(path.relative_to(source)) for path in source.rglob("*.py") if path.name != "__init__.py"}
    named = set(re.findall(r"`([\w/]+\.py)`", text))
    assert files - named == set(), "without a sentence"
    assert named - files == set(), "no longer there"
