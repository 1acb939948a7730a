"""A generated program and its derivatives as compiled programs, run in different ways, and what they must agree with.

What goes in: the source text of `program(x, A, s, k)`. What comes out: an `AssertionError` where a value or a
derivative is not that of plain NumPy, or a `NotAcceptedError` where the source is refused.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np

import wengert as wg
from tests.generated.test_generated import compiled
from wengert.adjoint.forward import forward
from wengert.adjoint.reverse import reverse
from wengert.checkpointing import compiled as budgets
from wengert.compiler import DERIVATIVE, FINISH, PREPARE, Kernel, Pass
from wengert.emit import compile_program
from wengert.errors import MemoryBudgetError
from wengert.lower import lower_function
from wengert.lower.arguments import types_of
from wengert.lower.results import ResultLeaf, ResultTree, rebuild
from wengert.program.reference import run
from wengert.program.statements import Program
from wengert.program.verifier import verify

__all__ = [
    "Derivatives",
    "Expected",
    "arguments_of_size",
    "by_reference",
    "compare",
    "compare_in_single_precision",
    "compare_with_record_engine",
    "compare_within_budgets",
    "derivatives_of",
    "flat",
    "optimised",
    "unoptimised",
]

WRT = (0, 1, 2)
STEP = 1e-30
Way = Callable[[Program], Callable[..., Any]]
"""How a program is run."""


def by_reference(program: Program) -> Callable[..., Any]:
    """The printed text, executed over NumPy."""

    def call(*arguments: Any) -> list[Any]:
        result = run(program, *arguments)
        return list(result) if len(program.results) > 1 else [result] * len(program.results)

    return call


def unoptimised(program: Program) -> Callable[..., Any]:
    """Machine code as it is written, without LLVM's optimisations."""
    return compile_program(program, opt_level=0)


def optimised(program: Program) -> Callable[..., Any]:
    """Machine code as users get it."""
    return compile_program(program)


