"""Builds programs, block by block. Folds constants and integer sums as it goes, so that indices stay short.

b = Builder()
with b.loop(b.integer(0), n, order_free=True) as i:
    b.store(y, (i,), b.bind("multiply", b.load(x, (i,)), two))
program_body = b.finish()
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from wengert.errors import SourceLocation
from wengert.program.functions import FUNCTIONS, result_dtype
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Bind,
    Block,
    Call,
    Callee,
    Check,
    Constant,
    For,
    If,
    Load,
    Operand,
    Pop,
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

__all__ = ["Builder", "integer"]


def integer(value: int) -> Constant:
    """A constant index or size."""
    return Constant(value, "int64")


_FOLDED_DTYPES = ("int64", "bool")


def _folded(function: str, operands: Sequence[Operand], dtype: str) -> Constant | None:
    """The value of a function of constants, if NumPy computes it in this dtype and without a warning."""
    given = [np.dtype(one.dtype).type(one.value) for one in operands if isinstance(one, Constant)]
    try:
        with np.errstate(all="raise"):
            found = np.asarray(FUNCTIONS[function].function(*given))
    except (FloatingPointError, TypeError, ValueError):
        return None
    return Constant(found.item(), dtype) if found.dtype == dtype else None


class Builder:
    """Appends statements to the innermost open block. `where` is put on every statement it makes."""

    def __init__(self) -> None:
        self._blocks: list[list[Statement]] = [[]]
        self.where: SourceLocation | None = None
        # For sums of an index and a constant: what they are sums of, so that (i + 1) - 1 is i again.
        self._sums: dict[Value, tuple[Value, int]] = {}
        # How integers and truth values are computed, for whoever reasons about indices while the program is made.
        self.definitions: dict[Value, Bind] = {}
        # The sizes of the storages made here; whoever makes parameters adds theirs.
        self.sizes: dict[Storage, tuple[Operand, ...]] = {}

    @property
    def depth(self) -> int:
        """How many blocks are open; the outermost is one."""
        return len(self._blocks)

    @property
    def innermost(self) -> list[Statement]:
        """The innermost open block."""
        return self._blocks[-1]

    def opened_since(self, depth: int) -> list[Statement]:
        """The statements in the open blocks that lie deeper than `depth`."""
        return [statement for block in self._blocks[depth:] for statement in block]

    def is_open(self, block: list[Statement]) -> bool:
        """Whether a block, once innermost, is still open: then what was bound in it can be used here."""
        return any(block is one for one in self._blocks)

    def append(self, statement: Statement) -> None:
        """Append a statement made elsewhere."""
        self._blocks[-1].append(statement)

    def append_all(self, statements: Sequence[Statement]) -> None:
        """Append statements made elsewhere."""
        self._blocks[-1].extend(statements)

    def finish(self) -> Block:
        """The outermost block."""
        assert len(self._blocks) == 1, "a block is still open"
        return tuple(self._blocks[0])

    @contextmanager
    def block(self, begun: list[Statement] | None = None) -> Iterator[list[Statement]]:
        """Collects the statements made inside, in a new list or one begun before; the caller puts it somewhere."""
        self._blocks.append([] if begun is None else begun)
        try:
            yield self._blocks[-1]
        finally:
            self._blocks.pop()

    # Scalars.

    def bind(self, function: str, *operands: Operand, dtype: str | None = None, hint: str = "") -> Operand:
        """`function(*operands)`: a constant where it can be computed now, else a new value."""
        dtypes = tuple(operand.dtype for operand in operands)
        dtype = dtype or result_dtype(function, dtypes)
        folded = self._fold(function, operands, dtype)
        if folded is not None:
            return folded
        value = Value(hint or "t", dtype)
        self._note_sum(value, function, operands)
        statement = Bind(value, function, operands, self.where)
        if dtype in ("int64", "bool"):
            self.definitions[value] = statement
        self.append(statement)
        return value

    def cast(self, operand: Operand, dtype: str) -> Operand:
        """The operand in another dtype."""
        return operand if operand.dtype == dtype else self.bind("cast", operand, dtype=dtype)

    def _fold(self, function: str, operands: tuple[Operand, ...], dtype: str) -> Operand | None:
        if function == "cast" and isinstance(operands[0], Constant):
            return Constant(np.asarray(operands[0].value).astype(dtype)[()].item(), dtype)
        if function == "where" and isinstance(operands[0], Constant):
            return operands[1] if operands[0].value else operands[2]
        if dtype in _FOLDED_DTYPES and all(isinstance(operand, Constant) for operand in operands):
            return _folded(function, operands, dtype)
        if function in ("add", "subtract", "multiply") and dtype == "int64":
            return self._fold_integers(function, *operands)
        return self._fold_truth(function, operands)

    def _fold_integers(self, function: str, first: Operand, second: Operand) -> Operand | None:
        if function == "multiply":
            for one, other in ((first, second), (second, first)):
                if isinstance(one, Constant):
                    if one.value == 0:
                        return one
                    if one.value == 1:
                        return other
            return None
        if function == "add" and isinstance(first, Constant):
            first, second = second, first
        if first is second and function == "subtract":
            return integer(0)
        base, offset = self._as_sum(first)
        if isinstance(second, Constant):
            moved = offset + (int(second.value.real) if function == "add" else -int(second.value.real))
            if moved == 0:
                return base
            if offset != 0:
                assert base is not None
                sign = "add" if moved > 0 else "subtract"
                return self.bind(sign, base, integer(abs(moved)), hint="i")
            return None
        other, other_offset = self._as_sum(second)
        if function == "subtract" and base is other:
            return integer(offset - other_offset)
        return None

    def _as_sum(self, operand: Operand) -> tuple[Operand, int]:
        if isinstance(operand, Value) and operand in self._sums:
            return self._sums[operand]
        return operand, 0

    def _note_sum(self, value: Value, function: str, operands: tuple[Operand, ...]) -> None:
        if function not in ("add", "subtract") or value.dtype != "int64":
            return
        first, second = operands
        if function == "add" and isinstance(first, Constant):
            first, second = second, first
        if isinstance(first, Value) and isinstance(second, Constant):
            self._sums[value] = (first, int(second.value.real) * (1 if function == "add" else -1))

    def _fold_truth(self, function: str, operands: tuple[Operand, ...]) -> Operand | None:
        if function in ("logical_and", "logical_or"):
            for one, other in ((operands[0], operands[1]), (operands[1], operands[0])):
                if isinstance(one, Constant):
                    absorbing = bool(one.value) == (function == "logical_or")
                    if absorbing:
                        return Constant(bool(one.value), "bool")
                    if other.dtype == "bool":
                        return other
        return None

    # Storages.

    def load(self, storage: Storage, indices: Sequence[Operand] = (), hint: str = "") -> Value:
        """The element of a storage."""
        value = Value(hint or storage.hint, storage.dtype)
        self.append(Load(value, storage, tuple(indices), self.where))
        return value

    def store(self, storage: Storage, indices: Sequence[Operand], operand: Operand) -> None:
        """`storage[indices] = operand`."""
        self.append(Store(storage, tuple(indices), operand, self.where))

    def accumulate(self, storage: Storage, indices: Sequence[Operand], operand: Operand) -> None:
        """`storage[indices] += operand`."""
        self.append(Accumulate(storage, tuple(indices), operand, self.where))

    def allocate(
        self, hint: str, dtype: str, sizes: Sequence[Operand] = (), zeroed: bool = False, kept: Stack | None = None
    ) -> Storage:
        """A new storage."""
        storage = Storage(hint, dtype, len(sizes))
        self.sizes[storage] = tuple(sizes)
        self.append(Allocate(storage, tuple(sizes), zeroed, kept, self.where))
        return storage

    def recall(self, hint: str, dtype: str, sizes: Sequence[Operand], stack: Stack) -> Storage:
        """The storage that was kept last."""
        storage = Storage(hint, dtype, len(sizes))
        self.sizes[storage] = tuple(sizes)
        self.append(Recall(storage, tuple(sizes), stack, self.where))
        return storage

    def reshape(self, of: Storage, sizes: Sequence[Operand], hint: str = "") -> Storage:
        """A second name for a storage, with other sizes."""
        storage = Storage(hint or of.hint, of.dtype, len(sizes))
        self.sizes[storage] = tuple(sizes)
        self.append(Reshape(storage, of, tuple(sizes), self.where))
        return storage

    def reserve(self, stack: Stack, count: Operand) -> None:
        """Room for `count` more scalars."""
        self.append(Reserve(stack, count, self.where))

    def push(self, stack: Stack, operand: Operand) -> None:
        """Put a scalar on a stack."""
        self.append(Push(stack, operand, self.where))

    def pop(self, stack: Stack, hint: str = "t") -> Value:
        """Take a scalar off a stack."""
        value = Value(hint, stack.dtype)
        self.append(Pop(value, stack, self.where))
        return value

    # Control flow.

    @contextmanager
    def nest(self, sizes: Sequence[Operand]) -> Iterator[tuple[Value, ...]]:
        """Order-free loops over all places of an array of these sizes, the last axis innermost."""
        with ExitStack() as loops:
            yield tuple(loops.enter_context(self.loop(integer(0), size, order_free=True)) for size in sizes)

    @contextmanager
    def loop(
        self, start: Operand, stop: Operand, step: int = 1, *, order_free: bool = False, hint: str = "i"
    ) -> Iterator[Value]:
        """`for counter in range(start, stop, step)`; the statements made inside are its body."""
        counter = Value(hint, "int64")
        where = self.where
        with self.block() as body:
            yield counter
        self.append(For(counter, start, stop, step, tuple(body), order_free, where))

    def branch(self, condition: Operand, then: Sequence[Statement], otherwise: Sequence[Statement] = ()) -> None:
        """`if condition`, with blocks collected by `block()`."""
        if then or otherwise:
            self.append(If(condition, tuple(then), tuple(otherwise), self.where))

    def repeat(self, test: Sequence[Statement], condition: Operand, body: Sequence[Statement]) -> None:
        """`while condition`, with blocks collected by `block()`."""
        self.append(While(tuple(test), condition, tuple(body), self.where))

    def apply(
        self, outputs: Sequence[Section], function: str, inputs: Sequence[Section | Operand], **statics: Any
    ) -> None:
        """An operation on arrays."""
        self.append(Apply(tuple(outputs), function, tuple(inputs), tuple(sorted(statics.items())), self.where))

    def call(self, callee: Callee, storages: Sequence[Storage], written: frozenset[int] = frozenset()) -> None:
        """A call of a function of the program."""
        self.append(Call(callee, tuple(storages), written, self.where))

    def check(self, condition: Operand, exception: str, message: str, *operands: Operand) -> None:
        """Raise `exception` where the condition does not hold."""
        if isinstance(condition, Constant) and condition.value:
            return
        self.append(Check(condition, exception, message, operands, self.where))
