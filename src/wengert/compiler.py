"""The pipeline: from a program to machine code for it and for its derivatives.

    lower ─▶ program ─▶ prepare ─▶ machine code of the value
                          ├─▶ reverse ─▶ finish ─▶ machine code of value and cotangents
                          └─▶ forward ─▶ finish ─▶ machine code of value and tangents

What goes in: a program over flat arguments, the leaves. What comes out: a `Kernel`, which runs it, and whose
derivatives are kernels again. What holds: the arguments are never changed by a derivative, whatever the program does
to its parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from wengert.adjoint.directions import along_directions
from wengert.adjoint.forward import forward
from wengert.adjoint.reverse import reverse
from wengert.analysis.index import index_program
from wengert.emit import compile_program
from wengert.errors import ArgumentError
from wengert.passes.added_products import add_products
from wengert.passes.cuts import cut_checks
from wengert.passes.dead_code import without_dead_code
from wengert.passes.disjoint import store_disjoint_sums
from wengert.passes.expand import expand_operations
from wengert.passes.forwarding import forward_values
from wengert.passes.fuse import fuse_loops
from wengert.passes.gather import gather_stencils
from wengert.passes.independent import mark_independent
from wengert.passes.integers import simplify_integers
from wengert.passes.interchange import interchange_loops
from wengert.passes.invariants import hoist_invariants
from wengert.passes.jam import jam_rows
from wengert.passes.layout import lay_out_arrays
from wengert.passes.lifetimes import shorten_lifetimes
from wengert.passes.metering import Site, metered
from wengert.passes.outward import move_loops_outward
from wengert.passes.postponed_products import postpone_products
from wengert.passes.sizes import unify_sizes
from wengert.passes.skew import skew_recurrences
from wengert.passes.split_scatter import split_scatters
from wengert.passes.sums import sum_in_variables
from wengert.program.printer import print_program
from wengert.program.statements import Array, Operand, Parameter, Program, Value
from wengert.program.traverse import writes
from wengert.runtime.ledger import Ledger

__all__ = ["DERIVATIVE", "FINISH", "PREPARE", "Kernel", "derivative_kernel", "is_plain", "refuse_overlap"]

Pass = Callable[[Program], Program]

_SIMPLER: list[Pass] = [forward_values, without_dead_code, hoist_invariants]

_LOOPS: list[Pass] = [simplify_integers, hoist_invariants, cut_checks, simplify_integers, without_dead_code]

PREPARE: list[Pass] = [
    unify_sizes, *_SIMPLER, fuse_loops, forward_values, without_dead_code, *_LOOPS,
    move_loops_outward, interchange_loops, mark_independent,
]  # fmt: skip
"""What is done to a program before it is differentiated."""

DERIVATIVE: list[Pass] = _SIMPLER
"""What is done to a derivative, which may then be printed or differentiated again."""

FINISH: list[Pass] = [
    expand_operations, unify_sizes, add_products, postpone_products, fuse_loops, lay_out_arrays, gather_stencils,
    shorten_lifetimes, sum_in_variables, split_scatters, skew_recurrences, jam_rows, store_disjoint_sums,
]  # fmt: skip
"""What is done to a program before it becomes machine code."""


_WITH_FUNCTIONS = (forward_values, without_dead_code, expand_operations)
"""What is done to programs with functions of their own: the other passes do not know what a call pushes and pops."""


def _through(passes: Sequence[Pass], program: Program) -> Program:
    for one in passes:
        if not program.functions or one in _WITH_FUNCTIONS:
            program = one(program)
    return program


def _written(program: Program, inputs: Sequence[Parameter]) -> frozenset[int]:
    """The positions of the arrays among the inputs that the program writes."""
    index = index_program(program)
    changed = {index.root(storage) for statement in index.places for storage in writes(statement)}
    return frozenset(i for i, one in enumerate(inputs) if isinstance(one, Array) and one.storage in changed)


def is_plain(array: Any, dtype: np.dtype[Any]) -> bool:
    """Whether compiled code can read an array as it is: also its bytes are in the order of this machine."""
    if type(array) is not np.ndarray or array.dtype != dtype:
        return False
    flags = array.flags
    return bool(flags.c_contiguous and flags.aligned)


def refuse_overlap(leaves: Sequence[Any], written: Iterable[int]) -> None:
    """Refuse an array that is updated in place and shares memory with another: the program would not see it."""
    for i in written:
        for k, other in enumerate(leaves):
            if k == i or not isinstance(other, np.ndarray) or not np.may_share_memory(leaves[i], other):
                continue
            if np.shares_memory(leaves[i], other):
                raise ArgumentError(
                    "the function writes to an argument that shares memory with another argument\n"
                    "Pass a copy of one of them."
                )


def derivative_kernel(program: Program) -> Kernel:
    """The kernel of a derivative, or of another program that is made from a prepared one."""
    return Kernel(_through(DERIVATIVE, program), derivative=True)


class Kernel:
    """A program, run on leaves: arrays and numbers of the types of its parameters, outputs left out.

    `in_place`: the program updates the caller's arrays, as the user's own function does; else it works on copies.
    `derivative`: it was made from a prepared program, and is good as it is. `finished`: it becomes machine code so.
    """

    def __init__(
        self, program: Program, *, in_place: bool = False, derivative: bool = False, finished: bool = False
    ) -> None:
        self.program = program
        self.in_place = in_place
        self.derivative = derivative
        self.finished = finished
        self.inputs = [one for one in program.parameters if not (isinstance(one, Array) and one.output)]
        self.outputs = [one for one in program.parameters if isinstance(one, Array) and one.output]
        self._is_output = [isinstance(one, Array) and one.output for one in program.parameters]
        self._are_outputs_last = not any(self._is_output[: len(self.inputs)])
        self._derivatives: dict[Any, Kernel] = {}
        self._fetch_sizes = [[self._place_of(size) for size in one.sizes] for one in self.outputs]

    def __str__(self) -> str:
        return print_program(self.program)

    @cached_property
    def written(self) -> frozenset[int]:
        """The positions of the arrays that the program writes."""
        return _written(self.program, self.inputs)

    @cached_property
    def machine_code(self) -> Any:
        """The program as machine code."""
        return compile_program(self._finished)

    @cached_property
    def _finished(self) -> Program:
        if self.finished:
            return self.program
        return _through(FINISH, self.program if self.derivative else self.prepared)

    def metered(self) -> tuple[Kernel, list[Site]]:
        """The program as it becomes machine code, with numbers of bytes as its last results: see `passes.metering`."""
        program, sites = metered(self._finished)
        return Kernel(program, finished=True), sites

    @cached_property
    def _are_filled(self) -> list[bool]:
        return [one.filled for one in self._finished.parameters if isinstance(one, Array) and one.output]

    @cached_property
    def prepared(self) -> Program:
        """The program as it is differentiated."""
        return _through(PREPARE, self.program)

    def _place_of(self, size: Operand) -> int | tuple[int, int]:
        """Where the size of an output is found: a number, or the input and the axis that has it."""
        if not isinstance(size, Value):
            return int(size.value.real)
        for i, one in enumerate(self.inputs):
            if isinstance(one, Array) and size in one.sizes:
                return i, one.sizes.index(size)
        raise AssertionError("the size of an output is that of no input")

    def is_array(self, position: int) -> bool:
        """Whether the input at a position is an array."""
        return isinstance(self.inputs[position], Array)

    def dtype(self, position: int) -> str:
        """The dtype of the input at a position."""
        one = self.inputs[position]
        return one.storage.dtype if isinstance(one, Array) else one.dtype

    def __call__(self, *leaves: Any) -> tuple[Sequence[Any], list[np.ndarray[Any, Any]]]:
        """Run the program: its results, and its output arrays."""
        if not self._changes_nothing:
            return self._run_with_copies(leaves)
        for i, dtype in self._arrays.items():
            if not is_plain(leaves[i], dtype):
                return self._run_with_copies(leaves)
        return self.machine_code(*leaves), []

    @cached_property
    def _arrays(self) -> dict[int, np.dtype[Any]]:
        return {i: np.dtype(self.dtype(i)) for i in range(len(self.inputs)) if self.is_array(i)}

    @cached_property
    def _changes_nothing(self) -> bool:
        return not self.outputs and not self.written

    def copied(self, leaves: Sequence[Any]) -> list[int]:
        """The positions of the arrays that the program runs on copies of."""
        written = frozenset() if self.in_place else self.written
        return [i for i, dtype in self._arrays.items() if i in written or not is_plain(leaves[i], dtype)]

    def run_within(self, ledger: Ledger, leaves: Sequence[Any]) -> tuple[Sequence[Any], list[np.ndarray[Any, Any]]]:
        """Run the program with memory that is counted. Its outputs are not."""
        return self._run_with_copies(leaves, self.machine_code.within(ledger))

    def _run_with_copies(
        self, leaves: Sequence[Any], code: Any = None
    ) -> tuple[Sequence[Any], list[np.ndarray[Any, Any]]]:
        code = self.machine_code if code is None else code
        given, back = leaves, list[tuple[Any, Any]]()
        if self.written or not all(is_plain(leaves[i], dtype) for i, dtype in self._arrays.items()):
            refuse_overlap(leaves, self.written)
            given = [self._prepared(leaf, i, back) if i in self._arrays else leaf for i, leaf in enumerate(leaves)]
        made = [self.output(number, self._shape(number, given)) for number in range(len(self.outputs))]
        if self._are_outputs_last:
            results = code(*given, *made)
        else:
            inputs, outputs = iter(given), iter(made)
            results = code(*[next(outputs if out else inputs) for out in self._is_output])
        for leaf, changed in back:
            leaf[...] = changed
        return results, made

    def _shape(self, output: int, given: Sequence[Any]) -> tuple[int, ...]:
        """The shape of an output."""
        like = self._like[output]
        if like is not None:
            shape: tuple[int, ...] = given[like].shape
            return shape
        return tuple(n if isinstance(n, int) else given[n[0]].shape[n[1]] for n in self._fetch_sizes[output])

    @cached_property
    def _like(self) -> list[int | None]:
        """For each output the input that has its shape, if there is one."""
        found: list[int | None] = []
        for places in self._fetch_sizes:
            owners = {place[0] for place in places if not isinstance(place, int)}
            owner = owners.pop() if len(owners) == 1 else None
            rank = None if owner is None else self.inputs[owner].storage.rank  # type: ignore[union-attr]  # an array
            is_whole = places == [(owner, axis) for axis in range(rank or 0)] and len(places) == rank
            found.append(owner if is_whole else None)
        return found

    def output(self, number: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """An output before the program adds to it: zeros, unless the program stores all of it first."""
        dtype = np.dtype(self.outputs[number].storage.dtype)
        made: np.ndarray[Any, Any] = self.machine_code.array(shape, dtype, zeroed=not self._are_filled[number])
        return made

    def _prepared(self, leaf: Any, i: int, back: list[tuple[Any, Any]]) -> Any:
        """An array in C order that the program may use, and write if it writes it."""
        if i not in self.written:
            return leaf if is_plain(leaf, self._arrays[i]) else np.array(leaf, self._arrays[i], order="C")
        if not self.in_place:
            return np.array(leaf, self._arrays[i], order="C")
        if not leaf.flags.writeable:
            raise ValueError("assignment destination is read-only")
        if is_plain(leaf, self._arrays[i]):
            return leaf
        copy = np.array(leaf, self._arrays[i], order="C")
        back.append((leaf, copy))
        return copy

    def reverse(self, wrt: tuple[int, ...], *, with_results: bool, unit_seed: bool, guarded: bool = False) -> Kernel:
        """The reverse derivative: see `wengert.adjoint.reverse`. The cotangents of arrays are the outputs."""
        key = ("reverse", wrt, with_results, unit_seed, guarded)
        if key not in self._derivatives:
            made = reverse(self.prepared, wrt, with_results=with_results, unit_seed=unit_seed, guarded=guarded)
            self._derivatives[key] = derivative_kernel(made)
        return self._derivatives[key]

    def forward(self, wrt: tuple[int, ...], *, guarded: bool = False) -> Kernel:
        """The forward derivative: see `wengert.adjoint.forward`."""
        key = ("forward", wrt, guarded)
        if key not in self._derivatives:
            made = forward(self.prepared, wrt, guarded=guarded)
            self._derivatives[key] = derivative_kernel(made)
        return self._derivatives[key]

    def along_directions(self, wrt: tuple[int, ...], count: int, *, guarded: bool = False) -> Kernel:
        """The forward derivative along several directions at once: see `wengert.adjoint.directions`."""
        key = ("directions", wrt, count, guarded)
        if key not in self._derivatives:
            made = along_directions(self.prepared, wrt, count, guarded=guarded)
            self._derivatives[key] = Kernel(_through(DERIVATIVE, made), derivative=True)
        return self._derivatives[key]
