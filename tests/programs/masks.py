"""Programs with boolean masks: read, written, updated, combined, in several dimensions."""

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8, -0.4]),), tags={"mask", "branch"})
def rectified_by_mask(x):
    positive = x > 0
    return np.sum(x[positive] ** 2) - np.sum(x[~positive]) * x[0]


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8, -0.4]),), tags={"mask", "mutation"})
def mask_assigned_and_updated(x):
    y = x * 2
    y[y < 0] = 0.1
    y[x > 0.5] *= x[0]
    y[x < 0] += x[x < 0] ** 2
    y[(x < 0) | (x > 0.5)] /= 1.5
    y[y > 0.2] **= 2
    return y


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 2.7,), tags={"mask", "mutation"})
def mask_of_a_matrix(a):
    b = a.copy()
    b[a > 1] = a[a > 1] ** 2
    b[np.array([True, False])] -= a[1]
    b[:, np.array([False, True, True])] *= a[:, :1]
    return b


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8, -0.4]),), tags={"mask", "mutation"})
def mask_made_of_a_changed_array(x):
    y = x.copy()
    negative = y < 0
    y[negative] = -y[negative]
    y[negative] += 1
    big = y > 1
    return y[big].sum() * y[~big] if big.any() else y


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8, -0.4]),), tags={"mask", "empty", "mutation"})
def mask_that_chooses_nothing(x):
    y = x * x
    y[x > 100] = 5.0
    y[x > 100] *= 2
    return y + y[x > 100].sum() + x[np.zeros(4, dtype=bool)].sum()


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8, -0.4]), np.array([1.0, 2.0, 3.0, 4.0])), tags={"mask"})
def nested_where(x, y):
    inner = np.where(y > 2, x * y, x - y)
    outer = np.where((x > 0) & (y < 3.5), inner, y**2)
    return outer * np.where(x[:, None] > 0, y, 1.0)


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8, -0.4]),), tags={"mask", "mutation", "loop", "while"})
def active_set_that_shrinks(x):
    value = np.abs(x) + 3
    active = np.ones(4, dtype=bool)
    while active.any():
        value[active] = value[active] * 1.5 + x[active]
        active &= value < 5
    return value


@program(inputs=lambda: (np.array([[0.3, -1.2, 0.8], [1.0, 0.4, -0.7]]),), tags={"mask", "index"})
def nonzero_as_index(a):
    rows, columns = np.nonzero(a > 0)
    picked = a[rows, columns]
    places = np.flatnonzero(a[0] > 0)
    return picked * picked[::-1] + np.sum(a[1, places])


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8]), np.array([1.0, 0.5, 2.0])), tags={"mask"})
def select_and_choose(x, y):
    chosen = np.select([x > 0.5, x < 0], [x**2, y * x], default=y)
    return chosen * np.choose([0, 1, 1], [x, y])


@program(inputs=lambda: (np.array([0.3, -1.2, 0.8]),), tags={"mask", "mutation", "scalar"})
def mask_used_as_a_number(x):
    on = (x > 0).astype(float)
    y = x * on + (x < 0) * x**2
    on[1] = 1.0
    return y * on, y * True
