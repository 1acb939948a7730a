"""`wg.checkpointed_loop`: derivatives, budgets kept, numbers of steps, states on disk, random draws, and refusals."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import tree
from wengert.checkpointing import Progress
from wengert.checkpointing.sizes import number_of_bytes
from wengert.schedules import optimal_advances, repetitions

U = np.linspace(0.1, 1.0, 6) ** 2
TH = np.array([0.3, 0.5, 0.2])
X = np.array([1.0, 2.0, -0.5])


def cool(u: Any, k: int) -> None:
    u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]


def as_written(step: Any, state: Any, n: int) -> Any:
    for k in range(n):
        returned = step(state, k)
        state = state if returned is None else returned
    return state


def unknown(step: Any, state: Any, n: int, **options: Any) -> Any:
    return wg.checkpointed_loop(step, state, lambda _, k: k < n, **options)


LOOPS = [wg.checkpointed_loop, unknown]


def cooled(loop: Any, n: int, **options: Any) -> Callable[[Any], Any]:
    def loss(u: Any) -> Any:
        return np.sum(loop(cool, u * 1.0, n, **options) ** 2)

    return loss


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 40])
@pytest.mark.parametrize("memory", [None, "50 kB", "54 kB", "1 MiB"])
def test_gradients_are_those_of_the_plain_loop(loop: Any, n: int, memory: str | None) -> None:
    """An update in place, with a known or unknown number of steps and with room for few or all states: equal bits."""
    value, expected = wg.value_and_grad(cooled(as_written, n))(U)
    again, found = wg.value_and_grad(cooled(loop, n, memory=memory))(U)
    assert value == again
    np.testing.assert_array_equal(found, expected)


def pendulum(loop: Any, n: int, **options: Any) -> Callable[[Any, Any], Any]:
    def loss(th: Any, x: Any) -> Any:
        generator = np.random.default_rng(1)
        scale = np.cos(th)

        def step(state: Any, k: int) -> Any:
            y, t, count = state["y"], state["t"], state["count"]
            y = np.sin(scale * y) + 0.1 * t * y + 0.01 * k * th + 0.1 * generator.normal(size=3) * np.random.rand()
            return {"y": y, "t": t + 0.1 * th[0], "count": count + 1, "generator": state["generator"]}

        start = {"y": x, "t": 0.0, "count": 0, "generator": np.random.default_rng(5)}
        final = loop(step, start, n, **options)
        assert final["count"] == n
        return np.sum(final["y"]) * final["t"] + generator.normal() * x[0]

    return loss


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("options", [{}, {"memory": "110 kB"}, {"memory": "110 kB", "disk": "3 kB"}])
def test_derivatives_of_every_kind_of_a_loop_with_parameters(
    loop: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    """Captured parameters, a tree as state, random draws: gradients, tangents, second derivatives, Jacobians."""
    if "disk" in options:
        options = {**options, "directory": tmp_path}
    derivatives: list[Callable[[Any], Any]] = [
        lambda f: wg.value_and_grad(f, (0, 1))(TH, X),
        lambda f: wg.jvp(f, (TH, X), (X, TH)),
        lambda f: wg.hvp(f, (TH, X), (X, TH)),
        lambda f: wg.jacobian(wg.grad(f), mode="reverse")(TH, X),
    ]
    for derivative in derivatives:
        results = []
        for function in (pendulum(as_written, 25), pendulum(loop, 25, **options)):
            np.random.seed(3)
            results.append((derivative(function), np.random.rand()))
        assert results[0][1] == results[1][1]
        for one, other in zip(*[tree.flatten(r[0])[0] for r in results], strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-15)
    assert list(tmp_path.iterdir()) == []


def large(u: Any, k: int) -> None:
    u[1:-1] = u[1:-1] + 0.1 * np.sin(u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]


LARGE = np.random.default_rng(0).normal(size=40_000)


def counted(loop: Any, n: int, **options: Any) -> tuple[int, Progress, np.ndarray]:
    """The most memory that is taken during a gradient, the steps it took, and the gradient."""
    told: list[Progress] = [Progress()]

    def remember(progress: Progress) -> None:
        told[0] = progress

    def loss(u: Any) -> Any:
        return np.sum(loop(large, u, n, progress=remember, **options) ** 2)

    gc.collect()
    tracemalloc.start()
    try:
        gradient = wg.grad(loss)(LARGE)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return most, told[0], gradient


@pytest.mark.parametrize("loop", LOOPS)
def test_budgets_are_kept_for_any_number_of_steps(loop: Any) -> None:
    """All memory that is taken during the gradient is below the budget, and the numbers are the same to the bit."""
    for n in (3, 40):
        _, _, expected = counted(loop, n)
        for budget in (7_500_000, 9_000_000, 14_000_000):
            most, steps, gradient = counted(loop, n, memory=budget)
            assert most < budget
            assert (steps.forward, steps.reverse) == (n, n)
            np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize("loop", LOOPS)
def test_smaller_budgets_take_less_memory_and_more_steps(loop: Any) -> None:
    """From the least budget to room for all, memory grows and recomputed steps become fewer."""
    taken, recomputed = [], []
    for budget in (7_300_000, 8_000_000, 9_000_000, 12_000_000, 20_000_000):
        most, steps, _ = counted(loop, 30, memory=budget)
        taken.append(most)
        recomputed.append(steps.recomputed)
    assert recomputed == sorted(recomputed, reverse=True)
    assert recomputed[-1] == 0
    assert all(one <= other * 1.01 for one, other in itertools.pairwise(taken))


def least_of(loss: Callable[[Any], Any], at: Any) -> int:
    """The least budget, as the refusal names it."""
    with pytest.raises(wg.MemoryBudgetError, match="the least is") as caught:
        wg.grad(loss)(at)
    return int(str(caught.value).split("the least is ")[1].split()[0])


@pytest.mark.parametrize("loop", LOOPS)
def test_a_budget_that_cannot_be_kept_is_refused_before_the_first_step(loop: Any) -> None:
    """The refusal names the least, which then does; not a byte less. No step has been reported."""
    told: list[Progress] = []
    least = least_of(lambda u: np.sum(loop(cool, u, 9, memory=100, progress=told.append)), U)
    assert told == []
    wg.grad(cooled(loop, 9, memory=least))(U)
    assert least_of(cooled(loop, 9, memory=least - 1), U) == least


@pytest.mark.parametrize("snapshots", [1, 2, 3, 5, 9])
def test_as_few_steps_are_recomputed_as_is_possible(snapshots: int) -> None:
    """Known numbers of steps: the optimum of Griewank and Walther; unknown ones: the bound of Wang, Moin, Iaccarino."""
    least = least_of(cooled(wg.checkpointed_loop, 9, memory=1), U)
    state = least_of(cooled(wg.checkpointed_loop, 9, memory=1), np.concatenate([U, U])) - least
    for n in (1, 2, 9, 30):
        for loop in LOOPS:
            told: list[Progress] = []
            memory = least + (snapshots - 1) * (6 * 8 + 256 + 512)
            wg.grad(cooled(loop, n, memory=memory, progress=told.append))(U)
            if loop is unknown:
                assert told[-1].recomputed <= n * repetitions(n, snapshots)
            else:
                assert told[-1].recomputed == optimal_advances(n, snapshots) - (n - 1)
    assert state > 0


def test_states_on_disk_save_steps_and_are_removed(tmp_path: Path) -> None:
    """With room on disk for all states nothing is recomputed; there are files meanwhile, and none afterwards."""
    files: list[int] = []
    told: list[Progress] = []

    def watch(progress: Progress) -> None:
        told.append(progress)
        files.append(len(list(tmp_path.rglob("*.state"))))

    options = {"memory": 7_800_000, "disk": "20 MB", "directory": tmp_path}
    _, steps, expected = counted(wg.checkpointed_loop, 30, memory=7_800_000)
    assert steps.recomputed > 0
    found = wg.grad(lambda u: np.sum(wg.checkpointed_loop(large, u, 30, progress=watch, **options) ** 2))(LARGE)
    np.testing.assert_array_equal(found, expected)
    assert told[-1].recomputed == 0
    assert max(files) >= 20
    assert list(tmp_path.iterdir()) == []
    most, _, _ = counted(wg.checkpointed_loop, 30, **options)
    assert most < 7_800_000


@pytest.mark.parametrize("when", ["forward", "back", "after"])
@pytest.mark.parametrize("loop", LOOPS)
def test_the_directory_is_removed_when_an_exception_passes(loop: Any, when: str, tmp_path: Path) -> None:
    """In a step of the way forward, on the way back, or in the caller's function after the loop."""
    reached: list[bool] = []

    def tell(progress: Progress) -> None:
        reached.append(any(tmp_path.iterdir()))
        if when == "forward" and progress.forward == 20:
            raise KeyError(when)
        if when == "back" and progress.reverse == 5:
            raise KeyError(when)

    def loss(u: Any) -> Any:
        v = loop(large, u, 30, memory=7_800_000, disk="20 MB", directory=tmp_path, progress=tell)
        if when == "after":
            raise KeyError(when)
        return np.sum(v)

    with pytest.raises(KeyError, match=when):
        wg.grad(loss)(LARGE)
    assert any(reached)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("order", ["C", "F", "transposed"])
