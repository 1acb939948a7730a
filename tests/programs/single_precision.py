"""Programs in float32, and in mixtures: the derivative has the dtype of its argument."""

import numpy as np

from tests.programs.registry import program


def single(*values):
    return np.array(values, dtype=np.float32)


@program(inputs=lambda: (single(0.3, 1.2, 0.8),), tags={"single", "analytic"})
def stays_in_single_precision(x):
    return np.sum(np.sin(x) * x**2) / 3


@program(inputs=lambda: (single(0.3, 1.2, 0.8), np.array([1.0, 2.0, 3.0])), tags={"single", "analytic"})
def single_meets_double(x, y):
    return x * y + x, np.sum(x * 2.0)


@program(inputs=lambda: (single(0.3, 1.2, 0.8), np.array([1.0, 2.0, 3.0])), tags={"single", "mutation", "analytic"})
def double_stored_into_single(x, y):
    z = x.copy()
    z[:] = y * x
    z[0] += y[1]
    z *= y
    return z


@program(inputs=lambda: (single(0.3, 1.2, 0.8),), tags={"single", "mutation", "buffer", "loop"})
def single_buffer_filled(x):
    out = np.zeros(3, dtype=np.float32)
    wide = np.zeros(3)
    for i in range(3):
        out[i] = x[i] * x[i - 1]
        wide[i] = out[i] + 0.5
    return out, wide


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"single"})
def rounded_on_the_way(x):
    narrow = x.astype(np.float32)
    return narrow * narrow, np.float32(x[0]) * np.float64(2.0), narrow.astype(float) * x


@program(inputs=lambda: (np.float32(0.3), 0.7), tags={"single", "scalar", "analytic"})
def numpy_and_python_scalars(x, y):
    return x * y, x * np.float32(3), np.sqrt(x) + x * x


@program(
    inputs=lambda: (single(1.0, 4.0), np.array([[2.0, 0.5], [0.25, 1.0]], dtype=np.float32)),
    tags={"single", "linalg", "mutation"},
)
def single_matrix_and_in_place(x, a):
    a[0] -= 0.5 * a[1]
    y = a @ x
    y /= np.linalg.norm(x)
    return y * np.ones(2)
