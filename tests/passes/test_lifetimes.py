"""First and last writes are left out only where no number depends on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.passes.comparing import after, outcome
from wengert.compiler import Kernel
from wengert.lower import lower_function, types_of
from wengert.passes.fuse import fuse_loops
from wengert.passes.lifetimes import shorten_lifetimes
from wengert.program.builder import Builder, integer
from wengert.program.reference import run
from wengert.program.statements import Allocate, Array, Constant, Operand, Program, Storage, Store, Value
from wengert.program.traverse import walk
from wengert.program.verifier import verify


def rectified(A: Any, x: Any) -> Any:
    """A layer of a network."""
    hidden = np.maximum(A @ A + x, 0.0)
    return np.sum(hidden @ A)


def diffused(A: Any, x: Any) -> Any:
    """A stencil, in place and out of place."""
    for _ in range(2):
        B = A.copy()
        B[1:-1] += 0.5 * (A[2:] - 2.0 * A[1:-1] + A[:-2])
        A = B * np.exp(-x)
    return np.sum(A * A)


def swept(A: Any, x: Any) -> Any:
    """Loops in the user's order, with arrays made in each iteration."""
    total = 0.0
    for i in range(len(x)):
        row = A[i] * x
        if i % 2 == 0:
            row = row * row
        total += np.sum(np.tanh(row))
    return total


def halves(A: Any, x: Any) -> Any:
    """Parts of an array that is added to piece by piece."""
    n = len(x) // 2
    both = A * 2.0
    return np.sum(np.sin(both[:n]) * 3.0) + np.sum(both[n:] ** 2) + np.sum(both[::2])


@pytest.mark.parametrize("function", [rectified, diffused, swept, halves])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 6])
def test_every_bit_stays(function: Callable[..., Any], size: int) -> None:
    """Values and cotangents of gradients are the same bits, fused or not."""
    rng = np.random.default_rng(size)
    arguments = rng.normal(size=(size, size)), rng.normal(size=size)
    kernel = Kernel(lower_function(function, types_of(arguments)).program)
    before = kernel.reverse((0, 1), with_results=True, unit_seed=True).program
    given = [*arguments, np.zeros((size, size)), np.zeros(size)]
    for program in (before, fuse_loops(before)):
        assert outcome(after(program, shorten_lifetimes), given) == outcome(program, given)


def stores(program: Program) -> int:
    return sum(isinstance(one, Store) for one in walk(program.body))


def zeroed(program: Program) -> list[bool]:
    return [one.zeroed for one in walk(program.body) if isinstance(one, Allocate)]


def summed(*, whole: bool = True, again: bool = False, order_free: bool = True) -> Program:
    """`s = zeros(n); s[i] += x[i]; y[i] += s[i]; s[i] = 0`, twice if `again`; if not `whole`, from `s[1]` on."""
    b = Builder()
    n = Value("n", "int64")
    x, y = Storage("x", "float64", 1), Storage("y", "float64", 1)
    s = b.allocate("s", "float64", (n,), zeroed=True)
    start: Operand = integer(0) if whole else integer(1)
    for _ in range(1 + again):
        with b.loop(start, n, order_free=order_free) as i:
            b.accumulate(s, (i,), b.load(x, (i,)))
        with b.loop(integer(0), n, order_free=order_free) as i:
            b.accumulate(y, (i,), b.load(s, (i,)))
            b.store(s, (i,), Constant(0.0, "float64"))
    return Program("f", (Array(x, (n,)), Array(y, (n,))), b.finish())


@pytest.mark.parametrize(
    ("program", "zeros", "left"),
    [
        (summed(), False, 1),
        (summed(again=True), False, 2),
        (summed(whole=False), True, 0),
        (summed(order_free=False), True, 1),
        (summed(order_free=False, whole=False), True, 1),
    ],
)
def test_what_is_left_out(program: Program, *, zeros: bool, left: int) -> None:
    """The zeros go if all of them are added to, the last store goes, others stay; loops in order are left alone."""
    found = shorten_lifetimes(program)
    verify(found)
    assert zeroed(found) == [zeros]
    assert stores(found) == left
    for size in (0, 1, 2, 5):
        given = [np.linspace(-1.0, 1.0, size), np.ones(size)]
        assert outcome(found, given) == outcome(program, given)


def test_zero_plus_negative_zero_is_zero() -> None:
    """A negative zero that is added to zeros is not stored as it is."""
    y = np.full(2, -0.0)
    run(shorten_lifetimes(summed()), np.full(2, -0.0), y)
    assert not np.signbit(y).any()
