"""Derivative rules of users' own functions, in the form of the rule table.

A function decorated with `custom_vjp` or `custom_jvp` is one entry of the tape: its body runs on plain arrays and is
not recorded. Its rules are registered one for each argument, and their parameter lists say what they save.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from wengert.errors import ArgumentError, RuleError
from wengert.ops.table import Rule, make_operation, make_rule
from wengert.tape.array import RecordedArray
from wengert.tape.record import apply, innermost_tape
from wengert.tape.stand_ins import resolve
from wengert.tape.tape import open_tapes

__all__ = ["custom_jvp", "custom_vjp"]

F = TypeVar("F", bound=Callable[..., Any])


def _recording_rule(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A user's rule, recompiled where it is recorded itself, for derivatives of higher order."""

    @functools.wraps(rule)
    def run(*args: Any, **kwargs: Any) -> Any:
        return (resolve(rule) if open_tapes() else rule)(*args, **kwargs)

    return run


def _read_only(value: Any) -> Any:
    if type(value) is not np.ndarray:
        return value
    view = value.view()
    view.flags.writeable = False
    return view


class _CustomFunction:
    """A function with rules of its own; calls it, and records the call as one operation."""

    _is_pushforward: bool

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        signature = inspect.signature(function)
        variadic = [p.name for p in signature.parameters.values() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        if variadic:
            raise RuleError(f"{function.__qualname__} takes *{variadic[0]}: rules need arguments with names")
        self._operation = make_operation(self, signature, inert=frozenset(signature.parameters))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The value; recorded where an argument is."""
        if innermost_tape((*args, *kwargs.values())) is None:
            return self._run(args, kwargs) if open_tapes() else self.function(*args, **kwargs)
        self._check_arguments(args, kwargs)
        return apply(self._operation, args, kwargs)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function on plain arrays, which it may neither change nor return, since a tape holds them."""
        result = self.function(
            *[_read_only(value) for value in args], **{name: _read_only(value) for name, value in kwargs.items()}
        )
        several = type(result) in (tuple, list) or hasattr(result, "_fields")
        results = list(result) if several else [result]
        for one in results:
            if not isinstance(one, (np.ndarray, np.generic, float, complex, int)):
                raise RuleError(
                    f"{self._operation.name} returned a {type(one).__name__}; a function with custom rules returns an "
                    "array, a number, or a tuple or list of those"
                )
        owned = [np.array(one) if isinstance(one, np.ndarray) and not one.flags.owndata else one for one in results]
        owned = [np.array(one) if any(one is value for value in args) else one for one in owned]
        if not several:
            return owned[0]
        return type(result)(*owned) if hasattr(result, "_fields") else type(result)(owned)

    def _check_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        named = zip(self._operation.parameters, self._operation.bind(*args, **kwargs), strict=True)
        for name, value in named:
            if not isinstance(value, RecordedArray) and innermost_tape((value,)) is not None:
                raise ArgumentError(
                    f"argument {name!r} of {self._operation.name} holds recorded values in a {type(value).__name__}; "
                    "a function with custom rules takes arrays and numbers as arguments of their own"
                )

    def _rule(self, wrt: str) -> Callable[[F], F]:
        def register(rule: F) -> F:
            if wrt in self._operation.rules:
                raise RuleError(f"{self._operation.name} has two rules wrt {wrt!r}")
            running = _recording_rule(rule)
            made = make_rule(self._operation, running, wrt, pushforward=self._is_pushforward)
            self._refuse_ambiguous(made)
            self._operation.rules[wrt] = made
            return rule

        return register

    def _refuse_ambiguous(self, rule: Rule) -> None:
        arguments = self._operation.parameters
        for name in (*rule.saves, *rule.statics):
            if name in arguments and (name == "out" or name.removesuffix("_shape") in set(arguments) - {name}):
                what = "the result" if name == "out" else f"the shape of {name.removesuffix('_shape')!r}"
                raise RuleError(
                    f"rule {rule.function.__qualname__} of {self._operation.name}: {name!r} is {what}, and an argument "
                    "of the function too; give the argument another name"
                )


class custom_vjp(_CustomFunction):  # noqa: N801 (used as a decorator)
    """Decorator: a function whose reverse derivative is given by rules; forward derivatives are their transposes.

    `f.vjp(wrt="x")` decorates the rule for argument `x`: a function of `ct`, the cotangent of the result, and of any of
    `out`, the argument names and `<argument>_shape`; keyword-only parameters are options. Only what it names is
    saved. It returns the cotangent of `x` and must be linear in `ct`. An argument without a rule cannot be
    differentiated.

    Raises:
        RuleError: a rule names something that cannot be resolved, when it is defined.
        UnsupportedOperationError: a derivative with respect to an argument without a rule.

    >>> import numpy as np
    >>> import wengert as wg
    >>> @wg.custom_vjp
    ... def softplus(x):
    ...     return np.logaddexp(0.0, x)
    >>> @softplus.vjp(wrt="x")
    ... def softplus_x(ct, x):
    ...     return ct / (1.0 + np.exp(-x))
    >>> wg.grad(softplus)(0.0)
    np.float64(0.5)
    """

    _is_pushforward = False

    def vjp(self, *, wrt: str) -> Callable[[F], F]:
        """Decorator for the rule of one argument."""
        return self._rule(wrt)


class custom_jvp(_CustomFunction):  # noqa: N801 (used as a decorator)
    """Decorator: a function whose forward derivative is given by rules; reverse derivatives are their transposes.

    `f.jvp(wrt="x")` decorates the rule for argument `x`: a function of `tangent`, that of `x`, and of any of `out`, the
    argument names and `<argument>_shape`; keyword-only parameters are options. It returns its part of the tangent of
    the result and must be linear in `tangent`. Errors are those of `custom_vjp`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> @wg.custom_jvp
    ... def cube(x):
    ...     return x * x * x
    >>> @cube.jvp(wrt="x")
    ... def cube_x(tangent, x):
    ...     return 3.0 * x**2 * tangent
    >>> wg.grad(cube)(2.0)
    np.float64(12.0)
    """

    _is_pushforward = True

    def jvp(self, *, wrt: str) -> Callable[[F], F]:
        """Decorator for the rule of one argument."""
        return self._rule(wrt)
