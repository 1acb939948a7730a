"""The log-likelihood of a mixture of Gaussians with a Wishart prior: GMM of ADBench (Srajer et al., 2018).

Each inverse covariance is given by a factor: the logarithms of its diagonal, then its strictly lower triangle column by
column.
"""

import math

import numpy as np


def gaussian_mixture(alphas, means, factors, x, gamma, m):
    """The log-likelihood of the points `x` (n, d): `alphas` (k,), `means` (k, d), `factors` (k, d (d + 1) / 2).

    The softmax of `alphas` is the weight of each component; `gamma` and the integer `m` are those of the prior.
    """
    n, d = x.shape
    components = len(alphas)
    terms = np.zeros((n, components))
    prior = 0.0
    for k in range(components):
        diagonal = np.exp(factors[k, :d])
        L = np.zeros((d, d))
        start = d
        for j in range(d):
            L[j + 1 :, j] = factors[k, start : start + d - 1 - j]
            start += d - 1 - j
        centered = x - means[k]
        whitened = centered * diagonal + centered @ L.T
        logarithm = np.sum(factors[k, :d])
        terms[:, k] = alphas[k] + logarithm - 0.5 * np.sum(whitened**2, axis=1)
        prior += 0.5 * gamma**2 * (np.sum(diagonal**2) + np.sum(L**2)) - m * logarithm

    largest = np.max(terms, axis=1)
    likelihood = np.sum(largest + np.log(np.sum(np.exp(terms - largest[:, np.newaxis]), axis=1)))
    weight = np.max(alphas) + np.log(np.sum(np.exp(alphas - np.max(alphas))))

    freedom = d + m + 1
    logarithm_of_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(1, d + 1):
        logarithm_of_gamma += math.lgamma(0.5 * freedom + 0.5 * (1 - j))
    normalisation = freedom * d * (math.log(gamma) - 0.5 * math.log(2.0)) - logarithm_of_gamma
    constant = -0.5 * n * d * math.log(2.0 * math.pi)
    return constant + likelihood - n * weight + prior - components * normalisation
