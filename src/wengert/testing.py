"""Checks that derivatives are right: of whole programs (`check_grads`) and of single rules (`check_rule`).

What goes in: a function and arguments at which it is smooth. What comes out: nothing, or the errors found; a
derivative that does not agree raises `CheckFailedError`, which names the wrong entry.

Derivatives are compared along random directions, in the bilinear pairing <u, v> = Re(sum(u * v)), which is that of the
convention for complex numbers. Each argument moves in proportion to its own largest element, and each result counts in
proportion to its own, so the tolerances are relative to both. The directions are the same in every run.

Sources: the recursion over orders is that of `jax.test_util.check_grads`; steps of differences are those of Nocedal and
Wright, *Numerical Optimization*, 2nd ed., section 8.1; the dot-product identity is in Griewank and Walther, *Evaluating
Derivatives*, 2nd ed., section 3.3; the complex step is that of Squire and Trapp, "Using Complex Variables to Estimate
Derivatives of Real Functions", SIAM Review 40 (1998).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wengert import tree
from wengert.api import jvp, vjp
from wengert.errors import ArgumentError, CheckFailedError, RuleError
from wengert.inspect.faults import wrong_operation
from wengert.ops.table import COMPOSITES, TABLE, Operation, operation_name
from wengert.tape.stand_ins import resolve
from wengert.tape.tape import open_tapes

__all__ = ["RuleErrors", "check_grads", "check_rule"]

Function = Callable[..., Any]

# Entries of one array that are tried, one by one, to find the wrong one after a check has failed.
_SAMPLED_ENTRIES = 100


@dataclass(frozen=True, slots=True)
class RuleErrors:
    """How far a rule is from its checks, relative to the sizes of argument and result.

    `numerical` compares the derivative with the one found by `method`, "complex step" or "central differences";
    `identity` compares <w, J v> with <Jt w, v>.
    """

    numerical: float
    identity: float
    method: str


# Functions of trees as functions of their floating leaves.


def _kind(value: Any) -> str:
    return str(np.dtype(value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype).kind)


def _floating_leaves(results: Any) -> list[Any]:
    return [leaf for leaf in tree.flatten(results)[0] if _kind(leaf) in "fc"]


def _flattened(function: Function, args: tuple[Any, ...]) -> tuple[Function, list[Any], list[str]]:
    """The function of the floating leaves of `args` that lists its floating results; the leaves; what to call them."""
    leaves, structure = tree.flatten(args)
    places = [i for i, leaf in enumerate(leaves) if _kind(leaf) in "fc"]
    names = [accessor.codify("args") for accessor in structure.accessors()]

    def flat(*values: Any) -> list[Any]:
        given = [np.copy(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]
        for place, value in zip(places, values, strict=True):
            given[place] = value
        # A library function is not recompiled when it is recorded, but the user's, which it calls, must be.
        own = resolve(function) if open_tapes() else function
        return _floating_leaves(own(*tree.unflatten(structure, given)))

    return flat, [leaves[i] for i in places], [names[i] for i in places]


def _run(function: Function, values: list[Any]) -> list[Any]:
    """The results on plain copies: the function may write to its arguments."""
    return list(function(*[np.copy(value) if isinstance(value, np.ndarray) else value for value in values]))


# Random directions, sizes and pairings.


def _size(value: Any) -> float:
    """The largest modulus of an array's finite elements, 1 where that is zero: the unit that it is measured in."""
    modulus = np.abs(np.asarray(value))
    largest = float(np.max(modulus, initial=0.0, where=np.isfinite(modulus)))
    return largest if largest > 0 else 1.0


def _random_like(rng: np.random.Generator, value: Any, size: float) -> Any:
    """Elements of modulus about `size`, none of them near zero, which would hide an error."""
    array = np.asarray(value)
    drawn = rng.uniform(0.5, 1.5, array.shape) * rng.choice([-1.0, 1.0], array.shape)
    if array.dtype.kind == "c":
        drawn = drawn + 1j * rng.uniform(0.5, 1.5, array.shape)
    return np.asarray(drawn * size).astype(array.dtype)[()]


