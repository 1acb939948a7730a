"""Products that are added to cotangents: postponed or not, they are what they were, and no other sum is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.analysis.cotangents import cotangents
from wengert.compiler import Kernel
from wengert.lower import lower_function, types_of
from wengert.passes.added_products import add_products
from wengert.passes.postponed_products import postpone_products
from wengert.program.operations import ADDED_PRODUCT
from wengert.program.reference import run
from wengert.program.statements import Allocate, Apply, Program
from wengert.program.traverse import walk
from wengert.program.verifier import verify

TOLERANCE = {"float64": 1e-11, "float32": 2e-4, "complex128": 1e-11, "complex64": 2e-4}


def repeated(A: Any, x: Any, steps: int) -> Any:
    """A product with a vector in each iteration."""
    for _ in range(steps):
        x = 0.3 * (A @ x) + 0.7 * x
    return np.sum(x * x)


def until_small(A: Any, x: Any, steps: int) -> Any:
    """A number of iterations that is known at the end only, in which some multiply and some do not."""
    count = 0
    while count < steps:
        if count % 3 != 1:
            x = -(A @ x) * 0.5
        x = x + 0.25
        count += 1
    return np.sum(x * x)


def nested(A: Any, x: Any, steps: int) -> Any:
    """Loops in loops, and two products in the innermost."""
    for _ in range(2):
        for _ in range(steps):
            x = 0.1 * (A @ x) - 0.2 * (x @ A)
    return np.sum(x)


def layered(A: Any, x: Any, steps: int) -> Any:
    """A matrix that is a part of an array of three axes, transposed."""
    stack = np.ones((2, 1, 1)) * A
    for _ in range(steps):
        x = 0.3 * (stack[1].T @ x)
    return np.sum(x)


def in_blocks(A: Any, x: Any, steps: int) -> Any:
    """Products of matrices, in a loop and after it."""
    X = np.outer(x, x)
    for _ in range(steps):
        X = 0.2 * (A @ X)
    return np.sum(X @ A)


def derived(A: Any, x: Any, steps: int) -> Any:
    """A matrix that is computed from an argument, under another shape."""
    W = (0.5 * A).reshape(-1).reshape(A.shape)
    for _ in range(steps):
        x = W @ x + 0.1
    return np.sum(x * x)


PROGRAMS: list[Callable[..., Any]] = [repeated, until_small, nested, layered, in_blocks, derived]


def gradient_of(function: Callable[..., Any], *arguments: Any) -> Program:
    """The program of value and gradient with respect to the first two arguments."""
    kernel = Kernel(lower_function(function, types_of(arguments)).program)
    return kernel.reverse((0, 1), with_results=True, unit_seed=True).program


def postponed(program: Program) -> Program:
    """The program after both passes, verified after each."""
    for one in (add_products, postpone_products):
        program = one(program)
        verify(program)
    return program


def products(program: Program) -> int:
    """How many products are added by BLAS."""
    return sum(isinstance(one, Apply) and one.function == ADDED_PRODUCT for one in walk(program.body))


def arguments_of(size: int, steps: int, dtype: str = "float64") -> tuple[Any, Any, int]:
    rng = np.random.default_rng(size + steps)
    A, x = rng.normal(size=(size, size)), rng.normal(size=size)
    if dtype.startswith("complex"):
        A, x = A + 1j * rng.normal(size=A.shape), x - 0.5j * x
    return (A / max(size, 1)).astype(dtype), x.astype(dtype), steps


def outcome(program: Program, arguments: Sequence[Any]) -> list[Any]:
    """The value and both cotangents, by the reference engine."""
    bars = [np.zeros_like(one) for one in arguments[:2]]
    return [run(program, *arguments, *bars), *bars]


@pytest.mark.parametrize("function", PROGRAMS)
@pytest.mark.parametrize(("size", "steps"), [(0, 2), (1, 1), (2, 0), (2, 3), (3, 64), (3, 65), (9, 130)])
def test_postponed_products_are_added_all(function: Callable[..., Any], size: int, steps: int) -> None:
    """No product is lost or added twice: with no, some and just enough iterations to fill the rows, and none at all."""
    arguments = arguments_of(size, steps)
    before = gradient_of(function, *arguments)
    after = postponed(before)
    for one, other in zip(outcome(after, arguments), outcome(before, arguments), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("function", [repeated, until_small, nested, in_blocks, derived])
def test_machine_code_and_record_engine_agree(function: Callable[..., Any], dtype: str) -> None:
    """The compiled gradient is the recorded one, in every dtype that BLAS takes."""

    def loss(A: Any, x: Any, steps: int) -> Any:
        return np.real(function(A, x, steps))

    arguments = arguments_of(17, 70, dtype)
    found = wg.grad(wg.jit(loss), (0, 1))(*arguments)
    expected = wg.grad(loss, (0, 1))(*arguments)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_a_loop_adds_products_of_matrices() -> None:
    """For each product with an argument there are two places where it is added: with full rows, and the rest."""
    assert products(postponed(gradient_of(repeated, *arguments_of(3, 2)))) == 2
    assert products(postponed(gradient_of(until_small, *arguments_of(3, 2)))) == 2
    assert products(postponed(gradient_of(nested, *arguments_of(3, 2)))) == 4
    assert products(postponed(gradient_of(derived, *arguments_of(3, 2)))) == 2


def test_no_array_is_made_for_a_product_that_is_added() -> None:
    """The product of matrices goes into the cotangent itself."""
    program = gradient_of(in_blocks, *arguments_of(3, 2))
    made = [sum(isinstance(one, Allocate) for one in walk(each.body)) for each in (program, add_products(program))]
    assert products(add_products(program)) == 3
    assert made[1] == made[0] - 3


def test_sums_of_the_user_are_left_alone() -> None:
    """The same additions in the program itself: a sum that the user wrote has the user's order, to the last bit."""

    def updates(A: Any, x: Any, steps: int) -> Any:
        total = np.zeros((len(x), len(x)))
        for k in range(steps):
            for i in range(len(x)):
                for j in range(len(x)):
                    total[i, j] += A[k % 2, i] * x[j]
            total += A @ A
        return total

    def loss(A: Any, x: Any, steps: int) -> Any:
        return np.sum(np.tanh(updates(A, x, steps)))

    program = lower_function(updates, types_of(arguments_of(3, 2))).program
    assert postponed(program) is program
    gradient = gradient_of(loss, *arguments_of(3, 2))
    own = [one for one in walk(gradient.body) if isinstance(one, Allocate) and one.storage.hint == "zeros"]
    assert own
    assert cotangents(gradient).isdisjoint(one.storage for one in own)


