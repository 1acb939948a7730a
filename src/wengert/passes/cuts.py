"""Cuts loops short where a check at the head of an iteration fails, so that no check is left inside.

What goes in: a program. What comes out: a loop runs up to the first iteration whose checks fail; the checks stand after
it, for that iteration. Smaller and larger bounds that the ranges of counters decide are replaced by the one that holds.
What holds: the same iterations run, and the same exception follows. Only checks that hold up to some iteration and in
none after it, or in all or none, are moved: comparisons of the counter, or of what does not change, with sizes. Where
the counter falls, a limit from above holds in all iterations or fails in the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from wengert.analysis.affine import Form, affine, minus
from wengert.analysis.index import Index, index_program
from wengert.passes.nests import compute_again, slice_for
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Bind,
    Block,
    Check,
    Constant,
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
from wengert.program.traverse import bound, operands, rebuild, walk

__all__ = ["cut_checks"]

_LARGE = 2**40  # numbers in a program's text that could make a sum of sizes overflow


def cut_checks(program: Program) -> Program:
    """The program with loops cut."""
    return replace(program, body=_Cutter(index_program(program)).block(program.body))


class _Cutter:
    def __init__(self, index: Index) -> None:
        self.index = index

    def block(self, block: Block) -> Block:
        """A block with its loops cut."""
        return tuple(found for one in block for found in self._statement(one))

    def _statement(self, statement: Statement) -> Sequence[Statement]:
        if isinstance(statement, For):
            loop = replace(statement, body=self.block(statement.body))
            for one in walk(loop.body):  # what cutting inner loops has made
                if isinstance(one, Bind):
                    self.index.definitions.setdefault(one.value, one)
            return self._loop(loop) if abs(statement.step) == 1 else [loop]
        if isinstance(statement, If | While):
            return [rebuild(statement, lambda operand: operand, lambda storage: storage, self.block)]
        return [statement]

    def _loop(self, loop: For) -> Sequence[Statement]:
        """A loop, cut."""
        builder = Builder()
        builder.where = loop.where
        inside = _bound_inside(loop)
        finder = _Ends(self.index, builder, loop, inside)
        limit: Operand = loop.stop
        nearer = "minimum" if loop.step == 1 else "maximum"
        gone: set[Check] = set()
        checks: list[Check] = []
        for check in _at_head(loop.body):
            if not self._can_be_said_outside(check, loop, inside):
                break
            fixed = finder.check_outside(check, {loop.counter: loop.start})
            if fixed is not None:
                self._check_unless_never(builder, loop, limit, fixed)
                gone.add(check)
                continue
            ends = finder.of(check.condition)
            if ends is None:
                break
            checks.append(check)
            for end in ends:
                limit = builder.bind(nearer, limit, end, hint="stop")
        last = finder.last_checks(gone.union(checks))
        for one in last:
            after_first = builder.bind("add", loop.start, integer(loop.step), hint="stop")
            end = builder.bind("where", one.condition, loop.stop, after_first, hint="stop")
            limit = builder.bind(nearer, limit, end, hint="stop")
        gone.update(checks, last.values())
        if not gone:
            return [loop]
        builder.append(replace(loop, stop=limit, body=tuple(one for one in loop.body if one not in gone)))
        for one in last:
            self._check_unless_never(builder, loop, limit, one)
        if checks:
            self._raise(builder, loop, checks, limit)
        return builder.finish()

    def _check_unless_never(self, builder: Builder, loop: For, limit: Operand, check: Check) -> None:
        """A check of what does not change with the iterations, if there is one."""
        builder.where = check.where
        never = builder.bind("less_equal" if loop.step == 1 else "greater_equal", limit, loop.start, hint="never")
        condition = builder.bind("logical_or", never, check.condition, hint="fine")
        builder.check(condition, check.exception, check.message, *check.operands)
        builder.where = loop.where

    def _can_be_said_outside(self, check: Check, loop: For, inside: set[object]) -> bool:
        """Whether what the check uses is computed from integers of the loop's own body, without loads."""
        needed = slice_for(loop.body, operands(check))
        own = {bound(one) for one in needed}
        used = {one for statement in (*needed, check) for one in operands(statement)}
        return all(isinstance(one, Bind) for one in needed) and not (used & inside) - own

    def _raise(self, builder: Builder, loop: For, checks: Sequence[Check], limit: Operand) -> None:
        """The checks for the first iteration that does not pass them, if there is one."""
        upward = loop.step == 1
        failing = builder.bind("maximum" if upward else "minimum", loop.start, limit, hint=loop.counter.hint)
        over = builder.bind("greater_equal" if upward else "less_equal", failing, loop.stop, hint="over")
        known: dict[Operand, Operand] = {loop.counter: failing}
        compute_again(builder, slice_for(loop.body, [one for check in checks for one in operands(check)]), known)
        for check in checks:
            builder.where = check.where
            condition = builder.bind("logical_or", over, known.get(check.condition, check.condition), hint="fine")
            builder.check(condition, check.exception, check.message, *(known.get(one, one) for one in check.operands))


