"""Whether a program is well formed; called after every pass in the tests.

What goes in: a program. What comes out: nothing, or an `InvalidProgramError` that shows the statement. What holds of a
program that passes: every value is bound once, before it is used and in scope; every storage is made before it is used
and in scope; ranks and dtypes agree; iterations of an order-free loop do not store to an element that is one for all.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from wengert import errors
from wengert.program.functions import FUNCTIONS
from wengert.program.operations import ADDED_PRODUCT
from wengert.program.printer import print_statement
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Array,
    Bind,
    Block,
    Call,
    Check,
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
    Stack,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import bound, made, operands, reads, section_operands, walk

__all__ = ["InvalidProgramError", "verify"]


class InvalidProgramError(AssertionError):
    """A program that breaks the rules of `program.statements`: a defect of the pass that made it."""


def verify(program: Program) -> None:
    """Raise `InvalidProgramError` unless the program is well formed."""
    _Verifier(program).program()


@functools.cache
def _is_dtype(name: str) -> bool:
    try:
        return bool(np.dtype(name).name == name) and np.dtype(name).kind in "biufc"
    except TypeError:
        return False


@functools.cache
def _numpy_dtype(name: str, dtype: str) -> str | None:
    """The dtype that NumPy gives for operands of one dtype, `None` if it takes none such."""
    function = FUNCTIONS[name]
    with np.errstate(all="ignore"):
        try:
            return str(np.asarray(function.function(*[np.ones((), dtype)[()]] * function.arity)).dtype.name)
        except TypeError:
            return None


class _Verifier:
    def __init__(self, whole: Program) -> None:
        self.whole = whole
        self.statement: Statement | None = None
        # What has ever been bound or made, what of it is in scope, and what of that each open block must take away.
        self.bound: set[Value] = set()
        self.made: set[Storage] = set()
        self.values: set[Value] = set()
        self.storages: set[Storage] = set()
        self.opened: list[list[Value | Storage]] = [[]]
        self.bases: dict[Storage, Storage] = {}
        self.stacks = set(whole.stacks)
        self.recalled: dict[Stack, Storage] = {}
        self.functions = {one.callee: one for one in whole.functions}

    def require(self, holds: bool, reason: str) -> None:
        """Refuse the program where a rule does not hold."""
        if not holds:
            shown = "" if self.statement is None else f"\n    {_shown(self.statement)}"
            where = getattr(self.statement, "where", None)
            raise InvalidProgramError(f"{self.whole.name}: {reason}{shown}" + (f"\n  from {where}" if where else ""))

    # Names.

    def bind(self, value: Value) -> None:
        """A value comes into scope."""
        self.require(value not in self.bound, f"{value.hint} is bound twice")
        self.require(_is_dtype(value.dtype), f"{value.hint} has dtype {value.dtype}")
        self.bound.add(value)
        self.values.add(value)
        self.opened[-1].append(value)

    def make(self, storage: Storage, sizes: tuple[Operand, ...]) -> None:
        """A storage comes into scope."""
        self.require(storage not in self.made, f"{storage.hint} is made twice")
        self.require(_is_dtype(storage.dtype), f"{storage.hint} has dtype {storage.dtype}")
        self.require(storage.rank == len(sizes), f"{storage.hint} has rank {storage.rank} and {len(sizes)} sizes")
        self.integers(sizes, "a size")
        self.made.add(storage)
        self.storages.add(storage)
        self.opened[-1].append(storage)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """What is bound and made inside goes out of scope at the end."""
        self.opened.append([])
        yield
        gone = self.opened.pop()
        self.values.difference_update(gone)
        self.storages.difference_update(gone)

    def operand(self, operand: Operand, dtype: str | None = None, what: str = "an operand") -> None:
        """An operand that is known here, of this dtype."""
        if isinstance(operand, Value):
            self.require(operand in self.values, f"{operand.hint} is {self.missing(operand in self.bound)}")
        else:
            self.require(isinstance(operand, Constant) and _is_dtype(operand.dtype), f"{operand} is no operand")
        self.require(dtype in (None, operand.dtype), f"{what} is {operand.dtype}, not {dtype}")

    def integers(self, found: Sequence[Operand], what: str) -> None:
        """Operands that are indices or sizes."""
        for one in found:
            self.operand(one, "int64", what)

    def storage(self, storage: Storage) -> None:
        """A storage that is known here."""
        self.require(storage in self.storages, f"{storage.hint} is {self.missing(storage in self.made)}")

    def stack(self, stack: Stack, dtype: str) -> None:
        """A stack of the program, of this dtype."""
        self.require(stack in self.stacks, f"{stack.hint} is not a stack of the program")
        self.require(stack.dtype == dtype, f"{stack.hint} holds {stack.dtype}, not {dtype}")

    @staticmethod
    def missing(ever: bool) -> str:
        return "used outside its block" if ever else "used before it is bound"

    def element(self, storage: Storage, indices: Sequence[Operand], dtype: str) -> None:
        """One element of a storage, of this dtype."""
        self.storage(storage)
        self.require(len(indices) == storage.rank, f"{storage.hint} has rank {storage.rank}, not {len(indices)}")
        self.integers(indices, "an index")
        self.require(dtype == storage.dtype, f"{storage.hint} holds {storage.dtype}, not {dtype}")

    def section(self, section: Section) -> None:
        """A section of a storage that is known here."""
        self.storage(section.storage)
        rank = section.storage.rank
        self.require(
            len(section.axes) == rank, f"{section.storage.hint} has rank {rank}, its section {len(section.axes)}"
        )
        self.integers(tuple(section_operands(section)), "part of a section")
        spans = [axis for axis in section.axes if isinstance(axis, Span)]
        self.require(sorted(section.order) == list(range(len(spans))), f"order {section.order} of {len(spans)} spans")
        for span in spans:
            self.require(not (isinstance(span.step, Constant) and span.step.value == 0), "a span with step 0")

    # The whole.

    def program(self) -> None:
        """Parameters, body, results."""
        for parameter in self.whole.parameters:
            self.parameter(parameter)
        self.require(len(self.stacks) == len(self.whole.stacks), "a stack is declared twice")
        for stack in self.whole.stacks:
            self.require(stack.dtype == "storage" or _is_dtype(stack.dtype), f"{stack.hint} holds {stack.dtype}")
        self.require(len(self.functions) == len(self.whole.functions), "a function is defined twice")
        self.block(self.whole.body)
        self.statement = None
        for result in self.whole.results:
            if isinstance(result, Section):
                self.section(result)
            else:
                self.operand(result)
        self.values.clear()
        self.storages.clear()
        for function in self.whole.functions:
            self.function(function)

    def function(self, function: Function) -> None:
        """A function, which sees its own parameters only."""
        self.statement = None
        with self.scope():
            for parameter in function.parameters:
                self.require(not parameter.output, f"a parameter of {function.callee.hint} is an output")
                self.parameter(parameter)
            self.block(function.body)

    def call(self, statement: Call) -> None:
        """A call of a function that there is, on storages of the ranks and dtypes of its parameters."""
        function = self.functions.get(statement.callee)
        self.require(function is not None, f"there is no function {statement.callee.hint}")
        assert function is not None
        given, expected = statement.storages, function.parameters
        self.require(len(given) == len(expected), f"{statement.callee.hint} takes {len(expected)} storages")
        for one, parameter in zip(given, expected, strict=True):
            self.storage(one)
            other = parameter.storage
            fits = (one.dtype, one.rank) == (other.dtype, other.rank)
            self.require(fits, f"{one.hint} has not the dtype or the rank of {other.hint}")
        roots = {self.root(one) for one in given}
        self.require(len(roots) == len(given), "a call is given the same memory twice")
        self.require(all(0 <= one < len(given) for one in statement.written), "a call writes what it is not given")

    def parameter(self, parameter: Parameter) -> None:
        """A parameter; a size may be that of several axes."""
        if isinstance(parameter, Array):
            for size in parameter.sizes:
                if isinstance(size, Value) and size not in self.values:
                    self.bind(size)
            self.make(parameter.storage, parameter.sizes)
        else:
            self.bind(parameter)

    def block(self, block: Block) -> None:
        """The statements of a block, in the scope that is open."""
        for statement in block:
            self.statement = statement
            self.one(statement)

    def one(self, statement: Statement) -> None:
        """One statement, its operands before what it makes."""
        match statement:
            case Bind():
                self.scalar_function(statement)
            case Load(value=value, storage=storage, indices=indices):
                self.element(storage, indices, value.dtype)
            case (
                Store(storage=storage, indices=indices, operand=operand)
                | Accumulate(storage=storage, indices=indices, operand=operand)
            ):
                self.operand(operand)
                self.element(storage, indices, operand.dtype)
            case Allocate() | Recall() | Reshape():
                self.making(statement)
            case Reserve(stack=stack, count=count):
                self.stack(stack, stack.dtype if stack.dtype != "storage" else "a scalar")
                self.integers((count,), "the count")
            case Push(stack=stack, operand=operand):
                self.operand(operand)
                self.stack(stack, operand.dtype)
            case Pop(value=value, stack=stack):
                self.stack(stack, value.dtype)
            case Apply():
                self.apply(statement)
            case Check():
                self.check(statement)
            case Call():
                self.call(statement)
            case For() | While() | If():
                self.control(statement)
        result = bound(statement)
        if result is not None:
            self.bind(result)

    def scalar_function(self, statement: Bind) -> None:
        """A function of the table, on operands of the dtypes it takes."""
        name, found, dtype = statement.function, statement.operands, statement.value.dtype
        self.require(name in FUNCTIONS, f"{name} is not a scalar function")
        function = FUNCTIONS[name]
        self.require(len(found) == function.arity, f"{name} takes {function.arity} operands")
        for one in found:
            self.operand(one)
        if name == "where":
            self.operand(found[0], "bool", "the condition")
        alike = found[1:] if name == "where" else found
        self.require(len({one.dtype for one in alike}) == 1, f"{name} of different dtypes")
        if name == "cast":
            is_cut = np.dtype(alike[0].dtype).kind == "c" and dtype.startswith(("int", "uint"))
            self.require(not is_cut, "a complex number cast to an integer")
        elif name == "complex_number":
            parts = {"complex128": "float64", "complex64": "float32"}.get(dtype)
            self.require(alike[0].dtype == parts, f"{dtype} from two numbers of dtype {alike[0].dtype}")
        else:
            expected = alike[0].dtype if name == "where" else _numpy_dtype(name, alike[0].dtype)
            self.require(expected is not None, f"{name} of {alike[0].dtype}")
            self.require(dtype == expected, f"{name} of {alike[0].dtype} gives {expected}, not {dtype}")

    def making(self, statement: Allocate | Recall | Reshape) -> None:
        """A statement that makes a storage."""
        match statement:
            case Allocate(kept=stack) | Recall(stack=stack):
                if stack is not None:
                    self.stack(stack, "storage")
                    last = self.recalled.get(stack)
                    self.require(last not in self.storages, f"{stack.hint} changes while what it gave last is in use")
                    if isinstance(statement, Recall):
                        self.recalled[stack] = statement.storage
            case Reshape(storage=storage, of=of):
                self.storage(of)
                self.require(of.dtype == storage.dtype, f"{of.hint} holds {of.dtype}, not {storage.dtype}")
                self.bases[storage] = of
        self.make(statement.storage, statement.sizes)

    def apply(self, statement: Apply) -> None:
        """An operation on arrays; what it writes is not what it reads, but for what it adds to."""
        self.require(bool(statement.outputs), "an operation without outputs")
        for one in (*statement.outputs, *statement.inputs):
            if isinstance(one, Section):
                self.section(one)
            else:
                self.operand(one)
        inputs = statement.inputs
        if statement.function == ADDED_PRODUCT:
            self.require(inputs[:1] == statement.outputs, "a product is added to something else than the output")
            inputs = inputs[1:]
        sections = [one for one in inputs if isinstance(one, Section)]
        for index, output in enumerate(statement.outputs):
            for other in (*statement.outputs[:index], *sections):
                shared = self.root(output.storage) is self.root(other.storage)
                overlapping = output.storage is not other.storage or _may_overlap(output, other)
                self.require(not (shared and overlapping), f"an output shares the memory of {other.storage.hint}")

    def root(self, storage: Storage) -> Storage:
        """The storage whose memory this is."""
        while storage in self.bases:
            storage = self.bases[storage]
        return storage

    def check(self, statement: Check) -> None:
        """A condition, an exception that exists and a message that takes the operands."""
        self.operand(statement.condition, "bool", "the condition")
        for one in statement.operands:
            self.operand(one)
        exception = getattr(builtins, statement.exception, None) or getattr(errors, statement.exception, None)
        is_exception = isinstance(exception, type) and issubclass(exception, Exception)
        is_exception = is_exception or statement.exception == "LinAlgError"  # NumPy's
        self.require(is_exception, f"there is no exception {statement.exception}")
        try:
            statement.message.format(*(np.ones((), one.dtype)[()] for one in statement.operands))
        except (IndexError, KeyError, ValueError):
            self.require(False, f"the message does not take {len(statement.operands)} operands")

    # Control flow.

    def control(self, statement: For | While | If) -> None:
        """A loop or a branch."""
        match statement:
            case For(counter=counter, start=start, stop=stop, step=step, body=body):
                self.integers((start, stop), "a bound")
                self.require(isinstance(step, int) and step != 0, f"a loop with step {step}")
                self.require(counter.dtype == "int64", f"a counter of dtype {counter.dtype}")
                if statement.order_free:
                    self.order_free(statement)
                with self.scope():
                    self.bind(counter)
                    self.block(body)
            case While(test=test, condition=condition, body=body):
                with self.scope():
                    self.block(test)
                    self.statement = statement
                    self.operand(condition, "bool", "the condition")
                    self.block(body)
            case If(condition=condition, then=then, otherwise=otherwise):
                self.operand(condition, "bool", "the condition")
                for branch in (then, otherwise):
                    with self.scope():
                        self.block(branch)
        self.statement = statement

    def order_free(self, loop: For) -> None:
        """No iteration stores where another does, as far as indices that do not depend on the counter show it."""
        inside: set[Storage] = set()
        varying: set[Operand] = {loop.counter}
        for statement in walk(loop.body):
            self.statement = statement
            is_varying = not varying.isdisjoint(operands(statement)) or not inside.isdisjoint(reads(statement))
            storage, value = made(statement), bound(statement)
            if storage is not None and (not isinstance(statement, Reshape) or statement.of in inside):
                inside.add(storage)
            if value is not None and is_varying:
                varying.add(value)
            if isinstance(statement, For) and is_varying:
                varying.add(statement.counter)
            for target, place in _stored(statement):
                apart = target in inside or not varying.isdisjoint(place)
                self.require(apart, "every iteration of an order-free loop stores here")
            self.require(not isinstance(statement, Push | Pop | Recall | Call), "a stack in an order-free loop")
        self.statement = loop


def _stored(statement: Statement) -> Iterator[tuple[Storage, tuple[Operand, ...]]]:
    """The storages that a statement overwrites, and the operands that say at which elements."""
    match statement:
        case Store(storage=storage, indices=indices):
            yield storage, indices
        case Apply(outputs=outputs, function=function) if function != ADDED_PRODUCT:
            yield from ((section.storage, tuple(section_operands(section))) for section in outputs)
        case _:
            pass


def _may_overlap(first: Section, second: Section) -> bool:
    """Whether two sections of one storage are not told apart by a fixed index."""
    for one, other in zip(first.axes, second.axes, strict=True):
        if not isinstance(one, Span) and not isinstance(other, Span) and one != other:
            return False
    return True


def _shown(statement: Statement) -> str:
    """The statement as text, however malformed it is."""
    try:
        return print_statement(statement)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return type(statement).__name__
