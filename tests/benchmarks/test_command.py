"""The command: processes, comparison, and what it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from benchmarks.figures import Notes, geometric_mean, ratio, spread_text
from benchmarks.processes import ROOT, Plan, difference, measure_case
from benchmarks.suites import suite


def python(*arguments: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_command_writes_table_repeats_and_page(tmp_path: Path) -> None:
    """Two cases of two suites, without peers: Markdown, JSON with every repeat, and the page of documentation."""
    page = tmp_path / "page.md"
    only = ["--only", "kernels/trisolv", "overhead", "--peers", "--threads", "one"]
    python("-m", "benchmarks", "--size", "tiny", *only, "--output", str(tmp_path), "--page", str(page))
    (results,) = tmp_path.glob("*-tiny.json")
    content = json.loads(results.read_text(encoding="utf-8"))
    found = content["results"]["one"]
    assert set(found) == {"kernels", "overhead"}
    assert set(found["kernels"]["trisolv"]) == {"NumPy primal", "wengert primal", "wengert recorded", "wengert"}
    for measurement in found["kernels"]["trisolv"].values():
        assert measurement["error"] == ""
        assert len(measurement["repeats"]["call"]) == 1
    assert {"cpu", "versions", "blas", "variables", "load", "commit"} <= set(content["about"])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Performance\n")
    assert "| trisolv | " in text
    assert results.with_suffix(".md").exists()
    if find_spec("matplotlib"):
        assert page.with_suffix(".png").stat().st_size > 0


def test_process_that_takes_too_long_is_a_row_that_says_so() -> None:
    """It is stopped, and the others go on."""
    plan = Plan(size="tiny", seed=0, repeats=1, limit=0.01, one_thread=False)
    found = measure_case(suite("kernels"), "trisolv", ["NumPy primal"], plan)
    assert found["NumPy primal"]["error"].startswith("was stopped after")


def test_contender_that_fails_is_a_row_with_its_error() -> None:
    """What it raised, in one line, beside the measurement of another."""
    plan = Plan(size="tiny", seed=0, repeats=2, limit=60.0, one_thread=True)
    found = measure_case(suite("kernels"), "newton", ["NumPy primal", "JAX, its own while"], plan)
    assert found["NumPy primal"]["error"] == ""
    assert len(found["NumPy primal"]["repeats"]["call"]) == 2
    assert found["JAX, its own while"]["error"].startswith("ValueError: Reverse-mode differentiation does not work")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be bound to a processor here")
def test_one_thread_is_one_processor() -> None:
    """Whatever a library does with threads."""
    program = "import os; from benchmarks.worker import bind_to_one_processor as bind; bind()"
    assert python("-c", f"{program}; print(len(os.sched_getaffinity(0)))").strip() == "1"


def test_difference_names_the_array() -> None:
    """Shapes, numbers and how many arrays; NaN never agrees; rounding does."""
    one = [np.ones(3), np.array([2.0])]
    assert difference(one, [np.ones(3) + 1e-12, np.array([2.0])]) == ""
    assert difference(one, one[:1]) == "2 arrays instead of 1"
    assert difference(one, [np.ones(2), one[1]]) == "array 0 has shape (3,) instead of (2,)"
    assert difference(one, [one[0], np.array([2.5])]).startswith("array 1 differs by 2.0e-01")
    assert difference([np.array([np.nan])], [np.array([1.0])]) != ""


def test_ratio_is_formed_within_repeats() -> None:
    """A slow spell that both share does not change it; without repeats there is none."""
    assert ratio([2.0, 20.0, 2.2], [1.0, 10.0, 1.1]) == 2.0
    assert ratio([], [1.0]) is None
    assert geometric_mean([2.0, None, 8.0]) == "4.00 (2)"
    assert spread_text([1.0, 2.0, 3.0]) == "2.00 (1.50-2.50)"
    assert spread_text([]) == ""


def test_footnote_stands_once_for_one_error() -> None:
    """With all the places where it happened."""
    notes = Notes()
    assert notes.mark("lu, autograd", "no | stores") == "[1]"
    assert notes.mark("lu, Numba", "other") == "[2]"
    assert notes.mark("adi, autograd", "no | stores") == "[1]"
    assert notes.lines()[-2] == "- [1] lu, autograd; adi, autograd: `no / stores`"
