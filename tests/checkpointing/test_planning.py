"""Plans for budgets: they fit, and more memory never costs more, nor less memory more bytes."""

from __future__ import annotations

import pytest

from wengert.checkpointing.budget import Budget
from wengert.checkpointing.planning import Need, Plan, plan_loop
from wengert.errors import MemoryBudgetError

GROWTHS = (0, 10, 1000, 50_000)
ITERATIONS = (0, 1, 2, 17, 1000, 100_000, None)


def need_of(growth: int, iterations: int | None, inner: tuple[Need, ...] = ()) -> Need:
    """A loop whose state has 1000 bytes, and whose iterations save `growth` bytes each."""
    blocks = {1 << i: 5000 + (growth << i) for i in range(8) if (1 << i) <= (128 if iterations is None else iterations)}
    return Need(1000, 4000, {} if inner else blocks, iterations, inner)


def plans_of(need: Need, disk: int = 0) -> list[Plan]:
    """Plans from the least budget on."""
    budgets = sorted({need.least + extra for extra in (0, 1, 999, 1000, 2500, 10_000, 60_000, 10**6, 10**8)})
    found = []
    for memory in budgets:
        found.append(plan_loop(need, Budget(memory, disk, None), memory))
        assert found[-1].bytes <= memory
        assert found[-1].in_memory >= 1
    return found


@pytest.mark.parametrize("iterations", ITERATIONS)
@pytest.mark.parametrize("growth", GROWTHS)
def test_plans_are_monotone(growth: int, iterations: int | None) -> None:
    """For loops with any number of iterations, known or not, which save little or much."""
    plans = plans_of(need_of(growth, iterations))
    assert [one.bytes for one in plans] == sorted(one.bytes for one in plans)
    assert [one.cost for one in plans] == sorted((one.cost for one in plans), reverse=True)


@pytest.mark.parametrize("iterations", [2, 17, 1000])
def test_plans_of_nested_loops_are_monotone(iterations: int) -> None:
    """Where an iteration does not fit but its inner loop can be cut, both share what there is."""
    plans = plans_of(need_of(0, iterations, (need_of(1000, 500),)))
    assert all(one.inner for one in plans)
    assert [one.cost for one in plans] == sorted((one.cost for one in plans), reverse=True)


def test_disk_is_used_where_memory_is_full() -> None:
    """Two states stay in memory beside those on disk; where memory holds all that are of use, none is on disk."""
    need = need_of(1000, 100_000)
    small, large = plans_of(need, disk=50_000)[3], plans_of(need_of(10, 17), disk=50_000)[-1]
    assert (small.on_disk, large.on_disk) == (0, 0)
    written = [one for one in plans_of(need, disk=50_000) if one.on_disk]
    assert written
    assert all(one.in_memory >= 2 and one.on_disk <= 50 for one in written)


def test_less_than_the_least_is_refused() -> None:
    """The refusal names the least, which is then enough."""
    need = need_of(1000, 100)
    with pytest.raises(MemoryBudgetError, match=f"the least is {need.least} bytes, of which a state"):
        plan_loop(need, Budget(need.least - 1, 0, None), need.least - 1)
    assert plan_loop(need, Budget(need.least, 0, None), need.least).block == 1
