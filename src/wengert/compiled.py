"""`wg.jit`: functions compiled from their own source, and how they take part in derivatives.

What goes in: a Python function. What comes out: a `Jitted` function of the same arguments, results and exceptions.
Called with recorded values it is one entry of their tape, with rules that are compiled derivatives; so every function
of `wengert.api` takes it, and derivatives nest. What holds: the source is read and refused, or compiled, before
anything runs; nothing falls back to something slower.

The derivatives of a compiled function form two families. `D^k f(x)[w1, ..., wk]` is the k-th forward derivative of
its program, and `D^k (f'(x)^T ct)[w1, ..., wk]` that of its adjoint program. Since both are symmetric in the `w`, the
pullbacks of either are members again: no program is ever reversed twice.
"""

from __future__ import annotations

import cmath
import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wengert import tree
from wengert.analysis.activity import carries
from wengert.compiler import Kernel, refuse_overlap
from wengert.emit import load_generator
from wengert.errors import ArgumentError, NonFiniteError
from wengert.lower import Lowered, argument_leaves, load_lowerings, lower_function, rebuild, types_of
from wengert.lower.arguments import AliasType
from wengert.lower.captures import Guards
from wengert.lower.results import Result, ResultLeaf, ResultTree
from wengert.ops.table import Operation, Rule
from wengert.program.builder import integer
from wengert.program.statements import Array, Operand, Program, Section, Span
from wengert.tape.array import is_recorded, primal_of
from wengert.tape.record import apply, contains_recorded
from wengert.tape.stand_ins import resolve

__all__ = ["Family", "Jitted", "Specialisation", "all_finite", "jit"]


