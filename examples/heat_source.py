"""Find out where it was hot: the initial temperature of a plate, from noisy sensors that were read while it cooled.

`simulate` below is ordinary NumPy: a loop over time steps that updates an array in place. `wg.jit(loss)` compiles it,
`wg.value_and_grad` of that has the gradient with respect to each of 16,384 unknown temperatures, and SciPy's L-BFGS-B
does the rest. Run it with

    python examples/heat_source.py

It prints the error of the estimate, and writes a picture of the truth, the estimate and the difference.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # writes files, needs no display

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import OptimizeResult, minimize
from tqdm import tqdm

import wengert as wg

DIFFUSION = 0.2  # of a cell, for each step: below 1/4 the scheme is stable
STEPS = 200
EVERY = 10  # steps between two readings of the sensors
NOISE = 0.02  # standard deviation of a reading, where the hottest place has temperature one
SMOOTHNESS = 1.0  # weight of the squared curvature in the loss
ITERATIONS = 200
SEED = 0


def curvature(T):
    """Each inner cell's neighbours, less four times the cell."""
    return T[2:, 1:-1] + T[:-2, 1:-1] + T[1:-1, 2:] + T[1:-1, :-2] - 4.0 * T[1:-1, 1:-1]


def simulate(initial, steps, rows, columns):
    """The readings (steps / EVERY, sensors) at the given places while the plate cools; its edge stays as it is."""
    T = initial.copy()
    readings = np.zeros((steps // EVERY, len(rows)))
    for t in range(steps):
        T[1:-1, 1:-1] += DIFFUSION * curvature(T)
        if (t + 1) % EVERY == 0:
            readings[t // EVERY] = T[rows, columns]
    return readings


def loss(flat, n, steps, rows, columns, readings):
    """Misfit to the readings, and a penalty on curvature, both in units of the noise."""
    initial = flat.reshape(n, n)
    misfit = (simulate(initial, steps, rows, columns) - readings) / NOISE
    return 0.5 * np.sum(misfit**2) + 0.5 * SMOOTHNESS * np.sum((curvature(initial) / NOISE) ** 2)


def true_temperature(n):
    """Three hot places of different size and heat on a plate of `n` by `n` cells."""
    y, x = np.meshgrid(np.linspace(0.0, 1.0, n), np.linspace(0.0, 1.0, n), indexing="ij")
    temperature = np.zeros((n, n))
    for heat, row, column, radius in ((1.0, 0.3, 0.32, 0.08), (0.7, 0.62, 0.7, 0.13), (0.85, 0.78, 0.25, 0.06)):
        temperature += heat * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2.0 * radius**2))
    temperature[0, :] = temperature[-1, :] = temperature[:, 0] = temperature[:, -1] = 0.0
    return temperature / np.max(temperature)


def estimate(n, steps, rows, columns, readings):
    """The temperatures (n, n) that explain the readings best, and how many iterations that took."""
    edge = np.zeros((n, n), dtype=bool)
    edge[0, :] = edge[-1, :] = edge[:, 0] = edge[:, -1] = True
    bounds = [(0.0, 0.0) if known else (0.0, None) for known in edge.ravel()]
    interval = 0.1 if sys.stderr.isatty() else 1.0  # a log file gets a line now and then
    with tqdm(total=ITERATIONS, desc="estimating", unit="step", mininterval=interval) as bar:

        def show(intermediate_result: OptimizeResult) -> None:
            bar.set_postfix(loss=f"{intermediate_result.fun:.4g}", refresh=False)
            bar.update()

        found = minimize(
            wg.value_and_grad(wg.jit(loss)),
            np.zeros(n * n),
            args=(n, steps, rows, columns, readings),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            callback=show,
            options={"maxiter": ITERATIONS},
        )
    return found.x.reshape(n, n), found.nit


def draw(path, truth, found, rows, columns):
    """Write the picture: truth with the sensors, estimate, and estimate less truth."""
    figure, places = plt.subplots(1, 3, figsize=(12.5, 4.2), layout="constrained")
    shared = {"cmap": "inferno", "vmin": 0.0, "vmax": 1.0}
    places[0].scatter(columns, rows, s=3, color="white", alpha=0.6, linewidths=0)
    shown = places[0].imshow(truth, **shared)
    places[0].set_title("initial temperature and sensors")
    places[1].imshow(found, **shared)
    places[1].set_title("estimate from the sensors")
    figure.colorbar(shown, ax=places[:2], shrink=0.9)
    most = np.max(np.abs(found - truth))
    error = places[2].imshow(found - truth, cmap="RdBu_r", vmin=-most, vmax=most)
    places[2].set_title("estimate less truth")
    figure.colorbar(error, ax=places[2], shrink=0.9)
    for axes in places:
        axes.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Make readings, estimate, draw."""
    parser = argparse.ArgumentParser(description="Recover an initial temperature with wengert and SciPy.")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("heat_source.png"), help="the picture")
    parser.add_argument("--quick", action="store_true", help="a plate of 32 x 32 cells, to see that it runs")
    arguments = parser.parse_args()
    n, steps, sensors = (32, 20, 60) if arguments.quick else (128, STEPS, 400)

    rng = np.random.default_rng(SEED)
    truth = true_temperature(n)
    rows, columns = rng.integers(1, n - 1, size=(2, sensors))
    readings = simulate(truth, steps, rows, columns)
    readings += NOISE * rng.normal(size=readings.shape)
    start = time.perf_counter()
    found, iterations = estimate(n, steps, rows, columns, readings)
    seconds = time.perf_counter() - start
    draw(arguments.output, truth, found, rows, columns)
    error = np.sqrt(np.mean((found - truth) ** 2))
    print(f"{n * n} temperatures from {readings.size} readings with {100 * NOISE:g} % noise: {iterations} iterations")
    print(f"root mean square error {error:.4f} of the hottest temperature, {seconds:.1f} s")
    print(f"picture: {arguments.output.resolve()}")


if __name__ == "__main__":
    main()
