"""Programs that change plain arrays, indices and masks after a recorded operation has used them."""

import functools
import operator

import numpy as np

from tests.programs.registry import program

WEIGHTS = np.array([0.5, -1.0, 2.0])
PLACES = np.array([0, 2, 1])
MATRIX = np.array([[1.0, 2.0, 0.0], [0.5, -1.0, 1.0], [0.0, 3.0, 1.0]])


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "analytic", "smooth"})
def constant_halved_between_uses(x):
    w = WEIGHTS.copy()
    first = x * w
    w *= 0.5
    second = x * x * w
    w[:] = 0
    return first + second


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "index", "loop", "analytic", "smooth"}
)
def index_array_advanced_after_use(x):
    places = np.array([0, 1])
    total = x[places] * 2
    for _ in range(2):
        places += 1
        places %= 3
        total = total * x[places]
    return total


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "mask", "analytic", "smooth"})
def mask_changed_after_use(x):
    mask = np.array([True, False, True])
    chosen = x[mask] ** 2
    y = x.copy()
    y[mask] = x[0]
    selected = np.where(mask, x, x * x)
    mask[:] = False
    mask[1] = True
    y[mask] *= x[mask]
    return chosen[0] * y + selected * chosen[1]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "analytic", "smooth"})
def integer_array_as_factor(x):
    powers = np.arange(3)
    y = x**powers
    powers += 1
    z = y * powers * x
    powers *= 0
    return z + y * powers


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "view", "analytic", "smooth"})
def constant_changed_through_its_base(x):
    base = np.arange(6.0)
    part = base[::2]
    first = x * part
    base += 10
    base[2] = -1.0
    second = x**2 * part
    part[0] = 100
    return first * second


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "call", "analytic", "smooth"})
def constant_changed_by_a_helper(x):
    w = np.array(WEIGHTS)
    product = np.sin(x) * w
    normalise(w)
    return product * (x @ w)


def normalise(values):
    values /= np.sum(np.abs(values))


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "linalg", "analytic", "smooth"})
def constant_matrix_changed_after_product(x):
    a = MATRIX.copy()
    y = a @ x
    a[0] = a[1] * 2
    y = a.dot(y * x)
    np.fill_diagonal(a, 0.0)
    return a.T @ y


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "analytic", "smooth"})
def constant_sorted_filled_and_shuffled(x):
    w = WEIGHTS.copy()
    a = x * w
    w.sort()
    b = a * x * w
    w.fill(3.0)
    c = b + x * w
    w[:] = w[::-1] * np.array([1.0, 2.0, 3.0])
    np.copyto(w, 0.0, where=w > 5)
    d = c * w
    np.put(w, [0], [50.0])
    np.random.default_rng(0).shuffle(w)
    return d * x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "closure", "analytic", "smooth"})
def constant_changed_in_a_closure(x):
    w = WEIGHTS + 1

    def step(values):
        product = values * w
        w[0] += 1
        return product

    return step(x) * step(x * x) + step(step(x))


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "index", "analytic", "smooth"})
def constant_changed_with_ufunc_out(x):
    w = WEIGHTS * 3.0
    a = x * w
    np.add(w, 1.0, out=w)
    b = a * x / w
    np.negative(w, w)
    np.add.at(w, PLACES, 0.25)
    return b * w * x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]), PLACES.copy()), tags={"mutation", "overwrite", "index", "smooth"})
def integer_argument_changed_in_place(x, places):
    first = x[places] * np.array([1.0, 2.0, 3.0])
    places[:] = places[::-1].copy()
    places[0] -= 1
    return first * x[places] ** 2


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]), 2.0), tags={"mutation", "overwrite", "loop", "analytic", "smooth"})
def list_of_constants_changed(x, c):
    factors = [1.0, 2.0, 3.0]
    result = x * factors
    factors[0] = c
    factors.append(c)
    return result * np.array(factors[:3]) + factors[-1]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "tree", "analytic", "smooth"})
def constants_in_containers_changed(x):
    table = {"w": WEIGHTS * 1.0}
    rows = [WEIGHTS * 2.0, PLACES + 0]
    product = x * table["w"]
    table["w"] += 1
    shifted = x[rows[1]] * rows[0]
    rows[0] *= 0.5
    rows[1] -= 1
    return product * shifted * table["w"] * rows[0] * x[rows[1]]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "ufunc", "analytic", "smooth"})
def constant_changed_with_positional_out(x):
    w = WEIGHTS * 2.0
    a = x * w
    np.multiply(w, 0.5, w)
    b = a * w
    np.cumsum(WEIGHTS, 0, None, w)
    c = b * x * w
    np.dot(MATRIX, WEIGHTS, w)
    d = c + x * w
    w.dot(MATRIX, w)
    return d * x


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "view", "analytic", "smooth"})
def constant_changed_through_attributes(x):
    w = WEIGHTS * 2.0
    a = x * w
    w.flat = 7.0
    b = a * x * w
    w.flat[1] = -3.0
    c = b + x * w
    w.real = 4.0
    d = c * w * x
    w.T[0] = 50.0
    return d


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"mutation", "overwrite", "call", "analytic", "smooth"})
def constant_changed_by_operator_functions(x):
    w = WEIGHTS * 2.0
    a = x * w
    operator.imul(w, 0.25)
    b = a * x * w
    operator.setitem(w, 0, 11.0)
    c = b * x * w
    functools.reduce(operator.iadd, [w, WEIGHTS, WEIGHTS])
    d = c * x * w
    list(map(w.__setitem__, range(3), WEIGHTS))
    return d
