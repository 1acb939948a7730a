"""`runge_kutta` in autograd, whose tape follows a `while`."""

import autograd.numpy as anp


def tendency(x, forcing):
    """The time derivative of the state."""
    return (anp.roll(x, -1) - anp.roll(x, 2)) * anp.roll(x, 1) - x + forcing


def runge_kutta(x, forcing, end, step, tolerance, *, trips):
    """Stopped at the end, whatever `trips` says."""
    t = 0.0
    k1 = tendency(x, forcing)
    while t < end:
        step = min(step, end - t)
        k2 = tendency(x + step * (1 / 5 * k1), forcing)
        k3 = tendency(x + step * (3 / 40 * k1 + 9 / 40 * k2), forcing)
        k4 = tendency(x + step * (44 / 45 * k1 - 56 / 15 * k2 + 32 / 9 * k3), forcing)
        k5 = tendency(x + step * (19372 / 6561 * k1 - 25360 / 2187 * k2 + 64448 / 6561 * k3 - 212 / 729 * k4), forcing)
        k6 = tendency(
            x + step * (9017 / 3168 * k1 - 355 / 33 * k2 + 46732 / 5247 * k3 + 49 / 176 * k4 - 5103 / 18656 * k5),
            forcing,
        )
        proposed = x + step * (35 / 384 * k1 + 500 / 1113 * k3 + 125 / 192 * k4 - 2187 / 6784 * k5 + 11 / 84 * k6)
        k7 = tendency(proposed, forcing)
        difference = step * (
            71 / 57600 * k1 - 71 / 16695 * k3 + 71 / 1920 * k4 - 17253 / 339200 * k5 + 22 / 525 * k6 - 1 / 40 * k7
        )
        scale = tolerance * (1.0 + anp.maximum(anp.abs(x), anp.abs(proposed)))
        error = anp.sqrt(anp.mean((difference / scale) ** 2))
        if error > 1.0:
            step = step * max(0.2, 0.9 * error**-0.2)
            continue
        t = t + step
        x = proposed
        k1 = k7
        step = step * min(5.0, 0.9 * error**-0.2)
    return (x,)