class RunAs(Kernel):
    """A kernel whose program, all passes done, runs in a given way."""

    def __init__(self, program: Program, way: Way) -> None:
        super().__init__(program)
        self.__dict__["machine_code"] = way(program)

    def output(self, number: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """Zeros, or NaN where the program says that it does not look at it."""
        return np.full(shape, np.nan if self.outputs[number].filled else 0.0, self.outputs[number].storage.dtype)


def verified(passes: Sequence[Pass], program: Program) -> Program:
    """The program after passes, well formed after each."""
    verify(program)
    for one in passes:
        program = one(program)
        verify(program)
    return program


@dataclasses.dataclass
class Derivatives:
    """The programs of a function: its value, its reverse and its forward derivative."""

    function: Callable[..., Any]
    result: ResultTree
    value: Program
    reverse: Program
    forward: Program

    @property
    def leaves(self) -> list[int]:
        """Which of the results are computed at run time: others are numbers known when the program was made."""
        return [i for i, one in enumerate(self.result.items) if isinstance(one, ResultLeaf)]


def derivatives_of(source: str, arguments: Sequence[Any], *, guarded: bool = False) -> Derivatives:
    """Lower a program and differentiate it; every program on the way is verified."""
    function = compiled(source)
    lowered = lower_function(function, types_of(arguments))
    prepared = verified(PREPARE, lowered.program)
    backward = verified(DERIVATIVE, reverse(prepared, WRT, with_results=True, guarded=guarded))
    onward = verified(DERIVATIVE, forward(prepared, WRT, guarded=guarded))
    assert isinstance(lowered.result, ResultTree)
    programs = [verified(FINISH, one) for one in (lowered.program, backward, onward)]
    return Derivatives(function, lowered.result, *programs)


def arguments_of_size(n: int, dtype: str = "float64") -> tuple[Any, ...]:
    """Arguments for which the generated programs were made; not all arrays in C order."""
    rng = np.random.default_rng(n)
    x, A = rng.uniform(-1, 1, n).astype(dtype), rng.uniform(-1, 1, (n, n)).astype(dtype)
    return (x, A.T if n % 2 else A, 0.7, n % 3)


def flat(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """All numbers in arrays and numbers."""
    return np.concatenate([np.ravel(one) for one in values])


class Expected:
    """Value, Jacobian by the complex step, and the sizes of errors to expect, of a function at some arguments."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        with np.errstate(all="ignore"):
            self._measure(function, *arguments)

    def _measure(self, function: Callable[..., Any], x: Any, A: Any, s: Any, k: int) -> None:
        self.values = function(x.copy(), A.copy(), s, k)
        self.sizes = [np.size(one) for one in self.values]
        columns, paths = [], []
        for place in range(x.size + A.size + 1):
            unit = np.zeros(x.size + A.size + 1)
            unit[place] = STEP
            dx, dA = unit[: x.size], unit[x.size : -1].reshape(A.shape)
            results = flat(function(x + 1j * dx, A + 1j * dA, s + 1j * unit[-1], k))
            columns.append(results.imag / STEP)
            paths.append(results.real)
        self.jacobian = np.stack(columns, axis=1)
        self.scale = max(1.0, float(np.max(np.abs(self.jacobian))))
        # Complex arithmetic rounds differently: where a condition falls on the other side, there is nothing to compare.
        self.usable = bool(
            np.all(np.isfinite(self.jacobian))
            and max(np.max(np.abs(flat(self.values))), self.scale) < 1e6
            and np.max(np.abs(np.stack(paths) - flat(self.values))) < 1e-8
        )

    def split(self, weights: np.ndarray[Any, Any]) -> list[Any]:
        """Numbers for all results, in the shapes of the results."""
        pieces = np.split(weights, np.cumsum(self.sizes)[:-1])
        return [np.reshape(p, np.shape(one)) for p, one in zip(pieces, self.values, strict=True)]


def close(found: Any, expected: Any, tolerance: float, what: str) -> None:
    """Agreement to an absolute tolerance."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance, err_msg=what)


def compare(made: Derivatives, way: Way, arguments: tuple[Any, ...], expected: Expected) -> None:
    """Value, gradient and directional derivative, by programs run in one way, against what is expected."""
    tolerance = 1e-11 * expected.scale
    kept = [np.copy(one) for one in arguments]
    results, _ = RunAs(made.value, way)(*arguments)
    value = rebuild(made.result, results)
    for found, one in zip(value, expected.values, strict=True):
        assert np.shape(found) == np.shape(one)
        close(found, one, 1e-13 * expected.scale * sum(expected.sizes), f"value, {way.__name__}")

    weights = np.cos(np.arange(len(expected.jacobian)))
    cts = expected.split(weights)
    for i in set(range(len(cts))) - set(made.leaves):
        cts[i] *= 0
    gradient = flat(cts) @ expected.jacobian
    results, outputs = RunAs(made.reverse, way)(*arguments, *[cts[i] for i in made.leaves])
    close(flat(rebuild(made.result, results[: len(made.leaves)])), flat(expected.values), tolerance, "value of reverse")
    close(flat([*outputs, results[-1]]), gradient, tolerance * weights.size, f"gradient, {way.__name__}")

    direction = np.sin(1.0 + np.arange(gradient.size))
    x, A = arguments[:2]
    tangents = (direction[: x.size], direction[x.size : -1].reshape(A.shape), direction[-1])
    results, _ = RunAs(made.forward, way)(*arguments, *tangents)
    moved = expected.split(expected.jacobian @ direction)
    found, right = flat(results[len(made.leaves) :]), flat([moved[i] for i in made.leaves])
    close(found, right, tolerance * direction.size, f"tangent, {way.__name__}")
    for one, before in zip(arguments, kept, strict=True):
        np.testing.assert_array_equal(one, before)


def compare_with_record_engine(source: str, arguments: tuple[Any, ...]) -> None:
    """`wg.jit` and the record engine: values, side effects, gradients, tangents and second derivatives."""
    function = compiled(source)
    jitted = wg.jit(function)
    ours, theirs = [np.copy(one) for one in arguments[:2]], [np.copy(one) for one in arguments[:2]]
    s, k = arguments[2:]
    values, expected = jitted(*ours, s, k), function(*theirs, s, k)
    for found, one in zip((*values, *ours), (*expected, *theirs), strict=True):
        assert isinstance(found, np.ndarray) == isinstance(one, np.ndarray)
        assert np.asarray(found).dtype == np.asarray(one).dtype
        close(found, one, 1e-10, "wg.jit")

    def derivatives(engine: Callable[..., Any]) -> list[Any]:
        def loss(x: Any, A: Any, s: Any) -> Any:
            return sum(np.sum(one * (i + 1) * 0.1) for i, one in enumerate(engine(x, A, s, k)))

        primals = arguments[:3]
        directions = tuple(np.sin(1.0 + np.arange(np.size(one))).reshape(np.shape(one))[()] for one in primals)
        gradient = wg.grad(loss, (0, 1, 2))(*primals)
        return [*gradient, wg.jvp(loss, primals, directions)[1], *wg.hvp(loss, primals, directions)]

    for found, one in zip(derivatives(jitted), derivatives(function), strict=True):
        close(found, one, 1e-9 * max(1.0, float(np.max(np.abs(one)))), "wg.jit against the record engine")


def compare_within_budgets(source: str, arguments: tuple[Any, ...], expected: Expected) -> None:
    """Swept back in pieces, within the least budget and within an ample one: the gradient is that of the complex step.

    A budget that the first iterations do not foretell may be refused later on.
    """
    jitted, (x, A, s, k) = wg.jit(compiled(source)), arguments
    weights = np.cos(np.arange(len(expected.jacobian)))
    gradient = weights @ expected.jacobian

    def within(memory: int) -> None:
        budgeted = budgets.within_budget(jitted, memory, None, None, False)
        values, pullback = wg.vjp(lambda x, A, s: budgeted(x, A, s, k), x, A, s)
        cts = tuple(
            np.asarray(c, np.asarray(v).dtype)[()] for c, v in zip(expected.split(weights), values, strict=True)
        )
        close(flat(pullback(cts)), gradient, 1e-11 * expected.scale * weights.size, f"gradient within {memory} bytes")

    with patch.object(budgets._Reverse, "_at_once", lambda *_: (None, 0)):
        within(10**9)
        try:
            within(1)
        except MemoryBudgetError as refusal:
            least = re.search(r"the least is (\d+) bytes", str(refusal))
            if least is not None:
                with contextlib.suppress(MemoryBudgetError):
                    within(int(least[1]))


def compare_in_single_precision(source: str, arguments: tuple[Any, ...], expected: Expected) -> None:
    """The same in float32: dtypes to the letter, numbers to what float32 allows.

    A variable that is a Python number on one path and a float32 on another is a float32 on both, where that is exact;
    and one that is a float64 on another is that on both, so that what it meets becomes one (docs/compiled.md, limits).
    """
    s, k = arguments[2:]
    x, A = (one.astype(np.float32) for one in arguments[:2])
    function = compiled(source)
    plain = function(x.copy(), A.copy(), s, k)
    if expected.scale > 20 or np.max(np.abs(flat(plain) - flat(expected.values))) > 1e-4:
        return  # ill-conditioned, or a condition falls on the other side
    values, pullback = wg.vjp(lambda x, A, s: wg.jit(function)(x, A, s, k), x, A, s)
    for found, one in zip(values, plain, strict=True):
        assert type(one) is float or np.asarray(found).dtype in (np.asarray(one).dtype, np.float64)
        close(found, one, 1e-4 * expected.scale, "value in single precision")
    weights = np.cos(np.arange(len(expected.jacobian)))
    cts = tuple(np.asarray(c, np.asarray(v).dtype)[()] for c, v in zip(expected.split(weights), values, strict=True))
    gradient = pullback(cts)
    assert [np.asarray(one).dtype.name for one in gradient[:2]] == ["float32", "float32"]
    close(flat(gradient), weights @ expected.jacobian, 1e-3 * expected.scale**2 * weights.size, "single precision")