def _pairing(us: Sequence[Any], vs: Sequence[Any]) -> float:
    """<u, v>, in double precision."""
    return float(
        sum(
            np.real(np.sum(np.asarray(u).astype(np.complex128) * np.asarray(v).astype(np.complex128)))
            for u, v in zip(us, vs, strict=True)
        )
    )


def _precision(values: Sequence[Any]) -> float:
    """The distance of 1 from the next number, in the coarsest type among the values."""
    return max(float(np.finfo(np.asarray(value).dtype).eps) for value in values)


def _moved(values: list[Any], direction: list[Any], step: float) -> list[Any]:
    moved = [
        np.asarray(one + step * way).astype(np.asarray(one).dtype) for one, way in zip(values, direction, strict=True)
    ]
    return [new if isinstance(one, np.ndarray) else new[()] for new, one in zip(moved, values, strict=True)]


def _central_differences(function: Function, values: list[Any], direction: list[Any], step: float) -> list[Any]:
    forth = _run(function, _moved(values, direction, step))
    back = _run(function, _moved(values, direction, -step))
    return [(np.asarray(a) - np.asarray(b)) / (2.0 * step) for a, b in zip(forth, back, strict=True)]


# One comparison: one function, one mode, one random cotangent.


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A derivative of `function` at `values` in one mode, against differences, as seen by the cotangents `cts`."""

    function: Function
    values: list[Any]
    names: list[str]
    mode: str
    cts: list[Any]
    step: float

    def found(self, direction: list[Any]) -> float:
        if self.mode == "reverse":
            return _pairing(vjp(self.function, *self.values)[1](self.cts), direction)
        return _pairing(self.cts, jvp(self.function, self.values, direction)[1])

    def expected(self, direction: list[Any]) -> float:
        return _pairing(self.cts, _central_differences(self.function, self.values, direction, self.step))

    def error(self, direction: list[Any]) -> float:
        """The difference; infinite where either is not a number, so that a maximum finds it."""
        difference = abs(self.found(direction) - self.expected(direction))
        return difference if np.isfinite(difference) else np.inf

    def only(self, leaf: int, piece: Any) -> list[Any]:
        """The direction that moves one array alone."""
        return [piece if i == leaf else np.zeros_like(np.asarray(v))[()] for i, v in enumerate(self.values)]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One element, and the real or imaginary part of it, of one array of a list."""

    leaf: int
    place: tuple[int, ...]
    unit: complex

    def among(self, values: list[Any]) -> list[Any]:
        """Zeros like the values, with the unit in this place."""
        units = [np.zeros_like(np.asarray(value)) for value in values]
        units[self.leaf][self.place] = self.unit if units[self.leaf].dtype.kind == "c" else 1.0
        return [unit[()] for unit in units]

    def named(self, name: str) -> str:
        element = f"{name}[{', '.join(map(str, self.place))}]" if self.place else name
        return element if self.unit == 1 else f"imag({element})"


def _sample(size: int, likely: Any, rng: np.random.Generator) -> Any:
    """Up to a hundred of the elements: half of them those where `likely` is largest, half at random."""
    if size <= _SAMPLED_ENTRIES:
        return range(size)
    half = _SAMPLED_ENTRIES // 2
    return sorted({*np.argsort(-likely)[:half].tolist(), *rng.choice(size, half, replace=False).tolist()})


def _entries(leaf: int, value: Any, likely: Any, imaginary: complex) -> list[_Entry]:
    """Up to a hundred elements of an array, with both parts of complex ones."""
    array = np.asarray(value)
    units = (1, imaginary) if array.dtype.kind == "c" else (1,)
    chosen = _sample(array.size, np.abs(np.ravel(likely)), np.random.default_rng(0))
    places = [tuple(int(i) for i in np.unravel_index(k, array.shape)) for k in chosen]
    return [_Entry(leaf, place, unit) for place in places for unit in units]


def _scaled(direction: list[Any], size: float) -> list[Any]:
    return [np.asarray(way * size).astype(np.asarray(way).dtype)[()] for way in direction]


