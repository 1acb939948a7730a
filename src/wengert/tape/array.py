"""The recording array: what a function sees in place of an `ndarray` while it is recorded.

A recorded array holds a value of the level below (a plain array or number, or a recorded array of an outer
derivative) and the slot that stands for it on its tape; the slot is None for a constant. It takes part in NumPy's
protocols, so functions that know nothing of it work on it. A `RecordedView` is a view of another recorded array's
storage: it remembers the steps that lead to it, and reads its storage anew once that has been written.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from wengert.errors import LostGradientError, WengertError, at_user_location
from wengert.tape.tape import Tape, open_tapes, tell_stopped

__all__ = [
    "RecordedArray",
    "RecordedView",
    "constant_array",
    "install_record",
    "is_recorded",
    "kept_constant",
    "primal_of",
    "refuse_to_lose",
    "released",
    "report_lost",
]

Step = Callable[[Any], Any]


class RecordedArray:
    """An array, or a number, on a tape. Made by the record engine, never by users."""

    __slots__ = ("slot", "tape", "template", "value", "writes")
    astype: Callable[..., Any]  # a method, as are all of `ndarray`: see wengert.tape.methods
    copy: Callable[..., Any]
    template: Any  # set when first asked for
    writes: int  # set by the first write
    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]  # arrays are not hashable

    def __init__(self, value: Any, slot: int | None, tape: Tape) -> None:
        self.value = value
        self.slot = slot
        self.tape = tape

    @property  # type: ignore[misc]  # mypy knows only the class that it is
    def __class__(self) -> type:
        """The class of the plain value: `isinstance`, `match` and `singledispatch` decide as they would on that."""
        return type(self.primal())

    # What the record engine asks of it.

    @property
    def root(self) -> RecordedArray:
        """The recorded array whose storage this one lies in: itself, unless it is a view."""
        return self

    @property
    def path(self) -> tuple[Step, ...]:
        """The steps from `root` to this array: none, unless it is a view."""
        return ()

    def current(self) -> Any:
        """The value as of now: that of a view is read anew if its storage was written through another name."""
        return self.value

    def current_slot(self) -> int | None:
        """The slot as of now."""
        return self.slot

    def writes_so_far(self) -> int:
        """How often the storage was written; the attribute exists from the first write on."""
        return getattr(self, "writes", 0)

    # NumPy's protocols.

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            recorder = UNARY.get(ufunc)
            if recorder is not None:
                return recorder(self)
            methods = BINARY.get(ufunc)
            if methods is not None:
                first, second = inputs
                forward, reflected = methods
                result = forward(first, second) if type(first) in _RECORDED else reflected(second, first)
                if result is not NotImplemented:
                    return result
        return _record.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _record.function(function, args, kwargs)

    @classmethod
    def __wengert_function__(cls, function: Any, args: Any, kwargs: Any) -> Any:
        return _record.function(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The plain array of a constant, for code that is not recorded: to read, since a store would be unseen."""
        if self.is_active():
            refuse_to_lose(self, "a plain ndarray")
        primal = self.primal()
        if copy or not isinstance(primal, np.ndarray) or dtype not in (None, primal.dtype):
            return np.array(primal, dtype=dtype)
        view = primal.view()
        view.flags.writeable = primal.flags.writeable and not self.tape.open
        return view

    def __float__(self) -> float:
        if self.is_active():
            refuse_to_lose(self, "a Python float")
        return float(self.primal())

    def __complex__(self) -> complex:
        if self.is_active():
            refuse_to_lose(self, "a Python complex")
        return complex(self.primal())

    def is_active(self) -> bool:
        """Whether the value depends on a differentiated argument, at any level."""
        below = self.current()
        return self.slot is not None or (isinstance(below, RecordedArray) and below.is_active())

    # What carries no derivative: the plain value answers.

    def primal(self) -> Any:
        """The plain array or number under all levels."""
        value = self.value if type(self) is RecordedArray else self.current()
        while isinstance(value, RecordedArray):
            value = value.current()
        return value

    def __bool__(self) -> bool:
        result = bool(self.primal())
        if self.tape.told:
            tell_stopped("bool", (self,), result)
        return result

    def __int__(self) -> int:
        result = int(self.primal())
        if self.tape.told:
            tell_stopped("int", (self,), result)
        return result

    def __index__(self) -> int:
        return operator.index(self.primal())

    def __len__(self) -> int:
        return len(self.primal())

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self == item))

    def __str__(self) -> str:
        return str(self.primal())

    def __repr__(self) -> str:
        return f"recorded({self.primal()!r})"

    def __format__(self, specification: str) -> str:
        return format(self.primal(), specification)

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)

    @property
    def dtype(self) -> Any:
        value = self.value
        return value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.size(self.primal()))

    @property
    def itemsize(self) -> int:
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def flags(self) -> Any:
        return self.primal().flags

    @property
    def strides(self) -> tuple[int, ...]:
        return tuple(self.primal().strides)

    # Reading and writing.

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    def __getitem__(self, index: Any) -> Any:
        return _record.read(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        _record.write(self, index, value)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()


class RecordedView(RecordedArray):
    """A view of the storage of `root`, reached from it by the steps of `path`."""

    __slots__ = ("path", "root", "seen")

    def __init__(self, value: Any, slot: int | None, tape: Tape, root: RecordedArray, path: tuple[Step, ...]) -> None:
        self.value = value
        self.slot = slot
        self.tape = tape
        self.root = root  # type: ignore[misc]  # a slot here, a property there
        self.path = path  # type: ignore[misc]  # a slot here, a property there
        self.seen = root.writes_so_far()

    def refresh(self) -> None:
        """Read the storage anew, by the same steps, if it was written since this view was last read."""
        writes = self.root.writes_so_far()
        if self.seen != writes:
            fresh: Any = self.root
            for step in self.path:
                fresh = step(fresh)
            self.value, self.slot, self.seen = fresh.value, fresh.slot, writes

    def current(self) -> Any:
        self.refresh()
        return self.value

    def current_slot(self) -> int | None:
        self.refresh()
        return self.slot


_RECORDED = (RecordedArray, RecordedView)

# The short ways to record ufuncs, of two arguments as an operator and its reflection: see wengert.tape.elementwise.
UNARY: dict[np.ufunc, Callable[[RecordedArray], Any]] = {}
BINARY: dict[np.ufunc, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {}


class _Record:
    """The functions of `wengert.tape.record`, which needs this module: filled in when it is imported."""

    ufunc: Callable[..., Any]
    function: Callable[..., Any]
    read: Callable[[RecordedArray, Any], Any]
    write: Callable[[RecordedArray, Any, Any], None]


_record = _Record()


def install_record(ufunc: Any, function: Any, read: Any, write: Any) -> None:
    """Give recording arrays the functions that record: called once, by `wengert.tape.record`."""
    _record.ufunc, _record.function, _record.read, _record.write = ufunc, function, read, write


def report_lost(value: RecordedArray, lost: WengertError) -> None:
    """Tell the open tapes of a refusal, which end with it even where user code, or NumPy, replaces the exception.

    The tapes of `value` may be those of another thread: an exception ends a thread, and no other one hears of it.
    """
    for tape in open_tapes():
        tape.lost = tape.lost or lost
    below: Any = value
    while isinstance(below, RecordedArray):
        below.tape.lost = below.tape.lost or lost
        below = below.value


def kept_constant(value: Any) -> bool:
    """Whether a recorded value is a constant that was kept after its recording: it is a plain array from then on."""
    return not value.tape.open and value.root.slot is None


def released(value: Any) -> Any:
    """The plain array of a constant kept after its recording; any other value as it is."""
    while isinstance(value, RecordedArray) and kept_constant(value):
        value = value.current()
    return value


_REMEDY = (
    "A plain ndarray cannot hold a recorded value. Make the buffer inside the differentiated function, from its "
    "arguments: np.zeros_like(x), or np.zeros(n, like=x); pass it as an argument; or, if no derivative is wanted "
    "here, use wg.stop_gradient(value)."
)


def refuse_to_lose(value: RecordedArray, target: str, remedy: str = _REMEDY) -> NoReturn:
    """Raise the error for a recorded value about to be stored where its derivative would be lost."""
    lost = LostGradientError(f"a recorded value would lose its derivative in {target}, {at_user_location()}\n{remedy}")
    report_lost(value, lost)
    raise lost


def is_recorded(value: Any) -> bool:
    """Whether a value is a recording array of any level."""
    return isinstance(value, RecordedArray)


def primal_of(value: Any) -> Any:
    """The plain value under all levels of a recorded one; any other value as it is."""
    return value.primal() if isinstance(value, RecordedArray) else value


def constant_array(value: Any) -> Any:
    """A plain array as a constant of every level that is open in this thread, able to hold recorded values."""
    for tape in open_tapes():
        value = RecordedArray(value, None, tape)
    return value
