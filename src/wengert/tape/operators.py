"""The operators of recording arrays: the short way from `x * y` to an entry.

What the general way of `wengert.tape.record` does for any operation is done here for elementwise operators of one and two
arguments, without binding a call: the rules are known when the method is made, and so is what they save.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.errors import RuleError
from wengert.ops.table import TABLE, Operation
from wengert.tape.access import accumulate, overwrite
from wengert.tape.array import RecordedArray, RecordedView
from wengert.tape.record import call, innermost_tape

__all__ = ["install_operators"]

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
    """What a contribution must be fitted to, or None where the argument and the result are alike."""
    if type(value) in (float, int, complex) or type(out) in (float, complex):
        own, result = np.asarray(value), np.asarray(out)
        like = result if forward else own
        return None if own.dtype == result.dtype and own.shape == result.shape else (like.shape, like.dtype)
    if value.shape == out.shape and value.dtype is out.dtype:
        return None
    return (out.shape, out.dtype) if forward else (value.shape, value.dtype)


def _binary(function: np.ufunc, compute: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The recording of a binary elementwise operation, for operands of which the first is on the tape it goes to."""
    found = TABLE[function]
    rules = tuple(found.rules[name].function for name in ("x1", "x2"))
    save1, save2 = (_saver(found, name) for name in ("x1", "x2"))
    rule1, rule2 = rules
    holomorphic = found.holomorphic

    def record(tape: Any, x1: Any, slot1: int | None, x2: Any, slot2: int | None) -> Any:
        out = compute(x1, x2)
        if slot1 is None and slot2 is None:
            result = RecordedArray(out, None, tape)
        else:
            forward = tape.forward
            links = []
            if slot1 is not None:
                saved = save1(x1, x2, out)
                links.append((rule1, slot1, _fit(x1, out, forward), saved))
                if slot2 is None and type(x2) not in _NEVER_WRITTEN and any(item is x2 for item in saved):
                    tape.keep_plain(saved, x2)
            if slot2 is not None:
                saved = save2(x1, x2, out)
                links.append((rule2, slot2, _fit(x2, out, forward), saved))
                if slot1 is None and type(x1) not in _NEVER_WRITTEN and any(item is x1 for item in saved):
                    tape.keep_plain(saved, x1)
            slot = next(tape.slots)
            tape.append((slot, links))
            result = RecordedArray(out, slot, tape)
        if tape.listener is not None:
            tape.listener.entry(found.name, (("x1", x1, slot1), ("x2", x2, slot2)), result, None)
        return result

    assert holomorphic
    return record


_NEVER_WRITTEN = (float, int, np.float64, np.float32, complex, np.complex128, np.int64, bool)


def _operand(value: Any, tape: Any) -> tuple[Any, int | None] | None:
    """An operand as seen from a tape: its value and slot; None if it belongs to an inner tape."""
    if value.tape is tape:
        return value.current(), value.slot
    if innermost_tape((value,), (RecordedArray(0.0, None, tape),)) is tape:
        return value, None
    return None


