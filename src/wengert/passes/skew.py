"""Recurrences side by side: rows of a recurrence are computed a few at a time, each some columns behind the one before.

What goes in: a program. What comes out: each nest `for i: for j` in which a point waits for what was stored a few
points before in its row, in blocks of rows. A row may follow the one before it `skew` columns behind; so the innermost
loop computes one point of each row of a block, statement by statement, and the processor works on one row while
another waits. The points before all rows of a block are under way, and after the first has ended, run between the
blocks in their old order, as do the rows after the last block, and all of them where rows are short. What holds: of two
accesses to one element, one of which writes, the same comes first, additions included, so every bit is the same. The
distances between such accesses are constants, or the nest stays as it is. Lamport, "The parallel execution of DO
loops", 1974; Wolfe, *High Performance Compilers for Parallel Computing*, 1996, chapter 9.
"""

from __future__ import annotations

from dataclasses import replace

from wengert.analysis.affine import affine, minus
from wengert.analysis.index import Index, index_program
from wengert.passes.invariants import hoist_invariants
from wengert.passes.nests import slice_for
from wengert.passes.recurrences import Access, Distance, Recurrence, distance_between, recurrence_of
from wengert.passes.rotation import Lanes, Window, windows_of
from wengert.program.builder import Builder, integer
from wengert.program.statements import Block, For, If, Load, Operand, Program, Statement, While
from wengert.program.traverse import rebuild, walk

__all__ = ["skew_recurrences"]

_ROWS = 4  # in a block
_WIDEST_SKEW = 4
_MOST_ACCESSES = 40  # compared with one another
_NEAREST = 2  # how many points before, at most, is what a point waits for
_SHORTEST = 3  # rows, in multiples of the columns that the last row of a block is behind the first


def skew_recurrences(program: Program) -> Program:
    """The program with recurrences skewed."""
    candidates = [nest for nest in map(recurrence_of, walk(program.body)) if nest is not None]
    if not candidates:
        return program
    index = index_program(program)
    found = [nest for nest in candidates if _skew(index, nest) is not None]
    if not found:
        return program
    if not all(nest.is_regular for nest in found):
        program = hoist_invariants(program)
        index = index_program(program)
    return replace(program, body=_skewed(index, program.body))


def _skewed(index: Index, block: Block) -> Block:
    """A block with its recurrences skewed."""

    def nested(inner: Block) -> Block:
        return _skewed(index, inner)

    found: list[Statement] = []
    for one in block:
        nest = recurrence_of(one)
        skew = _skew(index, nest) if nest is not None and nest.is_regular else None
        if nest is not None and skew is not None:
            found += _Writer(nest, skew, windows_of(index, nest)).write()
        elif isinstance(one, For | If | While):
            found.append(rebuild(one, lambda operand: operand, lambda storage: storage, nested))
        else:
            found.append(one)
    return tuple(found)


# How far the rows must be apart.


def _skew(index: Index, nest: Recurrence) -> int | None:
    """How many columns each row is behind the one before at least; `None` if skewing is wrong or does not pay."""
    accesses = nest.accesses
    if len(accesses) > _MOST_ACCESSES or not _is_large(index, nest):
        return None
    skew, waits = 0, False
    for first in accesses:
        for second in accesses:
            if isinstance(first, Load) and isinstance(second, Load):
                continue
            distance = distance_between(index, nest, first, second)
            least = None if distance is None else _least_skew(distance)
            if distance is None or least is None or least > _WIDEST_SKEW:
                return None
            skew = max(skew, least)
            waits = waits or _waits(nest, first, second, distance)
    return skew if waits else None


def _is_large(index: Index, nest: Recurrence) -> bool:
    """Whether there may be a block of rows, and columns enough; and the same for each row, as far as can be seen."""
    for loop, least in ((nest.rows, _ROWS), (nest.columns, 2 * _ROWS)):
        size = minus(affine(index, loop.stop), affine(index, loop.start))
        if nest.rows.counter in size or (not size.keys() - {None} and abs(size.get(None, 0)) < least):
            return False
    return True


