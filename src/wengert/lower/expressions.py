"""Expressions: from a syntax tree to what it stands for.

What goes in: the tree of an expression. What comes out: its value as a program sees it. What holds: operands are
evaluated in Python's order, and only if Python evaluates them; what is known now is computed now, by Python itself.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from wengert.lower import arrays, homes
from wengert.lower.attributes import attribute
from wengert.lower.captures import is_plain, observed
from wengert.lower.context import Context, UnknownResultError
from wengert.lower.functions import LocalFunction, may_write
from wengert.lower.indexing import Item, SliceItem
from wengert.lower.iteration import iterable_of, static_items
from wengert.lower.scope import assign_name, merge, read, read_name, run_arm, scope_of, settled
from wengert.lower.subscripts import item_of
from wengert.lower.values import Abstract, Lazy, Record, Scalar, Static, View
from wengert.lower.values import Sequence as Items
from wengert.program.statements import Bind, Constant, Load, Operand

__all__ = ["apply_binary", "condition", "evaluate", "index_items", "operator_name", "static_truth"]

_BINARY: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("add", operator.add),
    ast.Sub: ("subtract", operator.sub),
    ast.Mult: ("multiply", operator.mul),
    ast.Div: ("divide", operator.truediv),
    ast.FloorDiv: ("floor_divide", operator.floordiv),
    ast.Mod: ("remainder", operator.mod),
    ast.Pow: ("power", operator.pow),
    ast.MatMult: ("matmul", operator.matmul),
    ast.BitAnd: ("bitwise_and", operator.and_),
    ast.BitOr: ("bitwise_or", operator.or_),
    ast.BitXor: ("bitwise_xor", operator.xor),
    ast.LShift: ("left_shift", operator.lshift),
    ast.RShift: ("right_shift", operator.rshift),
}
_UNARY: dict[type[ast.unaryop], tuple[str, Callable[[Any], Any]]] = {
    ast.USub: ("negative", operator.neg),
    ast.UAdd: ("positive", operator.pos),
    ast.Invert: ("invert", operator.invert),
}
_COMPARE: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Lt: ("less", operator.lt),
    ast.LtE: ("less_equal", operator.le),
    ast.Gt: ("greater", operator.gt),
    ast.GtE: ("greater_equal", operator.ge),
    ast.Eq: ("equal", operator.eq),
    ast.NotEq: ("not_equal", operator.ne),
}
_CHOICE = "<choice>"
_OWN_OPERATORS = ("numpy", "scipy", "wengert")


def evaluate(context: Context, node: ast.expr) -> Abstract:
    """What an expression stands for."""
    context.at(node)
    match node:
        case ast.Constant(value):
            return Static(value)
        case ast.Name(name):
            return read_name(context, name)
        case ast.BinOp():
            return _chain(context, node)
        case ast.UnaryOp(ast.Not(), operand):
            found = condition(context, operand)
            return _truth_value(_negated(context, found))
        case ast.UnaryOp(op, operand):
            return _unary(context, op, evaluate(context, operand))
        case ast.BoolOp():
            return _bool_operation(context, node)
        case ast.Compare():
            return _comparison(context, node)
        case ast.Call():
            from wengert.lower.calling import evaluate_call

            return evaluate_call(context, node)
        case ast.Attribute(base, name):
            found_base = evaluate(context, base)
            context.at(node)
            return attribute(context, found_base, name)
        case ast.Subscript(base, index):
            found_base = held(context, evaluate(context, base), [index])
            items = index_items(context, index)
            context.at(node)
            return item_of(context, found_base, items)
        case _:
            return _container_or_choice(context, node)


def _chain(context: Context, node: ast.BinOp) -> Abstract:
    """`a + b + c + ...`, from left to right, however long."""
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    found = evaluate(context, chain[-1].left)
    for one in reversed(chain):
        first = held(context, found, [one.right])
        second = evaluate(context, one.right)
        context.at(one)
        found = apply_binary(context, one.op, first, second)
    return found


def _container_or_choice(context: Context, node: ast.expr) -> Abstract:
    match node:
        case ast.Tuple(elements) | ast.List(elements):
            items = [settled(context, item, "item") for item in several(context, elements)]
            return Items(tuple(items), mutable=isinstance(node, ast.List))
        case ast.Dict(keys, values):
            return _dictionary(context, keys, values)
        case ast.IfExp(test, then, otherwise):
            return _choice(context, test, then, otherwise)
        case ast.Lambda():
            return Static(LocalFunction.made(context, node, evaluate))
        case ast.ListComp() | ast.GeneratorExp():
            return Items(tuple(comprehended(context, node.generators, node.elt)), mutable=True)
        case ast.NamedExpr(ast.Name(name), value):
            assign_name(context, name, evaluate(context, value))
            return read_name(context, name)
        case ast.JoinedStr():
            return Static(_static_text(context, node))
        case ast.Starred():
            context.refuse("a starred expression is accepted in calls, tuples and lists only")
        case ast.Yield() | ast.YieldFrom() | ast.Await():
            context.refuse("generators and coroutines are not compiled", "Return an array or a tuple.")
        case ast.DictComp(key, value):
            pairs = comprehended(context, node.generators, ast.Tuple([key, value], ast.Load()))
            return dict_of(context, pairs)
        case ast.Set(elements):
            return arrays.call(context, set, [Items(tuple(several(context, elements)))])
        case ast.SetComp():
            return arrays.call(context, set, [Items(tuple(comprehended(context, node.generators, node.elt)))])
    return context.refuse(f"this expression ({type(node).__name__}) is not compiled")


def several(context: Context, nodes: Sequence[ast.expr]) -> list[Abstract]:
    """The values of expressions side by side, starred ones spread out."""
    found: list[Abstract] = []
    for number, node in enumerate(nodes):
        rest = nodes[number + 1 :]
        if isinstance(node, ast.Starred):
            items = static_items(context, iterable_of(context, evaluate(context, node.value)))
            context.refuse_unless(items is not None, "`*` takes a tuple or list of known length")
            found.extend(items or ())
        else:
            found.append(held(context, evaluate(context, node), rest))
    return found


def held(context: Context, value: Abstract, later: Sequence[ast.AST]) -> Abstract:
    """The value, computed now if what is evaluated later might write what it reads."""
    if isinstance(value, Lazy) and any(may_write(context, node) for node in later):
        return arrays.materialise(context, value, "t")
    return value


def _dictionary(context: Context, keys: Sequence[ast.expr | None], values: Sequence[ast.expr]) -> Abstract:
    from wengert.lower.python_calls import as_record

    items: dict[Any, Abstract] = {}
    for key, node in zip(keys, values, strict=True):
        value = evaluate(context, node)
        if key is None:
            value = as_record(context, value)
            context.refuse_unless(isinstance(value, Record), "`**` takes a dict of known form")
            assert isinstance(value, Record)
            items.update(zip(value.names, value.items, strict=True))
            continue
        name = evaluate(context, key)
        context.refuse_unless(isinstance(name, Static), "the keys of a dict are known when the program is made")
        assert isinstance(name, Static)
        items[name.value] = settled(context, value, "item")
    return Record(dict, tuple(items), tuple(items.values()))


def dict_of(context: Context, pairs: Sequence[Abstract]) -> Abstract:
    """The dict of pairs of a key and a value."""
    items: dict[Any, Abstract] = {}
    for pair in pairs:
        key, value = pair.items if isinstance(pair, Items) and len(pair.items) == 2 else (None, None)
        if not isinstance(key, Static) or value is None:
            context.refuse("the keys of a dict are known when the program is made")
        items[key.value] = value
    return Record(dict, tuple(items), tuple(items.values()))


# Operators.


def operator_name(op: ast.operator) -> str:
    """The function of a binary operator."""
    return _BINARY[type(op)][0]


def apply_binary(context: Context, op: ast.operator, first: Abstract, second: Abstract) -> Abstract:
    """`first op second`."""
    name, function = _BINARY[type(op)]
    if isinstance(first, Static) and isinstance(second, Static):
        return _computed(context, function, first.value, second.value)
    if isinstance(first, Items) and isinstance(second, Items) and name == "add" and first.mutable == second.mutable:
        return Items(first.items + second.items, first.mutable)
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Items) and isinstance(other, Static) and type(other.value) is int and name == "multiply":
            return Items(one.items * other.value, one.mutable)
    return arrays.binary(context, name, first, second)


def _computed(context: Context, function: Callable[..., Any], *values: Any) -> Abstract:
    """An operation on what is known now, by Python itself."""
    for value in values:
        if isinstance(value, (set, frozenset)) and all(map(is_plain, value)):
            observed(context, value, "keys")
        elif not is_plain(value) and type(value).__module__.split(".")[0] not in _OWN_OPERATORS:
            context.refuse(f"an operator on a {type(value).__name__}", "Take the number out of it first.")
    try:
        return Static(function(*values))
    except ZeroDivisionError as error:
        context.builder.check(Constant(False, "bool"), "ZeroDivisionError", str(error))
        return Scalar(Constant(float("nan"), "float64"), weak=True)
    except (TypeError, ValueError, OverflowError) as error:
        context.refuse(str(error))


def _unary(context: Context, op: ast.unaryop, value: Abstract) -> Abstract:
    name, function = _UNARY[type(op)]
    if isinstance(value, Static):
        return _computed(context, function, value.value)
    return arrays.unary(context, name, value)


# Truth.


def _negated(context: Context, found: Operand) -> Operand:
    if isinstance(found, Constant):
        return Constant(not found.value, "bool")
    return context.builder.bind("logical_not", found)


def _truth_value(operand: Operand) -> Abstract:
    return Static(bool(operand.value)) if isinstance(operand, Constant) else Scalar(operand, weak=True)


def static_truth(context: Context, value: Abstract) -> Operand:
    """The truth of a value; a constant if it is known now."""
    match value:
        case Static(found):
            return Constant(observed(context, found, "truth"), "bool")
        case Items(items):
            return Constant(bool(items), "bool")
        case Record(names=names):
            return Constant(bool(names), "bool")
    return arrays.truth(context, value)


def condition(context: Context, node: ast.expr) -> Operand:
    """The truth of an expression."""
    context.at(node)
    match node:
        case ast.BoolOp(op, values):
            found = condition(context, values[0])
            for value in values[1:]:
                found = _short_circuit(context, found, isinstance(op, ast.And), partial(condition, context, value))
            return found
        case ast.UnaryOp(ast.Not(), operand):
            found = condition(context, operand)
            return _negated(context, found)
    return static_truth(context, evaluate(context, node))


def _short_circuit(context: Context, first: Operand, conjunction: bool, second: Callable[[], Operand]) -> Operand:
    """`first and second()` or `first or second()`, the second evaluated only if it decides."""
    if isinstance(first, Constant):
        return second() if bool(first.value) == conjunction else first
    builder = context.builder
    found: list[Operand] = []
    before = {name: variable.token for name, variable in scope_of(context).env.items()}
    arm = run_arm(context, lambda: found.append(second()))
    if {name: variable.token for name, variable in arm.env.items()} != before:  # it assigns, by `:=`
        ways: list[Callable[[], Abstract]] = [lambda: _truth_value(second()), lambda: Static(not conjunction)]
        return static_truth(context, _chosen(context, first, *(ways if conjunction else ways[::-1])))
    if all(isinstance(statement, (Bind, Load)) for statement in arm.statements):
        builder.append_all(arm.statements)
        return builder.bind("logical_and" if conjunction else "logical_or", first, found[0])
    cell = builder.allocate("condition", "bool")
    builder.store(cell, (), Constant(not conjunction, "bool"))
    with builder.block(arm.statements):
        builder.store(cell, (), found[0])
    if conjunction:
        builder.branch(first, arm.statements)
    else:
        builder.branch(first, (), arm.statements)
    return builder.load(cell)


def _bool_operation(context: Context, node: ast.BoolOp) -> Abstract:
    """`a and b`, `a or b` as a value: one of the operands."""
    return _one_of(context, node, node.values, isinstance(node.op, ast.And))


def _one_of(context: Context, node: ast.BoolOp, operands: Sequence[ast.expr], conjunction: bool) -> Abstract:
    value = evaluate(context, operands[0])
    context.at(node)
    if len(operands) == 1:
        return value
    value = settled(context, value, "t")
    decides = static_truth(context, value)
    if isinstance(decides, Constant):
        return value if bool(decides.value) != conjunction else _one_of(context, node, operands[1:], conjunction)
    rest = partial(_one_of, context, node, operands[1:], conjunction)
    if isinstance(value, Scalar) and value.dtype == "bool":
        return _truth_value(_short_circuit(context, decides, conjunction, lambda: _boolean(context, rest())))
    arms: tuple[Callable[[], Abstract], ...] = (rest, lambda: value) if conjunction else (lambda: value, rest)
    return _chosen(context, decides, arms[0], arms[1])


def _boolean(context: Context, value: Abstract) -> Operand:
    boolean = (isinstance(value, Scalar) and value.dtype == "bool") or (
        isinstance(value, Static) and isinstance(value.value, bool)
    )
    context.refuse_unless(boolean, "`and` or `or` of a truth value and a number", "Write `a if condition else b`.")
    return static_truth(context, value)


# Comparisons.


def _comparison(context: Context, node: ast.Compare) -> Abstract:
    left = held(context, evaluate(context, node.left), node.comparators)
    if len(node.ops) == 1:
        right = evaluate(context, node.comparators[0])
        context.at(node)
        return _compare(context, node.ops[0], left, right)
    found: Operand = Constant(True, "bool")
    chain = [left]

    def compared(op: ast.cmpop, comparator: ast.expr) -> Operand:
        chain.append(settled(context, evaluate(context, comparator), "t"))
        context.at(node)
        return static_truth(context, _compare(context, op, chain[-2], chain[-1]))

    for op, comparator in zip(node.ops, node.comparators, strict=True):
        found = _short_circuit(context, found, True, partial(compared, op, comparator))
        if isinstance(found, Constant) and not found.value:
            break
    return _truth_value(found)


def _compare(context: Context, op: ast.cmpop, first: Abstract, second: Abstract) -> Abstract:
    if isinstance(op, (ast.Is, ast.IsNot)):
        return Static(_identical(context, first, second) == isinstance(op, ast.Is))
    if isinstance(op, (ast.In, ast.NotIn)):
        found = _contained(context, first, second)
        if isinstance(op, ast.In):
            return _truth_value(found)
        return _truth_value(_negated(context, found))
    name, function = _COMPARE[type(op)]
    if isinstance(first, Static) and isinstance(second, Static):
        by_identity: list[Any] = [type(one.value).__eq__ for one in (first, second)]
        if name in ("equal", "not_equal") and all(one is object.__eq__ for one in by_identity):
            return Static(_identical(context, first, second) == (name == "equal"))
        return _computed(context, function, first.value, second.value)
    if isinstance(first, (Items, Record)) and isinstance(second, (Items, Record)):
        return _compare_sequences(context, name, first, second)
    for one in (first, second):
        if isinstance(one, Static) and homes.number(one) is None and name in ("equal", "not_equal"):
            other = second if one is first else first
            if isinstance(other, (Scalar, Items, Record)):
                return Static(name == "not_equal")
    return arrays.binary(context, name, first, second)


def _identical(context: Context, first: Abstract, second: Abstract) -> bool:
    if isinstance(first, Static) and isinstance(second, Static):
        for one in (first.value, second.value):
            known = context.captures.origins.get(id(one))
            if known is not None:
                context.captures.guard(known[1], one)
        return first.value is second.value
    return first is second or (isinstance(first, View) and first == second)


def _contained(context: Context, first: Abstract, second: Abstract) -> Operand:
    if isinstance(second, Static) and isinstance(first, Static):
        return Constant(observed(context, second.value, "contains", first.value), "bool")
    items: tuple[Abstract, ...] = ()
    if isinstance(second, Items):
        items = second.items
    elif isinstance(second, Record) and second.cls is dict:
        items = tuple(map(Static, second.names))
    elif isinstance(second, Static) and isinstance(second.value, (tuple, list, range)) and len(second.value) < 100:
        items = tuple(map(Static, second.value))
    else:
        context.refuse("`in` takes a tuple, list or dict of known form", "Use np.any(x == value) for arrays.")
    found: Operand = Constant(False, "bool")
    for item in items:
        equal = static_truth(context, _compare(context, ast.Eq(), first, item))
        found = (
            equal
            if isinstance(found, Constant) and not found.value
            else context.builder.bind("logical_or", found, equal)
        )
        if isinstance(found, Constant) and found.value:
            break
    return found


def _compare_sequences(context: Context, name: str, first: Items | Record, second: Items | Record) -> Abstract:
    context.refuse_unless(name in ("equal", "not_equal"), "tuples and lists are compared by == and != only")
    alike = len(first.items) == len(second.items) and type(first) is type(second)
    if isinstance(first, Record) and isinstance(second, Record) and first.names != second.names:
        alike = False
    found: Operand = Constant(alike, "bool")
    if alike:
        for one, other in zip(first.items, second.items, strict=True):
            equal = static_truth(context, _compare(context, ast.Eq(), one, other))
            found = context.builder.bind("logical_and", found, equal)
    if name == "not_equal":
        found = _negated(context, found)
    return _truth_value(found)


# Choices and comprehensions.


def _choice(context: Context, test: ast.expr, then: ast.expr, otherwise: ast.expr) -> Abstract:
    found = condition(context, test)
    return _chosen(context, found, partial(evaluate, context, then), partial(evaluate, context, otherwise))


def _chosen(
    context: Context, found: Operand, then: Callable[[], Abstract], otherwise: Callable[[], Abstract]
) -> Abstract:
    """The value of one of two expressions; only that one is evaluated."""
    if isinstance(found, Constant):
        return then() if found.value else otherwise()
    scope = scope_of(context)
    outer = scope.env.pop(_CHOICE, None)
    arms = [run_arm(context, partial(_choose, context, one)) for one in (then, otherwise)]
    merge(context, found, arms[0], arms[1], {*scope.env, *scope.locals, _CHOICE})
    if _CHOICE not in scope.env:  # nothing is known of either expression yet
        assert context.unknown is not None
        raise UnknownResultError(context.unknown)
    value = read(context, scope.env, _CHOICE, scope.env[_CHOICE])
    del scope.env[_CHOICE]
    if outer is not None:
        scope.env[_CHOICE] = outer
    return value


def _choose(context: Context, value: Callable[[], Abstract]) -> None:
    assign_name(context, _CHOICE, value())


def comprehended(context: Context, generators: Sequence[ast.comprehension], element: ast.expr) -> list[Abstract]:
    """The items of a comprehension over what is known now."""
    if not generators:
        return [settled(context, evaluate(context, element), "item")]
    first, rest = generators[0], generators[1:]
    items = static_items(context, iterable_of(context, evaluate(context, first.iter)))
    context.at(first.iter)
    if items is None:
        context.refuse(
            "a comprehension over something whose length is known only when the program runs",
            "Write an array expression, or fill an array in a `for` loop.",
        )
    from wengert.lower.targets import assign_target

    env = scope_of(context).env
    names = {one.id for one in ast.walk(first.target) if isinstance(one, ast.Name)}
    hidden = {name: env.pop(name) for name in names if name in env}
    found: list[Abstract] = []
    for item in items:
        assign_target(context, first.target, item)
        tests = [condition(context, test) for test in first.ifs]
        if not all(isinstance(test, Constant) for test in tests):
            context.refuse("the `if` of a comprehension is decided when the program is made", "Use np.where.")
        if all(isinstance(test, Constant) and test.value for test in tests):
            found += comprehended(context, rest, element)
    for name in names:
        env.pop(name, None)
    env.update(hidden)
    return found


# Indices.


def index_items(context: Context, node: ast.expr) -> tuple[Item, ...]:
    """What stands between the brackets."""
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    items: list[Item] = []
    for one in nodes:
        if isinstance(one, ast.Slice):
            parts = [None if part is None else evaluate(context, part) for part in (one.lower, one.upper, one.step)]
            items.append(SliceItem(*parts))
        elif isinstance(one, ast.Starred):
            items.extend(map(_plain_item, several(context, [one])))
        else:
            value = evaluate(context, one)
            if isinstance(value, Items) and not value.mutable and not isinstance(node, ast.Tuple):
                items.extend(map(_plain_item, value.items))
            else:
                items.append(_plain_item(value))
    return tuple(items)


def _plain_item(value: Abstract) -> Item:
    if isinstance(value, Static):
        if value.value is None or value.value is Ellipsis or isinstance(value.value, SliceItem):
            plain: Item = value.value
            return plain
        if isinstance(value.value, slice):
            parts = (value.value.start, value.value.stop, value.value.step)
            return SliceItem(*(None if part is None else Static(part) for part in parts))
    return value


# Text.


def _static_text(context: Context, node: ast.JoinedStr) -> str:
    template, operands = text(context, node)
    context.refuse_unless(not operands, "text is made only for the message of a `raise` or an `assert`")
    return template.format()


def text(context: Context, node: ast.expr) -> tuple[str, list[Operand]]:
    """A message: a template for `str.format`, and the numbers that go in."""
    if not isinstance(node, ast.JoinedStr):
        return _shown(context, evaluate(context, node), "{}")
    template, operands = "", []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            conversion = "" if part.conversion == -1 else f"!{chr(part.conversion)}"
            spec = ""
            if part.format_spec is not None:
                spec = ":" + _static_text(context, part.format_spec)  # type: ignore[arg-type]
            shown, found = _shown(context, evaluate(context, part.value), "{" + conversion + spec + "}")
            template += shown
            operands += found
        else:
            assert isinstance(part, ast.Constant)
            template += _escaped(str(part.value))
    return template, operands


def _escaped(shown: str) -> str:
    return shown.replace("{", "{{").replace("}", "}}")


def _shown(context: Context, value: Abstract, field: str) -> tuple[str, list[Operand]]:
    match value:
        case Static(found):
            return _escaped(field.format(found)), []
        case Scalar(operand):
            return field, [operand]
        case Items(items):
            parts = [_shown(context, item, "{}") for item in items]
            inner = ", ".join(part for part, _ in parts)
            inner += "," if len(items) == 1 and not value.mutable else ""
            brackets = ("[", "]") if value.mutable else ("(", ")")
            return brackets[0] + inner + brackets[1], [one for _, found in parts for one in found]
    return "<array>", []
