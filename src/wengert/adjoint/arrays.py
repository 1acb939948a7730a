"""The derivatives of an operation on arrays: its rules, lowered where they are used.

What goes in: an `Apply` and the reversal it is part of. What comes out: statements that accumulate into the adjoints
of its inputs. What holds: the rule's parameter list names what is needed; unbroadcasting is that of an accumulation
into a view. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation",
2008.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from wengert.analysis.activity import apply_paths
from wengert.lower import lower_into
from wengert.lower.applying import view_of
from wengert.lower.arrays import assign, call, update_item
from wengert.lower.context import Context
from wengert.lower.values import Abstract, Lazy, Scalar, Sequence, Static, View
from wengert.ops.strong import spread, strong_zeros
from wengert.ops.table import Operation, Rule
from wengert.program.builder import Builder, integer
from wengert.program.operations import operation_of
from wengert.program.statements import Apply, Array, Constant, Operand, Program, Section, Span, Storage, Value
from wengert.program.traverse import substitute

if TYPE_CHECKING:
    from wengert.adjoint.forward import Pushforward
    from wengert.adjoint.reverse import Reversal


class Primals(Protocol):
    """Gives primal values and storages where a rule is lowered."""

    @property
    def storages(self) -> Mapping[Storage, Storage]:
        """Storages that were recalled under other names."""

    def get(self, operand: Operand) -> Operand:
        """A value."""

    def axis(self, axis: Operand | Span) -> Operand | Span:
        """One axis of a section."""


__all__ = ["copied", "forward_apply", "full_view", "reverse_apply", "section_needs"]


def _rules(reversal: Reversal, statement: Apply) -> Iterator[tuple[int, Operation, Rule]]:
    operation = operation_of(statement.function)
    for i in reversal.active_inputs(statement):
        yield i, operation, operation.rules[operation.parameters[i]]


def section_needs(reversal: Reversal, statement: Apply) -> Iterator[Operand | Section]:
    """What the reverse of the statement uses: the sections that its rules name, and the indices of the others."""
    for i, operation, rule in _rules(reversal, statement):
        yield from _indices(statement.inputs[i])
        for name in rule.saves:
            if name == "out":
                yield from statement.outputs
            elif name in operation.parameters:
                position = operation.parameters.index(name)
                if position < len(statement.inputs):
                    yield statement.inputs[position]
            else:
                yield from _indices(statement.inputs[operation.parameters.index(name.removesuffix("_shape"))])
    for output in statement.outputs:
        yield from _indices(output)


def _indices(one: Section | Operand) -> Iterator[Operand]:
    if isinstance(one, Section):
        for axis in one.axes:
            if isinstance(axis, Span):
                yield from (axis.start, axis.size, axis.step)
            else:
                yield axis


def _primal(reversal: Primals, one: Section | Operand) -> View | Scalar:
    if not isinstance(one, Section):
        return Scalar(reversal.get(one), weak=False)
    storage = reversal.storages.get(one.storage, one.storage)
    return view_of(one, storage, tuple(reversal.axis(axis) for axis in one.axes))


def _bar(reversal: Reversal, one: Section) -> View:
    return view_of(one, reversal.storage_bars[one.storage], tuple(reversal.axis(axis) for axis in one.axes))


def _zeros(reversal: Reversal, one: Section) -> View:
    """The cotangent of an output on which nothing depends."""
    whole = _whole(reversal.builder, replace(one, axes=tuple(reversal.axis(axis) for axis in one.axes)))
    return full_view(whole)


def reverse_apply(reversal: Reversal, statement: Apply) -> None:
    """Accumulate into the adjoints of the inputs, and clear those of the outputs."""
    context = Context(reversal.builder)
    if not any(reversal.is_active(one.storage) for one in statement.outputs):
        return
    bars = [
        _bar(reversal, one) if reversal.is_active(one.storage) else _zeros(reversal, one) for one in statement.outputs
    ]
    ct: Abstract = bars[0] if len(bars) == 1 else Sequence(tuple(bars))
    for i, operation, rule in _rules(reversal, statement):
        found = _applied(context, reversal, statement, operation, rule, ct)
        if reversal.guarded and (operation.elementwise or (operation.reduction and rule.wrt in ("a", "x"))):
            unit = call(context, np.ones_like, [ct], {})
            local = _applied(context, reversal, statement, operation, rule, unit)
            found = _guarded(context, statement, operation, ct, local, found)
        given = statement.inputs[i]
        if isinstance(given, Section):
            target = _bar(reversal, given)
            update_item(context, target, (Ellipsis,), "add", _fitted(context, found, target))
        else:
            reversal.add_bar(given, _total(context, found))
    for bar in bars:
        assign(context, bar, Static(0.0))


def _applied(
    context: Context, primals: Primals, statement: Apply, operation: Operation, rule: Rule, ct: Abstract
) -> Abstract:
    """A rule, lowered for the values that it names."""
    statics = {name: Static(value) for name, value in statement.statics}
    arguments = [ct, *(_argument(primals, statement, operation, name) for name in rule.saves)]
    keywords = {
        name: statics[name]
        if name in statics
        else _argument(primals, statement, operation, name)  # an option that is known when the program runs
        if name in operation.parameters
        else Static(operation.defaults.get(name))
        for name in rule.statics
    }
    return lower_into(context, rule.function, arguments, keywords)


def _guarded(
    context: Context, statement: Apply, operation: Operation, ct: Abstract, local: Abstract, found: Abstract
) -> Abstract:
    """What a cotangent contributes to an argument: zero for a zero, whatever the local derivative."""
    if operation.reduction:
        statics = dict(statement.statics)
        rank = found.rank if isinstance(found, View | Lazy) else 0
        options = [Static(rank), Static(statics.get("axis")), Static(statics.get("keepdims", True))]
        ct = lower_into(context, spread, [ct, *options], {})
    return lower_into(context, strong_zeros, [ct, local, found], {})


def _total(context: Context, found: Abstract) -> Operand:
    total = found if isinstance(found, Scalar) else call(context, np.sum, [found], {})
    assert isinstance(total, Scalar)
    return total.operand


def _argument(reversal: Primals, statement: Apply, operation: Operation, name: str) -> Abstract:
    if name == "out":
        outs = [_primal(reversal, one) for one in statement.outputs]
        return outs[0] if len(outs) == 1 else Sequence(tuple(outs))
    if name in operation.parameters:
        position = operation.parameters.index(name)
        if position < len(statement.inputs):
            return _primal(reversal, statement.inputs[position])
        return {key: Static(value) for key, value in statement.statics}.get(name, Static(operation.defaults.get(name)))
    given = _primal(reversal, statement.inputs[operation.parameters.index(name.removesuffix("_shape"))])
    sizes = given.sizes if isinstance(given, View) else ()
    return Sequence(
        tuple(Static(size.value) if isinstance(size, Constant) else Scalar(size, weak=True) for size in sizes)
    )


def _fitted(context: Context, ct: Abstract, target: View) -> Abstract:
    """A cotangent summed over the axes along which its argument was broadcast, and real where that is real."""
    if isinstance(ct, View | Lazy):
        extra = ct.rank - target.rank
        if extra > 0:
            ct = call(context, np.sum, [ct], {"axis": Static(tuple(range(extra)))})
    if isinstance(ct, View | Lazy):
        stretched = tuple(
            i for i, (own, size) in enumerate(zip(target.sizes, ct.sizes, strict=True)) if own == integer(1) != size
        )
        if stretched:
            ct = call(context, np.sum, [ct], {"axis": Static(stretched), "keepdims": Static(True)})
    if (
        isinstance(ct, View | Lazy | Scalar)
        and ct.dtype.startswith("complex")
        and not target.dtype.startswith("complex")
    ):
        ct = call(context, np.real, [ct], {})
    return ct


def forward_apply(transform: Pushforward, statement: Apply) -> None:
    """The tangents of an operation's outputs: the sum of what each active input contributes."""
    builder = transform.builder
    operation = operation_of(statement.function)
    dots = [
        transform.section_dot(one)
        if one.storage in transform.storage_dots
        else _whole(builder, one)  # nobody needs it: a place to write to
        for one in statement.outputs
    ]
    for one in dots:
        assign(Context(builder), full_view(one), Static(0.0))
    for i in apply_paths(statement):
        given = statement.inputs[i]
        if not transform.is_active(given.storage if isinstance(given, Section) else given):
            continue
        parts = [_whole(builder, one) for one in dots]
        if operation.parameters[i] in operation.linear and isinstance(given, Section):
            moved = transform.input_dot(given)
            inputs = (*statement.inputs[:i], moved, *statement.inputs[i + 1 :])
            builder.append(replace(statement, outputs=tuple(parts), inputs=inputs))
        else:
            _transposed_rule(transform, statement, operation, i, parts)
        for one, part in zip(dots, parts, strict=True):
            _add_section(builder, one, part)


