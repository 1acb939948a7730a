"""What emission knows while it walks a program: registers of values, places of storages, stacks, loops, failures.

What goes in: the program and a writer. What holds: two storages that are not names of the same memory have different
alias scopes, on every access; those kept on one stack, and recalled from it, share a scope, since they are the same
memory at different times.

A *piece* of a program is emitted as a function of its own (`wengert.emit.pieces`), with a frame inside that of the
program: what it does not find in its own frame becomes a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wengert.emit.kinds import Kind, constant_parts, kind_of
from wengert.emit.writer import Writer
from wengert.program.statements import (
    Allocate,
    Apply,
    Array,
    Call,
    Callee,
    Constant,
    For,
    Operand,
    Pop,
    Program,
    Push,
    Recall,
    Reserve,
    Reshape,
    Section,
    Stack,
    Statement,
    Storage,
    Value,
    While,
)
from wengert.program.traverse import reads, walk, writes
from wengert.runtime.failures import Failure

__all__ = ["Frame", "Loop", "Place", "StackRegisters"]

# Each scope lists all others, so their number is bounded; beyond it, some storages share one.
_MOST_SCOPES = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a storage lies: its first element, and the registers of its sizes. `slot` owns the memory, if one does."""

    pointer: str
    sizes: tuple[str, ...]
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class StackRegisters:
    """The variables of a stack of scalars: its memory, how many are on it, and how many it has room for."""

    data: str
    top: str
    capacity: str


@dataclass(frozen=True, slots=True)
class Loop:
    """An open loop. `group` is the access group of its iterations where they are independent."""

    statement: For | While
    group: str | None


def stacks_of(statement: Statement) -> tuple[Stack, ...]:
    """The stack that a statement names."""
    match statement:
        case Push(stack=stack) | Pop(stack=stack) | Reserve(stack=stack) | Recall(stack=stack):
            return (stack,)
        case Allocate(kept=stack) if stack is not None:
            return (stack,)
        case _:
            return ()


@dataclass(slots=True)
class Parameters:
    """What the function of a piece is given, by the register in the frame around it.

    `types`: the LLVM type of each, in order, so the parameters are `%p0`, `%p1`, ... `owners`: whose memory a pointer
    leads to. `variables`: those that are given and, if the piece writes them, given back: storage and own pointer.
    """

    types: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    owners: dict[str, Storage | Stack] = field(default_factory=dict)
    variables: dict[Storage, str] = field(default_factory=dict)


