"""Programs with two names for one array: by assignment, through containers, and through calls."""

import copy

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"alias", "mutation", "analytic", "smooth"})
def two_names_for_one_array(x):
    a = x * 2
    b = a
    b[0] = x[1] * x[2]
    a *= 3
    return a * b


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"alias", "mutation", "analytic", "smooth"})
def rebinding_is_not_mutation(x):
    a = x * 2
    b = a
    a = a + x
    b += 1
    a -= b
    return a, b


@program(
    inputs=lambda: (np.array([0.3, 1.2]), np.array([0.8, -0.5])),
    tags={"alias", "mutation", "loop", "analytic", "smooth"},
)
def two_buffers_exchanged(x, y):
    old, new = x.copy(), y.copy()
    for _ in range(3):
        new[:] = old * y + 0.1 * new
        old, new = new, old
    return old, new


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"alias", "mutation", "analytic", "smooth"})
def alias_in_a_list(x):
    row = x.copy()
    table = [row, row, x * 1.0]
    table[0][0] *= x[1]
    table[1] += 1.0
    table[2][1] = row[0]
    return table[0] * table[2] + row


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"alias", "mutation", "tree", "analytic", "smooth"})
def alias_in_a_dictionary(x):
    state = {"position": x.copy()}
    state["old"] = state["position"]
    state["position"] = state["position"] * x
    state["old"][0] = 5 * x[1]
    other = dict(state)
    other["position"] -= 1
    return state["position"] * state["old"]


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"alias", "mutation", "call", "analytic", "smooth"})
def same_array_passed_twice(x):
    a = x.copy()
    add_first_to_second(a, a)
    add_first_to_second(a[:1], a[1:])
    return a


def add_first_to_second(first, second):
    second += first * first
    first *= 0.5


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"alias", "mutation", "call", "analytic", "smooth"})
def alias_returned_by_a_function(x):
    a = x * x
    b = largest_part(a)
    b *= 2
    a[1] += b[0]
    return a


def largest_part(values):
    return values if values[0] < 10 else values.copy()


@program(inputs=lambda: (np.array([0.3, 1.2, 0.5]),), tags={"alias", "mutation", "analytic", "smooth"})
def chained_assignment_shares_an_array(x):
    a = b = x * 2
    a += x[0]
    b[1:] *= a[:-1].copy()
    return a + b * b


@program(inputs=lambda: (np.array([0.3, 1.2, 0.5]),), tags={"alias", "mutation", "analytic", "smooth"})
def copies_do_not_share(x):
    a = x * 2
    copies = [a.copy(), np.copy(a), np.array(a), a[:] + 0, copy.copy(a), copy.deepcopy(a), 1.0 * a]
    a[0] = 10 * x[1]
    copies[2][1] *= 3
    return a * sum(copies)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.5]),), tags={"alias", "mutation", "analytic", "smooth"})
def asarray_shares_and_array_copies(x):
    a = x * 2
    shared, copied = np.asarray(a), np.array(a)
    shared[0] = x[2]
    copied[1] = x[0]
    return a * copied


@program(inputs=lambda: (np.array([0.3, 1.2, 0.5]),), tags={"alias", "mutation", "call", "analytic", "smooth"})
def default_argument_of_none(x):
    first = accumulate_into(x)
    second = accumulate_into(2 * x, first)
    return first * second


def accumulate_into(values, total=None):
    if total is None:
        total = np.zeros_like(values)
    total += np.sin(values)
    return total


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.5]),), tags={"alias", "mutation", "view", "overwrite", "analytic", "smooth"}
)
def overlapping_views_as_aliases(x):
    y = x.copy()
    left, right = y[:2], y[1:]
    left[1] = x[0] * 3
    product = left * right
    right[0] = x[2] ** 2
    return product + left * right


@program(inputs=lambda: (np.array([0.3, 1.2, 0.5]),), tags={"alias", "mutation", "analytic", "smooth"})
def argument_returned_twice(x):
    x[0] *= x[1]
    return x, x, x[1:]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.5]),), tags={"alias", "mutation", "loop", "analytic", "smooth"})
def list_of_shared_and_own_rows(x):
    shared = [x * 1.0] * 3
    own = [x * 1.0 for _ in range(3)]
    for i in range(3):
        shared[i][i] *= 2 * x[0]
        own[i][i] *= 2 * x[0]
    return shared[0] * own[0] + own[2]