def _methods(function: np.ufunc, compute: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """The operator method and its reflection."""
    record = _binary(function, compute)

    def method(self: RecordedArray, other: Any) -> Any:
        kind = type(other)
        tape = self.tape
        if kind is RecordedArray or kind is RecordedView:
            if other.tape is tape:
                x2, slot2 = other.current(), other.slot
            else:
                operand = _operand(other, tape)
                if operand is None:
                    return record(other.tape, self, None, other.current(), other.slot)
                x2, slot2 = operand
            return record(tape, self.current(), self.slot, x2, slot2)
        if kind is np.ndarray or isinstance(other, _PLAIN_NUMBERS):
            return record(tape, self.current(), self.slot, other, None)
        if isinstance(other, (list, tuple, np.ndarray)):
            return call(function, (self, other), {})
        return NotImplemented

    def reflected(self: RecordedArray, other: Any) -> Any:
        if type(other) is np.ndarray or isinstance(other, _PLAIN_NUMBERS):
            return record(self.tape, other, None, self.current(), self.slot)
        if isinstance(other, (list, tuple, np.ndarray)):
            return call(function, (other, self), {})
        return NotImplemented

    return method, reflected


def _in_place(method: Callable[..., Any], sign: int = 0) -> Callable[..., Any]:
    """`a op= b`: new numbers for scalars, a write for arrays; for `+=` and `-=` on a view an accumulation."""

    def update(self: RecordedArray, other: Any) -> Any:
        if not isinstance(self.primal(), np.ndarray):
            return method(self, other)
        other_dtype = other.dtype if hasattr(other, "dtype") else None
        if other_dtype is not None and not np.can_cast(other_dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"Cannot cast ufunc output from {np.result_type(other_dtype, self.dtype)} to {self.dtype} "
                "with casting rule 'same_kind'"
            )
        if sign and isinstance(self, RecordedView):
            accumulate(self, Ellipsis, other, sign)
            return self
        result = method(self, other)
        if result is NotImplemented:
            return result
        if np.shape(result) != self.shape:
            raise ValueError(
                f"non-broadcastable output operand with shape {self.shape} doesn't match "
                f"the broadcast shape {np.shape(result)}"
            )
        overwrite(self, result)
        return self

    return update


def _power(method: Callable[..., Any]) -> Callable[..., Any]:
    def power(self: RecordedArray, other: Any) -> Any:
        if type(other) is int and other == 2 and isinstance(self.primal(), np.ndarray):
            return call(np.square, (self,), {})
        return method(self, other)

    return power


_BINARY: dict[str, tuple[np.ufunc, Callable[[Any, Any], Any], int]] = {
    "add": (np.add, operator.add, 1),
    "sub": (np.subtract, operator.sub, -1),
    "mul": (np.multiply, operator.mul, 0),
    "truediv": (np.divide, operator.truediv, 0),
    "pow": (np.power, operator.pow, 0),
    "mod": (np.remainder, operator.mod, 0),
}

_COMPARISONS = ("lt", "le", "eq", "ne", "gt", "ge")


def _comparison(name: str) -> Callable[..., Any]:
    compare = getattr(operator, name)

    def method(self: RecordedArray, other: Any) -> Any:
        return compare(self.primal(), other.primal() if isinstance(other, RecordedArray) else other)

    return method


def _unary(function: np.ufunc) -> Callable[[RecordedArray], Any]:
    """A unary operator; Python numbers keep Python's own result."""

    def method(self: RecordedArray) -> Any:
        return call(function, (self,), {})

    return method


def _floor_divide(self: RecordedArray, other: Any) -> Any:
    return call(np.floor_divide, (self, other), {})


def _reflected_floor_divide(self: RecordedArray, other: Any) -> Any:
    return call(np.floor_divide, (other, self), {})


def _matmul(self: RecordedArray, other: Any) -> Any:
    return call(np.matmul, (self, other), {})


def _reflected_matmul(self: RecordedArray, other: Any) -> Any:
    return call(np.matmul, (other, self), {})


def _divmod(self: RecordedArray, other: Any) -> Any:
    return self // other, self % other  # type: ignore[operator]  # installed below


def _reflected_divmod(self: RecordedArray, other: Any) -> Any:
    return other // self, other % self


def install_operators() -> None:
    """Give `RecordedArray` its operators; called once, when the rule table is complete."""
    for name, (function, compute, sign) in _BINARY.items():
        method, reflected = _methods(function, compute)
        if name == "pow":
            method = _power(method)
        setattr(RecordedArray, f"__{name}__", method)
        setattr(RecordedArray, f"__r{name}__", reflected)
        setattr(RecordedArray, f"__i{name}__", _in_place(method, sign))
    for name in _COMPARISONS:
        setattr(RecordedArray, f"__{name}__", _comparison(name))
    explicit = {
        "__neg__": _unary(np.negative),
        "__pos__": _unary(np.positive),
        "__abs__": _unary(np.absolute),
        "__floordiv__": _floor_divide,
        "__rfloordiv__": _reflected_floor_divide,
        "__matmul__": _matmul,
        "__rmatmul__": _reflected_matmul,
        "__imatmul__": _in_place(_matmul),
        "__ifloordiv__": _in_place(_floor_divide),
        "__divmod__": _divmod,
        "__rdivmod__": _reflected_divmod,
    }
    for name, function_of_self in explicit.items():
        setattr(RecordedArray, name, function_of_self)
