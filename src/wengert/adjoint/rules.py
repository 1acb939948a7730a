"""The rule inliner: rules of the table, which are NumPy functions, as statements of a program.

What goes in: an operation, one of its arguments, and operands or views for what the rule's parameter list names. What
comes out: the contribution to the argument's cotangent. What holds: a rule of a scalar function is lowered once for
each combination of dtypes and copied from then on; a rule of an operation on arrays is lowered where it is used.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from wengert.analysis.activity import carries
from wengert.errors import NotAcceptedError
from wengert.lower import lower_into
from wengert.lower.context import Context
from wengert.lower.values import Abstract, Lazy, Scalar, Static, View
from wengert.ops.table import TABLE, Operation, Rule
from wengert.program.builder import Builder
from wengert.program.functions import FUNCTIONS
from wengert.program.statements import Allocate, Apply, Bind, Block, Constant, Load, Operand, Storage, Store, Value
from wengert.program.traverse import operands, rebuild, walk

__all__ = ["Template", "contribution", "copy_scalars", "needed_operands", "pushforward", "scalar_rule"]

_REAL = {"complex128": "float64", "complex64": "float32"}
_STRUCTURAL = ("cast", "where", "complex_number")


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A lowered rule of scalars: statements over its parameters `ct` and `saves`, and the result.

    They bind values, and no more but where an operation has no scalar function: then there are arrays of rank 0 too.
    """

    rule: Rule
    ct: Value
    saves: tuple[Value | None, ...]
    body: Block
    result: Operand


def _operation(function: str) -> Operation:
    return TABLE[FUNCTIONS[function].function]


@functools.cache
def scalar_rule(function: str, position: int, dtypes: tuple[str, ...], out_dtype: str) -> Template:
    """The rule of a scalar function with respect to an operand, for operands and a result of these dtypes."""
    operation = _operation(function)
    rule = operation.rules[operation.parameters[position]]
    known = dict(zip(operation.parameters, dtypes, strict=False)) | {"out": out_dtype}
    builder = Builder()
    ct = Value("ct", out_dtype)
    saves = tuple(Value(name, known[name]) if name in known else None for name in rule.saves)
    arguments = [
        Static(()) if value is None and name.endswith("_shape") else _argument(value)
        for name, value in zip(rule.saves, saves, strict=True)
    ]
    statics = {name: Static(operation.defaults.get(name)) for name in rule.statics}
    context = Context(builder)
    found = lower_into(context, rule.function, [Scalar(ct, weak=False), *arguments], dict(statics))
    body, result = _pure(*_scalar(builder, found))
    used = {one for statement in walk(body) for one in operands(statement)} | {result}
    return Template(rule, ct, tuple(one if one in used else None for one in saves), body, result)


def _argument(value: Value | None) -> Scalar | Static:
    return Static(None) if value is None else Scalar(value, weak=False)


def _scalar(builder: Builder, found: Abstract) -> tuple[Block, Operand]:
    """The statements of a rule, and its result."""
    if isinstance(found, View):
        result: Operand = found.element(builder, ())
    elif isinstance(found, Lazy):
        result = found.element(builder, ())
    elif isinstance(found, Scalar):
        result = found.operand
    else:
        assert isinstance(found, Static), found
        result = Constant(found.value, "complex128" if isinstance(found.value, complex) else "float64")
    return builder.finish(), result


def _pure(body: Block, result: Operand) -> tuple[Block, Operand]:
    """The statements that the result needs, with arrays of rank 0, such as `np.ones_like(out)`, as scalars.

    All of them, as they are, where there is an operation on arrays of rank 0.
    """
    if any(isinstance(statement, Apply) for statement in body):
        return body, result
    held: dict[Storage, Operand] = {}
    known: dict[Operand, Operand] = {}
    pure: list[Bind] = []
    for statement in body:
        match statement:
            case Bind():
                given = tuple(known.get(one, one) for one in statement.operands)
                pure.append(replace(statement, operands=given))
            case Store(storage=storage, operand=operand):
                held[storage] = known.get(operand, operand)
            case Load(value=value, storage=storage):
                known[value] = held[storage]
            case Allocate(storage=storage):
                held[storage] = Constant(0.0, storage.dtype)
            case _:
                raise NotAcceptedError(f"the rule {statement.where and statement.where.function} is not compiled")
    result = known.get(result, result)
    needed = {result}
    kept = []
    for statement in reversed(pure):
        if statement.value in needed:
            needed.update(statement.operands)
            kept.append(statement)
    return tuple(reversed(kept)), result


def copy_scalars(builder: Builder, body: Block, known: dict[Operand, Operand]) -> None:
    """Append a copy of a template's statements; `known` maps their free values, and then also those that they bind."""
    places: dict[Storage, Storage] = {}

    def operand(one: Operand) -> Operand:
        return known.get(one, one)

    for statement in body:
        match statement:
            case Bind(value=value):
                given = [operand(one) for one in statement.operands]
                known[value] = builder.bind(statement.function, *given, dtype=value.dtype, hint=value.hint)
            case Allocate(storage=storage):
                places[storage] = builder.allocate(storage.hint, storage.dtype, zeroed=statement.zeroed)
            case Load(value=value, storage=storage):
                known[value] = builder.load(places[storage], hint=value.hint)
            case _:
                copied = rebuild(statement, operand, places.__getitem__, _no_block)
                assert isinstance(copied, (Store, Apply))
                builder.append(replace(copied, where=builder.where))


def _no_block(block: Block) -> Block:
    raise AssertionError("a rule of scalars has no loops")


