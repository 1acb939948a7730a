"""Programs with views: written through the view and read through the base, and the reverse; views of views."""

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"view", "mutation", "analytic", "smooth"})
def view_read_after_base_was_written(x):
    y = x.copy()
    middle = y[1:3]
    y *= 2
    y[1] = x[0] * x[3]
    return middle * x[:2]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"view", "mutation", "analytic", "smooth"})
def base_read_after_view_was_written(x):
    y = x.copy()
    middle = y[1:3]
    middle *= x[0]
    middle[1] = x[3] ** 2
    return y * x


@program(inputs=lambda: (np.arange(1.0, 13.0).reshape(3, 4) / 10,), tags={"view", "mutation", "analytic", "smooth"})
def view_of_view_of_view(a):
    b = a * 1.5
    rows = b[1:]
    columns = rows[:, ::2]
    corner = columns[-1, 1:]
    corner += a[0, :1]
    columns[0] = corner[0] * a[0, 2]
    b[2, 2] *= 2
    return corner[0] + np.sum(rows * rows) + columns[0, 1]


@program(
    inputs=lambda: (np.array([[0.3, 1.2, 0.8], [2.0, -0.4, 0.1]]),), tags={"view", "mutation", "analytic", "smooth"}
)
def transpose_is_a_view(a):
    b = a.copy()
    t = b.T
    t[0] = a[:, 1]
    b[1] += t[1, 0]
    t *= 2
    return b, t


@program(inputs=lambda: (np.arange(1.0, 7.0) / 4,), tags={"view", "mutation", "analytic", "smooth"})
def reshape_is_a_view(x):
    y = x.copy()
    matrix = y.reshape(2, 3)
    matrix[1] *= matrix[0]
    y[0] = x[5]
    column = matrix[:, 0]
    column[:] = column[::-1] * x[1]
    return np.outer(matrix[0], y[4:])


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 4,), tags={"view", "mutation", "analytic", "smooth"})
def ravel_of_contiguous_and_of_transposed(a):
    b = a.copy()
    same = b.ravel()
    other = b.T.ravel()
    same[0] = a[1, 1] ** 2
    other[1] = 50.0
    b[0, 1] = a[0, 0]
    return same * x_weights(6) + other


def x_weights(n):
    return np.arange(1, n + 1) / n


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"view", "mutation", "analytic", "smooth"})
def reversed_view(x):
    y = x * 2
    backward = y[::-1]
    backward[0] = x[0] * x[1]
    y[0] += 1
    return backward * x


@program(
    inputs=lambda: (np.arange(1.0, 10.0).reshape(3, 3) / 5,), tags={"view", "mutation", "loop", "analytic", "smooth"}
)
def rows_changed_in_iteration(a):
    b = a.copy()
    for i, row in enumerate(b):
        row *= a[i, i]  # noqa: PLW2901 - an update in place is what is tested
        row[0] = np.sum(row)
    return b


@program(inputs=lambda: (np.arange(1.0, 10.0).reshape(3, 3) / 5,), tags={"view", "mutation", "analytic", "smooth"})
def rows_unpacked(a):
    b = a + 0.0
    first, second, third = b
    first += second
    second *= third[0]
    b[2] = first - second
    return third * first


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"view", "mutation", "analytic", "smooth"})
def new_axis_views(x):
    y = x.copy()
    column, row = y[:, np.newaxis], y[None, :]
    column[1, 0] = x[0] * x[2]
    row[0, 2] *= x[1]
    return column * row


@program(inputs=lambda: (np.arange(1.0, 9.0).reshape(2, 2, 2) / 3,), tags={"view", "mutation", "analytic", "smooth"})
def swapped_axes_views(a):
    b = a.copy()
    moved = np.swapaxes(b, 0, 2)
    flat = np.moveaxis(b, -1, 0)
    moved[0, 1] *= a[0, 0]
    flat[1, 0] = moved[0, 1] * 2
    return moved * flat


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"view", "mutation", "overwrite", "analytic", "smooth"})
def element_is_not_a_view(x):
    y = x.copy()
    first = y[0]
    picked = y[[0, 1]]
    chosen = y[y == y]
    y[:] = y * y
    return first * y + np.sum(picked) * chosen


@program(
    inputs=lambda: (np.arange(1.0, 10.0).reshape(3, 3) / 5,), tags={"view", "mutation", "smooth"}, oracle="complex step"
)
def diagonal_by_strided_view(a):
    b = a.copy()
    diagonal = b.reshape(-1)[:: b.shape[1] + 1]
    diagonal += 1.0
    diagonal[1:] *= a[0, 0]
    return b @ a


@program(inputs=lambda: (np.arange(1.0, 9.0) / 6,), tags={"view", "mutation", "analytic", "smooth"})
def halves_by_split(x):
    y = x * x
    left, right = np.split(y, 2)
    left -= right
    right[::2] = left[1::2]
    return y


@program(inputs=lambda: (np.arange(1.0, 5.0) / 3,), tags={"view", "mutation", "loop", "analytic", "smooth"})
def view_kept_across_a_loop(x):
    y = x.copy()
    tail = y[1:]
    total = 0.0
    for k in range(3):
        y[k] = tail[k] * y[k]
        total = total + np.sum(tail) * (k + 1)
        tail[0] += 0.1 * x[0]
    return total


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 3,), tags={"view", "mutation", "analytic", "smooth"})
def squeezed_and_expanded_views(a):
    b = a.copy()
    wide = np.expand_dims(b, 1)
    back = np.squeeze(wide, axis=1)
    wide[0, 0, 0] = a[1, 2] * 3
    back[1] *= wide[0, 0]
    return b
