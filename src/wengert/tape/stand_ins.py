"""What stands in for a function that a recorded user function calls.

Creation calls (`np.zeros`, `np.array`, `x.copy()`) yield recording arrays, which can hold recorded values.
Conversions that do not take part in NumPy's protocols (`float`, `np.asarray`) and Python's `math` functions record.
Users' functions, methods, classes and callables are recompiled. Everything else stands for itself.
"""

from __future__ import annotations

import functools
import os
import sysconfig
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import scipy

from wengert.codes import ByCode
from wengert.errors import UnsupportedOperationError, at_user_location
from wengert.ops.table import COMPOSITES, CONSTANT, TABLE, UNSUPPORTED
from wengert.rules.mathematics import MATH
from wengert.rules.python_values import python_complex, python_float
from wengert.tape.array import RecordedArray, constant_array, primal_of, refuse_to_lose
from wengert.tape.record import assembled, call, contains_recorded
from wengert.tape.source import CALL_HOOK, ELEMENT_HOOK, recompile
from wengert.tape.tape import tell_stopped

__all__ = ["resolve"]

Function = Callable[..., Any]


def _recorded_constant(result: Any) -> Any:
    """A new plain array as a recording one, if it can hold a derivative."""
    if type(result) is np.ndarray and result.dtype.kind in "fc":
        return constant_array(result)
    return result


