"""The variables of a function that is being read, and what branches do to them.

What goes in: assignments and reads, in the order in which the source makes them. What comes out: what each name
stands for at each place. In straight code a name stands for a value and nothing is stored (static single assignment).
Where paths meet, a name that they changed gets a home (`homes`), into which each path stores when it ends. What
holds: a variable is `dirty` while its home does not hold it yet; a variable without a value is in its home.

Python shares an array where a home takes a copy. Each copy is either of an array that no other living name can reach,
or it is noted (`Copy`), and `sharing.refuse_visible_copies` looks for writes that would tell it from sharing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from wengert.errors import SourceLocation
from wengert.lower import arrays, bounds, homes, storing
from wengert.lower.context import Context, UnknownResultError, UnrollingError
from wengert.lower.homes import Home
from wengert.lower.values import Abstract, Lazy, Record, Scalar, Sequence, Static, View
from wengert.program.statements import Constant, For, Operand, Statement, Storage, Value
from wengert.program.traverse import bound, made, walk

if TYPE_CHECKING:
    from wengert.lower.liveness import Liveness
    from wengert.lower.loops import Loop

__all__ = [
    "Arm",
    "Copy",
    "Scope",
    "Variable",
    "assign_name",
    "branch",
    "flush",
    "merge",
    "reachable",
    "read_name",
]

RETURN, RETURNED, BROKEN, SKIPPED, RAISED = "<return>", "<returned>", "<broken>", "<skipped>", "<raised>"
EXITS = (RETURNED, BROKEN, SKIPPED, RAISED)


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """A copy where Python shares: its home, the statements that copy, and the array it was made from, `origin`.

    `source` is that array too, but `None` where nothing else can reach it.
    """

    home: Storage
    origin: Storage
    source: Storage | None
    statements: tuple[Statement, ...]
    name: str
    where: SourceLocation | None


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """What a name stands for. Two variables with one `token` are the same assignment.

    `maybe`: reading it needs a look at the home's flag.
    """

    value: Abstract | None
    home: Home | None = None
    dirty: bool = True
    maybe: bool = False
    token: object = field(default_factory=object)


@dataclass(slots=True, eq=False)
class Scope:
    """A function being read: its variables, the names it can see outside, the loops that are open.

    `arms`: how many paths of branches are open whose conditions are decided when the program runs. `give`: what is done
    with a result at once where the function returns, if paths need not meet for it; what it returns stands for that.
    """

    name: str
    locals: frozenset[str]
    liveness: Liveness
    outside: Callable[[Context, str], Abstract | None]
    env: dict[str, Variable] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)
    node: ast.AST | None = None
    arms: int = 0
    give: Callable[[Abstract], Abstract] | None = None


# Names.


def scope_of(context: Context) -> Scope:
    """The function that is being read."""
    return context.scopes[-1]


def assign_name(context: Context, name: str, value: Abstract) -> None:
    """`name = value`."""
    env = scope_of(context).env
    old = env.get(name)
    env[name] = Variable(settled(context, value, name), None if old is None else old.home)


def settled(context: Context, value: Abstract, hint: str) -> Abstract:
    """The value with every array in it in a storage."""
    if isinstance(value, Lazy):
        return arrays.materialise(context, value, hint)
    if isinstance(value, (Sequence, Record)) and any(isinstance(one, (Lazy, Sequence, Record)) for one in value.items):
        return homes.with_items(value, tuple(settled(context, one, hint) for one in value.items))
    return value


def read_name(context: Context, name: str) -> Abstract:
    """What a name stands for now."""
    scope = scope_of(context)
    variable = scope.env.get(name)
    if variable is None:
        found = None if name in scope.locals else scope.outside(context, name)
        if found is None:
            context.refuse(
                f"`{name}` has no value here" if name in scope.locals else f"the name `{name}` is not defined",
                "Assign it on every path that comes here." if name in scope.locals else "",
            )
        return found
    return read(context, scope.env, name, variable)


def read(context: Context, env: dict[str, Variable], name: str, variable: Variable) -> Abstract:
    """The value of a variable, loaded from its home if it is nowhere else."""
    if variable.value is not None and not variable.maybe:
        return variable.value
    home = variable.home
    assert home is not None
    if home.kind is None:
        guessed: Abstract = home.owner.guess(context, name)
        return guessed
    if variable.maybe and home.flag is not None:
        given = context.builder.load(home.flag, ())
        message = f"cannot access local variable '{name}' where it is not associated with a value"
        context.builder.check(given, "UnboundLocalError", message)
    value = homes.load(context, home)
    env[name] = replace(variable, value=value, maybe=False)
    return value


def exit_state(context: Context) -> bool | None:
    """Whether this path has left the block (by `break`, `continue`, `return`, `raise`); `None`: it depends."""
    env = scope_of(context).env
    state: bool | None = False
    for name in EXITS:
        variable = env.get(name)
        if variable is None:
            continue
        if isinstance(variable.value, Static):
            if variable.value.value:
                return True
        else:
            state = None
    return state


def refuse_shared(context: Context, name: str, container: Abstract) -> None:
    """Refuse to change a list, dict or object that another name, or the caller, holds too."""

    def inside(value: Abstract | None) -> bool:
        if value is container:
            return True
        return isinstance(value, (Sequence, Record)) and any(inside(item) for item in value.items)

    if any(one is container for one in context.captures.containers):
        context.refuse(f"`{name}` is the caller's list, dict or object, and is changed in place", "Make a copy first.")
    for scope in context.scopes:
        for other, variable in scope.env.items():
            if not (scope is scope_of(context) and other == name) and inside(variable.value):
                context.refuse(
                    f"`{other}` holds the same list, dict or object as `{name}`, which is changed in place",
                    "Make a copy first.",
                )


def note_left(context: Context, left: bool) -> None:
    """On a path that is taken only where the flags say that the block was left, or that it was not: say so."""
    env = scope_of(context).env
    open_flags = [name for name in EXITS if name in env and not isinstance(env[name].value, Static)]
    if left and len(open_flags) > 1:  # one of them is set, which one is not known
        return
    for name in open_flags:
        env[name] = Variable(Static(left), env[name].home, dirty=False)


# Stores into homes.


def is_open(home: Home) -> bool:
    """Whether a home is that of a loop being read, which can still give it another kind."""
    return home.owner is not None and not home.owner.settled


@dataclass(slots=True)
class _Move:
    """An array on its way into its home."""

    name: str
    room: View
    value: View
    origin: Storage


def _store(context: Context, home: Home, value: Abstract, moves: list[_Move]) -> None:
    """Store a number now; note arrays, which may read one another's homes."""
    if not homes.fits(home, value):
        assert is_open(home), "a branch makes homes that fit"
        home.owner.widen(context, home.name, value)
        return
    builder = context.builder
    match home.parts:
        case Storage() as cell:
            found = homes.number(value)
            assert found is not None
            homes.refuse_inexact(context, home.name, found, cell.dtype)
            homes.refuse_rounding(context, home.name, home.kind, found)
            builder.store(cell, (), builder.cast(found.operand, cell.dtype))
        case View() as room:
            assert isinstance(value, View)
            if value != room:
                moves.append(_Move(home.name, room, value, storing.root(context, value.storage)))
        case tuple() as parts:
            assert isinstance(value, (Sequence, Record))
            for part, item in zip(parts, value.items, strict=True):
                _store(context, part, item, moves)
    if home.flag is not None:
        builder.store(home.flag, (), Constant(True, "bool"))


