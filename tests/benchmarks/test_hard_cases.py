"""The table of hard cases on the page of semantics: every case is there, with what wengert answers today."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.hard_cases import BEGIN, CASES, END, as_numpy, wengert_answer

PAGE = (Path(__file__).parents[2] / "docs" / "semantics.md").read_text(encoding="utf-8")
ROWS = [row.split(" | ") for row in PAGE.partition(BEGIN)[2].partition(END)[0].splitlines() if row.startswith("| `")]


def test_the_page_has_every_case():
    """In their order."""
    assert [row[0].strip("| `") for row in ROWS] == [line for line, _ in CASES]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{line} at {point}" for line, point in CASES])
def test_the_page_says_what_wengert_answers(number):
    """Both engines give the gradient that the page shows; the other libraries are not run."""
    line, point = CASES[number]
    assert ROWS[number][2] == wengert_answer(line, as_numpy(point))
