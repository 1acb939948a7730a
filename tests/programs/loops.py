"""Programs with loops: `for` over ranges, arrays, `zip` and `enumerate`; `while`; `break`, `continue`, `else`."""

import math

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8]),), tags={"loop", "analytic", "smooth"})
def sum_of_squares_by_index(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] ** 2 * (i + 1)
    return total


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8]), np.array([1.1, 0.2, -0.4])), tags={"loop", "analytic", "smooth"})
def product_over_pairs(x, y):
    product = 1.0
    for a, b in zip(x, y, strict=True):
        product = product * (1 + a * b)
    return product


@program(inputs=lambda: (np.array([[0.3, -1.2], [0.8, 0.1], [2.0, 0.7]]),), tags={"loop", "analytic", "smooth"})
def weighted_rows(matrix):
    total = np.zeros_like(matrix[0])
    for weight, row in enumerate(matrix, start=1):
        total = total + weight * np.sin(row)
    return total


@program(inputs=lambda: (2.7, 0.6), tags={"scalar", "while", "math", "smooth"})
def kepler_equation(mean_anomaly, eccentricity):
    anomaly = mean_anomaly
    step = 1.0
    while abs(step) > 1e-15:
        residual = anomaly - eccentricity * math.sin(anomaly) - mean_anomaly
        step = residual / (1 - eccentricity * math.cos(anomaly))
        anomaly = anomaly - step
    return anomaly


@program(inputs=lambda: (np.array([0.5, 1.5, 0.4, 2.5, 0.1]),), tags={"loop", "break", "branch"})
def sum_until_threshold(x):
    total = 0.0
    for value in x:
        total += value * value
        if total > 2.0:
            break
    return total


@program(inputs=lambda: (np.array([0.5, -1.5, 0.4, -2.5, 0.1]),), tags={"loop", "break", "branch"})
def skip_negative_values(x):
    total = 0.0
    for value in x:
        if value < 0:
            continue
        total += np.exp(value)
    return total


@program(inputs=lambda: (np.array([0.2, 0.5, 0.1]), 1.8), tags={"loop", "break", "branch"})
def loop_with_else(x, limit):
    for value in x:
        if value > limit:
            result = value
            break
    else:
        result = limit * np.sum(x)
    return result * limit


@program(inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.5]]),), tags={"loop", "analytic", "smooth"})
def pairwise_potential(positions):
    energy = 0.0
    for i in range(len(positions)):
        for j in range(i):
            separation = positions[i] - positions[j]
            energy = energy + 1.0 / np.sqrt(np.sum(separation * separation) + 0.1)
    return energy


@program(inputs=lambda: (np.array([0.3, -0.2, 0.8, 1.1]),), tags={"loop", "analytic", "smooth"})
def alternating_backward_sum(x):
    total = 0.0
    for i in range(len(x) - 1, -1, -2):
        total = np.sin(total) + x[i] * x[i - 1]
    return total


@program(inputs=lambda: (3.58, 0.3), tags={"scalar", "loop", "analytic", "smooth"})
def logistic_map(rate, population):
    history = []
    for _ in range(6):
        population = rate * population * (1 - population)
        history.append(population)
    return history[-1] + 0.1 * sum(history)


@program(inputs=lambda: (np.array([5.0, 1.0, 3.0]),), tags={"while", "branch", "math"})
def bisection(coefficients):
    low, high = -2.0 * coefficients[1], 1.0 * coefficients[1]
    while float(high - low) > 0.4:
        middle = (low + high) / 2
        value = coefficients[0] * middle + coefficients[1] * middle**3 + coefficients[2]
        if value > 0:
            high = middle
        else:
            low = middle
    return low * coefficients[0] + high


@program(inputs=lambda: (np.array([0.9, -0.4]),), tags={"break", "loop"})
def fixed_point_with_budget(x, tolerance=1e-13):
    y = x * 0
    for iteration in range(200):
        new = np.cos(y) * x
        change = np.max(np.abs(new - y))
        y = new
        if change < tolerance:
            break
    assert iteration < 199
    return y


@program(inputs=lambda: (np.array([1.0, 2.0, 3.0]), -0.3 + 0.65j), tags={"loop", "complex", "break"}, oracle="jax")
def escape_time_orbit(scale, c):
    z = 0j
    for _ in range(20):
        z = z * z + c
        if abs(z) > 0.8:
            break
    return abs(z) * scale


@program(inputs=lambda: (np.array([0.4, 0.9, 1.6]),), tags={"loop", "while", "break", "branch"})
def nested_while_with_flags(x):
    total, i = 0.0, 0
    while i < len(x):
        term, power = 1.0, 0
        while True:
            term = term * x[i] / (power + 1)
            power += 1
            if abs(term) < 0.05 or power == 4:
                break
        total = total + term * power
        i += 1
    return total


@program(inputs=lambda: (np.linspace(0.1, 0.9, 5),), tags={"loop", "analytic", "smooth"})
def empty_range_and_reversed(x):
    total = x[0] * 0
    for i in range(3, 3):
        total = total + 100 * x[i]
    for i, value in reversed(list(enumerate(x))):
        total = total * value + i
    return total
