"""Train a classifier of handwritten digits: plain NumPy, SciPy's L-BFGS-B, and the gradient from wengert.

`loss` below is ordinary NumPy and knows nothing of derivatives. `wg.value_and_grad(loss)` is all that is added, and
`scipy.optimize.minimize(..., jac=True)` takes it as it is. Run it with

    python examples/digits.py

It prints the accuracy on images that were held out, and writes a picture of the loss and of the digits it misread.
"""

from __future__ import annotations

import argparse
import sys
import time
from itertools import pairwise
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # writes files, needs no display

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator
from scipy.optimize import OptimizeResult, minimize
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import wengert as wg

SIZES = [64, 64, 32, 10]  # 8 x 8 pixels, two hidden layers, ten digits
PENALTY = 3e-4  # weight of the squared norm of the weights in the loss
ITERATIONS = 150
SEED = 0


def initial_parameters(rng):
    """All weights and biases as one flat vector: weights of variance 1 / (inputs of the layer), biases zero."""
    pieces = []
    for inputs, outputs in pairwise(SIZES):
        pieces.append(rng.normal(size=inputs * outputs) / np.sqrt(inputs))
        pieces.append(np.zeros(outputs))
    return np.concatenate(pieces)


def unpack(theta):
    """The weight matrix and the bias of each layer, out of the flat vector."""
    layers = []
    start = 0
    for inputs, outputs in pairwise(SIZES):
        W = theta[start : start + inputs * outputs].reshape(inputs, outputs)
        start += inputs * outputs
        b = theta[start : start + outputs]
        start += outputs
        layers.append((W, b))
    return layers


def log_probabilities(theta, images):
    """The logarithm of the probability of each digit, for each image: a log-softmax of the last layer."""
    *hidden, (W, b) = unpack(theta)
    x = images
    for W_hidden, b_hidden in hidden:
        x = np.tanh(x @ W_hidden + b_hidden)
    scores = x @ W + b
    scores = scores - scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def loss(theta, images, labels):
    """Mean cross-entropy, and a penalty on the weights (not on the biases)."""
    right = log_probabilities(theta, images)[np.arange(len(labels)), labels]
    penalty = 0.0
    for W, _ in unpack(theta):
        penalty += np.sum(W**2)
    return -np.mean(right) + PENALTY * penalty


def train(images, labels):
    """Minimize the loss; returns the parameters found and the loss after each iteration."""
    theta = initial_parameters(np.random.default_rng(SEED))
    history = [loss(theta, images, labels)]
    interval = 0.1 if sys.stderr.isatty() else 1.0  # a log file gets a line now and then
    with tqdm(total=ITERATIONS, desc="training", unit="step", mininterval=interval) as bar:

        def show(intermediate_result: OptimizeResult) -> None:
            history.append(intermediate_result.fun)
            bar.set_postfix(loss=f"{history[-1]:.4f}", refresh=False)
            bar.update()

        found = minimize(
            wg.value_and_grad(loss),
            theta,
            args=(images, labels),
            jac=True,
            method="L-BFGS-B",
            callback=show,
            options={"maxiter": ITERATIONS},
        )
    return found.x, history


def draw(path, history, images, labels, predicted):
    """Write the picture: the loss on the left, up to twelve misread digits on the right."""
    wrong = np.flatnonzero(predicted != labels)[:12]
    figure = plt.figure(figsize=(11, 4.8), layout="constrained")
    left, right = figure.subfigures(1, 2, wspace=0.04)

    axes = left.subplots()
    axes.semilogy(history, color="#1f4e79", linewidth=2)
    axes.set(xlabel="iteration of L-BFGS-B", ylabel="loss", xlim=(0, len(history) - 1))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.grid(which="major", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)

    left.suptitle("training loss")
    right.suptitle(f"{np.sum(predicted != labels)} of {len(labels)} held-out digits misread")
    for place, axes in enumerate(right.subplots(3, 4).flat):
        if place >= len(wrong):
            axes.axis("off")
            continue
        which = wrong[place]
        axes.imshow(images[which].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("0.8")
        axes.set_title(f"read {predicted[which]}, is {labels[which]}", fontsize=10, pad=4, color="#a02020")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Load, train, test, draw."""
    parser = argparse.ArgumentParser(description="Train a digit classifier with wengert and SciPy.")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("digits.png"), help="the picture")
    output = parser.parse_args().output

    digits = load_digits()
    images, held_out, labels, held_out_labels = train_test_split(
        digits.data / 16.0, digits.target, test_size=0.25, random_state=SEED, stratify=digits.target
    )
    start = time.perf_counter()
    theta, history = train(images, labels)
    seconds = time.perf_counter() - start
    predicted = np.argmax(log_probabilities(theta, held_out), axis=1)
    accuracy = np.mean(predicted == held_out_labels)
    draw(output, history, held_out, held_out_labels, predicted)
    print(f"accuracy on {len(held_out)} held-out digits: {100 * accuracy:.1f} %")
    print(f"training: {len(theta)} parameters, {len(labels)} digits, {len(history) - 1} iterations, {seconds:.1f} s")
    print(f"picture: {output.resolve()}")


if __name__ == "__main__":
    main()
