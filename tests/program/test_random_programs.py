"""Random programs: the printed text, with all it writes out of order, computes what statement after statement does."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from wengert.program.builder import Builder, integer
from wengert.program.functions import FUNCTIONS
from wengert.program.reference import run
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Array,
    Bind,
    Block,
    Constant,
    For,
    If,
    Load,
    Operand,
    Pop,
    Program,
    Push,
    Reshape,
    Section,
    Span,
    Stack,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.verifier import verify

SIZE = 2
A, C = Storage("A", "float64", 1), Storage("C", "float64", 2)
N, X = Value("n", "int64"), Value("x", "float64")
SAVED = Stack("saved", "float64")
KINDS = ("load", "bind", "store", "accumulate", "integer", "variable", "push", "loop", "branch", "while")


class Interpreter:
    """Executes a program one statement after the other, each value computed where it is bound."""

    def __init__(self, known: dict[Any, Any]) -> None:
        self.known = known

    def get(self, operand: Operand) -> Any:
        """The value of an operand, as a NumPy scalar."""
        return np.dtype(operand.dtype).type(operand.value if isinstance(operand, Constant) else self.known[operand])

    def block(self, block: Block) -> None:
        """The statements of a block."""
        for statement in block:
            self.one(statement)

    def one(self, statement: Statement) -> None:
        """One statement."""
        match statement:
            case Bind(value, function, operands):
                found = [self.get(one) for one in operands]
                apply = np.float64 if function == "cast" else FUNCTIONS[function].function
                self.known[value] = apply(*found)
            case Load(value, storage, indices):
                self.known[value] = self.known[storage][tuple(map(self.get, indices))]
            case Store(storage, indices, operand):
                self.known[storage][tuple(map(self.get, indices))] = self.get(operand)
            case Accumulate(storage, indices, operand):
                self.known[storage][tuple(map(self.get, indices))] += self.get(operand)
            case Allocate(storage, sizes):
                self.known[storage] = np.zeros(tuple(map(self.get, sizes)), storage.dtype)
            case Reshape(storage, of, sizes):
                self.known[storage] = self.known[of].reshape(tuple(map(self.get, sizes)))
            case Push(stack, operand):
                self.known[stack].append(self.get(operand))
            case Pop(value, stack):
                self.known[value] = self.known[stack].pop()
            case For(counter, start, stop, step, body):
                for self.known[counter] in range(self.get(start), self.get(stop), step):
                    self.block(body)
            case While(test, condition, body):
                self.block(test)
                while self.get(condition):
                    self.block(body)
                    self.block(test)
            case If(condition, then, otherwise):
                self.block(then if self.get(condition) else otherwise)
            case _:
                raise AssertionError(statement)


class Author:
    """Writes a random program."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.b = Builder()
        self.floats: list[Operand] = [X, Constant(0.5, "float64")]
        self.integers: list[Operand] = [integer(0), integer(1)]
        self.storages = [A, C]

    def index(self) -> Operand:
        """An index below SIZE: a sum of what is known, wrapped."""
        first, second = self.random.choices(self.integers, k=2)
        if self.random.random() < 0.7:
            return first
        name = self.random.choice(["add", "multiply", "subtract"])
        return self.b.bind("remainder", self.b.bind(name, first, second), integer(SIZE), hint="k")

    def number(self) -> Operand:
        """A recent float, mostly for its last use: values that are used once are what the printer moves."""
        last = max(0, len(self.floats) - 4)
        place = self.random.randrange(last, len(self.floats))
        return self.floats.pop(place) if place > 1 and self.random.random() < 0.7 else self.floats[place]

    def element(self) -> tuple[Storage, tuple[Operand, ...]]:
        """An element of a storage."""
        storage = self.random.choice(self.storages)
        return storage, tuple(self.index() for _ in range(storage.rank))

    def statements(self, count: int, depth: int) -> None:
        """Statements of one block; what it binds is forgotten at the end."""
        kept = list(self.floats), list(self.integers), list(self.storages)
        for _ in range(count):
            self.statement(depth)
        self.floats, self.integers, self.storages = kept

    def statement(self, depth: int) -> None:
        """One statement, or several that belong together."""
        b, choose = self.b, self.random.choice
        kind = choose([*KINDS, "load", "load", "bind", "bind", "store"])
        if depth == 0 and kind in ("loop", "branch", "while"):
            kind = "bind"
        match kind:
            case "load":
                self.floats.append(b.load(*self.element()))
            case "bind":
                name = choose(["add", "subtract", "multiply", "divide", "maximum", "sin"])
                arguments = [self.number() for _ in range(FUNCTIONS[name].arity)]
                self.floats.append(b.bind(name, *arguments))
            case "store":
                b.store(*self.element(), self.number())
            case "accumulate":
                b.accumulate(*self.element(), choose([self.number(), b.bind("negative", self.number())]))
            case "integer":
                self.integers.append(self.index())
                self.floats.append(b.cast(self.integers[-1], "float64"))
            case "variable":
                self.storages.append(b.allocate("s", "float64"))
                b.store(self.storages[-1], (), self.number())
            case "push":
                b.push(SAVED, self.number())
                self.storages.append(b.reshape(C, (integer(SIZE * SIZE),), hint="flat"))
                self.floats.append(b.pop(SAVED))
            case "loop":
                with b.loop(integer(0), choose([N, integer(2)]), hint=choose("ij")) as counter:
                    self.integers.append(counter)
                    self.statements(6, depth - 1)
                self.integers.remove(counter)
            case "branch":
                condition = self.condition()
                with b.block() as then:
                    self.statements(4, depth - 1)
                with b.block() as otherwise:
                    self.statements(choose([0, 4]), depth - 1)
                b.branch(condition, then, otherwise)
            case "while":
                self.repeat(depth)

    def condition(self) -> Operand:
        """A comparison of floats."""
        return self.b.bind("less", self.number(), self.number())

    def repeat(self, depth: int) -> None:
        """A `while` that ends because it counts."""
        b = self.b
        count = b.allocate("count", "int64", zeroed=True)
        kept = list(self.floats)
        with b.block() as test:
            for _ in range(self.random.choice([0, 2])):
                self.floats.append(b.load(*self.element()))
            go_on = b.bind("logical_and", self.condition(), b.bind("less", b.load(count), integer(3)))
        with b.block() as body:
            b.accumulate(count, (), integer(1))
            self.statements(5, depth - 1)
        b.repeat(test, go_on, body)
        self.floats = kept


@pytest.mark.parametrize("seed", range(150))
def test_random_program(seed: int) -> None:
    """The result and the arrays agree to the last bit."""
    author = Author(seed)
    author.statements(25, 3)
    total = author.b.allocate("total", "float64", zeroed=True)
    author.b.accumulate(total, (), author.b.load(A, (integer(0),)))
    result = author.b.load(total)
    axes = tuple(Span(integer(0), N, integer(1)) for _ in range(2))
    parameters = (Array(A, (N,)), Array(C, (N, N)), X)
    program = Program("f", parameters, author.b.finish(), (result, Section(C, axes, (0, 1))), (SAVED,))
    verify(program)
    generator = np.random.default_rng(seed)
    a, c = generator.normal(size=SIZE), generator.normal(size=(SIZE, SIZE))
    known = {A: a.copy(), C: c.copy(), X: 0.7, N: SIZE, SAVED: []}
    with np.errstate(all="ignore"):
        Interpreter(known).block(program.body)
    found, array = run(program, a, c, 0.7)
    np.testing.assert_array_equal(found, known[result])
    assert array is c
    np.testing.assert_array_equal(a, known[A])
    np.testing.assert_array_equal(c, known[C])
