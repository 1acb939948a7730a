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


@program(inputs=lambda: (np.array([0.4, 1.2, 0.8, 0.6, 0.3]),), tags={"recursion", "mutation", "loop", "smooth"})
def halves_updated_in_place(x):
    update_halves(x, 0, len(x))
    return np.sum(x**2)


def update_halves(a, low, high):
    if high - low == 1:
        a[low] = np.sin(a[low]) * a[low]
        return
    middle = (low + high) // 2
    update_halves(a, low, middle)
    update_halves(a, middle, high)
    for i in range(low, middle):
        a[i] = a[i] * a[i + (high - low) // 2]


@program(inputs=lambda: (0.7, 2, 2), tags={"recursion", "scalar", "call", "tree", "smooth"})
def growth_of_ackermann(x, m, n):
    k, y = ackermann(m, n, x)
    return y * k


def ackermann(m, n, x):
    if m == 0:
        return n + 1, x * 1.01
    if n == 0:
        return damped_ackermann(m - 1, 1, np.sin(x))
    k, y = damped_ackermann(m, n - 1, x)
    return ackermann(m - 1, k, y * x)


def damped_ackermann(m, n, x):
    k, y = ackermann(m, n, x)
    return k, y + 0.1


@program(inputs=lambda: (5.3,), tags={"recursion", "scalar", "branch", "smooth"})
def fibonacci_of_a_float(x):
    if x < 2.0:
        return x * np.sin(x)
    return fibonacci_of_a_float(x - 1.0) + fibonacci_of_a_float(x - 2.0) * 0.5


@program(inputs=lambda: (0.2, 2.5, 1.3), tags={"recursion", "scalar", "branch", "call"})
def simpson_to_a_tolerance(a, b, w):
    m = (a + b) / 2
    return refined(np.exp(-w * a * a), np.exp(-w * m * m), np.exp(-w * b * b), a, b, w, 1e-5)


def refined(f_a, f_m, f_b, a, b, w, tolerance):
    m = (a + b) / 2
    f_l, f_r = np.exp(-w * ((a + m) / 2) ** 2), np.exp(-w * ((m + b) / 2) ** 2)
    whole = (b - a) / 6 * (f_a + 4 * f_m + f_b)
    left, right = (m - a) / 6 * (f_a + 4 * f_l + f_m), (b - m) / 6 * (f_m + 4 * f_r + f_b)
    error = left + right - whole
    if abs(error) < 15 * tolerance:
        return left + right + error / 15
    return refined(f_a, f_l, f_m, a, m, w, tolerance / 2) + refined(f_m, f_r, f_b, m, b, w, tolerance / 2)


@program(inputs=lambda: (np.array([0.4, 1.2, 0.8, -0.6]),), tags={"recursion", "view", "analytic", "smooth"})
def suffixes_both_ways(x):
    return of_suffix(x) * of_suffix(x[::-1])


def of_suffix(x):
    if len(x) == 0:
        return 0.0
    return x[0] * np.sin(x[-1]) + 0.5 * of_suffix(x[1:])


@program(inputs=lambda: (0.7, 5), tags={"recursion", "while", "scalar", "branch", "smooth"})
def recursion_in_loops_and_tests(x, n):
    return growing(x, n) * sum_of_depths(x, 3)


def growing(x, n):
    y = x
    while n > 0 and growing(y * 0.5, n - 3) < 2.0:
        y = y * 1.4 + 0.1 * growing(x * 0.9, n - 4)
        n -= 1
    return y * x


def sum_of_depths(x, n):
    if n == 0:
        return x
    total = 0.0
    for i in range(n):
        total = total * 0.5 + sum_of_depths(x * (i + 1) * 0.5, n - 1) * x
    return total


@program(inputs=lambda: (np.array([0.4, 1.2, 0.8]), 3), tags={"recursion", "buffer", "overwrite", "analytic", "smooth"})
def arrays_of_each_call(x, n):
    y = np.sin(x) * 0.5
    if n == 0:
        return y * x[1]
    z = y * x
    a = arrays_of_each_call(z, n - 1)
    y = y * a
    y[0] = y[0] * z[2]
    b = arrays_of_each_call(y[::-1], n - 2) if n > 1 else x
    return y * z * b + a


@program(inputs=lambda: (np.array([0.4, 1.2, 0.8, 0.6]), 0.8, 3), tags={"recursion", "closure", "buffer", "smooth"})
def closure_that_recurses(x, c, n):
    out = np.zeros(4)
    scaled = x * c

    def go(low, k):
        if k == 0 or low >= len(x):
            return c
        out[low] += scaled[low] * k
        v = go(low + 1, k - 1) + go(low + 2, k - 1) * c
        out[low] = out[low] * v
        return v * x[low]

    return np.sum(out * x) + go(0, n) + np.sum(out)


@program(
    inputs=lambda: (np.array([3.0, 1.0, 2.0, 0.5, 2.5, 0.1]),), tags={"recursion", "mutation", "branch", "overwrite"}
)
def quicksort_in_place(x):
    values = x**2
    partition(values, 0, len(values) - 1)
    return values * np.arange(6.0)


def partition(a, low, high):
    if low >= high:
        return
    pivot, i = a[high], low
    for j in range(low, high):
        if a[j] < pivot:
            a[i], a[j] = a[j], a[i]
            i += 1
    a[i], a[high] = a[high], a[i]
    partition(a, low, i - 1)
    partition(a, i + 1, high)


@program(
    inputs=lambda: (np.array([[0.3, 0.7, 1.0], [0.3, 0.7, -1.0], [0.2, 0.4, 0.9]]),),
    tags={"recursion", "linalg", "mutation", "loop", "smooth"},
)
def cholesky_by_recursion(b):
    a = b @ b.T + 3 * np.eye(3)
    factor(a, 0)
    return np.sum(np.tril(a) ** 3)


def factor(a, k):
    if k == len(a):
        return
    a[k, k] = np.sqrt(a[k, k])
    a[k + 1 :, k] /= a[k, k]
    for j in range(k + 1, len(a)):
        a[j:, j] -= a[j:, k] * a[j, k]
    factor(a, k + 1)


@program(inputs=lambda: (np.array([0.4, 1.2, 0.8, 0.6]), 2), tags={"recursion", "alias", "analytic", "smooth"})
def one_array_for_two_arguments(x, n):
    return mixed(x, x, n)


def mixed(x, y, n):
    if n == 0:
        return x[0] * y[-1]
    return mixed(x * y, x, n - 1) + mixed(x, x, n - 1)
