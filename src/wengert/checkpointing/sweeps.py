"""Sweeps a compiled program back within a budget: its chain of pieces forward, then from the last one to the first.

What goes in: the code of a chain, its arguments, and cotangents. What comes out: results and cotangents. What holds:
each piece is swept back from what it was given on the way forward: of the arrays that it or a later piece writes a copy
is kept, until then; the user's arrays are never written. A first sweep over the same chain, in which loops run no
iteration but the first ones, by way of trial, measures what each piece takes, so that a budget that is too small is
refused before the loops run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wengert.adjoint.segments import Name, Piece, Repetition, Straight
from wengert.checkpointing.budget import Budget
from wengert.checkpointing.pieces import ChainCode, Cotangents, Scope
from wengert.checkpointing.planning import Need, Plan
from wengert.checkpointing.progress import ProgressReport
from wengert.checkpointing.repetitions import RepetitionSweep, trying
from wengert.program.statements import Array, Storage
from wengert.runtime.ledger import Ledger

__all__ = ["ChainSweep", "Context"]


@dataclass
class Context:
    """What all parts of a sweep share. `needs` is what a trial has found, by the loop's place in its chain."""

    ledger: Ledger
    budget: Budget
    report: ProgressReport
    plans: dict[Repetition, Plan] = field(default_factory=dict)
    is_trial: bool = False
    depth: int = 0
    needs: dict[Repetition, Need] = field(default_factory=dict)
    most: int = 0  # bytes at once in this trial, but for what loops take while they are measured

    def found(self, loops: Iterable[Repetition]) -> tuple[Need, ...]:
        """What a trial has found of these loops; nothing of those that it did not come to."""
        most = max(self.most, self.ledger.peak)
        unknown = Need(1, 0, {}, None)
        return tuple(replace(self.needs.get(one, unknown), outside=most) for one in loops)

    def inside(self) -> Context:
        """The same for the chain of an iteration."""
        return Context(self.ledger, self.budget, self.report, self.plans, self.is_trial, self.depth + 1)


@dataclass
class _Entry:
    """What a straight piece was given. It writes what is `borrowed`, but the arrays are not ours."""

    scope: Scope
    borrowed: frozenset[Storage]


class ChainSweep:
    """One sweep. `scope` has the arguments; `owned` are those of its arrays that may be written."""

    def __init__(self, code: ChainCode, context: Context, scope: Scope, owned: Iterable[Storage]) -> None:
        self.code, self.context, self.scope, self.owned = code, context, scope, set(owned)
        self.entries: list[_Entry | RepetitionSweep] = []
        for parameter in code.chain.program.parameters:
            if isinstance(parameter, Array):
                for size, number in zip(parameter.sizes, scope[parameter.storage].shape, strict=True):
                    scope.setdefault(size, number)  # type: ignore[arg-type]  # constants are harmless

    def forward(self) -> None:
        """Run all pieces but the last one, and keep what the way back begins from."""
        with self._trying():
            self._forward()

    def _forward(self) -> None:
        segments = self.code.chain.segments
        loops = [number for number, one in enumerate(segments) if isinstance(one, Repetition)]
        for number, segment in enumerate(segments[:-1]):
            if isinstance(segment, Straight):
                self.entries.append(self._run(segment.piece, number))
            else:
                sweep = RepetitionSweep(segment, self, number, is_last=number == loops[-1])
                self.entries.append(sweep)
                sweep.forward()

    def _run(self, piece: Piece, number: int) -> _Entry:
        unread: Scope = {name: self.scope[name] for name in piece.written - piece.read}
        kept = self.kept([name for name in piece.names if name not in unread], number)
        entry = _Entry({**unread, **kept}, piece.written - self.owned)
        self.own(piece.written)
        self.code.code(piece).run(self.scope, self.context.ledger)
        for name in piece.new_arrays:  # whose cotangents have their shapes
            entry.scope[name] = np.broadcast_to(np.zeros((), name.dtype), self.scope[name].shape)
        self.owned |= {*piece.new_arrays}
        return entry

    def inside(self, loop: Repetition, context: Context, scope: Scope) -> ChainSweep:
        """A sweep over one iteration of a loop."""
        return ChainSweep(self.code.inner(loop), context, scope, loop.iteration.written)

    def kept(self, names: Iterable[Name], number: int) -> Scope:
        """What a segment is given, in arrays that nobody else writes until it is swept back."""
        written = self.code.written_from[number]
        return {
            name: self.context.ledger.copy(self.scope[name])
            if isinstance(name, Storage) and name in written and name in self.owned
            else self.scope[name]
            for name in names
        }

    def own(self, written: Iterable[Storage]) -> None:
        """Have arrays that may be written."""
        for name in written:
            if name not in self.owned:
                self.scope[name] = self.context.ledger.copy(self.scope[name])
                self.owned.add(name)

    def backward(self, bars: Cotangents, cts: Sequence[Any]) -> Sequence[Any]:
        """Sweep back; `bars` becomes the cotangents of the arguments. Returns the results, where the code has them."""
        results: Sequence[Any] = ()
        if len(self.entries) == len(self.code.chain.segments) - 1:  # else a trial has failed on the way
            with self._trying():
                self.own(self.code.last.piece.written)
                results = self._reverse(self.code.last.piece, self.scope, bars, cts)
        self.scope.clear()
        while self.entries:
            entry, segment = self.entries[-1], self.code.chain.segments[len(self.entries) - 1]
            if isinstance(entry, RepetitionSweep):
                entry.backward(bars)
            else:
                assert isinstance(segment, Straight)
                for name in entry.borrowed:
                    entry.scope[name] = self.context.ledger.copy(entry.scope[name])
                with self._trying():
                    self._reverse(segment.piece, entry.scope, bars, ())
            self.entries.pop()
        return results

    def close(self) -> None:
        """Forget all states."""
        for entry in self.entries:
            if isinstance(entry, RepetitionSweep):
                entry.close()

    def _reverse(self, piece: Piece, scope: Scope, bars: Cotangents, cts: Sequence[Any]) -> Sequence[Any]:
        return self.code.code(piece).reverse(scope, bars, cts, self.context.ledger)

    def _trying(self) -> AbstractContextManager[None]:
        """In a trial what fails is left out."""
        return trying() if self.context.is_trial else nullcontext()