def _move(context: Context, moves: list[_Move], live: Iterable[str], moved: set[str]) -> None:
    """Copy arrays into homes, as if all at once."""
    pending = list(moves)
    while pending:
        free = [
            one
            for one in pending
            if not any(other is not one and one.room.storage in _roots(context, other.value) for other in pending)
        ]
        if not free:  # a cycle, as in u, v = v, u
            one = pending[0]
            one.value = storing.copy_of(context, one.value, one.name)
            continue
        pending.remove(free[0])
        _copy(context, free[0], live, moved)


def _roots(context: Context, value: Abstract | None) -> set[Storage]:
    return {storing.root(context, storage) for storage in homes.storages_of(value)}


def _copy(context: Context, move: _Move, live: Iterable[str], moved: set[str]) -> None:
    builder = context.builder
    name = homes.plain_name(move.name)
    for size, other in zip(move.room.sizes, move.value.sizes, strict=True):
        if isinstance(size, Constant) and isinstance(other, Constant) and size.value != other.value:
            context.refuse(f"`{name}` changes its shape", "Use another name for the array of another shape.")
        if not bounds.same_size(context, size, other):
            if context.unrolls and context.unrolls[-1] and bounds.differs(context, size, other):
                reason = f"`{name}` changes its size in this loop"
                context.refuse(reason, "Use another name for the array of another size.", kind=UnrollingError)
            message = f"`{name}` changes its size from {{}} to {{}} under control flow; use another name"
            builder.check(builder.bind("equal", size, other), "UnsupportedOperationError", message, size, other)
    origin = move.origin
    shared = reachable(context, origin, live, moved)
    with builder.block() as copying:
        arrays.assign(context, move.room, move.value)
    builder.append_all(copying)
    where = context.location()
    source = origin if shared else None
    context.copies.append(Copy(move.room.storage, origin, source, tuple(copying), move.name, where))


