"""NumPy's ufunc protocol for recording arrays: calls with `out=` and `where=`, and the methods of ufuncs."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UnsupportedOperationError, at_user_location
from wengert.ops.table import CONSTANT, UFUNC_METHODS
from wengert.tape.access import accumulate
from wengert.tape.array import RecordedArray, constant_array, primal_of, refuse_to_lose
from wengert.tape.record import assembled, call

__all__ = ["ufunc"]


def ufunc(function: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `__array_ufunc__` of a recording array does."""
    out = kwargs.pop("out", None)
    inputs = tuple([assembled(one) for one in inputs])
    if method == "__call__":
        return _call(function, inputs, kwargs, out)
    if method == "at":
        _at(function, *inputs)
        return None
    if out is not None:
        kwargs["out"] = out[0]
    if method == "outer":
        return _outer(function, inputs[0], inputs[1], kwargs)
    return _along_axis(function, method, inputs, kwargs)


def _call(function: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
    where = kwargs.pop("where", True)
    if where is True:
        result = call(function, inputs, kwargs)
        if out is None:
            return result
        results = result if isinstance(result, tuple) else (result,)
        for target, one in zip(out, results, strict=True):
            if target is not None:
                _check_cast(function, one, target)
                _store(one, target)
        return out if len(out) > 1 else out[0]
    return _masked_call(function, inputs, kwargs, out, where)


def _store(result: Any, target: Any) -> None:
    """Store a result in an array given as `out=`: a plain one can take what depends on no differentiated argument."""
    if not isinstance(target, RecordedArray) and isinstance(result, RecordedArray):
        if result.is_active():
            refuse_to_lose(
                result,
                "the plain ndarray given as out=",
                "Make the array inside the differentiated function: np.zeros_like(x), or np.zeros(n, like=x).",
            )
        result = result.primal()
    target[...] = result


def _check_cast(function: np.ufunc, result: Any, target: Any) -> None:
    if hasattr(result, "dtype") and not np.can_cast(result.dtype, target.dtype, "same_kind"):
        raise TypeError(
            f"Cannot cast ufunc {function.__name__!r} output from {result.dtype!r} to {target.dtype!r} "
            "with casting rule 'same_kind'"
        )


def _masked_call(function: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any], out: Any, where: Any) -> Any:
    """`function(*inputs, where=mask)`: elements where the mask is false are neither computed nor changed."""
    if function.nout != 1:
        raise UnsupportedOperationError(f"np.{function.__name__} with where= and several results has no rule")
    shape = np.broadcast_shapes(*(np.shape(one) for one in (*inputs, where)))
    mask = np.broadcast_to(where, shape)
    target = out[0] if out is not None else None
    chosen = [np.broadcast_to(one, shape)[mask] for one in inputs]
    result = call(function, tuple(chosen), kwargs)
    if target is None:
        target = constant_array(np.empty(shape, result.dtype))
    _check_cast(function, result, target)
    target[mask] = result
    return target


def _at(function: np.ufunc, target: Any, index: Any, values: Any = None) -> None:
    if not isinstance(target, RecordedArray):
        if not (isinstance(values, RecordedArray) and values.is_active()):
            function.at(target, index, *(() if values is None else (primal_of(values),)))
            return
        refuse_to_lose(
            values,
            f"a plain ndarray, by np.{function.__name__}.at",
            "Make the array inside the differentiated function: np.zeros_like(x).",
        )
    if function in (np.add, np.subtract):
        accumulate(target, index, values, 1 if function is np.add else -1)
        return
    counts = np.zeros(target.shape, dtype=np.intp)
    np.add.at(counts, index, 1)
    if counts.max(initial=0) > 1:
        raise UnsupportedOperationError(f"np.{function.__name__}.at with repeated indices has no derivative rule")
    arguments = (target[index],) if values is None else (target[index], values)
    target[index] = call(function, arguments, {})


def _outer(function: np.ufunc, a: Any, b: Any, kwargs: dict[str, Any]) -> Any:
    column = np.reshape(a, np.shape(a) + (1,) * np.ndim(b))
    out = kwargs.pop("out", None)
    return _call(function, (column, b), kwargs, None if out is None else (out,))


def _along_axis(function: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`reduce`, `accumulate` and `reduceat`, where a function of the table does the same."""
    known = UFUNC_METHODS.get((function, method))
    if known is not None:
        array, *rest = inputs
        first = ("indices",) if method == "reduceat" else ()
        names = (*first, "axis", "dtype", "out", "keepdims", "initial", "where")
        options = {**dict(zip(names, rest, strict=False)), **kwargs}
        if method == "reduce":
            options.setdefault("axis", 0)
            if options.get("where") is True:
                del options["where"]
        elif np.ndim(array) > 1:
            options.setdefault("axis", 0)
        return known(array, **options)
    if function in CONSTANT:
        return call_method(function, method, inputs, kwargs)
    raise UnsupportedOperationError(f"np.{function.__name__}.{method} has no derivative rule; {at_user_location()}")


def call_method(function: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ufunc method whose result carries no derivative, on the plain values."""
    plain = [one.primal() if isinstance(one, RecordedArray) else one for one in inputs]
    return getattr(function, method)(*plain, **kwargs)