def _sizes(section: Section) -> list[Operand]:
    spans = [axis for axis in section.axes if isinstance(axis, Span)]
    return [spans[i].size for i in section.order]


def _whole(builder: Builder, like: Section) -> Section:
    """A new storage of the shape of a section, zeroed, as a section."""
    sizes = _sizes(like)
    storage = builder.allocate(f"{like.storage.hint}_part", like.storage.dtype, sizes, zeroed=True)
    return Section(storage, tuple(Span(integer(0), size, integer(1)) for size in sizes), tuple(range(len(sizes))))


def full_view(section: Section) -> View:
    """A section as an array."""
    return view_of(section, section.storage, section.axes)


def copied(builder: Builder, section: Section) -> Section:
    """A copy of a section, as the whole of a new storage."""
    made = _whole(builder, section)
    _add_section(builder, made, section)
    return made


def _add_section(builder: Builder, target: Section, source: Section) -> None:
    update_item(Context(builder), full_view(target), (Ellipsis,), "add", full_view(source))


def _transposed_rule(
    transform: Pushforward, statement: Apply, operation: Operation, i: int, parts: list[Section]
) -> None:
    """What one input's tangent contributes: the rule is linear in the cotangent, and its own reverse is its transpose.

    Radul et al., "You Only Linearize Once", POPL 2023, in reverse.
    """
    builder = transform.builder
    rule = operation.rules[operation.parameters[i]]
    given = statement.inputs[i]
    cts = [_whole(builder, one) for one in parts]
    ct: Abstract = full_view(cts[0]) if len(cts) == 1 else Sequence(tuple(full_view(one) for one in cts))
    result: Section | Operand
    with builder.block() as body:
        context = Context(builder)
        found = _applied(context, _Primals(), statement, operation, rule, ct)
        if isinstance(given, Section):
            result = _whole(builder, given)
            target = full_view(result)
            update_item(context, target, (Ellipsis,), "add", _fitted(context, found, target))
        else:
            result = _total(context, found)
    parameters = tuple(Array(one.storage, tuple(_sizes(one))) for one in cts)
    _inline_reverse(transform, Program("rule", parameters, tuple(body), (result,)), given, parts)


