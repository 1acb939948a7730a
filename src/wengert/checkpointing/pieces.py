"""Runs the pieces of a compiled program, forward and back.

What goes in: a piece (`wengert.adjoint.segments`), and a `Scope`: numbers, contents of variables and arrays by their
names. What comes out: the scope after the piece; or, on the way back, the cotangents of what the piece takes from those
of what it gives. What holds: all memory comes from one ledger; an array in a scope that a piece writes is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from wengert.adjoint.segments import Chain, Name, Piece, Repetition, Straight, chain_of
from wengert.analysis.activity import carries
from wengert.compiler import derivative_kernel
from wengert.program.statements import Program, Storage, Value
from wengert.runtime.ledger import Ledger
from wengert.runtime.pool import FEWEST_BYTES

__all__ = ["ChainCode", "Cotangents", "Scope", "chain_code", "content_of"]

Scope = dict[Name, Any]
Cotangents = dict[Name, Any]


class PieceCode:
    """A piece and its derivative, compiled when they are first run."""

    def __init__(self, piece: Piece, *, guarded: bool, with_results: bool) -> None:
        self.piece, self.guarded, self.with_results = piece, guarded, with_results

    @cached_property
    def _forward(self) -> Any:
        return derivative_kernel(self.piece.program).machine_code

    @cached_property
    def _reverse(self) -> Any:
        program = self.piece.reversed(guarded=self.guarded, with_results=self.with_results)
        return derivative_kernel(program).machine_code

    def run(self, scope: Scope, ledger: Ledger) -> Sequence[Any]:
        """Run it on a scope, which takes what is new; the other results are returned."""
        piece = self.piece
        found: Sequence[Any] = self._forward.within(ledger)(*[scope[name] for name in piece.names])
        new: list[Name] = [*piece.new_values, *piece.new_cells, *piece.new_arrays]
        first = len(found) - len(new)
        for name, one in zip(new, found[first:], strict=True):
            is_copied = isinstance(one, np.ndarray) and one.nbytes < FEWEST_BYTES
            scope[name] = ledger.copy(one) if is_copied else one
        return found[:first]

    def reverse(self, scope: Scope, bars: Cotangents, cts: Sequence[Any], ledger: Ledger) -> Sequence[Any]:
        """Sweep it back from a scope, which is used up. `cts` are for the other results, which are returned if asked.

        `bars` has the cotangents of what the piece gives, and afterwards those of what it takes.
        """
        piece = self.piece
        inputs = [scope[name] for name in piece.names]
        new: list[Name] = [*piece.new_values, *piece.new_cells]
        given = [*cts, *(bars.pop(name, 0.0) for name in new if carries(name.dtype))]
        given += [self._taken(bars, scope, one, ledger) for one in piece.new_arrays if carries(one.dtype)]
        scalars: list[Name] = [name for name in piece.differentiated if name not in piece.arrays]
        arrays: list[Name] = [name for name in piece.differentiated if name in piece.arrays]
        for name in arrays:
            if name not in bars:
                bars[name] = ledger.array(scope[name].shape, scope[name].dtype, zeroed=True)
        found: Sequence[Any] = self._reverse.within(ledger)(*inputs, *given, *(bars[name] for name in arrays))
        first = len(found) - len(scalars)
        for name, one in zip(scalars, found[first:], strict=True):
            bars[name] = bars[name] + one if name in bars else one
        return found[:first]

    def _taken(self, bars: Cotangents, scope: Scope, name: Storage, ledger: Ledger) -> Any:
        """The cotangent of an array that the piece makes."""
        found = bars.pop(name, None)
        if found is None:
            found = ledger.array(scope[name].shape, scope[name].dtype, zeroed=True)
        return found


class ChainCode:
    """A chain, and the code of its pieces. `with_results`: the last one returns the results on the way back."""

    def __init__(self, chain: Chain, *, guarded: bool, with_results: bool) -> None:
        self.chain, self.guarded = chain, guarded
        self.with_results = with_results
        self._pieces: dict[Piece, PieceCode] = {}
        self._inner: dict[Repetition, ChainCode] = {}
        written: set[Storage] = set()
        # The arrays that each segment or a later one writes.
        self.written_from: list[frozenset[Storage]] = []
        for segment in reversed(chain.segments):
            for piece in segment.pieces:
                written |= piece.written
            self.written_from.insert(0, frozenset(written))
        self.written_from.append(frozenset())

    @property
    def last(self) -> Straight:
        """The segment that returns the results."""
        found = self.chain.segments[-1]
        assert isinstance(found, Straight)
        return found

    def code(self, piece: Piece) -> PieceCode:
        """The code of one of its pieces."""
        if piece not in self._pieces:
            with_results = self.with_results and piece is self.last.piece
            self._pieces[piece] = PieceCode(piece, guarded=self.guarded, with_results=with_results)
        return self._pieces[piece]

    def inner(self, repetition: Repetition) -> ChainCode:
        """One iteration of a loop, as a chain."""
        if repetition not in self._inner:
            piece = repetition.iteration
            chain = chain_of(piece.program, piece.chosen, in_place=True, active=self.chain.active)
            self._inner[repetition] = ChainCode(chain, guarded=self.guarded, with_results=False)
        return self._inner[repetition]

    def has_loops(self) -> bool:
        """Whether there is a loop to be cut."""
        return len(self.chain.segments) > 1


@lru_cache(maxsize=64)
def chain_code(program: Program, chosen: tuple[int, ...], guarded: bool, with_results: bool) -> ChainCode:
    """The code of a prepared program, whose parameters at `chosen` are differentiated."""
    chain = chain_of(program, chosen, in_place=False, active=None)
    return ChainCode(chain, guarded=guarded, with_results=with_results)


def content_of(piece: Piece) -> dict[Name, Name]:
    """The parameters of a piece that are the contents of its cells."""
    contents = piece.program.parameters[len(piece.values) :][: len(piece.cells)]
    return {cell: one for cell, one in zip(piece.cells, contents, strict=True) if isinstance(one, Value)}