def reachable(context: Context, source: Storage, live: Iterable[str], moved: set[str]) -> bool:
    """Whether Python could still reach a storage by another name than those moved out of it."""
    if source in context.captures.outside:
        return True
    live = set(live)
    for scope in context.scopes:
        for name, variable in scope.env.items():
            own = scope is context.scopes[-1]
            if (not own or (name in live and name not in moved)) and source in _roots(context, variable.value):
                return True
    return False


def flush(context: Context, targets: dict[str, Home], env: dict[str, Variable], live: Iterable[str]) -> None:
    """Store the variables named into these homes, where the homes do not hold them yet."""
    moves: list[_Move] = []
    for name, home in targets.items():
        variable = env.get(name)
        if variable is None or (variable.home is home and not variable.dirty):
            continue
        if variable.maybe:
            _flush_maybe(context, home, env, name, variable)
            continue
        _store(context, home, read(context, env, name, variable), moves)
        env[name] = replace(env[name], home=home, dirty=False)
    rooms = {move.room.storage for move in moves}
    for name, variable in env.items():
        if name in targets or name not in live or not (_roots(context, variable.value) & rooms):
            continue
        context.refuse(
            f"`{name}` is a view of an array whose name is assigned again under control flow",
            f"Let `{name}` be a copy: add .copy() where it is made.",
        )
    _move(context, moves, live, set(targets))


def _flush_maybe(context: Context, home: Home, env: dict[str, Variable], name: str, variable: Variable) -> None:
    """Store a variable that may not have been assigned, together with its flag."""
    old = variable.home
    assert old is not None
    assert old.kind is not None
    moves: list[_Move] = []
    with context.builder.block() as storing:
        _store(context, home, homes.load(context, old), moves)
        _move(context, moves, (), set())
    if old.flag is None or home.flag is None:
        context.builder.append_all(storing)
    else:
        context.builder.branch(context.builder.load(old.flag, ()), storing)
    env[name] = replace(variable, home=home, dirty=False)


# Branches.


@dataclass(slots=True, eq=False)
class Arm:
    """One path of a branch: its statements so far and its variables at their end."""

    statements: list[Statement]
    env: dict[str, Variable]
    exited: bool | None = False
    inside: set[Value | Storage] = field(default_factory=set)


def run_arm(context: Context, action: Callable[[], None], begun: Arm | None = None) -> Arm:
    """Lower a path into a block of its own, or go on with one."""
    scope = scope_of(context)
    outer = scope.env
    scope.env = dict(outer if begun is None else begun.env)
    scope.arms += 1
    try:
        with context.builder.block(None if begun is None else begun.statements) as statements:
            try:
                action()
            except UnknownResultError as unknown:  # nothing is known of this path yet
                context.unknown = unknown.recursion
                scope.env = {**scope.env, RAISED: Variable(Static(True))}
        return Arm(statements, scope.env, exit_state(context))
    finally:
        scope.env = outer
        scope.arms -= 1


def made_inside(statements: Iterable[Statement]) -> set[Value | Storage]:
    """The values and storages that statements make, nested ones included."""
    found: set[Value | Storage] = set()
    for statement in walk(tuple(statements)):
        found.update(one for one in (bound(statement), made(statement)) if one is not None)
        if isinstance(statement, For):
            found.add(statement.counter)
    return found


