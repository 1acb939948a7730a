"""Sums in variables: what a loop adds to one element is summed in a variable, where it also adds to others.

What goes in: a program. What comes out: in front of an innermost order-free loop a variable for each element that all
its iterations add to, if they add to other elements of that storage, too; after it one addition of the sum. What holds:
the machine cannot tell that the element is none of the others, and would have to add to it in memory each time, one
number after the other; the order of the additions of such a loop is free. Bacon, Graham and Sharp, "Compiler
transformations for high-performance computing", ACM Computing Surveys 26, 1994, section 6.5.3 (scalar replacement).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wengert.analysis.index import Index, index_program
from wengert.program.builder import Builder
from wengert.program.statements import Accumulate, Bind, Block, For, If, Load, Program, Statement, Store, While
from wengert.program.traverse import bound, reads, rebuild, writes

__all__ = ["sum_in_variables"]


def sum_in_variables(program: Program) -> Program:
    """The program with such sums in variables."""
    index = index_program(program)

    def block(statements: Block) -> Block:
        return tuple(found for one in statements for found in changed(one))

    def changed(one: Statement) -> Sequence[Statement]:
        if isinstance(one, For):
            sums = _sums(index, one)
            if sums:
                return _summed(one, sums)
        if isinstance(one, For | If | While):
            return [rebuild(one, lambda operand: operand, lambda storage: storage, block)]
        return [one]

    return replace(program, body=block(program.body))


def _sums(index: Index, loop: For) -> list[Accumulate]:
    """The additions to one element for all iterations, next to additions to others, and to nothing else."""
    if not loop.order_free or not all(isinstance(one, Bind | Load | Store | Accumulate) for one in loop.body):
        return []
    changing = {loop.counter} | {bound(one) for one in loop.body}
    added = [one for one in loop.body if isinstance(one, Accumulate)]
    fixed = [one for one in added if one.indices and not any(operand in changing for operand in one.indices)]
    used = {
        index.root(storage)
        for one in loop.body
        if not isinstance(one, Accumulate)
        for storage in (*reads(one), *writes(one))
    }
    moving = {index.root(one.storage) for one in added if one not in fixed}
    return [one for one in fixed if index.root(one.storage) in moving - used]


def _summed(loop: For, sums: Sequence[Accumulate]) -> Sequence[Statement]:
    builder = Builder()
    builder.where = loop.where
    totals = {one: builder.allocate(one.storage.hint, one.storage.dtype, zeroed=True) for one in sums}
    body = tuple(
        Accumulate(totals[one], (), one.operand, one.where) if isinstance(one, Accumulate) and one in totals else one
        for one in loop.body
    )
    builder.append(replace(loop, body=body))
    first, second = (loop.start, loop.stop) if loop.step > 0 else (loop.stop, loop.start)
    runs = builder.bind("less", first, second, hint="runs")
    with builder.block() as then:  # an index may be out of range where the loop does not run
        for one, total in totals.items():
            builder.accumulate(one.storage, one.indices, builder.load(total))
    builder.branch(runs, then)
    return builder.finish()
