"""The methods and attributes of `ndarray` on recording arrays: each is the NumPy function of the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wengert.errors import UnsupportedOperationError, at_user_location
from wengert.rules.casting import astype
from wengert.tape.access import overwrite, write
from wengert.tape.array import RecordedArray, refuse_to_lose
from wengert.tape.record import call
from wengert.tape.tape import tell_stopped

__all__ = ["install_methods"]

# Methods whose arguments after the array are those of the NumPy function of the same name.
_SAME_NAME = (
    *("all", "any", "argmax", "argmin", "argpartition", "argsort", "choose", "clip"),
    *("cumprod", "cumsum", "diagonal", "dot", "max", "mean", "min", "nonzero", "prod", "ravel", "repeat"),
    *("round", "searchsorted", "squeeze", "std", "sum", "swapaxes", "take", "trace", "var"),
)


def _as_method(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: RecordedArray, *args: Any, **kwargs: Any) -> Any:
        return call(function, (self, *args), kwargs)

    return method


def _reshape(self: RecordedArray, *shape: Any, **options: Any) -> Any:
    return call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), options)


def _transpose(self: RecordedArray, *axes: Any) -> Any:
    chosen = axes[0] if len(axes) == 1 else (axes or None)
    return call(np.transpose, (self, chosen), {})


def _copy(self: RecordedArray, order: str = "C") -> Any:
    return call(np.copy, (self, order), {}) if isinstance(self.primal(), np.ndarray) else self


def _flatten(self: RecordedArray, order: str = "C") -> Any:
    return call(np.copy, (call(np.ravel, (self, order), {}),), {})


def _astype(
    self: RecordedArray, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
) -> Any:
    if np.dtype(dtype).kind not in "fciub":
        refuse_to_lose(self, f"an array of dtype {np.dtype(dtype)}")
    if not copy and self.dtype == dtype and order == "K":
        return self
    if not np.can_cast(self.dtype, dtype, casting):  # type: ignore[arg-type]  # a string checked by NumPy
        raise TypeError(f"Cannot cast array data from {self.dtype!r} to {np.dtype(dtype)!r} according to '{casting}'")
    return astype(self, dtype=np.dtype(dtype), order=order)


def _item(self: RecordedArray, *index: Any) -> Any:
    if index:
        chosen = self[index[0] if len(index) == 1 and np.ndim(self.primal()) == 1 else index]
    else:
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        chosen = call(np.reshape, (self, (1,)), {})[0]
    return chosen


def _tolist(self: RecordedArray) -> Any:
    return [_tolist(row) for row in self] if self.ndim else self


def _conjugate(self: RecordedArray) -> Any:
    return call(np.conjugate, (self,), {}) if self.dtype.kind == "c" else self


def _compress(self: RecordedArray, condition: Any, axis: int | None = None, out: Any = None) -> Any:
    return call(np.compress, (condition, self, axis), {"out": out})


def _fill(self: RecordedArray, value: Any) -> None:
    write(self, Ellipsis, value)


def _sort(self: RecordedArray, axis: int = -1, kind: Any = None, **options: Any) -> None:
    overwrite(self, call(np.sort, (self, axis, kind), options))


def _partition(self: RecordedArray, kth: Any, axis: int = -1, **options: Any) -> None:
    overwrite(self, call(np.partition, (self, kth, axis), options))


def _put(self: RecordedArray, indices: Any, values: Any, mode: str = "raise") -> None:
    call(np.put, (self, indices, values, mode), {})


def _view(self: RecordedArray, *args: Any, **kwargs: Any) -> Any:
    if not args and not kwargs:
        return self[...]
    raise UnsupportedOperationError(f"ndarray.view with another dtype has no derivative rule; {at_user_location()}")


class _Flat:
    """`x.flat`: the elements in C order, to read, to write and to iterate over."""

    __slots__ = ("array",)

    def __init__(self, array: RecordedArray) -> None:
        self.array = array

    def _places(self, index: Any) -> Any:
        return np.unravel_index(np.arange(self.array.size)[index], self.array.shape)

    def __len__(self) -> int:
        return self.array.size

    def __getitem__(self, index: Any) -> Any:
        return self.array[self._places(index)]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.array[self._places(index)] = value

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))


def _set_flat(self: RecordedArray, value: Any) -> None:
    elements = call(np.ravel, (value,), {}) if isinstance(value, RecordedArray) else np.ravel(value)
    repeats = -(-self.size // max(1, len(elements)))
    _Flat(self)[:] = call(np.tile, (elements, repeats), {})[: self.size] if repeats > 1 else elements[: self.size]


def _to_whole(function: Callable[[Any], Any]) -> Callable[[RecordedArray], int]:
    """Python's `round`, `math.floor` and the like of a number."""

    def method(self: RecordedArray) -> int:
        result = int(function(self.primal()))
        if self.tape.told:
            tell_stopped(function.__name__, (self,), result)
        return result

    return method


_to_nearest = _to_whole(round)


def _round(self: RecordedArray, digits: int | None = None) -> Any:
    return _to_nearest(self) if digits is None else call(np.round, (self, digits), {})


def _refused(name: str, reason: str) -> Callable[..., Any]:
    def method(self: RecordedArray, *args: Any, **kwargs: Any) -> Any:
        raise UnsupportedOperationError(f"ndarray.{name} cannot be differentiated: {reason}; {at_user_location()}")

    return method


def _set_real(self: RecordedArray, value: Any) -> None:
    write(call(np.real, (self,), {}), Ellipsis, value)


def _set_imag(self: RecordedArray, value: Any) -> None:
    if self.dtype.kind != "c":
        raise TypeError("array does not have imaginary part to set")
    write(call(np.imag, (self,), {}), Ellipsis, value)


def install_methods() -> None:
    """Give `RecordedArray` the methods of `ndarray`; called once, when the rule table is complete."""
    for name in _SAME_NAME:
        setattr(RecordedArray, name, _as_method(getattr(np, name)))
    explicit: dict[str, Any] = {
        "reshape": _reshape,
        "transpose": _transpose,
        "copy": _copy,
        "flatten": _flatten,
        "astype": _astype,
        "item": _item,
        "tolist": _tolist,
        "compress": _compress,
        "conj": _conjugate,
        "conjugate": _conjugate,
        "fill": _fill,
        "sort": _sort,
        "partition": _partition,
        "put": _put,
        "view": _view,
        "T": property(lambda self: call(np.transpose, (self,), {})),
        "mT": property(lambda self: call(np.swapaxes, (self, -1, -2), {})),
        "real": property(lambda self: call(np.real, (self,), {}), _set_real),
        "imag": property(lambda self: call(np.imag, (self,), {}), _set_imag),
        "flat": property(_Flat, _set_flat),
        "resize": _refused("resize", "it changes the size of an array in place"),
        "tobytes": _refused("tobytes", "bytes carry no derivative"),
        "tofile": _refused("tofile", "a file carries no derivative"),
        "byteswap": _refused("byteswap", "it reinterprets the bits of an array"),
        "__round__": _round,
        "__floor__": _to_whole(np.floor),
        "__ceil__": _to_whole(np.ceil),
        "__trunc__": _to_whole(np.trunc),
    }
    for name, attribute in explicit.items():
        setattr(RecordedArray, name, attribute)
