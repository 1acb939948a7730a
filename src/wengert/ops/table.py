"""The table of operations: which functions have derivative rules, what a rule needs, and why the rest have none.

What goes in: declarations and rules, made by the modules of `wengert.rules` when they are imported.
What comes out: `TABLE`, from a function to its `Operation`; `COMPOSITES`, from a function to its definition by other
functions; `CONSTANT` and `UNSUPPORTED`, from a function to the reason why it has no derivative.
What holds: a function is in exactly one of the four. A rule names only what can be resolved: `ct`, `out`, the
operation's own parameters and `<parameter>_shape`; anything else is a `RuleError` when the rule is defined.

The parameter list of a rule is its save list. Arrays are positional; static metadata (`axis`, `keepdims`) is
keyword-only. Rules are linear in `ct` and follow the convention of JAX for complex numbers: they are the transpose,
not the conjugate transpose, of the derivative, so that an elementwise rule of a holomorphic function is its own
pushforward.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import scipy.special

from wengert.errors import RuleError, UnsupportedOperationError
from wengert.ops.signatures import place_of_out, signature_of

__all__ = [
    "COMPOSITES",
    "CONSTANT",
    "TABLE",
    "UFUNC_METHODS",
    "UNSUPPORTED",
    "Operation",
    "Rule",
    "alias",
    "composite",
    "constant",
    "declare",
    "make_operation",
    "make_rule",
    "operation",
    "unsupported",
    "vjp",
]

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """The derivative of one operation with respect to one of its array arguments.

    `saves` are the names of its positional parameters after `ct`, in order; `statics` its keyword-only ones. A rule
    is a pullback unless it is a `pushforward`, whose first parameter is a `tangent` instead; only users define
    those. `singular`: the local derivative can be infinite or NaN where the function is finite, so that a zero
    cotangent must be made to contribute zero. (The record engine does so for every elementwise rule, by a second
    sweep where one is needed.)
    """

    function: Function
    wrt: str
    saves: tuple[str, ...]
    statics: tuple[str, ...]
    singular: bool = False
    pushforward: bool = False


@dataclass(slots=True, eq=False)
class Operation:
    """A function with derivative rules, and what the drivers must know to apply them.

    `parameters` are the names of its arguments in the order in which `bind(*args, **kwargs)` returns their values.
    `elementwise`: the Jacobian is diagonal after broadcasting. `reduction`: each element of the result depends on those
    of the argument along the axes reduced, and on no others. `holomorphic`: so it is for complex arguments too.
    `linear`: the arguments in which it is linear, each with the others held fixed. `sequence`: the argument that is a
    sequence of arrays. `constant`: array arguments through which no derivative passes (indices, conditions).
    `pushforwards`: rules for forward mode, where there is something better than the transpose of a rule.
    `inert`: options that do not change the derivative (`order`, `casting`). `view`: the result may be a view.
    `out`: the position of the argument that the result is stored into, beyond any call where it is a keyword only; None
    for a function that has no such argument, as users' functions have none, whatever their arguments are called.
    """

    name: str
    function: Function
    parameters: tuple[str, ...]
    defaults: dict[str, Any]
    bind: Callable[..., tuple[Any, ...]]
    elementwise: bool = False
    reduction: bool = False
    holomorphic: bool = True
    linear: frozenset[str] = frozenset()
    sequence: str | None = None
    constant: frozenset[str] = frozenset()
    inert: frozenset[str] = frozenset()
    view: bool = False
    out: int | None = None
    rules: dict[str, Rule] = field(default_factory=dict)
    pushforwards: dict[str, Rule] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<operation {self.name} wrt {', '.join(self.rules) or 'nothing'}>"


TABLE: dict[Function, Operation] = {}
COMPOSITES: dict[Function, Function] = {}
CONSTANT: dict[Function, str] = {}
UNSUPPORTED: dict[Function, str] = {}
# The methods of ufuncs that are functions of the table: (np.add, "reduce") is np.sum.
UFUNC_METHODS: dict[tuple[np.ufunc, str], Function] = {}

# Options of many NumPy functions that never change a derivative: `dtype` and `out` are handled by the drivers.
_ALWAYS_INERT = frozenset({"out", "dtype", "order", "casting", "subok", "like", "device"})


def _default_value(parameter: inspect.Parameter) -> Any:
    """The default of a parameter; NumPy's private "no value" marker becomes `False` for `keepdims`, else `None`."""
    if parameter.default is np._NoValue:
        return False if parameter.name == "keepdims" else None
    return parameter.default


