"""The forward derivative of a program along several directions at once.

What goes in: a program, the parameters to differentiate, and a number of directions. What comes out: the program of
`adjoint.forward`, in which a tangent has one more axis, the last, for the directions; those of numbers are arrays. What
holds: the primal runs once. Tangents depend on values, which are bound once, and on tangents alone, so those of the
statements between two branchings of control flow follow them in one loop over the directions, which lie side by side
in memory. A tangent that is used in another such piece is kept in an array. Griewank and Walther, *Evaluating
Derivatives*, 2nd ed., 2008, section 3.1, "vector mode".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from wengert.adjoint.arrays import copied, forward_apply, full_view
from wengert.adjoint.forward import Pushforward
from wengert.analysis.activity import carries
from wengert.program.builder import integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Array,
    Bind,
    Block,
    Call,
    Constant,
    For,
    Function,
    If,
    Load,
    Operand,
    Parameter,
    Pop,
    Program,
    Push,
    Recall,
    Reserve,
    Reshape,
    Section,
    Span,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import blocks, bound, operands

__all__ = ["along_directions"]

_PRODUCT = "numpy.matmul"
_SMALL = 20_000  # multiplications: below, loops over all directions beat a call of BLAS for each


def along_directions(program: Program, wrt: Sequence[int], count: int, *, guarded: bool = False) -> Program:
    """The derivative along `count` directions with respect to the parameters at the positions `wrt`; see `forward`."""
    return _Directions(program, wrt, guarded, count).program()


def _ends_piece(statement: Statement) -> bool:
    return isinstance(statement, (For, While, If, Apply, Pop, Call))


class _Directions(Pushforward):
    """One transform. `counter` is that of the open loop over the directions, `here` the tangents known in it."""

    def __init__(self, program: Program, wrt: Sequence[int], guarded: bool, count: int) -> None:
        super().__init__(program, wrt, guarded)
        self.count = integer(count)
        self.counter: Value | None = None
        self.here: dict[Value, Operand] = {}
        self.cells: dict[Value, Storage] = {}
        self.made_first: list[Allocate] = []
        self.crossing = self._crossing()

    def _crossing(self) -> set[Value]:
        """The active values that are used outside the piece of the program in which they are bound."""
        owner: dict[Value, int] = {}
        users: dict[Value, set[int]] = {}
        pieces = 0

        def visit(block: Block) -> None:
            nonlocal pieces
            pieces += 1
            for statement in block:
                if _ends_piece(statement):
                    pieces += 1
                for one in operands(statement):
                    if isinstance(one, Value) and self.is_active(one):
                        users.setdefault(one, set()).add(pieces)
                value = bound(statement)
                if value is not None and self.is_active(value):
                    owner[value] = pieces
                for nested in blocks(statement):
                    visit(nested)
                if _ends_piece(statement):
                    pieces += 1

        for body in (self.primal.body, *(function.body for function in self.primal.functions)):
            visit(body)
        found = {one for one, piece in owner.items() if users.get(one, set()) - {piece}}
        return found | {one for one in self.primal.results if isinstance(one, Value) and self.is_active(one)}

    # Tangents.

    def _kept(self, hint: str, dtype: str) -> Storage:
        """An array of one number for each direction, made before everything else in the program or function."""
        storage = Storage(f"{hint}_dot", dtype, 1)
        self.made_first.append(Allocate(storage, (self.count,)))
        return storage

    def dot(self, operand: Operand) -> Operand:
        """The tangent of a value along the direction at hand; zero where it carries none."""
        if not isinstance(operand, Value) or (operand not in self.here and operand not in self.cells):
            return Constant(0.0, operand.dtype)
        if operand not in self.here:
            self.here[operand] = self.builder.load(self.cells[operand], self._indices(()), f"{operand.hint}_dot")
        return self.here[operand]

    def _indices(self, indices: Sequence[Operand]) -> tuple[Operand, ...]:
        assert self.counter is not None
        return (*indices, self.counter)

    def _bind(self, value: Value, dot: Operand) -> None:
        self.here[value] = dot
        if value in self.crossing:
            if value not in self.cells:
                self.cells[value] = self._kept(value.hint, value.dtype)
            self.builder.store(self.cells[value], self._indices(()), dot)

    def section_dot(self, section: Section) -> Section:
        """The tangent of a part of a storage along the direction at hand."""
        return replace(section, storage=self.storage_dots[section.storage], axes=self._section_axes(section))

    def input_dot(self, section: Section) -> Section:
        """The same, in order: what strides over the directions is slow to read, and nothing for BLAS."""
        return copied(self.builder, self.section_dot(section))

    def _section_axes(self, section: Section) -> tuple[Operand | Span, ...]:
        assert self.counter is not None
        return (*section.axes, self.counter)

    # Statements.

    def _block(self, block: Block) -> Block:
        with self.builder.block() as made:
            self._statements(block)
        return tuple(made)

    def _statements(self, block: Block) -> None:
        pending: list[Statement] = []
        for statement in block:
            self.builder.where = statement.where
            if _ends_piece(statement):
                self._follow(pending)
                pending = []
                self._alone(statement)
                continue
            self.builder.append(statement)
            if self._is_followed(statement):
                pending.append(statement)
        self._follow(pending)

    def _follow(self, statements: Sequence[Statement]) -> None:
        """The tangents of some statements, in one loop over the directions."""
        if not statements:
            return
        free = not any(isinstance(one, Push) for one in statements)
        with self._each(order_free=free):
            for statement in statements:
                self.builder.where = statement.where
                self._tangent(statement)

    @contextmanager
    def _each(self, *, order_free: bool, backwards: bool = False) -> Iterator[None]:
        """A loop over the directions, with the statements made inside as its body."""
        span = (integer(0), self.count, 1)
        if backwards:
            span = (integer(int(self.count.value.real) - 1), integer(-1), -1)
        with self.builder.loop(*span, order_free=order_free, hint="direction") as self.counter:
            self.here = {}
            yield
        self.here, self.counter = {}, None

    def _alone(self, statement: Statement) -> None:
        match statement:
            case For(body=body):
                self.builder.append(replace(statement, body=self._block(body)))
            case While(test=test, body=body):
                self.builder.append(replace(statement, test=self._block(test), body=self._block(body)))
            case If(then=then, otherwise=otherwise):
                self.builder.append(replace(statement, then=self._block(then), otherwise=self._block(otherwise)))
            case Apply():
                self.builder.append(statement)
                if any(self.is_active(one.storage) for one in statement.outputs):
                    self._apply(statement)
            case Call(callee=callee, storages=storages, written=written):
                self.builder.call(callee, *self._with_dots(storages, written))
            case Pop(value=value, stack=stack):
                self.builder.append(statement)
                if self.is_active(value):
                    with self._each(order_free=False, backwards=True):
                        self._bind(value, self.builder.pop(self._stack_dot(stack), f"{value.hint}_dot"))

    def _apply(self, statement: Apply) -> None:
        """The tangents of an operation, one direction after the other; those of a small product side by side."""
        with self.builder.block() as one_by_one, self._each(order_free=False):
            forward_apply(self, statement)
        sections = [one for one in (*statement.outputs, *statement.inputs) if isinstance(one, Section)]
        if statement.function != _PRODUCT or any(len(one.order) != 2 for one in sections):
            self.builder.append_all(one_by_one)
            return
        c, a, b = sections
        sizes, bind = (*full_view(c).sizes, full_view(a).sizes[1]), self.builder.bind
        count = bind("multiply", bind("multiply", sizes[0], sizes[1]), sizes[2])
        with self.builder.block() as side_by_side:
            self._small_product(c, a, b)
        self.builder.branch(bind("less", count, integer(_SMALL)), side_by_side, one_by_one)

    def _small_product(self, c: Section, a: Section, b: Section) -> None:
        """The product rule for `c = a @ b`, with the loop over the directions inside all others."""
        builder = self.builder
        first, second, zero = full_view(a), full_view(b), integer(0)
        with (
            builder.loop(zero, first.sizes[0], order_free=True) as i,
            builder.loop(zero, second.sizes[1], order_free=True, hint="j") as j,
        ):
            with self._each(order_free=True):
                target = self.section_dot(c)
                at = full_view(target).indices(builder, (i, j))
                builder.store(target.storage, at, Constant(0.0, target.storage.dtype))
            with builder.loop(zero, first.sizes[1], hint="k") as k:
                x, y = first.element(builder, (i, k)), second.element(builder, (k, j))
                with self._each(order_free=True):
                    target = self.section_dot(c)
                    at = full_view(target).indices(builder, (i, j))
                    if self.is_active(a.storage):
                        moved = full_view(self.section_dot(a)).element(builder, (i, k))
                        builder.accumulate(target.storage, at, builder.bind("multiply", moved, y))
                    if self.is_active(b.storage):
                        moved = full_view(self.section_dot(b)).element(builder, (k, j))
                        builder.accumulate(target.storage, at, builder.bind("multiply", x, moved))

    def _is_followed(self, statement: Statement) -> bool:
        """Whether a statement has a tangent that is computed; makes the places for tangents."""
        match statement:
            case Bind(value=value) | Load(value=value):
                return self.is_active(value)
            case Store(storage=storage):
                return self.is_active(storage)
            case Accumulate(storage=storage, operand=operand):
                return self.is_active(storage) and self.is_active(operand)
            case Push(stack=stack):
                return self.is_active(stack)
            case Allocate(storage=storage) if self.is_active(storage):
                return self._allocate(statement)
            case Reserve(stack=stack, count=count) if self.is_active(stack):
                self.builder.reserve(self._stack_dot(stack), self.builder.bind("multiply", count, self.count))
            case Recall(storage=storage, sizes=sizes, stack=stack) if self.is_active(stack):
                sizes = (*sizes, self.count)
                twin = self._stack_dot(stack)
                self.storage_dots[storage] = self.builder.recall(f"{storage.hint}_dot", storage.dtype, sizes, twin)
            case Reshape(storage=storage, of=of, sizes=sizes) if self.is_active(storage):
                sizes = (*sizes, self.count)
                self.storage_dots[storage] = self.builder.reshape(self.storage_dots[of], sizes, f"{storage.hint}_dot")
            case _:
                pass
        return False

    def _allocate(self, statement: Allocate) -> bool:
        """The place for the tangents of a storage; whether it must be set to zero. Those of variables are made once."""
        storage, kept = statement.storage, statement.kept
        if storage.rank == 0 and kept is None:
            self.storage_dots[storage] = self._kept(storage.hint, storage.dtype)
            return statement.zeroed
        twin = None if kept is None else self._stack_dot(kept)
        self.storage_dots[storage] = self.builder.allocate(
            f"{storage.hint}_dot", storage.dtype, (*statement.sizes, self.count), statement.zeroed, twin
        )
        return False

    def _tangent(self, statement: Statement) -> None:
        match statement:
            case Bind(value=value):
                self._bind(value, self._bind_dot(statement))
            case Load(value=value, storage=storage, indices=indices):
                at = self._indices(indices)
                self._bind(value, self.builder.load(self.storage_dots[storage], at, f"{value.hint}_dot"))
            case Store(storage=storage, indices=indices, operand=operand):
                self.builder.store(self.storage_dots[storage], self._indices(indices), self.dot(operand))
            case Accumulate(storage=storage, indices=indices, operand=operand):
                self.builder.accumulate(self.storage_dots[storage], self._indices(indices), self.dot(operand))
            case Push(stack=stack, operand=operand):
                self.builder.push(self._stack_dot(stack), self.dot(operand))
            case Allocate(storage=storage):
                zero = Constant(0.0, storage.dtype)
                self.builder.store(self.storage_dots[storage], self._indices(()), zero)
            case _:
                raise AssertionError(statement)

    # The program.

    def _function(self, function: Function) -> Function:
        dots = []
        for one in function.parameters:
            if self.is_active(one.storage):
                dot = Storage(f"{one.storage.hint}_dot", one.storage.dtype, one.storage.rank + 1)
                self.storage_dots[one.storage] = dot
                dots.append(Array(dot, (*one.sizes, self.count)))
        outside, self.made_first = self.made_first, []
        body = self._block(function.body)
        body, self.made_first = (*self.made_first, *body), outside
        return Function(function.callee, (*function.parameters, *dots), body)

    def program(self) -> Program:
        """The new program. See `along_directions`."""
        tangents: list[Parameter] = []
        for one in self.chosen:
            sizes = one.sizes if isinstance(one, Array) else ()
            carrier = one.storage if isinstance(one, Array) else one
            dot = Storage(f"{carrier.hint}_dot", carrier.dtype, len(sizes) + 1)
            if isinstance(carrier, Storage):
                self.storage_dots[carrier] = dot
            else:
                self.cells[carrier] = dot
            tangents.append(Array(dot, (*sizes, self.count)))
        for one in self.outputs:
            dot = Storage(f"{one.storage.hint}_dot", one.storage.dtype, one.storage.rank + 1)
            self.storage_dots[one.storage] = dot
            tangents.append(Array(dot, (*one.sizes, self.count), output=True))
        for parameter in self.primal.parameters:
            if isinstance(parameter, Array) and self.is_active(parameter.storage):
                self._zeros(parameter.storage, parameter.sizes)
        self._statements(self.primal.body)
        functions = tuple([self._function(one) for one in self.primal.functions])
        results = (*self.primal.results, *self._result_dots())
        return Program(
            f"{self.primal.name}_tangents",
            (*self.primal.parameters, *tangents),
            (*self.made_first, *self.builder.finish()),
            results,
            (*self.stacks, *self.stack_dots.values()),
            functions,
        )

    def _zeros(self, storage: Storage, sizes: Sequence[Operand]) -> None:
        """Tangents that are zero at first, for a storage without any yet."""
        if storage not in self.storage_dots:
            made = self.builder.allocate(f"{storage.hint}_dot", storage.dtype, (*sizes, self.count), zeroed=True)
            self.storage_dots[storage] = made

    def _result_dots(self) -> list[Operand | Section]:
        every = Span(integer(0), self.count, integer(1))
        found: list[Operand | Section] = []
        for one in self.primal.results:
            if isinstance(one, Section):
                if carries(one.storage.dtype):
                    self._zeros(one.storage, self.index.sizes[one.storage])
                    order = (*one.order, len(one.order))
                    found.append(Section(self.storage_dots[one.storage], (*one.axes, every), order))
            elif carries(one.dtype):
                if one not in self.cells:
                    made = self.builder.allocate("result_dot", one.dtype, (self.count,), zeroed=True)
                else:
                    made = self.cells[one]
                found.append(Section(made, (every,), (0,)))
        return found
