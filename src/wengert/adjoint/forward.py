"""The forward derivative of a program: the same program, with a tangent beside everything that carries one.

What goes in: a program and the parameters to differentiate. What comes out: a program with one more parameter for
each of them, the tangent, whose results are the primal results, then the tangents of the floating-point ones. What
holds: control flow is that of the primal; each active statement is followed by its own pushforward, so nothing is
saved. Adjoint programs go through it too, which gives second derivatives. Griewank and Walther, *Evaluating
Derivatives*, 2nd ed., 2008, section 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wengert.adjoint import rules
from wengert.adjoint.arrays import forward_apply
from wengert.analysis.activity import Carrier, active, carries, differentiable_operands
from wengert.analysis.index import Index, index_program
from wengert.program.builder import Builder
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
    Stack,
    Statement,
    Storage,
    Store,
    Value,
    While,
)

__all__ = ["Pushforward", "forward"]


def forward(program: Program, wrt: Sequence[int], *, guarded: bool = False) -> Program:
    """The forward derivative with respect to the parameters at the positions `wrt`.

    An `output` array of the program gets a tangent too, an `output` of the new one, after the tangents of `wrt`.
    `guarded`: a zero tangent contributes zero to everything (strong zeros).
    """
    return Pushforward(program, wrt, guarded).program()


class Pushforward:
    """One forward transform: the builder of the new program, and the tangents of values, storages and stacks."""

    def __init__(self, program: Program, wrt: Sequence[int], guarded: bool) -> None:
        self.primal, self.guarded = program, guarded
        self.index: Index = index_program(program)
        self.chosen = [program.parameters[i] for i in wrt]
        self.outputs = [one for one in program.parameters if isinstance(one, Array) and one.output]
        chosen: list[Carrier] = [one.storage if isinstance(one, Array) else one for one in self.chosen]
        results: list[Carrier] = [one.storage for one in self.outputs]
        for one in program.results:
            if isinstance(one, Section):
                results.append(one.storage)
            elif isinstance(one, Value):
                results.append(one)
        self.active = active(self.index, chosen, [one for one in results if carries(one.dtype)])
        self.builder = Builder()
        self.dots: dict[Value, Operand] = {}
        self.storage_dots: dict[Storage, Storage] = {}
        self.stack_dots: dict[Stack, Stack] = {}
        self.stacks: tuple[Stack, ...] = program.stacks

    def is_active(self, one: object) -> bool:
        """Whether a value, the memory of a storage, or a stack carries a derivative."""
        return (self.index.root(one) if isinstance(one, Storage) else one) in self.active

    def dot(self, operand: Operand) -> Operand:
        """The tangent of a value; zero where it carries none."""
        found = self.dots.get(operand) if isinstance(operand, Value) else None
        return Constant(0.0, operand.dtype) if found is None else found

    def section_dot(self, section: Section) -> Section:
        """The tangent of a part of a storage."""
        return replace(section, storage=self.storage_dots[section.storage])

    def input_dot(self, section: Section) -> Section:
        """The same, as an operation reads it."""
        return self.section_dot(section)

    def _stack_dot(self, stack: Stack) -> Stack:
        return self.stack_dots.setdefault(stack, Stack(f"{stack.hint}_dot", stack.dtype))

    def _block(self, block: Block) -> Block:
        with self.builder.block() as made:
            for statement in block:
                self.builder.where = statement.where
                self._statement(statement)
        return tuple(made)

    def _statement(self, statement: Statement) -> None:
        match statement:
            case For(body=body):
                self.builder.append(replace(statement, body=self._block(body)))
            case While(test=test, body=body):
                self.builder.append(replace(statement, test=self._block(test), body=self._block(body)))
            case If(then=then, otherwise=otherwise):
                self.builder.append(replace(statement, then=self._block(then), otherwise=self._block(otherwise)))
            case Apply() if any(self.is_active(one.storage) for one in statement.outputs):
                self.builder.append(statement)
                forward_apply(self, statement)
            case Store(storage=storage, indices=indices, operand=operand) if self.is_active(storage):
                self.builder.append(statement)
                self.builder.store(self.storage_dots[storage], indices, self.dot(operand))
            case Accumulate(storage=storage, indices=indices, operand=operand) if self.is_active(storage):
                self.builder.append(statement)
                if self.is_active(operand):
                    self.builder.accumulate(self.storage_dots[storage], indices, self.dot(operand))
            case Call(callee=callee, storages=storages, written=written):
                self.builder.call(callee, *self._with_dots(storages, written))
            case _:
                self.builder.append(statement)
                self._after(statement)

    def _with_dots(
        self, storages: tuple[Storage, ...], written: frozenset[int]
    ) -> tuple[tuple[Storage, ...], frozenset[int]]:
        """What a call is given, then the tangents of what carries one; which of them it writes."""
        moving = [position for position, one in enumerate(storages) if self.is_active(one)]
        also = {len(storages) + number for number, position in enumerate(moving) if position in written}
        return (*storages, *(self.storage_dots[storages[position]] for position in moving)), written | also

    def _function(self, function: Function) -> Function:
        dots = []
        for one in function.parameters:
            if self.is_active(one.storage):
                dot = Storage(f"{one.storage.hint}_dot", one.storage.dtype, one.storage.rank)
                self.storage_dots[one.storage] = dot
                dots.append(Array(dot, one.sizes))
        return Function(function.callee, (*function.parameters, *dots), self._block(function.body))

    def _after(self, statement: Statement) -> None:
        """The tangent of what a statement binds or makes."""
        match statement:
            case Bind(value=value) if self.is_active(value):
                self.dots[value] = self._bind_dot(statement)
            case Load(value=value, storage=storage, indices=indices) if self.is_active(value):
                self.dots[value] = self.builder.load(self.storage_dots[storage], indices, f"{value.hint}_dot")
            case Pop(value=value, stack=stack) if self.is_active(value):
                self.dots[value] = self.builder.pop(self._stack_dot(stack), f"{value.hint}_dot")
            case Push(stack=stack, operand=operand) if self.is_active(stack):
                self.builder.push(self._stack_dot(stack), self.dot(operand))
            case Reserve(stack=stack, count=count) if self.is_active(stack):
                self.builder.reserve(self._stack_dot(stack), count)
            case Allocate(storage=storage, sizes=sizes, zeroed=zeroed, kept=kept) if self.is_active(storage):
                twin = None if kept is None else self._stack_dot(kept)
                self.storage_dots[storage] = self.builder.allocate(
                    f"{storage.hint}_dot", storage.dtype, sizes, zeroed, twin
                )
            case Recall(storage=storage, sizes=sizes, stack=stack) if self.is_active(stack):
                self.storage_dots[storage] = self.builder.recall(
                    f"{storage.hint}_dot", storage.dtype, sizes, self._stack_dot(stack)
                )
            case Reshape(storage=storage, of=of, sizes=sizes) if self.is_active(storage):
                self.storage_dots[storage] = self.builder.reshape(self.storage_dots[of], sizes, f"{storage.hint}_dot")
            case _:
                pass

    def _bind_dot(self, statement: Bind) -> Operand:
        total: Operand | None = None
        for position in differentiable_operands(statement):
            operand = statement.operands[position]
            if self.is_active(operand):
                part = rules.pushforward(self.builder, statement, position, self.dot(operand), self.guarded)
                total = part if total is None else self.builder.bind("add", total, part)
        assert total is not None
        return total

    def program(self) -> Program:
        """The new program. See `forward`."""
        tangents: list[Parameter] = []
        for one in self.chosen:
            if isinstance(one, Array):
                dot = Storage(f"{one.storage.hint}_dot", one.storage.dtype, one.storage.rank)
                self.storage_dots[one.storage] = dot
                tangents.append(Array(dot, one.sizes))
            else:
                value = Value(f"{one.hint}_dot", one.dtype)
                self.dots[one] = value
                tangents.append(value)
        outputs = []
        for one in self.outputs:
            dot = Storage(f"{one.storage.hint}_dot", one.storage.dtype, one.storage.rank)
            self.storage_dots[one.storage] = dot
            outputs.append(Array(dot, one.sizes, output=True))
        self._other_parameters()
        for statement in self.primal.body:
            self.builder.where = statement.where
            self._statement(statement)
        functions = tuple([self._function(one) for one in self.primal.functions])
        results = [*self.primal.results, *self._result_dots()]
        name = f"{self.primal.name}_tangent"
        stacks = (*self.stacks, *self.stack_dots.values())
        parameters = (*self.primal.parameters, *tangents, *outputs)
        return Program(name, parameters, self.builder.finish(), tuple(results), stacks, functions)

    def _other_parameters(self) -> None:
        """Array parameters that are not chosen but are written with values that carry a tangent: zero at first."""
        for one in self.primal.parameters:
            if isinstance(one, Array) and one.storage not in self.storage_dots and self.is_active(one.storage):
                self.storage_dots[one.storage] = self.builder.allocate(
                    f"{one.storage.hint}_dot", one.storage.dtype, one.sizes, zeroed=True
                )

    def _result_dots(self) -> list[Operand | Section]:
        found: list[Operand | Section] = []
        for one in self.primal.results:
            if isinstance(one, Section):
                if carries(one.storage.dtype):
                    found.append(self._section_dot(one))
            elif carries(one.dtype):
                found.append(self.dot(one))
        return found

    def _section_dot(self, section: Section) -> Section:
        storage = section.storage
        if storage not in self.storage_dots:
            self.storage_dots[storage] = self.builder.allocate(
                f"{storage.hint}_dot", storage.dtype, self.index.sizes[storage], zeroed=True
            )
        return replace(section, storage=self.storage_dots[storage])
