"""Newton's method for Kepler's equation E - e sin(E) = M, for many orbits at once, until the largest step is small."""

import numpy as np


def newton(mean_anomaly, eccentricity, tolerance):
    """The eccentric anomalies E (n,) of orbits of the given mean anomalies M (n,) and eccentricities e (n,)."""
    anomaly = mean_anomaly + eccentricity * np.sin(mean_anomaly)
    largest = np.inf
    while largest > tolerance:
        miss = anomaly - eccentricity * np.sin(anomaly) - mean_anomaly
        step = miss / (1.0 - eccentricity * np.cos(anomaly))
        anomaly = anomaly - step
        largest = np.max(np.abs(step))
    return anomaly
