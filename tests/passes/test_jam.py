"""Independent rows side by side give every bit that they gave one after the other."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.passes.comparing import after, arguments_of, outcome, prepared, random_program
from wengert.compiler import PREPARE
from wengert.emit import compile_program
from wengert.passes import jam
from wengert.passes.independent import mark_independent
from wengert.passes.jam import jam_rows
from wengert.program.statements import For, Program
from wengert.program.traverse import walk


def filtered(A: Any, x: Any) -> None:
    for i in range(A.shape[0]):
        state = 0.0
        for j in range(A.shape[1]):
            state = 0.9 * state + A[i, j]
            A[i, j] = state


def polynomials(A: Any, x: Any) -> None:
    for i in range(A.shape[0]):
        point, value = x[i], 0.0
        for j in range(A.shape[1] - 1, -1, -1):
            value = value * point + A[i, j]
        x[i] = value


def upwards(A: Any, x: Any) -> None:
    for i in range(A.shape[0] - 1, -1, -1):
        place, speed = x[i], 0.0
        for j in range(1, A.shape[1]):
            speed = speed - 0.1 * np.sin(place)
            place = place + speed * A[i, j - 1]
            A[i, j] = place
        x[i] = place - speed


KERNELS = [filtered, polynomials, upwards]


def given(rows: int, columns: int) -> list[Any]:
    """An array and a vector of random numbers."""
    rng = np.random.default_rng(100 * rows + columns)
    return [rng.uniform(0.1, 0.9, (rows, columns)), rng.uniform(0.1, 0.9, rows)]


def ready(kernel: Any) -> Program:
    """The program of a function as it is before the pass."""
    return after(prepared(kernel, *given(5, 6)), *PREPARE)


def is_jammed(program: Program) -> bool:
    """Whether a loop of a program takes several rows at a time."""
    return any(isinstance(one, For) and abs(one.step) == jam._ROWS for one in walk(program.body))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda one: one.__name__)
def test_every_size_gives_the_same_bits(kernel: Any) -> None:
    """Machine code of both and of NumPy agree, from nothing to 20 elements along both axes."""
    program = ready(kernel)
    jammed = after(program, jam_rows)
    assert is_jammed(jammed)
    plain, fast = compile_program(program), compile_program(jammed)
    for sizes in itertools.product(range(21), repeat=2):
        found, right = given(*sizes), given(*sizes)
        fast(*found)
        plain(*right)
        assert [one.tobytes() for one in found] == [one.tobytes() for one in right], sizes
    for sizes in ((3, 4), (4, 1), (11, 7)):
        assert outcome(jammed, given(*sizes)) == outcome(program, given(*sizes))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda one: one.__name__)
def test_derivatives_give_the_same_bits(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reverse derivatives go back along the rows, and do so side by side too."""
    gradients = []
    for most in (jam._MOST_STATEMENTS, 0):
        monkeypatch.setattr(jam, "_MOST_STATEMENTS", most)
        loss = wg.jit(lambda A, x, w: (kernel(A, x), np.sum(w * A) + np.sum(x))[1])
        found = wg.grad(loss, argnums=(0, 1))(*given(11, 9), given(11, 9)[0])
        gradients.append([one.tobytes() for one in found])
    assert gradients[0] == gradients[1]


def linked(A: Any, x: Any) -> None:
    for i in range(1, A.shape[0]):
        state = A[i - 1, 0]
        for j in range(A.shape[1]):
            state = 0.9 * state + A[i, j]
            A[i, j] = state


def triangle(A: Any, x: Any) -> None:
    for i in range(A.shape[0]):
        state = 0.0
        for j in range(i):
            state = 0.9 * state + A[i, j]
        A[i, 0] = state


@pytest.mark.parametrize("kernel", [linked, triangle], ids=lambda one: one.__name__)
def test_other_rows_stay(kernel: Any) -> None:
    """Rows that use what another has made, and rows of different lengths."""
    assert not is_jammed(after(ready(kernel), jam_rows))


def test_random_programs_give_the_same_bits() -> None:
    """Variables, triangles and accumulations at random places, wherever rows are independent."""
    changes = 0
    for seed in range(400):
        before = after(random_program(seed), mark_independent)
        changed = after(before, jam_rows)
        if is_jammed(changed):
            changes += 1
            for size in (1, 3, 4, 5, 9):
                arguments = arguments_of(size, seed)
                assert outcome(changed, arguments) == outcome(before, arguments), (seed, size)
    assert changes > 20
