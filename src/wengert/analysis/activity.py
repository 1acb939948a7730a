"""Activity: which values and storages carry a derivative from the chosen parameters to the results.

A value is *varied* if it depends on a chosen parameter, *useful* if a result depends on it, and *active* if both.
Storages are taken whole. Hascoet and Pascual, "The Tapenade automatic differentiation tool", 2013, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wengert.analysis.index import Index
from wengert.errors import UnsupportedOperationError, caret
from wengert.ops.table import TABLE
from wengert.program.functions import FUNCTIONS
from wengert.program.operations import operation_of
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Bind,
    Call,
    Constant,
    Load,
    Operand,
    Pop,
    Push,
    Recall,
    Section,
    Stack,
    Statement,
    Storage,
    Store,
    Value,
)
from wengert.program.traverse import walk_program

__all__ = ["Carrier", "active", "apply_paths", "carries", "differentiable_operands", "reached"]

Carrier = Value | Storage | Stack

_STRUCTURAL = {"cast": (0,), "where": (1, 2), "complex_number": (0, 1)}


def carries(dtype: str) -> bool:
    """Whether numbers of this dtype have derivatives."""
    return dtype.startswith(("float", "complex"))


def differentiable_operands(statement: Bind) -> Iterator[int]:
    """The positions of the operands through which a derivative passes."""
    if not carries(statement.value.dtype):
        return
    positions = _STRUCTURAL.get(statement.function)
    if positions is None:
        operation = TABLE.get(FUNCTIONS[statement.function].function)
        if operation is None:
            return
        positions = tuple(i for i, name in enumerate(operation.parameters) if name in operation.rules)
    for i in positions:
        if i < len(statement.operands) and carries(statement.operands[i].dtype):
            yield i


def apply_paths(statement: Apply) -> Iterator[int]:
    """The positions of the inputs of an `Apply` through which a derivative passes."""
    operation = operation_of(statement.function)
    for i, given in enumerate(statement.inputs):
        dtype = given.storage.dtype if isinstance(given, Section) else given.dtype
        if operation.parameters[i] in operation.rules and carries(dtype):
            yield i


def _flows(index: Index, statement: Statement) -> tuple[list[Carrier], list[Carrier]]:
    """What a statement takes derivatives from, and what it gives them to."""

    def of(operand: Operand) -> list[Carrier]:
        return [operand] if isinstance(operand, Value) and carries(operand.dtype) else []

    match statement:
        case Bind(value=value, operands=operands):
            sources = [one for i in differentiable_operands(statement) for one in of(operands[i])]
            return sources, [value]
        case Load(value=value, storage=storage):
            return [index.root(storage)], [value] if carries(value.dtype) else []
        case Store(storage=storage, operand=operand) | Accumulate(storage=storage, operand=operand):
            return of(operand), [index.root(storage)] if carries(storage.dtype) else []
        case Apply(outputs=outputs, inputs=inputs):
            taken: list[Carrier] = []
            for i in apply_paths(statement):
                given = inputs[i]
                taken += [index.root(given.storage)] if isinstance(given, Section) else of(given)
            return taken, [index.root(one.storage) for one in outputs if carries(one.storage.dtype)]
        case Push(stack=stack, operand=operand):
            return of(operand), [stack]
        case Pop(value=value, stack=stack):
            return [stack], [value] if carries(value.dtype) else []
        case Allocate(storage=storage, kept=Stack() as stack):
            return [storage], [stack]
        case Recall(storage=storage, stack=stack):
            return [stack], [storage] if carries(storage.dtype) else []
        case _:
            return [], []


def _passed(index: Index, statement: Statement) -> Iterator[tuple[list[Carrier], list[Carrier]]]:
    """A storage and the parameter that it becomes in a call carry derivatives together, in all calls."""
    if isinstance(statement, Call):
        parameters = index.functions[statement.callee].parameters
        for given, parameter in zip(statement.storages, parameters, strict=True):
            if carries(given.dtype):
                outer: Carrier = index.root(given)
                inner: Carrier = parameter.storage
                yield from (([outer], [inner]), ([inner], [outer]))


def active(index: Index, chosen: Iterable[Carrier], results: Iterable[Carrier]) -> set[Carrier]:
    """The active values, and the active storages (those that are not reshapes of others).

    Raises:
        UnsupportedOperationError: a derivative would pass through an argument of an operation that has no rule for it.
    """
    varied, useful = reached(index, chosen, results)
    for statement in walk_program(index.program):
        if isinstance(statement, (Bind, Apply)):
            _refuse_missing_rule(index, statement, varied, useful)
    return varied & useful


def _refuse_missing_rule(index: Index, statement: Bind | Apply, varied: set[Carrier], useful: set[Carrier]) -> None:
    if isinstance(statement, Bind):
        operation = TABLE.get(FUNCTIONS[statement.function].function)
        targets: list[Carrier] = [statement.value]
        inputs: tuple[Section | Operand, ...] = statement.operands
    else:
        operation = operation_of(statement.function)
        targets, inputs = [index.root(one.storage) for one in statement.outputs], statement.inputs
    if operation is None or not any(one in useful for one in targets):
        return
    for name, given in zip(operation.parameters, inputs, strict=False):
        if name in operation.rules or name in operation.constant or isinstance(given, Constant):
            continue
        if (index.root(given.storage) if isinstance(given, Section) else given) in varied:
            reason = f"{operation.name} has no derivative rule with respect to {name!r}"
            raise UnsupportedOperationError(caret(statement.where, 0, reason))


def reached(index: Index, chosen: Iterable[Carrier], results: Iterable[Carrier]) -> tuple[set[Carrier], set[Carrier]]:
    """What is varied, and what is useful."""
    flows = [_flows(index, statement) for statement in walk_program(index.program)]
    if index.functions:
        flows += [flow for statement in index.places for flow in _passed(index, statement)]
    flows = [flow for flow in flows if flow[0] and flow[1]]
    varied, useful = set(chosen), {index.root(one) if isinstance(one, Storage) else one for one in results}
    _close(varied, [(sources, targets) for sources, targets in flows])
    _close(useful, [(targets, sources) for sources, targets in reversed(flows)])
    return varied, useful


def _close(reached: set[Carrier], flows: list[tuple[list[Carrier], list[Carrier]]]) -> None:
    changed = True
    while changed:
        changed = False
        for sources, targets in flows:
            if any(one in reached for one in sources) and not all(one in reached for one in targets):
                reached.update(targets)
                changed = True