def test_an_output_that_the_loop_reads_is_left_alone() -> None:
    """Where the argument is updated in the loop, its cotangent is read there, and nothing may wait."""

    def updated(A: Any, x: Any, steps: int) -> Any:
        for _ in range(steps):
            x = A @ x
            A *= 0.5
        return np.sum(x)

    arguments = arguments_of(4, 5)
    found = wg.grad(wg.jit(updated), (0, 1))(*arguments)
    for one, other in zip(found, wg.grad(updated, (0, 1))(*arguments), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("length", [300_000, 600_000, 1_100_000])
def test_of_long_vectors_few_are_put_aside(length: int) -> None:
    """The rows have a bounded number of elements: of vectors as long as that, one is put aside at a time."""

    def averaged(A: Any, x: Any) -> Any:
        for _ in range(5):
            x = 0.5 * x + np.mean(A @ x)
        return np.sum(x)

    rng = np.random.default_rng(length)
    arguments = rng.normal(size=(2, length)) / length, rng.normal(size=length)
    found = wg.grad(wg.jit(averaged), (0, 1))(*arguments)
    for one, other in zip(found, wg.grad(averaged, (0, 1))(*arguments), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_an_exception_in_a_loop_passes_through() -> None:
    """A check that fails between two products ends the call as it would have."""

    def checked(A: Any, x: Any, steps: int) -> Any:
        for k in range(steps):
            x = A @ x
            if k == 3:
                raise ValueError("too many")
        return np.sum(x)

    gradient = wg.grad(wg.jit(checked), (0, 1))
    gradient(*arguments_of(4, 3))
    with pytest.raises(ValueError, match="too many"):
        gradient(*arguments_of(4, 5))