def branch(
    context: Context,
    condition: Operand,
    then: Callable[[], None],
    otherwise: Callable[[], None],
    live: set[str],
) -> None:
    """`if condition: then() else: otherwise()`. `live`: the names that may be read afterwards."""
    if isinstance(condition, Constant):
        (then if condition.value else otherwise)()
        return
    first = run_arm(context, then)
    second = run_arm(context, otherwise)
    merge(context, condition, first, second, live)


def _raised(arm: Arm) -> bool:
    variable = arm.env.get(RAISED)
    return variable is not None and isinstance(variable.value, Static) and bool(variable.value.value)


def merge(context: Context, condition: Operand, first: Arm, second: Arm, live: set[str]) -> None:
    """End a branch: give each name that the paths changed one meaning, and append the statement."""
    scope = scope_of(context)
    outer = scope.env
    arms = (first, second)
    for arm in arms:
        arm.inside = made_inside(arm.statements)
    ended: dict[str, Variable] = {}
    stores: tuple[dict[str, Home], dict[str, Home]] = ({}, {})
    for name in dict.fromkeys((*outer, *first.env, *second.env)):
        if name == RAISED:
            continue
        merged = _merge_name(context, condition, arms, name, name in live, stores)
        if merged is not None:
            ended[name] = merged
    for arm, targets in zip(arms, stores, strict=True):
        if targets and not _raised(arm):
            scope.env = arm.env
            with context.builder.block(arm.statements):
                flush(context, targets, arm.env, live)
    scope.env = ended
    if _raised(first) and _raised(second):
        scope.env[RAISED] = Variable(Static(True))
    context.builder.branch(condition, first.statements, second.statements)


def _merge_name(
    context: Context,
    condition: Operand,
    arms: tuple[Arm, Arm],
    name: str,
    is_live: bool,
    stores: tuple[dict[str, Home], dict[str, Home]],
) -> Variable | None:
    outer = scope_of(context).env.get(name)
    found = [arm.env.get(name) for arm in arms]
    one, other = found
    if one is not None and other is not None and one.token is other.token:
        return _merge_stored(arms, name, (one, other), outer, stores)
    owned = outer is not None and outer.home is not None and is_open(outer.home)
    if not is_live:
        assert outer is not None or not owned
        return Variable(None, outer.home, dirty=False) if owned and outer is not None else None
    given = [variable for arm, variable in zip(arms, found, strict=True) if variable is not None and not _raised(arm)]
    if not given:
        return None
    home = None if outer is None else outer.home
    if len(given) == 1 and _raised(arms[0]) != _raised(arms[1]):
        value = given[0].value
        if value is not None and not given[0].maybe and _visible(arms, value):
            return Variable(value, home)
    if len(given) == 2 and not any(variable.maybe for variable in given):
        values = [variable.value for variable in given]
        if values[0] is not None and values[1] is not None:
            joined = _joined(context, condition, name, arms, (values[0], values[1]))
            if joined is not None:
                return Variable(joined, home)
    if home is None or not (is_open(home) or all(_fits(context, home, variable) for variable in given)):
        home = _branch_home(context, condition, name, arms, found, given)
    for arm, variable, targets in zip(arms, found, stores, strict=True):
        if variable is not None and not _raised(arm):
            targets[name] = home
    needed = [variable for arm, variable in zip(arms, found, strict=True) if not _raised(arm)]
    maybe = name != RETURN and any(variable is None or variable.maybe for variable in needed)
    return Variable(None, home, dirty=False, maybe=maybe)


def _merge_stored(
    arms: tuple[Arm, Arm],
    name: str,
    found: tuple[Variable, Variable],
    outer: Variable | None,
    stores: tuple[dict[str, Home], dict[str, Home]],
) -> Variable:
    """One assignment on both paths. Where one path has stored it, as an exit does, the other does too.

    Storing twice is not storing once: arrays that were swapped would be swapped back.
    """
    stored = [variable for variable in found if not variable.dirty]
    if outer is None or not outer.dirty or not stored:
        return outer or found[0]
    for arm, variable, targets in zip(arms, found, stores, strict=True):
        if variable.dirty and stored[0].home is not None and not _raised(arm):
            targets[name] = stored[0].home
    return Variable(None, stored[0].home, dirty=False, maybe=stored[0].maybe, token=outer.token)


