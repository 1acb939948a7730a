"""`newton` in autograd, whose tape follows a `while`."""

import autograd.numpy as anp
from autograd.tracer import getval


def newton(mean_anomaly, eccentricity, tolerance, *, trips):
    """Stopped at the tolerance, whatever `trips` says; how large a step is needs no derivative."""
    anomaly = mean_anomaly + eccentricity * anp.sin(mean_anomaly)
    largest = anp.inf
    while largest > tolerance:
        miss = anomaly - eccentricity * anp.sin(anomaly) - mean_anomaly
        step = miss / (1.0 - eccentricity * anp.cos(anomaly))
        anomaly = anomaly - step
        largest = anp.max(anp.abs(getval(step)))
    return (anomaly,)
