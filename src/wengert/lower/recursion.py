"""Recursion whose depth is decided when the program runs: a function of the program, and its calls.

What goes in: a user's function that calls itself, by way of others or not, and the arguments of its first call. What
comes out: the result, and a `Draft` of the function, which `lifting` makes a `Function` of. What holds: the forms of
arguments and results are found by trial, as for the variables of a loop (`loops`): the body is read until its calls
change them no more. As long as nothing is known of the result, a path ends where it needs one, so what is known first
is what the function returns without calling itself.

Numbers are passed, and returned, on a stack of their own each; arrays as whole storages with the numbers that say
which part of them is meant. An array is returned as its sizes and elements, by each path on its own, so that it may be
of another size on each.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from wengert.errors import NotAcceptedError
from wengert.lower import homes, storing
from wengert.lower.context import Context, Frame, UnknownResultError
from wengert.lower.elementwise import whole
from wengert.lower.forms import Form, Fresh, Part, Tree, joined, numbers_of, part_form, parts_of, result_form, view_of
from wengert.lower.homes import Fixed, Number
from wengert.lower.scope import (
    RAISED,
    RETURNED,
    Copy,
    Scope,
    Variable,
    assign_name,
    made_inside,
    reachable,
    settled,
)
from wengert.lower.values import Abstract, Record, Scalar, Static, View
from wengert.lower.values import Sequence as Items
from wengert.program.builder import integer
from wengert.program.statements import Array, Callee, Operand, Stack, Statement, Storage, Value

__all__ = ["Draft", "Recursion", "call_recursive"]

_MOST_TRIALS = 16

_RESULT = "<return>"  # where an argument has its name

_GIVEN = Static(object())
"""What stands for a result that has been pushed."""

_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A function whose body still names what is outside of it."""

    callee: Callee
    parameters: tuple[Array, ...]
    body: tuple[Statement, ...]