def _least_skew(distance: Distance) -> int | None:
    """How many columns a row must be behind the one before it, so that the later access comes later still."""
    if distance.never or (distance.rows is not None and distance.rows <= 0):
        return 0
    if distance.columns is None:
        return None
    rows = 1 if distance.rows is None else distance.rows
    return max(0, -((distance.columns - 1) // rows))


def _waits(nest: Recurrence, first: Access, second: Access, distance: Distance) -> bool:
    """Whether `second` reads what `first` wrote shortly before in the same row, and computes from it what it writes."""
    if isinstance(first, Load) or not isinstance(second, Load):
        return False
    if distance.never or distance.rows or distance.columns is None or not 0 < distance.columns <= _NEAREST:
        return False
    return second in slice_for(nest.columns.body, [first.operand])


# The new nest.


class _Writer:
    """Writes the skewed nest. Iterations are counted in the direction in which a loop runs."""

    def __init__(self, nest: Recurrence, skew: int, windows: list[Window]) -> None:
        self.nest, self.skew, self.windows = nest, skew, windows
        self.builder = Builder()
        self.builder.where = nest.rows.where

    def write(self) -> Block:
        """The loop over blocks; after the last one, it has an iteration for the rows that are left."""
        builder, rows, columns = self.builder, self.nest.rows, self.nest.columns
        size = self._iterations(rows)
        in_blocks = self._rows_in_blocks(size)
        middle = self._after(rows.start, rows.step, in_blocks)
        left = builder.bind("subtract", size, in_blocks)
        started = self._after(columns.start, columns.step, integer(self.skew * (_ROWS - 1)))
        end = self._after(middle, rows.step, integer(_ROWS))
        with builder.loop(rows.start, end, rows.step * _ROWS, hint=rows.counter.hint) as first:
            is_last = builder.bind("equal", first, middle, hint="is_last")
            self._between(first, is_last, left, started)
            with builder.block() as block:
                self._side_by_side(first, started)
            builder.branch(is_last, [], block)
        return builder.finish()

    def _after(self, start: Operand, step: int, count: Operand) -> Operand:
        """Where a counter is after a number of iterations."""
        if count == integer(0):
            return start
        return self.builder.bind("add" if step > 0 else "subtract", start, count, hint="i")

    def _rows_in_blocks(self, rows: Operand) -> Operand:
        """How many rows are in blocks: none where the rows are short or a check fails."""
        builder, nest = self.builder, self.nest
        columns = self._iterations(nest.columns)
        behind = self.skew * (_ROWS - 1)
        widest = max((one.highest - one.lowest for one in self.windows), default=0)
        shortest = max(_SHORTEST * behind, behind + widest + 1)
        fine = builder.bind("greater_equal", columns, integer(shortest), hint="fine")
        for check in nest.checks:
            fine = builder.bind("logical_and", fine, check.condition, hint="fine")
        whole = builder.bind("subtract", rows, builder.bind("remainder", rows, integer(_ROWS)))
        return builder.bind("where", fine, whole, integer(0), hint="rows")

    def _iterations(self, loop: For) -> Operand:
        low, high = (loop.start, loop.stop) if loop.step > 0 else (loop.stop, loop.start)
        runs = self.builder.bind("less", low, high)
        return self.builder.bind("where", runs, self.builder.bind("subtract", high, low), integer(0), hint="size")

    def _between(self, first: Operand, is_last: Operand, left: Operand, started: Operand) -> None:
        """Row by row: the ends of the rows of the last block, then the beginnings of the next one, or what is left."""
        builder, nest, columns = self.builder, self.nest, self.nest.columns
        others = integer(_ROWS - 1)  # the first row of a block has no end of its own, and the last one no beginning
        is_first = builder.bind("equal", first, nest.rows.start, hint="is_first")
        begin = builder.bind("where", is_first, others, integer(0))
        end = builder.bind("where", is_last, builder.bind("add", left, others), integer(2 * (_ROWS - 1)))
        with builder.loop(begin, end, hint="lane") as lane:
            number = builder.bind("subtract", lane, others)
            ends = builder.bind("less", number, integer(0), hint="ends")
            last_columns = builder.bind("multiply", builder.bind("add", lane, integer(1)), integer(self.skew))
            start = self._after(columns.stop, -columns.step, last_columns)
            start = builder.bind("where", ends, start, columns.start)
            stop = self._after(started, -columns.step, builder.bind("multiply", number, integer(self.skew)))
            stop = builder.bind("where", builder.bind("logical_or", ends, is_last), columns.stop, stop)
            row = Lanes(builder, nest, (), [self._after(first, nest.rows.step, number)])
            with builder.loop(start, stop, columns.step, hint=columns.counter.hint) as column:
                row.point([column])
            row.check(nest.checks)

    def _side_by_side(self, first: Operand, start: Operand) -> None:
        """The columns in which all rows of a block are under way."""
        nest, columns = self.nest, self.nest.columns
        rows = [self._after(first, nest.rows.step, integer(lane)) for lane in range(_ROWS)]
        lanes = Lanes(self.builder, nest, self.windows, rows)
        lanes.begin(self._behind(start))
        with self.builder.loop(start, columns.stop, columns.step, hint=columns.counter.hint) as column:
            lanes.point(self._behind(column))
        lanes.end(self._behind(columns.stop))

    def _behind(self, column: Operand) -> list[Operand]:
        """Where each row is when the first one of a block is at a column."""
        step = -self.nest.columns.step
        return [self._after(column, step, integer(self.skew * lane)) for lane in range(_ROWS)]
