"""Programs made of several functions: all kinds of arguments, decorators, `partial`, `map` and `reduce`."""

import functools
import math

import numpy as np

from tests.programs.registry import program

BOLTZMANN = 8.617e-5
SPRINGS = np.array([1.0, 2.0, 0.5])


def arrhenius(temperature, prefactor=2.0, *, energy=0.02):
    return prefactor * math.exp(-energy / (BOLTZMANN * temperature))


@program(inputs=lambda: (280.0, 0.03), tags={"scalar", "call", "math", "smooth"})
def default_and_keyword_arguments(temperature, energy):
    rate = arrhenius(temperature)
    rate += arrhenius(temperature, energy=energy)
    return rate * arrhenius(temperature + 10, 0.5 * energy, energy=2 * energy)


def weighted_total(*terms, **weights):
    total = 0.0
    for term in terms:
        total = total + term * weights.get("scale", 1.0)
    return total + weights["offset"]


@program(inputs=lambda: (np.array([0.3, 1.2]), 0.7), tags={"call", "analytic", "smooth"})
def starred_arguments(x, c):
    options = {"offset": c * x, "scale": c}
    pieces = [x, x**2, x**3]
    return weighted_total(*pieces, **options) * weighted_total(*x, offset=1.0)


def doubled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        buffer = np.zeros(3)
        buffer[:] = function(*args, **kwargs)
        return 2 * buffer

    return wrapper


@doubled
def spring_forces(displacement):
    forces = np.empty(3)
    forces[:] = -SPRINGS * displacement
    forces[0] += displacement[1] * displacement[2]
    return forces


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"call", "buffer", "mutation", "closure", "smooth"})
def decorated_helper(x):
    return spring_forces(x) * spring_forces(spring_forces(x))


def lennard_jones(depth, width, distance):
    ratio = (width / distance) ** 6
    return 4 * depth * (ratio**2 - ratio)


@program(inputs=lambda: (0.8, np.array([1.1, 1.6, 2.0])), tags={"call", "analytic", "smooth"})
def partial_application(depth, distances):
    potential = functools.partial(lennard_jones, depth, 1.0)
    stretched = functools.partial(lennard_jones, width=1.2, depth=2.0)
    return potential(distances) + stretched(distance=distances[::-1])


def smooth_step(x):
    out = np.zeros(1)
    out[0] = x * x * (3 - 2 * x)
    return out[0]


@program(inputs=lambda: (np.array([0.3, 0.9, 0.6]),), tags={"call", "buffer", "mutation", "loop", "smooth"})
def map_filter_and_reduce(x):
    mapped = list(map(smooth_step, x))
    total = functools.reduce(lambda a, b: a * 0.5 + b, mapped)
    kept = filter(lambda value: value > 0.5, mapped)
    return total * sum(kept)


@program(inputs=lambda: (np.array([0.3, 0.9, 0.6]),), tags={"call", "loop"})
def sorted_with_a_key(x):
    by_distance = sorted(x, key=lambda value: (value - 0.65) ** 2)
    nearest = min(x, key=lambda value: abs(value - 1.0))
    farthest = max(x, key=lambda value: abs(value - 1.0))
    return by_distance[0] * 3 + by_distance[1] ** 2 * nearest - farthest


@program(inputs=lambda: (np.array([0.3, 0.9, 0.6]), 1.5), tags={"call", "mutation", "analytic", "smooth"})
def function_chosen_from_a_table(x, c):
    table = {"sine": np.sin, "square": lambda v: v * v, "inplace": scaled_in_place}
    total = x * 0
    for name in ("sine", "square", "inplace"):
        total = total + table[name](x * c)
    return total


def scaled_in_place(values):
    values *= values[0]
    return values


def integrate(function, low, high, intervals=4):
    width = (high - low) / intervals
    total = 0.5 * (function(low) + function(high))
    for k in range(1, intervals):
        total += function(low + k * width)
    return total * width


@program(inputs=lambda: (0.2, 1.4, 0.7), tags={"scalar", "call", "closure", "analytic", "smooth"})
def trapezoidal_rule_of_a_lambda(low, high, decay):
    return integrate(lambda t: np.exp(-decay * t) * t, low, high) + integrate(np.sin, low, decay, intervals=2)


def central_difference(function, x, step=0.1):
    return (function(x + step) - function(x - step)) / (2 * step)


@program(inputs=lambda: (0.4, 1.3), tags={"scalar", "call", "closure", "math", "smooth"})
def difference_of_a_user_function(x, c):
    return central_difference(lambda t: math.sin(c * t) * t, x) + central_difference(math.exp, x, step=c)


def update_all(arrays, rate):
    for array in arrays:
        array -= rate * array**3  # noqa: PLW2901 - an update in place is what is tested


@program(
    inputs=lambda: (np.array([0.3, 0.9]), np.array([[1.0, 0.5]]), 0.1), tags={"call", "mutation", "analytic", "smooth"}
)
def helper_that_returns_nothing(x, y, rate):
    update_all([x, y], rate)
    update_all((x[:1],), 2 * rate)
    return x, y * x


@functools.cache
def quadrature_nodes(count):
    nodes = np.zeros(count)
    for i in range(count):
        nodes[i] = math.cos(math.pi * (i + 0.5) / count)
    return nodes


@program(inputs=lambda: (np.array([0.3, 0.9]),), tags={"call", "math", "smooth"})
def cached_helper_of_constants(x):
    return np.sum(np.exp(x[0] * quadrature_nodes(4))) * x[1] + np.sum(quadrature_nodes(4) ** 2 * x[0])


@program(inputs=lambda: (np.array([0.3, 0.9, 0.6]),), tags={"call", "loop"})
def vectorised_user_function(x):
    bump = np.vectorize(lambda v, w: v * v if v > 0.5 else v * w)
    return bump(x, 2.0)
