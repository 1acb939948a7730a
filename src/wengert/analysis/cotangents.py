"""Which arrays hold nothing but cotangents, so that the order of the additions to them is the derivative's to choose.

What goes in: a program. What comes out: its outputs, the arrays of zeros to which a derivative adds, and the arrays
that it makes whose contents reach outputs only, by sums and products. What holds: no result, check, branch, loop,
index, comparison or array of the caller depends on the contents; so no number of the function itself does, as it is
returned or as it decides what happens. In a function that is no derivative nothing is found: it has no outputs. This is
liveness analysis with another set of uses (Muchnick, *Advanced Compiler Design and Implementation*, 1997, section
18.10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wengert.program.operations import ADDED_PRODUCT
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Array,
    Bind,
    Load,
    Operand,
    Pop,
    Program,
    Push,
    Recall,
    Reshape,
    Section,
    Stack,
    Statement,
    Storage,
    Store,
    Value,
)
from wengert.program.traverse import operands, walk

__all__ = ["cotangents"]

# By these a number reaches another without a jump, whatever it is.
_SMOOTH = frozenset({"add", "subtract", "multiply", "negative", "conjugate", "real", "imag", "complex_number"})
_PRODUCTS = ("numpy.matmul", ADDED_PRODUCT)

_Name = Value | Storage | Stack


def cotangents(program: Program) -> frozenset[Storage]:
    """Outputs and new arrays whose contents reach outputs only. A `Reshape` is not among them, but its array may be."""
    outputs = frozenset(one.storage for one in program.parameters if isinstance(one, Array) and one.output)
    if not outputs:
        return outputs
    roots: dict[Storage, Storage] = {}
    sources: dict[_Name, list[_Name]] = {}
    left: list[_Name] = list(_seen_by_caller(program, outputs))
    made: set[Storage] = set()
    for one in walk(program.body):
        if isinstance(one, Reshape):
            roots[one.storage] = roots.get(one.of, one.of)
        if isinstance(one, Allocate) and one.kept is None and one.zeroed and one.storage.dtype[0] in "fc":
            made.add(one.storage)
        left += _decisive(one)
        for target, source in _flows(one):
            sources.setdefault(roots.get(target, target) if isinstance(target, Storage) else target, []).append(source)
    seen: set[_Name] = set()
    while left:
        name = left.pop()
        name = roots.get(name, name) if isinstance(name, Storage) else name
        if name not in seen:
            seen.add(name)
            left += sources.get(name, ())
    return outputs | {one for one in made if one not in seen}


def _seen_by_caller(program: Program, outputs: frozenset[Storage]) -> Iterator[_Name]:
    for one in program.parameters:
        if isinstance(one, Array) and one.storage not in outputs:
            yield one.storage
    for result in program.results:
        if isinstance(result, Section):
            yield result.storage
        else:
            yield from _values([result])


def _values(found: Iterable[Operand]) -> Iterator[Value]:
    return (one for one in found if isinstance(one, Value))


def _decisive(statement: Statement) -> Iterator[_Name]:
    """What decides by its exact contents what happens here."""
    match statement:
        case Bind(function="where", operands=(condition, *_)):
            yield from _values([condition])
        case Bind(function="divide", operands=(_, divisor)):
            yield from _values([divisor])
        case Bind(function="cast", operands=found, value=value) if value.dtype[0] in "fc":
            yield from _values(one for one in found if one.dtype[0] not in "fc")
        case Bind(function=function, operands=found) if function not in _SMOOTH:
            yield from _values(found)
        case Bind() | Pop():
            pass
        case Store(indices=found) | Accumulate(indices=found):
            yield from _values(found)
        case Push(stack=stack):
            yield stack
        case Apply(function=function, inputs=inputs):
            yield from _values(operands(statement))
            if function not in _PRODUCTS:
                yield from (one.storage for one in inputs if isinstance(one, Section))
        case Allocate(storage=storage, kept=kept) if kept is not None:
            yield storage
            yield from _values(operands(statement))
        case Recall(storage=storage):
            yield storage
            yield from _values(operands(statement))
        case _:
            yield from _values(operands(statement))


def _flows(statement: Statement) -> Iterator[tuple[_Name, _Name]]:
    """What a statement writes, and what of that it is made of."""
    match statement:
        case Bind(value=value, operands=found):
            yield from ((value, one) for one in _values(found))
        case Load(value=value, storage=storage):
            yield value, storage
        case Pop(value=value, stack=stack):
            yield value, stack
        case Push(stack=stack, operand=operand):
            yield from ((stack, one) for one in _values([operand]))
        case Store(storage=storage, operand=operand) | Accumulate(storage=storage, operand=operand):
            yield from ((storage, one) for one in _values([operand]))
        case Apply(outputs=outputs, inputs=inputs):
            for target in outputs:
                for one in inputs:
                    if isinstance(one, Section):
                        yield target.storage, one.storage
        case _:
            pass