@dataclass(slots=True, eq=False)
class Recursion:
    """A function being read.

    `shares`: the groups, and storages outside, that a result may be a view of in Python, and pairs of results that may
    be views of one array.

    `depth`: how many blocks were open around its body. `is_endless`: it calls itself on every path.
    """

    node: ast.AST
    function: object
    callee: Callee
    forms: dict[str, Form] = field(default_factory=dict)
    result: Form | None = None
    depth: int = 0
    is_endless: bool = False
    changed: bool = False
    shares: dict[int | Storage | tuple[int, int], None] = field(default_factory=dict)
    stacks: dict[_Path, Stack] = field(default_factory=dict)
    arrays: dict[int, Array] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin a trial."""
        self.changed = False
        self.stacks.clear()
        self.arrays.clear()

    def stack(self, path: _Path, dtype: str) -> Stack:
        """The stack of one number."""
        place = "result" if path[0] == _RESULT else path[0]
        hint = "_".join(str(one) for one in (self.callee.hint, place, *path[1:]))
        return self.stacks.setdefault(path, Stack(hint, dtype))

    def groups(self) -> list[int]:
        """The numbers of the storages that are passed."""
        return sorted({part.group for form in self.forms.values() for part in parts_of(form)})


def call_recursive(
    context: Context,
    node: ast.AST,
    function: object,
    frame: Frame,
    scope: Scope,
    variables: Mapping[str, Abstract],
    read_body: Callable[[], Abstract],
) -> Abstract:
    """The result of calling a function that calls itself."""
    for one in context.recursions:
        if one.node is node:
            context.refuse_unless(
                one.function is function,
                f"`{scope.name}` is made anew in its own call",
                "Define it outside, and pass in what it uses.",
            )
            return _call(context, one, variables)
    recursion = Recursion(node, function, Callee(scope.name.rpartition(".")[2].strip("<>")))
    storages: dict[int, Storage] = {}
    recursion.forms = {
        name: _fitted(context, recursion, name, None, value, storages) for name, value in variables.items()
    }
    context.recursions.append(recursion)
    try:
        body = _settle(context, recursion, frame, scope, read_body)
    finally:
        context.recursions.pop()
    arrays = tuple(recursion.arrays[group] for group in recursion.groups())
    context.drafts.append(Draft(recursion.callee, arrays, tuple(body)))
    return _call(context, recursion, variables)


def _settle(
    context: Context, recursion: Recursion, frame: Frame, scope: Scope, read_body: Callable[[], Abstract]
) -> list[Statement]:
    count, node = len(context.drafts), context.node
    for _ in range(_MOST_TRIALS):
        del context.drafts[count:]
        recursion.begin()
        context.frames.append(frame)
        context.scopes.append(replace(scope, env={}, loops=[], arms=0, give=partial(_return, context, recursion)))
        recursion.depth = context.builder.depth
        try:
            with context.builder.block() as body:
                known = _try(context, recursion, read_body)
        finally:
            context.scopes.pop()
            context.frames.pop()
            if node is not None:
                context.at(node)
        if not known and not recursion.changed:  # no path returns without a call: it never does, whatever it returns
            recursion.result, recursion.changed, recursion.is_endless = Number("float64", weak=True), True, True
        if not recursion.changed:
            break
    else:
        context.refuse(f"the arguments and results of the recursive function `{scope.name}` do not settle")
    return body


def _try(context: Context, recursion: Recursion, read_body: Callable[[], Abstract]) -> bool:
    """Read the body once. Whether a result is known."""
    env = context.scopes[-1].env
    context.at(recursion.node)
    try:
        for name, form in recursion.forms.items():
            assign_name(context, name, _enter(context, recursion, form, (name,)))
        env[RETURNED] = Variable(Static(False))
        value = read_body()
        raised = context.scopes[-1].env.get(RAISED)
        if raised is not None and raised.value == Static(True):
            outer = context.unknown
            if outer in context.recursions[:-1] and outer is not None and outer.result is None:
                raise UnknownResultError(outer)
            return recursion.result is not None
        if value is not _GIVEN:
            _return(context, recursion, value)
    except UnknownResultError as unknown:
        if unknown.recursion is not recursion:
            raise
        return False
    except NotAcceptedError:
        if recursion.is_endless:
            context.at(recursion.node)
            context.refuse(
                f"`{context.scopes[-1].name}` calls itself on every path, so it never returns",
                "Let a path return without the call.",
            )
        if not recursion.changed:
            raise
    return True


# Arguments.


def _new_group(recursion: Recursion, storages: Mapping[int, Storage]) -> int:
    return max([*recursion.groups(), *storages], default=-1) + 1


def _fitted(
    context: Context,
    recursion: Recursion,
    name: str,
    old: Form | None,
    value: Abstract,
    storages: dict[int, Storage],
) -> Form:
    """The form of an argument that serves this value too; notes the storages of the call by their groups."""
    if isinstance(value, (Items, Record)):
        fits = isinstance(old, Tree) and homes.alike(old.like, value)
        before = old.items if fits and isinstance(old, Tree) else (None,) * len(value.items)
        pairs = zip(before, value.items, strict=True)
        new: Form = Tree(tuple(_fitted(context, recursion, name, a, b, storages) for a, b in pairs), value)
    elif isinstance(value, View):
        group = old.group if isinstance(old, Part) else _new_group(recursion, storages)
        same = [one for one, storage in storages.items() if storage is value.storage]
        if old is None and same:
            group = same[0]
        elif storages.get(group, value.storage) is not value.storage:  # two arrays that were one in other calls
            group = _new_group(recursion, storages)
        storages[group] = value.storage
        new = part_form(context, value, group)
    elif isinstance(value, Static):
        new = Fixed(value)
    else:
        new = result_form(value)
    return new if old is None else joined(context, name, old, new)


def _enter(context: Context, recursion: Recursion, form: Form, path: _Path) -> Abstract:
    """An argument, where the function begins."""
    builder = context.builder
    match form:
        case Number(dtype, weak, mixed):
            return Scalar(builder.pop(recursion.stack(path, dtype), str(path[0])), weak, mixed)
        case Tree(items, like):
            given = tuple(_enter(context, recursion, one, (*path, k)) for k, one in enumerate(items))
            context.captures.containers.append(homes.with_items(like, given))
            return context.captures.containers[-1]
        case Part():
            if form.group not in recursion.arrays:
                recursion.arrays[form.group] = _parameter(context, str(path[0]), form)
            array = recursion.arrays[form.group]
            all_of_it = whole(array.storage, array.sizes, form.writable)
            if form.whole:
                return all_of_it
            numbers: list[Operand] = []
            for k, known in enumerate(form.known):
                numbers.append(known or builder.pop(recursion.stack((*path, k), "int64"), str(path[0])))
            view = view_of(all_of_it, form, numbers)
            context.not_negative.update(size for size in view.sizes if isinstance(size, Value))
            return view
        case Fixed(value):
            return value
    raise AssertionError(form)


def _parameter(context: Context, hint: str, form: Part) -> Array:
    rank = len(form.follows)
    known = form.known[-rank:] if form.whole and rank else (None,) * rank
    sizes: list[Operand] = []
    for axis, size in enumerate(known):
        sizes.append(size or Value(f"{hint}_size{axis}" if rank > 1 else f"{hint}_size", "int64"))
    context.not_negative.update(size for size in sizes if isinstance(size, Value))
    storage = Storage(hint, form.dtype, rank)
    context.builder.sizes[storage] = tuple(sizes)
    return Array(storage, tuple(sizes))


def _pass(context: Context, recursion: Recursion, form: Form, value: Abstract, path: _Path) -> None:
    """Push what an argument needs, or a result."""
    builder = context.builder
    match form:
        case Number():
            _push_number(context, recursion, form, value, path)
        case Tree(items):
            assert isinstance(value, (Items, Record))
            for k, (item, one) in enumerate(zip(items, value.items, strict=True)):
                _pass(context, recursion, item, one, (*path, k))
        case Part(known=known, whole=False):
            assert isinstance(value, View)
            for k, (constant, number) in enumerate(zip(known, numbers_of(value), strict=True)):
                if constant is None:
                    builder.push(recursion.stack((*path, k), "int64"), number)
        case Fresh(dtype, sizes):
            assert isinstance(value, View)
            count: Operand = integer(1)
            for axis, (constant, size) in enumerate(zip(sizes, value.sizes, strict=True)):
                count = builder.bind("multiply", count, size)
                if constant is None:
                    builder.push(recursion.stack((*path, "size", axis), "int64"), size)
            stack = recursion.stack(path, dtype)
            builder.reserve(stack, count)
            with ExitStack() as loops:
                place = tuple(loops.enter_context(builder.loop(integer(0), size)) for size in value.sizes)
                builder.push(stack, value.element(builder, place))
        case _:
            pass


def _push_number(context: Context, recursion: Recursion, form: Number, value: Abstract, path: _Path) -> None:
    found = homes.number(value)
    assert found is not None
    name = str(path[0])
    homes.refuse_inexact(context, name, found, form.dtype)
    homes.refuse_rounding(context, name, form, found)
    context.builder.push(recursion.stack(path, form.dtype), context.builder.cast(found.operand, form.dtype))


# Results.


def _has_container(form: Form) -> bool:
    """Whether an argument is, or has in it, what can change in place."""
    if not isinstance(form, Tree):
        return False
    is_tuple = isinstance(form.like, Items) and not form.like.mutable
    return not is_tuple or any(map(_has_container, form.items))


def _return(context: Context, recursion: Recursion, value: Abstract) -> Abstract:
    """Push a result."""
    value = settled(context, value, "result")
    new = result_form(value)
    form = new if recursion.result is None else joined(context, _RESULT, recursion.result, new)
    shared = _shared(context, recursion, value)
    recursion.changed |= form is not recursion.result or not recursion.shares.keys() >= shared.keys()
    recursion.result = form
    recursion.shares.update(shared)
    _pass(context, recursion, form, value, (_RESULT,))
    return _GIVEN


def _take(context: Context, recursion: Recursion, form: Form, path: _Path, made: list[Storage]) -> Abstract:
    """A result, where the function was called. `made`: the arrays in it."""
    builder = context.builder
    match form:
        case Number(dtype, weak, mixed):
            return Scalar(builder.pop(recursion.stack(path, dtype), recursion.callee.hint), weak, mixed)
        case Tree(items, like):
            taken = tuple(_take(context, recursion, one, (*path, k), made) for k, one in enumerate(items))
            found = homes.with_items(like, taken)
            if any(_has_container(one) for one in recursion.forms.values()):
                context.captures.containers.append(found)  # it may be the one that was given
            return found
        case Fresh(dtype, known):
            sizes: list[Operand] = []
            for axis, size in enumerate(known):
                sizes.append(size or builder.pop(recursion.stack((*path, "size", axis), "int64"), "size"))
            context.not_negative.update(size for size in sizes if isinstance(size, Value))
            storage = builder.allocate(recursion.callee.hint, dtype, sizes)
            made.append(storage)
            last = [builder.bind("subtract", size, integer(1)) for size in sizes]
            with ExitStack() as loops:
                place = [loops.enter_context(builder.loop(one, integer(-1), -1)) for one in last]
                builder.store(storage, place, builder.pop(recursion.stack(path, dtype)))
            return whole(storage, sizes)
        case Fixed(value):
            return value
    raise AssertionError(form)


def _arrays_in(value: Abstract) -> Iterator[View]:
    """The arrays in a result, in the order in which they are taken."""
    if isinstance(value, (Items, Record)):
        for item in value.items:
            yield from _arrays_in(item)
    elif isinstance(value, View):
        yield value


def _origins(context: Context, view: View) -> set[Storage]:
    """The storages of which Python might hold this array as a view: its own, and those it was copied from."""
    seen: set[Storage] = set()
    ahead = [storing.root(context, view.storage)]
    while ahead:
        one = ahead.pop()
        if one not in seen:
            seen.add(one)
            ahead += [copy.origin for copy in context.copies if copy.home is one]
    return seen


def _shared(context: Context, recursion: Recursion, value: Abstract) -> dict[int | Storage | tuple[int, int], None]:
    """The arrays, not of the function's own making, that Python might return a view of; and pairs of results."""
    groups = {array.storage: group for group, array in recursion.arrays.items()}
    found: dict[int | Storage | tuple[int, int], None] = {}
    inside = made_inside(context.builder.opened_since(recursion.depth))
    origins = [_origins(context, one) for one in _arrays_in(value)]
    for number, several in enumerate(origins):
        for one in several:
            if one in groups:
                found[groups[one]] = None
            elif one not in inside:
                found[one] = None
        found.update({(other, number): None for other in range(number) if origins[other] & several})
    return found


