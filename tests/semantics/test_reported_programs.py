"""Programs after public reports of wrong derivatives in other systems, as plain NumPy, each worked out by hand.

What is said of another system is what the authors of the report wrote when they wrote it; some have been repaired.
"""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from tests.semantics.engines import each_engine
from wengert.errors import NotAcceptedError

X = np.array([0.5, -1.5, 2.0])


@each_engine
def test_an_element_written_from_itself_counts_once(engine):
    """Warp (NVIDIA/warp 1697): in chains of `m[i, j] = m[i, j] + x` each write counted again with every later one."""

    def chain(x):
        m = np.zeros((2, 2))
        m[0, 0] = m[0, 0] + x[0]
        m[0, 0] = m[0, 0] + x[1]
        m[0, 0] = m[0, 0] + x[2]
        return m[0, 0]

    np.testing.assert_array_equal(wg.grad(engine(chain))(X), [1.0, 1.0, 1.0])


@each_engine
def test_an_array_is_read_after_it_was_written_in_a_loop(engine):
    """Taichi (taichi-dev/taichi 2505): wrong where a field is overwritten by the cosine of a number times itself."""

    def damped(x, angle):
        u = x * 1.0
        for _ in range(4):
            for i in range(len(u)):
                u[i] = np.cos(angle) * u[i]
        return np.sum(u)

    gradient = wg.grad(engine(damped), argnums=(0, 1))(X, 0.3)
    np.testing.assert_allclose(gradient[0], np.full(3, np.cos(0.3) ** 4), rtol=1e-14)
    np.testing.assert_allclose(gradient[1], -4 * np.cos(0.3) ** 3 * np.sin(0.3) * X.sum(), rtol=1e-13)


@each_engine
def test_a_variable_set_before_a_loop_is_used_after_it(engine):
    """Warp (NVIDIA/warp 1694): zero for what is set before a loop with a bound known at run time, and used after it."""

    def element(x, n):
        area = x[0] * x[1]
        total = 0.0
        for k in range(n):
            total += x[2] * (k + 1)
        return area * total

    x0, x1, x2 = X
    expected = [x1 * 6 * x2, x0 * 6 * x2, x0 * x1 * 6]
    np.testing.assert_allclose(wg.grad(engine(element))(X, 3), expected, rtol=1e-14)


@each_engine
def test_a_continue_skips_an_iteration_backwards_too(engine):
    """Warp (NVIDIA/warp 1552): with `continue`, all maxima were differentiated as if in the last iteration."""

    def largest(x, c):
        out = np.zeros(len(x))
        for t in range(len(x)):
            best = -1e20
            for p in range(c.shape[0]):
                for q in range(c.shape[1]):
                    if c[p, q] == 0.0:
                        continue
                    v = x[t] * c[p, q] * (p + q + 2)
                    if v > best:
                        best = v
            out[t] = best
        return np.sum(out)

    c = np.array([[1.0, 0.0, 0.5], [0.0, 2.0, 0.0], [0.25, 0.0, 1.0]])
    # The factors are 2, 2, 8, 1 and 6: the greatest for positive x, the least for negative.
    np.testing.assert_array_equal(wg.grad(engine(largest))(X, c), [8.0, 1.0, 8.0])


@each_engine
def test_nested_loops_have_trip_counts_from_data(engine):
    """Warp (NVIDIA/warp 1293): twice the derivative where a loop with a bound from an array runs in another one."""

    def branches(x, starts, counts):
        total = 0.0
        product = x[0]
        for b in range(starts[0], starts[1]):
            for j in range(counts[b]):
                product = product * np.sin(x[j])
            total += product
        return total

    s, c = np.sin(X), np.cos(X)
    # x0 s0 for b = 1, and x0 s0 (s0 s1) for b = 2.
    expected = [
        s[0] + X[0] * c[0] + s[0] ** 2 * s[1] + X[0] * 2 * s[0] * c[0] * s[1],
        X[0] * s[0] ** 2 * c[1],
        0.0,
    ]
    gradient = wg.grad(engine(branches))(X, np.array([1, 3]), np.array([3, 1, 2]))
    np.testing.assert_allclose(gradient, expected, rtol=1e-13)


@each_engine
def test_a_loop_bound_is_computed_inside(engine):
    """Warp (NVIDIA/warp 140): zero, where a fixed bound gave the right number."""

    def weighted(a, weight, c, p):
        last = p + 1
        total = 0.0
        for j in range(last):
            total = total + weight[j] * a[j]
        return total * c

    a = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert wg.grad(engine(weighted), argnums=2)(a, a, 1.0, 4) == 55.0


@each_engine
def test_a_sum_of_a_loop_goes_into_something_nonlinear(engine):
    """Warp (NVIDIA/warp 1740): what came after the loop was differentiated at the value from before it."""

    def norm(x, n):
        total = 1e-3
        for i in range(n):
            total += x[i] * x[i]
        return np.sqrt(total)

    np.testing.assert_allclose(wg.grad(engine(norm))(X, 3), X / np.sqrt(1e-3 + X @ X), rtol=1e-14)


