"""Branches, loops and early exits mean what they mean in Python."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lower.running import agrees, execute, lowered, raises_the_same
from wengert.errors import UnsupportedOperationError
from wengert.program.statements import For, While
from wengert.program.traverse import walk

X = np.array([0.3, -1.2, 0.8, 2.5])


def loops_of(function, *arguments):
    return [one for one in walk(lowered(function, *arguments).program.body) if isinstance(one, For | While)]


def test_if_and_else_leave_the_value_of_the_path_taken():
    """Numbers of different types meet as the wider type."""

    def f(x):
        if x > 1:
            y, z = x * 2, 1
        elif x > 0:
            y, z = -x, 2.5
        else:
            y, z = x - 1, 3
        return y * z

    for x in (2.0, 0.5, -1.0):
        agrees(f, x)


def test_early_returns_in_nested_branches():
    """A return ends the function wherever it stands; what follows does not run."""

    def f(x, n):
        if x > 0:
            if n > 2:
                return x * 3
            x = x + 1
        elif n == 0:
            return -x
        x = x * 2
        if n == 1:
            return x
        return x + n

    for x in (1.5, -1.5):
        for n in range(4):
            agrees(f, x, n)


def test_returns_from_inside_loops():
    """A return leaves all loops; the loops after it do not run."""

    def f(x, limit):
        total = 0.0
        for i in range(3):
            for value in x:
                total += value * value + i
                if total > limit:
                    return total * 10
        return total

    for limit in (1.0, 20.0, 1000.0):
        agrees(f, X, limit)


def test_break_continue_and_else():
    """`else` runs only after a loop that was not left by `break`."""

    def f(x, limit):
        count = 0.0
        for i, value in enumerate(x):
            if value < 0:
                continue
            if value > limit:
                found = i + 100.0
                break
            count += value
        else:
            found = -1.0
        return found + count

    for limit in (0.5, 1.0, 5.0):
        agrees(f, X, limit)


def test_continue_in_a_nested_branch_skips_the_rest():
    """Where only one nested path goes on to the next iteration, the rest is under a test."""

    def f(x, n):
        total = 0.0
        for i in range(n):
            if i > 1:
                if x > i:
                    continue
                total -= 1.0
            total += i * x
        return total

    for x in (0.5, 2.5, 10.0):
        agrees(f, x, 5)


def test_while_with_break_and_a_test_that_must_not_run_again():
    """The test of a `while` is not evaluated after `break`."""

    def f(x):
        i = 0
        total = 0.0
        while x[i] < 2.0:
            total += x[i]
            i += 1
            if i == len(x):
                break
        return total, i

    agrees(f, X)
    agrees(f, X * 0.1)


def test_while_true_is_left_by_return():
    """A loop without an end is followed by nothing."""

    def f(x):
        n = 0
        while True:
            x = x / 2
            n += 1
            if x < 1e-3:
                return x, n

    agrees(f, 3.0)


def test_a_loop_that_cannot_be_left_early_is_counted():
    """`break` makes a `while`; without it the loop is a `for`, and neither is unrolled."""

    def counted(x):
        for _ in range(1000):
            x = x * 0.5
        return x

    def left(x):
        for _ in range(1000):
            x = x * 0.5
            if x < 1:
                break
        return x

    assert [type(one) for one in loops_of(counted, 1.0)] == [For]
    assert [type(one) for one in loops_of(left, 1.0)] == [While]
    agrees(left, 100.0)


def test_types_widen_through_nested_loops():
    """An integer that becomes a float inside an inner loop is a float in all of them."""

    def f(x, n):
        total, best, seen = 0, None, False
        for i in range(n):
            part = 0
            for j in range(i):
                part += x * j
                seen = seen or part > 2
            total += part
            best = part
        return total, best, seen

    def g(x, n):
        total = 0
        for i in range(n):
            for _ in range(i):
                total += x
        return total

    agrees(g, 1.5, 4)
    with pytest.raises(NotImplementedError, match="`best` is None on one path and a number on another"):
        lowered(f, 1.5, 4)


def test_a_variable_first_assigned_in_a_loop():
    """It can be read after the loop; where the loop did not run, that is Python's UnboundLocalError."""

    def f(x, n):
        for i in range(n):
            last = x * i
        return last + i

    agrees(f, 1.5, 3)
    raises_the_same(f, 1.5, 0)


def test_a_variable_read_in_the_loop_before_it_is_assigned_there():
    """An assignment of an earlier iteration is seen by a later one."""

    def f(x):
        total = 0.0
        for i in range(len(x)):
            if i > 0:
                total += previous * x[i]  # noqa: F821
            previous = x[i]  # noqa: F841
        return total

    agrees(f, X)


