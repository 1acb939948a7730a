"""The short way from an elementwise operation to an entry of the tape.

What the general way of `wengert.tape.record` does for any call is done here for ufuncs of one and two arguments,
without binding a call: the rules are known when the recorder is made, and so is what they save. The general way
remains for what is rare: operands of several levels, options, and functions that are not holomorphic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.errors import RuleError, UnsupportedOperationError, at_user_location
from wengert.ops.table import TABLE, Operation
from wengert.tape.array import BINARY, UNARY, RecordedArray, RecordedView, kept_constant, released
from wengert.tape.record import call, innermost_tape
from wengert.tape.saved import NUMBERS
from wengert.tape.tape import Tape

__all__ = ["binary_methods", "install_recorders", "unary_recorder"]

UnaryRecorder = Callable[[RecordedArray], Any]
BinaryRecorder = Callable[..., RecordedArray]

_DOUBLE = np.dtype(np.float64)
_PLAIN_NUMBERS = (float, int, complex, bool, np.generic)


def _saver(found: Operation, wrt: str) -> Callable[..., list[Any]]:
    """A function from the arguments and the result to the list of what the rule saves.

    Compiled from the rule's parameter list, so that saving costs one call.
    """
    saves = found.rules[wrt].saves
    if not {"out", *found.parameters}.issuperset(saves):
        raise RuleError(f"the rule of {found.name} wrt {wrt!r} is not elementwise: it saves {', '.join(saves)}")
    text = f"lambda {', '.join(found.parameters)}, out: [{', '.join(saves)}]"
    saver: Callable[..., list[Any]] = eval(text)  # noqa: S307 (parameter names checked by the table)
    return saver


def _fit(value: Any, out: Any, forward: bool) -> Any:
    """What a contribution must be fitted to, or None where argument and result are alike, so that it fits as it is.

    A rule may promote a narrower type than float64, by a constant of its own.
    """
    if not hasattr(value, "dtype"):
        value = np.asarray(value)
    if not hasattr(out, "dtype"):
        out = np.asarray(out)
    if value.dtype is out.dtype is _DOUBLE and value.shape == out.shape:
        return None
    return (out.shape, out.dtype) if forward else (value.shape, value.dtype)


def _recorded(tape: Tape, value: Any, slot: int | None) -> Any:
    """An argument as the program has it, from what is recorded of it."""
    return value if slot is None else RecordedArray(value, slot, tape)


def unary_recorder(function: np.ufunc, compute: Callable[[Any], Any]) -> UnaryRecorder:
    """What records `compute(x)`, the operation of `function`, for a recorded `x`."""
    found = TABLE[function]
    rule = found.rules["x"].function
    save = _saver(found, "x")

    def record(array: RecordedArray) -> Any:
        value = array.current() if type(array) is RecordedView else array.value
        tape = array.tape
        if not tape.open and kept_constant(array):
            return compute(value)
        out = compute(value)
        source = array.slot
        if source is None:
            result = RecordedArray(out, None, tape)
        else:
            alike = type(value) is np.ndarray and value.dtype is out.dtype is _DOUBLE
            link = rule, source, None if alike else _fit(value, out, tape.forward), save(value, out)
            slot = next(tape.slots)
            tape.append((slot, (link,)))
            result = RecordedArray(out, slot, tape)
        if tape.listener is not None:
            tape.listener.operation(found, (("x", array),), result)
        return result

    return record


def binary_recorder(function: np.ufunc, compute: Callable[[Any, Any], Any]) -> BinaryRecorder:
    """What records `compute(x1, x2)`, the operation of `function`, for values and slots on one tape.

    `foreign` is the operand that is not a recorded value of this tape, if one is not.
    """
    found = TABLE[function]
    rule1, rule2 = (found.rules[name].function for name in ("x1", "x2"))
    save1, save2 = (_saver(found, name) for name in ("x1", "x2"))

    def record(
        tape: Tape, x1: Any, slot1: int | None, x2: Any, slot2: int | None, foreign: Any = None
    ) -> RecordedArray:
        out = compute(x1, x2)
        if slot1 is None and slot2 is None:
            result = RecordedArray(out, None, tape)
        else:
            alike = (
                type(x1) is type(x2) is np.ndarray
                and x1.shape == x2.shape
                and x1.dtype is x2.dtype is out.dtype is _DOUBLE
            )
            if slot1 is None:
                saved = save2(x1, x2, out)
                links: Any = ((rule2, slot2, None if alike else _fit(x2, out, tape.forward), saved),)
                if foreign is not None and type(foreign) not in NUMBERS:
                    tape.keep_plain(saved, foreign)
            else:
                saved = save1(x1, x2, out)
                link1 = rule1, slot1, None if alike else _fit(x1, out, tape.forward), saved
                if slot2 is None:
                    links = (link1,)
                    if foreign is not None and type(foreign) not in NUMBERS:
                        tape.keep_plain(saved, foreign)
                else:
                    fit2 = None if alike else _fit(x2, out, tape.forward)
                    links = link1, (rule2, slot2, fit2, save2(x1, x2, out))
            slot = next(tape.slots)
            tape.append((slot, links))
            result = RecordedArray(out, slot, tape)
        if tape.listener is not None:
            arguments = ("x1", _recorded(tape, x1, slot1)), ("x2", _recorded(tape, x2, slot2))
            tape.listener.operation(found, arguments, result)
        return result

    return record


def binary_methods(function: np.ufunc, compute: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """The operator method and its reflection."""
    record = binary_recorder(function, compute)

    def method(self: RecordedArray, other: Any) -> Any:
        kind = type(other)
        tape = self.tape
        if type(self) is RecordedView:
            self.refresh()
        if not tape.open and kept_constant(self):
            return compute(released(self), released(other))
        if kind is RecordedArray or kind is RecordedView:
            if kind is RecordedView:
                other.refresh()
            if not other.tape.open and kept_constant(other):
                return method(self, released(other))
            if other.tape is tape:
                return record(tape, self.value, self.slot, other.value, other.slot)
            if innermost_tape((self, other)) is tape:
                return record(tape, self.value, self.slot, other, None, other)
            return record(other.tape, self, None, other.value, other.slot, self)
        if kind is np.ndarray or isinstance(other, _PLAIN_NUMBERS):
            return record(tape, self.value, self.slot, other, None, other)
        if isinstance(other, (list, tuple, np.memmap)):
            return call(function, (self, other), {})
        _refuse_subclass(other)
        return NotImplemented

    def reflected(self: RecordedArray, other: Any) -> Any:
        if type(self) is RecordedView:
            self.refresh()
        if not self.tape.open and kept_constant(self):
            return compute(other, released(self))
        if type(other) is np.ndarray or isinstance(other, _PLAIN_NUMBERS):
            return record(self.tape, other, None, self.value, self.slot, other)
        if isinstance(other, (list, tuple, np.memmap)):
            return call(function, (other, self), {})
        _refuse_subclass(other)
        return NotImplemented

    return method, reflected


def _refuse_subclass(other: Any) -> None:
    """Refuse arrays whose operators may mean something else, such as those of `np.matrix`."""
    if isinstance(other, np.ndarray):
        raise UnsupportedOperationError(
            f"arithmetic of a recorded array and a {type(other).__name__} has no rule; use a plain ndarray, "
            f"{at_user_location()}"
        )


def _is_short(function: np.ufunc, names: tuple[str, ...]) -> bool:
    """Whether the short way serves a ufunc: elementwise, holomorphic, and every rule saves arguments or the result."""
    found = TABLE[function]
    return (
        found.elementwise
        and found.holomorphic
        and found.parameters == names
        and function.nout == 1
        and set(found.rules) == set(names)
        and all({"out", *names}.issuperset(rule.saves) and not rule.statics for rule in found.rules.values())
    )


def install_recorders() -> None:
    """Fill in the short ways that `__array_ufunc__` of a recording array takes; once the rule table is complete."""
    for function in TABLE:
        if not isinstance(function, np.ufunc):
            continue
        if _is_short(function, ("x",)):
            UNARY[function] = unary_recorder(function, function)
        elif _is_short(function, ("x1", "x2")):
            BINARY[function] = binary_methods(function, function)