@dataclass(slots=True)
class Frame:
    """The state of one emission. Of a piece: `outer` is the frame around it.

    `functions`: the names of the program's functions in the module. `recurs`: this is the frame of one of them, and
    `program` its body.
    """

    program: Program
    w: Writer
    values: dict[Value, tuple[str, ...]] = field(default_factory=dict)
    depths: dict[Value, int] = field(default_factory=dict)
    places: dict[Storage, Place] = field(default_factory=dict)
    stacks: dict[Stack, StackRegisters] = field(default_factory=dict)
    kept: dict[Stack, str] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)
    failures: dict[Failure, int] = field(default_factory=dict)
    roots: dict[Storage, Storage | Stack] = field(default_factory=dict)
    cells: set[Storage | Stack] = field(default_factory=set)
    addressed: set[Storage | Stack] = field(default_factory=set)
    failure_offset: int = 0
    frame_bytes: int = 0
    all_stacks: tuple[Stack, ...] = ()
    slots: int = 0
    loop_slots: list[str] = field(default_factory=list)
    code: str = ""
    fails: bool = False
    functions: dict[Callee, str] = field(default_factory=dict)
    recurs: bool = False
    outer: Frame | None = None
    parameters: Parameters = field(default_factory=Parameters)
    _scopes: dict[Storage | Stack, int] = field(default_factory=dict)
    _scope_nodes: list[tuple[str, str, str]] = field(default_factory=list)
    _domain: str = ""

    def __post_init__(self) -> None:
        if self.outer is None:
            self._survey()
        self.code = self.w.alloca("i64", "i64 0")

    def inside(self, w: Writer) -> Frame:
        """A frame for a piece of the program."""
        return Frame(
            self.program,
            w,
            outer=self,
            failures=self.failures,
            failure_offset=self.failure_offset,
            roots=self.roots,
            cells=self.cells,
            addressed=self.addressed,
        )

    def _survey(self) -> None:
        """Which storages are names of the same memory, and which must lie in memory that can be addressed."""
        used = [one.storage for one in self.program.results if isinstance(one, Section)]
        parameters = [one.storage for one in self.program.parameters if isinstance(one, Array)]
        made = list(parameters)
        stacks = dict.fromkeys(self.program.stacks)
        for statement in walk(self.program.body):
            stacks.update(dict.fromkeys(stacks_of(statement)))
            match statement:
                case Reshape(storage=storage, of=of):
                    self.roots[storage] = self.root(of)
                case Allocate(storage=storage, kept=stack) if stack is not None:
                    self.roots[storage] = stack
                case Recall(storage=storage, stack=stack):
                    self.roots[storage] = stack
                case Allocate(storage=storage):
                    made.append(storage)
                case Apply() | Call():
                    used += [*reads(statement), *writes(statement)]
        self.addressed = {self.root(storage) for storage in used}
        variables = {one for one in made if one.rank == 0 and one not in self.addressed}
        # Variables, which LLVM turns into registers: they alias nothing, and carry no dependence between iterations.
        self.cells = {*(variables - set(parameters))}
        self.all_stacks = tuple(stacks)

    def root(self, storage: Storage) -> Storage | Stack:
        """The memory that a storage is a name of: a storage, or whatever is kept on a stack."""
        return self.roots.get(storage, storage)

    def scope(self, owner: Storage | Stack) -> str:
        """The alias metadata of an access. In a piece there is none: its parameters are told apart."""
        if self.outer is not None:
            return ""
        w = self.w
        if owner not in self._scopes:
            self._scopes[owner] = len(self._scopes) % _MOST_SCOPES
        if self._scopes[owner] == len(self._scope_nodes):
            if not self._domain:
                self._domain = w.metadata("distinct !{{self}}")
            node = w.metadata(f"distinct !{{{{self}}, {self._domain}}}")
            self._scope_nodes.append((node, w.metadata(f"!{{{node}}}"), w.metadata("")))
        _, own, others = self._scope_nodes[self._scopes[owner]]
        return f", !alias.scope {own}, !noalias {others}"

    def close_scopes(self) -> None:
        """List for each scope all others, now that they are known."""
        for number, (_, _, others) in enumerate(self._scope_nodes):
            listed = ", ".join(node for other, (node, _, _) in enumerate(self._scope_nodes) if other != number)
            self.w.complete(others, f"!{{{listed}}}")

    # Scalars.

    def parts(self, operand: Operand) -> tuple[str, ...]:
        """The registers of a value, or the text of a constant."""
        if isinstance(operand, Constant):
            return constant_parts(operand.value, operand.dtype)
        if operand not in self.values and self.outer is not None:
            register = kind_of(operand.dtype).register
            self.values[operand] = tuple(self.given(register, one) for one in self.outer.parts(operand))
        return self.values[operand]

    def integer(self, operand: Operand) -> str:
        """A size or an index."""
        assert operand.dtype == "int64", f"an index or size of dtype {operand.dtype}"
        return self.parts(operand)[0]

    def bind(self, value: Value, parts: tuple[str, ...]) -> None:
        """Note the registers of a value, which is bound inside the loops now open."""
        self.values[value] = parts
        self.depths[value] = len(self.loops)

    def varies(self, operand: Operand) -> bool:
        """Whether an operand can differ between the iterations of the innermost loop."""
        return isinstance(operand, Value) and self.depths.get(operand, 0) >= len(self.loops)

    # Pieces.

    @property
    def in_order_free_loop(self) -> bool:
        """Whether an open loop is order-free."""
        return any(isinstance(one.statement, For) and one.statement.order_free for one in self.loops)

    def given(self, kind: str, register: str) -> str:
        """The parameter for a register of the frame around this one; a constant is itself."""
        if not register.startswith("%"):
            return register
        known = self.parameters
        if register not in known.types:
            known.names[register] = f"%p{len(known.types)}"
            known.types[register] = kind
        return known.names[register]

    def block(self) -> str:
        """The pointer to the block of the call."""
        return "%block" if self.outer is None else self.given("ptr", self.outer.block())

    def place(self, storage: Storage) -> Place:
        """Where a storage lies."""
        if storage not in self.places and self.outer is not None:
            self.places[storage] = self._given_place(storage, self.outer)
        return self.places[storage]

    def _given_place(self, storage: Storage, outer: Frame) -> Place:
        place = outer.place(storage)
        if storage in self.cells:
            return self._given_variable(storage, outer, place)
        pointer = self.given("ptr", place.pointer)
        self.parameters.owners[pointer] = self.root(storage)
        # The first size is not needed to find an element.
        return Place(pointer, ("0", *(self.given("i64", size) for size in place.sizes[1:]))[: len(place.sizes)])

    def _given_variable(self, storage: Storage, outer: Frame, place: Place) -> Place:
        """A variable of its own, which begins with what the outer one holds, so that it can be in registers."""
        kind = kind_of(storage.dtype)
        pointer = self.w.alloca(f"[{kind.parts} x {kind.memory}], align 8")
        for number, outer_at in enumerate(outer.part_places(kind, place.pointer)):
            held = self.given(kind.memory, outer.w.value(f"load {kind.memory}, ptr {outer_at}"))
            at = pointer
            if number:
                at = f"{pointer}.imag"
                self.w.on_entry(f"{at} = getelementptr inbounds {kind.memory}, ptr {pointer}, i64 1")
            self.w.on_entry(f"store {kind.memory} {held}, ptr {at}")
        self.parameters.variables[storage] = pointer
        return Place(pointer, ())

    def part_places(self, kind: Kind, address: str) -> tuple[str, ...]:
        """Pointers to the parts of an element."""
        if kind.parts == 1:
            return (address,)
        return address, self.w.value(f"getelementptr inbounds {kind.memory}, ptr {address}, i64 1")

    # Elements.

    def address(self, storage: Storage, indices: tuple[Operand, ...]) -> str:
        """A pointer to an element. Indices are in range, so nothing overflows."""
        w, place = self.w, self.place(storage)
        offset = "0"
        for size, index in zip(place.sizes, indices, strict=True):
            offset = w.move(w.scale(offset, size), self.integer(index))
        return self.element(storage, offset)

    def element(self, storage: Storage, offset: str) -> str:
        """A pointer to the element at an offset from the first."""
        kind, pointer = kind_of(storage.dtype), self.place(storage).pointer
        if offset == "0":
            return pointer
        memory = kind.memory if kind.parts == 1 else f"[2 x {kind.memory}]"
        return self.w.value(f"getelementptr inbounds {memory}, ptr {pointer}, i64 {offset}")

    def _attachments(self, storage: Storage) -> str:
        root = self.root(storage)
        if root in self.cells:
            return ""
        groups = [loop.group for loop in self.loops if loop.group is not None]
        if not groups:
            return self.scope(root)
        group = groups[0] if len(groups) == 1 else self.w.shared_metadata(f"!{{{', '.join(groups)}}}")
        return f"{self.scope(root)}, !llvm.access.group {group}"

    def load(self, storage: Storage, address: str) -> tuple[str, ...]:
        """The element at an address."""
        return self.load_as(storage.dtype, address, self._attachments(storage))

    def store(self, storage: Storage, address: str, parts: tuple[str, ...]) -> None:
        """Put an element at an address."""
        self.store_as(storage.dtype, address, parts, self._attachments(storage))

    def load_as(self, dtype: str, address: str, attachments: str = "") -> tuple[str, ...]:
        """Load an element of a dtype."""
        w, kind = self.w, kind_of(dtype)
        found = [w.value(f"load {kind.memory}, ptr {at}{attachments}") for at in self.part_places(kind, address)]
        if kind.family == "bool":
            return (w.value(f"icmp ne i8 {found[0]}, 0"),)
        return tuple(found)

    def store_as(self, dtype: str, address: str, parts: tuple[str, ...], attachments: str = "") -> None:
        """Store an element of a dtype."""
        w, kind = self.w, kind_of(dtype)
        if kind.family == "bool":
            byte = {"true": "1", "false": "0"}.get(parts[0]) or w.value(f"zext i1 {parts[0]} to i8")
            parts = (byte,)
        for part, at in zip(parts, self.part_places(kind, address), strict=True):
            w.do(f"store {kind.memory} {part}, ptr {at}{attachments}")

    # Failures.

    def fail_unless(self, condition: str, failure: Failure, operands: tuple[Operand, ...] = ()) -> None:
        """End the program with this failure where the condition does not hold; its operands go to the block."""
        w = self.w
        failed, passed = w.label(), w.label()
        w.branch(condition, passed, failed, rare=failed)
        w.start(failed)
        self.fail(failure, operands)
        w.start(passed)

    def fail(self, failure: Failure, operands: tuple[Operand, ...] = ()) -> None:
        """End the program with this failure."""
        w = self.w
        code = self.number_of(failure)
        for number, operand in enumerate(operands):
            at = w.value(f"getelementptr i8, ptr {self.block()}, i64 {self.failure_offset + 16 * number}")
            self.store_as(operand.dtype, at, self.parts(operand))
        self.end_with(str(code))

    def number_of(self, failure: Failure) -> int:
        """What the program returns for a failure."""
        return self.failures.setdefault(failure, len(self.failures) + 1)

    def end_with(self, code: str) -> None:
        """End the program with this number of a failure."""
        self.fails = True
        self.w.do(f"store i64 {code}, ptr {self.code}")
        self.w.jump("cleanup")

    def end_if_failed(self, code: str) -> None:
        """End the program with a number of a failure unless it is zero, which says that there was none."""
        failed, passed = self.w.label(), self.w.label()
        self.w.branch(self.w.value(f"icmp eq i64 {code}, 0"), passed, failed, rare=failed)
        self.w.start(failed)
        self.end_with(code)
        self.w.start(passed)
