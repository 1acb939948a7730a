"""What a program is made of: values, storages, and about a dozen kinds of statement, all frozen.

*Values* are scalars that are bound once in each execution of their block. *Storages* are places: arrays in C order
that share no memory, unless one is a `Reshape` of the other. A storage of rank 0 is a variable (a cell). Nothing has
a name of its own: a value or a storage is an object, equal to itself alone, and `hint` is what the printer makes its
name from. Control flow is nested; there is no jump and no early exit, so each block has one entry and one end. Every
index is in range and not negative: what could be wrong is tested by a `Check` before.

A function of a program is a block that runs wherever a `Call` names it, also in itself. It is given whole storages;
numbers go to it and come back on stacks, so that what is true of stacks is all there is to know about them.

Sizes are values known at run time, so one program serves every size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from wengert.errors import SourceLocation

__all__ = [
    "Accumulate",
    "Allocate",
    "Apply",
    "Array",
    "Bind",
    "Block",
    "Call",
    "Callee",
    "Check",
    "Constant",
    "For",
    "Function",
    "If",
    "Load",
    "Operand",
    "Parameter",
    "Pop",
    "Program",
    "Push",
    "Recall",
    "Reserve",
    "Reshape",
    "Section",
    "Span",
    "Stack",
    "Statement",
    "Storage",
    "Store",
    "Value",
    "While",
]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A scalar, bound once. `dtype` is the name of a NumPy dtype."""

    hint: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number known when the program is made."""

    value: bool | int | float | complex
    dtype: str


Operand: TypeAlias = Value | Constant


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """An array in C order; of rank 0, a variable. Its sizes are those of the statement or parameter that makes it."""

    hint: str
    dtype: str
    rank: int


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """A growing last-in-first-out store, of scalars (`dtype`) or of storages that were kept (dtype "storage")."""

    hint: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Span:
    """`size` indices of one axis: start, start + step, ... The step is a non-zero constant or value."""

    start: Operand
    size: Operand
    step: Operand


@dataclass(frozen=True, slots=True)
class Section:
    """A rectangular part of a storage, as a matrix product or a LAPACK routine takes it, and as a program returns it.

    For each axis of the storage an index or a `Span`; `order` is the permutation of the spans that gives the
    section's own axes (`(1, 0)` for a transpose).
    """

    storage: Storage
    axes: tuple[Operand | Span, ...]
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Bind:
    """`value = function(operands)`: a pure scalar function, by its name in `program.functions`."""

    value: Value
    function: str
    operands: tuple[Operand, ...]
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """`value = storage[indices]`."""

    value: Value
    storage: Storage
    indices: tuple[Operand, ...]
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """`storage[indices] = operand`."""

    storage: Storage
    indices: tuple[Operand, ...]
    operand: Operand
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Accumulate:
    """`storage[indices] += operand`. In an order-free loop the order of the additions is free too."""

    storage: Storage
    indices: tuple[Operand, ...]
    operand: Operand
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Allocate:
    """Makes a storage, zeroed or with undefined contents. It lives to the end of the block, or is kept.

    `kept`: it outlives the block on a stack, from which `Recall` takes it back, last in, first out.
    """

    storage: Storage
    sizes: tuple[Operand, ...]
    zeroed: bool = False
    kept: Stack | None = None
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Recall:
    """Takes the storage that was kept last off a stack; it lives, under a name of its own, to the end of the block.

    While it lives, nothing else is kept on that stack or recalled from it.
    """

    storage: Storage
    sizes: tuple[Operand, ...]
    stack: Stack
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reshape:
    """A second name, with other sizes, for the whole of a storage. The number of elements is the same."""

    storage: Storage
    of: Storage
    sizes: tuple[Operand, ...]
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reserve:
    """Makes room on a stack of scalars for `count` more of them. Only speed depends on it."""

    stack: Stack
    count: Operand
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """Puts a scalar on a stack."""

    stack: Stack
    operand: Operand
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pop:
    """Takes the last scalar off a stack."""

    value: Value
    stack: Stack
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class For:
    """`for counter in range(start, stop, step): body`. The step is a constant other than zero.

    `order_free`: the iterations may run in any order, or side by side; only accumulations may meet.
    """

    counter: Value
    start: Operand
    stop: Operand
    step: int
    body: tuple[Statement, ...]
    order_free: bool = False
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class While:
    """`while (test; condition): body`: the statements of `test` run before the condition is read, each time."""

    test: tuple[Statement, ...]
    condition: Operand
    body: tuple[Statement, ...]
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class If:
    """`if condition: then; else: otherwise`."""

    condition: Operand
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """`outputs[:] = function(inputs, **statics)`: an operation of the table on arrays, such as `numpy.matmul`.

    `function` is the key in `program.operations`. An input is a section of a storage or a scalar. No output shares
    memory with an input, but for `program.operations.ADDED_PRODUCT`, whose output is its first input.
    """

    outputs: tuple[Section, ...]
    function: str
    inputs: tuple[Section | Operand, ...]
    statics: tuple[tuple[str, object], ...] = ()
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """Raises where the condition does not hold: `exception` by its name, `message` formatted with the operands."""

    condition: Operand
    exception: str
    message: str
    operands: tuple[Operand, ...] = ()
    where: SourceLocation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Callee:
    """The name of a function of the program, by which its own body can mention it."""

    hint: str


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Runs a function of the program on storages that share no memory. `written`: the positions it may write."""

    callee: Callee
    storages: tuple[Storage, ...]
    written: frozenset[int] = frozenset()
    where: SourceLocation | None = None


Statement: TypeAlias = (
    Bind
    | Load
    | Store
    | Accumulate
    | Allocate
    | Recall
    | Reshape
    | Reserve
    | Push
    | Pop
    | For
    | While
    | If
    | Apply
    | Check
    | Call
)
Block: TypeAlias = tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """An array parameter: its storage, its sizes (values bound on entry; a constant 1 where the program relies on it).

    `output`: the caller gives an array of zeros, to which the program adds. `filled`: the program stores all of it
    first, so that it need not be zeros. `continued`: it is an output that may hold other numbers than zeros.
    """

    storage: Storage
    sizes: tuple[Operand, ...]
    output: bool = False
    filled: bool = False
    continued: bool = False


Parameter: TypeAlias = Value | Array


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """What a `Callee` does: a body that sees its array parameters and the program's stacks, and nothing else."""

    callee: Callee
    parameters: tuple[Array, ...]
    body: Block


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A function. The results, scalars and sections of storages of the outermost block, are read at its end.

    `functions`: those that recurse, and so cannot be written in place of their calls.
    """

    name: str
    parameters: tuple[Parameter, ...]
    body: Block
    results: tuple[Operand | Section, ...] = ()
    stacks: tuple[Stack, ...] = field(default=())
    functions: tuple[Function, ...] = field(default=())