def _inline_reverse(transform: Pushforward, rule: Program, given: Section | Operand, parts: list[Section]) -> None:
    """The reverse of a rule's program, with the tangent of `given` as its seed and `parts` as its output arrays."""
    from wengert.adjoint.reverse import reverse

    builder = transform.builder
    made = reverse(rule, range(len(parts)), with_results=False, guarded=transform.guarded)
    seed, *outputs = made.parameters[len(parts) :]
    storages = {one.storage: part.storage for one, part in zip(outputs, parts, strict=True) if isinstance(one, Array)}
    values: dict[Value, Operand] = {}
    if isinstance(seed, Array):
        assert isinstance(given, Section)
        tangent = copied(builder, transform.section_dot(given))
        storages[seed.storage] = tangent.storage
        for own, size in zip(seed.sizes, _sizes(given), strict=True):
            if isinstance(own, Value):
                values[own] = size
    else:
        assert not isinstance(given, Section)
        values[seed] = transform.dot(given)
    builder.append_all(substitute(made.body, values, storages))
    transform.stacks += made.stacks


class _Primals:
    """In a forward transform every primal name stands for itself."""

    storages: ClassVar[dict[Storage, Storage]] = {}

    def get(self, operand: Operand) -> Operand:
        """The value itself."""
        return operand

    def axis(self, axis: Operand | Span) -> Operand | Span:
        """The axis itself."""
        return axis