def needed_operands(statement: Bind, position: int) -> set[Operand]:
    """The operands of a statement, and its result, that the rule with respect to one operand uses."""
    if statement.function in _STRUCTURAL:
        return {statement.operands[0]} if statement.function == "where" else set()
    template = _template(statement, position)
    operation = _operation(statement.function)
    known = dict(zip(operation.parameters, statement.operands, strict=False)) | {"out": statement.value}
    return {known[name] for name, used in zip(template.rule.saves, template.saves, strict=True) if used is not None}


def _template(statement: Bind, position: int) -> Template:
    dtypes = tuple(one.dtype for one in statement.operands)
    return scalar_rule(statement.function, position, dtypes, statement.value.dtype)


def contribution(
    builder: Builder, statement: Bind, position: int, ct: Operand, known: dict[Operand, Operand], guarded: bool
) -> Operand:
    """The cotangent that one operand of a scalar statement receives.

    `known` gives the primal values that `needed_operands` names. `guarded`: a zero cotangent contributes zero, even
    where the local derivative is not finite.
    """
    target = statement.operands[position]
    if statement.function in _STRUCTURAL:
        return _structural(builder, statement, position, ct, known)
    template = _template(statement, position)
    operation = _operation(statement.function)
    given = dict(zip(operation.parameters, statement.operands, strict=False)) | {"out": statement.value}
    mapping: dict[Operand, Operand] = {template.ct: ct}
    for name, value in zip(template.rule.saves, template.saves, strict=True):
        if value is not None:
            primal = given[name]
            mapping[value] = known.get(primal, primal)
    return fit(builder, _applied(builder, template, mapping, guarded), target.dtype)


def _applied(builder: Builder, template: Template, mapping: dict[Operand, Operand], guarded: bool) -> Operand:
    """A rule for what `mapping` gives its parameters; if it is guarded, a zero contributes zero (`ops/strong.py`)."""
    ct = mapping[template.ct]
    unit = mapping | {template.ct: Constant(1.0, ct.dtype)}
    copy_scalars(builder, template.body, mapping)
    found = mapping.get(template.result, template.result)
    if not guarded or not template.body:
        return found
    copy_scalars(builder, template.body, unit)
    local = builder.cast(unit.get(template.result, template.result), found.dtype)
    of_zero = builder.bind("strong_product", builder.cast(ct, found.dtype), local)
    return builder.bind("where", builder.bind("equal", ct, Constant(0.0, ct.dtype)), of_zero, found)


def fit(builder: Builder, ct: Operand, dtype: str) -> Operand:
    """A cotangent in the dtype of what it belongs to; the real part where that is real."""
    if ct.dtype.startswith("complex") and not dtype.startswith("complex"):
        ct = builder.bind("real", ct)
    return builder.cast(ct, dtype)


def _structural(
    builder: Builder, statement: Bind, position: int, ct: Operand, known: dict[Operand, Operand]
) -> Operand:
    target = statement.operands[position]
    if statement.function == "cast":
        return fit(builder, ct, target.dtype)
    if statement.function == "where":
        condition = known.get(statement.operands[0], statement.operands[0])
        zero = Constant(0.0, ct.dtype)
        return builder.bind("where", condition, *((ct, zero) if position == 1 else (zero, ct)))
    part = builder.bind("real", ct) if position == 0 else builder.bind("negative", builder.bind("imag", ct))
    return builder.cast(part, target.dtype)


def pushforward(builder: Builder, statement: Bind, position: int, tangent: Operand, guarded: bool) -> Operand:
    """The tangent that a result receives through one operand: an elementwise rule is its own pushforward."""
    value = statement.value
    if statement.function == "cast":
        return fit(builder, tangent, value.dtype)
    if statement.function == "where":
        zero = Constant(0.0, value.dtype)
        chosen = (tangent, zero) if position == 1 else (zero, tangent)
        return builder.bind("where", statement.operands[0], *chosen)
    if statement.function == "complex_number":
        zero = Constant(0.0, tangent.dtype)
        chosen = (tangent, zero) if position == 0 else (zero, tangent)
        return builder.bind("complex_number", *chosen, dtype=value.dtype)
    if statement.function in ("real", "imag", "conjugate", "negative"):  # linear over the real numbers
        return builder.bind(statement.function, tangent)
    if statement.function == "absolute" and tangent.dtype.startswith("complex"):
        return _modulus_pushforward(builder, statement, tangent)
    assert carries(value.dtype)
    tangent = fit(builder, tangent, value.dtype)
    return contribution_like(builder, statement, position, tangent, guarded)


def contribution_like(builder: Builder, statement: Bind, position: int, tangent: Operand, guarded: bool) -> Operand:
    """The rule applied to a tangent of the result's dtype, in that dtype."""
    template = _template(statement, position)
    operation = _operation(statement.function)
    given = dict(zip(operation.parameters, statement.operands, strict=False)) | {"out": statement.value}
    mapping: dict[Operand, Operand] = {template.ct: tangent}
    for name, value in zip(template.rule.saves, template.saves, strict=True):
        if value is not None:
            mapping[value] = given[name]
    return fit(builder, _applied(builder, template, mapping, guarded), statement.value.dtype)


def _modulus_pushforward(builder: Builder, statement: Bind, tangent: Operand) -> Operand:
    """The derivative of |z| along dz: Re(conj(z) dz) / |z|, and 0 at 0."""
    (z,) = statement.operands
    real = [builder.bind(part, z) for part in ("real", "imag")]
    moved = [builder.bind(part, tangent) for part in ("real", "imag")]
    along = builder.bind(
        "add", builder.bind("multiply", real[0], moved[0]), builder.bind("multiply", real[1], moved[1])
    )
    zero = Constant(0.0, along.dtype)
    at_zero = builder.bind("equal", statement.value, zero)
    return builder.bind("where", at_zero, zero, builder.bind("divide", along, statement.value))