def _binder(signature: inspect.Signature) -> Callable[..., tuple[Any, ...]]:
    """A function with this signature that returns the values of all its parameters as one tuple.

    Compiled from text, as `collections.namedtuple` does, because `Signature.bind` costs ten times a NumPy call.
    """
    defaults = {f"default_{p.name}": _default_value(p) for p in signature.parameters.values()}
    plain = signature.replace(
        parameters=[p.replace(annotation=p.empty, default=p.empty) for p in signature.parameters.values()],
        return_annotation=signature.empty,
    )
    text = str(plain)[1:-1]
    for parameter in signature.parameters.values():
        if parameter.default is not parameter.empty:
            pieces = [piece.strip() for piece in text.split(",")]
            pieces[pieces.index(parameter.name)] = f"{parameter.name}=default_{parameter.name}"
            text = ", ".join(pieces)
    names = "".join(f"{name}, " for name in signature.parameters)
    bind: Callable[..., tuple[Any, ...]] = eval(f"lambda {text}: ({names})", defaults)  # noqa: S307 (names of our own)
    return bind


def operation_name(function: Function) -> str:
    """The public dotted name of a function, as a user writes it: `numpy.linalg.solve`."""
    if isinstance(function, np.ufunc):
        for module in (np, scipy.special):
            if getattr(module, function.__name__, None) is function:
                return f"{module.__name__}.{function.__name__}"
        return function.__name__
    module = ".".join(part for part in function.__module__.split(".") if not part.startswith("_"))
    return f"{module}.{function.__qualname__}"


def make_operation(function: Function, signature: inspect.Signature, **properties: Any) -> Operation:
    """An operation that is not in the table: the functions of users that have rules of their own."""
    return Operation(
        name=operation_name(function),
        function=function,
        parameters=tuple(signature.parameters),
        defaults={
            p.name: _default_value(p) for p in signature.parameters.values() if p.default is not inspect.Parameter.empty
        },
        bind=_binder(signature),
        **properties,
    )


def _add_operation(function: Function, signature: inspect.Signature, **properties: Any) -> Operation:
    if function in TABLE or function in COMPOSITES or function in CONSTANT or function in UNSUPPORTED:
        raise RuleError(f"{operation_name(function)} is declared twice")
    found = TABLE[function] = make_operation(function, signature, out=place_of_out(function), **properties)
    return found


def declare(
    function: Function,
    *,
    elementwise: bool = False,
    reduction: bool = False,
    holomorphic: bool = True,
    linear: Iterable[str] = (),
    sequence: str | None = None,
    constant: Iterable[str] = (),
    inert: Iterable[str] = (),
    view: bool = False,
) -> Operation:
    """Enter a function into the table; its rules follow with `vjp`. See `Operation` for the properties."""
    return _add_operation(
        function,
        signature_of(function),
        elementwise=elementwise,
        reduction=reduction,
        holomorphic=holomorphic,
        linear=frozenset(linear),
        sequence=sequence,
        constant=frozenset(constant),
        inert=_ALWAYS_INERT | frozenset(inert),
        view=view,
    )


def _resolvable(found: Operation) -> set[str]:
    return {"out", *found.parameters, *(f"{name}_shape" for name in found.parameters)}


def make_rule(
    found: Operation, function: Function, wrt: str, singular: bool = False, pushforward: bool = False
) -> Rule:
    """Read the parameter list of a rule and check it against the operation."""
    parameters = list(inspect.signature(function).parameters.values())
    place = f"rule {function.__qualname__} of {found.name}"
    if wrt not in found.parameters:
        raise RuleError(f"{place}: wrt={wrt!r} is not one of its arguments ({', '.join(found.parameters)})")
    first = "tangent" if pushforward else "ct"
    if not parameters or parameters[0].name != first:
        raise RuleError(f"{place}: the first parameter must be {first!r}")
    saves = tuple(p.name for p in parameters[1:] if p.kind is p.POSITIONAL_OR_KEYWORD)
    statics = tuple(p.name for p in parameters[1:] if p.kind is p.KEYWORD_ONLY)
    if len(saves) + len(statics) != len(parameters) - 1:
        raise RuleError(f"{place}: *args and **kwargs cannot be resolved by name")
    known = _resolvable(found)
    for name in saves + statics:
        if name not in known:
            raise RuleError(f"{place}: cannot resolve {name!r}; known names are {', '.join(sorted(known))}")
    return Rule(function, wrt, saves, statics, singular, pushforward)


