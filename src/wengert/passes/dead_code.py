"""Dead code: leaves out what no result, output or check depends on.

What goes in: a program. What comes out: the program without statements whose effects nothing reads. What holds: a
storage is dead if nothing live reads it; then so are the writes to it. Parameters are live unless they are inputs
that the caller gets no sight of again (`private`). Muchnick, *Advanced Compiler Design and Implementation*, 1997,
section 18.10.
"""

from __future__ import annotations

from dataclasses import replace

from wengert.program.statements import (
    Allocate,
    Apply,
    Array,
    Bind,
    Block,
    Call,
    Check,
    For,
    If,
    Load,
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
from wengert.program.traverse import (
    blocks,
    bodies,
    bound,
    made,
    operands,
    reads,
    section_operands,
    walk_program,
    writes,
)

__all__ = ["without_dead_code"]


class _Liveness:
    """Marks what is live, from the results backwards, until nothing changes. Calls are, with what they are given."""

    def __init__(self, program: Program, private: frozenset[Storage]) -> None:
        self.values: set[Value] = set()
        self.storages: set[Storage] = set()
        self.stacks: set[Stack] = set()
        self.roots = {one.storage: one.of for one in walk_program(program) if isinstance(one, Reshape)}
        self.storages.update(one.storage for function in program.functions for one in function.parameters)
        for parameter in program.parameters:
            if isinstance(parameter, Array) and parameter.storage not in private:
                self.storages.add(parameter.storage)
        for result in program.results:
            if isinstance(result, Section):
                self.storages.add(self.root(result.storage))
                self.values.update(one for one in section_operands(result) if isinstance(one, Value))
            elif isinstance(result, Value):
                self.values.add(result)
        self.kept: dict[Stack, set[Storage]] = {}
        for one in walk_program(program):
            if isinstance(one, Allocate) and one.kept is not None:
                self.kept.setdefault(one.kept, set()).add(one.storage)
            if isinstance(one, Recall):
                self.kept.setdefault(one.stack, set()).add(one.storage)
        size = -1
        while size != len(self.values) + len(self.storages) + len(self.stacks):
            size = len(self.values) + len(self.storages) + len(self.stacks)
            for body in bodies(program):
                self.block(body)
            for stack, together in self.kept.items():
                if stack in self.stacks or together & self.storages:
                    self.stacks.add(stack)
                    self.storages |= together

    def root(self, storage: Storage) -> Storage:
        """The storage whose memory this one names."""
        while storage in self.roots:
            storage = self.roots[storage]
        return storage

    def is_live(self, statement: Statement) -> bool:
        """Whether a statement has an effect that something live depends on."""
        match statement:
            case Check() | Call():
                return True
            case Bind() | Load():
                return bound(statement) in self.values
            case Pop(stack=stack) | Push(stack=stack) | Reserve(stack=stack):
                return stack in self.stacks
            case Allocate() | Recall() | Reshape():
                storage = made(statement)
                assert storage is not None
                return self.root(storage) in self.storages
            case For() | If():
                return any(self.is_live(one) for nested in blocks(statement) for one in nested)
            case While():
                return True  # it may not end
            case _:
                return any(self.root(one) in self.storages for one in writes(statement))

    def block(self, block: Block) -> None:
        """Mark what the live statements of a block depend on, last statement first."""
        for statement in reversed(block):
            if not self.is_live(statement):
                if isinstance(statement, Pop) and statement.value in self.values:
                    self.stacks.add(statement.stack)
                continue
            self.values.update(one for one in operands(statement) if isinstance(one, Value))
            for nested in reversed(blocks(statement)):
                self.block(nested)
            if isinstance(statement, Load | Apply | Call):
                self.storages.update(self.root(one) for one in reads(statement))
            if isinstance(statement, Apply):  # of several results, those that nobody uses are written, too
                self.storages.update(self.root(one) for one in writes(statement))

    def kept_statements(self, block: Block) -> Block:
        """The live statements of a block."""
        found: list[Statement] = []
        for statement in block:
            if not self.is_live(statement):
                continue
            match statement:
                case For(body=body):
                    found.append(replace(statement, body=self.kept_statements(body)))
                case If(then=then, otherwise=otherwise):
                    then, otherwise = self.kept_statements(then), self.kept_statements(otherwise)
                    found.append(replace(statement, then=then, otherwise=otherwise))
                case While(test=test, body=body):
                    test, body = self.kept_statements(test), self.kept_statements(body)
                    found.append(replace(statement, test=test, body=body))
                case _:
                    found.append(statement)
        return tuple(found)


def without_dead_code(program: Program, private: frozenset[Storage] = frozenset()) -> Program:
    """The program without dead code. `private`: array parameters whose final contents nobody sees."""
    live = _Liveness(program, private)
    stacks = tuple(one for one in program.stacks if one in live.stacks)
    functions = tuple([replace(one, body=live.kept_statements(one.body)) for one in program.functions])
    return replace(program, body=live.kept_statements(program.body), stacks=stacks, functions=functions)
