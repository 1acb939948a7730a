"""Well-conditioned inputs of each kernel from a random generator and sizes: float64, and integers."""

import numpy as np


def jacobi_inputs(rng, steps, shape):
    """Two arrays for `jacobi_1d`, `jacobi_2d` and `heat_3d`."""
    return steps, rng.uniform(size=shape), rng.uniform(size=shape)


def square_inputs(rng, steps, n):
    """One square array for `seidel_2d` and `adi`."""
    return steps, rng.uniform(size=(n, n))


def fdtd_2d_inputs(rng, steps, nx, ny):
    """Random fields and a random drive."""
    return (*rng.uniform(size=(3, nx, ny)), rng.uniform(size=steps))


def cavity_flow_inputs(rng, steps, iterations, n):
    """A flow that moves already, on the unit-speed cavity of side two of CFD Python."""
    u, v, p = 0.1 * rng.normal(size=(3, n, n))
    return steps, iterations, u, v, p, 1.0, 0.1, 0.001, 2.0 / (n - 1), 2.0 / (n - 1)


def vertical_advection_inputs(rng, i, j, k):
    """Fields of order one; the systems are diagonally dominant for this time step."""
    utens_stage, u_stage, u_pos, utens = rng.uniform(size=(4, i, j, k))
    return utens_stage, u_stage, rng.uniform(-1.0, 1.0, size=(i + 1, j, k)), u_pos, utens, 3.0


def horizontal_diffusion_inputs(rng, i, j, k):
    """Fields of order one."""
    return rng.uniform(size=(i + 4, j + 4, k)), np.zeros((i, j, k)), 0.1 * rng.uniform(size=(i, j, k))


def positive_definite(rng, n, least):
    """A symmetric matrix with eigenvalues between `least` and about `least` + 4."""
    G = rng.normal(size=(n, n))
    return G @ G.T / n + least * np.eye(n)


def cholesky_inputs(rng, n):
    """A positive definite matrix."""
    return (positive_definite(rng, n, 1.0),)


def lu_inputs(rng, n):
    """A matrix whose diagonal dominates."""
    return (rng.normal(size=(n, n)) / np.sqrt(n) + 4.0 * np.eye(n),)


def gramschmidt_inputs(rng, m, n):
    """A tall matrix of independent columns."""
    return (rng.normal(size=(m, n)),)


def durbin_inputs(rng, n):
    """Autocorrelations that decay, so that the Toeplitz matrix is positive definite."""
    return (0.4 * 0.9 ** np.arange(1, n + 1) * rng.uniform(0.5, 1.0, size=n) / np.arange(1, n + 1),)


def trisolv_inputs(rng, n):
    """A triangle whose diagonal dominates; what is above it is never read, nor is the old solution."""
    return rng.normal(size=(n, n)) / n + 2.0 * np.eye(n), np.zeros(n), rng.normal(size=n)


def deriche_inputs(rng, w, h):
    """A random image, the filter of PolyBench."""
    return 0.25, rng.uniform(size=(w, h))


def mlp_inputs(rng, n, features, hidden, classes):
    """A network of random weights, scaled by the number of inputs of each layer."""
    W1 = rng.normal(size=(features, hidden)) / np.sqrt(features)
    W2 = rng.normal(size=(hidden, hidden)) / np.sqrt(hidden)
    W3 = rng.normal(size=(hidden, classes)) / np.sqrt(hidden)
    b1, b2, b3 = (0.1 * rng.normal(size=size) for size in (hidden, hidden, classes))
    return rng.normal(size=(n, features)), rng.integers(classes, size=n), W1, b1, W2, b2, W3, b3


def lstm_inputs(rng, t, n, features, units):
    """A random sequence and a network of random weights."""
    x = rng.normal(size=(t, n, features))
    h, c = 0.1 * rng.normal(size=(2, n, units))
    W = rng.normal(size=(features, 4 * units)) / np.sqrt(features)
    U = rng.normal(size=(units, 4 * units)) / np.sqrt(units)
    return x, h, c, W, U, 0.1 * rng.normal(size=4 * units)


def convolution_inputs(rng, n, size, k, channels, filters):
    """Random images and filters."""
    weights = rng.normal(size=(k, k, channels, filters)) / k
    return rng.uniform(size=(n, size, size, channels)), weights, rng.normal(size=filters)


def nbody_inputs(rng, steps, n):
    """A cold cluster of equal total mass whatever the number of bodies."""
    masses = rng.uniform(0.5, 1.5, size=n) / n
    return steps, rng.normal(size=(n, 3)), 0.1 * rng.normal(size=(n, 3)), masses, 0.01, 0.1


def conjugate_gradient_inputs(rng, n):
    """A positive definite system."""
    return positive_definite(rng, n, 0.2), rng.normal(size=n), 1e-6


def newton_inputs(rng, n):
    """Orbits of moderate eccentricity."""
    return rng.uniform(0.0, 2.0 * np.pi, size=n), rng.uniform(0.0, 0.8, size=n), 1e-6


def runge_kutta_inputs(rng, n):
    """The usual forcing, and a first step that is rejected."""
    return 8.0 + rng.normal(size=n), 8.0, 0.5, 0.1, 1e-6


def gaussian_mixture_inputs(rng, n, d, k):
    """Points about the origin, components near them, the prior of ADBench."""
    factors = 0.3 * rng.normal(size=(k, d * (d + 1) // 2))
    return rng.normal(size=k), rng.normal(size=(k, d)), factors, rng.normal(size=(n, d)), 1.0, 0


def bundle_adjustment_inputs(rng, cameras, points, observations):
    """Cameras that look at a cloud of points from a distance of about five."""
    parameters = np.concatenate(
        [
            0.3 * rng.normal(size=(cameras, 3)),
            np.array([0.0, 0.0, -5.0]) + 0.3 * rng.normal(size=(cameras, 3)),
            rng.uniform(0.8, 1.2, size=(cameras, 1)),
            0.1 * rng.normal(size=(cameras, 4)),
        ],
        axis=1,
    )
    pairs = np.stack([rng.integers(cameras, size=observations), rng.integers(points, size=observations)], axis=1)
    weights = rng.uniform(0.5, 1.5, size=observations)
    return parameters, 0.5 * rng.normal(size=(points, 3)), weights, pairs, 0.2 * rng.normal(size=(observations, 2))
