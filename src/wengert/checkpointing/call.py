"""`wg.checkpoint`: a call that the tape keeps as one entry, and that is recorded again when the sweep comes to it.

What goes in: a function and the arguments of one call. What comes out: its results, and its updates of arrays, as one
entry on the tape of each open level. The entry keeps the recorded arrays that the function was given or reaches, and
its results, to compare. The function first runs on constants, so that nothing of it is recorded, in the very operations
that it runs later, so that it gives the same bits.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.checkpointing.binding import Binding
from wengert.checkpointing.comparing import refuse_difference
from wengert.checkpointing.randomness import RandomStates
from wengert.checkpointing.reachable import Reachable, search
from wengert.checkpointing.recomputed import Recomputed
from wengert.errors import ArgumentError, RecomputationError
from wengert.tape.array import RecordedArray, primal_of
from wengert.tape.call import own_copy
from wengert.tape.stand_ins import resolve
from wengert.tape.tape import open_tapes, recording

__all__ = ["CheckpointedCall", "checkpoint", "constant_run", "name_of", "place_of", "reachable_now"]


def name_of(function: Any) -> str:
    """What to call a function in a message."""
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)


def place_of(function: Any) -> str:
    """Where a function is defined, for a message."""
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    where = f" (defined at {code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    return f"in {name_of(function)}{where}"


def reachable_now(function: Any, values: Any) -> Reachable:
    """What a function can reach; of the recorded arrays, those that are being recorded now."""
    found = search(function, values)
    tapes = open_tapes()
    found.arrays = [one for one in found.arrays if one.tape in tapes]
    return found


@contextmanager
def constant_run(leaves: Sequence[Any], name: str) -> Iterator[list[RecordedArray]]:
    """Inside the block nothing is recorded: plain `leaves` as constants of every open level, or of one of their own.

    Raises:
        ArgumentError: something is recorded all the same, since the function uses a recorded value that was not found.
    """
    with ExitStack() as stack:
        if not open_tapes():
            stack.enter_context(recording(forward=False, keep=False))
        tapes = list(open_tapes())
        listeners = [tape.listener for tape in tapes]
        counts = [len(tape.entries) for tape in tapes]
        constants: list[Any] = []
        for leaf in leaves:
            value = own_copy(leaf)
            for tape in tapes:
                value = RecordedArray(value, None, tape)
            constants.append(value)
        for tape, listener in zip(tapes, listeners, strict=True):
            tape.listener = None if listener is None else listener.inner()
        try:
            yield constants
        finally:
            for tape, listener in zip(tapes, listeners, strict=True):
                tape.listener = listener
        if any(len(tape.entries) > count for tape, count in zip(tapes, counts, strict=True)):
            raise ArgumentError(
                f"{name} uses a recorded value that it was not given, and that was not found where it could reach it; "
                "pass it as an argument"
            )


@dataclass(frozen=True)
class _Returned:
    """How one leaf of the result comes about: from an output, as an input, or as it is."""

    output: int | None = None
    steps: tuple[Callable[[Any], Any], ...] = ()
    input: int | None = None
    value: Any = None


class _Results:
    """The recorded arrays among the results of a run: the storages that are results, and how the leaves lie in them."""

    def __init__(self, leaves: Sequence[Any], binding: Binding) -> None:
        self.outputs: list[RecordedArray] = []
        self.leaves: list[_Returned] = []
        arrays = [leaf for leaf in leaves if isinstance(leaf, RecordedArray)]
        shared = {id(one.root) for i, one in enumerate(arrays) if any(one.root is two.root for two in arrays[:i])}
        for leaf in leaves:
            self.leaves.append(self._returned(leaf, binding, shared))

    def _returned(self, leaf: Any, binding: Binding, shared: set[int]) -> _Returned:
        if not isinstance(leaf, RecordedArray):
            return _Returned(value=leaf)
        place = binding.place(leaf)
        if place is not None:
            return _Returned(input=place, value=leaf)
        storage = leaf.root if id(leaf.root) in shared else leaf
        for i, known in enumerate(self.outputs):
            if known is storage:
                return _Returned(i, leaf.path)
        self.outputs.append(storage)
        return _Returned(len(self.outputs) - 1, leaf.path if storage is leaf.root else ())


class CheckpointedCall(Recomputed):
    """One call of a checkpointed function. Its leaves are the units of the recorded arrays that it depends on."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.function = function
        self.name = f"the checkpointed {name_of(function)}"
        self.args, self.kwargs = args, kwargs
        found = reachable_now(function, (args, kwargs))
        self.cells = found.cells
        self.binding = Binding(found.arrays)
        self.active = [unit.is_active() for unit in self.binding.units]
        self.random = RandomStates(found.generators)
        self.random_states = self.random.now()
        leaves, self.structure = tree.flatten((args, kwargs))
        self.kept = [_kept(leaf) for leaf in leaves]
        self.returned: _Results
        self.result_structure: tree.Structure
        self.written: list[int] = []

    def run(self) -> Any:
        """The result of the call, its updates made; one entry on each tape."""
        units = self.binding.units
        found = self.results(list(units))
        outputs, finals = found[: len(self.returned.outputs)], found[len(self.returned.outputs) :]
        for i, final in zip(self.written, finals, strict=True):
            units[i][...] = final
        leaves = [self._leaf(one, outputs) for one in self.returned.leaves]
        return tree.unflatten(self.result_structure, leaves)

    def _leaf(self, returned: _Returned, outputs: Sequence[Any]) -> Any:
        if returned.input is not None:
            self.binding.settle(returned.value, returned.input)
        if returned.output is None:
            return returned.value
        output = outputs[returned.output]
        for step in returned.steps:
            output = step(output)
        return output

    def first_run(self, leaves: list[Any]) -> list[Any]:
        with constant_run(leaves, self.name) as constants, self.binding.to(constants):
            self.random_states = self.random.now()
            result = resolve(self.function)(*self.args, **self.kwargs)
            result_leaves, self.result_structure = tree.flatten(result)
            self.returned = _Results(result_leaves, self.binding)
            self.written = self.binding.written()
            found = self._found(self.returned)
        self.args, self.kwargs = (), {}
        return [_dense(primal_of(one)) for one in found]

    def _found(self, results: _Results) -> list[Any]:
        return [*results.outputs, *self.binding.finals(self.written)]

    def compute(self, leaves: list[Any]) -> list[Any]:
        args, kwargs = tree.unflatten(self.structure, [_kept(leaf) for leaf in self.kept])
        with self.random.rewound(self.random_states), _cells_as_they_were(self.cells), self.binding.to(leaves):
            result = resolve(self.function)(*args, **kwargs)
            result_leaves, structure = tree.flatten(result)
            results = _Results(result_leaves, self.binding)
            self._compare_form(results, structure)
            return self._found(results)

    def _compare_form(self, results: _Results, structure: tree.Structure) -> None:
        first = [(one.output, one.input) for one in self.returned.leaves]
        if (
            structure != self.result_structure
            or [(one.output, one.input) for one in results.leaves] != first
            or (self.binding.written() != self.written)
        ):
            raise RecomputationError(
                f"the call returned, or updated, other values when it was recomputed for the derivative, "
                f"{place_of(self.function)}:\na result of the structure {structure}, where it was "
                f"{self.result_structure}"
            )

    def compare(self, results: Sequence[Any], first: Sequence[Any]) -> None:
        count = len(self.returned.outputs)
        for i, (new, old) in enumerate(zip(results, first, strict=True)):
            what = f"result {i}" if i < count else "an array that is updated"
            refuse_difference(f"{what} of {name_of(self.function)}", new, old, place_of(self.function))


