"""Recurrences that are computed side by side give every bit that they gave row by row."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.passes.comparing import after, outcome, prepared
from wengert.compiler import PREPARE
from wengert.emit import compile_program
from wengert.passes import skew
from wengert.passes.skew import skew_recurrences
from wengert.program.builder import Builder, integer
from wengert.program.statements import Accumulate, Array, Constant, For, Operand, Program, Storage, Value
from wengert.program.traverse import walk
from wengert.program.verifier import verify


def seidel(A: Any) -> None:
    for i in range(1, A.shape[0] - 1):
        for j in range(1, A.shape[1] - 1):
            A[i, j] = (A[i - 1, j + 1] + A[i, j - 1] + A[i, j] + A[i, j + 1] + A[i + 1, j - 1]) / 5.0


def backwards(A: Any) -> None:
    for i in range(A.shape[0] - 2, -1, -1):
        for j in range(A.shape[1] - 2, -1, -1):
            A[i, j] = 0.5 * A[i, j + 1] + 0.25 * A[i + 1, j] - 0.1 * A[i, j]


def crosswise(A: Any) -> None:
    for i in range(A.shape[0] - 3, -1, -1):
        for j in range(2, A.shape[1]):
            A[i, j] = 0.5 * A[i, j - 2] + 0.25 * A[i, j - 1] * A[i + 2, j]


def along_rows(A: Any) -> None:
    for i in range(A.shape[0]):
        for j in range(1, A.shape[1]):
            A[i, j] = A[i, j] + 0.5 * A[i, j - 1]


def scatter(A: Any) -> None:
    for i in range(1, A.shape[0] - 1):
        for j in range(A.shape[1] - 2, 0, -1):
            t = A[i, j] / 4.0
            A[i, j] = 0.0
            A[i + 1, j] += t
            A[i, j - 1] += t
            A[i - 1, j + 1] += t
            A[i, j] += t


def in_float32(A: Any) -> None:
    for i in range(1, A.shape[0]):
        for j in range(1, A.shape[1]):
            A[i, j] += np.float32(0.5) * (A[i - 1, j - 1] - A[i, j - 1])


KERNELS = [seidel, backwards, crosswise, along_rows, scatter, in_float32]


def without_inner_checks(kernel: Any, *arguments: Any) -> Program:
    """The program of a function as it is before the pass."""
    return after(prepared(kernel, *arguments), *PREPARE)


def array(rows: int, columns: int, dtype: str = "float64") -> Any:
    """An array of random numbers."""
    return np.random.default_rng(100 * rows + columns).uniform(0.5, 1.5, (rows, columns)).astype(dtype)


def is_skewed(program: Program) -> bool:
    """Whether a loop of a program takes several rows at a time."""
    return any(isinstance(one, For) and abs(one.step) == skew._ROWS for one in walk(program.body))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda one: one.__name__)
def test_every_size_gives_the_same_bits(kernel: Any) -> None:
    """Skewed and plain machine code agree, and with NumPy, from nothing to 20 elements along both axes."""
    dtype = "float32" if kernel is in_float32 else "float64"
    program = without_inner_checks(kernel, array(5, 5, dtype))
    skewed = after(program, skew_recurrences)
    assert is_skewed(skewed)
    plain, fast = compile_program(program), compile_program(skewed)
    for sizes in itertools.product((*range(21), 40), repeat=2):
        found, right = array(*sizes, dtype), array(*sizes, dtype)
        fast(found)
        plain(right)
        assert found.tobytes() == right.tobytes(), sizes
    for sizes in ((4, 5), (6, 30), (11, 40)):
        assert outcome(skewed, [array(*sizes, dtype)]) == outcome(program, [array(*sizes, dtype)])


@pytest.mark.parametrize("kernel", KERNELS[:-1], ids=lambda one: one.__name__)
def test_derivatives_give_the_same_bits(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reverse derivatives are recurrences too, whose additions keep their order."""
    weights = array(11, 45)
    gradients = []
    for shortest in (0, 10**6):
        monkeypatch.setattr(skew, "_SHORTEST", shortest)
        loss = wg.jit(lambda A, w: (kernel(A), np.sum(w * A))[1])
        gradients.append(wg.grad(loss)(array(11, 45), weights).tobytes())
    assert gradients[0] == gradients[1]


