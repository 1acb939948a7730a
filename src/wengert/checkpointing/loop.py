"""`wg.checkpointed_loop`: a loop whose derivative keeps a few of its states, and computes the others again.

What goes in: a step, the state to begin with, and how many steps there are or whether there is another. What comes out:
the state at the end, as one entry on the tape of each open level. The way forward runs on constants and keeps states
where `wengert.schedules` says; the way back records one step at a time. What holds: it keeps to the budget; each
recorded step must give, to the bit, the state that the sweep began from one step later, and the last step the result of
the first run, so that the whole way back is that of a run from the first state to the result.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.checkpointing.binding import Binding
from wengert.checkpointing.budget import MANY, Budget, Room
from wengert.checkpointing.call import CheckpointedCall, name_of, reachable_now
from wengert.checkpointing.progress import Progress, ProgressReport
from wengert.checkpointing.randomness import RandomStates
from wengert.checkpointing.recomputed import Recomputed, zeros_like
from wengert.checkpointing.sizes import value_bytes
from wengert.checkpointing.snapshots import SnapshotStore, State
from wengert.checkpointing.steps import Steps, carries, next_state, separate
from wengert.errors import ArgumentError, MemoryBudgetError
from wengert.schedules import Advance, OnlinePlacement, Reverse, offline_placement, reversal
from wengert.tape.array import is_recorded
from wengert.tape.call import own_copy
from wengert.tape.stand_ins import resolve
from wengert.tape.tape import open_tapes

__all__ = ["CheckpointedLoop", "checkpointed_loop"]

Step = Callable[[Any, int], Any]
Condition = Callable[[Any, int], Any]

SMALL_CHANGES = 4096  # bytes by which a step may grow: numbers that are equal at first take less


class CheckpointedLoop(Recomputed):
    """One run of a loop. Its leaves are the units of what the step reaches, then the varying ones of the state."""

    def __init__(
        self,
        step: Step,
        state: Any,
        steps: int | Condition,
        budget: Budget,
        progress: bool | Callable[[Progress], object],
    ) -> None:
        self.step = step
        self.name = f"the checkpointed loop over {name_of(step)}"
        self.steps: int | None = steps if isinstance(steps, int) else None
        self.condition = None if isinstance(steps, int) else steps
        found = reachable_now((step, self.condition), ())
        self.random = RandomStates(_generators(found.generators, state))
        self.binding = Binding(found.arrays)
        given, self.structure = tree.flatten(state)
        self.given = given
        self.varying = [i for i, leaf in enumerate(given) if carries(leaf)]
        self.fixed_leaves = [None if carries(leaf) else own_copy(leaf) for leaf in given]
        units = self.binding.units
        self.active = [unit.is_active() for unit in units]
        self.active += [is_recorded(given[i]) and given[i].is_active() for i in self.varying]
        self.budget = budget
        self.running = Steps(step, self.binding, self.active[: len(units)], self.random)
        self.report = ProgressReport(progress, self.steps)
        self.room = Room(MANY)
        self.store: SnapshotStore
        self.last: State | None = None  # the one before the last step, until the way back begins
        self.final: State  # the one at the end, without its varying leaves, which are the results
        self.varying_at_end: list[bool] = []
        self.state_bytes = 0
        self.most_bytes: int | None = None  # of a state, as the budget is planned
        self.planned: tuple[int, int] | None = None  # a state, and what is needed whatever is kept

    @property
    def reserved_bytes(self) -> int:
        """What the derivative of this loop may take, for the budget of a loop around it."""
        if self.budget.memory is not None:
            return self.budget.memory
        return (self.steps or 0) * self.state_bytes

    def run(self) -> Any:
        """The state at the end; one entry on each tape."""
        leaves = [*self.binding.units, *(self.given[i] for i in self.varying)]
        found = iter(self.results(leaves))
        return tree.unflatten(self.final.structure, self._completed(found).leaves)

    def _completed(self, results: Iterable[Any]) -> State:
        """The state at the end, with these varying leaves."""
        found, final = iter(results), self.final
        leaves = [
            next(found) if varies else leaf for varies, leaf in zip(self.varying_at_end, final.leaves, strict=True)
        ]
        return State(leaves, final.structure, final.random)

    def _start(self, leaves: Sequence[Any], random: Any) -> State:
        """The state to begin with, in memory of its own."""
        values = iter(leaves[len(self.binding.units) :])
        filled = [own_copy(next(values) if leaf is None else leaf) for leaf in self._template()]
        return State(filled, self.structure, random)

    def _template(self) -> list[Any]:
        varying = set(self.varying)
        return [None if i in varying else leaf for i, leaf in enumerate(self.fixed_leaves)]

    def _reached(self, leaves: Sequence[Any]) -> list[Any]:
        return list(leaves[: len(self.binding.units)])

    # Forward.

    def first_run(self, leaves: list[Any]) -> list[Any]:
        self.first_random = self.random.now()
        state, reached = self._start(leaves, self.first_random), self._reached(leaves)
        keeping = any(self.active) and not all(tape.forward for tape in open_tapes())
        asked = any(tape.listener is not None and tape.listener.plans for tape in open_tapes())
        if keeping and (self.budget.memory is not None or asked) and self._has_steps(state, reached):
            self._plan(state, reached)
        self.store = SnapshotStore(self.room.in_memory, self.room.on_disk, self.budget.directory)
        try:
            with self.running.constant(reached):
                state = self._forward(state) if keeping else self._forward_only(state)
        except BaseException:
            self.store.close()
            raise
        self.given = []
        self.report.ended(self.steps or 0)
        self.state_bytes = state.nbytes
        self.varying_at_end = [carries(leaf) for leaf in state.leaves]
        rest = [None if carries(leaf) else leaf for leaf in state.leaves]
        self.final = State(rest, state.structure, state.random)
        return [leaf for leaf in state.leaves if carries(leaf)]

    def _plan(self, state: State, reached: Sequence[Any]) -> None:
        """How many states there is room for. Beside them: the derivative of a step, four states and two cotangents."""
        step, drawn = self.running.size(reached, state, 0)
        step += step // 64 + SMALL_CHANGES
        differentiated = sum(value_bytes(v) for v, on in zip(reached, self.running.active, strict=True) if on)
        size = state.nbytes + drawn
        self.planned = size, step + 6 * size + 2 * differentiated
        self.room = self.budget.room(*self.planned)
        if self.budget.memory is not None:
            self.most_bytes, self.running.most = state.nbytes, step

    def _has_steps(self, state: State, reached: Sequence[Any]) -> bool:
        """Whether there is a first step, which may be recorded to plan the budget."""
        with self.random.rewound(state.random), self.running.constant(reached):
            return self._goes_on(state.copy(), 0)

    def _goes_on(self, state: State, k: int) -> bool:
        if self.condition is None:
            return k < (self.steps or 0)
        return self.running.holds(self.condition, state, k)

    def _forward_only(self, state: State) -> State:
        k = 0
        while self._goes_on(state, k):
            state = self.running.run(state, k)
            k += 1
            self.report.count(forward=1)
        self.steps = k
        return state

    def _forward(self, state: State) -> State:
        """Run all steps, keeping states; `last` becomes a copy of the state before the last step."""
        offline = None if self.steps is None else set(offline_placement(self.steps, self.room.snapshots))
        online = OnlinePlacement(self.room.snapshots)
        k = 0
        while self._goes_on(state, k):
            if offline is not None:
                keep, dropped = k in offline, None
            else:
                keep, dropped = online.advanced(k)
            self._check_size(state, k)
            if dropped is not None:
                self.store.drop(dropped)
            if keep:
                self.store.put(k, state.copy)
            if offline is None or k == (self.steps or 0) - 1:
                self.last = state.copy()
            state = self.running.run(state, k)
            k += 1
            self.report.count(forward=1)
        self.steps = k
        return state

    def _check_size(self, state: State, k: int) -> None:
        if self.most_bytes is not None and state.nbytes > self.most_bytes:
            raise MemoryBudgetError(
                f"the state before step {k} takes {state.nbytes} bytes, and the budget was planned for "
                f"{self.most_bytes}, which the first one takes: make all states as large as the largest"
            )

    # Again, recorded as a whole: for forward mode, and for derivatives of derivatives.

    def compute(self, leaves: list[Any]) -> list[Any]:
        count = len(self.binding.units)
        values = iter(leaves[count:])
        filled = [own_copy(next(values) if leaf is None else leaf) for leaf in self._template()]
        state = tree.unflatten(self.structure, filled)
        with self.random.rewound(self.first_random), self.binding.to(leaves[:count]):
            for k in range(self.steps or 0):
                state = CheckpointedCall(_one_step(self.step), (state, k), {}).run()
        return [leaf for leaf in tree.flatten(state)[0] if carries(leaf)]

    def compare(self, results: Sequence[Any], first: Sequence[Any]) -> None:
        if self.steps:
            after = self._completed(first)
            leaves = self._completed(results).leaves
            self.running.compare(leaves, after.structure, after, self.steps - 1)

    # Back.

    def plain_cotangents(self, leaves: list[Any], first: list[Any], ct: list[Any]) -> list[Any]:
        reached, given = self._reached(leaves), iter(ct)
        after = self._completed(first)
        cts = [next(given) if varies else None for varies in self.varying_at_end]
        if not self.store.places:  # nothing was kept, for forward mode or for want of anything to differentiate
            self.store.put(0, lambda: self._start(leaves, self.first_random))
        back = _WayBack(self, reached, after, cts)
        self.report.restart()
        try:
            with self.random.rewound(self.first_random):
                back.run()
        finally:
            self.store.close()
        self.report.ended(self.steps or 0)
        of_state = [back.cts[i] for i in self.varying]
        found = [*back.of_reached, *of_state]
        return [
            zeros_like(leaf) if one is None else one
            for one, leaf, active in zip(found, leaves, self.active, strict=True)
            if active
        ]


class _WayBack:
    """One sweep over a loop: the state after the step that is swept next, and the cotangents found so far."""

    def __init__(self, loop: CheckpointedLoop, reached: list[Any], after: State, cts: list[Any]) -> None:
        self.loop, self.reached, self.after, self.cts = loop, reached, after, cts
        self.of_reached: list[Any] = [None] * len(reached)
        self.at, loop.last = loop.last, None

    def run(self) -> None:
        """Sweep all steps back."""
        loop = self.loop
        steps = loop.steps or 0
        at = steps - 1 if self.at is not None else None
        for move in reversal(steps, loop.room.snapshots, loop.store.places, at):
            if isinstance(move, Advance):
                self._advance(move)
            else:
                self._reverse(move)

    def _advance(self, move: Advance) -> None:
        loop = self.loop
        state = loop.store.get(move.start).copy()
        loop.random.set(state.random)
        with loop.running.constant(self.reached):
            for k in range(move.start, move.stop):
                state = loop.running.run(state, k)
                loop.report.count(recomputed=1)
        if move.keep:
            loop.store.put(move.stop, lambda: state)
        else:
            self.at = state

    def _reverse(self, move: Reverse) -> None:
        loop, k = self.loop, move.step
        state = loop.store.get(k) if self.at is None else self.at
        self.at = None
        before = state.copy()  # the step may update the state, and the step before it must give this one
        if move.dropped and k:
            loop.store.drop(k)
        of_reached, self.cts = loop.running.cotangents(
            self.reached, state if k else state.copy(), k, self.after, self.cts, loop.listener()
        )
        self.after = before
        for i, one in enumerate(of_reached):
            if one is not None:
                known = self.of_reached[i]
                self.of_reached[i] = one if known is None else known + one
        loop.report.count(reverse=1)


def _generators(found: Sequence[Any], state: Any) -> list[Any]:
    """The generators that a step reaches, and those that its state holds."""
    return [*found, *reachable_now(None, state).generators]


def _one_step(step: Step) -> Step:
    def one_step(state: Any, k: int) -> Any:
        return next_state(resolve(step), state, k)

    one_step.__wrapped__ = step  # type: ignore[attr-defined]  # so that what it reaches is found
    return one_step


def _plain_loop(step: Step, state: Any, steps: int | Condition) -> Any:
    """The loop where nothing is differentiated."""
    leaves, structure = tree.flatten(state)
    k = 0
    state = tree.unflatten(structure, [own_copy(leaf) for leaf in leaves])
    while (k < steps) if isinstance(steps, int) else steps(state, k):
        leaves, structure = tree.flatten(next_state(step, state, k))
        state = tree.unflatten(structure, separate(leaves))
        k += 1
    return state


def checkpointed_loop(
    step: Step,
    state: Any,
    steps: int | Condition,
    *,
    memory: float | str | None = None,
    disk: float | str | None = None,
    directory: str | os.PathLike[str] | None = None,
    progress: bool | Callable[[Progress], object] = False,
) -> Any:
    """The state after `for k in range(steps): state = step(state, k)`, whose derivative keeps to a number of bytes.

    The way back needs the states in reverse order. Those that the budget has no room for are computed again, in as few
    steps as is possible. Without `memory` all states are kept, and nothing else of the steps. Each step is recorded
    once more on the way back, by itself. A budget is planned by recording step 0 once before the loop begins.

    Args:
        step: a function of the state and the number of the step. It returns the next state, or updates the arrays of
            its state in place and returns nothing. It may use recorded values from closures, attributes and globals,
            but not write to them.
        state: an array, a number, or a tree of these and of other values, to begin with. It is copied; afterwards too
            each array of a state has memory of its own.
        steps: how many there are; or a function of the state and the number of the step that says whether there is
            another.
        memory: what the derivative stores at most: bytes, or text such as `"500 MB"` and `"2 GiB"`. It counts the
            states, the cotangents, and what one step saves, neither of which may grow from step to step.
        disk: bytes of states that are written to a directory, in the background.
        directory: where that directory is made, for as long as it is needed; by default where temporary files are.
        progress: whether to show steps forward, recomputed and back on standard error; or a function that is called
            with these counts after each step.
    Returns:
        The last state.
    Raises:
        MemoryBudgetError: `memory` is too little. It is raised before the first step, and names the least that would
            do.
        RecomputationError: a step gave another result when it was run again.
        ArgumentError: an amount cannot be read, or the step writes to an array that is not part of the state.

    >>> import numpy as np
    >>> import wengert as wg
    >>> def cool(u, k):
    ...     u[1:-1] += 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    >>> def loss(u):
    ...     return np.sum(wg.checkpointed_loop(cool, u, 1000, memory="40 kB") ** 2)
    >>> wg.grad(loss)(np.linspace(0.0, 1.0, 5) ** 2).round(3)
    array([1.25, 0.  , 0.  , 0.  , 3.75])

    Source: Griewank and Walther, ACM TOMS 26, 2000; where the number of steps is not known, Wang, Moin and Iaccarino,
    SIAM J. Sci. Comput. 31, 2009.
    """
    budget = Budget.of(memory, disk, directory)
    if not callable(steps):
        if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0:
            raise ArgumentError(
                f"steps={steps!r} is neither a number of steps nor a function that says whether to go on"
            )
        steps = int(steps)
    if not open_tapes():
        return _plain_loop(step, state, steps)
    return CheckpointedLoop(step, state, steps, budget, progress).run()
