"""`newton` in PyTorch, whose tape follows a `while`."""

import torch


def newton(mean_anomaly, eccentricity, tolerance, *, trips):
    """Stopped at the tolerance, whatever `trips` says."""
    anomaly = mean_anomaly + eccentricity * torch.sin(mean_anomaly)
    largest = torch.inf
    while largest > tolerance:
        miss = anomaly - eccentricity * torch.sin(anomaly) - mean_anomaly
        step = miss / (1.0 - eccentricity * torch.cos(anomaly))
        anomaly = anomaly - step
        largest = torch.max(torch.abs(step.detach()))
    return (anomaly,)
