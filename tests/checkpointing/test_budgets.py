"""Derivatives of compiled functions within a budget: the same numbers, never more bytes, as few steps as possible."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.kernels.cases import CASES, fresh

import wengert as wg
from wengert.adjoint.segments import Repetition
from wengert.checkpointing import Progress, compiled, pieces, repetitions
from wengert.checkpointing.planning import Plan
from wengert.errors import ArgumentError, MemoryBudgetError
from wengert.program.verifier import verify
from wengert.runtime.ledger import Ledger
from wengert.schedules import optimal_advances
from wengert.schedules import repetitions as fewest_repetitions

AMPLE = 10**9


@pytest.fixture
def ledgers(monkeypatch: pytest.MonkeyPatch) -> list[Ledger]:
    """The ledgers that derivatives use from now on."""
    found: list[Ledger] = []
    make = compiled.new_ledger

    def new_ledger(limit: int) -> Ledger:
        found.append(make(limit))
        return found[-1]

    monkeypatch.setattr(compiled, "new_ledger", new_ledger)
    return found


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans by which outermost loops are swept back from now on."""
    found: list[Plan] = []
    original = repetitions.RepetitionSweep._plan

    def plan(self: Any) -> Plan:
        one = original(self)
        if self.context.depth == 0 and one not in found:
            found.append(one)
        return one

    monkeypatch.setattr(repetitions.RepetitionSweep, "_plan", plan)
    return found


def least_of(function: Callable[..., Any], arguments: Sequence[Any], **options: Any) -> int:
    """The least budget, as the refusal of a smaller one names it."""
    with pytest.raises(MemoryBudgetError, match=r"cannot be kept: the least is \d+ bytes") as refusal:
        wg.value_and_grad(wg.jit(function), memory=1, **options)(*fresh(arguments))
    found = re.search(r"the least is (\d+) bytes", str(refusal.value))
    assert found is not None
    return int(found[1])