class Family:
    """The derivatives of one kernel with respect to some of its inputs, each made when it is first asked for.

    `floats` are the positions of its floating-point results, which have derivatives.
    """

    def __init__(self, kernel: Kernel, wrt: tuple[int, ...], floats: tuple[int, ...]) -> None:
        self.kernel, self.wrt, self.floats = kernel, wrt, floats
        self._members: dict[tuple[bool, int], Member] = {}

    def member(self, reverse: bool, order: int) -> Member:
        """The k-th forward derivative of the program, or of its adjoint; always the same object."""
        found = self._members.get((reverse, order))
        if found is None:
            found = self._members[reverse, order] = Member(self, reverse, order)
        return found

    def _made(self, reverse: bool, order: int, guarded: bool) -> Kernel:
        kernel = self.kernel
        if reverse:
            kernel = kernel.reverse(self.wrt, with_results=False, unit_seed=False, guarded=guarded)
        for _ in range(order):
            kernel = kernel.forward(self.wrt, guarded=guarded)
        return kernel

    def run(self, reverse: bool, order: int, leaves: Sequence[Any]) -> list[Any]:
        """The value of a member at its leaves: the arguments, then cotangents if it is reverse, then directions."""
        found = self._run(self._made(reverse, order, False), reverse, leaves)
        if (reverse or order) and not all_finite(found):
            found = self._run(self._made(reverse, order, True), reverse, leaves)
        return found

    def _run(self, kernel: Kernel, reverse: bool, leaves: Sequence[Any]) -> list[Any]:
        results, outputs = kernel(*leaves)
        if not reverse and kernel is self.kernel:
            return [results[i] for i in self.floats]
        if not reverse:  # the highest derivatives come last
            return list(results[len(results) - len(self.floats) :])
        return self.in_order(results, outputs)

    @functools.cached_property
    def _are_arrays_in_order(self) -> bool:
        return all(self.kernel.is_array(i) for i in self.wrt) and list(self.wrt) == sorted(self.wrt)

    def in_order(self, results: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
        """The cotangents of the inputs `wrt`: the last results are those of numbers, the last outputs those of arrays.

        The numbers come in the order of `wrt`, the arrays in that of the inputs.
        """
        if self._are_arrays_in_order:
            return list(outputs[len(outputs) - len(self.wrt) :])
        numbers = [i for i in self.wrt if not self.kernel.is_array(i)]
        arrays = sorted(i for i in self.wrt if self.kernel.is_array(i))
        found = dict(zip(numbers, results[len(results) - len(numbers) :], strict=True))
        found.update(zip(arrays, outputs[len(outputs) - len(arrays) :], strict=True))
        return [found[i] for i in self.wrt]


@dataclass(frozen=True, eq=False)
class Member:
    """One derivative of a family as an operation on leaves, which records itself where a leaf is recorded."""

    family: Family
    reverse: bool
    order: int

    @functools.cached_property
    def operation(self) -> Operation:
        """The operation that a tape enters, with a rule for pullbacks and one for pushforwards."""
        pull = Rule(self._pull, "leaves", ("leaves",), ())
        push = Rule(self._push, "leaves", ("leaves",), (), pushforward=True)
        name = f"the compiled {self.family.kernel.program.name}"
        return Operation(
            name, self, ("leaves",), {}, lambda leaves: (leaves,), sequence="leaves",
            rules={"leaves": pull}, pushforwards={"leaves": push},
        )  # fmt: skip

    def __call__(self, leaves: list[Any]) -> list[Any]:
        """The floating-point results."""
        if contains_recorded(leaves):
            return list(apply(self.operation, (leaves,), {}))
        return self.family.run(self.reverse, self.order, leaves)

    def _parts(self, leaves: list[Any]) -> tuple[list[Any], list[Any], list[list[Any]]]:
        """The arguments, the cotangents, and the directions."""
        inputs = len(self.family.kernel.inputs)
        cts = len(self.family.floats) if self.reverse else 0
        each = len(self.family.wrt)
        directions = [leaves[inputs + cts + i * each :][:each] for i in range(self.order)]
        return leaves[:inputs], leaves[inputs : inputs + cts], directions

    def _member(self, reverse: bool, order: int) -> Member:
        return self.family.member(reverse, order)

    def _pull(self, ct: list[Any], leaves: list[Any]) -> list[Any]:
        """The cotangents of the leaves. For a reverse member `ct` is a direction; see the module's text."""
        arguments, cts, directions = self._parts(leaves)
        flat = [one for direction in directions for one in direction]
        found: list[Any] = [None] * len(leaves)
        if self.reverse:
            of_arguments = self._member(True, self.order + 1)([*arguments, *cts, *flat, *ct])
            of_cts = self._member(False, self.order + 1)([*arguments, *flat, *ct])
        else:
            of_arguments = self._member(True, self.order)([*arguments, *ct, *flat])
            of_cts = []
        for i, one in zip(self.family.wrt, of_arguments, strict=True):
            found[i] = one
        start = len(arguments)
        for one in of_cts:
            found[start] = one
            start += 1
        for k in range(self.order):
            others = [one for i, direction in enumerate(directions) if i != k for one in direction]
            if self.reverse:
                replaced = [one for i, d in enumerate(directions) for one in (ct if i == k else d)]
                of_direction = self._member(True, self.order)([*arguments, *cts, *replaced])
            else:
                of_direction = self._member(True, self.order - 1)([*arguments, *ct, *others])
            for one in of_direction:
                found[start] = one
                start += 1
        return [np.zeros_like(leaf) if one is None else one for one, leaf in zip(found, leaves, strict=True)]

    def _push(self, tangent: list[Any], leaves: list[Any]) -> list[Any]:
        """The tangents of the results: the next derivative along the tangent, and what is linear in the others."""
        arguments, cts, directions = self._parts(leaves)
        wanted = {*self.family.wrt, *range(len(arguments), len(leaves))}
        given = [
            np.zeros_like(leaf) if one is None and i in wanted else one
            for i, (one, leaf) in enumerate(zip(tangent, leaves, strict=True))
        ]
        of_arguments, of_cts, of_directions = self._parts(given)
        flat = [one for direction in directions for one in direction]
        moved = [of_arguments[i] for i in self.family.wrt]
        total = self._member(self.reverse, self.order + 1)([*arguments, *cts, *flat, *moved])
        linear: list[list[Any]] = []
        if self.reverse and _any_given(tangent, len(arguments), len(cts)):
            linear.append([*arguments, *of_cts, *flat])
        start = len(arguments) + len(cts)
        for k, direction in enumerate(of_directions):
            if _any_given(tangent, start + k * len(direction), len(direction)):
                replaced = [one for i, d in enumerate(directions) for one in (direction if i == k else d)]
                linear.append([*arguments, *cts, *replaced])
        for one in linear:
            total = [a + b for a, b in zip(total, self._member(self.reverse, self.order)(one), strict=True)]
        return total


def _any_given(tangent: list[Any], start: int, count: int) -> bool:
    return any(one is not None for one in tangent[start : start + count])


def all_finite(found: Sequence[Any]) -> bool:
    """Whether there is neither NaN nor infinity. A sum that overflows says no where the answer is yes."""
    sums = [np.add.reduce(one, axis=None) if isinstance(one, np.ndarray) else one for one in found]
    return all(map(cmath.isfinite, sums))


def _whole(array: Array) -> Section:
    spans = tuple(Span(integer(0), size, integer(1)) for size in array.sizes)
    return Section(array.storage, spans, tuple(range(len(spans))))


def _dtype(result: Operand | Section) -> str:
    return result.storage.dtype if isinstance(result, Section) else result.dtype


class Specialisation:
    """A function, compiled for arguments of some types."""

    def __init__(self, lowered: Lowered, returned: tuple[int, ...]) -> None:
        self.lowered = lowered
        program, self.result = lowered.program, lowered.result
        if returned:
            program, self.result = _returning(lowered, returned)
        self.kernel = Kernel(program, in_place=True)
        self._guards = Guards(lowered.guards)
        self._families: dict[tuple[int, ...], Family] = {}
        self._gradients: dict[tuple[int, ...], tuple[Family, Kernel] | None] = {}

    def inputs(self, leaves: Sequence[Any]) -> list[Any]:
        """What the program takes, from the leaves of the arguments: those that are no aliases, and captured arrays."""
        return [*(leaves[k] for k in self.lowered.leaves), *(one.reference.fetch() for one in self.lowered.captured)]

    def positions(self, wanted: Sequence[int]) -> tuple[int, ...] | None:
        """Where leaves of the arguments are among what the program takes; None if one is not there as a real float."""
        leaves = self.lowered.leaves
        if not all(k in leaves for k in wanted):
            return None
        found = tuple(leaves.index(k) for k in wanted)
        return found if all(self.kernel.dtype(i).startswith("float") for i in found) else None

    def is_current(self) -> bool:
        """Whether what was compiled in from outside is still there."""
        lowered = self.lowered
        if lowered.captured and not all(one.holds() for one in lowered.captured):
            return False
        return self._guards.hold()

    def run(self, leaves: Sequence[Any]) -> Any:
        """The value of the function; it updates arrays as the function does."""
        as_they_are = self._leaves_are_inputs and len(leaves) == len(self.lowered.leaves)  # else one is an alias
        found, _ = self.kernel(*(leaves if as_they_are else self.inputs(leaves)))
        return self.rebuilt(found, leaves)

    @functools.cached_property
    def _leaves_are_inputs(self) -> bool:
        return not self.lowered.captured and self.lowered.leaves == tuple(range(len(self.lowered.leaves)))

    @functools.cached_property
    def _arguments(self) -> list[ResultLeaf]:
        """The results that are the caller's own arrays."""
        return [one for one in _result_leaves(self.result) if one.argument is not None]

    def rebuilt(self, found: Sequence[Any], leaves: Sequence[Any]) -> Any:
        """The function's result from those of the program."""
        if self._arguments:
            found = list(found)
            for one in self._arguments:
                assert one.argument is not None
                found[one.index] = leaves[one.argument]
        return rebuild(self.result, found)

    @functools.cached_property
    def functional(self) -> Kernel:
        """The program that changes none of the caller's arrays, and also returns what it leaves in those it updates."""
        program = self.kernel.program
        updated = [program.parameters[self.lowered.leaves.index(k)] for k in self.lowered.written]
        finals = tuple(_whole(one) for one in updated if isinstance(one, Array))
        return Kernel(replace(program, results=(*program.results, *finals)))

    @functools.cached_property
    def scalar(self) -> Kernel | None:
        """The program on copies of the arrays that it updates, if its result is one real number."""
        program, result = self.kernel.program, self.result
        is_real = isinstance(result, ResultLeaf) and result.kind != "array" and result.dtype.startswith("float")
        return Kernel(program) if is_real else None

    def gradient(self, wanted: tuple[int, ...]) -> tuple[Family, Kernel] | None:
        """The derivative of the one real result with respect to some leaves."""
        if wanted not in self._gradients:
            self._gradients[wanted] = self._make_gradient(wanted)
        return self._gradients[wanted]

    def _make_gradient(self, wanted: tuple[int, ...]) -> tuple[Family, Kernel] | None:
        if self.scalar is None or not all(k in self.lowered.leaves for k in wanted):
            return None
        wrt = tuple(self.lowered.leaves.index(k) for k in wanted)
        if not all(carries(self.scalar.dtype(i)) for i in wrt):
            return None
        return Family(self.scalar, wrt, (0,)), self.scalar.reverse(wrt, with_results=True, unit_seed=True)

    def value_and_gradient(self, leaves: Sequence[Any], wanted: tuple[int, ...]) -> tuple[Any, list[Any]] | None:
        """The value, if it is one real number, and its derivatives with respect to some leaves, from one run."""
        found = self.gradient(wanted)
        if found is None:
            return None
        family, derivative = found
        inputs = self.inputs(leaves)
        results, outputs = derivative(*inputs)
        gradient = family.in_order(results, outputs)
        if not all_finite(gradient):
            derivative = family.kernel.reverse(family.wrt, with_results=True, unit_seed=True, guarded=True)
            results, outputs = derivative(*inputs)
            gradient = family.in_order(results, outputs)
        return self.rebuilt(results[:1], leaves), gradient

    def family(self, wrt: tuple[int, ...]) -> Family:
        """The derivatives with respect to some inputs."""
        if wrt not in self._families:
            floats = tuple(i for i, one in enumerate(self.functional.program.results) if carries(_dtype(one)))
            self._families[wrt] = Family(self.functional, wrt, floats)
        return self._families[wrt]


def _result_leaves(result: Result) -> list[ResultLeaf]:
    if isinstance(result, ResultTree):
        return [leaf for item in result.items for leaf in _result_leaves(item)]
    return [result] if isinstance(result, ResultLeaf) else []


def _returning(lowered: Lowered, returned: tuple[int, ...]) -> tuple[Program, Result]:
    """The program returning the final contents of array arguments, by their leaves."""
    sections, found = [], []
    for index, leaf in enumerate(returned):
        array = lowered.program.parameters[lowered.leaves.index(leaf)]
        assert isinstance(array, Array)
        sections.append(_whole(array))
        found.append(ResultLeaf(index, "array", array.storage.dtype, leaf))
    result: Result = found[0] if len(found) == 1 else ResultTree(tuple, tuple(range(len(found))), tuple(found))
    return replace(lowered.program, results=tuple(sections)), result


class Jitted:
    """A function compiled from its own source. Made by `wg.jit`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.returned: tuple[str, ...] = getattr(function, "__wengert_returned__", ())
        self.function = function.__wrapped__ if self.returned else function  # type: ignore[attr-defined]
        self._specialisations: dict[Any, Specialisation] = {}
        # By the classes, dtypes and ranks of arguments that are all arrays and numbers, to be found quickly.
        self._by_classes: dict[Any, Specialisation] = {}

    def __repr__(self) -> str:
        return f"<compiled {getattr(self.function, '__qualname__', self.function)}>"

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __reduce__(self) -> Any:
        """By name where it is found under the function's (as a decorated one is), else by its function."""
        qualified: str = getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(self.__module__)
        for name in qualified.split("."):
            found = getattr(found, name, None)
        return qualified if found is self else (_unpickled, (self.function, self.returned))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's value; one entry of a tape where an argument is recorded."""
        found = None if kwargs else self._by_classes.get(_classes(args))
        if found is not None and found.is_current() and (not found.lowered.written or _are_distinct(args)):
            return found.run(args)
        values = (*args, *kwargs.values())
        if any(is_recorded(leaf) for leaf in tree.flatten(values)[0]):
            return self._recorded(values, tuple(kwargs))
        return self.specialise(values, tuple(kwargs)).run(argument_leaves(values))

    def specialise(self, values: Sequence[Any], names: tuple[str, ...] = ()) -> Specialisation:
        """The machine code for arguments like these; the last of them are the keywords `names`."""
        types = types_of(values)
        key = types, names
        found = self._specialisations.get(key)
        if found is None or not found.is_current():
            positional = len(values) - len(names)
            self._check_call(values[:positional], names)
            keywords = dict(zip(names, types[positional:], strict=True))
            lowered = lower_function(self.function, types[:positional], keywords)
            found = self._specialisations[key] = Specialisation(lowered, self._returned_leaves(values, names))
            classes = None if names else _classes(values)
            if classes is not None and not any(isinstance(one, AliasType) for one in types):
                self._by_classes[classes] = found
        return found

    def _check_call(self, positional: Sequence[Any], names: tuple[str, ...]) -> None:
        """Raise the `TypeError` of a call with missing or unknown arguments."""
        try:
            inspect.signature(self.function).bind(*positional, **dict.fromkeys(names))
        except TypeError as error:
            raise TypeError(f"{self.function.__name__}(): {error}") from None

    def _returned_leaves(self, values: Sequence[Any], names: tuple[str, ...]) -> tuple[int, ...]:
        if not self.returned:
            return ()
        positional = len(values) - len(names)
        bound = inspect.signature(self.function).bind(
            *range(positional), **dict(zip(names, range(positional, len(values)), strict=True))
        )
        found = []
        for name in self.returned:
            position = bound.arguments[name]
            if not isinstance(values[position], np.ndarray):
                raise ArgumentError(f"returning: argument {name!r} is not an array")
            found.append(len(argument_leaves(values[:position])))
        return tuple(found)

    def _recorded(self, values: Sequence[Any], names: tuple[str, ...]) -> Any:
        """The call as one entry of the tape of its recorded arguments."""
        leaves = argument_leaves(values, is_recorded)
        found = self.specialise(_plain(values), names)
        inputs = found.inputs(leaves)
        wrt = tuple(i for i, one in enumerate(inputs) if is_recorded(one))
        family = found.family(wrt)
        results = [None] * len(family.kernel.program.results)
        others = [i for i in range(len(results)) if i not in family.floats]
        if others:
            plain, _ = family.kernel(*_plain(inputs))
            for i in others:
                results[i] = plain[i]
        try:
            entered = family.member(False, 0)(inputs)
        except NonFiniteError:  # a strict derivative: its source says where
            positional = len(values) - len(names)
            resolve(self.__wrapped__)(  # type: ignore[attr-defined]  # by `update_wrapper`
                *values[:positional], **dict(zip(names, values[positional:], strict=True))
            )
            raise
        for i, one in zip(family.floats, entered, strict=True):
            results[i] = one
        updated = results[len(results) - len(found.lowered.written) :]
        for k, final in zip(found.lowered.written, updated, strict=True):
            leaves[k][...] = final
        return found.rebuilt(results, leaves)

    def value_and_gradient(self, args: Sequence[Any], kwargs: dict[str, Any], numbers: Sequence[int]) -> Any:
        """The value and the derivatives of the leaves of the arguments `numbers`, from one run of machine code.

        `None` where the call is to be recorded: an argument is recorded, the result is not one real number, or an
        argument has none to differentiate. The derivatives are in the order of `tree.flatten`.
        """
        quick = None if kwargs else self._by_classes.get(_classes(args))
        if quick is not None and quick.is_current():
            return quick.value_and_gradient(args, tuple(numbers))
        call = self.plain_call(args, kwargs, numbers)
        if call is None:
            return None
        found, leaves, wanted = call
        return found.value_and_gradient(leaves, wanted)

    def plain_call(
        self, args: Sequence[Any], kwargs: dict[str, Any], numbers: Sequence[int]
    ) -> tuple[Specialisation, Sequence[Any], tuple[int, ...]] | None:
        """What a derivative call with plain arguments runs on; `None` if one is recorded.

        The machine code, the leaves of all arguments, and which of these are the leaves of the arguments `numbers`, in
        the order of `tree.flatten`.
        """
        quick = None if kwargs else self._by_classes.get(_classes(args))
        if quick is not None and quick.is_current() and not quick.lowered.written:
            return quick, args, tuple(numbers)
        values = [*args, *kwargs.values()]
        if any(is_recorded(leaf) for leaf in tree.flatten(values)[0]):
            return None
        wanted: list[int] = []
        for number in numbers:
            start = len(argument_leaves(values[:number]))
            wanted += [start + k for k in _leaf_order(values[number])]
        plain = _plain(values)
        found = self.specialise(plain, tuple(kwargs))
        refuse_overlap(argument_leaves(values), found.lowered.written)
        return found, argument_leaves(plain), tuple(wanted)

    def program(self, *args: Any, **kwargs: Any) -> Kernel:
        """The program for arguments like these; printed, it is Python."""
        return self.specialise((*args, *kwargs.values()), tuple(kwargs)).kernel

    def adjoint(self, *args: Any, **kwargs: Any) -> Kernel:
        """The adjoint program for arguments like these; printed, it is Python that gives the same derivative."""
        values = (*args, *kwargs.values())
        found = self.specialise(_plain(values), tuple(kwargs))
        kernel = found.functional
        wrt = tuple(i for i in range(len(kernel.inputs)) if carries(kernel.dtype(i)))
        return kernel.reverse(wrt, with_results=True, unit_seed=False)


_NUMBERS = (float, int, bool, complex)


def _classes(values: Sequence[Any]) -> tuple[Any, ...] | None:
    """What arguments are, if they are all plain arrays and Python numbers: enough to tell their types."""
    found: list[Any] = []
    for one in values:
        kind = type(one)
        if kind is np.ndarray:
            shape = one.shape
            found += (one.dtype, tuple([size == 1 for size in shape]) if 1 in shape else len(shape))
        elif kind in _NUMBERS:
            found.append(kind)
        else:
            return None
    return tuple(found)


def _are_distinct(values: Sequence[Any]) -> bool:
    """Whether no array is there twice."""
    arrays = [id(one) for one in values if type(one) is np.ndarray]
    return len(set(arrays)) == len(arrays)


def _leaf_order(value: Any) -> list[int]:
    """For each leaf in the order of `tree.flatten`, its number in the order of `argument_leaves`."""
    leaves, structure = tree.flatten(value)
    numbered = tree.unflatten(structure, range(len(leaves)))
    order = argument_leaves([numbered])
    return [order.index(k) for k in range(len(leaves))]


def _plain(values: Sequence[Any]) -> list[Any]:
    """Arguments without recorded values, no array twice: a derivative treats each argument as one of its own."""
    seen: set[int] = set()

    def plain(leaf: Any) -> Any:
        while is_recorded(leaf):
            leaf = primal_of(leaf)
        if isinstance(leaf, np.ndarray):
            leaf = leaf.copy() if id(leaf) in seen else leaf
            seen.add(id(leaf))
        return leaf

    return [tree.map_leaves(plain, value) for value in values]


def jit(function: Callable[..., Any]) -> Jitted:
    """`function`, compiled from its own source to machine code when it is first called with arguments of new types.

    Args:
        function: a Python function, or a `numba.njit` one, of arrays, numbers and trees of them, in the language of
            {doc}`compiled`: loops, branches, `while`, in-place updates, views, NumPy and `math`.
    Returns:
        A function of the same arguments, results and exceptions. `wg.grad`, `wg.vjp` and the others take it and run
        compiled derivatives. `.adjoint(*args)` prints as the Python program of its derivative.
    Raises:
        NotAcceptedError: when it is called, before it runs: something in the source is not compiled; the message has
            the line, the reason and what to write instead.

    >>> import numpy as np
    >>> import wengert as wg
    >>> @wg.jit
    ... def energy(x):
    ...     total = 0.0
    ...     for i in range(1, len(x)):
    ...         total += (x[i] - x[i - 1]) ** 2
    ...     return total
    >>> wg.grad(energy)(np.array([1.0, 2.0, 4.0]))
    array([-2., -2.,  4.])
    """
    if not callable(function):
        raise TypeError(f"jit takes a function, not {function!r}")
    if isinstance(function, Jitted):
        return function
    # Imported where compiled functions are made, so that no call waits for it.
    load_lowerings()
    load_generator()
    return Jitted(getattr(function, "py_func", function))


def _unpickled(function: Callable[..., Any], returned: tuple[str, ...]) -> Jitted:
    made = Jitted(function)
    made.returned = returned
    return made
