"""Programs that use `out=` and `where=` of ufuncs, their methods, and `out=` of other functions."""

import numpy as np

from tests.programs.registry import program


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([2.0, -1.0, 0.5])),
    tags={"ufunc", "buffer", "mutation", "smooth"},
)
def results_written_with_out(x, y):
    out = np.zeros(3)
    np.multiply(x, y, out=out)
    np.add(out, x, out)
    np.sin(out, out=out)
    np.exp(x[1:], out=out[:2])
    return out


@program(
    inputs=lambda: (np.array([0.3, -1.2, 0.8]), np.array([2.0, -1.0, 0.5])),
    tags={"ufunc", "mask", "mutation", "buffer"},
)
def results_written_where(x, y):
    out = np.full(3, 7.0)
    np.divide(x, y, out=out, where=y > 0)
    np.log(x, out=out, where=x > 0.5)
    np.multiply(out, x, out=out, where=[True, True, False])
    return out * x


@program(
    inputs=lambda: (np.array([0.0, 1.2, 0.0]), np.array([2.0, 3.0, 0.5])), tags={"ufunc", "mask", "buffer", "mutation"}
)
def division_guarded_by_where(x, y):
    ratio = np.divide(y, x, out=np.zeros_like(y), where=x > 0.5)
    return ratio * y + x


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 3,), tags={"ufunc", "analytic", "smooth"})
def reductions_by_ufunc_methods(a):
    sums = np.add.reduce(a) * np.add.reduce(a, axis=1, keepdims=True)
    products = np.multiply.reduce(a, axis=1)
    return sums + products[:, None] + np.add.reduce(a, axis=None)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, 0.5]),), tags={"ufunc", "analytic", "smooth"})
def accumulations_by_ufunc_methods(x):
    return np.add.accumulate(x) * np.multiply.accumulate(x)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([2.0, -1.0])), tags={"ufunc", "analytic", "smooth"})
def outer_operations(x, y):
    return np.multiply.outer(x, y) + np.subtract.outer(x, y) ** 2 / np.add.outer(x, y + 5)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, 0.5]),), tags={"ufunc"})
def extremes_by_ufunc_methods(x):
    return np.maximum.reduce(x) * x + np.minimum.accumulate(x) - np.maximum.accumulate(x) ** 2


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, 0.5]),), tags={"ufunc", "analytic", "smooth"})
def sums_of_groups_by_reduceat(x):
    return np.add.reduceat(x**2, [0, 2]) * x[:2]


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 3,), tags={"ufunc", "mutation", "buffer", "smooth"})
def out_of_functions_that_are_no_ufuncs(a):
    total = np.zeros(3)
    np.sum(a**2, axis=0, out=total)
    product = np.empty((2, 2))
    np.dot(a, a.T, out=product)
    running = np.zeros((2, 3))
    np.cumsum(a, axis=1, out=running)
    return total * running + product.sum()


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"ufunc", "mask", "smooth"})
def sums_over_chosen_elements(x):
    chosen = np.array([True, False, True])
    return np.sum(x**2, where=chosen, initial=2.0) * np.add.reduce(x, where=chosen) * np.mean(x, where=chosen)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"ufunc", "mutation", "view", "analytic", "smooth"})
def out_into_a_view_and_itself(x):
    y = x.copy()
    result = np.multiply(y[:2], 3.0, out=y[1:])
    result += x[0]
    np.square(y, out=y)
    same = np.negative(y, y)
    same[0] = x[2]
    return y


@program(inputs=lambda: (np.array([2.7, -1.3]),), tags={"ufunc"}, oracle="jax")
def ufuncs_with_two_results(x):
    fraction, whole = np.modf(x)
    return fraction * x + whole * x**2 + np.remainder(x, 2.0) * x


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([[1.0, 0.5, 0.2], [0.3, 2.0, 0.1], [0.7, 0.4, 1.5]])),
    tags={"ufunc", "mutation", "buffer", "overwrite", "smooth"},
)
def out_by_position(x, a):
    y = np.zeros(3)
    np.dot(a, x, y)
    z = y * x
    np.cumsum(z, 0, None, y)
    z = z * y
    a.sum(0, None, y)
    z = z + y * x
    np.mean(a * z, 1, None, y)
    np.multiply(y, x, y)
    return y * z


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "mask", "index", "smooth"})
def writers_called_by_keyword(x):
    y = x * 2
    np.copyto(dst=y, src=x * x, where=np.array([True, False, True]))
    np.put(a=y, ind=[0], v=x[1] * 3)
    np.putmask(y, mask=y > 3, values=x)
    np.place(arr=y, mask=np.array([False, True, False]), vals=x[:1] * y[2])
    matrix = np.outer(x, y)
    np.fill_diagonal(a=matrix, val=x[2])
    np.put_along_axis(matrix, np.array([[2], [0], [1]]), y[:, None], axis=1)
    return matrix


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"ufunc", "mutation", "buffer", "index", "overwrite"})
def selections_into_out_by_position(x):
    y = np.zeros(3)
    np.take(x, [0, 0, 1], 0, y)
    z = y * x
    x.clip(0.5, 1.0, y)
    z += y * x
    np.stack([x[2], x[0], x[1]], 0, y)
    z *= y
    np.max(np.outer(x, z), 0, y)
    return y + z
