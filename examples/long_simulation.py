"""Which feed and kill rates of a reaction make a given pattern, over 100 000 steps, in one gigabyte.

Gray and Scott's two chemicals diffuse and react on a square: plain NumPy, updated in place. Each step overwrites what
its derivative needs, 0.6 MB of it: 59 GB for the whole run. `memory="1 GB"` keeps some states instead and computes the
others again.

    python examples/long_simulation.py                      100 000 steps on 194 x 194 points in 1 GB
    python examples/long_simulation.py 300 34 "400 kB"      fewer steps, fewer points, less memory

The derivative is checked against a central difference along a random direction.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import wengert as wg


def simulate(u, v, rates, steps):
    """Step the concentrations `u` and `v` (n, n) in place; `rates` are the feed and kill rates (2,)."""
    feed, kill = rates[0], rates[1]
    for _ in range(steps):
        reaction = u[1:-1, 1:-1] * v[1:-1, 1:-1] ** 2
        spread_u = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        spread_v = v[2:, 1:-1] + v[:-2, 1:-1] + v[1:-1, 2:] + v[1:-1, :-2] - 4.0 * v[1:-1, 1:-1]
        u[1:-1, 1:-1] += 0.16 * spread_u - reaction + feed * (1.0 - u[1:-1, 1:-1])
        v[1:-1, 1:-1] += 0.08 * spread_v + reaction - (feed + kill) * v[1:-1, 1:-1]


def misfit(rates, u, v, target, steps):
    """How far the pattern is from the one that is wanted: the mean square of the difference."""
    simulate(u, v, rates, steps)
    return np.mean((v - target) ** 2)


def start(points):
    """The concentrations to begin with: a dozen squares of the second chemical in a sea of the first one."""
    rng = np.random.default_rng(1)
    u, v = 1.0 - 0.02 * rng.random((points, points)), np.zeros((points, points))
    side = max(points // 24, 4)
    for row, column in rng.integers(2, points - side - 2, size=(12, 2)):
        u[row : row + side, column : column + side] = 0.5
        v[row : row + side, column : column + side] = 0.25
    return u, v


def main(steps=100_000, points=194, memory="1 GB", progress=True):
    """Print the derivative, how long it took, and its check; returns the two directional derivatives."""
    rates = np.array([0.03, 0.055])
    u, v = start(points)
    target = np.zeros_like(v)
    compiled = wg.jit(misfit)
    stored = steps * 2 * (points - 2) ** 2 * 8
    print(f"{steps} steps of {points} x {points} points; a stored run would take {stored / 1e9:.3g} GB")
    begun = time.perf_counter()
    derivative = wg.value_and_grad(compiled, memory=memory, progress=progress)
    value, gradient = derivative(rates, u, v, target, steps)
    seconds = time.perf_counter() - begun
    print(f"misfit {value:.6g}, derivative by the rates {gradient}, within {memory} in {seconds:.1f} s")

    direction = np.random.default_rng(0).normal(size=2)
    step = 1e-8
    ahead, behind = (
        compiled(rates + sign * step * direction, u.copy(), v.copy(), target, steps) for sign in (1.0, -1.0)
    )
    difference, exact = (ahead - behind) / (2.0 * step), gradient @ direction
    print(f"along a random direction {exact:.8g}, by differences {difference:.8g}")
    return exact, difference


if __name__ == "__main__":
    main(*(argument if "B" in argument else int(argument) for argument in sys.argv[1:]))
