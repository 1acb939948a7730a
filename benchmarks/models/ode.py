"""Predator and prey (Lotka, 1925; Volterra, 1926), by the classical method of Runge and Kutta.

An ordinary differential equation of two numbers, so that each operation is small.
"""

import numpy as np


def change(y, rates):
    """The time derivative of the two populations."""
    meetings = y[0] * y[1]
    return np.array([rates[0] * y[0] - rates[1] * meetings, rates[2] * meetings - rates[3] * y[1]])


def ode(steps, y, rates, step):
    """The populations (2,) after so many steps, from `y` (2,), with `rates` (4,)."""
    for _ in range(steps):
        k1 = change(y, rates)
        k2 = change(y + 0.5 * step * k1, rates)
        k3 = change(y + 0.5 * step * k2, rates)
        k4 = change(y + step * k3, rates)
        y = y + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y