def test_memory_layouts_survive_the_disk(order: str, tmp_path: Path) -> None:
    """Sums depend on the order in memory in the last bits; states come back in their own."""
    start = np.random.default_rng(2).normal(size=(3, 4, 5, 6))
    start = (
        np.asfortranarray(start) if order == "F" else start.transpose(2, 0, 3, 1) if order == "transposed" else start
    )

    def step(x: Any, k: int) -> Any:
        return x * np.cos(np.sum(x, axis=1, keepdims=True) / np.sum(x * x))

    def loss(loop: Any, **options: Any) -> Callable[[Any], Any]:
        return lambda x: np.sum(loop(step, x, 12, **options))

    expected = wg.grad(loss(as_written))(start)
    options = {"memory": least_of(loss(wg.checkpointed_loop, memory=1), start) + 8000, "disk": "1 MB"}
    found = wg.grad(loss(wg.checkpointed_loop, directory=tmp_path, **options))(start)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_pullback_may_be_called_again() -> None:
    """The second sweep computes all states again from the first one, and gives the same bits."""
    _, pullback = wg.vjp(lambda u: wg.checkpointed_loop(cool, u, 20, memory="52 kB"), U)
    rows = np.array([pullback(row)[0] for row in np.eye(6)])
    np.testing.assert_allclose(rows, wg.jacobian(lambda u: as_written(cool, u * 1.0, 20))(U), rtol=1e-13)
    np.testing.assert_array_equal(pullback(np.eye(6)[0])[0], rows[0])


