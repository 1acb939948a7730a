"""Programs that overwrite what the reverse sweep needs: by elements, slices, views and calls.

What holds: they are analytic in their floating-point arguments, and their conditions test real parts, so that they run
with complex numbers too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.adjoint.registry import PLACES, given, numbers

LARGE_DIAGONAL = numbers(5, 5) + 5 * np.eye(5)


@given(numbers(5))
@given(numbers(1))
def square_twice(x: Any) -> Any:
    """Elements overwritten by functions of themselves."""
    for i in range(len(x)):
        x[i] = np.sin(x[i]) * x[i]
        x[i] = x[i] * x[i]
    return x


@given(numbers(6))
def red_and_black(x: Any) -> Any:
    """Every other element from its neighbours, in turn."""
    u = x.copy()
    n = len(x)
    for it in range(4):
        for c in range(2):
            for i in range(1 + c, n - 1, 2):
                u[i] = 0.5 * u[i - 1] * u[i + 1] + u[i] * u[i] * 0.1
    return u


@given(numbers(6, 6))
def gauss_seidel(u: Any) -> Any:
    """Columns backwards, each from new and old neighbours."""
    n, k = u.shape
    for it in range(3):
        for i in range(1, n - 1):
            for j in range(k - 2, 0, -1):
                u[i, j] = 0.25 * (u[i - 1, j] * u[i + 1, j] + u[i, j - 1] * u[i, j + 1]) + 0.1 * u[i, j] ** 2
    return u


@given(LARGE_DIAGONAL)
def triangular_factors(A: Any) -> Any:
    """Elements of a matrix, each overwritten until it is needed."""
    n = len(A)
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            for j in range(k + 1, n):
                A[i, j] -= A[i, k] * A[k, j]
    return A


@given(LARGE_DIAGONAL)
def triangular_factors_of_slices(A: Any) -> Any:
    """The same by slices."""
    n = len(A)
    for k in range(n):
        A[k + 1 :, k] /= A[k, k]
        A[k + 1 :, k + 1 :] -= np.outer(A[k + 1 :, k], A[k, k + 1 :])
    return A


@given(LARGE_DIAGONAL, numbers(5))
def cholesky_and_solve(A: Any, b: Any) -> Any:
    """Triangular loops of all kinds."""
    n = len(b)
    L = np.zeros((n, n), dtype=A.dtype)
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i == j:
                L[i, i] = np.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    y = b.copy()
    for i in range(n):
        for k in range(i):
            y[i] -= L[i, k] * y[k]
        y[i] /= L[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            y[i] -= L[k, i] * y[k]
        y[i] /= L[i, i]
    return y


@given(numbers(6), 2)
@given(numbers(6), 7)
def leave_early(x: Any, k: Any) -> Any:
    """A `return` in a loop, with updates before it."""
    s = 0.0
    for i in range(len(x)):
        x[i] = x[i] * x[i]
        if i == k:
            return s * x[i]
        s += x[i] * s + x[i]
        x[i] *= s
    return s


@given(numbers(6))
def growing_bound(x: Any) -> Any:
    """Bounds of loops that change."""
    n = len(x)
    s = 1.0
    i = 0
    stop = 3
    while i < stop:
        for j in range(i, stop):
            x[j % n] *= s
            s = s * 0.9 + x[j % n] * x[(j + 1) % n]
        if i == 1:
            stop = 5
        i += 1
    return s, x


@given(numbers(6), PLACES)
def gather_and_scatter(x: Any, p: Any) -> Any:
    """Places from an array, some of them twice."""
    y = np.zeros(len(x), dtype=x.dtype)
    for i in range(len(p)):
        y[p[i]] += x[i] * y[p[i]] + x[p[i]]
        x[p[i]] = y[p[i]] * x[i]
    return x, y


@given(numbers(6), PLACES)
def follow(x: Any, p: Any) -> Any:
    """An index carried from iteration to iteration."""
    i = 0
    s = 1.0
    for k in range(8):
        s = s * x[i] + 0.1
        x[i] = s * x[i]
        i = p[i]
    return s, x


@given(numbers(6), PLACES)
def moving_places(x: Any, p: Any) -> Any:
    """Places in an array that is updated."""
    q = p.copy()
    for k in range(6):
        x[q[k]] = x[q[k]] * x[k]
        q[(k + 2) % 6] = (q[(k + 2) % 6] + k) % 6
        x[q[k]] *= 1.1 * x[q[k]]
    return x


@given(numbers(8))
def rotate(x: Any) -> Any:
    """Arrays that change names."""
    a = x.copy()
    b = np.sin(x)
    c = a * b
    for k in range(5):
        a, b, c = b, c, a
        a = a * b + c
        b[k] = a[k] * c[k]
    return a, b, c


@given(numbers(8))
def fibonacci(x: Any) -> Any:
    """Numbers that change names."""
    a = x[0]
    b = x[1]
    for i in range(2, 8):
        a, b = b, a * b + x[i]
        x[i] = a
    return b, x


@given(numbers(8))
def shrinking_arrays(x: Any) -> Any:
    """Arrays made in a loop, updated one element after the other."""
    s = 0.0
    for k in range(4):
        t = np.zeros(len(x) - k, dtype=x.dtype)
        for i in range(len(t)):
            t[i] = x[i] * x[i + k]
        t[0] = t[0] * t[-1]
        for i in range(1, len(t)):
            t[i] = t[i - 1] * t[i]
        s += np.sum(t * t)
        x[k] = s * x[k] * 0.1
    return s, x


@given(numbers(8))
def temporaries(x: Any) -> Any:
    """Arrays made in nested loops, with `continue`."""
    s = 0.0
    for k in range(4):
        t = x[k:] * x[: len(x) - k]
        t2 = np.exp(-t)
        t[::2] *= t2[::2]
        for r in range(2):
            w = t * t2
            t2[:] = w * t
            if r == 1:
                continue
            t += np.sin(w)
        s += t @ t2
    return s


@given(numbers(6))
def no_iterations(x: Any) -> Any:
    """Loops that do not run, and arrays without elements."""
    s = 0.0
    for i in range(5, 2):
        s += x[i]
    for i in range(0):
        s *= x[0]
    y = np.empty(0)
    return s + np.sum(y) + x[1:1].sum()


@given(numbers(6))
def breaks(x: Any) -> Any:
    """`break`, `continue` and `else`, with updates after them."""
    s = 1.0
    for i in range(6):
        s *= x[i]
        for j in range(6):
            if j > i:
                break
            s += x[j] * x[i]
            if j % 2 == 0:
                continue
            x[j] = s * 0.1 * x[j]
        else:
            s *= 1.5
        x[i] *= s
        if s > 4:
            break
        s += 0.1 * x[i] * s
    return s, x


@given(numbers(6))
def reversed_views(x: Any) -> Any:
    """Updates through views that run backwards."""
    y = x[::-1]
    for i in range(6):
        y[i] = y[i] * x[i] + x[(i + 1) % 6]
    z = y[1:][::-2]
    z *= z
    z[0] = x[0] * x[5]
    return x


@given(numbers(3, 4))
def reshaped(A: Any) -> Any:
    """Updates through arrays of another shape."""
    b = A.reshape(12)
    for i in range(1, 12):
        b[i] = b[i] * b[i - 1] + 0.1
    C = A.reshape(2, 6)
    C[1] *= C[0]
    A[0] *= b[4:8]
    return A


@given(numbers(3, 4))
def reshaped_in_loop(A: Any) -> Any:
    """The same with an array that each iteration makes."""
    s = 0.0
    for k in range(3):
        t = A * A * (k + 1)
        f = t.reshape(-1)
        for i in range(1, 12):
            f[i] *= f[i - 1]
        g = t.reshape(4, 3)
        s += np.sum(g * g)
        g[0] = f[3:6] * s
        s += np.sum(t * f.reshape(3, 4))
        A[k] = t[k]
    return s, A


def scaled(a: Any, i: Any, s: Any) -> Any:
    """Updates its argument, and returns early."""
    a[i] = a[i] * s
    if i > 2:
        return a[i] * a[0]
    a[0] *= a[i]
    return s


@given(numbers(6))
def calls(x: Any) -> Any:
    """A function that updates, in a loop."""
    s = 1.2
    for i in range(6):
        s = scaled(x, i, s) + 0.1 * s
    return s, x


@given(numbers(6), 0.7)
def inner_function(x: Any, c: Any) -> Any:
    """A function that updates an array of the one around it."""
    k = np.sin(x)

    def inner(t: Any, i: Any) -> Any:
        k[i] = k[i] * t + c
        return k[i] * x[i]

    s = c
    for i in range(6):
        s = inner(s, i)
        x[i] *= s
    return s, k, x


@given(numbers(6))
def first_in_branch(x: Any) -> Any:
    """Variables that are first set in a branch."""
    for i in range(6):
        if i % 2 == 0:
            t = x[i] * x[i]
            w = np.array([t, t * t])
        x[i] = t * x[i] + w[1]
        w[0] *= t
        t = w[0] * 0.7
    return x, t


@given(numbers(6))
def one_array_twice(x: Any) -> Any:
    """One array as several results, whole and in parts."""
    y = x * x
    y[0] *= y[1]
    return y, y, (x, y[::-1]), {"a": y[2], "b": x[1:3]}


@given(numbers(4), numbers(4))
def views_of_arguments(a: Any, b: Any) -> Any:
    """Results that are views of updated arguments."""
    a[1] *= b[2]
    b[:] = a * b
    a[2] = b[2] * a[2]
    return a[::2], b[::-1], a


@given(numbers(5))
def nonlinear_sum(x: Any) -> Any:
    """A sum used in products before more is added."""
    s = x[0]
    for k in range(3):
        y = s * s
        s += np.sum(x * x) * y
        x[k] = s
    return s, x


@given(numbers(5), np.array([0, 2, 2, 1]))
def add_at(x: Any, p: Any) -> Any:
    """Additions at places that repeat, to what is needed."""
    y = np.zeros(5, dtype=x.dtype) + x[0]
    for k in range(3):
        s = y[2] * y[2]
        np.add.at(y, p, x[p] * s * 0.3)
        x[k] = y[2] * y[0]
    return x, y


@given(numbers(5))
def sum_of_rows(x: Any) -> Any:
    """The same by `np.sum`."""
    A = np.outer(x, x)
    t = np.zeros(5, dtype=x.dtype)
    for k in range(3):
        q = t * t + 1
        t += np.sum(A * q, axis=0)
        A[k] = A[k] * t * 0.01
    return t, A