def _creating(function: Function) -> Function:
    """A function that makes a new array, which is to be a recording one."""

    @functools.wraps(function)
    def create(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("like") is not None and isinstance(kwargs["like"], RecordedArray):
            kwargs["like"] = None
        if any(contains_recorded(value) for value in (*args, *kwargs.values())):
            return call(function, args, kwargs)
        return _recorded_constant(function(*args, **kwargs))

    return create


def _routed(function: Function) -> Function:
    """A function of the table that does not look for recorded arguments by itself."""

    @functools.wraps(function)
    def route(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            if contains_recorded(value):
                return call(function, args, kwargs)
        if kwargs and any(contains_recorded(value) for value in kwargs.values()):
            return call(function, args, kwargs)
        result = function(*args, **kwargs)
        return _recorded_constant(result) if _is_new(result, args, kwargs) else result

    return route


def _is_new(result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a result is an array of its own, none of the arguments and no view."""
    return (
        type(result) is np.ndarray
        and result.base is None
        and not any(result is value for value in args)
        and not any(result is value for value in kwargs.values())
    )


def _resolve_ufunc(function: np.ufunc) -> Function:
    """A ufunc; those that the rule table knows are kept, users' own may be gone tomorrow."""
    stand_in = _STAND_INS.get(function)
    if stand_in is None:
        stand_in = _storable(function)
        if function in TABLE or function in CONSTANT:
            _STAND_INS[function] = stand_in
    return stand_in


def _storable(function: np.ufunc) -> Function:
    """A ufunc, whose result from plain arrays is a new one that the caller may store into."""

    def apply(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if type(result) is np.ndarray and _is_new(result, args, kwargs) and "out" not in kwargs:
            return _recorded_constant(result)
        return result

    return functools.update_wrapper(apply, function, assigned=("__name__", "__doc__"))


def _shuffle(method: Function) -> Function:
    """`Generator.shuffle(x)`, by shuffling the indices of the first axis with the same draws."""

    def shuffle(x: Any, axis: int = 0) -> None:
        if not isinstance(x, RecordedArray):
            method(x, *((axis,) if axis else ()))
            return
        order = np.arange(x.shape[axis])
        method(order)
        x[...] = call(np.take, (x, order), {"axis": axis})

    return shuffle


def _with_options(array: Any, dtype: Any, ndmin: int = 0) -> Any:
    if dtype is not None and array.dtype != np.dtype(dtype):
        array = array.astype(dtype)
    if not isinstance(array, np.ndarray):
        array = call(np.reshape, (array, ()), {})
    missing = ndmin - np.ndim(array)
    return array[(None,) * missing] if missing > 0 else array


def _converting(function: Function) -> Function:
    """A conversion of a list, which makes a new array; of an array it may give the array itself."""

    def convert(a: Any, *args: Any, **kwargs: Any) -> Any:
        result = function(a, *args, **kwargs)
        return _recorded_constant(result) if _is_new(result, (a,), {}) and not isinstance(a, np.ndarray) else result

    return convert


def _array(object: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0, **options: Any) -> Any:
    if not contains_recorded(object):
        return _recorded_constant(np.array(object, dtype, copy=copy, ndmin=ndmin, **options))
    made = assembled(object)
    result = _with_options(made, dtype, ndmin)
    return result.copy() if copy and result is object else result


def _in_order(array: Any, order: str | None) -> Any:
    """The array itself where its memory has this order, else a copy, as NumPy's conversions give."""
    flags = array.flags
    fits = order in (None, "A", "K") or (flags.c_contiguous if order == "C" else flags.f_contiguous)
    return array if fits else array.copy(order)


def _asarray(a: Any, dtype: Any = None, order: str | None = None, **options: Any) -> Any:
    if not contains_recorded(a):
        return np.asarray(a, dtype, order, **options)  # type: ignore[arg-type]  # NumPy checks it
    result = _in_order(_with_options(assembled(a), dtype), order)
    return result.copy() if options.get("copy") and result is a else result


def _contiguous(order: str, plain: Function) -> Function:
    def convert(a: Any, dtype: Any = None, **options: Any) -> Any:
        if not contains_recorded(a):
            return plain(a, dtype, **options)
        return _in_order(np.atleast_1d(_asarray(a, dtype)), order)

    return convert


def _fromiter(iterable: Any, dtype: Any, count: int = -1, **options: Any) -> Any:
    items = list(iterable) if count < 0 else [item for item, _ in zip(iterable, range(count), strict=False)]
    return _array(items, dtype, **options)


def _number_type(kind: Any, operation: Function | None) -> Function:
    """A conversion such as `float(x)` or `np.float32(x)` that keeps the derivative."""

    def convert(*args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], RecordedArray):
            if operation is not None:
                return operation(args[0])
            converted = args[0].astype(kind)
            return converted if converted.ndim else converted[()]
        return kind(*args, **kwargs)

    return convert


def _type(*args: Any, **kwargs: Any) -> Any:
    return type(primal_of(args[0])) if len(args) == 1 else type(*args, **kwargs)


def _calling(function: Function) -> Function:
    """A function that calls its first argument: `map`, `filter`, `functools.reduce`."""

    def apply(called: Any, *args: Any, **kwargs: Any) -> Any:
        return function(resolve(called) if called is not None else None, *args, **kwargs)

    return apply


def _with_key(function: Function) -> Function:
    """A function with a `key=` that it calls: `sorted`, `min`, `max`."""

    def apply(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("key") is not None:
            kwargs["key"] = resolve(kwargs["key"])
        return function(*args, **kwargs)

    return apply


def _vectorize(function: np.vectorize) -> Function:
    """`np.vectorize(f)` on recorded arguments: `f` on each element."""
    own = resolve(function.pyfunc)

    def apply(*args: Any, **kwargs: Any) -> Any:
        if not any(contains_recorded(value) for value in (*args, *kwargs.values())):
            return function(*args, **kwargs)
        if function.signature is not None or function.excluded or function.otypes is not None:
            raise UnsupportedOperationError(
                f"np.vectorize with signature=, excluded= or otypes= has no derivative rule; {at_user_location()}"
            )
        arrays = np.broadcast_arrays(*args)
        shape = np.shape(arrays[0])
        elements = [own(*[array[i] for array in arrays], **kwargs) for i in np.ndindex(*shape)]
        return np.reshape(_array(elements), shape)

    return apply


_CREATING = (
    np.zeros, np.ones, np.empty, np.full, np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.arange,
    np.linspace, np.logspace, np.geomspace, np.eye, np.identity, np.tri, np.copy, np.fromfunction, np.tile, np.repeat,
    np.concatenate, np.stack, np.vstack, np.hstack, np.pad, np.outer, np.hanning, np.hamming, np.blackman, np.bartlett,
    np.kaiser,
)  # fmt: skip

_STAND_INS: dict[Any, Function] = {
    **{function: _creating(function) for function in _CREATING},
    **MATH,
    np.array: _array,
    np.asarray: _converting(_asarray),
    np.asanyarray: _converting(_asarray),
    np.asarray_chkfinite: _converting(_asarray),
    np.ascontiguousarray: _converting(_contiguous("C", np.ascontiguousarray)),
    np.asfortranarray: _converting(_contiguous("F", np.asfortranarray)),
    np.fromiter: _fromiter,
    float: _number_type(float, python_float),
    complex: _number_type(complex, python_complex),
    np.float64: _number_type(np.float64, None),
    np.float32: _number_type(np.float32, None),
    np.complex128: _number_type(np.complex128, None),
    np.complex64: _number_type(np.complex64, None),
    type: _type,
    map: _calling(map),
    filter: _calling(filter),
    functools.reduce: _calling(functools.reduce),
    sorted: _with_key(sorted),
    min: _with_key(min),
    max: _with_key(max),
}

_CREATING_METHODS = frozenset({"astype", "copy", "flatten"})
_RANDOM_TYPES = (np.random.Generator, np.random.RandomState)


def _resolve_builtin(function: Any) -> Any:
    owner = function.__self__
    if type(owner) is np.ndarray:
        return _creating(function) if function.__name__ in _CREATING_METHODS else function
    if owner is None or isinstance(owner, ModuleType):
        return _STAND_INS.get(function, function)
    return function


def _creating_plain(function: Function) -> Function:
    def create(*args: Any, **kwargs: Any) -> Any:
        return _recorded_constant(function(*args, **kwargs))

    return create


def _library_folders() -> tuple[str, ...]:
    """The folders whose functions are not users': they run as they are."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packages = [os.path.dirname(os.path.abspath(str(module.__file__))) for module in (np, scipy)]
    return tuple(folder + os.sep for folder in (here, *packages))


_LIBRARIES = _library_folders()
_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"] + os.sep
_SITE_PACKAGES = tuple({sysconfig.get_paths()[name] + os.sep for name in ("purelib", "platlib")})


def _is_library(function: FunctionType) -> bool:
    filename = function.__code__.co_filename
    if filename.startswith((*_LIBRARIES, "<frozen")):
        return True
    return filename.startswith(_STANDARD_LIBRARY) and not filename.startswith(_SITE_PACKAGES)


_is_library_code: ByCode[bool] = ByCode()


def _resolve_function(function: FunctionType) -> Any:
    code = function.__code__
    if code not in _is_library_code:
        _is_library_code[code] = _is_library(function)
    if _is_library_code[code]:
        stand_in = _STAND_INS.get(function)
        if stand_in is not None:
            return stand_in
        if function in TABLE or function in COMPOSITES or function in CONSTANT or function in UNSUPPORTED:
            return _routed(function)
        return function
    return recompile(function, _HOOKS) or function


def _resolve_method(method: MethodType) -> Any:
    function = method.__func__
    if isinstance(method.__self__, _RANDOM_TYPES):
        return _shuffle(method) if method.__name__ == "shuffle" else _creating_plain(method)
    if type(function) is not FunctionType:
        return method
    new = _resolve_function(function)
    return method if new is function else MethodType(new, method.__self__)


def _resolve_class(cls: Any) -> Any:
    """A class whose `__init__` is a user's: making an instance runs it recompiled."""
    stand_in = _STAND_INS.get(cls)
    if stand_in is not None:
        return stand_in
    initialise = cls.__init__
    if type(initialise) is not FunctionType or cls.__new__ is not object.__new__:
        return cls
    if initialise.__code__.co_filename == "<string>":  # made by `dataclasses`
        return _resolve_dataclass(cls)
    new = _resolve_function(initialise)
    if new is initialise:
        return cls

    def construct(*args: Any, **kwargs: Any) -> Any:
        instance = cls.__new__(cls)
        new(instance, *args, **kwargs)
        return instance

    return construct


def _resolve_dataclass(cls: Any) -> Any:
    """A dataclass with a `__post_init__`: its own `__init__` calls that on an instance which has it recompiled."""
    complete = getattr(cls, "__post_init__", None)
    if type(complete) is not FunctionType or "__slots__" in cls.__dict__:
        return cls
    new = _resolve_function(complete)

    def construct(*args: Any, **kwargs: Any) -> Any:
        instance = cls.__new__(cls)
        object.__setattr__(instance, "__post_init__", MethodType(new, instance))
        cls.__init__(instance, *args, **kwargs)
        object.__delattr__(instance, "__post_init__")
        return instance

    return construct


def _resolve_partial(partial: functools.partial[Any]) -> Any:
    return functools.partial(resolve(partial.func), *partial.args, **partial.keywords)


def _resolve_dispatcher(function: Any) -> Any:
    """A NumPy function: its protocol looks for recorded values among the arguments, but not in lists."""
    stand_in = _STAND_INS.get(function)
    if stand_in is None:
        stand_in = _STAND_INS[function] = _routed(function)
    return stand_in


def _resolve_other(function: Any) -> Any:
    """An instance with a `__call__`, a class with a metaclass, or a compiled function that knows its Python source."""
    called = getattr(type(function), "__call__", None)  # noqa: B004 (it must be a Python function)
    if type(called) is FunctionType and _is_library(called):
        return function
    python_function = getattr(function, "py_func", None)  # numba's dispatchers
    if type(python_function) is FunctionType:
        return _resolve_function(python_function)
    if isinstance(function, type):  # a class with a metaclass of its own
        return _resolve_class(function)
    if type(called) is FunctionType:
        new = _resolve_function(called)
        return function if new is called else MethodType(new, function)
    return function


_BY_TYPE: dict[type, Callable[[Any], Any]] = {
    FunctionType: _resolve_function,
    MethodType: _resolve_method,
    BuiltinFunctionType: _resolve_builtin,
    type: _resolve_class,
    functools.partial: _resolve_partial,
    np.vectorize: _vectorize,
    type(np.sum): _resolve_dispatcher,
    np.ufunc: _resolve_ufunc,
}


def resolve(function: Any) -> Any:
    """The function to call in place of `function` while a user's function is recorded."""
    return _BY_TYPE.get(type(function), _resolve_other)(function)


class _PlainElements:
    """A plain array as the target of a store: it can take plain values, and whole numbers from recorded ones."""

    __slots__ = ("target",)

    def __init__(self, target: np.ndarray[Any, Any]) -> None:
        self.target = target

    def __getitem__(self, index: Any) -> Any:
        return self.target[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.target.dtype.kind != "O" and contains_recorded(value):
            value = assembled(value)
            if value.is_active() and self.target.dtype.kind not in "iub":
                refuse_to_lose(value, "a plain ndarray")
            if value.tape.told:
                tell_stopped("a store in an array of integers", (value,), value.primal())
            value = value.primal()
        self.target[index] = value


def _before_element_store(target: Any) -> Any:
    """What to store elements into in place of `target`."""
    return _PlainElements(target) if type(target) is np.ndarray else target


_HOOKS: dict[str, Function] = {CALL_HOOK: resolve, ELEMENT_HOOK: _before_element_store}
