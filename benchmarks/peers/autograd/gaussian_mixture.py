"""`gaussian_mixture` in autograd."""

import math

import autograd.numpy as anp
import numpy as np
from autograd.scipy.special import logsumexp


def gaussian_mixture(alphas, means, factors, x, gamma, m):
    """Component by component; the triangle is gathered from the factors, as nothing can be stored."""
    n, d = x.shape
    components = len(alphas)
    columns, rows = np.triu_indices(d, 1)  # the lower triangle, column by column
    places = np.zeros((d, d), dtype=int)  # where each element is in the factors; zero where there is none
    places[rows, columns] = np.arange(d, d * (d + 1) // 2)
    below = np.tril(np.ones((d, d)), -1)
    terms = []
    prior = 0.0
    for k in range(components):
        diagonal = anp.exp(factors[k, :d])
        L = factors[k][places] * below
        logarithm = anp.sum(factors[k, :d])
        centered = x - means[k]
        whitened = centered * diagonal + anp.dot(centered, L.T)
        terms.append(alphas[k] + logarithm - 0.5 * anp.sum(whitened**2, axis=1))
        prior = prior + 0.5 * gamma**2 * (anp.sum(diagonal**2) + anp.sum(L**2)) - m * logarithm

    freedom = d + m + 1
    logarithm_of_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    logarithm_of_gamma += sum(math.lgamma(0.5 * freedom + 0.5 * (1 - j)) for j in range(1, d + 1))
    normalisation = freedom * d * (math.log(gamma) - 0.5 * math.log(2.0)) - logarithm_of_gamma
    constant = -0.5 * n * d * math.log(2.0 * math.pi)
    likelihood = anp.sum(logsumexp(anp.stack(terms), axis=0)) - n * logsumexp(alphas)
    return (constant + likelihood + prior - components * normalisation,)