@each_engine
def test_an_inner_loop_adds_to_an_element_of_the_outer_one(engine):
    """Taichi (taichi-dev/taichi 8356): `x[i] += y[j]` gave y the derivative of one i, not of all."""

    def added(x, y):
        out = x * 1.0
        for i in range(len(out)):
            for j in range(len(y)):
                out[i] += y[j]
        return np.sum(out)

    gradient = wg.grad(engine(added), argnums=(0, 1))(np.zeros(5), X)
    np.testing.assert_array_equal(gradient[0], np.ones(5))
    np.testing.assert_array_equal(gradient[1], np.full(3, 5.0))


@each_engine
def test_a_branch_that_is_not_taken_is_undefined(engine):
    """NaN in JAX (jax-ml/jax 347, 1052, 5798), PyTorch (pytorch/pytorch 187297) and autograd (HIPS/autograd 802)."""

    def piecewise(x):
        return np.sum(np.where(x >= 0, x, np.sqrt(-x)))

    def without_itself(positions, charges):
        apart = np.sqrt(np.sum((positions[:, None] - positions[None]) ** 2, axis=-1))
        pairs = np.where(np.eye(len(charges)) == 0, charges[:, None] * charges / apart, 0.0)
        return np.sum(pairs)

    with np.errstate(all="ignore"):
        np.testing.assert_allclose(wg.grad(engine(piecewise))(X), [1.0, -0.5 / np.sqrt(1.5), 1.0], rtol=1e-14)
        positions = np.array([[0.0, 0.0], [3.0, 4.0]])
        gradient = wg.grad(engine(without_itself))(positions, np.array([1.0, 2.0]))
        # 2 q1 q2 / r, with r = 5: its derivative is -2 q1 q2 (p - p') / r^3.
        np.testing.assert_allclose(gradient, np.array([[12.0, 16.0], [-12.0, -16.0]]) / 125, rtol=1e-14)


@each_engine
def test_integers_are_refused_and_not_zero(engine):
    """Tangent (google/tangent 66): silent zeros for the logarithm of a sum of exponentials of integers."""

    def log_sum_exp(a):
        largest = a[0]
        for i in range(1, len(a)):
            if a[i] > largest:
                largest = a[i]
        result = 0.0
        for i in range(len(a)):
            result += np.exp(a[i] - largest)
        return np.log(result) + largest

    with pytest.raises(TypeError, match="int64"):
        wg.grad(engine(log_sum_exp))(np.array([1, 2, 3, 4]))
    a = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(wg.grad(engine(log_sum_exp))(a), np.exp(a) / np.exp(a).sum(), rtol=1e-14)


@each_engine
def test_a_copy_is_followed_by_uses_of_both(engine):
    """Warp (NVIDIA/warp 1728): a recorded copy set the source's derivative instead of adding, and kept the target's."""

    def step(x):
        state, shadow = x * 1.0, np.ones(3)
        for _ in range(3):
            shadow[:] = state
            state[:] = 2.0 * shadow
            state[0] += shadow[1]
        return np.sum(state) + np.sum(shadow)

    # Three steps of a linear map, and the state before the last.
    m = 2 * np.eye(3)
    m[0, 1] = 1.0
    expected = np.ones(3) @ (m @ m @ m + m @ m)
    np.testing.assert_array_equal(wg.grad(engine(step))(X), expected)


@each_engine
def test_overlapping_slices_in_a_loop(engine):
    """NumPy itself (numpy/numpy 10353): `x[[4, 3, 2, 1, 0]] = x` read what it had written already."""

    def advected(u, c):
        for _ in range(2):
            u[1:] = u[1:] - c * (u[1:] - u[:-1])
            u[:-1] = u[1:]
            u[[2, 1, 0]] = u
        return u[0] * u[2]

    def once(u, c):
        m = np.array([[1, 0, 0], [c, 1 - c, 0], [0, c, 1 - c]])
        return m[[2, 2, 1]]

    matrix = once(X, 0.25) @ once(X, 0.25)
    final = matrix @ X
    expected = matrix[0] * final[2] + matrix[2] * final[0]
    np.testing.assert_allclose(wg.grad(engine(advected))(X, 0.25), expected, rtol=1e-14)


@each_engine
def test_a_value_is_overwritten_after_its_use(engine):
    """Warp (NVIDIA/warp 1350): adjoints were evaluated at what arrays held at the end, not when they were read."""

    def overwritten(x):
        y = x * x
        z = y * x
        y[:] = 7.0
        x[:] = 0.0
        return np.sum(z + y + x)

    np.testing.assert_allclose(wg.grad(engine(overwritten))(X), 3 * X**2, rtol=1e-14)


def test_random_draws_are_the_same_in_a_recomputation():
    """PyTorch (pytorch/pytorch 190717): another dropout mask in the recomputation than in the value."""
    rng = np.random.default_rng(0)

    def dropout(x):
        return np.sum(np.where(rng.random(3) < 0.5, np.sin(x), 0.0))

    value, gradient = wg.value_and_grad(wg.checkpoint(dropout))(X)
    kept = np.random.default_rng(0).random(3) < 0.5
    assert value == np.sum(np.sin(X[kept]))
    np.testing.assert_array_equal(gradient, np.where(kept, np.cos(X), 0.0))
    with pytest.raises(NotAcceptedError, match=r"in .*dropout"):
        wg.grad(wg.jit(dropout))(X)
