"""Sweeps one loop of a compiled program back within a budget: states kept on the way forward, blocks on the way back.

What goes in: a loop of a chain, and where the sweep over that chain stands. What comes out: the scope after the loop,
and then the cotangents of what the loop was given. What holds: blocks of consecutive iterations are the steps of
`wengert.schedules`; those between two kept states are run by one call of compiled code. A loop that is not the last one
of its chain is run forward once more, with a known number of iterations, when the sweep comes back to it: so all
memory is its own. In a trial no iteration is run but to measure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert import tree
from wengert.adjoint.segments import Repetition
from wengert.analysis.activity import carries
from wengert.checkpointing.pieces import Cotangents, Scope, content_of
from wengert.checkpointing.planning import Need, Plan, longer_block, plan_loop
from wengert.checkpointing.sizes import LEAF_BYTES
from wengert.checkpointing.snapshots import STATE_BYTES, SnapshotStore, State
from wengert.program.statements import For, Value
from wengert.schedules import Advance, OnlinePlacement, Reverse, offline_placement, reversal

if TYPE_CHECKING:
    from wengert.checkpointing.sweeps import ChainSweep, Context

__all__ = ["RepetitionSweep", "trying"]

_MOST_AT_ONCE = 1 << 20  # iterations in a block: of the smallest ones, a tenth of a second
_MOST_TRIED = 64  # iterations in a block that is tried only to see how memory grows
_UNLIMITED = 1 << 62
_NO_STRUCTURE = tree.flatten(())[1]


@contextmanager
def trying() -> Iterator[None]:
    """Go on where something fails on the way: the user's program, on numbers that are not its own, or for memory."""
    try:
        yield
    except Exception:  # noqa: BLE001 (any exception that the user's program raises; it is raised again when that runs)
        return