@pytest.mark.parametrize("step", [1, 2, -1, -3])
def test_ranges_with_steps(step):
    """The step is a constant or known only when the program runs."""

    def fixed(x, a, b):
        total = 0.0
        for i in range(a, b, 2):
            total = total * x + i
        for i in range(b, a, -3):
            total = total * x + i
        return total

    def dynamic(x, a, b, step):
        total = 0.0
        for i in range(a, b, step):
            total = total * x + i
        return total

    for a, b in ((0, 7), (7, 0), (2, 2), (-3, 4)):
        agrees(fixed, 0.5, a, b)
        agrees(dynamic, 0.5, a, b, step)
    raises_the_same(dynamic, 0.5, 0, 3, 0)


def test_zip_enumerate_and_reversed():
    """They run side by side, as long as the shortest."""

    def f(x, y, n):
        total = 0.0
        for i, (a, b) in enumerate(zip(x, y, strict=False), start=2):
            total = total * 0.9 + i * a * b
        for k in reversed(range(n)):
            total = total * 0.9 + k
        for a, k in zip(reversed(x), range(1, n), strict=False):
            total = total * 0.9 + a * k
        return total

    agrees(f, X, X[:3] * 2, 5)


def test_a_number_that_becomes_an_array_in_a_loop():
    """The first iteration stands apart; a loop that does not run is an error then."""

    def f(x, n):
        total = 0.0
        for i in range(n):
            total = total + x * i
        return total

    agrees(f, X, 3)
    with pytest.raises(UnsupportedOperationError):
        execute(lowered(f, X, 3), X, 0)


def test_short_circuits_and_chained_comparisons():
    """What Python does not evaluate is not evaluated."""

    def f(x, i):
        if i < len(x) and x[i] > 0:
            return 1
        if i >= len(x) or x[i] < -1 or x[0] > 5:
            return 2
        return 3 if 0 <= i < 3 <= len(x) else 4

    for i in range(6):
        agrees(f, X, i)


def test_and_or_give_one_of_their_operands():
    """The value of `a or b` is `a` if it is true."""

    def f(x, y):
        return (x or y) * 2 + (x and y) + (x > 0 and y > 0)

    for x in (0.0, 1.5):
        agrees(f, x, 2.5)


def test_division_by_zero_and_assertions_raise():
    """Python numbers raise as in Python, with the same text."""

    def divide(x, y):
        return x / y

    def floor(x, y):
        return x // y

    def check(x, y):
        assert x > y or y < 0, f"{x} is not above {y:.2f}"
        if y < 0:
            raise ValueError(f"negative: {y!r} {{}}")
        return x

    raises_the_same(divide, 1.5, 0.0)
    raises_the_same(floor, 3, 0)
    with pytest.raises(AssertionError, match=r"^1.5 is not above 2.50$"):
        execute(lowered(check, 1.5, 2.5), 1.5, 2.5)
    raises_the_same(check, 1.5, -2.5)
    agrees(check, 2.5, 1.5)


def _next_row_unless_found(M):
    count = 0
    for i in range(3):
        for j in range(2):
            if M[i, j] > 1.0:
                break
            if j == 1:
                continue
            count += 10
        else:
            continue
        count += 1
    return count


def _both_loops_are_left(M):
    found = -1.0
    for i in range(3):
        for j in range(2):
            if M[i, j] > 0.7:
                found = 1.0 + i
                break
        else:
            continue
        break
    else:
        found = 5.0
    return found


def _left_by_the_else(M):
    count, k = 0, 0
    while k < 3:
        k += 1
        for j in range(2):
            if M[k - 1, j] > 0.9:
                break
        else:
            if M[k - 1, 0] > 0.2:
                continue
            break
        count += 1
    else:
        count += 50
    return count + 0.1 * k


def _returns_among_them(M):
    for i in range(3):
        for j in range(2):
            if M[i, j] > 1.2:
                return M[i, j] * 2
            if M[i, j] < -1.5:
                break
        else:
            if M[i, 0] > 0.9:
                return M[i, 0] * 3
            if M[i, 0] > 0.2:
                break
    else:
        return M[0, 0]
    return M[1, 1]


def _unrolled_inside_a_loop(M):
    count = 0
    for i in range(3):
        for bound in (1.0, 0.5):
            if M[i, 0] > bound:
                break
            count += 7
        else:
            break
        count += 1
    else:
        count += 1000
    return count


def _unrolled_both(M):
    count = 0
    for bound in (1.0, 0.5, -1.0):
        for i in (0, 1, 2):
            if M[i, 0] > bound:
                break
            count += 5
        else:
            if M[0, 1] > 0:
                continue
            break
        count += 1
    else:
        count += 100
    return count


@pytest.mark.parametrize(
    "f",
    [
        _next_row_unless_found,
        _both_loops_are_left,
        _left_by_the_else,
        _returns_among_them,
        _unrolled_inside_a_loop,
        _unrolled_both,
    ],
)
def test_the_else_of_a_loop_leaves_the_loop_around_it(f):
    """A `break` or `continue` there belongs to the outer loop, and what the inner loop did is not taken for it."""
    for seed in range(8):
        M = 1.2 * np.random.default_rng(seed).standard_normal((3, 2))
        agrees(f, M)