def vjp(function: Function, *, wrt: str, singular: bool = False) -> Callable[[F], F]:
    """Decorator: the rule of `function` with respect to its argument `wrt`.

    A ufunc is declared elementwise by its first rule. `singular` marks a local derivative that can be infinite or NaN
    where the function itself is finite.

        @vjp(np.multiply, wrt="x1")
        def multiply_x1(ct, x2):
            return ct * x2
    """

    def register(rule_function: F) -> F:
        found = TABLE.get(function)
        if found is None:
            if not isinstance(function, np.ufunc):
                raise RuleError(f"{operation_name(function)} has a rule but was not declared")
            found = declare(function, elementwise=function.signature is None)
        if wrt in found.rules:
            raise RuleError(f"{found.name} has two rules wrt {wrt!r}")
        found.rules[wrt] = make_rule(found, rule_function, wrt, singular)
        return rule_function

    return register


def alias(function: Function, of: Function) -> None:
    """Give `function` the properties and rules of the operation `of`; its parameters must have the same names."""
    source = TABLE[of]
    signature = signature_of(function)
    missing = set(source.rules) - set(signature.parameters)
    if missing:
        raise RuleError(f"{operation_name(function)} lacks the arguments {missing} of {source.name}")
    if function is of:
        return
    twin = _add_operation(
        function,
        signature,
        elementwise=source.elementwise,
        reduction=source.reduction,
        holomorphic=source.holomorphic,
        linear=source.linear,
        sequence=source.sequence,
        constant=source.constant,
        inert=source.inert,
        view=source.view,
    )
    twin.rules = source.rules


def composite(function: Function) -> Callable[[F], F]:
    """Decorator: defines `function` by other functions of the table, with the same signature and the same results."""

    def register(definition: F) -> F:
        if function in TABLE or function in COMPOSITES or function in CONSTANT or function in UNSUPPORTED:
            raise RuleError(f"{operation_name(function)} is declared twice")
        COMPOSITES[function] = definition
        return definition

    return register


def _class_all(functions: Iterable[Function], reason: str, into: dict[Function, str]) -> None:
    for function in functions:
        if function in TABLE or function in COMPOSITES or into.get(function, reason) != reason:
            raise RuleError(f"{operation_name(function)} is declared twice")
        into[function] = reason


def constant(*functions: Function, reason: str) -> None:
    """Class functions as non-differentiable: their results are constants, for the reason given."""
    _class_all(functions, reason, CONSTANT)


def unsupported(*functions: Function, reason: str) -> None:
    """Class functions as unsupported: calling one with a recorded value is an error that gives the reason."""
    _class_all(functions, reason, UNSUPPORTED)


def operation(**properties: Any) -> Callable[[F], F]:
    """Decorator: makes a function of our own an operation that takes part in recording as NumPy's functions do.

    Takes the properties of `declare`. The function itself sees no recorded values of the level being recorded.
    """

    def register(function: F) -> F:
        @functools.wraps(function)
        def dispatch(*args: Any, **kwargs: Any) -> Any:
            for argument in (*args, *kwargs.values()):
                for element in argument if type(argument) in (list, tuple) else (argument,):
                    apply = getattr(type(element), "__wengert_function__", None)
                    if apply is not None:
                        return apply(dispatch, args, kwargs)
            return function(*args, **kwargs)

        declare(dispatch, **properties)
        return dispatch  # type: ignore[return-value]  # same call, wrapped

    return register


def require_default(found: Operation, name: str, value: Any) -> None:
    """Refuse a non-default option that no rule of the operation knows, rather than ignore it in the derivative."""
    if name not in found.defaults:  # required, so part of what the operation is
        return
    default = found.defaults[name]
    if value is default or value is np._NoValue or (type(value) is type(default) and value == default):
        return
    raise UnsupportedOperationError(f"{found.name} with {name}={value!r} has no derivative rule")