# Calls.


def _call(context: Context, recursion: Recursion, variables: Mapping[str, Abstract]) -> Abstract:
    storages: dict[int, Storage] = {}
    for name, value in variables.items():
        old = recursion.forms[name]
        new = recursion.forms[name] = _fitted(context, recursion, name, old, value, storages)
        recursion.changed |= new is not old
    if recursion.result is None:
        raise UnknownResultError(recursion)
    if not recursion.changed:
        for name, value in variables.items():
            _pass(context, recursion, recursion.forms[name], value, (name,))
        context.builder.call(recursion.callee, [storages[group] for group in recursion.groups()])
    made: list[Storage] = []
    with context.builder.block() as taking:
        result = _take(context, recursion, recursion.result, (_RESULT,), made)
    context.builder.append_all(taking)
    if not recursion.changed:
        _note_sharing(context, recursion, storages, made, taking)
    return result


def _note_sharing(
    context: Context,
    recursion: Recursion,
    storages: Mapping[int, Storage],
    made: Sequence[Storage],
    statements: Sequence[Statement],
) -> None:
    """Note that results are copies where Python might share an array."""
    where = context.location()
    for one in recursion.shares:
        if isinstance(one, tuple):
            first, second = made[one[0]], made[one[1]]
            context.copies.append(Copy(second, first, first, tuple(statements), _RESULT, where))
            continue
        origin = storing.root(context, storages[one] if isinstance(one, int) else one)
        names = context.scopes[-1].env if context.scopes else {}
        source = origin if reachable(context, origin, names, set()) else None
        for home in made:
            context.copies.append(Copy(home, origin, source, tuple(statements), _RESULT, where))
