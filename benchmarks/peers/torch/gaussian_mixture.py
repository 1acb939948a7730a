"""`gaussian_mixture` in PyTorch."""

import math

import torch


def gaussian_mixture(alphas, means, factors, x, gamma, m):
    """All components at once; the diagonal joins the triangle, so that there is one product."""
    n, d = x.shape
    components = len(alphas)
    columns, rows = torch.triu_indices(d, d, 1)  # the lower triangle, column by column
    L = torch.zeros(components, d, d)
    L[:, rows, columns] = factors[:, d:]
    L = L + torch.diag_embed(torch.exp(factors[:, :d]))
    logarithms = torch.sum(factors[:, :d], dim=1)
    whitened = torch.matmul(x[None] - means[:, None], L.mT)
    terms = (alphas + logarithms)[:, None] - 0.5 * torch.sum(whitened**2, dim=2)
    prior = 0.5 * gamma**2 * torch.sum(L**2) - m * torch.sum(logarithms)

    freedom = d + m + 1
    logarithm_of_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    logarithm_of_gamma += sum(math.lgamma(0.5 * freedom + 0.5 * (1 - j)) for j in range(1, d + 1))
    normalisation = freedom * d * (math.log(gamma) - 0.5 * math.log(2.0)) - logarithm_of_gamma
    constant = -0.5 * n * d * math.log(2.0 * math.pi)
    likelihood = torch.sum(torch.logsumexp(terms, dim=0)) - n * torch.logsumexp(alphas, dim=0)
    return (constant + likelihood + prior - components * normalisation,)