def test_nested_loops_keep_the_budget_of_the_outer_one() -> None:
    """An inner loop with a budget of its own is part of what one step of the outer one takes."""

    def nested(loop: Any, inner: dict[str, Any], outer: dict[str, Any]) -> Callable[[Any], Any]:
        def step(u: Any, k: int) -> Any:
            return loop(cool, u, 10, **inner) * 1.01

        return lambda u: np.sum(loop(step, u * 1.0, 8, **outer) ** 2)

    expected = wg.grad(nested(as_written, {}, {}))(U)
    plain = nested(wg.checkpointed_loop, {}, {})
    np.testing.assert_allclose(wg.grad(plain)(U), expected, rtol=1e-13)
    inner = {"memory": "50 kB"}
    least = least_of(nested(wg.checkpointed_loop, inner, {"memory": 1}), U)
    assert least > 50_000
    np.testing.assert_allclose(wg.grad(nested(wg.checkpointed_loop, inner, {"memory": least}))(U), expected, rtol=1e-13)


def test_without_a_derivative_it_is_the_plain_loop() -> None:
    """The same values; the state that is given is copied."""
    start = U.copy()
    found = wg.checkpointed_loop(cool, start, 5)
    np.testing.assert_array_equal(start, U)
    np.testing.assert_array_equal(found, as_written(cool, U.copy(), 5))
    assert wg.checkpointed_loop(lambda x, k: x + k, 1, lambda x, k: x < 10) == 11


def test_a_condition_may_depend_on_the_state() -> None:
    """A Newton iteration to convergence has the derivative of its last value with respect to the parameter."""

    def root(a: Any) -> Any:
        def step(x: Any, k: int) -> Any:
            return 0.5 * (x + a / x)

        return wg.checkpointed_loop(step, a * 1.0, lambda x, k: abs(x * x - a) > 1e-13, memory="1 MB")

    value, slope = wg.value_and_grad(root)(2.0)
    np.testing.assert_allclose((value, slope), (2**0.5, 0.5 / 2**0.5))


