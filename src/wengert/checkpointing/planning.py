"""How the loops of a compiled program share a budget of memory.

What goes in: what the derivative of a loop takes, measured on its first iterations. What comes out: how many iterations
are swept back at once, with all that they save (a *block*), how many states are kept, and whether one iteration is
itself swept back as a chain of pieces. What holds: a plan never takes more than the budget; with a larger budget it
never takes more time, by the count of iterations, nor with a smaller one more memory. For that, the plan is the best of
a set that does not depend on the budget, among those that fit; of equals, the one that takes least.

Of the memory beside what is needed anyhow, states are worth more than long blocks as long as there are few of them:
`optimal_advances` of Griewank and Walther decides where the number of iterations is known. Where it is not, what counts
is how many iterations are reached without running any of them more than twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from wengert.checkpointing.budget import Budget, budget_error
from wengert.schedules import most_steps, optimal_advances

__all__ = ["Need", "Plan", "longer_block", "plan_loop"]

_MOST_PARTS = 17  # into which all iterations are divided evenly; more of them are as well served by doubled lengths
_TRIAL = 4  # what the trial of a block costs, in times of running it: it is swept back, too
_CALL = 200_000  # what a call of compiled code costs, in bytes that an iteration could read and write meanwhile


@dataclass(frozen=True)
class Need:
    """What the derivative of one loop takes: the bytes of all that there is at once, whoever holds it.

    `state`: of a kept state. `outside`: at most, while other parts of the program run, or the loop runs forward.
    `blocks`: while so many iterations are swept back at once, from one kept state; empty if there was none to measure.
    `iterations`: how many there are, where that is known. `inner`: of the loops in an iteration, if it is a chain.
    """

    state: int
    outside: int
    blocks: dict[int, int]
    iterations: int | None
    inner: tuple[Need, ...] = ()

    @property
    def least(self) -> int:
        """With which the loop can be swept back, one iteration after the other."""
        ways = [self.blocks[1]] if 1 in self.blocks else []
        if self.inner:
            ways.append(max(one.least for one in self.inner))
        return max(self.outside, min(ways, default=0))


@dataclass(frozen=True)
class Plan:
    """How a loop is swept back: `block` iterations at once, `in_memory` and `on_disk` states; `bytes` in all.

    `inner`: the plans of the loops in an iteration, which is then swept back as a chain, by itself.
    """

    block: int
    in_memory: int
    on_disk: int = 0
    bytes: int = 0
    cost: float = field(default=0.0, compare=False)
    inner: tuple[Plan, ...] = ()

    @property
    def snapshots(self) -> int:
        """All states that may be kept."""
        return self.in_memory + self.on_disk


def plan_loop(need: Need, budget: Budget, memory: int) -> Plan:
    """The best plan for a loop that fits `memory`, the part of the budget that is the loop's.

    Raises what says the least that would do.
    """
    if need.least > memory:
        raise budget_error(memory, need.least - need.state, need.state)
    found = [*_with_blocks(need, budget, memory), *_with_chains(need, budget, memory)]
    return min(found, key=lambda one: (one.cost, one.bytes), default=Plan(1, 1))


def longer_block(need: Need, budget: Budget, most: int) -> int | None:
    """The longest block worth having, longer than those measured, as what they take foretells; `None` if none is.

    Doubled ones are looked at, and even parts of all iterations.
    """
    assert budget.memory is not None
    measured = max(need.blocks)
    growth = 2 * (need.blocks[measured] - need.blocks[measured // 2]) / measured
    lengths = {measured << i for i in range(1, most.bit_length())}
    if need.iterations is not None:
        lengths = {-(-need.iterations // parts) for parts in range(1, _MOST_PARTS)} | lengths
    taken = {
        one: math.ceil(need.blocks[measured] + growth * (one - measured))
        for one in sorted(lengths)
        if measured < one <= min(most, need.iterations or most)
    }
    found = list(_with_blocks(replace(need, blocks=need.blocks | taken), budget, budget.memory))
    best = min(found, key=lambda one: (one.cost, one.bytes), default=None)
    return best.block if best is not None and best.block > measured else None


def _with_blocks(need: Need, budget: Budget, memory: int) -> Iterator[Plan]:
    """Plans in which iterations are swept back as they are."""
    for block, taken in need.blocks.items():
        fixed = max(taken, need.outside)
        yield from _kept(need, Plan(block, 1, bytes=fixed), budget, memory)


def _kept(need: Need, plan: Plan, budget: Budget, memory: int) -> Iterator[Plan]:
    """The plan with as many states as there is room for, but no more than are of use."""
    extra = (memory - plan.bytes) // need.state
    if extra < 0:
        return
    blocks = None if need.iterations is None else -(-need.iterations // plan.block)
    useful = extra + budget.disk if blocks is None else max(blocks - 2, 0)
    on_disk = 0
    if extra < useful and extra >= 2:  # one that is being written, one that is being read
        on_disk = min(budget.disk // need.state, useful - extra + 1)
        extra -= 1 if on_disk else 0
    extra = min(extra, useful)
    taken = plan.bytes + (extra + (1 if on_disk else 0)) * need.state
    found = replace(plan, in_memory=1 + extra, on_disk=on_disk, bytes=taken)
    yield replace(found, cost=_cost(need, found, blocks))


def _cost(need: Need, plan: Plan, blocks: int | None) -> float:
    """What grows with the time that a plan takes: iterations run, tried ones too, and calls in terms of iterations."""
    growth = max(need.blocks.get(2, 0) - need.blocks.get(1, 0), 0)
    call = _CALL / (need.state + growth)
    if blocks is None:
        return call / plan.block - math.log(plan.block * most_steps(plan.snapshots, 2))
    return (optimal_advances(blocks, plan.snapshots) + _TRIAL) * plan.block + 2 * call * blocks


def _with_chains(need: Need, budget: Budget, memory: int) -> Iterator[Plan]:
    """Plans in which each iteration is a chain: what is not needed goes to its loops or to kept states."""
    if not need.inner:
        return
    least = max(need.outside, *(one.least for one in need.inner))
    largest = max(one.state for one in need.inner)
    share = 0
    while least + share <= memory:
        inner = tuple(plan_loop(one, replace(budget, disk=0), least + share) for one in need.inner)
        again = sum(one.cost / max(each.iterations or 1, 1) for one, each in zip(inner, need.inner, strict=True))
        for plan in _kept(need, Plan(1, 1, bytes=least + share, inner=inner), budget, memory):
            yield replace(plan, cost=plan.cost + max(again, 0.0) * (need.iterations or 1))
        share = largest if not share else 2 * share
