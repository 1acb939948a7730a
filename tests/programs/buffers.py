"""Programs that make arrays and fill them with values that depend on the input."""

import math

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "loop", "smooth"})
def zeros_filled_in_a_loop(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = x[i] * x[i - 1]
    return out


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([2.0, -1.0])), tags={"buffer", "mutation", "loop", "smooth"}
)
def empty_matrix_filled_by_elements(x, y):
    table = np.empty((len(x), len(y)))
    for i in range(len(x)):
        for j in range(len(y)):
            table[i, j] = np.sin(x[i] * y[j])
    return table


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "smooth"})
def ones_full_and_likes(x):
    a = np.ones(3)
    a *= x
    b = np.full(3, 2.0)
    b[1] += x[0]
    c = np.full((2, 3), x[2])
    c[0] *= a
    d = np.ones_like(b)
    d[0] = x[1]
    e = np.full_like(a, x[1])
    e[2] -= x[2]
    return a * b + c * d - e


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "smooth"})
def arange_linspace_and_eye(x):
    steps = np.arange(3.0)
    steps[1:] += x[0]
    grid = np.linspace(0.0, 1.0, 3)
    grid *= x
    identity = np.eye(3)
    identity[0, 1] = x[1] * x[2]
    unit = np.identity(3)
    unit[2] -= grid
    return identity @ (steps * grid) + unit @ x


@program(inputs=lambda: (0.4, 1.3), tags={"buffer", "scalar", "math", "smooth"})
def array_of_recorded_numbers(angle, scale):
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    vector = np.array([scale, 1.0])
    return rotation @ vector * np.asarray([scale, angle])


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "loop", "analytic", "smooth"})
def zeros_like_history(x):
    history = np.zeros_like(x)
    running = x[0]
    for i in range(1, 3):
        running = running * x[i] + 1
        history[i] = running
    history[0] = history[2] ** 2
    return history


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "call", "smooth"})
def buffer_filled_by_a_helper(x):
    out = np.zeros((2, 3))
    fill_with_powers(out, x)
    return out[1] * out[0]


def fill_with_powers(target, values):
    for i in range(target.shape[0]):
        target[i] = values ** (i + 1)
        target[i, 0] += i


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "closure", "smooth"})
def buffer_filled_by_a_nested_function(x):
    result = np.zeros(3)

    def put(place, value):
        result[place] += value * x[place]

    put(0, x[1])
    put(2, 3.0)
    put(0, x[2])
    return result


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "loop", "while", "smooth"})
def list_grown_then_stacked(x):
    rows = []
    while len(rows) < 3:
        rows.append(x * (len(rows) + 1) * (rows[-1] if rows else 1.0))
    stacked = np.array(rows)
    stacked[1, 1] = 0.0
    return np.stack(rows, axis=1) @ stacked


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "loop"})
def histogram_with_weights(x):
    counts = np.zeros(4)
    for value in x:
        counts[int(value * 3)] += value**2
    return counts


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "overwrite", "loop", "smooth"})
def scratch_array_reused(x):
    scratch = np.empty(3)
    total = 0.0
    for k in range(3):
        scratch[:] = x * (k + 1)
        scratch *= scratch
        total = total + np.exp(-scratch)
    return total


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, 0.1]),), tags={"buffer", "mutation", "view", "smooth"})
def buffer_seen_through_reshape(x):
    grid = np.zeros(4).reshape(2, 2)
    grid[0] = x[:2]
    flat = grid.ravel()
    flat[2:] = x[2:] * flat[:2]
    return grid @ grid


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "loop", "smooth"})
def triangular_matrix_by_loops(x):
    n = len(x)
    matrix = np.zeros([n, n])
    for i in range(n):
        matrix[i, : i + 1] = x[: i + 1] * x[i]
        matrix[i, i] += 1
    return np.tril(matrix, -1) - matrix.T


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([0.5, -1.0])), tags={"buffer", "mutation", "loop", "smooth"}
)
def convolution_by_loops(signal, kernel):
    out = np.zeros(len(signal) + len(kernel) - 1)
    for i, s in enumerate(signal):
        for j, k in enumerate(kernel):
            out[i + j] += s * k
    return out


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "loop", "smooth"})
def finite_difference_operator(x):
    n = len(x)
    derivative = np.zeros(shape=(n, n), dtype=float)
    for i in range(n - 1):
        derivative[i, i + 1], derivative[i + 1, i] = 0.5, -0.5
    derivative[0, 0] = -x[0]
    return derivative @ (x**2)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]), 2), tags={"buffer", "mutation", "smooth"})
def padded_by_hand(x, width):
    padded = np.zeros(len(x) + 2 * width)
    padded[width:-width] = x
    padded[:width] = x[0]
    padded[-width:] = x[-1] * padded[width]
    return padded[2:] - padded[:-2]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "smooth"})
def numbers_mixed_with_recorded_ones(x):
    a = np.array([1.0, x[0], 2.0])
    a[1] *= x[1]
    b = np.array([[0.0, 1.0], [x[2], -1.0]])
    b[0] = b[1] * a[1]
    c = np.concatenate(([x[0]], a, [4.0]))
    return b @ b, c * c


@program(inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.1]]),), tags={"buffer", "mutation", "loop", "smooth"})
def upsampled_image(image):
    out = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            out[i, j] = image[i // 2, j // 2] * (1 + 0.1 * ((i + j) % 2))
    out[1:3, 1:3] *= out[:2, :2]
    return out


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"buffer", "mutation", "empty", "loop", "smooth"})
def starts_from_an_empty_array(x):
    collected = np.array([])
    for value in x:
        collected = np.append(collected, value * x)
    nothing = x[2:]
    return np.sum(nothing) + np.sum(collected**2) + np.prod(nothing)


@program(inputs=lambda: (1.7,), tags={"buffer", "mutation", "scalar", "loop", "smooth"})
def chebyshev_table(x):
    values = np.empty(6)
    values[0], values[1] = 1.0, x
    for n in range(2, 6):
        values[n] = 2 * x * values[n - 1] - values[n - 2]
    return values


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "loop", "view", "smooth"})
def rows_of_a_buffer_as_targets(x):
    table = np.zeros((3, 3))
    for k, row in enumerate(table):
        row[:] = x * k
        row[k] = x[0]
    return table


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"buffer", "mutation", "smooth"})
def buffer_allocated_by_a_helper(x):
    workspace, weights = allocate(3)
    workspace += weights * x
    weights[0] = x[1]
    return workspace * weights


def allocate(n, dtype=float):
    return np.zeros(n, dtype), np.ones(n, dtype=dtype)
