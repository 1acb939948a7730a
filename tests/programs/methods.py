"""Programs that use the methods and attributes of arrays rather than the functions of NumPy."""

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 3,), tags={"analytic", "smooth"})
def reductions_by_method(a):
    return a.sum(axis=0) * a.mean(axis=1, keepdims=True) + a.prod() + a.cumsum(axis=1) - a.sum()


@program(inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.4]]),), tags=set())
def extremes_by_method(a):
    spread = a.max(axis=0) - a.min()
    return spread * a[a.argmax(axis=1)[0]] + a.clip(0.0, 1.0).T


@program(inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.4]]),), tags={"smooth"}, oracle="jax")
def moments_by_method(a):
    return a.var() + a.std(axis=0) * a.var(axis=1, ddof=1)


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 3,), tags={"analytic", "smooth"})
def shapes_by_method(a):
    b = a.reshape(3, 2).T.reshape(-1)
    c = a.transpose(1, 0).flatten() * a.ravel()
    d = a.swapaxes(0, 1).copy().reshape((2, -1))
    return (b + c).reshape(a.shape) * d.squeeze()


@program(
    inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.4]]), np.array([1.0, 2.0])), tags={"linalg", "analytic", "smooth"}
)
def products_by_method(a, x):
    return a.dot(x).dot(x) * a.trace() + a.T.dot(a).diagonal() + x @ a


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "alias", "smooth"})
def conversions_by_method(x):
    y = x.astype(float)
    y[0] *= 2
    z = y.astype(np.float64, copy=True)
    z += 1
    return y * z + x.copy() * x.tolist()[1] - y.item(2) * z.item(0)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"index", "analytic", "smooth"})
def selections_by_method(x):
    return x.take([0, 0, 3]).sum() * x.compress([True, False, True, True])[1] + x.repeat(2)[3:5] * x[x.nonzero()].sum()


@program(inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.4]]),), tags={"mutation", "view", "analytic", "smooth"})
def attributes_of_arrays(a):
    b = np.ones(a.shape, dtype=a.dtype)
    b.T[0] = a.sum(axis=0) / a.size
    for i in range(a.ndim):
        b[i] *= len(a)
    return b


@program(inputs=lambda: (np.array([3.0, 1.0, 2.0]),), tags={"index"})
def sorting_by_method(x):
    order = x.argsort()
    ranked = x[order]
    place = ranked.searchsorted(1.5)
    return ranked * np.arange(1.0, 4.0) + ranked[place] ** 2


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 3,), tags={"view", "mutation", "analytic", "smooth"})
def flat_read_and_view_written(a):
    total = 0.0
    for weight, value in enumerate(a.flat):
        total = total + weight * value
    seen = a.view()
    seen[0, 0] = total
    return a * total