class RepetitionSweep:
    """One loop. `number` is its place in the chain, `is_last` whether no other loop follows."""

    def __init__(self, loop: Repetition, around: ChainSweep, number: int, *, is_last: bool) -> None:
        self.loop, self.around, self.number, self.is_last = loop, around, number, is_last
        self.context = around.context
        self.ledger = around.context.ledger
        self.stretch = around.code.code(loop.stretch)
        self.iterations: int | None = None
        self.start, self.step = 0, 1
        if isinstance(loop.loop, For):
            ends = (loop.loop.start, loop.loop.stop)
            first, stop = (around.scope[one] if isinstance(one, Value) else int(one.value.real) for one in ends)
            self.start, self.step = first, loop.loop.step
            self.iterations = len(range(first, stop, self.step))
        self.given: Scope = {}
        self.places: list[int] = []
        self.at: State | None = None  # the one before the last block, until the way back begins
        self.first: State
        self.store: SnapshotStore | None = None
        self.is_even = False  # whether the last iterations took as much as the first ones, when they were tried

    # States.

    def _state(self, scope: Scope) -> State:
        """A copy of the state in a scope."""
        leaves = [self._copied(scope[name]) for name in self.loop.state]
        return State(leaves, _NO_STRUCTURE, ())

    def _copied(self, one: Any) -> Any:
        return self.ledger.copy(one) if isinstance(one, np.ndarray) else one

    def _scope(self, state: State) -> Scope:
        """The scope of an iteration before which this is the state; its arrays are used."""
        return {**self.given, **dict(zip(self.loop.state, state.leaves, strict=True))}

    def _taken(self, scope: Scope) -> State:
        """The state in a scope that is no longer used."""
        return State([scope[name] for name in self.loop.state], _NO_STRUCTURE, ())

    def _loaded(self, place: int) -> State:
        """A copy of the state before a block."""
        found = self.first if self.store is None else self.store.get(place)
        return State([self._copied(one) for one in found.leaves], _NO_STRUCTURE, ())

    # Iterations.

    def _run(self, scope: Scope, first: int, last: int) -> None:
        """Run iterations by their numbers."""
        scope[self.loop.first] = self.start + first * self.step
        scope[self.loop.last] = self.start + last * self.step
        self.stretch.run(scope, self.ledger)

    def _discover(self, scope: Scope, limit: int) -> tuple[int, bool]:
        """Run iterations while there are any: how many there were, and whether there is another."""
        assert self.loop.discovery is not None
        assert self.loop.limit is not None
        scope[self.loop.limit] = limit
        count, going = self.around.code.code(self.loop.discovery).run(scope, self.ledger)
        return count, going

    # Forward.

    def forward(self) -> None:
        """Run the loop on the scope of the chain, keeping states if it is the last one."""
        around, loop = self.around, self.loop
        names = dict.fromkeys(name for piece in (*loop.pieces, loop.iteration) for name in piece.names)
        given = [name for name in names if name not in loop.own and name not in loop.state]
        written = frozenset().union(*(piece.written for piece in loop.pieces))
        around.own(written)
        self.given = around.kept([name for name in given if name not in written], self.number)
        self.given.update({name: around.scope[name] for name in given if name in written})  # written, never read
        self.first = self._state(around.scope)
        if self.context.is_trial:
            self._try_forward()
            return
        plan = self._plan()
        self.store = SnapshotStore(plan.in_memory, plan.on_disk, self.context.budget.directory)
        self.store.put(0, lambda: self.first)
        scope = self._full_scope()
        if not self.is_last:
            self._forward_only(scope)
        elif self.iterations is None:
            self._forward_online(scope, plan)
        else:
            self._forward_offline(scope, plan, forward=True)
        around.scope.update({name: scope[name] for name in loop.state})

    def _full_scope(self) -> Scope:
        return {**self.given, **{name: self.around.scope[name] for name in self.loop.state}}

    def _plan(self) -> Plan:
        plan = self.context.plans.get(self.loop)
        if plan is None:  # there was no iteration to try, or the trial did not come here
            need = self._measured(self.ledger.in_use, {})
            plan = self.context.plans[self.loop] = plan_loop(need, self.context.budget, self.ledger.limit)
        return plan

    def _forward_only(self, scope: Scope) -> None:
        if self.iterations is None:
            self.iterations = 0
            going = True
            while going:
                count, going = self._discover(scope, _MOST_AT_ONCE)
                self.iterations += count
                self._count(forward=count)
        else:
            self._run(scope, 0, self.iterations)
            self._count(forward=self.iterations)

    def _forward_offline(self, scope: Scope, plan: Plan, *, forward: bool) -> None:
        """Run a known number of iterations, keeping states where they serve best."""
        assert self.iterations is not None
        blocks = -(-self.iterations // plan.block)
        self.places = offline_placement(blocks, plan.snapshots) if blocks else []
        at = 0
        for place in sorted({*self.places, max(blocks - 1, 0)}):
            self._run_blocks(scope, at, place, plan, forward=forward)
            at = place
            if place and place in self.places:
                self._keep(place, scope)
            if place == blocks - 1 and forward:
                self.at = self._state(scope)
        if forward:
            self._run_blocks(scope, at, blocks, plan, forward=True)
        elif blocks:
            self.at = self._taken(scope)

    def _run_blocks(self, scope: Scope, first: int, last: int, plan: Plan, *, forward: bool) -> None:
        """Run blocks, in as few calls as the progress to be shown allows."""
        assert self.iterations is not None
        each = 1 if self.context.depth == 0 and self.context.report.is_wanted else max(last - first, 1)
        for block in range(first, last, each):
            begin, end = block * plan.block, min(min(block + each, last) * plan.block, self.iterations)
            self._run(scope, begin, end)
            self._count(**{"forward" if forward else "recomputed": end - begin})

    def _keep(self, place: int, scope: Scope) -> None:
        assert self.store is not None
        self.store.put(place, lambda: self._state(scope))

    def _forward_online(self, scope: Scope, plan: Plan) -> None:
        """Run iterations until there are no more, keeping states that serve whatever their number."""
        assert self.store is not None
        online = OnlinePlacement(plan.snapshots)
        going = True if self.loop.tested else self._discover(scope, 0)[1]
        block = self.iterations = 0
        while going:
            keep, dropped = online.advanced(block)
            if dropped is not None:
                self.store.drop(dropped)
            if keep and block:
                self._keep(block, scope)
            self._note_last(scope)
            count, going = self._discover(scope, plan.block)
            self.iterations += count
            block += 1
            self._count(forward=count)
        self.places = online.places

    def _note_last(self, scope: Scope) -> None:
        """Have a copy of the state before the block that may be the last one."""
        if self.at is None:
            self.at = self._state(scope)
            return
        for i, name in enumerate(self.loop.state):
            if isinstance(scope[name], np.ndarray):
                np.copyto(self.at.leaves[i], scope[name])
            else:
                self.at.leaves[i] = scope[name]

    def _count(self, **counts: int) -> None:
        if self.context.depth == 0:
            self.context.report.count(**counts)

    # Back.

    def backward(self, bars: Cotangents) -> None:
        """Sweep the iterations back, last first."""
        self._make_bars(bars)
        if self.context.is_trial:
            self._try_backward(bars)
            return
        plan = self._plan()
        assert self.iterations is not None
        assert self.store is not None
        if not self.is_last:
            scope = self._scope(self._loaded(0))
            self._forward_offline(scope, plan, forward=False)
            del scope
        blocks = -(-self.iterations // plan.block)
        at = blocks - 1 if self.at is not None else None
        for move in reversal(blocks, plan.snapshots, self.places, at):
            if isinstance(move, Advance):
                self._advance(move, plan)
            else:
                self._reverse(move, plan, bars)
        self.close()

    def close(self) -> None:
        """Forget all states."""
        if self.store is not None:
            self.store.close()

    def _make_bars(self, bars: Cotangents) -> None:
        """Cotangents of all arrays, which are there from the first iteration that is swept back to the last one."""
        scope = self._scope(self.first)
        for name in self.loop.stretch.differentiated:
            if isinstance(scope[name], np.ndarray) and name not in bars:
                bars[name] = self.ledger.array(scope[name].shape, scope[name].dtype, zeroed=True)

    def _advance(self, move: Advance, plan: Plan) -> None:
        assert self.store is not None
        scope = self._scope(self._loaded(move.start))
        self._run_blocks(scope, move.start, move.stop, plan, forward=False)
        state = self._taken(scope)
        if move.keep:
            self.store.put(move.stop, lambda: state)
        else:
            self.at = state

    def _reverse(self, move: Reverse, plan: Plan, bars: Cotangents) -> None:
        assert self.store is not None
        assert self.iterations is not None
        state, self.at = self.at, None
        if state is None:
            state = self._loaded(move.step)
        if move.dropped and move.step:
            self.store.drop(move.step)
        first, last = move.step * plan.block, min((move.step + 1) * plan.block, self.iterations)
        scope = self._scope(state)
        del state
        if plan.inner:
            context = self.context.inside()
            context.plans.update(zip(self._inner_loops(), plan.inner, strict=True))
            self._reverse_chain(scope, first, context, bars)
        else:
            self._reverse_block(scope, first, last, bars)
        self._count(reverse=last - first)

    def _reverse_block(self, scope: Scope, first: int, last: int, bars: Cotangents) -> None:
        scope[self.loop.first] = self.start + first * self.step
        scope[self.loop.last] = self.start + last * self.step
        self.stretch.reverse(scope, bars, (), self.ledger)

    def _reverse_chain(self, scope: Scope, number: int, context: Context, bars: Cotangents) -> None:
        """Sweep one iteration back by its pieces."""
        scope[self.loop.number] = self.start + number * self.step
        piece, contents = self.loop.iteration, content_of(self.loop.iteration)
        inside: Scope = {contents.get(name, name): scope[name] for name in piece.names}
        sweep = self.around.inside(self.loop, context, inside)
        scope.clear()
        cts = [bars.pop(name, 0.0) for name in piece.new_cells if carries(name.dtype)]
        found: Cotangents = {name: bars[name] for name in piece.arrays if name in bars}
        sweep.forward()
        sweep.backward(found, cts)
        for name in piece.differentiated:
            one = found.get(contents.get(name, name))
            if one is not None:
                bars[name] = one if name in piece.arrays or name not in bars else bars[name] + one

    # Trial.

    def _try_forward(self) -> None:
        """One iteration, and the states that there are at the end of the loop."""
        self.at = self._state(self.around.scope)
        scope = self._scope(self._loaded(0))
        with trying():
            if self.iterations is None:
                self._discover(scope, 1)
            elif self.iterations:
                self._run(scope, 0, 1)

    def _try_backward(self, bars: Cotangents) -> None:
        self.at = None
        self.context.most = max(self.context.most, self.ledger.peak)
        self.context.needs[self.loop] = self._measured(0, bars)
        self.ledger.measure()

    def _inner_loops(self) -> list[Repetition]:
        return [one for one in self.around.code.inner(self.loop).chain.segments if isinstance(one, Repetition)]

    def _measured(self, outside: int, bars: Cotangents) -> Need:
        """What it takes to sweep back the first iterations, more and more of them at once."""
        before = self.ledger.measure()
        state = self._loaded(0)
        size = self.ledger.in_use - before + self._overhead
        del state
        need = Need(size, outside, {}, self.iterations)
        limit, self.ledger.limit = self.ledger.limit, self.context.budget.memory or 0
        most = _MOST_TRIED if self.iterations is None else min(_MOST_TRIED, max(self.iterations // 16, 2))
        if self._try_doubled(1, most, need, bars):
            block = longer_block(need, self.context.budget, _MOST_AT_ONCE)
            if block is not None and not self._tried(block, bars, need.blocks):  # it takes more than was foreseen
                self._try_doubled(2 * max(need.blocks), block, need, bars)
        self.ledger.limit = _UNLIMITED
        if self._inner_loops() and (1 not in need.blocks or self._is_slow(need)):
            need = replace(need, inner=self._inner_needs(bars))
        if 1 not in need.blocks and not need.inner:
            self._tried(1, bars, need.blocks)
        self.ledger.limit = limit
        return need

    def _try_doubled(self, block: int, most: int, need: Need, bars: Cotangents) -> bool:
        """Try longer and longer blocks: whether all of them fit, and the loop has so many iterations."""
        while block <= most:
            if self._tried(block, bars, need.blocks) != block:
                return False
            block *= 2
        return True

    def _tried(self, block: int, bars: Cotangents, blocks: dict[int, int]) -> int:
        """Sweep the first block back, and the last one if that is known: how many iterations of it there are.

        None if it failed. What iterations take may grow, or shrink, with their number.
        """
        count = self.iterations
        with trying():
            if count is None:
                count, _ = self._discover(self._scope(self._loaded(0)), block)
            count = min(count, block)
            taken = [self._taken_by(0, count, bars)] if count else []
            if self.iterations is not None and self.iterations > block and not self.is_even:
                taken.append(self._taken_by(self.iterations - block, self.iterations, bars))
                self.is_even = block == 2 and taken[0] == taken[1]
            if taken:
                blocks[block] = max(taken) + self._overhead
                return count
        return 0

    @property
    def _overhead(self) -> int:
        """What the Python objects of a state take."""
        return STATE_BYTES + LEAF_BYTES * len(self.loop.state)

    def _taken_by(self, first: int, last: int, bars: Cotangents) -> int:
        """All that there is at most while these iterations are swept back."""
        self.ledger.measure()
        self._reverse_block(self._scope(self._loaded(0)), first, last, bars)
        return self.ledger.peak

    def _is_slow(self, need: Need) -> bool:
        """Whether iterations would be run more than twice on the way back, as long as each is swept back at once."""
        assert self.context.budget.memory is not None
        if need.iterations is None or need.least > self.context.budget.memory:
            return True
        return plan_loop(need, self.context.budget, self.context.budget.memory).cost > 2 * need.iterations

    def _inner_needs(self, bars: Cotangents) -> tuple[Need, ...]:
        """What the loops of an iteration take: of the first or of the last one, whichever is more."""
        found: tuple[Need, ...] = ()
        for number in sorted({0, max((self.iterations or 0) - 1, 0)}):
            context = self.context.inside()
            context.is_trial = True
            self.ledger.measure()
            with trying():
                self._reverse_chain(self._scope(self._loaded(0)), number, context, bars)
            needs = context.found(self._inner_loops())
            if not found or max(one.least for one in needs) > max(one.least for one in found):
                found = needs
        return found
