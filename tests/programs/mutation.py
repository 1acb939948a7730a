"""Programs that change arrays in place: elements, slices, whole arrays, and functions of NumPy that write."""

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8]),), tags={"mutation", "analytic", "smooth"})
def element_assignment(x):
    y = x.copy()
    y[0] = x[1] * x[2]
    y[-1] = y[0] + y[1]
    return y


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8]), 1.7), tags={"mutation", "analytic", "smooth"})
def argument_updated_in_place(x, c):
    x *= c
    x += x[0]
    x[1:] -= c
    return np.sum(x**2)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, 2.0]),), tags={"mutation", "analytic", "smooth"})
def every_augmented_assignment_of_a_slice(x):
    y = np.ones_like(x) * 1.5
    y[1:] += x[1:]
    y[:-1] -= 0.3 * x[1:]
    y[::2] *= x[::2]
    y[1:3] /= x[:2]
    y[2:] **= 2
    return y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "analytic", "smooth"})
def augmented_assignment_of_whole_arrays(x):
    y = x * x
    y += x
    y *= np.sin(y)
    y -= 0.5
    y /= x + y * y
    y **= 3
    return y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "analytic", "smooth"})
def operand_overwritten_after_use(x):
    y = x.copy()
    product = y * y
    sine = np.sin(y)
    y[:] = 100.0
    y[0] = product[1]
    return product * sine + y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "analytic", "smooth"})
def result_overwritten_after_use(x):
    e = np.exp(x)
    root = np.sqrt(e)
    e *= 2.0
    root[1] = e[0] * root[1]
    return e * root


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"mutation", "loop", "analytic", "smooth"})
def prefix_products_in_place(x):
    for i in range(1, len(x)):
        x[i] *= x[i - 1]
    return x


@program(inputs=lambda: (np.array([3.0, 1.0, 2.0]),), tags={"mutation"})
def sorted_in_place(x):
    x *= x
    x.sort()
    return x * np.array([1.0, 0.1, 10.0])


@program(inputs=lambda: (np.array([[3.0, 1.0], [2.0, 5.0]]), 0.4), tags={"mutation", "analytic", "smooth"})
def filled_with_a_value(x, c):
    y = x.copy()
    top = y[0] * c
    y.fill(c * c)
    y[1] += top
    return y * x


@program(inputs=lambda: (np.arange(9.0).reshape(3, 3) / 7, 1.3), tags={"mutation", "smooth"})
def diagonal_filled(a, c):
    a = a * c
    np.fill_diagonal(a, c**2)
    return a @ a


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"mutation", "index", "smooth"})
def values_put_at_places(x):
    y = x * 2
    np.put(y, [0, 2], [x[1] * x[3], 7.0])
    y.put([1, -1], x[:2] ** 2)
    return y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"mutation", "mask", "smooth"})
def values_placed_under_masks(x):
    y = x * 2
    np.place(y, y > 1.0, x[:2] * x[2])
    np.putmask(y, x < 0, x**2)
    return y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([2.0, -1.0, 0.5])), tags={"mutation", "mask", "smooth"})
def copied_where(x, y):
    z = np.zeros_like(x)
    np.copyto(z, x * y)
    np.copyto(z, y**2, where=np.array([True, False, True]))
    np.copyto(z, x[0], where=x > 1)
    return z


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([2.0, -1.0, 0.5, 0.7])), tags={"mutation", "index", "smooth"}
)
def scattered_with_ufunc_at(x, values):
    places = np.array([0, 2, 0, 1])
    total = x.copy()
    np.add.at(total, places, values)
    np.subtract.at(total, [1, 1], x[:2] * values[0])
    np.multiply.at(total, [2, 0], values[1:3])
    return total**2


@program(inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.4]]),), tags={"mutation", "loop", "analytic", "smooth"})
def rows_swapped(a):
    a = a * a
    a[[0, 1]] = a[[1, 0]]
    a[0] *= 3
    return a


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "alias", "analytic", "smooth"})
def elements_swapped_by_tuples(x):
    y = x.copy()
    y[0], y[2] = y[2], y[0]
    y[1], y[0] = y[0] * 2, y[1] * y[2]
    return y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]), 0.6), tags={"mutation", "analytic", "smooth"})
def one_value_assigned_to_many_places(x, c):
    y = np.zeros_like(x)
    z = y.copy()
    y[0] = z[1] = y[2] = c * x[0]
    y[1] += c
    return y + 2 * z


@program(
    inputs=lambda: (np.arange(6.0).reshape(2, 3) / 5, np.array([1.0, 0.3, 0.2])),
    tags={"mutation", "analytic", "smooth"},
)
def broadcast_into_rows_and_columns(a, row):
    a[...] = a * row
    a[:, 0] = row[1]
    a[1] = row * a[0]
    a[:, 1:2] *= row[2] + a[:, 2:]
    return a


@program(inputs=lambda: (np.array([1.5, 2.5]), 3), tags={"mutation", "loop", "overwrite", "analytic", "smooth"})
def newton_square_roots_in_place(x, steps):
    y = x.copy()
    for _ in range(steps):
        y[:] = (y + x / y) / 2
    return y


@program(inputs=lambda: (np.array([0.5, 0.25, 2.0]),), tags={"mutation", "overwrite", "analytic", "smooth"})
def element_raised_to_itself(x):
    x[0] **= x[2]
    x[1] /= x[0]
    x[2] -= x[1] * x[1]
    x[0] *= x[0]
    return x


@program(inputs=lambda: (np.array([0.5, 0.25, 2.0]),), tags={"mutation"})
def deletion_by_assignment_of_constants(x):
    y = x * x
    y[1] = 0
    y[2:] = [4]
    z = x + y
    z[:] = y
    return y * z


@program(inputs=lambda: (np.array([3.0, 1.0, 2.0, 0.2]),), tags={"mutation"})
def partitioned_in_place(x):
    y = x**2
    y.partition(1)
    return y[0] * 2 + y[1] * 3 + np.sum(y[2:])


@program(inputs=lambda: (np.arange(1.0, 13.0).reshape(2, 3, 2) / 6,), tags={"mutation", "analytic", "smooth"})
def three_dimensional_blocks(a):
    b = a.copy()
    b[:, 1] = a[:, 0] * a[:, 2]
    b[0, ..., 1] += b[1, :, 0]
    b[..., 0] *= 0.5
    b[1, 2, 1] = b[0, 0, 0] ** 2
    return b


@program(inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.4]]), 0.6), tags={"mutation", "linalg", "overwrite", "smooth"})
def less_common_operators(a, c):
    b = a + 2
    b @= a
    b = c / (2 - b) - (1 - b) * 2**b
    d = [1.0, 2.0] @ b
    b -= d
    return (-b) ** 2 @ [c, 1.0] + (+d)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "tree", "alias", "analytic", "smooth"})
def augmented_assignment_of_container_items(x):
    state = {"u": x * 2, "n": 1.0}
    rows = [x * 1.0, x * x]
    first = rows[0]
    rows[0] += state["u"]
    state["u"] *= rows[1]
    state["n"] += x[0]
    rows[1][1:] -= state["n"]
    rows += [first * 2]
    return rows[0] * state["u"] + rows[1] * rows[2] * first


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "view", "smooth"})
def flat_written(x):
    y = x * x
    y.flat[1] = x[0] * 3
    z = np.zeros((3, 1))
    z.flat = y
    z.flat[::2] *= 2
    return z[:, 0] * y
