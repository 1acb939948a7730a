"""Programs that fill tables by recurrences, with minima and maxima."""

import numpy as np

from tests.programs.registry import program


@program(
    inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([0.2, 0.9, 1.1, 0.5])),
    tags={"loop", "buffer", "mutation", "branch"},
)
def dynamic_time_warping(x, y):
    cost = np.full((len(x) + 1, len(y) + 1), np.inf)
    cost[0, 0] = 0.0
    for i in range(1, len(x) + 1):
        for j in range(1, len(y) + 1):
            best = min(cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
            cost[i, j] = (x[i - 1] - y[j - 1]) ** 2 + best
    return cost[-1, -1]


@program(inputs=lambda: (0.9, 1.1, 1.6), tags={"loop", "buffer", "mutation", "scalar"})
def edit_distance_with_costs(insertion, deletion, substitution):
    first, second = "kitten", "sitting"
    table = np.zeros((len(first) + 1, len(second) + 1))
    for i in range(1, len(first) + 1):
        table[i, 0] = table[i - 1, 0] + deletion
    for j in range(1, len(second) + 1):
        table[0, j] = table[0, j - 1] + insertion
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            swap = table[i - 1, j - 1] + (0.0 if first[i - 1] == second[j - 1] else substitution)
            table[i, j] = np.minimum(swap, np.minimum(table[i - 1, j] + deletion, table[i, j - 1] + insertion))
    return table[-1, -1]


@program(
    inputs=lambda: (np.array([[0.1, 1.0, 4.5], [1.3, 0.2, 2.0], [0.7, 3.1, 0.3]]),), tags={"loop", "mutation", "view"}
)
def shortest_paths(distance):
    d = distance.copy()
    for k in range(3):
        d[:] = np.minimum(d, d[:, k : k + 1] + d[k : k + 1, :])
    return d * d


@program(
    inputs=lambda: (np.array([[-0.2, -1.5], [-0.9, -0.3]]), np.array([[-0.1, -2.0], [-1.2, -0.4]])),
    tags={"loop", "index", "branch"},
)
def viterbi_path(transition, emission):
    score = emission[:, 0]
    for symbol in (1, 0, 1):
        candidates = score[:, None] + transition
        score = candidates.max(axis=0) + emission[:, symbol]
    return score.max()


@program(inputs=lambda: (np.array([2.0, 3.5, 1.2]), 5), tags={"loop", "mutation", "buffer", "branch"})
def knapsack_values(values, capacity):
    sizes = [2, 3, 1]
    best = np.zeros(capacity + 1)
    for value, size in zip(values, sizes, strict=True):
        for room in range(capacity, size - 1, -1):
            if best[room - size] + value > best[room]:
                best[room] = best[room - size] + value
    return best


@program(inputs=lambda: (np.array([0.3, 0.5, 0.2]),), tags={"loop", "buffer", "mutation", "smooth"})
def soft_alignment_table(gaps):
    table = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            above = table[i - 1, j] if i else 0.0
            left = table[i, j - 1] if j else 0.0
            table[i, j] = np.log(np.exp(above) + np.exp(left) + np.exp(gaps[abs(i - j)]))
    return table


@program(inputs=lambda: (np.array([1.0, -2.0, 3.0, 0.5, -1.0]),), tags={"loop", "scalar"})
def greatest_sum_of_a_run(x):
    best = current = x[0]
    for value in x[1:]:
        current = max(value, current + value)
        best = max(best, current)
    return best * best