def _worst_entry(failed: _Comparison, direction: list[Any]) -> str:
    """Which element of which argument the derivative is wrong for, and in which element of the result."""
    leaf = max(range(len(failed.values)), key=lambda i: failed.error(failed.only(i, direction[i])))
    size = _size(failed.values[leaf])
    candidates = _entries(leaf, failed.values[leaf], failed.values[leaf], 1j)
    worst = max(candidates, key=lambda entry: failed.error(_scaled(entry.among(failed.values), size)))
    way = worst.among(failed.values)
    column = [
        one / size for one in _central_differences(failed.function, failed.values, _scaled(way, size), failed.step)
    ]
    outcomes = []
    for i, ct in enumerate(failed.cts):
        for entry in _entries(i, ct, column[i], -1j):
            seen = replace(failed, cts=entry.among(failed.cts))
            found, expected = seen.found(way), _pairing(seen.cts, column)
            difference = abs(found - expected)
            outcomes.append((difference if np.isfinite(difference) else np.inf, entry, found, expected))
    _, entry, found, expected = max(outcomes, key=lambda outcome: outcome[0])
    result = entry.named("result" if len(failed.cts) == 1 else f"result[{entry.leaf}]")
    return f"d {result} / d {worst.named(failed.names[leaf])}: found {found:.6g}, expected {expected:.6g}"


# Whole programs.


@dataclass(frozen=True, slots=True)
class _Settings:
    name: str
    modes: tuple[str, ...]
    rtol: float | None
    atol: float | None
    eps: float | None

    def tolerances(self, values: list[Any]) -> tuple[float, float]:
        """In double precision a millionth: the differences are right to about 1e-10 of the value's own size."""
        usual = 1e-6 if _precision(values) < 1e-10 else 1e-2
        return (usual if self.rtol is None else self.rtol), (usual if self.atol is None else self.atol)

    def step(self, values: list[Any]) -> float:
        return float(np.cbrt(_precision(values))) if self.eps is None else self.eps


def _check_recorded_value(settings: _Settings, recorded: list[Any], plain: list[Any]) -> None:
    """The value of the recorded run is that of the plain one, to the square root of the precision."""
    for one, expected in zip(recorded, plain, strict=True):
        tolerance = np.sqrt(_precision([one, expected]))
        if not np.allclose(one, expected, rtol=tolerance, atol=tolerance * _size(expected), equal_nan=True):
            raise CheckFailedError(
                f"check_grads: {settings.name} returned {expected} when it ran by itself, and {one} when it was "
                "recorded; does it draw random numbers, or change something outside itself?"
            )


def _derivative(mode: str, function: Function, seeds: list[Any]) -> Function:
    """The derivative as a function, for a fixed cotangent or direction."""
    if mode == "reverse":
        return lambda *values: list(vjp(function, *values)[1](seeds))
    return lambda *values: jvp(function, values, seeds)[1]


def _check_mode(settings: _Settings, comparison: _Comparison, direction: list[Any], path: tuple[str, ...]) -> None:
    rtol, atol = settings.tolerances([*comparison.values, *comparison.cts])
    found, expected = comparison.found(direction), comparison.expected(direction)
    tolerance = atol + rtol * abs(expected)
    if abs(found - expected) <= tolerance:
        return
    fault = wrong_operation(comparison.function, comparison.values, direction, comparison.step, comparison.mode)
    raise CheckFailedError(
        f"check_grads: the derivative of {settings.name} of order {len(path)} ({' over '.join(path)}) is wrong\n"
        f"    along a random direction: found {found:.6g}, expected {expected:.6g}, tolerance {tolerance:.1g}\n"
        f"    worst entry: {_worst_entry(comparison, direction)}" + (f"\n    operation: {fault}" if fault else "")
    )


def _check_order(
    settings: _Settings, function: Function, values: list[Any], names: list[str], orders: int, path: tuple[str, ...]
) -> None:
    rng = np.random.default_rng(len(path))
    results = _run(function, values)
    if not results:
        raise ArgumentError(f"check_grads: {settings.name} returned no floating-point value")
    step = settings.step([*values, *results])
    for mode in settings.modes:
        cts = [_random_like(rng, result, 1.0 / _size(result)) for result in results]
        direction = [_random_like(rng, value, _size(value)) for value in values]
        if not path:
            _check_recorded_value(settings, vjp(function, *values)[0], results)
        _check_mode(settings, _Comparison(function, values, names, mode, cts, step), direction, (mode, *path))
        if orders > 1:
            derivative = _derivative(mode, function, cts if mode == "reverse" else direction)
            _check_order(settings, derivative, values, names, orders - 1, (mode, *path))