def _bound_inside(loop: For) -> set[object]:
    found: set[object] = set()
    for one in walk(loop.body):
        value = one.counter if isinstance(one, For) else bound(one)
        if value is not None:
            found.add(value)
    return found


def _at_head(body: Block) -> Iterator[Check]:
    """The checks before anything else has an effect that outlives the iteration."""
    own = {one.storage for one in body if isinstance(one, Allocate)}
    for one in body:
        if isinstance(one, Check):
            yield one
        elif not all(_has_no_effect(inner, own) for inner in walk((one,))):
            return


def _has_no_effect(statement: Statement, own: Collection[Storage]) -> bool:
    match statement:
        case Bind() | Load() | For() | If():
            return True
        case Allocate(sizes=sizes, kept=kept):
            return not sizes and kept is None
        case Store(storage=storage) | Accumulate(storage=storage):
            return storage in own
        case _:
            return False


class _Ends:
    """Finds before which iterations a condition holds."""

    def __init__(self, index: Index, builder: Builder, loop: For, inside: set[object]) -> None:
        self.index, self.builder, self.loop = index, builder, loop
        self.inside: set[object] = {*inside, loop.counter}

    def of(self, condition: Operand) -> list[Operand] | None:
        """Numbers such that the condition holds in the iterations before all of them, and not in the next."""
        fixed = self.outside(condition)
        if fixed is not None:
            return [self._all_or_none(fixed)]
        assert isinstance(condition, Value)
        statement = self.index.definitions.get(condition)
        if not isinstance(statement, Bind) or len(statement.operands) != 2:
            return None
        first, second = statement.operands
        if statement.function == "logical_and":
            ends = [self.of(one) for one in (first, second)]
            return None if None in ends else [end for found in ends for end in found or ()]
        if statement.function == "logical_or":
            return self._unless(first, second) or self._unless(second, first)
        if first.dtype != "int64" or second.dtype != "int64":
            return None
        match statement.function:
            case "less":
                return self._first_at_most(first, second, strictly=True)
            case "less_equal":
                return self._first_at_most(first, second, strictly=False)
            case "greater":
                return self._first_at_most(second, first, strictly=True)
            case "greater_equal":
                return self._first_at_most(second, first, strictly=False)
            case "equal":
                return self._equal_to_minimum(first, second) or self._equal_to_minimum(second, first)
            case _:
                return None

    def _unless(self, fixed: Operand, other: Operand) -> list[Operand] | None:
        """Before which iterations `fixed or other`, of which one does not change with them."""
        known = self.outside(fixed)
        ends = None if known is None else self.of(other)
        if known is None or ends is None:
            return None
        return [self.builder.bind("where", known, self.loop.stop, end) for end in ends]

    def check_outside(self, check: Check, counters: dict[Operand, Operand]) -> Check | None:
        """A check as it is before the loop, if its condition does not change; its message may name `counters`."""
        condition = self.outside(check.condition)
        found = [self.outside(one, counters) for one in check.operands]
        shown = [one for one in found if one is not None]
        if condition is None or len(shown) < len(found):
            return None
        return replace(check, condition=condition, operands=tuple(shown))

    def last_checks(self, others: Collection[Check]) -> dict[Check, Check]:
        """Checks after all else that an iteration does, which do not change; as they are outside, by what they were."""
        found: dict[Check, Check] = {}
        for one in reversed(self.loop.body):
            if isinstance(one, Check) and one not in others:
                fixed = self.check_outside(one, {})
                if fixed is None:
                    break
                found[fixed] = one
            elif not isinstance(one, Bind):
                break
        return dict(reversed(found.items()))

    def outside(self, operand: Operand, counters: dict[Operand, Operand] | None = None) -> Operand | None:
        """An operand as it is known before the loop, where it does not change with the iterations."""
        known = dict(counters or {})
        if isinstance(operand, Constant) or operand not in self.inside or operand in known:
            return known.get(operand, operand)
        needed = slice_for(self.loop.body, [operand])
        own = {bound(one) for one in needed}
        used = {one for statement in needed for one in operands(statement)}
        is_known = all(isinstance(one, Bind) for one in needed) and (used & self.inside) - own <= known.keys()
        if operand not in own or not is_known:
            return None
        compute_again(self.builder, needed, known)
        return known[operand]

    def _equal_to_minimum(self, first: Operand, second: Operand) -> list[Operand] | None:
        """`min(a, b) == a` says that `a <= b`."""
        statement = self.index.definitions.get(first) if isinstance(first, Value) else None
        if not isinstance(statement, Bind) or statement.function != "minimum":
            return None
        a, b = statement.operands
        if second == b:
            a, b = b, a
        return self._first_at_most(a, b, strictly=False) if second == a else None

    def _first_at_most(self, first: Operand, second: Operand, *, strictly: bool) -> list[Operand] | None:
        """Before which iterations `first < second`, or `<=`: the difference grows by one with the counter, or never.

        Where the counter falls, the first iteration decides.
        """
        form = minus(affine(self.index, first), affine(self.index, second))
        factor = form.pop(self.loop.counter, 0)
        if not self.inside.isdisjoint(form) or not all(self._is_small(one, c) for one, c in form.items()):
            return None
        if factor == 0:
            holds = self.builder.bind("less" if strictly else "less_equal", first, second)
            known_outside = first not in self.inside and second not in self.inside
            return [self._all_or_none(holds)] if known_outside else None
        if factor != 1:
            return None
        end = self._negated(form)
        if self.loop.step < 0:
            return [self._all_or_none(self.builder.bind("less" if strictly else "less_equal", self.loop.start, end))]
        return [end if strictly else self.builder.bind("add", end, integer(1))]

    def _negated(self, form: Form) -> Operand:
        total: Operand = integer(-form.get(None, 0))
        for symbol, factor in form.items():
            if isinstance(symbol, Value):
                scaled = self.builder.bind("multiply", symbol, integer(abs(factor)))
                total = self.builder.bind("subtract" if factor > 0 else "add", total, scaled)
        return total

    def _all_or_none(self, condition: Operand) -> Operand:
        return self.builder.bind("where", condition, self.loop.stop, self.loop.start, hint="stop")

    def _is_small(self, symbol: object, factor: int) -> bool:
        """Whether a multiple of a number is far from overflow: a size, or a counter between such."""
        if symbol is None or abs(factor) > 2**10:
            return abs(factor) < _LARGE and symbol is None
        if symbol in self.index.given_sizes:
            return True
        statement = self.index.definitions.get(symbol)  # type: ignore[call-overload]  # other symbols are not there
        parts: tuple[Operand, ...] = ()
        if isinstance(statement, For):
            parts = (statement.start, statement.stop)
        elif isinstance(statement, Bind) and statement.function in ("minimum", "maximum"):
            parts = statement.operands
        return bool(parts) and all(
            self._is_small(one, c * factor) for part in parts for one, c in affine(self.index, part).items()
        )
