"""`gaussian_mixture` in JAX."""

import math

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp


def gaussian_mixture(alphas, means, factors, x, gamma, m):
    """All components at once by `vmap`; the diagonal joins the triangle, so that there is one product."""
    n, d = x.shape
    columns, rows = jnp.triu_indices(d, 1)  # the lower triangle, column by column
    places = jnp.arange(d)

    def component(alpha, mean, factor):
        L = jnp.zeros((d, d)).at[rows, columns].set(factor[d:]).at[places, places].set(jnp.exp(factor[:d]))
        logarithm = jnp.sum(factor[:d])
        whitened = (x - mean) @ L.T
        term = alpha + logarithm - 0.5 * jnp.sum(whitened**2, axis=1)
        return term, 0.5 * gamma**2 * jnp.sum(L**2) - m * logarithm

    terms, priors = jax.vmap(component)(alphas, means, factors)
    freedom = d + m + 1
    logarithm_of_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    logarithm_of_gamma += sum(math.lgamma(0.5 * freedom + 0.5 * (1 - j)) for j in range(1, d + 1))
    normalisation = freedom * d * (jnp.log(gamma) - 0.5 * math.log(2.0)) - logarithm_of_gamma
    constant = -0.5 * n * d * math.log(2.0 * math.pi)
    likelihood = jnp.sum(logsumexp(terms, axis=0)) - n * logsumexp(alphas)
    return (constant + likelihood + jnp.sum(priors) - len(alphas) * normalisation,)
