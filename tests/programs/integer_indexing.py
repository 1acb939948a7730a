"""Programs with integer-array indices: gathers, scatters, repeats, pairs of indices, mixed indices."""

import numpy as np

from tests.programs.registry import program

NEIGHBOURS = np.array([[1, 2], [2, 3], [3, 0], [0, 1]])


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"index", "analytic", "smooth"})
def gather_with_repeats(x):
    return x[[0, 0, 2]] * x[np.array([1, -1, -1])]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"index", "mutation", "analytic", "smooth"})
def augmented_assignment_with_repeats(x):
    y = x.copy()
    y[[0, 0, 2]] += x[1:]
    y[np.array([3, 3])] *= x[:2]
    return y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"index", "mutation", "analytic", "smooth"})
def assignment_where_the_last_wins(x):
    y = x * 2
    y[[1, 1, 0, 1]] = x
    return y * y


@program(inputs=lambda: (np.arange(1.0, 13.0).reshape(3, 4) / 6,), tags={"index", "mutation", "analytic", "smooth"})
def pairs_of_index_arrays(a):
    b = a.copy()
    b[[0, 2, 0], [1, 3, 1]] *= a[[0, 1, 2], [0, 0, 0]]
    b[np.array([[0], [1]]), [0, 2]] = a[:2, :2]
    return b * a[::-1]


@program(inputs=lambda: (np.arange(1.0, 13.0).reshape(3, 4) / 6,), tags={"index", "mutation", "analytic", "smooth"})
def index_arrays_mixed_with_slices(a):
    b = a * 1.0
    b[[2, 0], 1:3] -= a[1, [0, 3]]
    b[:, [0, 3]] = b[:, [3, 0]] * a[0, 1]
    b[1, [1, 1, 2]] += 1.0
    return b[..., [1, 0]]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"index", "loop", "analytic", "smooth"})
def average_of_neighbours(x):
    for _ in range(2):
        x = 0.5 * x + 0.25 * x[NEIGHBOURS].sum(axis=1) * x
    return x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4, 0.9]),), tags={"index", "buffer", "mutation", "smooth"})
def segment_sums(x):
    segment = np.array([0, 1, 0, 2, 1])
    sums, sizes = np.zeros(3), np.zeros(3)
    np.add.at(sums, segment, x**2)
    np.add.at(sizes, segment, 1)
    return (sums / sizes)[segment] * x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"index", "mutation", "buffer", "smooth"})
def sparse_matrix_vector_product(x):
    rows, columns = np.array([0, 0, 1, 3]), np.array([1, 3, 2, 0])
    entries = np.array([2.0, -1.0, 0.5, 3.0])
    y = np.zeros(4)
    for row, column, entry in zip(rows, columns, entries, strict=True):
        y[row] += entry * x[column]
    return y * x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"index", "analytic", "smooth"})
def take_and_grid_indices(x):
    taken = np.take(x, [[2, 0], [1, 1]])
    grid = np.outer(x, x)[np.ix_([0, 2], [1, 2])]
    along = np.take_along_axis(grid, np.array([[1], [0]]), axis=1)
    return taken * grid + along


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"index", "mutation", "loop", "analytic", "smooth"})
def index_array_of_an_index_array(x):
    order = np.array([2, 0, 1])
    inverse = np.empty_like(order)
    inverse[order] = np.arange(3)
    y = x[order] * np.arange(1, 4)
    y[inverse] += y[order[order]]
    return y[inverse] * x


@program(inputs=lambda: (np.array([0.31, 0.55, 0.87]), np.array([0.0, 1.0, 4.0, 2.0, 3.0])), tags={"index"})
def linear_interpolation(position, values):
    scaled = position * 4
    left = np.floor(scaled).astype(int)
    weight = scaled - left
    return (1 - weight) * values[left] + weight * values[left + 1]


@program(inputs=lambda: (np.arange(1.0, 13.0).reshape(3, 2, 2) / 6,), tags={"index", "mutation", "analytic", "smooth"})
def scalar_and_array_indices_in_three_dimensions(a):
    b = a.copy()
    b[1, [0, 1], 0] = a[[0, 2], 1, 1]
    b[[0, 2]][:, 0] = 1000.0
    b[np.array(2), ..., -1] *= a[0, 0, 0]
    return b
