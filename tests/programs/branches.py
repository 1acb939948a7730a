"""Programs whose path depends on values: the derivative is that of the path taken."""

import math

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([-0.6, 0.3, 1.7]),), tags={"loop", "branch"})
def piecewise_by_element(x):
    total = 0.0
    for value in x:
        if value < 0:
            total += value**2
        elif value < 1:
            total += math.sqrt(value)
        else:
            total += 2 * value
    return total


@program(inputs=lambda: (np.array([-0.6, 0.3, 1.7]),), tags={"branch"})
def huber_loss_by_where(residual):
    size = np.abs(residual)
    return np.sum(np.where(size < 1.0, 0.5 * residual**2, size - 0.5))


@program(inputs=lambda: (1.4, 0.2), tags={"scalar", "branch", "break"})
def early_returns(x, y):
    if x < y:
        return x * x
    if x * y > 10:
        return y
    return x / y


@program(inputs=lambda: (0.7, 1.2), tags={"scalar", "branch", "analytic", "smooth"})
def nested_ternaries(x, y):
    a = x * y if x < y else (x if y > 0 else y)
    b = (a if a > 2 else 3 * a) + (x or y) + (x and y)
    return a * b


@program(inputs=lambda: (np.array([0.3, -0.1, 0.8]),), tags={"branch"})
def branch_on_reduction(x):
    y = x * 2
    if np.sum(x) > 0 and not np.any(x > 5):
        y = x / np.linalg.norm(x)
    if np.max(y) == y[2]:
        y = y * x[2]
    return y


@program(inputs=lambda: (np.array([0.3, -0.1, 0.8]),), tags={"branch", "mutation"})
def branch_that_writes_in_one_arm(x):
    y = x * 2
    if y[0] > 0:
        y[1] = y[0] * x[2]
    else:
        y = np.zeros(3)
    y[2] += y[1] ** 2
    return y


@program(inputs=lambda: (np.array([3.0, 1.0, 2.0]),), tags={"branch", "while", "mutation"})
def bubble_sort(x):
    x = x * x
    swapped = True
    while swapped:
        swapped = False
        for i in range(len(x) - 1):
            if x[i] > x[i + 1]:
                x[i], x[i + 1] = x[i + 1], x[i]
                swapped = True
    return x * np.array([1.0, 10.0, 100.0])


@program(inputs=lambda: (np.array([0.3, 1.4, 2.2, 0.9]),), tags={"branch", "index"})
def choice_by_position_of_maximum(x):
    best = int(np.argmax(x))
    order = np.argsort(x)
    return x[best] ** 2 + x[order[0]] * x[order[1]]


@program(inputs=lambda: (np.array([0.0, 0.25, 4.0]),), tags={"branch"}, oracle="jax")
def masked_square_root(x):
    safe = np.where(x > 0, np.sqrt(x), 0.0)
    return safe * np.where(x == 0, 1.0, np.log(np.where(x == 0, 1.0, x)))


@program(inputs=lambda: (1.2, "sine"), tags={"scalar", "branch", "math", "smooth"})
def match_on_a_name(x, kind):
    match kind:
        case "sine":
            return math.sin(x) * x
        case "square":
            return x * x
    raise ValueError(kind)


@program(inputs=lambda: (np.array([0.2, 0.7]), np.array([1.0, -1.0])), tags={"branch"})
def clipped_steps(x, step):
    position = x
    for _ in range(3):
        position = np.clip(position + 0.4 * step, 0.0, 1.3)
        position = np.maximum(position, 0.1 * x) - np.minimum(step, 0.3)
    return position
