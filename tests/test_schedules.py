"""Schedules of snapshots: the number of steps run against the closed form, a dynamic program, and another package."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from wengert.schedules import (
    Advance,
    Move,
    OnlinePlacement,
    first_length,
    most_steps,
    offline_placement,
    optimal_advances,
    repetitions,
    reversal,
)

MOST = 300  # steps, and snapshots, up to which every pair is compared
SAMPLES = [*range(1, 41), 55, 89, 144, 233, 377]


def check(moves: Iterable[Move], steps: int, snapshots: int, placed: Sequence[int], at: int | None) -> list[int]:
    """Follow the moves: each is possible, all steps are swept, last first. How often each step is run."""
    kept, state, runs, next_step = set(placed), at, [0] * steps, steps - 1
    for move in moves:
        if isinstance(move, Advance):
            assert move.start in kept
            assert move.start < move.stop
            for k in range(move.start, move.stop):
                runs[k] += 1
            if move.keep:
                kept.add(move.stop)
                assert len(kept) <= snapshots
            else:
                state = move.stop
        else:
            assert move.step == next_step
            assert state == move.step or (move.step in kept and move.dropped)
            assert move.dropped == (move.step in kept)
            kept.discard(move.step)
            state, next_step = None, next_step - 1
    assert next_step == -1
    assert not kept
    return runs


def test_the_closed_form_is_the_optimum() -> None:
    """t(l, s) is the least over all places for the next snapshot, for all numbers of steps and snapshots up to 300."""
    steps = np.arange(MOST + 1)
    least = steps * (steps - 1) // 2
    assert [optimal_advances(int(k), 1) for k in steps] == least.tolist()
    for snapshots in range(2, MOST + 1):
        fewer, least = least, np.zeros_like(least)
        for k in range(2, MOST + 1):
            first = np.arange(1, k)
            least[k] = np.min(first + fewer[k - first] + least[first])
        assert [optimal_advances(int(k), snapshots) for k in steps] == least.tolist()


def test_the_next_snapshot_is_at_an_optimal_place() -> None:
    """The recurrence has equality at the place that is chosen, for all numbers of steps and snapshots up to 300."""
    known = {(k, s): optimal_advances(k, s) for k in range(1, MOST + 1) for s in range(1, MOST + 1)}
    for k in range(2, MOST + 1):
        for s in range(2, MOST + 1):
            first = first_length(k, s)
            assert 1 <= first < k
            assert first + known[k - first, s - 1] + known[first, s] == known[k, s]


def test_repetitions_are_those_of_the_binomial_bound() -> None:
    """`repetitions` is the least r with steps <= beta(snapshots, r)."""
    for snapshots in range(1, 20):
        for steps in range(1, 200):
            repeated = repetitions(steps, snapshots)
            assert most_steps(snapshots, repeated - 1) < steps <= most_steps(snapshots, repeated)


@pytest.mark.parametrize("steps", SAMPLES)
def test_known_numbers_of_steps_are_reversed_in_the_optimal_number(steps: int) -> None:
    """Steps run forward and back are t(l, s), with the snapshots of the way forward or with the first alone."""
    for snapshots in SAMPLES:
        placed = offline_placement(steps, snapshots)
        assert len(placed) <= snapshots
        runs = check(reversal(steps, snapshots, placed, steps - 1), steps, snapshots, placed, steps - 1)
        assert sum(runs) + steps - 1 == optimal_advances(steps, snapshots)
        again = check(reversal(steps, snapshots, [0]), steps, snapshots, [0], None)
        assert sum(again) == optimal_advances(steps, snapshots)
        assert max(again) <= repetitions(steps, snapshots)


def test_without_a_limit_nothing_is_recomputed() -> None:
    """With room for all states, no step is run twice, whether the number of steps is known or not."""
    placed = offline_placement(1000, sys.maxsize)
    assert not any(check(reversal(1000, sys.maxsize, placed, 999), 1000, sys.maxsize, placed, 999))
    online = OnlinePlacement(sys.maxsize)
    assert all(online.advanced(k) == (True, None) for k in range(1000))
    assert not any(check(reversal(1000, sys.maxsize, online.places, 999), 1000, sys.maxsize, online.places, 999))


@pytest.mark.parametrize("snapshots", [1, 2, 3, 4, 5, 7, 10, 16, 25])
def test_unknown_numbers_of_steps_keep_the_proven_bound(snapshots: int) -> None:
    """Wherever the loop ends, no step is run again more often than the bound says, nor fewer than the optimum."""
    online = OnlinePlacement(snapshots)
    for steps in range(1, 401):
        keep, dropped = online.advanced(steps - 1)
        assert dropped is None or keep
        places = online.places
        assert places == sorted(set(places))
        assert places[0] == 0
        assert len(places) <= snapshots
        runs = check(reversal(steps, snapshots, places, steps - 1), steps, snapshots, places, steps - 1)
        assert max(runs) <= repetitions(steps, snapshots)
        assert sum(runs) + steps - 1 >= optimal_advances(steps, snapshots)


def test_the_optimum_is_that_of_checkpoint_schedules() -> None:
    """The dynamic program of the package gives the same numbers; it counts one step less."""
    revolve = pytest.importorskip("checkpoint_schedules.hrevolve_sequences.revolve")
    table = revolve.get_opt_0_table(149, 40, 1, 0)
    for snapshots in range(1, 41):
        for steps in range(1, 151):
            assert optimal_advances(steps, snapshots) == table[snapshots][steps - 1]


@pytest.mark.parametrize(("in_memory", "on_disk"), [(1, 0), (3, 0), (2, 3), (8, 0), (4, 20), (30, 0)])
def test_as_many_steps_are_run_as_by_the_schedules_of_checkpoint_schedules(in_memory: int, on_disk: int) -> None:
    """Its multistage schedule, in memory and on disk, takes as many steps as ours with as many snapshots."""
    package = pytest.importorskip("checkpoint_schedules")
    for steps in (2, 3, 10, 37, 150, 250):
        run = 0
        for action in package.MultistageCheckpointSchedule(steps, in_memory, on_disk):
            if isinstance(action, package.Forward):
                run += action.n1 - action.n0
            if isinstance(action, package.EndReverse):
                break
        assert run - steps == optimal_advances(steps, in_memory + on_disk)  # it counts each step that is swept
