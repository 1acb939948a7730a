"""`newton` in JAX, which has no reverse mode through `while`: so many iterations in a `scan`, each under a `cond`."""

import jax.numpy as jnp
from jax import lax


def newton(mean_anomaly, eccentricity, tolerance, *, trips):
    """At most `trips` iterations."""

    def iterate(anomaly):
        miss = anomaly - eccentricity * jnp.sin(anomaly) - mean_anomaly
        step = miss / (1.0 - eccentricity * jnp.cos(anomaly))
        return anomaly - step, lax.stop_gradient(jnp.max(jnp.abs(step)))

    def iterate_or_rest(state, _):
        anomaly, largest = state
        return lax.cond(largest > tolerance, iterate, lambda anomaly: (anomaly, largest), anomaly), None

    first = (mean_anomaly + eccentricity * jnp.sin(mean_anomaly), jnp.inf)
    return (lax.scan(iterate_or_rest, first, length=trips)[0][0],)


def newton_with_while(mean_anomaly, eccentricity, tolerance):
    """With the `while` of the kernel."""

    def iterate(state):
        anomaly, _ = state
        miss = anomaly - eccentricity * jnp.sin(anomaly) - mean_anomaly
        step = miss / (1.0 - eccentricity * jnp.cos(anomaly))
        return anomaly - step, jnp.max(jnp.abs(step))

    first = (mean_anomaly + eccentricity * jnp.sin(mean_anomaly), jnp.inf)
    return (lax.while_loop(lambda state: state[1] > tolerance, iterate, first)[0],)