def test_states_and_steps_that_grow_are_refused_where_there_is_a_budget() -> None:
    """The budget is planned by the first state and the first step; nothing larger is kept in silence."""

    def growing(u: Any, k: int) -> Any:
        return np.concatenate([u, u])

    def saving_more(u: Any, k: int) -> Any:
        for _ in range(1 + 10 * k):
            u = np.sin(u)
        return u

    wg.grad(lambda u: np.sum(wg.checkpointed_loop(growing, u, 5) ** 2))(U)
    with pytest.raises(wg.MemoryBudgetError, match="the state before step 1 takes"):
        wg.grad(lambda u: np.sum(wg.checkpointed_loop(growing, u, 5, memory="1 MB") ** 2))(U)
    with pytest.raises(wg.MemoryBudgetError, match=r"step 3 in .*saving_more .* takes"):
        wg.grad(lambda u: np.sum(wg.checkpointed_loop(saving_more, u, 4, memory="1 MB") ** 2))(U)


def test_a_step_that_differs_is_an_error_that_names_it() -> None:
    """A step that depends on how often it ran is found out, whichever states were kept."""
    runs = np.zeros(1)

    def drifting(u: Any, k: int) -> Any:
        runs[0] += 1
        return u * (1.0 + 0.01 * runs[0])

    with pytest.raises(wg.RecomputationError, match=r"leaf 0 of the state came out differently.*after step 6"):
        wg.grad(lambda u: np.sum(wg.checkpointed_loop(drifting, u, 7)))(U)


def test_a_step_that_writes_outside_its_state_is_an_error() -> None:
    """What is written would be lost, or written again; it belongs into the state."""

    def loss(u: Any) -> Any:
        history = np.zeros(5)

        def step(v: Any, k: int) -> Any:
            history[k] = v[0]
            return v * 1.1

        return np.sum(wg.checkpointed_loop(step, u, 5)) + history[2]

    with pytest.raises((wg.ArgumentError, ValueError), match=r"part of the state|read-only"):
        wg.grad(loss)(U)


def test_shared_arrays_are_separated_after_each_step() -> None:
    """`return u, u` gives two arrays, with a derivative and without."""

    def step(state: Any, k: int) -> Any:
        u = state[0]
        u *= 1.1
        return u, u

    def loss(u: Any) -> Any:
        first, second = wg.checkpointed_loop(step, (u, u), 3, memory="1 MB")
        return np.sum(first * second)

    value, gradient = wg.value_and_grad(loss)(U)
    assert value == loss(U)
    np.testing.assert_allclose(gradient, 2 * 1.1**6 * U)


def test_progress_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts of steps forward, recomputed and back, on standard error."""
    wg.grad(cooled(wg.checkpointed_loop, 9, progress=True))(U)
    shown = capsys.readouterr().err
    assert "9 of 9 steps forward, 0 recomputed, 9 of 9 back" in shown
    wg.grad(cooled(wg.checkpointed_loop, 9))(U)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(5, 5), (2.5e6, 2_500_000), ("500 MB", 500_000_000), ("1.5GiB", 3 * 2**29), ("1_000 b", 1000), ("2 kB", 2000)],
)
def test_amounts_of_memory(amount: Any, expected: int) -> None:
    """Numbers of bytes, or text with a unit of powers of ten or two."""
    assert number_of_bytes(amount, "memory") == expected


@pytest.mark.parametrize("amount", ["500", "MB", "5 xB", "-5 MB", -1, True, None, float("nan"), float("inf"), "1 i b"])
def test_amounts_that_cannot_be_read_are_refused(amount: Any) -> None:
    """With the name of the argument, and how to write it."""
    with pytest.raises(wg.ArgumentError, match="memory="):
        number_of_bytes(amount, "memory")


def test_arguments_that_do_not_fit_are_refused() -> None:
    """A disk without a budget, a directory without a disk, a number of steps that is none."""
    for options in ({"disk": "1 GB"}, {"memory": "1 GB", "directory": "/tmp"}):
        with pytest.raises(wg.ArgumentError):
            wg.checkpointed_loop(cool, U, 3, **options)
    for steps in (-1, 2.5, True, "3"):
        with pytest.raises(wg.ArgumentError):
            wg.checkpointed_loop(cool, U, steps)  # type: ignore[arg-type]