def assert_close(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    for one, other in zip(found, expected, strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=rtol * np.max(np.abs(other)))


# Programs.


def diffuse(u: Any, steps: int) -> Any:
    for _ in range(steps):
        u[1:-1] += 0.25 * np.sin(u[1:-1]) * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def settle(u: Any, rate: Any) -> Any:
    count = 0
    while np.max(np.abs(u)) > 0.1:
        u = u - rate * u**3
        count += 1
    return np.sum(u) * rate, count


def settle_loss(u: Any, rate: Any) -> Any:
    return settle(u, rate)[0]


def relax(u: Any, outer: int, inner: int) -> Any:
    total = 0.0
    for k in range(outer):
        for _ in range(inner):
            u[1:-1] += 0.3 * np.tanh(u[2:] * u[:-2])
        u *= 0.5
        total += u[k % 3] ** 2
    return total + np.sum(u)


def two_loops(u: Any, first: int, second: int) -> Any:
    for _ in range(first):
        u = np.sin(u) * 1.1
    v = u * u
    for _ in range(second):
        v = np.cos(v) + 0.1 * u
    return np.sum(v * u)


KERNELS: dict[str, dict[str, Any]] = {
    "heat_3d": {"steps": 12, "shape": (5, 4, 6)},
    "seidel_2d": {"steps": 12, "n": 7},
    "runge_kutta": {"n": 12},
    "conjugate_gradient": {"n": 20},
    "lstm": {"t": 25, "n": 2, "features": 3, "units": 2},
    "nbody": {"steps": 20, "n": 4},
    "durbin": {"n": 20},
}


# Kernels.


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_keep_to_any_budget(name: str, ledgers: list[Ledger]) -> None:
    """From the least budget on: the same value and gradient, no byte more than allowed, and no fewer with more."""
    case = CASES[name]
    rng = np.random.default_rng(1)
    arguments = case.draw(rng, **KERNELS[name])
    arguments = (*arguments, *(rng.normal(size=np.shape(one))[()] for one in case.results(arguments)))
    value, gradient = wg.value_and_grad(wg.jit(case.loss), case.argnums)(*arguments)
    least = least_of(case.loss, arguments, argnums=case.argnums)
    taken = []
    for memory in (least, least + least // 10, least + least // 3, 2 * least, 5 * least, AMPLE):
        given = fresh(arguments)
        found, derivative = wg.value_and_grad(wg.jit(case.loss), case.argnums, memory=memory)(*given)
        np.testing.assert_allclose(found, value, rtol=1e-13)
        assert_close(derivative, gradient)
        taken.append(ledgers[-1].peak)
        assert taken[-1] <= memory
        for one, other in zip(given, arguments, strict=True):
            np.testing.assert_array_equal(one, other)
    assert taken == sorted(taken)
    with pytest.raises(MemoryBudgetError, match=f"the least is {least} bytes"):
        wg.value_and_grad(wg.jit(case.loss), case.argnums, memory=least - 1)(*arguments)


@pytest.mark.parametrize("name", KERNELS)
def test_pieces_are_programs(name: str) -> None:
    """The pieces of a kernel and their derivatives are well formed, and so are those of its iterations."""
    case = CASES[name]
    arguments = case.draw(np.random.default_rng(1), **KERNELS[name])
    weights = [np.ones(np.shape(one))[()] for one in case.results(arguments)]
    kernel = wg.jit(case.loss).specialise((*arguments, *weights)).scalar
    assert kernel is not None
    codes = [pieces.chain_code(kernel.prepared, case.argnums, False, True)]
    checked = 0
    for code in codes:
        for segment in code.chain.segments:
            for piece in segment.pieces:
                verify(piece.program)
                verify(piece.reversed(guarded=bool(checked % 2)))
                checked += 1
            if isinstance(segment, Repetition):
                codes.append(code.inner(segment))
    assert checked


# Steps.


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 57, 200])
def test_as_few_steps_are_recomputed_as_is_possible(steps: int, plans: list[Plan]) -> None:
    """Blocks run on the way back are Griewank and Walther's optimum for the states kept, for any budget."""
    u = np.random.default_rng(0).random(2000)
    expected = wg.grad(wg.jit(diffuse))(u, steps)
    seen: list[Progress] = []
    for memory in (105_000, 140_000, 200_000, 400_000, 1_000_000):
        plans.clear()
        seen.clear()
        found = wg.grad(wg.jit(diffuse), memory=memory, progress=seen.append)(u, steps)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        if plans:
            (plan,) = plans
            blocks = -(-steps // plan.block)
            again = optimal_advances(blocks, plan.snapshots) - max(blocks - 1, 0)
            assert seen[-1] == Progress(steps, again * plan.block, steps, steps)
    assert not plans or steps > 2


@pytest.mark.parametrize("memory", [50_000, 60_000, 80_000, 150_000])
def test_while_loops_keep_the_proven_bound(memory: int, plans: list[Plan]) -> None:
    """No block is run more often than the least number of repetitions, where the number is known only at the end."""
    u, rate = np.random.default_rng(0).random(500) + 1.0, 0.3
    _, count = settle(u, rate)
    seen: list[Progress] = []
    found = wg.grad(wg.jit(settle_loss), (0, 1), memory=memory, progress=seen.append)(u, rate)
    assert_close(found, wg.grad(wg.jit(settle_loss), (0, 1))(u, rate))
    (plan,) = plans
    assert (seen[-1].forward, seen[-1].reverse, seen[-1].steps) == (count, count, count)
    most = fewest_repetitions(-(-count // plan.block), plan.snapshots)
    assert seen[-1].recomputed <= most * count


@pytest.mark.parametrize(("start", "trips"), [(0.05, 0), (0.105, 1)])
def test_while_loops_of_hardly_any_iteration(start: float, trips: int) -> None:
    """Where the condition fails at once, or after one iteration, the gradient is that of what has run."""
    u, rate = np.full(300, start), 5.0
    assert settle(u, rate)[1] == trips
    memory = least_of(settle_loss, (u, rate))
    found = wg.grad(wg.jit(settle_loss), (0, 1), memory=memory)(u, rate)
    assert_close(found, wg.grad(wg.jit(settle_loss), (0, 1))(u, rate))


def test_a_test_that_changes_what_it_tests() -> None:
    """A condition that writes to an array is part of the iteration, and the last one, which fails, is run too."""

    def shrink(u: Any) -> Any:
        u *= 0.8 + 0.1 * u[0]
        return np.sum(u)

    def loss(u: Any) -> Any:
        while shrink(u) > 1.0:
            u[1:] = u[1:] * np.cos(0.1 * u[:-1])
        return np.sum(u**2)

    u = np.random.default_rng(0).random(500)
    value, gradient = wg.value_and_grad(wg.jit(loss))(u)
    memory = least_of(loss, (u,))
    for budget in (memory, 2 * memory):
        found, derivative = wg.value_and_grad(wg.jit(loss), memory=budget)(u)
        np.testing.assert_allclose(found, value, rtol=1e-13)
        np.testing.assert_allclose(derivative, gradient, rtol=1e-11)


# Loops in loops, and after loops.


def test_nested_loops_keep_the_budget(ledgers: list[Ledger], plans: list[Plan]) -> None:
    """Inner loops are cut, too, where an outer iteration does not fit."""
    u = np.random.default_rng(0).random(2000)
    expected = wg.grad(wg.jit(relax))(u, 12, 60)
    least = least_of(relax, (u, 12, 60))
    assert least < 10 * u.nbytes
    for memory in (least, 2 * least, 4 * least):
        found = wg.grad(wg.jit(relax), memory=memory)(u, 12, 60)
        np.testing.assert_allclose(found, expected, rtol=1e-11)
        assert ledgers[-1].peak <= memory
    assert any(plan.inner for plan in plans)


@pytest.mark.parametrize(("first", "second"), [(40, 30), (0, 30), (40, 0), (1, 1)])
def test_loops_one_after_the_other(first: int, second: int, ledgers: list[Ledger]) -> None:
    """Each loop has the budget to itself while it is swept back."""
    u = np.random.default_rng(0).random(500)
    expected = wg.grad(wg.jit(two_loops))(u, first, second)
    least = least_of(two_loops, (u, first, second))
    for memory in (least, 2 * least):
        found = wg.grad(wg.jit(two_loops), memory=memory)(u, first, second)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert ledgers[-1].peak <= memory


def test_a_loop_that_fills_an_array_keeps_no_copies_of_it(ledgers: list[Ledger]) -> None:
    """An array that iterations write and none reads belongs to no state."""

    def trajectory(u: Any, steps: int) -> Any:
        kept = np.zeros((steps, u.size))
        for k in range(steps):
            u = np.sin(u) + 0.1 * u
            kept[k] = u
        return np.sum(kept**2)

    u = np.random.default_rng(0).random(100)
    expected = wg.grad(wg.jit(trajectory))(u, 300)
    kept = 300 * u.nbytes
    least = least_of(trajectory, (u, 300))
    assert least < 2.2 * kept  # the array and its cotangent
    found = wg.grad(wg.jit(trajectory), memory=least)(u, 300)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


# Kinds of numbers.


@pytest.mark.parametrize("dtype", ["float32", "complex128", "complex64"])
def test_other_kinds_of_numbers(dtype: str) -> None:
    """States of single precision and of complex numbers, cells among them."""

    def loss(u: Any, gain: Any, steps: int) -> Any:
        carried = gain * u[0]
        for _ in range(steps):
            u[1:] = np.sin(u[1:]) * carried
            carried = carried * 0.9 + 0.1 * u[1]
        return np.sum(np.abs(u) ** 2) + np.abs(carried)

    rng = np.random.default_rng(0)
    u = (rng.random(200) + (1j * rng.random(200) if dtype[0] == "c" else 0.0)).astype(dtype)
    gain = np.dtype(dtype).type(0.7)
    value, gradient = wg.value_and_grad(wg.jit(loss), (0, 1))(u, gain, 30)
    memory = least_of(loss, (u, gain, 30), argnums=(0, 1))
    found, derivative = wg.value_and_grad(wg.jit(loss), (0, 1), memory=memory)(u, gain, 30)
    precision = 1e-5 if dtype in ("float32", "complex64") else 1e-12
    np.testing.assert_allclose(found, value, rtol=precision)
    assert_close(derivative, gradient, precision)


def test_infinite_local_derivatives_have_strong_zeros() -> None:
    """A root at zero makes no NaN where its cotangent is zero, within a budget as without."""

    def loss(u: Any, steps: int) -> Any:
        for _ in range(steps):
            u[1:] = np.where(u[1:] > 0.0, np.sqrt(np.abs(u[1:])), 0.0) * 0.9 + 0.01 * u[:-1] ** 2
        return np.sum(u)

    u = np.concatenate([np.zeros(100), np.random.default_rng(0).random(100)])
    expected = wg.grad(wg.jit(loss))(u, 20)
    assert np.all(np.isfinite(expected))
    memory = least_of(loss, (u, 20))
    np.testing.assert_allclose(wg.grad(wg.jit(loss), memory=memory)(u, 20), expected, rtol=1e-12)


# Every derivative function.


def test_pullbacks_and_jacobians_keep_to_a_budget(ledgers: list[Ledger]) -> None:
    """A pullback may be called again; a Jacobian is that without a budget; auxiliary data pass."""

    def final(u: Any, steps: int) -> Any:
        for _ in range(steps):
            u[1:-1] += 0.2 * np.sin(u[2:]) * u[:-2]
        return u[:3], steps

    def steps_of(u: Any) -> Any:
        return final(u, 50)[0]

    u = np.random.default_rng(0).random(500)
    value, pullback = wg.vjp(wg.jit(steps_of), u, memory=50_000)
    expected, plain = wg.vjp(wg.jit(steps_of), u)
    np.testing.assert_array_equal(value, expected)
    ct = np.array([1.0, -2.0, 3.0])
    for _ in range(2):
        np.testing.assert_allclose(pullback(ct)[0], plain(ct)[0], rtol=1e-12)
    found = wg.jacobian(wg.jit(steps_of), memory=50_000)(u)
    np.testing.assert_allclose(found, wg.jacobian(wg.jit(steps_of))(u), rtol=1e-12)
    assert all(0 < one.peak <= 50_000 for one in ledgers)

    def with_data(u: Any) -> Any:
        return np.sum(final(u, 50)[0]), u[0]

    gradient, data = wg.grad(wg.jit(with_data), has_aux=True, memory=50_000)(u)
    np.testing.assert_allclose(gradient, plain(np.ones(3))[0], rtol=1e-12)
    assert data == u[0]


def test_kernels_that_return_nothing() -> None:
    """`returning` inside `jit`: final values of arrays, arrays in any order, and cotangents of any layout."""

    def smooth(A: Any, B: Any, steps: int) -> None:
        for _ in range(steps):
            B[1:-1, 1:-1] = np.sin(A[1:-1, 1:-1]) + 0.1 * A[2:, 1:-1]
            A[1:-1, 1:-1] = np.cos(B[1:-1, 1:-1]) * B[:-2, 1:-1]

    rng = np.random.default_rng(0)
    A, B = np.asfortranarray(rng.random((20, 21))), rng.random((21, 20)).T
    cts = (rng.random((21, 20)).T, np.asfortranarray(rng.random((20, 21))))

    def derivative(**budget: Any) -> Any:
        function = wg.jit(wg.returning(lambda A, B: smooth(A, B, 40), "A", "B"))
        values, pullback = wg.vjp(function, A, B, **budget)
        return [*values, *pullback(cts)]

    for found, expected in zip(derivative(memory=80_000), derivative(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_second_derivatives_are_refused() -> None:
    """A budget is for first derivatives; what to do instead is said."""
    u = np.random.default_rng(0).random(100)
    with pytest.raises(ArgumentError, match="leave it out for derivatives of derivatives"):
        wg.jvp(wg.grad(wg.jit(lambda u: diffuse(u, 5)), memory=AMPLE), (u,), (u,))


def test_programs_without_loops_run_or_are_refused() -> None:
    """Where nothing can be cut, a budget is kept or refused as a whole."""

    def loss(u: Any) -> Any:
        return np.sum(np.sin(np.sort(u)[::-1] * u))

    u = np.random.default_rng(0).random(1000)
    least = least_of(loss, (u,))
    np.testing.assert_allclose(wg.grad(wg.jit(loss), memory=least)(u), wg.grad(wg.jit(loss))(u), rtol=1e-13)
    with pytest.raises(MemoryBudgetError, match="without a loop whose states could be kept"):
        wg.grad(wg.jit(loss), memory=least - 1)(u)


def test_what_is_no_compiled_function_is_refused() -> None:
    """The error says what keeps to a budget instead; amounts are checked, and options that need a budget."""
    with pytest.raises(ArgumentError, match=r"Use wg\.jit, or wg\.checkpointed_loop and wg\.checkpoint"):
        wg.grad(diffuse, memory="1 GB")
    for options in ({"disk": "1 GB"}, {"directory": "/tmp"}, {"progress": True}):
        with pytest.raises(ArgumentError, match="give memory= too"):
            wg.grad(wg.jit(diffuse), **options)
    with pytest.raises(ArgumentError, match="no amount of memory"):
        wg.grad(wg.jit(diffuse), memory="much")
    with pytest.raises(ArgumentError, match="mode='reverse'"):
        wg.jacobian(wg.jit(diffuse), mode="forward", memory="1 GB")


# Exceptions, disk, progress.


def stopping(u: Any, steps: int, stop: int) -> Any:
    for k in range(steps):
        if k == stop:
            raise ValueError(f"stopped at {k}")
        u[1:-1] += 0.25 * np.sin(u[1:-1]) * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


@pytest.mark.parametrize("stop", [0, 1, 60, 99])
def test_exceptions_of_the_program_pass_as_they_are(stop: int, tmp_path: Path) -> None:
    """Message and line are those without a derivative; arguments are as they were, and no directory is left."""
    u = np.random.default_rng(0).random(1000)
    with pytest.raises(ValueError, match=f"stopped at {stop}\n") as plain:
        wg.jit(stopping)(u.copy(), 100, stop)
    given = u.copy()
    with pytest.raises(ValueError, match=f"stopped at {stop}\n") as within:
        wg.grad(wg.jit(stopping), memory=100_000, disk="1 MB", directory=tmp_path)(given, 100, stop)
    assert str(within.value) == str(plain.value)
    np.testing.assert_array_equal(given, u)
    assert not os.listdir(tmp_path)


def test_states_on_disk_save_steps_and_are_removed(tmp_path: Path, ledgers: list[Ledger]) -> None:
    """With a directory fewer steps are recomputed in the same memory, and it is gone afterwards."""
    u = np.random.default_rng(0).random(1000)
    expected = wg.grad(wg.jit(diffuse))(u, 200)
    recomputed, files = [], []

    def watch(now: Progress) -> None:
        files.append(sum(len(names) for _, _, names in os.walk(tmp_path)))
        seen.append(now)

    for disk in (None, "40 kB", "10 MB"):
        seen: list[Progress] = []
        options = {"disk": disk, "directory": tmp_path} if disk else {}
        found = wg.grad(wg.jit(diffuse), memory=130_000, progress=watch, **options)(u, 200)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert ledgers[-1].peak <= 130_000
        recomputed.append(seen[-1].recomputed)
        assert not os.listdir(tmp_path)
    assert recomputed[0] > recomputed[1] > recomputed[2]
    assert max(files) > 0


@pytest.mark.parametrize("when", ["forward", "recomputed", "reverse"])
def test_the_directory_is_removed_when_an_exception_passes(when: str, tmp_path: Path) -> None:
    """Also one of the user's own progress function, at any time."""

    def stop(now: Progress) -> None:
        if getattr(now, when) > (150 if when == "forward" else 40):
            assert os.listdir(tmp_path)
            raise KeyboardInterrupt

    u = np.random.default_rng(0).random(1000)
    with pytest.raises(KeyboardInterrupt):
        wg.grad(wg.jit(diffuse), memory=100_000, disk="200 kB", directory=tmp_path, progress=stop)(u, 200)
    assert not os.listdir(tmp_path)


def test_progress_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """A line on standard error says how far the sweep is, at its end everything."""
    u = np.random.default_rng(0).random(1000)
    wg.grad(wg.jit(diffuse), memory=100_000, progress=True)(u, 200)
    shown = capsys.readouterr().err
    assert "200 of 200 steps forward" in shown
    assert "200 of 200 back\n" in shown


def test_iterations_that_grow_are_an_error_and_no_overrun(ledgers: list[Ledger]) -> None:
    """Memory that depends on what is computed cannot be planned: it is refused when it comes to that."""

    def loss(u: Any, sizes: Any) -> Any:
        total = 0.0
        for k in range(len(sizes)):
            block = np.sort(np.sin(u[: sizes[k]] * total))
            total += np.sum(block * u[: sizes[k]] ** 2)
        return total

    u = np.random.default_rng(0).random(5000)
    sizes = np.full(300, 10)
    sizes[150] = 5000
    with pytest.raises(MemoryBudgetError, match="other iterations take more than those by which"):
        wg.grad(wg.jit(loss), memory=30_000)(u, sizes)
    assert ledgers[-1].peak <= 30_000


def test_a_recursion_is_swept_back_as_a_whole() -> None:
    """Where that fits it is; else the budget is refused, not broken."""

    def walked(x: Any, n: Any) -> Any:
        return np.sum(x) if n == 0 else walked(np.sin(x) * x, n - 1)

    compiled = wg.jit(walked)
    x = np.linspace(0.3, 1.2, 1000)
    np.testing.assert_allclose(wg.grad(compiled, memory="10 MB")(x, 3), wg.grad(compiled)(x, 3), rtol=1e-13)
    with pytest.raises(MemoryBudgetError, match="a function that recurses is swept back as a whole"):
        wg.grad(compiled, memory=20_000)(x, 3)
