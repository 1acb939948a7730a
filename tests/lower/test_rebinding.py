"""Names of arrays that are assigned again under control flow: copies only where nobody can tell."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import wengert as wg
from tests.lower.running import agrees, lowered
from wengert.errors import NotAcceptedError

X = np.array([0.3, -1.2, 0.8, 2.5])


def test_an_array_is_replaced_in_each_iteration():
    """The caller's array stays as it is."""

    def f(x, n):
        for _ in range(n):
            x = x * 0.5 + 1
        return x

    agrees(f, X, 3)
    agrees(f, X, 0)


def test_two_buffers_are_exchanged():
    """`u, v = v, u` exchanges contents, each iteration."""

    def f(x, n):
        u, v = x.copy(), np.zeros_like(x)
        for i in range(n):
            v[1:] = u[:-1] * (i + 1)
            v[0] = u[-1]
            u, v = v, u
        return u, v

    for n in range(4):
        agrees(f, X, n)


def test_three_time_levels_rotate():
    """The newest array becomes the current one, the current one the old one."""

    def f(x, n):
        old, now = x.copy(), x * 1.1
        for _ in range(n):
            new = 2 * now - old
            new[0] = 0.0
            old = now
            now = new
        return now, old

    agrees(f, X, 5)


def test_a_branch_replaces_an_array():
    """One path keeps the array, the other makes a new one."""

    def f(x, limit):
        y = x * 2
        if y[0] > limit:
            y = y / limit
        return y + x

    agrees(f, X, 0.1)
    agrees(f, X, 10.0)


def test_a_write_that_would_tell_a_copy_from_sharing_is_refused():
    """Python would write the caller's array, or not, depending on the path."""

    def f(x, flag):
        y = x
        if flag > 0:
            y = x.copy()
        y[0] = 5.0
        return y

    with pytest.raises(NotAcceptedError, match="`y` is one of several arrays"):
        lowered(f, X, 1)


def test_a_view_of_an_array_that_is_replaced_is_refused():
    """In Python the view stays with the old array."""

    def f(x, n):
        y = x * 1.0
        total = 0.0
        for i in range(n):
            part = y[1:]
            if i > 1:
                y = y * 2.0
            total += part[0] * y[0]
        return total

    with pytest.raises(NotAcceptedError, match="`part` is a view"):
        lowered(f, X, 3)


def test_in_place_updates_in_loops_need_no_copy():
    """`x += 1` on an array changes the array that the name stands for, the caller's included."""

    def f(x, n):
        alias = x
        for i in range(n):
            x += i
            x[0] *= 2
        return alias * 1.0

    agrees(f, X, 3)
    assert lowered(f, X, 3).written == (0,)


def test_tuples_and_dataclasses_are_carried_item_by_item():
    """A state of several parts is replaced as a whole."""

    @dataclasses.dataclass
    class State:
        position: object
        speed: object

    def f(x, n):
        state = State(x, x * 0.0)
        pair = (1, x)
        for _ in range(n):
            state = State(state.position + 0.1 * state.speed, state.speed - 0.1 * state.position)
            pair = (pair[0] * 2.5, pair[1] + state.position)
        return state.position, state.speed, pair

    agrees(f, X, 3)


def test_lists_of_fixed_length_change_in_loops():
    """Items of a list are variables too."""

    def f(x, n):
        parts = [0.0, 1.0]
        for i in range(n):
            parts[0] += x[i]
            parts[1] = parts[1] * x[i]
        return parts

    agrees(f, X, 4)


def test_a_list_grows_where_the_loop_can_be_unrolled():
    """A loop of known length is unrolled if a list grows in it."""

    def f(x):
        rows = []
        for i in range(3):
            rows.append(x * i)
        while len(rows) < 5:
            rows.append(rows[-1] + 1)
        return np.array(rows)

    agrees(f, X)


def test_changing_the_callers_list_is_refused():
    """The caller would not see the change."""

    def f(parts):
        parts[0] = 2.0
        return parts[0]

    with pytest.raises(NotAcceptedError, match="the caller's list"):
        lowered(f, [1.0, X])


def test_two_names_for_one_list_are_refused_when_it_changes():
    """The other name would not see the change."""

    def f(x):
        first = [x, x]
        second = first
        second.append(x)
        return len(first)

    with pytest.raises(NotAcceptedError, match="`first` holds the same list"):
        lowered(f, X)


def test_arrays_that_are_exchanged_on_a_path_that_breaks_are_exchanged_once():
    """The path that leaves the loop stores them; what comes after the branch must not do it again."""

    def f(x, s):
        u, v = x, np.zeros_like(x)
        for i in range(2):
            u, v = v, u
            if i:
                s *= 0.7
            else:
                break
        return u, v, s

    agrees(f, X, 0.7)


def test_numbers_are_exchanged_in_a_branch_after_a_loop_that_carried_one():
    """The loop's variable holds Python numbers only; in the branch it becomes a NumPy number."""

    def f(x, s):
        t = x[0]
        for _ in range(2):
            s -= 0.5
        if len(x) > 1:
            s, t = t, s
        return s, t

    np.testing.assert_array_equal(wg.jit(f)(X, 0.7), f(X, 0.7))


@pytest.mark.parametrize("first", ["x", "y"])
def test_arrays_exchanged_in_one_loop_and_written_after_or_in_another_are_refused(first):
    """The caller's arrays would be told from the copies that the loops carry, however often they are carried on."""

    def once(x, y, n):
        if n > 2:
            x, y = y, x
        target = x if first == "x" else y
        target[0] = 5.0
        return x[0] + y[1]

    def again(x, y, n):
        for _ in range(3):
            x, y = y, x
        for i in range(n):
            if first == "x":
                x[0] = 5.0 + i
            else:
                y[0] = 5.0 + i
        return x[0] + y[1]

    for function in (once, again):
        with pytest.raises(NotAcceptedError, match="is one of several arrays"):
            lowered(function, X, X + 1, 3)
