"""The operators of recording arrays: arithmetic, in-place arithmetic, comparisons."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.tape.access import accumulate, make_writable, overwrite
from wengert.tape.array import RecordedArray, RecordedView, kept_constant, primal_of
from wengert.tape.elementwise import binary_methods, unary_recorder
from wengert.tape.record import assembled, call
from wengert.tape.tape import tell_stopped

__all__ = ["install_operators"]


def _in_place(method: Callable[..., Any], sign: int = 0) -> Callable[..., Any]:
    """`a op= b`: new numbers for scalars, a write for arrays; for `+=` and `-=` on a view an accumulation."""

    def update(self: RecordedArray, other: Any) -> Any:
        if not isinstance(self.primal(), np.ndarray):
            return method(self, other)
        if kept_constant(self):
            make_writable(self, Ellipsis)
        other = assembled(other)
        if np.iscomplexobj(primal_of(other)) and self.dtype.kind != "c":
            raise TypeError(
                f"Cannot cast ufunc output from dtype('complex128') to {self.dtype!r} with casting rule 'same_kind'"
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

_COMPARISONS = {
    "lt": "less", "le": "less_equal", "eq": "equal", "ne": "not_equal", "gt": "greater", "ge": "greater_equal"
}  # fmt: skip


def _comparison(name: str) -> Callable[..., Any]:
    compare = getattr(operator, name)
    ufunc = f"numpy.{_COMPARISONS[name]}"

    def method(self: RecordedArray, other: Any) -> Any:
        result = compare(self.primal(), other.primal() if isinstance(other, RecordedArray) else other)
        if self.tape.told:
            tell_stopped(ufunc, (self, other), result)
        return result

    return method


def _absolute(self: RecordedArray) -> Any:
    return call(np.absolute, (self,), {})


def _floor_divide(self: RecordedArray, other: Any) -> Any:
    return call(np.floor_divide, (self, other), {})


def _reflected_floor_divide(self: RecordedArray, other: Any) -> Any:
    return call(np.floor_divide, (other, self), {})


def _matmul(self: RecordedArray, other: Any) -> Any:
    return call(np.matmul, (self, other), {})


def _reflected_matmul(self: RecordedArray, other: Any) -> Any:
    return call(np.matmul, (other, self), {})


def _divmod(self: RecordedArray, other: Any) -> Any:
    return self // other, self % other


def _reflected_divmod(self: RecordedArray, other: Any) -> Any:
    return other // self, other % self


def install_operators() -> None:
    """Give `RecordedArray` its operators; called once, when the rule table is complete."""
    for name, (function, compute, sign) in _BINARY.items():
        method, reflected = binary_methods(function, compute)
        if name == "pow":
            method = _power(method)
        setattr(RecordedArray, f"__{name}__", method)
        setattr(RecordedArray, f"__r{name}__", reflected)
        setattr(RecordedArray, f"__i{name}__", _in_place(method, sign))
    for name in _COMPARISONS:
        setattr(RecordedArray, f"__{name}__", _comparison(name))
    explicit = {
        "__neg__": unary_recorder(np.negative, operator.neg),
        "__pos__": unary_recorder(np.positive, operator.pos),
        "__abs__": _absolute,
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
