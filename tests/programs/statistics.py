"""Programs of statistics: likelihoods, filters, regressions."""

import math

import numpy as np

from tests.programs.registry import program

OBSERVED = np.array([1.1, 0.9, 1.4, 1.3])


@program(inputs=lambda: (np.array([0.0, 1.0]), 0.4, 0.2), tags={"loop", "mutation", "buffer", "smooth"})
def kalman_filter(state, process, measurement):
    mean, variance = state[0], state[1]
    means = np.zeros(len(OBSERVED))
    likelihood = 0.0
    for t, observed in enumerate(OBSERVED):
        variance = variance + process
        innovation = observed - mean
        total = variance + measurement
        gain = variance / total
        mean += gain * innovation
        variance *= 1 - gain
        likelihood -= 0.5 * (np.log(2 * np.pi * total) + innovation**2 / total)
        means[t] = mean
    return likelihood, means


@program(
    inputs=lambda: (np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0.5, 0.5])),
    tags={"loop", "mutation", "analytic", "smooth"},
)
def hidden_markov_forward(transition, emission, start):
    alpha = start * emission[:, 0]
    evidence = 0.0
    for symbol in (0, 1, 0):
        scale = alpha.sum()
        alpha /= scale
        evidence = evidence + np.log(scale)
        alpha = (alpha @ transition) * emission[:, symbol]
    return evidence + np.log(np.sum(alpha))


@program(inputs=lambda: (np.array([0.3, -0.5]), np.array([[1.0, 0.2], [0.4, -1.0], [0.5, 2.0]])), tags={"smooth"})
def logistic_regression_loss(weights, features):
    labels = np.array([1, 0, 1])
    margin = features @ weights
    return np.mean(np.logaddexp(0.0, margin) - labels * margin) + 0.1 * np.dot(weights, weights)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, 2.0]),), tags={"smooth"})
def moments_of_a_sample(x):
    centred = x - np.mean(x)
    spread = np.std(x, ddof=1)
    skewness = np.mean(centred**3) / np.var(x) ** 1.5
    return np.array([spread, skewness, np.mean(centred**4) / spread**4])


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, 2.0]),), tags={"loop", "scalar", "smooth"})
def running_variance_of_welford(x):
    mean, spread = 0.0, 0.0
    for count, value in enumerate(x, 1):
        delta = value - mean
        mean += delta / count
        spread += delta * (value - mean)
    return mean, spread / (len(x) - 1)


@program(inputs=lambda: (np.array([3.0, 1.0, 2.0, 0.2]),), tags={"index"})
def trimmed_mean_and_quantiles(x):
    ordered = np.sort(x)
    return np.mean(ordered[1:-1]) * np.median(x) + ordered[-1] - x.min()


@program(
    inputs=lambda: (np.array([0.1, 0.2]), np.array([0.5, 1.5]), 0.7),
    tags={"loop", "buffer", "mutation", "linalg", "smooth"},
)
def gaussian_process_likelihood(x, y, length):
    n = len(x)
    covariance = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            covariance[i, j] = np.exp(-0.5 * ((x[i] - x[j]) / length) ** 2)
        covariance[i, i] += 0.1
    return -0.5 * y @ np.linalg.solve(covariance, y) - 0.5 * np.log(np.linalg.det(covariance))


@program(inputs=lambda: (0.7, -0.3), tags={"loop", "scalar", "branch", "math"})
def metropolis_path_with_fixed_draws(mean, start):
    generator = np.random.default_rng(5)
    x, total = start, 0.0
    for _ in range(6):
        proposal = x + generator.normal() * 0.5 + 0.1 * mean
        accept = math.exp(0.5 * (x - mean) ** 2 - 0.5 * (proposal - mean) ** 2)
        if generator.uniform() < accept:
            x = proposal
        total += x * x
    return total


@program(inputs=lambda: (np.array([0.3, 0.8]), 0.5), tags={"buffer", "mutation", "smooth"})
def random_noise_is_constant(x, scale):
    noise = np.random.default_rng(2).normal(size=2)
    noise *= scale
    noise[0] += x[1]
    return noise * x


@program(inputs=lambda: (np.array([0.2, 0.5, 0.3]), np.array([0.4, 0.4, 0.2])), tags={"smooth", "analytic"})
def divergence_of_distributions(p, q):
    p, q = p / p.sum(), q / q.sum()
    return np.sum(p * np.log(p / q)), -np.sum(p * np.log2(p))


@program(
    inputs=lambda: (np.array([[0.1, 1.0], [0.9, 0.2], [0.7, 0.4], [0.2, 1.3]]),),
    tags={"loop", "index", "mutation", "buffer", "mask"},
)
def k_means_steps(points):
    centres = points[:2].copy()
    for _ in range(3):
        distances = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        owner = np.argmin(distances, axis=1)
        for k in range(2):
            centres[k] = points[owner == k].mean(axis=0)
    return centres


@program(inputs=lambda: (np.array([0.5, 0.3]), np.array([1.0, 2.0])), tags={"loop", "while", "smooth"})
def logistic_fit_by_newton(start, x):
    theta = start
    for _ in range(3):
        probability = 1 / (1 + np.exp(-theta[0] - theta[1] * x))
        gradient = np.array([np.sum(probability - [0.3, 0.8]), np.sum((probability - [0.3, 0.8]) * x)])
        weight = probability * (1 - probability)
        hessian = np.array([[np.sum(weight), np.sum(weight * x)], [np.sum(weight * x), np.sum(weight * x * x)]])
        theta = theta - np.linalg.solve(hessian + 0.1 * np.eye(2), gradient)
    return theta
