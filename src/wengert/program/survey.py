"""What the printer must know of a program before it writes the first line.

What goes in: a block, with the parameters and results around it. What comes out: a `Survey`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from wengert.program.expressions import PYTHON_DTYPES, gives_numpy_scalar, may_raise_in_python
from wengert.program.statements import (
    Allocate,
    Apply,
    Array,
    Bind,
    Block,
    Call,
    Load,
    Operand,
    Parameter,
    Pop,
    Recall,
    Reserve,
    Reshape,
    Section,
    Statement,
    Storage,
    Store,
    Value,
)
from wengert.program.traverse import blocks, operands, reads, section_operands, walk, writes

__all__ = ["Survey", "survey_of"]


@dataclass(slots=True)
class Survey:
    """`uses`: how often the text names each value. `unprinted`: values that only statements without a text use.

    `sizes`: those of each storage. `bases`: what each reshaped storage is another name of. `variables`: the storages of
    rank 0 that are plain Python variables; `assigned_first`: those of them that are assigned before they are read.
    `numpy_scalars`: the values that are certainly NumPy scalars; `converts`: float parameters must become such.
    """

    uses: Counter[Value] = field(default_factory=Counter)
    unprinted: set[Value] = field(default_factory=set)
    sizes: dict[Storage, tuple[Operand, ...]] = field(default_factory=dict)
    bases: dict[Storage, Storage] = field(default_factory=dict)
    variables: set[Storage] = field(default_factory=set)
    assigned_first: set[Storage] = field(default_factory=set)
    numpy_scalars: set[Value] = field(default_factory=set)
    converts: bool = False

    def root(self, storage: Storage) -> Storage:
        """The storage whose memory this is."""
        while storage in self.bases:
            storage = self.bases[storage]
        return storage


def survey_of(body: Block, parameters: Sequence[Parameter], results: Sequence[Operand | Section]) -> Survey:
    """Everything the printer must know of a program."""
    survey = Survey()
    for parameter in parameters:
        if isinstance(parameter, Array):
            survey.sizes[parameter.storage] = parameter.sizes
    for statement in walk(body):
        _count_uses(survey, statement)
        if isinstance(statement, Allocate | Recall | Reshape):
            survey.sizes[statement.storage] = statement.sizes
        if isinstance(statement, Reshape):
            survey.bases[statement.storage] = statement.of
        if isinstance(statement, Bind) and statement.operands:
            survey.converts |= may_raise_in_python(statement.function, statement.operands[0].dtype)
    for result in results:
        found = section_operands(result) if isinstance(result, Section) else (result,)
        survey.uses.update(one for one in found if isinstance(one, Value))
    survey.unprinted.difference_update(survey.uses)
    _find_variables(survey, body)
    _find_first_assignments(survey, body, {}, set())
    _find_numpy_scalars(survey, body, parameters)
    return survey


def _count_uses(survey: Survey, statement: Statement) -> None:
    found = [one for one in operands(statement) if isinstance(one, Value)]
    if isinstance(statement, Reserve | Recall):
        survey.unprinted.update(found)
    else:
        survey.uses.update(found)


def _find_variables(survey: Survey, body: Block) -> None:
    arrays = set(survey.bases.values())
    for statement in walk(body):
        if isinstance(statement, Allocate) and statement.storage.rank == 0 and statement.kept is None:
            survey.variables.add(statement.storage)
        elif isinstance(statement, Apply) and not statement.function.startswith("numpy."):
            # Only NumPy's own functions are known to give scalars, which nobody can change in place.
            arrays.update(writes(statement))
        elif isinstance(statement, Call):
            arrays.update(statement.storages)
    survey.variables -= arrays


def _find_first_assignments(survey: Survey, block: Block, made_in: dict[Storage, Block], seen: set[Storage]) -> None:
    """A variable is assigned first if the first that mentions it is an assignment in the block that makes it."""
    for statement in block:
        if isinstance(statement, Allocate) and statement.storage in survey.variables:
            made_in[statement.storage] = block
        read = set(reads(statement))
        for storage in writes(statement):
            if isinstance(statement, Store | Apply) and storage not in read | seen and made_in.get(storage) is block:
                survey.assigned_first.add(storage)
        seen.update(read, writes(statement))
        for nested in blocks(statement):
            _find_first_assignments(survey, nested, made_in, seen)


def _find_numpy_scalars(survey: Survey, body: Block, parameters: Sequence[Parameter]) -> None:
    found = survey.numpy_scalars
    found.update(one for one in parameters if isinstance(one, Value) and _is_converted(survey, one))
    # Variables are taken to hold NumPy scalars until one that may not be is stored; then all is found again.
    python_variables: set[Storage] = set()
    changed = True
    while changed:
        changed = False
        for statement in walk(body):
            match statement:
                case Allocate(storage=storage, zeroed=True) if storage in survey.variables:
                    python_variables.add(storage)
                case Store(storage=storage, operand=operand):
                    if storage in survey.variables - python_variables and not _is_numpy(found, operand):
                        python_variables.add(storage)
                        changed = True
                case Bind(value=value, function=function, operands=given):
                    is_numpy = gives_numpy_scalar(function, [_is_numpy(found, one) for one in given])
                    _note(found, value, is_numpy)
                case Load(value=value, storage=storage):
                    _note(found, value, storage not in python_variables)
                case Pop(value=value):
                    _note(found, value, False)
                case _:
                    pass


def _note(found: set[Value], value: Value, is_numpy: bool) -> None:
    if is_numpy:
        found.add(value)
    else:
        found.discard(value)


def _is_numpy(found: set[Value], operand: Operand) -> bool:
    return operand.dtype not in PYTHON_DTYPES or operand in found


def _is_converted(survey: Survey, parameter: Value) -> bool:
    return parameter.dtype not in PYTHON_DTYPES or (survey.converts and parameter.dtype in ("float64", "complex128"))
