"""Runs programs before and after a pass by the reference engine and compares every bit; random programs of loops."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wengert.lower import lower_function, types_of
from wengert.passes.dead_code import without_dead_code
from wengert.passes.invariants import hoist_invariants
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import (
    Array,
    Block,
    Check,
    Constant,
    For,
    Operand,
    Parameter,
    Program,
    Statement,
    Storage,
    Value,
)
from wengert.program.traverse import rebuild, walk
from wengert.program.verifier import verify

Pass = Callable[[Program], Program]


def prepared(function: Callable[..., Any], *arguments: Any) -> Program:
    """The program of a function, with invariants hoisted and nothing dead."""
    program = hoist_invariants(without_dead_code(lower_function(function, types_of(arguments)).program))
    verify(program)
    return program


def without_checks(program: Program) -> Program:
    """The program for arguments with which no check fails."""

    def block(statements: Block) -> Block:
        return tuple(
            rebuild(one, lambda operand: operand, lambda storage: storage, block)
            for one in statements
            if not isinstance(one, Check)
        )

    return hoist_invariants(without_dead_code(replace(program, body=block(program.body))))


def outcome(program: Program, arguments: Sequence[Any]) -> tuple[Any, ...]:
    """The results and changed arguments, as bits; or the exception and the arguments it leaves behind."""
    given = copy.deepcopy(arguments)
    try:
        found = run(program, *given)
    except (ArithmeticError, ValueError, IndexError) as error:
        found = type(error), str(error)
    return tuple(np.asarray(one).tobytes() if not isinstance(one, tuple) else one for one in (found, *given))


def after(program: Program, *passes: Pass) -> Program:
    """The program after passes, verified after each."""
    for one in passes:
        program = one(program)
        verify(program)
    return program


def ordered_loops(program: Program) -> int:
    """How many loops of a program run in the order of their counters."""
    return sum(isinstance(one, For) and not one.order_free for one in walk(program.body))


def innermost_counters(program: Program) -> list[str]:
    """What the counters of the innermost loops are called."""
    return [
        one.counter.hint
        for one in walk(program.body)
        if isinstance(one, For) and not any(isinstance(inner, For) for inner in walk(one.body))
    ]


class _Random:
    """One random program: loops over i, j and k, arrays A and B, a vector x, a variable; the sum of diagonals."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.builder = Builder()
        self.size, wide = Value("n", "int64"), Value("wide", "int64")
        self.arrays = [Storage("A", "float64", 2), Storage("B", "float64", 2), Storage("x", "float64", 1)]
        self.parameters: tuple[Parameter, ...] = (self.size, *(Array(one, (wide,) * one.rank) for one in self.arrays))

    def index(self, counters: list[Value]) -> Operand:
        counter = counters[int(self.rng.integers(len(counters)))]
        step = int(self.rng.choice([0, 0, 0, 1, 2]))
        return self.builder.bind("add", counter, integer(step)) if step else counter

    def place(self, counters: list[Value]) -> tuple[Storage, list[Operand]]:
        array = self.arrays[int(self.rng.integers(len(self.arrays)))]
        return array, [self.index(counters) for _ in range(array.rank)]

    def operand(self, counters: list[Value], variable: Storage | None) -> Operand:
        b = self.builder
        terms: list[Operand] = [b.load(*self.place(counters)) for _ in range(self.rng.integers(1, 3))]
        if variable is not None and self.rng.random() < 0.5:
            terms.append(b.load(variable))
        total: Operand = Constant(0.5, "float64")
        for one in terms:
            total = b.bind(str(self.rng.choice(["add", "multiply"])), total, one)
        return total

    def write(self, counters: list[Value], variable: Storage | None) -> None:
        target: tuple[Storage, list[Operand]] = self.place(counters)
        if variable is not None and self.rng.random() < 0.5:
            target = variable, []
        operand = self.operand(counters, variable)
        if self.rng.random() < 0.6:
            self.builder.accumulate(*target, operand)
        else:
            self.builder.store(*target, operand)

    def program(self) -> Program:
        b, rng = self.builder, self.rng
        with b.loop(integer(0), self.size, hint="i") as i, b.loop(self.bound(i), self.size, hint="j") as j:
            variable = b.allocate("t", "float64", zeroed=bool(rng.random() < 0.5))
            b.store(variable, (), Constant(0.25, "float64"))
            if rng.random() < 0.4:
                self.write([i, j], variable)
            start = self.bound(i)
            stop = j if rng.random() < 0.5 else self.size
            with b.loop(start, stop, hint="k") as k:
                for _ in range(rng.integers(1, 3)):
                    self.write([i, j, k, k, j], variable)
            if rng.random() < 0.7:
                self.write([i, j, j], variable)
        total = b.allocate("total", "float64", zeroed=True)
        with b.loop(integer(0), self.size) as i:
            for one in self.arrays:
                b.accumulate(total, (), b.load(one, [i] * one.rank))
        result = b.load(total)
        return Program("f", self.parameters, b.finish(), (result,))

    def bound(self, i: Value) -> Operand:
        return integer(0) if self.rng.random() < 0.7 else i


def random_program(seed: int) -> Program:
    """A program of three nested loops."""
    program = _Random(np.random.default_rng(seed)).program()
    verify(program)
    return program


def arguments_of(size: int, seed: int) -> list[Any]:
    """Arguments for a random program."""
    rng = np.random.default_rng(seed)
    wide = size + 3
    return [size, rng.normal(size=(wide, wide)), rng.normal(size=(wide, wide)), rng.normal(size=wide)]


def backwards(before: Program, marked: Program) -> Program:
    """The program `before` with the loops that are marked as order-free in `marked` only run last iteration first."""
    counters = {one.counter for one in walk(marked.body) if isinstance(one, For) and one.order_free}

    def block(statements: Sequence[Statement]) -> Block:
        found: list[Statement] = []
        for one in statements:
            changed = rebuild(one, lambda operand: operand, lambda storage: storage, block)
            if isinstance(changed, For) and not changed.order_free and changed.counter in counters:
                assert changed.step == 1
                b = Builder()
                last, first = (b.bind("subtract", bound, integer(1)) for bound in (changed.stop, changed.start))
                found += b.finish()
                changed = replace(changed, start=last, stop=first, step=-1)
            found.append(changed)
        return tuple(found)

    return replace(before, body=block(before.body))
