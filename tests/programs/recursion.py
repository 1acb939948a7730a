"""Programs that call themselves: on halves of arrays, on nested lists, on numbers."""

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (1.05, 7), tags={"recursion", "scalar", "analytic", "smooth"})
def power_by_squaring(x, n):
    if n == 0:
        return 1.0 + 0 * x
    half = power_by_squaring(x, n // 2)
    return half * half * x if n % 2 else half * half


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.4, 0.6]),), tags={"recursion", "analytic", "smooth"})
def pairwise_products(x):
    if len(x) == 1:
        return x[0]
    middle = len(x) // 2
    return pairwise_products(x[:middle]) * pairwise_products(x[middle:]) + x[0]


@program(inputs=lambda: (np.array([3.0, 1.0, 2.0, 0.5, 2.5]),), tags={"recursion", "branch", "call"})
def quicksort_of_values(x):
    return np.array(quicksort(list(x))) * np.arange(1, 6)


def quicksort(values):
    if len(values) < 2:
        return values
    pivot, *rest = values
    return quicksort([v for v in rest if v < pivot]) + [pivot] + quicksort([v for v in rest if not v < pivot])


@program(inputs=lambda: (np.array([3.0, 1.0, 2.0, 0.5]),), tags={"recursion", "mutation", "view", "branch"})
def merge_sort_in_place(x):
    values = x * x
    merge_sort(values)
    return values * np.arange(1.0, 5.0)


def merge_sort(values):
    if len(values) < 2:
        return
    middle = len(values) // 2
    left, right = values[:middle].copy(), values[middle:].copy()
    merge_sort(left)
    merge_sort(right)
    i = j = 0
    for k in range(len(values)):
        if j == len(right) or (i < len(left) and left[i] < right[j]):
            values[k] = left[i]
            i += 1
        else:
            values[k] = right[j]
            j += 1


@program(inputs=lambda: ((0.3, ((1.2, 0.8), 0.5)),), tags={"recursion", "tree", "scalar", "analytic", "smooth"})
def nested_pairs_summed(tree):
    if isinstance(tree, tuple):
        left, right = (nested_pairs_summed(branch) for branch in tree)
        return left * right + 1
    return np.sin(tree)


@program(inputs=lambda: (0.2, 1.3), tags={"recursion", "scalar", "branch", "call"})
def adaptive_quadrature(low, high):
    def simpson(a, b):
        return (b - a) / 6 * (np.sqrt(a) + 4 * np.sqrt((a + b) / 2) + np.sqrt(b))

    def integrate(a, b, depth):
        middle = (a + b) / 2
        whole, halves = simpson(a, b), simpson(a, middle) + simpson(middle, b)
        if abs(whole - halves) < 1e-5 or depth == 0:
            return halves
        return integrate(a, middle, depth - 1) + integrate(middle, b, depth - 1)

    return integrate(low, high, 5)


@program(inputs=lambda: (np.array([1.0, -0.5, 0.2]), 0.7), tags={"recursion", "call", "analytic", "smooth"})
def mutual_recursion(x, c):
    return even_step(x, c, 5)


def even_step(x, c, n):
    return x if n == 0 else odd_step(x * c + 1, c, n - 1)


def odd_step(x, c, n):
    return x if n == 0 else even_step(np.sin(x) * c, c, n - 1)


@program(inputs=lambda: (np.array([0.5, 0.1, 0.2, 0.9, -0.3]), 0.4), tags={"recursion", "call", "analytic", "smooth"})
def basis_spline_by_recurrence(coefficients, x):
    knots = np.arange(8.0) - 3.0

    def basis(i, degree):
        if degree == 0:
            return 1.0 if knots[i] <= 0.4 < knots[i + 1] else 0.0
        left = (x - knots[i]) / (knots[i + degree] - knots[i]) * basis(i, degree - 1)
        right = (knots[i + degree + 1] - x) / (knots[i + degree + 1] - knots[i + 1]) * basis(i + 1, degree - 1)
        return left + right

    total = 0.0
    for i in range(5):
        total = total + coefficients[i] * basis(i, 2)
    return total


@program(
    inputs=lambda: (np.arange(1.0, 17.0).reshape(4, 4) / 8,),
    tags={"recursion", "linalg", "buffer", "mutation", "smooth"},
)
def blockwise_matrix_square(a):
    return block_product(a, a)


def block_product(a, b):
    n = len(a)
    if n == 1:
        return a * b
    h = n // 2
    out = np.zeros((n, n))
    for i in (slice(0, h), slice(h, n)):
        for j in (slice(0, h), slice(h, n)):
            out[i, j] = block_product(a[i, :h], b[:h, j]) + block_product(a[i, h:], b[h:, j])
    return out


@program(inputs=lambda: (np.array([2.0, 0.5, 1.0, 3.0]),), tags={"recursion", "loop", "linalg", "analytic", "smooth"})
def determinant_by_expansion(x):
    return minor([[x[0], x[1], 1.0], [x[2], x[3], x[0]], [0.5, x[1] * x[2], 2.0]])


def minor(rows):
    if len(rows) == 1:
        return rows[0][0]
    total = 0.0
    for column, entry in enumerate(rows[0]):
        rest = [row[:column] + row[column + 1 :] for row in rows[1:]]
        total = total + (-1) ** column * entry * minor(rest)
    return total