def check_grads(
    f: Function,
    args: tuple[Any, ...] | list[Any],
    order: int = 2,
    modes: Sequence[str] = ("reverse", "forward"),
    rtol: float | None = None,
    atol: float | None = None,
    eps: float | None = None,
) -> None:
    """Check the derivatives of a function against central differences, along random directions.

    Args:
        f: any function of arrays, numbers or trees of them. It must be smooth at `args`.
        args: its positional arguments. Leaves that are not floating-point are held fixed.
        order: up to which order; the derivatives of order n are compared with differences of those of order n - 1, in
            all combinations of the modes.
        modes: of "reverse" and "forward".
        rtol, atol: the tolerances, of a value of order 1: arguments and results are measured in units of their largest
            elements. By default 1e-6 each, and 1e-2 where something is single precision.
        eps: the step of the differences, as a part of an argument's largest element. By default the cube root of the
            precision.
    Raises:
        CheckFailedError: a derivative does not agree; says the order and modes, the worst entry (the element of
            the result and of the argument, and both numbers), and the first operation whose derivative does not match
            how its values change, with its line.
        ArgumentError: no argument, or no result, is floating-point.

    >>> import numpy as np
    >>> from wengert.testing import check_grads
    >>> check_grads(lambda x, p: np.sum(np.exp(x) * p["scale"]), (np.array([0.5, -1.0]), {"scale": 2.0}), order=3)

    Source: `jax.test_util.check_grads`.
    """
    if not isinstance(args, (tuple, list)):
        raise ArgumentError(f"check_grads: args must be a tuple of arguments, not {type(args).__name__}")
    if order < 1 or not modes or not set(modes) <= {"reverse", "forward"}:
        raise ValueError(f"check_grads: order={order!r}, modes={modes!r}; it checks orders from 1 on, in the modes "
                         "'reverse' and 'forward'")  # fmt: skip
    function, values, names = _flattened(f, tuple(args))
    settings = _Settings(getattr(f, "__name__", repr(f)), tuple(modes), rtol, atol, eps)
    if not values:
        raise ArgumentError(f"check_grads: {settings.name} was given no floating-point argument")
    _check_order(settings, function, values, names, order, ())


# Single rules.


def _operation_of(function: Function) -> Operation:
    """The operation of a function of the table, or of one with custom rules."""
    found = TABLE.get(function) or getattr(function, "_operation", None)
    if isinstance(found, Operation):
        return found
    if function in COMPOSITES:
        raise RuleError(f"check_rule: {operation_name(function)} is defined by other functions; use check_grads")
    raise RuleError(f"check_rule: {operation_name(function)} has no derivative rules")


def _names_to_check(found: Operation, named: dict[str, Any], wrt: str | Sequence[str] | None) -> list[str]:
    if wrt is not None:
        names = [wrt] if isinstance(wrt, str) else list(wrt)
    else:
        names = [name for name in found.rules if _floating_leaves(named[name])]
    for name in names:
        if name not in named or not _floating_leaves(named[name]):
            raise ArgumentError(f"check_rule: {found.name} was given no floating-point argument {name!r}")
    if not names:
        raise ArgumentError(f"check_rule: {found.name} was given no floating-point argument that has a rule")
    return names


