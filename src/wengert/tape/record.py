"""Recording: runs an operation on the values below its recorded arguments and enters it on their tape.

What goes in: a function with the arguments the user gave it, some of them recorded. What comes out: its result,
recorded where it depends on an active argument, a constant of the same tape where it does not, plain where it cannot
carry a derivative (integers, booleans). Which tape: the innermost among the arguments; those of outer levels are
constants to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from wengert.errors import EscapedValueError, UnsupportedOperationError, at_user_location
from wengert.ops.signatures import place_of_out
from wengert.ops.table import COMPOSITES, CONSTANT, TABLE, UNSUPPORTED, Operation, operation_name, require_default
from wengert.rules.python_values import array_of
from wengert.tape.array import RecordedArray, RecordedView, constant_array, kept_constant, released
from wengert.tape.link import link
from wengert.tape.saved import memory_owner
from wengert.tape.tape import Tape, tell_stopped

__all__ = ["apply", "assembled", "call", "contains_recorded", "innermost_tape", "is_view_of", "strip"]


def _flat(values: Iterable[Any]) -> Iterator[RecordedArray]:
    for value in values:
        if isinstance(value, RecordedArray):
            yield value
        elif type(value) in (list, tuple):
            yield from _flat(value)
        elif type(value) is dict:
            yield from _flat(value.values())


def innermost_tape(values: Iterable[Any]) -> Tape | None:
    """The tape of the innermost level among recorded values, also inside lists, tuples and dicts."""
    found: Tape | None = None
    for value in _flat(values):
        tape = value.tape
        if tape is found:
            continue
        if found is None or tape.level > found.level:
            found = tape
        elif tape.level == found.level:
            raise EscapedValueError(
                f"values of two different derivative calls meet, {at_user_location()}\n"
                "One of them was kept from a call that has returned, or comes from another thread."
            )
    return found


def strip(value: Any, tape: Tape) -> Any:
    """A value, or a list, tuple or dict of values, with those on this tape replaced by what they hold."""
    if isinstance(value, RecordedArray):
        return value.current() if value.tape is tape else value
    if type(value) in (list, tuple):
        return type(value)(strip(item, tape) for item in value)
    if type(value) is dict:
        return {key: strip(item, tape) for key, item in value.items()}
    return value


def contains_recorded(value: Any) -> bool:
    """Whether a value is recorded, or a list or tuple with recorded values in it."""
    if isinstance(value, RecordedArray):
        return True
    return isinstance(value, (list, tuple)) and any(contains_recorded(item) for item in value)


def assembled(value: Any) -> Any:
    """A nested list of numbers and arrays as one array, if some of them are recorded."""
    if type(value) not in (list, tuple) or not contains_recorded(value):
        return value
    elements = [assembled(item) for item in value]
    if len({np.shape(element) for element in elements}) > 1:
        raise ValueError(
            "setting an array element with a sequence. The requested array has an inhomogeneous shape after 1 "
            "dimensions."
        )
    return array_of(elements)


def _without_lists_of_numbers(value: Any) -> Any:
    """An argument, with lists of recorded numbers in it made arrays; a list of arrays stays a list."""
    if type(value) not in (list, tuple) or not contains_recorded(value):
        return value
    if all(isinstance(item, (RecordedArray, float, int, np.generic)) and np.ndim(item) == 0 for item in value):
        return array_of(list(value))
    return value


def _released_arguments(value: Any) -> Any:
    """An argument, with constants in it that were kept after their recording made plain arrays."""
    if type(value) in (list, tuple):
        return type(value)([_released_arguments(item) for item in value])
    return released(value)


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function of the table with recorded arguments, whatever its class."""
    if any(kept_constant(value) for value in _flat((*args, *kwargs.values()))):
        args, kwargs = _released_arguments(args), {name: _released_arguments(value) for name, value in kwargs.items()}
        if not any(True for _ in _flat((*args, *kwargs.values()))):
            return function(*args, **kwargs)
    found = TABLE.get(function)
    if found is not None:
        return apply(found, args, kwargs)
    definition = COMPOSITES.get(function)
    if definition is not None:
        args, kwargs, out = _without_out(place_of_out(function), args, kwargs)
        args = tuple([_without_lists_of_numbers(value) for value in args])
        kwargs = {name: _without_lists_of_numbers(value) for name, value in kwargs.items()}
        return _stored(definition(*args, **kwargs), out)
    if function in CONSTANT:
        return _constant_call(function, args, kwargs)
    reason = UNSUPPORTED.get(function, "it is not in the table of derivative rules")
    raise UnsupportedOperationError(
        f"{operation_name(function)} cannot be differentiated: {reason}; {at_user_location()}"
    )


def _constant_call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    args, kwargs, out = _without_out(place_of_out(function), args, kwargs)
    given = (*args, *kwargs.values())
    tape = innermost_tape(given)
    told = tape is not None and tape.told
    while tape is not None:
        args, kwargs = strip(args, tape), strip(kwargs, tape)
        tape = innermost_tape((*args, *kwargs.values()))
    result = function(*args, **kwargs)
    if told:
        tell_stopped(operation_name(function), given, result)
    return _stored(_constants(result), out)


def _constants(result: Any) -> Any:
    if isinstance(result, np.ndarray) and result.dtype.kind in "fc":
        return constant_array(result)
    if type(result) in (list, tuple):
        return type(result)(_constants(item) for item in result)
    return result


