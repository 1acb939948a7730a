"""Memory reports: golden text, both engines, tables that hold, pictures, bad input."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import wengert as wg


def text_of(report, function):
    """The text, with line numbers counted from the `def` of the function."""
    first = function.__code__.co_firstlineno
    return re.sub(r"test_memory_report\.py:(\d+)", lambda found: f"line {int(found[1]) - first}", str(report))


def settle(u, steps):
    for _ in range(steps):
        u[1:-1] += 0.1 * np.sin(u[2:] - u[:-2])
    return np.sum(u * u)


def test_golden_text_of_a_recorded_function():
    """Bytes by line, and the most at once; a recorded loop has no table."""
    x = np.ones(10)
    report = wg.memory_report(settle)(x, 2)
    assert (
        text_of(report, settle)
        == """\
memory report of settle (recorded)

  saved  line
    136  line 2, in settle
     80  line 3, in settle

saved: 216 bytes; most at once: 1320 bytes"""
    )
    assert report.saved_bytes == wg.trace(settle)(x, 2).saved_bytes
    np.testing.assert_array_equal(x, 1.0)


def test_a_compiled_function():
    """The same of the adjoint program, with its other arrays, and the table of its loop."""
    report = wg.memory_report(wg.jit(settle))(np.linspace(0.0, 1.0, 5002), 50)
    lines = text_of(report, settle).splitlines()
    assert lines[:3] == ["memory report of settle (compiled)", "", "    saved  working  line"]
    assert lines[3].split()[0] == "2000000"  # 50 times the cosines of 5000 elements
    assert lines[3].endswith("  line 1, in settle")
    assert 2_000_000 == report.saved_bytes < report.peak_bytes < 2_200_000
    assert lines[6] == f"saved: 2000000 bytes; most at once: {report.peak_bytes} bytes"
    assert lines[8].startswith("loop at line 1, in settle: 50 steps, a state takes ")
    assert lines[9].split() == "states kept steps at once bytes steps run again".split()  # noqa: SIM905 - words
    assert lines[10].split() == ["0", "50", str(report.peak_bytes), "0"]


def wave(u, v, steps):
    for _ in range(steps):
        v[1:-1] += 0.1 * np.sin(u[2:] - 2.0 * u[1:-1] + u[:-2])
        u += 0.1 * v
    return np.sum(u * u)


def test_the_table_of_a_compiled_loop_holds():
    """With the bytes of a row as its budget the loop runs as many steps again as the row says; with less, it cannot."""
    u, v = np.linspace(0.0, 1.0, 4000), np.zeros(4000)
    compiled = wg.jit(wave)
    (loop,) = wg.memory_report(compiled, argnums=0)(u, v, 100).loops
    assert loop.steps == 100
    assert loop.state_bytes >= 64000
    assert len(loop.rows) > 4
    assert [row.bytes for row in loop.rows] == sorted((row.bytes for row in loop.rows), reverse=True)
    expected = wg.grad(compiled)(u, v, 100)
    for row in loop.rows:
        counts = []
        found = wg.grad(compiled, memory=row.bytes, progress=counts.append)(u, v, 100)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert max((one.recomputed for one in counts), default=0) == row.steps_again
    with pytest.raises(wg.MemoryBudgetError):
        wg.grad(compiled, memory=loop.rows[-1].bytes - 1)(u, v, 100)


def two_loops(u, steps):
    for _ in range(steps):
        u[1:-1] += 0.1 * np.sin(u[2:] - u[:-2])
    for _ in range(steps):
        u[1:-1] += 0.1 * np.cos(u[2:] - u[:-2])
    return np.sum(u * u)


def test_a_loop_that_is_followed_by_another():
    """It runs once more as a whole when the way back comes to it."""
    u = np.linspace(0.0, 1.0, 4000)
    compiled = wg.jit(two_loops)
    first, second = wg.memory_report(compiled)(u, 40).loops
    counts = []
    least = first.rows[-1].bytes
    assert least == second.rows[-1].bytes
    wg.grad(compiled, memory=least, progress=counts.append)(u, 40)
    assert max(one.recomputed for one in counts) == sum(loop.rows[-1].steps_again for loop in (first, second))


def sine_step(state, k):
    return {"u": state["u"] + 0.01 * np.sin(state["u"])}


@pytest.mark.parametrize("state", [0, 1, 2, 3])
def test_the_table_of_a_checkpointed_loop_holds(state):
    """With the bytes of a row as its budget the loop runs as many steps again as the row says."""
    u = np.linspace(0.0, 1.0, 2000)
    counts = []

    def run(u, memory=None):
        final = wg.checkpointed_loop(sine_step, {"u": u}, 12, memory=memory, progress=counts.append)
        return np.sum(final["u"])

    (loop,) = wg.memory_report(run)(u).loops
    assert (loop.steps, [row.states for row in loop.rows]) == (12, [12, 6, 3, 1])
    row = loop.rows[state]
    counts.clear()
    expected = wg.grad(run)(u)
    counts.clear()
    np.testing.assert_array_equal(wg.grad(lambda u: run(u, row.bytes))(u), expected)
    assert max(one.recomputed for one in counts) == row.steps_again


def test_the_least_budget_is_the_last_row():
    """A byte less than the last row is refused."""
    u = np.linspace(0.0, 1.0, 2000)

    def run(u, memory=None):
        return np.sum(wg.checkpointed_loop(sine_step, {"u": u}, 12, memory=memory)["u"])

    least = wg.memory_report(run)(u).loops[0].rows[-1].bytes
    with pytest.raises(wg.MemoryBudgetError):
        wg.grad(lambda u: run(u, least - 1))(u)


def doubling(x):
    n = 0
    while np.sum(x) < 100.0:
        x = x * x + 1.0
        n += 1
    return np.sum(x) * n


def test_a_loop_of_unknown_length():
    """Stacks are counted too; the number of steps is that of this run."""
    x = np.array([1.0, 2.0])
    report = wg.memory_report(wg.jit(doubling))(x)
    steps = 0
    while np.sum(x) < 100.0:
        x, steps = x * x + 1.0, steps + 1
    (loop,) = report.loops
    assert loop.rows[0].steps_again == 0
    assert report.saved_bytes >= steps * 16
    assert wg.memory_report(wg.jit(doubling))(np.array([100.0, 2.0])).loops == ()


def two_results(A, B):
    C = A @ B
    for i in range(3):
        C = np.tanh(C @ B) + 0.1 * i
    return C, A[0] * 2.0


def one_row(A, b):
    total = 0.0
    for i in range(len(b)):
        if b[i] > 0.0:
            row = np.exp(A[i] * b[i])
            total += np.sum(row * row)
    return total


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (settle, (np.linspace(0.0, 1.0, 9), 3)),
        (two_results, (np.eye(4), np.full((4, 4), 0.1))),
        (one_row, (np.ones((3, 5)), np.array([1.0, -1.0, 0.5]))),
        (doubling, (np.array([1.0, 2.0]),)),
    ],
)
def test_counting_changes_no_number(function, args):
    """The programs that count give the same results and derivatives, to the bit."""
    compiled = wg.jit(function)
    kernel = compiled.specialise(args).functional
    floats = tuple(i for i in range(len(kernel.inputs)) if kernel.dtype(i).startswith("float"))
    results, _ = kernel(*args)
    cts = [np.ones_like(one)[()] for one in results if np.asarray(one).dtype.kind == "f"]
    adjoint = kernel.reverse(floats, with_results=True, unit_seed=False)
    metered, sites = adjoint.metered()
    expected = adjoint(*args, *cts)
    found = metered(*args, *cts)
    count = len(expected[0])
    for one, other in zip((*found[0][:count], *found[1]), (*expected[0], *expected[1]), strict=True):
        np.testing.assert_array_equal(one, other)
    most, *each = found[0][count:]
    assert len(each) == len(sites)
    assert 0 <= max(each, default=0) <= most <= sum(each)


def halved(x, n):
    if n == 0:
        return np.sum(x * x)
    return halved(np.sin(x), n - 1)


def test_a_recursion():
    """What a function that calls itself takes is part of the most at once, under no line, and there is no table."""
    report = wg.memory_report(wg.jit(halved))(np.ones(1000), 10)
    assert report.loops == ()
    assert sum(line.working_bytes for line in report.lines if line.line == 0) > 10 * 8000
    assert report.peak_bytes > 10 * 8000
    assert "elsewhere" in str(report)


def test_a_function_without_loops():
    """There is no table, and nothing is saved of what is linear."""
    for engine in (lambda function: function, wg.jit):
        report = wg.memory_report(engine(lambda x: np.sum(2.0 * x)))(np.ones(5))
        assert (report.saved_bytes <= 8, report.loops) == (True, ())


def test_the_picture(tmp_path):
    """The SVG is whole by itself, and has a bar for each row; text is escaped."""
    report = wg.memory_report(wg.jit(settle))(np.linspace(0.0, 1.0, 5002), 50)
    path = tmp_path / "memory.svg"
    report.save(path)
    text = path.read_text(encoding="utf-8")
    bars = [one for one in ElementTree.fromstring(text).iter() if one.tag.endswith("rect")]
    assert len(bars) == len(report.lines) + len(report.loops[0].rows)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    lambda_report = wg.memory_report(lambda x: np.sum(np.sin(x)))(np.ones(3))
    lambda_report.save(str(path))
    assert "&lt;lambda&gt;" in path.read_text(encoding="utf-8")


def test_pictures_by_matplotlib(tmp_path):
    """Where matplotlib is, it draws the same."""
    pytest.importorskip("matplotlib")
    report = wg.memory_report(wg.jit(settle))(np.ones(10), 12)
    report.save(tmp_path / "memory.png")
    assert (tmp_path / "memory.png").read_bytes().startswith(b"\x89PNG")


def test_bad_input(tmp_path, monkeypatch):
    """Another ending, missing matplotlib, nothing to differentiate, errors of the function."""
    report = wg.memory_report(settle)(np.ones(5), 1)
    with pytest.raises(wg.ArgumentError, match=r"\.svg, \.png or \.pdf"):
        report.save(tmp_path / "memory.txt")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(wg.ArgumentError, match="needs matplotlib"):
        report.save(tmp_path / "memory.png")
    with pytest.raises(wg.ArgumentError):
        wg.memory_report(wg.jit(lambda n: n * 2))(3)
    with pytest.raises(IndexError):
        wg.memory_report(wg.jit(lambda x: x[3]))(np.ones(2))
