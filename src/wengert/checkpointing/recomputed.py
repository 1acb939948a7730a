"""Operations whose derivatives run them again: one entry of a tape each, and one on the tape of each outer level.

What goes in: the leaves that an operation takes, and a way to run it on them, recorded or not. What comes out: an
operation with the two rules `pullback` and `pushforward`, which run it again on a tape of its own and sweep that. What
holds: the rules are operations of the same kind, so derivatives nest to any order, and each level keeps only leaves.

Source: checkpointing of calls, Griewank and Walther, *Evaluating Derivatives*, 2nd ed., section 12.2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.ops.table import Operation, Rule
from wengert.tape.array import RecordedArray, constant_array, primal_of
from wengert.tape.call import own_copy
from wengert.tape.record import apply, contains_recorded
from wengert.tape.sweep import forward_sweep, reverse_sweep
from wengert.tape.tape import Listener, Tape, open_tapes, recording

__all__ = ["Recomputed", "slot_on", "zeros_like"]


def slot_on(tape: Tape, value: Any) -> int | None:
    """The slot of a value on a tape, if it is active there."""
    return value.current_slot() if isinstance(value, RecordedArray) and value.tape is tape else None


def zeros_like(value: Any) -> Any:
    """Plain zeros of the shape and dtype of a value of any level."""
    return np.zeros_like(np.asarray(primal_of(value)))


class Recomputed(ABC):
    """An operation on `leaves`, a list of arrays and numbers, with a list of arrays and numbers as its results.

    `active` says which leaves may carry a derivative.
    """

    name: str
    active: Sequence[bool]

    heard_by: Listener | None = None  # the listener of the tape that it is entered on

    def listener(self) -> Listener | None:
        """What listens when it is recorded again."""
        return None if self.heard_by is None else self.heard_by.inner()

    @abstractmethod
    def compute(self, leaves: list[Any]) -> list[Any]:
        """Run it again, on leaves that it may change, recorded or not."""

    @abstractmethod
    def first_run(self, leaves: list[Any]) -> list[Any]:
        """Its results for plain leaves, plain themselves."""

    def compare(self, results: Sequence[Any], first: Sequence[Any]) -> None:  # noqa: B027 (most have nothing to compare)
        """Raise an error where plain results are not those of the first run."""

    def cotangents(self, leaves: list[Any], first: list[Any], ct: list[Any]) -> list[Any]:
        """The cotangents of the active leaves, for those of the results; `first` are the results of the first run."""
        with recording(forward=False, keep=False, listener=self.listener()) as tape:
            slots, results = self.record(tape, leaves, first)
            ends = [slot_on(tape, one) for one in results]
        found = reverse_sweep(
            tape, [(slot, one) for slot, one in zip(ends, ct, strict=True) if slot is not None], slots
        )
        tape.release()
        wanted = [leaf for leaf, active in zip(leaves, self.active, strict=True) if active]
        return [zeros_like(leaf) if one is None else one for one, leaf in zip(found, wanted, strict=True)]

    def plain_cotangents(self, leaves: list[Any], first: list[Any], ct: list[Any]) -> list[Any]:
        """The same where nothing is recorded: leaves, results and cotangents are plain."""
        return self.cotangents(leaves, first, ct)

    def results(self, leaves: list[Any]) -> list[Any]:
        """The results for the user's program: recorded, or constants that can hold recorded values."""
        return [constant_array(one) if type(one) is np.ndarray else one for one in self(leaves)]

    def __call__(self, leaves: list[Any]) -> list[Any]:
        """The results, recorded where a leaf is."""
        if contains_recorded(leaves):
            listening = [tape.listener for tape in open_tapes() if tape.listener is not None]
            if listening:
                self.heard_by = listening[-1]
            return list(apply(_OPERATION, (self, leaves), {}))
        return self.first_run(leaves)

    def record(self, tape: Tape, leaves: Sequence[Any], first: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Run it again on a tape: the leaves and the results, recorded there."""
        inputs = [
            RecordedArray(own_copy(leaf), next(tape.slots) if active else None, tape)
            for leaf, active in zip(leaves, self.active, strict=True)
        ]
        slots = [one.slot for one, active in zip(inputs, self.active, strict=True) if active]
        results = self.compute(inputs)
        self.compare([primal_of(one) for one in results], [primal_of(one) for one in first])
        return slots, results


class _Derivative(Recomputed):
    """A derivative of an operation, as an operation on its leaves and on cotangents or tangents."""

    def __init__(self, inner: Recomputed, first: list[Any]) -> None:
        self.inner = inner
        self.name = f"the derivative of {inner.name}"
        self.first = first
        self.count = len(inner.active)

    @property
    def active(self) -> Sequence[bool]:  # type: ignore[override]  # it depends on how many cotangents there are
        """What the operation takes, and all cotangents or tangents."""
        return [*self.inner.active, *[True] * self.others()]

    @abstractmethod
    def others(self) -> int:
        """How many leaves come after those of the operation."""


class Pullback(_Derivative):
    """The cotangents of the active leaves, from the leaves and the cotangents of the results."""

    def others(self) -> int:
        return len(self.first)

    def compute(self, leaves: list[Any]) -> list[Any]:
        return self.inner.cotangents(leaves[: self.count], self.first, leaves[self.count :])

    def first_run(self, leaves: list[Any]) -> list[Any]:
        first = [primal_of(one) for one in self.first]
        return self.inner.plain_cotangents(leaves[: self.count], first, leaves[self.count :])


class Pushforward(_Derivative):
    """The tangents of the results, from the leaves and the tangents of those that are active."""

    def others(self) -> int:
        return sum(self.inner.active)

    def compute(self, leaves: list[Any]) -> list[Any]:
        with recording(forward=True, keep=False, listener=self.inner.listener()) as tape:
            slots, results = self.inner.record(tape, leaves[: self.count], self.first)
            ends = [slot_on(tape, one) for one in results]
        found = forward_sweep(tape, list(zip(slots, leaves[self.count :], strict=True)), ends)
        tape.release()
        return [zeros_like(result) if one is None else one for one, result in zip(found, self.first, strict=True)]

    def first_run(self, leaves: list[Any]) -> list[Any]:
        return self.compute(leaves)


# What tapes enter. It is one for all calls, each of which is an argument: a call must not outlive its tape.


def _run(recomputed: Recomputed, leaves: list[Any]) -> list[Any]:
    return recomputed(leaves)


def _pull(ct: Sequence[Any], leaves: list[Any], out: list[Any], *, recomputed: Recomputed) -> list[Any]:
    found = iter(Pullback(recomputed, out)([*leaves, *ct]))
    return [next(found) if active else None for active in recomputed.active]


def _push(tangent: list[Any], leaves: list[Any], out: list[Any], *, recomputed: Recomputed) -> list[Any]:
    directions = [
        zeros_like(leaf) if one is None else one
        for one, leaf, active in zip(tangent, leaves, recomputed.active, strict=True)
        if active
    ]
    return Pushforward(recomputed, out)([*leaves, *directions])


_SAVED = ("leaves", "out")
_OPERATION = Operation(
    "a checkpointed call", _run, ("recomputed", "leaves"), {}, lambda recomputed, leaves: (recomputed, leaves),
    sequence="leaves", inert=frozenset({"recomputed"}),
    rules={"leaves": Rule(_pull, "leaves", _SAVED, ("recomputed",))},
    pushforwards={"leaves": Rule(_push, "leaves", _SAVED, ("recomputed",), pushforward=True)},
)  # fmt: skip