class _Random:
    """A random recurrence over a matrix A, and perhaps a matrix B and a vector x, in random directions."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.b = Builder()
        self.reach = int(self.rng.integers(1, 3))
        self.A, self.B, self.x = Storage("A", "float64", 2), Storage("B", "float64", 2), Storage("x", "float64", 1)

    def offset(self) -> int:
        return int(self.rng.integers(-self.reach, self.reach + 1))

    def place(self, i: Operand, j: Operand) -> tuple[Storage, list[Operand]]:
        where = [
            self.b.bind("add", counter, integer(self.offset())) if self.rng.random() < 0.8 else counter
            for counter in (i, j)
        ]
        kind = self.rng.random()
        if kind < 0.8:
            return self.A, where
        return (self.B, where) if kind < 0.95 else (self.x, where[1:])

    def point(self, i: Operand, j: Operand, step: int, below: Operand, height: Operand) -> None:
        """What is done for one point: `below` is another row, `height` a number of the row."""
        b, rng = self.b, self.rng
        behind = b.bind("add", j, integer(-step))
        total = b.bind("multiply", b.load(self.A, (i, behind)), Constant(0.5, "float64"))
        for _ in range(rng.integers(1, 5)):
            function = str(rng.choice(["add", "subtract", "multiply"]))
            total = b.bind(function, total, b.load(*self.place(i, j)))
            if rng.random() < 0.3:
                b.accumulate(*self.place(i, j), b.bind("multiply", total, Constant(0.1, "float64")))
        if rng.random() < 0.3:
            total = b.bind("add", total, b.bind("multiply", height, b.load(self.A, (below, j))))
        b.store(self.A, (i, j), b.bind("tanh", total))
        for _ in range(rng.integers(0, 4)):
            b.accumulate(*self.place(i, j), b.bind("multiply", total, Constant(0.1, "float64")))

    def program(self) -> Program:
        b, rng = self.b, self.rng
        rows, columns = Value("n", "int64"), Value("m", "int64")
        wide = [b.bind("add", one, integer(4)) for one in (rows, columns)]
        loops = []
        for size in wide:
            first, last = integer(2), b.bind("subtract", size, integer(2))
            if rng.random() < 0.5:
                loops.append((first, last, 1))
            else:
                loops.append((b.bind("subtract", last, integer(1)), integer(1), -1))
        with b.loop(*loops[0], hint="i") as i:
            below = b.bind("add", i, integer(self.offset()))
            height = b.bind("multiply", b.cast(below, "float64"), Constant(0.01, "float64"))
            with b.loop(*loops[1], hint="j") as j:
                self.point(i, j, loops[1][2], below, height)
        heights, widths = Value("h", "int64"), Value("w", "int64")
        arrays = (Array(self.A, (heights, widths)), Array(self.B, (heights, widths)), Array(self.x, (widths,)))
        program = Program("f", (rows, columns, *arrays), b.finish())
        verify(program)
        return program


def random_arguments(rows: int, columns: int) -> list[Any]:
    """Arguments for a random recurrence of so many points."""
    rng = np.random.default_rng(rows + 50 * columns)
    h, w = rows + 4, columns + 4
    return [rows, columns, rng.normal(size=(h, w)), rng.normal(size=(h, w)), rng.normal(size=w)]


def test_random_recurrences_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random distances, directions, storages and additions; rows just long enough to be taken side by side too."""
    monkeypatch.setattr(skew, "_SHORTEST", 0)
    skewed = 0
    for seed in range(400):
        program = _Random(seed).program()
        changed = after(program, skew_recurrences)
        if changed is program:
            continue
        skewed += 1
        rng = np.random.default_rng(seed)
        for sizes in [(int(rng.integers(21)), int(rng.integers(21))) for _ in range(3)]:
            assert outcome(changed, random_arguments(*sizes)) == outcome(program, random_arguments(*sizes)), seed
    assert skewed > 50