def _joined(
    context: Context, condition: Operand, name: str, arms: tuple[Arm, Arm], values: tuple[Abstract, Abstract]
) -> Abstract | None:
    """One value for both paths without a home: the same, or a choice between numbers if the paths do nothing else."""
    one, other = values
    if homes.same(one, other) and _visible(arms, one):
        return one
    first, second = homes.number(one), homes.number(other)
    if first is None or second is None or arms[0].statements or arms[1].statements:
        return None
    truths = first.dtype == second.dtype == "bool" and first.weak and second.weak
    if truths and isinstance(first.operand, Constant) and isinstance(second.operand, Constant):
        return Scalar(condition if first.operand.value else context.builder.bind("logical_not", condition), weak=True)
    kind = homes.join(context, name, homes.kind_of(one), homes.kind_of(other))
    assert isinstance(kind, homes.Number)
    if first.dtype != second.dtype and kind.dtype in ("float32", "complex64"):
        return None
    for found in (first, second):
        homes.refuse_inexact(context, name, found, kind.dtype)
    builder = context.builder
    choice = [builder.cast(number.operand, kind.dtype) for number in (first, second)]
    return Scalar(builder.bind("where", condition, *choice, dtype=kind.dtype), kind.weak, kind.mixed)


def _visible(arms: tuple[Arm, Arm], value: Abstract) -> bool:
    """Whether a value can be used after the paths: nothing in it was made inside them."""
    return not any(arm.inside & _parts(value) for arm in arms)


def _parts(value: Abstract) -> set[Value | Storage]:
    """The values and storages a value is made of."""
    match value:
        case Scalar(Value() as operand):
            return {operand}
        case View(storage=storage, axes=axes, sizes=sizes):
            operands: list[Operand] = [*sizes]
            for axis in axes:
                operands += [axis] if isinstance(axis, (Value, Constant)) else [axis.start, axis.step]
            return {storage, *(operand for operand in operands if isinstance(operand, Value))}
        case Sequence() | Record():
            return set().union(*map(_parts, value.items))
    return set()


def _fits(context: Context, home: Home, variable: Variable) -> bool:
    if variable.value is None:
        return variable.home is home
    return homes.fits(home, variable.value) and _same_sizes(context, home, variable.value)


def _same_sizes(context: Context, home: Home, value: Abstract) -> bool:
    """Whether arrays are surely of the sizes of their home."""
    if isinstance(home.parts, tuple) and isinstance(value, (Sequence, Record)):
        return all(_same_sizes(context, part, item) for part, item in zip(home.parts, value.items, strict=True))
    if not isinstance(home.parts, View) or not isinstance(value, View):
        return True
    return all(bounds.same_size(context, a, b) for a, b in zip(home.parts.sizes, value.sizes, strict=True))


def _branch_home(
    context: Context,
    condition: Operand,
    name: str,
    arms: tuple[Arm, Arm],
    found: list[Variable | None],
    given: list[Variable],
) -> Home:
    """A new home for what two paths leave, made before the branch. Sizes that differ follow the condition."""
    for variable in given:
        if name in scope_of(context).liveness.changed and isinstance(variable.value, (Sequence, Record)):
            refuse_shared(context, name, variable.value)
    kinds: list[homes.Kind] = []
    for variable in given:
        if variable.value is None or variable.maybe:
            assert variable.home is not None
            assert variable.home.kind is not None
            kinds.append(variable.home.kind)
        else:
            kinds.append(homes.kind_of(variable.value))
    inside = arms[0].inside | arms[1].inside
    kind = kinds[0]
    if len(kinds) == 2:
        kind = homes.join_sizes(context, condition, homes.join(context, name, *kinds), kinds[1], inside)
    kind = homes.visible_sizes(context, name, as_place(kind, inside), inside)
    flagged = name != RETURN and (len(given) < len(found) or any(variable.maybe for variable in given))
    return homes.make_home(context, name, kind, flagged)


def as_place(kind: homes.Kind, inside: set[Value | Storage]) -> homes.Kind:
    """The kind with arrays that are made inside a block given a place outside it."""
    match kind:
        case homes.Fixed(View() as view) if _parts(view) & inside:
            return homes.ArrayKind(view.dtype, view.sizes)
        case homes.Several(items, like):
            return homes.Several(tuple(as_place(item, inside) for item in items), like)
    return kind