def _without_out(
    place: int | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """The arguments of a call without the array to store its result in, which may stand at `place`, and that array."""
    if place is None:
        return args, kwargs, None
    if "out" in kwargs:
        return args, {name: value for name, value in kwargs.items() if name != "out"}, kwargs["out"]
    if place < len(args):
        return (*args[:place], None, *args[place + 1 :]), kwargs, args[place]
    return args, kwargs, None


def _stored(result: Any, out: Any) -> Any:
    """A result; where there is an array to store it in, that array."""
    if out is None:
        return result
    out[...] = result
    return out


def _assemble_arguments(
    found: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call with lists made arrays, as NumPy itself makes them, recorded values included."""
    if not any(type(value) in (list, tuple, np.ndarray) for value in (*args, *kwargs.values())):
        return args, kwargs
    named = dict(zip(found.parameters, args, strict=False)) | kwargs
    for name, value in named.items():
        if name != found.sequence:
            named[name] = assembled(value)
            if type(named[name]) is list:  # the caller may change it later
                named[name] = np.array(value) if name in found.rules else list(value)
            elif type(value) is np.ndarray and name not in found.rules and _keeps_option(found, name):
                named[name] = value.copy()
        elif type(value) in (list, tuple):
            named[name] = type(value)([assembled(item) for item in value])
    names = found.parameters[: len(args)]
    return tuple(named[name] for name in names), {name: named[name] for name in kwargs}


def _keeps_option(found: Operation, name: str) -> bool:
    """Whether a rule, or a view, keeps the value of an option as it is given."""
    return found.view or any(name in rule.statics for rule in found.rules.values())


def apply(found: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run an operation of the table and record it."""
    args, kwargs, out = _without_out(found.out, args, kwargs)
    if out is not None:
        return _stored(apply(found, args, kwargs), out)
    tape = innermost_tape((*args, *kwargs.values()))
    if tape is None:
        return found.function(*args, **kwargs)
    args, kwargs = _assemble_arguments(found, args, kwargs)
    plain_args = tuple([strip(value, tape) for value in args])
    plain_kwargs = {name: strip(value, tape) for name, value in kwargs.items()}
    result = found.function(*plain_args, **plain_kwargs)
    named = dict(zip(found.parameters, _bound(found, args, kwargs), strict=True))
    _check_options(found, named, tape)
    recorded = link(found, tape, named, result, (plain_args, plain_kwargs, args, kwargs))
    if found.view:
        recorded = _as_view(found, recorded, args, kwargs)
    return recorded


def _bound(found: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The values of an operation's parameters; a ufunc's options are none of them."""
    if isinstance(found.function, np.ufunc):
        changing = set(kwargs) - {"dtype", "casting", "order", "subok"}
        if changing:
            raise UnsupportedOperationError(f"{found.name} with {', '.join(sorted(changing))}= has no derivative rule")
        return found.bind(*args)
    return found.bind(*args, **kwargs)


def _check_options(found: Operation, named: dict[str, Any], tape: Tape) -> None:
    """Refuse an option that no rule reads, and an active argument without a rule, rather than ignore them."""
    defaults = found.defaults
    for name, value in named.items():
        if name in found.rules or name in found.constant or (name in defaults and value is defaults[name]):
            continue
        if any(item.tape is tape and item.current_slot() is not None for item in _flat((value,))):
            raise UnsupportedOperationError(
                f"{found.name} has no derivative rule with respect to {name!r}; {at_user_location()}"
            )
        if name not in found.inert and not any(name in (*rule.statics, *rule.saves) for rule in found.rules.values()):
            require_default(found, name, value)


def is_view_of(result: Any, value: Any) -> bool:
    """Whether an array returned for `value` is a view of the same storage rather than a new array."""
    if isinstance(result, RecordedArray):
        return isinstance(value, RecordedArray) and result.root is value.root
    if type(result) is not np.ndarray or type(value) is not np.ndarray:
        return False
    if result is value:
        return True
    base = result.base
    return base is not None and (base is value or base is value.base or memory_owner(base) is memory_owner(value))


class ViewStep:
    """The call of a view operation, as a function of the array it is a view of; `args` and `kwargs` are the others.

    `conjugates`: cotangents are those of the conjugate, so that through this view they have the opposite sign.
    """

    __slots__ = ("args", "conjugates", "function", "kwargs")

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], conjugates: bool
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.conjugates = conjugates

    def __call__(self, array: Any) -> Any:
        return self.function(array, *self.args, **self.kwargs)


def _as_view(found: Operation, recorded: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Tie the result of a view operation to the storage it is a view of."""
    source = args[0] if args else kwargs[found.parameters[0]]
    if (
        not isinstance(recorded, RecordedArray)
        or not isinstance(source, RecordedArray)
        or source.tape is not recorded.tape
        or not is_view_of(recorded.value, source.value)
    ):
        return recorded

    rest = {name: value for name, value in kwargs.items() if args or name != found.parameters[0]}
    step = ViewStep(found.function, args[1:], rest, conjugates=found.function is np.imag and source.dtype.kind == "c")
    return RecordedView(recorded.value, recorded.slot, recorded.tape, source.root, (*source.path, step))