def test_random_recurrences_give_the_same_bits_in_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for compiled programs, in all sizes from 0 to 20."""
    monkeypatch.setattr(skew, "_SHORTEST", 0)
    programs = [(program, skew_recurrences(program)) for program in (_Random(seed).program() for seed in range(60))]
    for program, changed in [pair for pair in programs if pair[0] is not pair[1]][:12]:
        plain, fast = compile_program(program), compile_program(changed)
        for sizes in itertools.product(range(21), repeat=2):
            found, right = random_arguments(*sizes), random_arguments(*sizes)
            fast(*found)
            plain(*right)
            assert all(one.tobytes() == other.tobytes() for one, other in zip(found[2:], right[2:], strict=True)), sizes


def triangle(A: Any) -> None:
    for i in range(1, A.shape[0]):
        for j in range(1, i):
            A[i, j] = A[i, j - 1] + 0.5 * A[i, j]


def transposed(A: Any) -> None:
    for i in range(1, A.shape[0]):
        for j in range(1, A.shape[0]):
            A[i, j] = A[j, i] + 0.5 * A[i, j - 1]


def one_variable(A: Any) -> Any:
    t = 0.0
    for i in range(A.shape[0]):
        for j in range(1, A.shape[1]):
            A[i, j] = 0.5 * A[i, j - 1]
            t = 0.5 * t + A[i, j]
    return t


def no_recurrence(A: Any) -> None:
    for i in range(1, A.shape[0]):
        for j in range(1, A.shape[1]):
            A[i, j] = 0.5 * A[i - 1, j - 1]


@pytest.mark.parametrize("kernel", [triangle, transposed, one_variable, no_recurrence], ids=lambda one: one.__name__)
def test_other_loops_stay(kernel: Any) -> None:
    """Rows of different lengths, distances that are not constant, what all points wait for, and points that do not."""
    program = after(without_inner_checks(kernel, array(5, 5)), skew_recurrences)
    assert not is_skewed(program)


def test_elements_used_again_are_loaded_once() -> None:
    """A row among others loads one element of each of the three rows that it uses, and stores one."""
    program = after(without_inner_checks(seidel, array(5, 5)), skew_recurrences)
    blocks = next(one for one in walk(program.body) if isinstance(one, For) and one.step == skew._ROWS)
    inner = max((one for one in walk(blocks.body) if isinstance(one, For)), key=lambda one: len(one.body))
    accesses = [one for one in inner.body if getattr(one, "storage", None) is not None and one.storage.rank == 2]
    assert len(accesses) == 4 * skew._ROWS
    assert not any(isinstance(one, Accumulate) for one in accesses)


def test_a_failing_check_finds_the_rows_before_it_done() -> None:
    """An index out of range in the first row is raised after that row, as if rows were never side by side."""

    def too_far(A: Any, B: Any) -> None:
        for i in range(1, A.shape[0]):
            for j in range(1, A.shape[1]):
                A[i, j] = A[i, j - 1] + B[i - 1, j]

    for columns in (40, 41, 30):
        changed = []
        for function in (wg.jit(too_far), too_far):
            A, B = array(9, 40), array(9, columns)
            if columns < 40:
                with pytest.raises(IndexError):
                    function(A, B)
            else:
                function(A, B)
            changed.append(A.tobytes())
        assert changed[0] == changed[1]


def test_a_check_after_a_row_names_that_row() -> None:
    """Where rows are checked, the exception is that of the first row, and rows are side by side where none fails."""

    def strict(A: Any, B: Any) -> None:
        for i in range(1, A.shape[0]):
            for j in range(1, A.shape[1]):
                A[i, j] = A[i, j - 1] + 0.5 * A[i, j]
            if B.shape[0] > 3:
                raise ValueError(f"row {i}")

    program = without_inner_checks(strict, array(5, 5), array(5, 5))
    skewed = after(program, skew_recurrences)
    assert is_skewed(skewed)
    for size in (2, 5):
        given = [array(9, 40), array(size, 5)]
        assert outcome(skewed, given) == outcome(program, given)
    with pytest.raises(ValueError, match="row 1"):
        wg.jit(strict)(array(9, 40), array(5, 5))
