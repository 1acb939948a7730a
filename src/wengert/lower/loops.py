"""Loops: which variables they carry from one iteration to the next, and as what.

What goes in: how to lower the body. What comes out: a `For` or a `While`. What holds: a variable that an iteration or
what follows the loop may read after the loop assigned it lives in a home while the loop runs. Its kind is found by
trial: the body is lowered with the kind the variable has before the loop; if an assignment does not fit, again with a
wider one. A loop that can be left early is a `While` whose condition looks at a flag.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from wengert.errors import NotAcceptedError
from wengert.lower import homes
from wengert.lower.context import Context, UnknownResultError
from wengert.lower.homes import Home, Kind, Number
from wengert.lower.liveness import assigned, contains
from wengert.lower.scope import (
    BROKEN,
    EXITS,
    RETURN,
    RETURNED,
    SKIPPED,
    Variable,
    as_place,
    flush,
    is_open,
    made_inside,
    read,
    refuse_shared,
    scope_of,
)
from wengert.lower.values import Abstract, Scalar, Static, View
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand, Statement, Storage, Value

__all__ = ["Loop", "Plan", "leave", "repeat"]

_MOST_TRIALS = 12


@dataclass(slots=True, eq=False)
class Plan:
    """The kinds of the variables a loop carries, as far as they are known. `None`: not assigned before the loop.

    `settled`: the loop is done, and its homes can hold what they hold and nothing else.
    """

    kinds: dict[str, Kind | None]
    inside: set[Value | Storage] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)
    changed: bool = False
    settled: bool = False

    def widen(self, context: Context, name: str, value: Abstract) -> None:
        """An assignment did not fit: note the kind that holds it too."""
        kind = homes.kind_of(value)
        old = self.kinds[name]
        if old is None or name in self.guessed:
            self.guessed.discard(name)
            self.kinds[name] = _without_views(kind)
        else:
            self.kinds[name] = homes.join(context, name, old, kind)
        self.changed = True

    def guess(self, context: Context, name: str) -> Abstract:
        """A number in the place of a variable that is read before the trial has seen what is assigned to it."""
        if self.kinds[name] is None:
            self.kinds[name] = Number("float64", weak=True)
            self.guessed.add(name)
        self.changed = True
        cell = context.builder.allocate(name, "float64", zeroed=True)
        return Scalar(context.builder.load(cell), weak=True)


def _without_views(kind: Kind) -> Kind:
    """Arrays that are first assigned in a loop are places of their own."""
    match kind:
        case homes.Fixed(View() as view):
            return homes.ArrayKind(view.dtype, view.sizes)
        case homes.Several(items, like):
            return homes.Several(tuple(map(_without_views, items)), like)
    return kind


@dataclass(slots=True, eq=False)
class Loop:
    """An open loop: the homes of what it carries, and the names that may be read at its head or after it.

    An unrolled loop has no homes.
    """

    homes: dict[str, Home]
    live: set[str]
    exits: bool


Form: TypeAlias = Callable[[Loop], None]


def leave(context: Context, loop: Loop) -> None:
    """End an iteration on this path: store what is carried."""
    scope = scope_of(context)
    flush(context, loop.homes, scope.env, loop.live)


def _carried(context: Context, node: ast.For | ast.While, live: set[str]) -> tuple[list[str], set[str]]:
    nodes: list[ast.AST] = [*node.body, node.target] if isinstance(node, ast.For) else [*node.body, node.test]
    changed = assigned(nodes) & scope_of(context).locals  # `np.sort(x)` looks like a change of `np`
    carried = sorted(changed & live)
    if contains(node.body, ast.Break, through_loops=False):
        carried.append(BROKEN)
    if contains(node.body, ast.Return, through_loops=True):
        carried += [RETURNED, RETURN]
    return carried, changed


def repeat(
    context: Context,
    node: ast.For | ast.While,
    live: set[str],
    form: Form,
    otherwise: Callable[[Variable | None], None],
) -> None:
    """Lower a loop and its `else`. `form` emits the loop; it is one of the forms below.

    `otherwise` is given the flag that says that the loop was left. A `break` in it leaves the loop around this one.
    """
    scope = scope_of(context)
    outer = scope.env.get(BROKEN)
    before = {**scope.env, BROKEN: Variable(Static(False))}
    carried, changed = _carried(context, node, live)
    exits = BROKEN in carried or RETURNED in carried
    plan = Plan({name: _initial(before.get(name)) for name in carried})
    for _ in range(_MOST_TRIALS):
        plan.changed = False
        scope.env = dict(before)
        context.at(node)
        with context.builder.block() as trial:
            loop = Loop(_enter(context, plan, before), live | {RETURN, BROKEN, RETURNED}, exits)
            scope.loops.append(loop)
            try:
                form(loop)
            except NotAcceptedError as refusal:
                if not plan.changed:
                    raise
                if plan.guessed:
                    raise NotAcceptedError(_with_hint(str(refusal), plan.guessed)) from refusal
            finally:
                scope.loops.pop()
            plan.inside = made_inside(trial)
        if not plan.changed:
            break
    else:
        context.refuse("the types of the variables of this loop do not settle")
    plan.settled = True
    context.builder.append_all(trial)
    scope.env = _after(before, loop, changed)
    broken = scope.env.pop(BROKEN, None)
    if outer is not None:
        scope.env[BROKEN] = outer
    otherwise(broken)


def _with_hint(text: str, names: set[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in sorted(names))
    return f"{text}\n  {shown}: read in a loop before it is assigned there; assign it before the loop"


def _initial(variable: Variable | None) -> Kind | None:
    if variable is None:
        return None
    if variable.value is None or variable.maybe:
        assert variable.home is not None
        return variable.home.kind
    return homes.kind_of(variable.value)


def _enter(context: Context, plan: Plan, before: dict[str, Variable]) -> dict[str, Home]:
    """Give what the loop carries its homes, and store what it has before."""
    env = scope_of(context).env
    found: dict[str, Home] = {}
    targets: dict[str, Home] = {}
    for name, kind in plan.kinds.items():
        old = before.get(name)
        if kind is None:
            found[name] = Home(name, None, None, owner=plan)
            continue
        if isinstance(kind, homes.Fixed) and old is not None and not old.maybe:
            found[name] = Home(name, kind, None, owner=plan)
            env[name] = Variable(read(context, env, name, old), found[name], dirty=False)
            continue
        flagged = name != RETURN and (old is None or old.maybe)
        if name in scope_of(context).liveness.changed and old is not None and isinstance(kind, homes.Several):
            refuse_shared(context, name, read(context, env, name, old))
        if old is not None and old.home is not None and is_open(old.home) and old.home.kind == kind:
            found[name] = old.home
        else:
            seen = homes.visible_sizes(context, name, as_place(kind, plan.inside), plan.inside)
            found[name] = homes.make_home(context, name, seen, flagged, plan)
        if old is not None:
            targets[name] = found[name]
    flush(context, targets, env, set(env))
    for name, home in found.items():
        old = before.get(name)
        if isinstance(home.kind, homes.Fixed):
            continue
        env[name] = Variable(None, home, dirty=False, maybe=name != RETURN and (old is None or old.maybe))
        if name in (BROKEN, RETURNED):
            env[name] = replace(env[name], value=Static(False))
    return found


def _after(before: dict[str, Variable], loop: Loop, changed: set[str]) -> dict[str, Variable]:
    after = {name: variable for name, variable in before.items() if name not in changed}
    for name, home in loop.homes.items():
        old = before.get(name)
        if home.kind is None:
            continue
        if isinstance(home.kind, homes.Fixed) and old is not None:
            after[name] = old
            continue
        maybe = name != RETURN and (old is None or old.maybe)
        after[name] = Variable(None, home, dirty=False, maybe=maybe)
    return after


# Forms.


def run_body(context: Context, loop: Loop, body: Callable[[], None]) -> None:
    """Lower one iteration into the open block, from what is carried to what is carried."""
    scope = scope_of(context)
    outer = scope.env
    scope.env = dict(outer)
    scope.env[SKIPPED] = Variable(Static(False))
    try:
        try:
            body()
        except UnknownResultError as unknown:  # nothing is known yet of an iteration that comes so far
            context.unknown = unknown.recursion
            return
        if not _left(context):
            leave(context, loop)
    finally:
        scope.env = outer


def _left(context: Context) -> bool:
    env = scope_of(context).env
    return any(
        isinstance(variable.value, Static) and bool(variable.value.value)
        for variable in (env.get(name) for name in EXITS)
        if variable is not None
    )


def going(context: Context, loop: Loop) -> Operand:
    """Whether the loop has not been left."""
    found: Operand = Constant(True, "bool")
    for name in (BROKEN, RETURNED):
        home = loop.homes.get(name)
        if home is not None and isinstance(home.parts, Storage):
            stopped = context.builder.load(home.parts, ())
            found = context.builder.bind("logical_and", found, context.builder.bind("logical_not", stopped))
    return found


def counted(
    context: Context, loop: Loop, start: Operand, stop: Operand, step: int, hint: str, body: Callable[[Operand], None]
) -> None:
    """`for counter in range(start, stop, step)`."""
    builder = context.builder
    if not loop.exits:
        span = (start, stop, step)
        with builder.loop(*span, hint=hint) as counter, _in_range(context, counter, span):
            run_body(context, loop, lambda: body(counter))
        return
    cell = builder.allocate(hint, "int64")
    builder.store(cell, (), start)
    with builder.block() as test:
        more = builder.bind("less" if step > 0 else "greater", builder.load(cell), stop)
        condition = builder.bind("logical_and", more, going(context, loop))
    with builder.block() as statements:
        value = builder.load(cell, hint=hint)
        builder.store(cell, (), builder.bind("add", value, integer(step)))
        with _in_range(context, value, (start, stop, step)):
            run_body(context, loop, lambda: body(value))
    builder.repeat(test, condition, statements)


@contextmanager
def _in_range(context: Context, counter: Value, known: tuple[Operand, Operand, int]) -> Iterator[None]:
    """What is known of a counter while its loop is open."""
    context.ranges[counter] = known
    try:
        yield
    finally:
        del context.ranges[counter]


def conditional(
    context: Context, loop: Loop, test: Callable[[], Operand], tested: set[str], body: Callable[[], None]
) -> None:
    """`while test()`."""
    builder = context.builder
    statements: list[Statement]
    with builder.block() as before:
        scope = scope_of(context)
        outer = scope.env
        scope.env = dict(outer)

        def tried() -> Operand:
            found = test()
            flush(context, {name: loop.homes[name] for name in tested if name in loop.homes}, scope.env, loop.live)
            return found

        condition = _unless_left(context, loop, tried)
        scope.env = outer
    with builder.block() as statements:
        run_body(context, loop, body)
    builder.repeat(before, condition, statements)


def _unless_left(context: Context, loop: Loop, test: Callable[[], Operand]) -> Operand:
    """The test of a `while`, which is not evaluated once the loop has been left."""
    if not loop.exits:
        return test()
    builder = context.builder
    more = going(context, loop)
    with builder.block() as testing:
        found = test()
    if not testing:
        return builder.bind("logical_and", more, found)
    cell = builder.allocate("again", "bool")
    builder.store(cell, (), Constant(False, "bool"))
    with builder.block(testing):
        builder.store(cell, (), found)
    builder.branch(more, testing)
    return builder.load(cell)
