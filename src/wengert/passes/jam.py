"""Independent rows side by side: a few at a time, where each point of a row waits for the one before it.

What goes in: a program. What comes out: each order-free loop over rows, around one loop over columns that goes on from
what its last iteration left in variables of the row, in blocks of rows: first what comes before the columns, for each
row of a block; then one loop over the columns, which does each statement for every row, so that the processor works on
one row while another waits; then what comes after the columns, for each row. The rows after the last block run as they
did. What holds: each row does what it did, in the same order, so every bit is the same, but for additions to one
element by several rows, whose order is free. Allen and Kennedy, *Optimizing Compilers for Modern Architectures*, 2001,
section 8.4 (unroll and jam).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Bind,
    Block,
    For,
    If,
    Load,
    Operand,
    Program,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import bound, made, rebuild, writes

__all__ = ["jam_rows"]

_ROWS = 4  # in a block
_MOST_STATEMENTS = 60  # of a row, which are repeated for each row of a block


@dataclass(frozen=True)
class _Nest:
    """The loop over rows, and the parts of its body."""

    rows: For
    before: Block
    columns: For
    after: Block


def jam_rows(program: Program) -> Program:
    """The program with independent rows side by side."""
    return replace(program, body=_block(program.body))


def _block(block: Block) -> Block:
    found: list[Statement] = []
    for one in block:
        nest = _nest_of(one)
        if nest is not None:
            found += _jammed(nest)
        elif isinstance(one, For | If | While):
            found.append(rebuild(one, lambda operand: operand, lambda storage: storage, _block))
        else:
            found.append(one)
    return tuple(found)


def _nest_of(rows: Statement) -> _Nest | None:
    """The nest that a statement is, if its rows wait for themselves and may run side by side."""
    if not isinstance(rows, For) or not rows.order_free or abs(rows.step) != 1:
        return None
    at = [position for position, one in enumerate(rows.body) if isinstance(one, For)]
    if len(at) != 1:
        return None
    before, columns, after = rows.body[: at[0]], rows.body[at[0]], rows.body[at[0] + 1 :]
    assert isinstance(columns, For)
    straight = (*before, *columns.body, *after)
    if columns.order_free or len(straight) > _MOST_STATEMENTS or not all(map(_is_simple, straight)):
        return None
    own = {rows.counter, *(bound(one) for one in before)}
    if columns.start in own or columns.stop in own or not _waits(before, columns):
        return None
    return _Nest(rows, before, columns, after)


def _is_simple(one: Statement) -> bool:
    if isinstance(one, Allocate):
        return not one.sizes and one.kept is None
    return isinstance(one, Bind | Load | Store | Accumulate)


def _waits(before: Block, columns: For) -> bool:
    """Whether a column goes on from what the one before it has left in a variable of the row."""
    variables = {made(one) for one in before}
    read = {one.storage for one in columns.body if isinstance(one, Load)}
    written = {storage for one in columns.body for storage in writes(one)}
    return not variables.isdisjoint(read & written)


@dataclass
class _Row:
    """What stands for the values and variables of the nest in one row of a block."""

    values: dict[Operand, Operand]
    variables: dict[Storage, Storage] = field(default_factory=dict)

    def copy(self, one: Statement) -> Statement:
        """The statement for this row."""
        value, variable = bound(one), made(one)
        if value is not None:
            self.values[value] = Value(value.hint, value.dtype)
        if variable is not None:
            self.variables[variable] = Storage(variable.hint, variable.dtype, 0)
        return rebuild(
            one,
            lambda operand: self.values.get(operand, operand),
            lambda storage: self.variables.get(storage, storage),
            lambda block: block,
        )


def _jammed(nest: _Nest) -> Block:
    """The blocks of rows, then the other rows."""
    builder, loop, columns = Builder(), nest.rows, nest.columns
    builder.where = loop.where
    forward = "add" if loop.step > 0 else "subtract"
    low, high = (loop.start, loop.stop) if loop.step > 0 else (loop.stop, loop.start)
    size = builder.bind("subtract", high, low, hint="size")
    whole = builder.bind("subtract", size, builder.bind("remainder", size, integer(_ROWS)))
    whole = builder.bind("where", builder.bind("less", low, high), whole, integer(0), hint="rows")
    middle = builder.bind(forward, loop.start, whole, hint="middle")
    with builder.loop(loop.start, middle, loop.step * _ROWS, hint=loop.counter.hint) as first:
        counters = [builder.bind(forward, first, integer(lane)) if lane else first for lane in range(_ROWS)]
        rows = [_Row({loop.counter: counter}) for counter in counters]
        builder.append_all([row.copy(one) for row in rows for one in nest.before])
        with builder.loop(columns.start, columns.stop, columns.step, hint=columns.counter.hint) as column:
            for row in rows:
                row.values[columns.counter] = column
            builder.append_all([row.copy(one) for one in columns.body for row in rows])
        builder.append_all([row.copy(one) for row in rows for one in nest.after])
    builder.append(replace(loop, start=middle))
    return builder.finish()
