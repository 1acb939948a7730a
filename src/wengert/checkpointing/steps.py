"""The steps of a checkpointed loop, one at a time: run on constants, or recorded and swept back.

What goes in: the state before a step, and plain values of the recorded arrays that the step reaches. What comes out:
the state after it; or the cotangents of both from those of the state after it. What holds: after a step each array of
the state has memory of its own, and what the step reaches otherwise is not written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from wengert import tree
from wengert.checkpointing.binding import Binding
from wengert.checkpointing.call import constant_run, name_of, place_of
from wengert.checkpointing.comparing import refuse_difference
from wengert.checkpointing.randomness import RandomStates
from wengert.checkpointing.recomputed import slot_on, zeros_like
from wengert.checkpointing.sizes import recorded_bytes, value_bytes
from wengert.checkpointing.snapshots import State
from wengert.errors import ArgumentError, MemoryBudgetError, RecomputationError
from wengert.tape.array import RecordedArray, primal_of
from wengert.tape.stand_ins import resolve
from wengert.tape.sweep import reverse_sweep
from wengert.tape.tape import Listener, open_tapes, recording

__all__ = ["Steps", "carries", "next_state", "separate"]

Step = Callable[[Any, int], Any]


def carries(leaf: Any) -> bool:
    """Whether a leaf of a state can carry a derivative: a floating-point array or number."""
    plain = primal_of(leaf)
    if isinstance(plain, np.ndarray):
        return plain.dtype.kind in "fc"
    return isinstance(plain, (float, complex, np.inexact))


def next_state(step: Step, state: Any, k: int) -> Any:
    """What a step returns, or the state that it has updated in place."""
    returned = step(state, k)
    return state if returned is None else returned


def separate(leaves: Sequence[Any]) -> list[Any]:
    """Plain leaves, no two of which share memory, and none of which is a part of something larger."""
    found: list[Any] = []
    for leaf in leaves:
        if isinstance(leaf, np.ndarray):
            shared = any(isinstance(one, np.ndarray) and np.may_share_memory(one, leaf) for one in found)
            leaf = leaf.copy("K") if shared or leaf.base is not None else leaf  # noqa: PLW2901 (the one to keep)
        found.append(leaf)
    return found


def _read_only(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    view = value.view()
    view.flags.writeable = False
    return view


def _as_constant(leaf: Any) -> Any:
    """A leaf of a state as a constant of every open level, which the step may update."""
    if not carries(leaf):
        return leaf
    for tape in open_tapes():
        leaf = RecordedArray(leaf, None, tape)
    return leaf


def _detached(leaf: Any) -> Any:
    """A leaf as it is now, also when what the step reaches is bound to its own values again."""
    return RecordedArray(leaf.current(), leaf.current_slot(), leaf.tape) if isinstance(leaf, RecordedArray) else leaf


class Steps:
    """The steps of one loop. `active` says which units of `binding` to differentiate; `reached` are their plain values.

    `most` is what a step may take when it is recorded, if there is a budget.
    """

    def __init__(self, step: Step, binding: Binding, active: Sequence[bool], random: RandomStates) -> None:
        self.step, self.binding, self.active, self.random = step, binding, active, random
        self.most: int | None = None

    @contextmanager
    def constant(self, reached: Sequence[Any]) -> Iterator[None]:
        """Inside the block steps may be run, and are not recorded."""
        with constant_run((), name_of(self.step)):
            values = [_read_only(value) for value in reached]
            for tape in open_tapes():
                values = [RecordedArray(value, None, tape) for value in values]
            with self.binding.to(values):
                yield

    def run(self, state: State, k: int) -> State:
        """The state after step `k`. What was before may be overwritten."""
        carried = tree.unflatten(state.structure, [_as_constant(leaf) for leaf in state.leaves])
        leaves, structure = tree.flatten(next_state(resolve(self.step), carried, k))
        self._refuse_writes()
        if structure == state.structure:
            structure = state.structure  # one object for all states
        return State(separate([primal_of(leaf) for leaf in leaves]), structure, self.random.now(state.random))

    def holds(self, condition: Callable[[Any, int], Any], state: State, k: int) -> bool:
        """Whether the loop goes on."""
        carried = tree.unflatten(state.structure, [_as_constant(leaf) for leaf in state.leaves])
        return bool(resolve(condition)(carried, k))

    def _refuse_writes(self) -> None:
        if self.binding.written():
            raise ArgumentError(
                f"{name_of(self.step)} writes to an array that is not part of the state: make it a part"
            )

    def _record(self, tape: Any, reached: Sequence[Any], state: State, k: int) -> tuple[list[Any], list[Any], Any]:
        """The slots of what is differentiated, and the leaves and the structure of the state after the step."""
        slots = [next(tape.slots) if active else None for active in self.active]
        values = [RecordedArray(_read_only(v), slot, tape) for v, slot in zip(reached, slots, strict=True)]
        carried = [RecordedArray(leaf, next(tape.slots), tape) if carries(leaf) else leaf for leaf in state.leaves]
        slots += [leaf.slot if isinstance(leaf, RecordedArray) else None for leaf in carried]
        self.random.set(state.random)
        with self.binding.to(values):
            after = next_state(resolve(self.step), tree.unflatten(state.structure, carried), k)
            self._refuse_writes()
            leaves, structure = tree.flatten(after)
            leaves = [_detached(leaf) for leaf in leaves]
        return slots, leaves, structure

    def cotangents(
        self,
        reached: Sequence[Any],
        state: State,
        k: int,
        after: State,
        cts: Sequence[Any],
        listener: Listener | None = None,
    ) -> tuple[list[Any], list[Any]]:
        """Of what the step reaches and of `state`, which is overwritten, from those of the leaves of `after`.

        Raises:
            RecomputationError: the step does not give the state `after`.
            MemoryBudgetError: it takes more memory than its first run.
        """
        with recording(forward=False, keep=False, listener=listener) as tape:
            slots, leaves, structure = self._record(tape, reached, state, k)
            ends = [slot_on(tape, leaf) for leaf in leaves]
            self.compare([primal_of(leaf) for leaf in leaves], structure, after, k)
        seeds = [(slot, ct) for slot, ct in zip(ends, cts, strict=True) if slot is not None]
        if self.most is not None:
            self._check_size(recorded_bytes(tape, {slot: value_bytes(ct) for slot, ct in seeds}), k)
        found = [None if one is None else primal_of(one) for one in reverse_sweep(tape, seeds, slots)]
        tape.release()
        count = len(self.active)
        of_state = [
            zeros_like(leaf) if one is None and carries(leaf) else one
            for one, leaf in zip(found[count:], state.leaves, strict=True)
        ]
        return found[:count], of_state

    def compare(self, leaves: Sequence[Any], structure: tree.Structure, after: State, k: int) -> None:
        """Refuse a state that differs from the one that the step gave before."""
        where = f"step {k} {place_of(self.step)}"
        if structure != after.structure:
            raise RecomputationError(
                f"{where} gave a state of the structure {structure}, where it was {after.structure}"
            )
        for i, (new, old) in enumerate(zip(leaves, after.leaves, strict=True)):
            if isinstance(old, (np.ndarray, np.generic, float, complex, int)):
                refuse_difference(f"leaf {i} of the state", new, old, f"after {where}")

    def size(self, reached: Sequence[Any], state: State, k: int) -> tuple[int, int]:
        """What a step takes when it is recorded and swept, and each state for the generators that the step advances.

        It is recorded once to find out, and forgotten.
        """
        with self.random.rewound(state.random), recording(forward=False, keep=False) as tape:
            _, leaves, _ = self._record(tape, reached, state.copy(), k)
            ends = {slot: value_bytes(leaf) for leaf in leaves if (slot := slot_on(tape, leaf)) is not None}
            drawn = self.random.changed_bytes(state.random)
        found = recorded_bytes(tape, ends)
        tape.release()
        return found, drawn

    def _check_size(self, size: int, k: int) -> None:
        if self.most is not None and size > self.most:
            raise MemoryBudgetError(
                f"step {k} {place_of(self.step)} takes {size} bytes in the derivative, and the budget was planned for "
                f"{self.most}, which step 0 took: allow more memory, or make steps of equal size"
            )
