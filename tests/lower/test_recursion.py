"""Recursion whose depth is known when the program runs: forms that settle, arrays that are shared, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lower.running import agrees, lowered
from wengert.errors import NotAcceptedError

X = np.array([0.3, -1.2, 0.8, 2.5])
WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])


def refused(function, *arguments):
    """The text of the refusal, without the file."""
    with pytest.raises(NotAcceptedError) as caught:
        lowered(function, *arguments)
    first, _, *rest = str(caught.value).splitlines()
    return "\n".join([first, *rest])


def test_one_function_serves_all_depths():
    """The program has one function, whatever is passed."""

    def f(x):
        return f(x - 1) if x > 0 else x

    program = lowered(f, 3.0)
    assert len(program.program.functions) == 1
    for x in (-1.0, 0.5, 40.0):
        agrees(f, x, program=program)


def test_numbers_widen_until_they_settle():
    """Integers that become floats, constants that become numbers of the run, results of Python's and NumPy's kind."""

    def power(x, n):
        return 1 if n == 0 else power(x, n - 1) * x

    def halved(x, step, scale=2):
        return x if step > 3 else halved(x / scale, step + 0.5)

    def strong(x, n):
        return 0.5 if n == 0 else np.float64(strong(x, n - 1)) * x

    agrees(lambda x, n: power(x, n) + halved(x, 1) + power(n, 2) + halved(x, 0.25), 1.5, 3)
    agrees(lambda x, n: strong(x, n) + 1, 1.5, 3)
    agrees(lambda x: power(x, 3), np.float32(1.5))


def test_nothing_and_tuples_and_arrays_are_results():
    """Also where they are of several kinds at once, or of no size."""

    def both(x, n):
        if n == 0:
            return x * 2, {"sum": np.sum(x), "depth": 0}, None
        y, found, nothing = both(x[1:], n - 1)
        return y * x[0], {"sum": found["sum"] + x[0], "depth": found["depth"] + 1}, nothing

    def tail(x):
        return np.zeros(0) if len(x) == 0 else np.concatenate((x[:1] * 2, tail(x[1:])))

    agrees(both, X, 2)
    agrees(both, X, 4)
    agrees(tail, X)
    agrees(tail, X[:0])


def test_parts_of_arrays_are_passed_as_they_lie():
    """Steps, reversals, rows and columns; what is written through a part is written to the array."""

    def scaled(a, k):
        if len(a) < 2:
            a *= k
            return
        scaled(a[::2], k + 1)
        scaled(a[1::2][::-1], k + 2)
        a[0] += k

    def corners(A):
        if min(A.shape) == 0:
            return 0.0
        return A[0, -1] + 2 * corners(A[1:, :-1]) + 3 * corners(A[:-1, 1:])

    def f(x, A):
        y = x.copy()
        scaled(y, 1)
        scaled(A[1], 1)
        scaled(A[:, 2], 3)
        return y * corners(A.T), A

    agrees(f, np.arange(1.0, 8.0), np.arange(12.0).reshape(3, 4))


def test_axes_of_size_one_are_known_where_all_calls_have_them():
    """So they broadcast; and where they are not, it is an error when the program runs."""

    def stretched(x, y, n):
        return x * y if n == 0 else stretched(x * 2, y, n - 1)

    agrees(stretched, X[:, None], np.arange(3.0), 2)
    agrees(stretched, X, X, 2)


def test_the_function_itself_recurses():
    """Its result may be its argument."""

    def sines(x, n):
        return x if n == 0 else np.sin(sines(x, n - 1)) * x

    agrees(sines, X, 0)
    agrees(sines, X, 3)


def test_what_is_around_a_function_is_given_to_it():
    """Variables, arrays and their sizes, loop counters, captured arrays, and functions that call one another."""

    def f(x, c, n):
        out = np.zeros((2, n))
        total = 0.0
        scale = c

        def down(k, i):
            if k < 0:
                return scale
            out[k % 2, i] += WEIGHTS[k] * x[i]
            return up(k, i) + c

        def up(k, i):
            return down(k - 1, i) * scale + n

        for i in range(n):
            scale = scale * 1.1
            total += down(3, i)
        return total, out

    agrees(f, X, 0.7, 4)


def test_functions_that_recurse_call_one_another():
    """One within the other, each with numbers of its own."""

    def outer(x, n):
        def inner(y, k):
            if k == 0:
                return y
            return inner(y * x, k - 1) + (outer(y * 0.5, n - 2 - k) if n > 2 else y)

        if n <= 0:
            return x
        return inner(x, n) * outer(x * 0.9, n - 1)

    agrees(outer, 0.8, 4)


def test_one_array_given_twice():
    """Where an array is one argument in one call and two in another, what only reads gets a copy."""

    def mixed(x, y, n):
        if n == 0:
            return x[0] * y[-1]
        return mixed(x * y, x, n - 1) + mixed(x, x, n - 1)

    def known(a, n):
        return a[0] if n == 0 else known(a[1:], n - 1) + known(WEIGHTS, n - 1)

    agrees(lambda x, n: mixed(x, x, n) + mixed(x, x[::-1], n), X, 2)
    agrees(lambda x, n: known(x, n) + known(WEIGHTS, n), X, 2)


def test_an_array_with_two_names_is_not_updated():
    """A copy would be seen."""

    def add(a, b, n):
        if n > 0:
            a[n] += b[n - 1]
            add(a, b, n - 1)

    def crossed(a, b, n):
        if n > 0:
            a[n] += b[n]
            crossed(a, a, n - 1)

    def f(x, n):
        y = x * 2
        add(x, y, n)
        add(x, x, n)
        return y

    agrees(f, X, 2)
    assert refused(lambda x, n: crossed(x, x * 2, n), X, 2) == (
        "a recursive function updates `a`, which it also has by another name\n"
        "    crossed(a, a, n - 1)\n"
        "    ^\n"
        "  Pass a copy of one of them."
    )


def test_a_result_that_might_be_the_argument_is_not_updated():
    """Python would change the argument too."""

    def last(a, n):
        return a if n == 0 else last(a, n - 1)

    def read(x, n):
        return last(x, n) * 2 + x

    def written(x, n):
        y = last(x, n)
        y[0] = 7.0
        return x

    agrees(read, X, 2)
    assert "one of several arrays" in refused(written, X, 2)


def test_two_results_that_might_be_one_array_are_not_updated():
    """Python would change both."""

    def twins(x, n):
        y = x * 2
        return (y, y[1:]) if n == 0 else twins(y, n - 1)

    def read(x, n):
        first, second = twins(x, n)
        return first[1:] + second

    def written(x, n):
        first, second = twins(x, n)
        second[0] = 7.0
        return first

    agrees(read, X, 2)
    assert "one of several arrays" in refused(written, X, 2)


def test_containers_are_not_changed_where_they_might_be_the_callers():
    """Neither in the function, nor where it returns what it was given."""

    def counting(counts, n):
        if n > 0:
            counts[0] += n
            counting(counts, n - 1)

    def f(x, n):
        counts = [x, x]
        counting(counts, n)
        return counts

    def same(values, n):
        return values if n == 0 else same(values, n - 1)

    def g(x, n):
        found = same([x, x], n)
        found[0] = 7.0
        return found

    assert "list" in refused(f, 1.5, 2)
    assert "list" in refused(g, 1.5, 2)


def test_forms_that_do_not_settle_are_refused():
    """A rank that grows, a list that grows, parts of another kind."""

    def deeper(x, n):
        return np.sum(x) if n == 0 else deeper(x[None], n - 1)

    def longer(x, n):
        return 0.0 if n == 0 else longer((*x, 1.0), n - 1)

    def turned(A, n):
        return A[0, 0] if n == 0 else turned(A.T, n - 1)

    assert refused(deeper, X, 2) == (
        "`x` has 1 axes on one path and 2 on another\n"
        "    return np.sum(x) if n == 0 else deeper(x[None], n - 1)\n"
        "                                    ^\n"
        "  Use two names, or give it the same number of axes everywhere."
    )
    assert refused(lambda n: longer((), n), 2).startswith("`x` is a sequence of 0 on one path and a sequence of 1")
    assert refused(turned, np.eye(2), 2) == (
        "`A` is another kind of part of an array in a recursive call\n"
        "    return A[0, 0] if n == 0 else turned(A.T, n - 1)\n"
        "                                  ^\n"
        "  Pass a copy: `A.copy()`."
    )


def test_a_function_that_never_returns_is_made_all_the_same():
    """What it returns is not known, and is not needed."""

    def endless(x):
        return endless(x + 1.0)

    def used(x):
        return used(x + 1.0)[0]

    assert len(lowered(endless, 1.0).program.functions) == 1
    name = "test_a_function_that_never_returns_is_made_all_the_same.<locals>.used"
    assert refused(used, 1.0) == (
        f"`{name}` calls itself on every path, so it never returns\n"
        "    def used(x):\n"
        "    ^\n"
        "  Let a path return without the call."
    )
