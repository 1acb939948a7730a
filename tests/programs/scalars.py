"""Programs on Python numbers: `math`, built-in functions, conversions, swaps and multiple assignment."""

import math

import numpy as np

from tests.programs.registry import program

GAS_CONSTANT = 8.314462618


@program(inputs=lambda: (1.3, 2.0, -0.7, 0.45), tags={"scalar", "loop", "analytic", "smooth"})
def horner_polynomial(x, a, b, c):
    total = 0.0
    for coefficient in (c, b, a, 1.0):
        total = total * x + coefficient
    return total


@program(inputs=lambda: (0.3, 0.1, 1.7), tags={"scalar", "math", "smooth"})
def gaussian_density(x, mean, width):
    z = (x - mean) / width
    return math.exp(-0.5 * z * z) / (width * math.sqrt(2 * math.pi))


@program(inputs=lambda: (0.8, -1.2, 0.3, 2.1), tags={"scalar", "math", "smooth"})
def great_circle_distance(latitude1, longitude1, latitude2, longitude2):
    half = math.sin((latitude2 - latitude1) / 2) ** 2
    half += math.cos(latitude1) * math.cos(latitude2) * math.sin((longitude2 - longitude1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(half))


@program(inputs=lambda: (310.0, 0.024, 0.36, 4.3e-5), tags={"scalar", "analytic", "smooth"})
def van_der_waals_pressure(temperature, volume, attraction, size):
    return GAS_CONSTANT * temperature / (volume - size) - attraction / volume**2


@program(inputs=lambda: (1.0, -3.5, 2.2), tags={"scalar", "math", "smooth"})
def roots_of_quadratic(a, b, c):
    spread = math.sqrt(b * b - 4 * a * c)
    return (-b + spread) / (2 * a), (-b - spread) / (2 * a)


@program(inputs=lambda: (-2.3, 1.7), tags={"scalar"})
def builtin_functions_of_numbers(x, y):
    largest = max(x, y, 0.5)
    smallest = min([x, y, -1.0])
    return abs(x) * pow(y, 3) + largest * smallest + sum([x, y, x * y])


@program(inputs=lambda: (7.3, 2.1), tags={"scalar"}, oracle="jax")
def quotient_and_remainder(x, y):
    quotient, remainder = divmod(x, y)
    return quotient * x + remainder * y, x % y, x // y + y


@program(inputs=lambda: (2.6, 0.9), tags={"scalar"})
def rounding_has_no_slope(x, y):
    return round(x) * y + round(x, 1) * x * y


@program(inputs=lambda: (1.5, 0.25), tags={"scalar", "analytic", "smooth"})
def fibonacci_by_swaps(a, b):
    for _ in range(6):
        a, b = b, a * 0.3 + b * a
    return a, b


@program(inputs=lambda: (0.8,), tags={"scalar", "alias", "analytic", "smooth"})
def chained_assignment_of_numbers(x):
    a = b = x * x
    a += 1.0
    b *= x
    c = d = a
    c -= b
    return a * b + c * d


@program(inputs=lambda: (24.0, 6.0), tags={"scalar", "while", "math", "smooth"})
def arithmetic_geometric_mean(a, g):
    while abs(a - g) > 1e-14 * a:
        a, g = (a + g) / 2, math.sqrt(a * g)
    return a


@program(inputs=lambda: (0.7,), tags={"scalar", "loop", "analytic", "smooth"})
def continued_fraction_of_tangent(x):
    fraction = 0.0
    for odd in range(15, 0, -2):
        fraction = x * x / (odd - fraction)
    return fraction / x


@program(inputs=lambda: (3.64,), tags={"scalar", "index"})
def truncated_number_as_index(x):
    table = (1.0, 2.5, -1.0, 4.0, 0.5)
    place = int(x)
    weight = x - place
    return (1 - weight) * table[place] + weight * table[place + 1]


@program(inputs=lambda: (0.4, 1.9), tags={"scalar", "branch"})
def chained_comparison_and_walrus(x, y):
    if 0 < x < y and (product := x * y) < 2.0:
        return product**2 + x
    return y - x


@program(inputs=lambda: (0.6, 1.1), tags={"scalar", "math", "smooth"})
def tour_of_math(x, y):
    first = math.sinh(x) * math.cosh(y) - math.tanh(x * y) + math.expm1(x)
    second = math.atan2(y, x) + math.hypot(x, y) + math.log1p(x) * math.log2(y + 1)
    third = math.asinh(x) + math.atanh(x / 2) - math.acos(x / 2) + math.atan(y) + math.tan(x)
    return first + second * third + math.log10(y) + math.pow(x, 2.5) + math.fabs(-x) + math.erf(x)


@program(inputs=lambda: (np.array([0.4, 1.2, -0.8]),), tags={"math", "smooth"})
def float_of_an_element(x):
    first = float(x[0])
    return math.exp(first) * float(np.sum(x * x)) + float(x[2]) ** 3


@program(inputs=lambda: (np.float64(0.3), np.array(1.4)), tags={"scalar", "mutation", "alias", "smooth"})
def zero_dimensional_arrays(x, y):
    other = y
    y += x
    y[()] = y * other
    return -x + +y[()] * other[...].sum()


@program(inputs=lambda: (0.9, 0.35, 3), tags={"scalar", "loop", "analytic", "smooth"})
def binomial_series(x, exponent, terms):
    term, total = 1.0, 1.0
    for k in range(1, terms + 1):
        term = term * (exponent - k + 1) / k * x
        total += term
    return total
