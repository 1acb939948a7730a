"""Where everything in a program is: statements, definitions of values, writes to storages.

What goes in: a program. What comes out: an `Index`. What holds: a place tells which statements of control enclose a
statement, and the order in which statements begin and end; `Reshape`s are traced to the storage whose memory they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wengert.program.statements import (
    Allocate,
    Array,
    Block,
    Call,
    Callee,
    For,
    Function,
    If,
    Operand,
    Program,
    Reshape,
    Statement,
    Storage,
    Value,
    While,
)
from wengert.program.traverse import blocks, bound, made, writes

__all__ = ["Control", "Enclosing", "Index", "Place", "index_program"]

Control = For | While | If | Function


@dataclass(frozen=True, slots=True)
class Enclosing:
    """One statement of control around a place, and which of its blocks the place is in (0 for both of a `While`).

    Around all of a function's body is the function: to the analyses a loop whose iterations are the calls.
    """

    statement: Control
    branch: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands. `begin` and `end` count entries into and exits from statements in textual order."""

    enclosing: tuple[Enclosing, ...]
    begin: int
    end: int

    @property
    def loops(self) -> tuple[For | While | Function, ...]:
        """The loops around it, outermost first."""
        return tuple(one.statement for one in self.enclosing if not isinstance(one.statement, If))


@dataclass(slots=True)
class Index:
    """See the module's text. The definition of a counter is its loop; a parameter has none.

    `owners`: the function and the position of each parameter of a function. `calls`: those of each function.
    `calling`: the blocks in which there are calls. `ends`: when the body of a function has ended.
    """

    program: Program
    places: dict[Statement, Place] = field(default_factory=dict)
    definitions: dict[Value, Statement] = field(default_factory=dict)
    makers: dict[Storage, Statement] = field(default_factory=dict)
    roots: dict[Storage, Storage] = field(default_factory=dict)
    writers: dict[Storage, list[Statement]] = field(default_factory=dict)
    sizes: dict[Storage, tuple[Operand, ...]] = field(default_factory=dict)
    given_sizes: set[Operand] = field(default_factory=set)
    functions: dict[Callee, Function] = field(default_factory=dict)
    owners: dict[Storage, tuple[Function, int]] = field(default_factory=dict)
    calls: dict[Callee, list[Call]] = field(default_factory=dict)
    calling: set[Enclosing] = field(default_factory=set)
    ends: dict[Function, int] = field(default_factory=dict)
    forms: dict[Value, dict[object, int]] = field(default_factory=dict)  # filled by `wengert.analysis.affine`

    def root(self, storage: Storage) -> Storage:
        """The storage whose memory this one names."""
        return self.roots.get(storage, storage)

    def end(self, control: Control) -> int:
        """When the last block of a statement of control has ended."""
        return self.ends[control] if isinstance(control, Function) else self.places[control].end

    def is_revisited(self, enclosing: tuple[Enclosing, ...]) -> bool:
        """Whether a block calls functions and is one of a function: before it ends it may begin again."""
        return bool(enclosing) and isinstance(enclosing[0].statement, Function) and enclosing[-1] in self.calling

    def enclosing_definition(self, value: Value) -> tuple[Enclosing, ...]:
        """What encloses the block in which a value is bound."""
        statement = self.definitions.get(value)
        if statement is None:
            return ()
        place = self.places[statement]
        if isinstance(statement, For) and statement.counter is value:
            return (*place.enclosing, Enclosing(statement, 0))
        return place.enclosing

    def enclosing_storage(self, storage: Storage) -> tuple[Enclosing, ...]:
        """What encloses the block in which a storage is made."""
        maker = self.makers.get(storage)
        return () if maker is None else self.places[maker].enclosing


def index_program(program: Program) -> Index:
    """Visit every statement once."""
    index = Index(program)
    clock = 0
    for parameter in program.parameters:
        if isinstance(parameter, Array):
            index.sizes[parameter.storage] = parameter.sizes
            index.given_sizes.update(parameter.sizes)

    def visit(block: Block, enclosing: tuple[Enclosing, ...]) -> None:
        nonlocal clock
        for statement in block:
            begin = clock = clock + 1
            _define(index, statement)
            if isinstance(statement, Call):
                index.calls.setdefault(statement.callee, []).append(statement)
                index.calling.update(enclosing)
            for branch, nested in enumerate(blocks(statement)):
                assert isinstance(statement, For | While | If)
                # The test and the body of a `While` are one block: what the test binds the body may use.
                own = Enclosing(statement, 0 if isinstance(statement, While) else branch)
                visit(nested, (*enclosing, own))
            clock += 1
            index.places[statement] = Place(enclosing, begin, clock)

    visit(program.body, ())
    for function in program.functions:
        index.functions[function.callee] = function
        for position, one in enumerate(function.parameters):
            index.sizes[one.storage] = one.sizes
            index.given_sizes.update(one.sizes)
            index.owners[one.storage] = function, position
        visit(function.body, (Enclosing(function, 0),))
        clock += 1
        index.ends[function] = clock
    return index


def _define(index: Index, statement: Statement) -> None:
    value = statement.counter if isinstance(statement, For) else bound(statement)
    if value is not None:
        index.definitions[value] = statement
    storage = made(statement)
    if storage is not None:
        index.makers[storage] = statement
        index.sizes[storage] = statement.sizes  # type: ignore[union-attr]  # every maker has sizes
        if isinstance(statement, Reshape):
            index.roots[storage] = index.root(statement.of)
    for written in writes(statement):
        index.writers.setdefault(index.root(written), []).append(statement)


def is_allocated(index: Index, storage: Storage) -> bool:
    """Whether the program itself makes the storage, rather than being given it."""
    return isinstance(index.makers.get(index.root(storage)), Allocate)
