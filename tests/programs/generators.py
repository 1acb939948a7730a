"""Programs with comprehensions, generators and iterators."""

import itertools

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"generator", "analytic", "smooth"})
def list_comprehension(x):
    squares = [value * value for value in x]
    table = [[a * b for b in squares] for a in x]
    return sum(squares) * table[0][2] + sum(row[1] for row in table)


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8]),), tags={"generator", "branch"})
def filtered_comprehension(x):
    positive = [value for value in x if value > 0]
    by_sign = {bool(value > 0): value**2 for value in x}
    return sum(positive) * by_sign[True] + by_sign[False] * max(value**2 for value in x)


def newton_iterates(x, target):
    while True:
        x = 0.5 * (x + target / x)
        yield x


@program(inputs=lambda: (1.3, 2.5), tags={"generator", "scalar", "while", "break", "analytic", "smooth"})
def infinite_generator(start, target):
    for count, value in enumerate(newton_iterates(start, target)):
        if count == 4:
            break
    return value * start


def windows(values, width):
    buffer = np.zeros(width)
    for i in range(len(values) - width + 1):
        buffer[:] = values[i : i + width]
        yield buffer


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),),
    tags={"generator", "buffer", "mutation", "alias", "overwrite", "smooth"},
)
def generator_that_reuses_its_buffer(x):
    return sum(np.prod(window) * window[0] for window in windows(x, 2))


@program(
    inputs=lambda: (np.array([0.3, 1.2]), np.array([0.8, -0.4, 0.5])), tags={"generator", "loop", "analytic", "smooth"}
)
def iterators_combined(x, y):
    total = 0.0
    for a, b in itertools.product(x, y):
        total = total + np.sin(a * b)
    for a, b in itertools.pairwise(y):
        total = total * (1 + a - b)
    running = list(itertools.accumulate(y, lambda a, b: a * b + 1))
    return total + running[-1] * next(iter(x))


def delegating(x):
    received = yield x * 2
    yield from (received * value for value in x)


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"generator", "analytic", "smooth"})
def generator_with_send(x):
    process = delegating(x)
    doubled = next(process)
    first = process.send(doubled[1])
    return first + next(process) * doubled


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"generator", "mutation", "loop", "analytic", "smooth"})
def array_changed_while_iterated(x):
    y = x.copy()
    total = 0.0
    for i, value in enumerate(y):
        if i + 1 < len(y):
            y[i + 1] += value * value
        total = total + value
    return total


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"generator", "buffer", "smooth"})
def array_from_generator(x):
    powers = np.fromiter((value**k for k, value in enumerate(x, 1)), dtype=float)
    stacked = np.vstack([powers * k for k in range(2)])
    return stacked * x + any(value > 0 for value in x)