def _of_one_argument(
    function: Function, found: Operation, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Function:
    """The call as a function of one of its arguments."""
    if name in kwargs:
        return lambda value: function(*args, **{**kwargs, name: value})
    place = found.parameters.index(name)
    return lambda value: function(*args[:place], value, *args[place + 1 :], **kwargs)


def _complex_step(function: Function, values: list[Any], direction: list[Any]) -> list[Any] | None:
    """The derivative of an analytic function of real values, exact to rounding; None where it does not take complex."""
    step = 1e-20
    if any(_kind(value) == "c" for value in values) or _precision(values) > 1e-10:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a function that drops imaginary parts warns; its result is not used
            results = function(*[value + 1j * (step * way) for value, way in zip(values, direction, strict=True)])
    except (TypeError, ValueError, NotImplementedError, np.linalg.LinAlgError):
        return None
    return [np.imag(result) / step for result in results]


def _reference(
    function: Function, values: list[Any], direction: list[Any], results: list[Any], cts: list[Any]
) -> tuple[float, str, float]:
    """<w, J v> without rules, the method, and the tolerance that it deserves.

    Whether a function is analytic is seen from the complex step itself: it then agrees with central differences.
    """
    precision = _precision([*values, *results])
    differences = _pairing(cts, _central_differences(function, values, direction, float(np.cbrt(precision))))
    steps = _complex_step(function, values, direction)
    if steps is not None and len(steps) == len(cts):
        exact = _pairing(cts, steps)
        if abs(exact - differences) <= 1e-5 * max(1.0, abs(differences)):
            return exact, "complex step", 1e-9
    return differences, "central differences", 1e-6 if precision < 1e-10 else 1e-2


def _check_argument(place: str, function: Function, argument: Any, rng: np.random.Generator) -> RuleErrors:
    flat, values, _ = _flattened(function, (argument,))
    results = _run(flat, values)
    if not results:
        raise ArgumentError(f"{place}: the result is not floating-point")
    cts = [_random_like(rng, result, 1.0 / _size(result)) for result in results]
    direction = [_random_like(rng, value, _size(value)) for value in values]
    pushed = _pairing(cts, jvp(flat, values, direction)[1])
    pulled = _pairing(vjp(flat, *values)[1](cts), direction)
    reference, method, tolerance = _reference(flat, values, direction, results, cts)
    unit = max(1.0, abs(reference))
    errors = RuleErrors(abs(pulled - reference) / unit, abs(pushed - pulled) / unit, method)
    if not errors.numerical <= tolerance:
        raise CheckFailedError(
            f"{place}: the rule gives <Jt w, v> = {pulled:.6g}, but {method} {'gives' if 'step' in method else 'give'} "
            f"{reference:.6g}"
        )
    if not errors.identity <= (1e-9 if _precision([*values, *results]) < 1e-10 else 1e-3):
        raise CheckFailedError(f"{place}: <w, J v> = {pushed:.6g}, but <Jt w, v> = {pulled:.6g}")
    return errors


def check_rule(
    function: Function, *args: Any, wrt: str | Sequence[str] | None = None, **kwargs: Any
) -> dict[str, RuleErrors]:
    """Check the derivative rules of one operation, for one call of it.

    The derivative along a random direction v, seen by a random cotangent w, is compared with a complex step, where
    the function is analytic and takes complex numbers, else with central differences; and the forward derivative with
    the reverse one, by the identity <w, J v> = <Jt w, v>.

    Args:
        function: a NumPy function that can be differentiated, or one decorated with `custom_vjp` or `custom_jvp`.
        args, kwargs: its arguments. It must be smooth there.
        wrt: the name, or names, of the arguments to check. By default all floating-point ones with a rule.
    Returns:
        For each argument the errors found, relative to the sizes of argument and result.
    Raises:
        CheckFailedError: a rule is wrong by more than 1e-9 of a complex step, or 1e-6 of central differences (1e-2 in
            single precision).
        RuleError: the function has no rules. ArgumentError: no argument, or no result, is floating-point.

    >>> import numpy as np
    >>> from wengert.testing import check_rule
    >>> errors = check_rule(np.multiply, np.array([1.0, 2.0]), np.array([3.0, -1.0]))
    >>> list(errors), errors["x1"].method
    (['x1', 'x2'], 'complex step')
    """
    found = _operation_of(function)
    named = dict(zip(found.parameters, found.bind(*args, **kwargs), strict=True))
    rng = np.random.default_rng(0)
    return {
        name: _check_argument(
            f"check_rule: {found.name} wrt {name!r}",
            _of_one_argument(function, found, name, args, kwargs),
            named[name],
            rng,
        )
        for name in _names_to_check(found, named, wrt)
    }
