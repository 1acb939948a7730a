"""`for` and `while`: which form of loop each becomes, and loops that are unrolled.

What goes in: the tree of a loop. What comes out: its statements. What holds: a loop over what is known now (a tuple,
a list, the items of a dict) is unrolled; a loop over a range or an array never is, unless an item of a tuple is taken
by its counter, or an array becomes longer or shorter in each iteration.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial

from wengert.lower.blocks import lower_block
from wengert.lower.context import Context, PeelingError, UnrollingError
from wengert.lower.expressions import condition, evaluate
from wengert.lower.iteration import Iterable, iterable_of, ranged, static_items
from wengert.lower.liveness import assigned, contains
from wengert.lower.loops import Loop, conditional, counted, repeat
from wengert.lower.scope import (
    BROKEN,
    RETURN,
    RETURNED,
    SKIPPED,
    Variable,
    assign_name,
    branch,
    note_left,
    read,
    scope_of,
    settled,
)
from wengert.lower.targets import assign_target
from wengert.lower.values import Abstract, Scalar, Static
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand

__all__ = ["lower_for", "lower_while"]

_MOST_UNROLLED = 64
_FLAGS = {RETURN, RETURNED, BROKEN}


def _live(context: Context, node: ast.For | ast.While) -> set[str]:
    """What may be read at the head of a loop or after it."""
    scope = scope_of(context)
    liveness = scope.liveness
    if node not in liveness.head:
        return set(scope.env)
    return liveness.head[node] | liveness.after[node]


def _otherwise(context: Context, node: ast.For | ast.While, live: set[str], broken: Variable | None) -> None:
    """The `else` of a loop, which runs unless the loop was left early: `broken` is its flag."""
    if not node.orelse:
        return
    stopped = context.builder.bind("logical_or", _truth(context, BROKEN, broken), _flag(context, RETURNED))
    after = live | _FLAGS | {SKIPPED}
    branch(context, stopped, lambda: None, lambda: lower_block(context, node.orelse, after), after)


def _leaves_outer(node: ast.For | ast.While) -> bool:
    """Whether the `else` of a loop leaves the loop around it, or its iteration."""
    return any(contains(node.orelse, kind, through_loops=False) for kind in (ast.Break, ast.Continue))


def _flag(context: Context, name: str) -> Operand:
    return _truth(context, name, scope_of(context).env.get(name))


def _truth(context: Context, name: str, flag: Variable | None) -> Operand:
    if flag is None:
        return Constant(False, "bool")
    value = read(context, dict(scope_of(context).env), name, flag)  # the flag of a loop around may have this name
    if isinstance(value, Static):
        return Constant(bool(value.value), "bool")
    assert isinstance(value, Scalar)
    return value.operand


def lower_for(context: Context, node: ast.For) -> None:
    """`for target in iterable`."""
    value = settled(context, evaluate(context, node.iter), "items")
    iterable = iterable_of(context, value)
    context.at(node)
    live = _live(context, node)
    if iterable.items is not None:
        _unrolled(context, node, _each(context, node, iterable.items), live)
        return
    before = dict(scope_of(context).env)
    try:
        _rolled(context, node, iterable, live)
    except UnrollingError:
        count = iterable.count
        if not isinstance(count, Constant) or count.value.real > _MOST_UNROLLED:
            raise
        scope_of(context).env = before
        _unrolled(context, node, _each(context, node, static_items(context, iterable) or ()), live)
    except PeelingError:
        scope_of(context).env = before
        _peeled(context, node, iterable, live)


def _peeled(context: Context, node: ast.For, iterable: Iterable, live: set[str]) -> None:
    """The first iteration apart from the others, for a variable that is a number only before it."""
    builder = context.builder
    count = iterable.count
    some = builder.bind("greater", count, integer(0))
    if isinstance(some, Constant) and not some.value:
        _unrolled(context, node, _each(context, node, ()), live)
        return
    text = "a variable is a number if this loop does not run, and an array if it does"
    builder.check(some, "UnsupportedOperationError", text)
    first = iterable.element(integer(0))
    if iterable.span is not None:
        start, stop, step = iterable.span
        first = _counter(start)
        rest = ranged(context, [_counter(builder.bind("add", start, integer(step))), _counter(stop), Static(step)])
    else:
        rest = Iterable(
            lambda: builder.bind("subtract", count, integer(1)),
            lambda place: iterable.element(builder.bind("add", place, integer(1))),
        )
    _unrolled(context, node, _each(context, node, (first,)), live, rest)


def _counter(operand: Operand) -> Abstract:
    return Static(int(operand.value.real)) if isinstance(operand, Constant) else Scalar(operand, weak=True)


def _rolled(context: Context, node: ast.For, iterable: Iterable, live: set[str]) -> None:
    """A loop in the program."""

    def body(item: Abstract) -> None:
        assign_target(context, node.target, item)
        lower_block(context, node.body, live | _FLAGS)

    def form(loop: Loop) -> None:
        hint = node.target.id if isinstance(node.target, ast.Name) else "i"
        if iterable.span is not None:
            counted(context, loop, *iterable.span, hint, lambda counter: body(Scalar(counter, weak=True)))
        else:
            place = "i" if hint != "i" else "k"
            counted(
                context, loop, integer(0), iterable.count, 1, place, lambda counter: body(iterable.element(counter))
            )

    with context.builder.block():  # only to see whether it is known
        count = iterable.count
    context.unrolls.append(isinstance(count, Constant) and count.value.real <= _MOST_UNROLLED)
    try:
        repeat(context, node, live, form, partial(_otherwise, context, node, live))
    finally:
        context.unrolls.pop()


def _each(context: Context, node: ast.For, items: Sequence[Abstract]) -> Callable[[int], bool]:
    """Iteration k is about item k."""

    def begin(number: int) -> bool:
        if number < len(items):
            assign_target(context, node.target, items[number])
        return number < len(items)

    return begin


def _unrolled(
    context: Context,
    node: ast.For | ast.While,
    begin: Callable[[int], bool],
    live: set[str],
    rest: Iterable | None = None,
) -> None:
    """One iteration after the other; what follows a `break` that is decided when the program runs is under a test.

    `begin` starts iteration number k, if there is one. `rest`: what is left to be looped over after them.
    """
    scope = scope_of(context)
    loops, scope.loops = scope.loops, []
    outer = {name: scope.env.get(name) for name in (BROKEN, SKIPPED)}
    scope.env[BROKEN] = Variable(Static(False))
    inside = live | _FLAGS
    leaves_outer = _leaves_outer(node)

    def go_on(number: int) -> None:
        while begin(number):
            number += 1
            scope.env[SKIPPED] = Variable(Static(False))
            lower_block(context, node.body, inside)
            stopped = context.builder.bind("logical_or", _flag(context, BROKEN), _flag(context, RETURNED))
            if isinstance(stopped, Constant):
                if stopped.value:
                    return
                continue
            branch(context, stopped, partial(note_left, context, True), partial(resumed, number), inside)
            return
        if rest is None:
            if not leaves_outer:
                _otherwise(context, node, live, scope.env.get(BROKEN))
        else:
            assert isinstance(node, ast.For)
            context.refuse_unless(
                not leaves_outer,
                "`break` or `continue` in the `else` of a loop whose first iteration differs from the others",
                "Give the variables of the loop their kind before it.",
            )
            scope.loops = loops
            _rolled(context, node, rest, live)

    def resumed(number: int) -> None:
        note_left(context, False)
        go_on(number)

    try:
        go_on(0)
    finally:
        scope.loops = loops
    broken = scope.env.get(BROKEN)
    for name, variable in outer.items():
        scope.env.pop(name, None)
        if variable is not None:
            scope.env[name] = variable
    if leaves_outer:
        _otherwise(context, node, live, broken)


def lower_while(context: Context, node: ast.While) -> None:
    """`while test`."""
    live = _live(context, node)
    endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    leaves = contains(node.body, ast.Break, through_loops=False)
    if endless:
        context.refuse_unless(
            leaves or contains(node.body, ast.Return, through_loops=True), "this loop never ends", "Add a `break`."
        )

    def test() -> Operand:
        return condition(context, node.test)

    def form(loop: Loop) -> None:
        conditional(context, loop, test, assigned([node.test]), lambda: lower_block(context, node.body, live | _FLAGS))

    before = dict(scope_of(context).env)
    context.unrolls.append(False)
    try:
        repeat(context, node, live, form, partial(_otherwise, context, node, live))
    except UnrollingError as refusal:
        scope_of(context).env = before
        _unrolled(context, node, partial(_decided, context, node, refusal), live)
    finally:
        context.unrolls.pop()
    if endless and not leaves:
        assign_name(context, RETURNED, Static(True))


def _decided(context: Context, node: ast.While, refusal: UnrollingError, number: int) -> bool:
    """The test of a `while` that is unrolled, which must be known now."""
    found = condition(context, node.test)
    if not isinstance(found, Constant) or number >= _MOST_UNROLLED:
        raise refusal
    return bool(found.value)
