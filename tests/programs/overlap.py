"""Programs whose source and target overlap: NumPy evaluates as if the source had been copied first."""

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]), 0.7), tags={"overlap", "mutation", "analytic", "smooth"})
def shift_right(x, c):
    x[1:] = x[:-1] * c
    return x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"overlap", "mutation", "analytic", "smooth"})
def shift_left(x):
    y = x * x
    y[:-1] = y[1:]
    return y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"overlap", "mutation", "analytic", "smooth"})
def reverse_in_place(x):
    x[:] = x[::-1]
    x[0] *= 2
    x[::-1] = x * np.arange(1, 5)
    return x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"overlap", "mutation", "analytic", "smooth"})
def augmented_shift(x):
    x[1:] += x[:-1]
    x[:-1] *= x[1:]
    return x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"overlap", "mutation", "analytic", "smooth"})
def augmented_reversal(x):
    x += x[::-1]
    x -= 0.5 * x[::-1] * x
    x /= 2 + x[::-1]
    return x


@program(inputs=lambda: (np.arange(1.0, 10.0).reshape(3, 3) / 6,), tags={"overlap", "mutation", "analytic", "smooth"})
def symmetrised_in_place(a):
    a += a.T
    a[0] = a[:, 0] * a[0]
    return a


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4, 0.9]),), tags={"overlap", "mutation", "loop", "analytic", "smooth"}
)
def smoothing_in_place(u):
    for _ in range(3):
        u[1:-1] = 0.25 * u[:-2] + 0.5 * u[1:-1] + 0.25 * u[2:]
    return u


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"overlap", "mutation", "view", "analytic", "smooth"})
def exchange_of_halves(x):
    y = x * 1.5
    left, right = y[:2], y[2:]
    left[:], right[:] = right.copy(), left.copy()
    y[:2], y[2:] = y[2:] * 2, y[:2] * 3
    return y


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4, 0.6]),), tags={"overlap", "mutation", "ufunc", "analytic", "smooth"}
)
def overlapping_out_argument(x):
    y = x.copy()
    np.multiply(y[:-1], y[1:], out=y[1:])
    np.add(y, y[::-1], out=y)
    return y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4]),), tags={"overlap", "mutation", "index", "analytic", "smooth"})
def permutation_in_place(x):
    x[[1, 2, 3, 0]] = x
    x[[0, 1]] += x[[1, 0]]
    return x


@program(inputs=lambda: (np.arange(1.0, 13.0).reshape(3, 4) / 6,), tags={"overlap", "mutation", "analytic", "smooth"})
def rolling_rows(a):
    first = a[0].copy()
    a[:-1] = a[1:]
    a[-1] = first * a[0]
    a[:, 1:] = a[:, :-1] + 0.1 * a[:, 1:]
    return a


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"overlap", "mutation", "alias", "analytic", "smooth"})
def operand_on_both_sides(x):
    x[:] = x
    x[...] *= x
    y = x
    y += y
    x[1:] = y[1:]
    return x
