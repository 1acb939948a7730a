"""Binding rules when an entry is made: from an operation, its arguments and its result to the links of an entry.

For a reverse tape a link holds the rule. For a forward tape it holds the pushforward, made from the same rule: an
elementwise rule is its own; an operation that is linear in the argument is applied to the tangent; any other rule is
transposed, by recording the rule itself as a function of its cotangent (Radul et al., "You Only Linearize Once",
POPL 2023, in reverse).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from wengert.ops.broadcast import fit_cotangent
from wengert.ops.table import Operation, Rule
from wengert.tape.array import RecordedArray
from wengert.tape.entries import Several
from wengert.tape.sweep import reverse_sweep, template_of
from wengert.tape.tape import Tape, recording, tell_stopped

__all__ = ["link", "transposed"]

# The arguments of a call as it was made: without and with recorded values.
Call = tuple[tuple[Any, ...], dict[str, Any], tuple[Any, ...], dict[str, Any]]


def _plain(value: Any, tape: Tape) -> Any:
    return value.current() if isinstance(value, RecordedArray) and value.tape is tape else value


def _shape_and_dtype(value: Any) -> tuple[tuple[int, ...], Any]:
    like = value if hasattr(value, "dtype") else np.asarray(value)
    return like.shape, like.dtype


def _environment(found: Operation, tape: Tape, named: dict[str, Any], result: Any) -> dict[str, Any]:
    """What a rule's parameter names stand for in this call."""
    environment = {name: _plain(value, tape) for name, value in named.items()}
    environment["out"] = list(result) if isinstance(result, (tuple, list)) else result
    if found.sequence is not None:
        sequence = [_plain(item, tape) for item in named[found.sequence]]
        environment[found.sequence] = sequence
        environment[f"{found.sequence}_shape"] = [np.shape(item) for item in sequence]
    return environment


def _resolve(environment: dict[str, Any], name: str) -> Any:
    if name in environment:
        return environment[name]
    return np.shape(environment[name.removesuffix("_shape")])


def _slot(value: Any, tape: Tape) -> int | None:
    return value.current_slot() if isinstance(value, RecordedArray) and value.tape is tape else None


def _has_complex(environment: dict[str, Any], result: Any) -> bool:
    return any(np.iscomplexobj(value) for value in (*environment.values(), result) if isinstance(value, np.ndarray))


def transposed(
    rule: Callable[..., Any], saved: list[Any], results: list[tuple[tuple[int, ...], Any]], fit: Any, several: bool
) -> Callable[[Any], Any]:
    """The pushforward of a rule: the transpose of the linear map from cotangents to contributions.

    `results` are shapes and dtypes of the operation's results, `fit` those of the argument (a tuple where it is a
    sequence). Maps the tangent of the argument (a list for a sequence) to that of the result (a tuple for `several`).
    """

    def push(tangent: Any) -> Any:
        with recording(forward=False, keep=False) as tape:
            cts = [RecordedArray(np.zeros(shape, dtype), next(tape.slots), tape) for shape, dtype in results]
            contribution = rule(tuple(cts) if several else cts[0], *saved)
            sequence = isinstance(tangent, list)
            pieces = zip(contribution, tangent, fit, strict=True) if sequence else [(contribution, tangent, fit)]
            seeds = []
            for piece, seed, one_fit in pieces:
                fitted = fit_cotangent(piece, *one_fit)
                if seed is not None and _slot(fitted, tape) is not None:
                    seeds.append((fitted.slot, seed))
        found = reverse_sweep(tape, seeds, [ct.slot for ct in cts])
        tangents = [
            np.zeros(shape, dtype) if one is None else one for one, (shape, dtype) in zip(found, results, strict=True)
        ]
        return tuple(tangents) if several else tangents[0]

    return push


def _reapplied(found: Operation, call: Call, wrt: str, argument: Any) -> tuple[Callable[..., Any], list[Any]]:
    """The operation as a function of one argument and the saved others, for an operation linear in it."""
    plain_args, plain_kwargs, _, _ = call
    keys = list(plain_kwargs)
    count = len(plain_args)
    position = found.parameters.index(wrt)
    place = position if position < count else count + keys.index(wrt)

    def push(tangent: Any, *values: Any) -> Any:
        if isinstance(tangent, list):
            tangent = [
                np.zeros_like(value) if one is None else one for one, value in zip(tangent, values[place], strict=True)
            ]
        every = [*values[:place], tangent, *values[place + 1 :]]
        return found.function(*every[:count], **dict(zip(keys, every[count:], strict=True)))

    saved = [*plain_args, *plain_kwargs.values()]
    if not isinstance(argument, (list, tuple)):
        saved[place] = None
    return push, saved


