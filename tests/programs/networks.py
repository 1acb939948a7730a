"""Programs of neural networks, written by hand in NumPy."""

import numpy as np

from tests.programs.registry import program


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def some(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape) * 0.6


@program(
    inputs=lambda: (some(8, 4), np.array([0.2, -0.4]), np.array([[0.3, -0.1], [0.8, 0.5]])),
    tags={"loop", "call", "analytic", "smooth"},
)
def lstm_cell_over_time(weights, hidden, inputs):
    cell = hidden * 0
    for x in inputs:
        gates = weights @ np.concatenate([x, hidden])
        i, f, o, g = np.split(gates, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
    return hidden, cell


@program(
    inputs=lambda: ([(some(3, 2), some(3, seed=1)), (some(2, 3, seed=2), some(2, seed=3))], np.array([0.5, -1.0])),
    tags={"loop", "tree", "analytic", "smooth"},
)
def perceptron_with_a_list_of_layers(layers, x):
    for weights, bias in layers[:-1]:
        x = np.tanh(weights @ x + bias)
    weights, bias = layers[-1]
    return weights @ x + bias


@program(inputs=lambda: (some(4, 3),), tags={"index"})
def softmax_cross_entropy(logits):
    labels = np.array([0, 2, 1, 2])
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    logs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(logs[np.arange(4), labels])


@program(inputs=lambda: (some(5, 5), some(2, 2, seed=1)), tags={"loop", "buffer", "mutation"})
def convolution_layer_and_pooling(image, kernel):
    out = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            out[i, j] = np.sum(image[i : i + 2, j : j + 2] * kernel)
    out = np.maximum(out, 0.01 * out)
    return out.reshape(2, 2, 2, 2).max(axis=(1, 3))


@program(inputs=lambda: (some(3, 2), some(3, 2, seed=1), some(3, 2, seed=2)), tags={"mutation", "mask", "smooth"})
def causal_attention(queries, keys, values):
    scores = queries @ keys.T / np.sqrt(2)
    scores[np.triu_indices(3, 1)] = -np.inf
    weights = np.exp(scores - np.array([[0.1], [0.2], [0.3]]))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ values


@program(inputs=lambda: (some(4, 3), np.array([1.0, 0.5, 2.0]), np.zeros(3)), tags={"analytic", "mutation", "smooth"})
def batch_normalisation(x, gain, bias):
    x -= x.mean(axis=0)
    x /= np.sqrt((x * x).mean(axis=0) + 1e-3)
    return gain * x + bias


@program(
    inputs=lambda: (some(2, 2), np.array([0.3, -0.7]), 0.1), tags={"loop", "mutation", "alias", "analytic", "smooth"}
)
def training_loop_with_momentum(weights, x, rate):
    target = np.array([0.5, 0.1])
    velocity = np.zeros_like(weights)
    for _ in range(4):
        error = weights @ x - target
        velocity *= 0.9
        velocity -= rate * np.outer(error, x)
        weights += velocity
    return weights


@program(
    inputs=lambda: (some(2, 2), some(2, 2, seed=1), np.array([0.1, 0.2])), tags={"loop", "buffer", "mutation", "smooth"}
)
def backpropagation_through_time_by_hand(recurrent, read, x):
    states = np.zeros((4, 2))
    for t in range(3):
        states[t + 1] = np.tanh(recurrent @ states[t] + read @ x)
    gradient = np.zeros((2, 2))
    adjoint = states[3].copy()
    for t in reversed(range(3)):
        local = adjoint * (1 - states[t + 1] ** 2)
        gradient += np.outer(local, states[t])
        adjoint = recurrent.T @ local
    return gradient