def _kept(leaf: Any) -> Any:
    """An argument as it is before the call: a copy of a plain array, which the caller may change later."""
    return leaf.copy() if type(leaf) is np.ndarray else leaf


def _dense(value: Any) -> Any:
    """A value in memory of its own, that keeps nothing else alive."""
    return value.copy("K") if isinstance(value, np.ndarray) and value.base is not None else value


@contextmanager
def _cells_as_they_were(cells: Sequence[tuple[Any, Any]]) -> Iterator[None]:
    """Inside the block the variables of closures have the values that they had when the function was called."""
    now = [(cell, cell.cell_contents) for cell, _ in cells]
    try:
        for cell, contents in cells:
            cell.cell_contents = contents
        yield
    finally:
        for cell, contents in now:
            cell.cell_contents = contents


def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, of which derivatives keep the arguments only, and which runs again when they come to it.

    The memory that a derivative needs for the call is that of its arguments and results, and while the call is swept
    that of its own steps; the price is one more run. Anything may be differentiated through it, in either mode and to
    any order; without a derivative it is `function` itself.

    Args:
        function: any function that may be recorded. It may update its arguments in place, and use recorded values that
            it finds in closures, attributes and globals. Random generators that it can reach, NumPy's and
            Python's global ones included, draw the same again, and advance once.
    Returns:
        A function of the same arguments, results and exceptions.
    Raises:
        RecomputationError: in the derivative, where a result comes out differently when it is computed again; also if
            only in the last bit. It says what differed, and where.
        ArgumentError: the function uses a recorded value that it was not given and that was not found.

    >>> import numpy as np
    >>> import wengert as wg
    >>> @wg.checkpoint
    ... def layer(x, w):
    ...     for _ in range(100):
    ...         x = np.tanh(w * x)
    ...     return x
    >>> def loss(w):
    ...     return np.sum(layer(layer(np.ones(3), w), w))
    >>> wg.grad(loss)(np.array([0.5, 1.0, 2.0])).round(3)
    array([0.   , 8.646, 0.096])

    Source: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., section 12.2.
    """

    def run(*args: Any, **kwargs: Any) -> Any:
        if not open_tapes():
            return function(*args, **kwargs)
        return CheckpointedCall(function, args, kwargs).run()

    if hasattr(function, "__name__"):
        functools.update_wrapper(run, function)
    else:
        run.__wrapped__ = function  # type: ignore[attr-defined]  # so that what it reaches is found
    run.py_func = function  # type: ignore[attr-defined]  # what the compile engine reads in its place
    return run