def _pushforward(
    found: Operation, rule: Rule, function: Callable[..., Any], saved: list[Any], argument_fit: Any, context: Any
) -> tuple[Callable[..., Any], list[Any]]:
    environment, result, argument, call, _ = context
    several = isinstance(result, (tuple, list))
    if found.elementwise and (found.holomorphic or not _has_complex(environment, result)):
        return function, saved
    if rule.wrt in found.linear and environment.get("initial") is None:  # with a starting value it is affine
        return _reapplied(found, call, rule.wrt, argument)
    results = [_shape_and_dtype(one) for one in (result if several else [result])]

    def push(tangent: Any, *values: Any) -> Any:
        return transposed(function, list(values), results, argument_fit, several)(tangent)

    return push, saved


def _pullback_of(pushforward: Callable[..., Any], argument_fit: Any, result: Any) -> Callable[..., Any]:
    """The pullback of a rule that a user gave as a pushforward: its transpose."""
    several = isinstance(result, (tuple, list))
    fit = [_shape_and_dtype(one) for one in result] if several else _shape_and_dtype(result)

    def pull(ct: Any, *values: Any) -> Any:
        seed = list(ct) if several else ct
        return transposed(pushforward, list(values), [argument_fit], fit, several=False)(seed)

    return pull


def _foreign_arrays(tape: Tape, named: dict[str, Any]) -> list[Any]:
    """The arrays among the arguments that are not recorded values of this tape, and could be overwritten unseen."""
    return [
        item
        for value in named.values()
        for item in (value if isinstance(value, (list, tuple)) else (value,))
        if (item.tape is not tape if isinstance(item, RecordedArray) else isinstance(item, np.ndarray))
    ]


def _make_link(found: Operation, tape: Tape, rule: Rule, source: Any, context: Any) -> Any:
    environment, result, _, _, foreign = context
    argument = environment[rule.wrt]
    if rule.wrt == found.sequence:
        fit: Any = [_shape_and_dtype(one) for one in argument]
    else:
        fit = _shape_and_dtype(argument)
    function: Callable[..., Any] = rule.function
    if rule.statics:
        function = partial(function, **{name: environment[name] for name in rule.statics})
    saved = [_resolve(environment, name) for name in rule.saves]
    if rule.pushforward:
        if not tape.forward:
            function = _pullback_of(function, fit, result)
    elif tape.forward:
        function, saved = _pushforward(found, rule, function, saved, fit, context)
    if tape.forward:
        fit = None if isinstance(result, (tuple, list)) else _shape_and_dtype(result)
    for array in foreign:
        tape.keep_plain(saved, array)
    return function, source, fit, saved


def _links(found: Operation, tape: Tape, named: dict[str, Any], result: Any, call: Call) -> list[Any]:
    environment: dict[str, Any] | None = None
    foreign: list[Any] = []
    links = []
    for name, pullback in found.rules.items():
        rule = found.pushforwards.get(name, pullback) if tape.forward else pullback
        value = named[name]
        if name == found.sequence:
            source: Any = tuple(_slot(item, tape) for item in value)
            if all(slot is None for slot in source):
                continue
        else:
            source = _slot(value, tape)
            if source is None:
                continue
        if environment is None:
            environment = _environment(found, tape, named, result)
            foreign = _foreign_arrays(tape, named)
        links.append(_make_link(found, tape, rule, source, (environment, result, value, call, foreign)))
    return links


def _carries_derivative(value: Any) -> bool:
    kind = value.dtype.kind if hasattr(value, "dtype") else np.asarray(value).dtype.kind
    return kind in "fc"


def link(found: Operation, tape: Tape, named: dict[str, Any], result: Any, call: Call) -> Any:
    """Enter an operation that has been run on its tape; returns its result, recorded."""
    links = _links(found, tape, named, result, call)
    several = isinstance(result, (tuple, list))
    if several:
        values = list(result)
        slots = [next(tape.slots) if links and _carries_derivative(value) else None for value in values]
        recorded = [
            RecordedArray(value, slot, tape) if _carries_derivative(value) else value
            for value, slot in zip(values, slots, strict=True)
        ]
        if links:
            tape.append(Several(slots, [template_of(value) for value in values], links))
        outcome: Any = type(result)(*recorded) if hasattr(result, "_fields") else type(result)(recorded)
    elif not _carries_derivative(result):
        if tape.told:
            tell_stopped(found.name, tuple(named.values()), result)
        return result
    else:
        slot = next(tape.slots) if links else None
        if links:
            tape.append((slot, links))
        outcome = RecordedArray(result, slot, tape)
    if tape.listener is not None:
        tape.listener.operation(found, tuple(named.items()), outcome)
    return outcome
