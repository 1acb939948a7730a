"""For each kernel a function with one number as its result: the sum of the kernel's results times given weights.

The arguments are those of the kernel, then the weights: one array for each result.
"""

import numpy as np

from benchmarks.kernels.adi import adi
from benchmarks.kernels.bundle_adjustment import bundle_adjustment
from benchmarks.kernels.cavity_flow import cavity_flow
from benchmarks.kernels.cholesky import cholesky
from benchmarks.kernels.conjugate_gradient import conjugate_gradient
from benchmarks.kernels.convolution import convolution
from benchmarks.kernels.deriche import deriche
from benchmarks.kernels.durbin import durbin
from benchmarks.kernels.fdtd_2d import fdtd_2d
from benchmarks.kernels.gaussian_mixture import gaussian_mixture
from benchmarks.kernels.gramschmidt import gramschmidt
from benchmarks.kernels.heat_3d import heat_3d
from benchmarks.kernels.horizontal_diffusion import horizontal_diffusion
from benchmarks.kernels.jacobi_1d import jacobi_1d
from benchmarks.kernels.jacobi_2d import jacobi_2d
from benchmarks.kernels.lstm import lstm
from benchmarks.kernels.lu import lu
from benchmarks.kernels.mlp import mlp
from benchmarks.kernels.nbody import nbody
from benchmarks.kernels.newton import newton
from benchmarks.kernels.runge_kutta import runge_kutta
from benchmarks.kernels.seidel_2d import seidel_2d
from benchmarks.kernels.trisolv import trisolv
from benchmarks.kernels.vertical_advection import vertical_advection


def jacobi_1d_loss(steps, A, B, w, v):
    """Of both arrays."""
    jacobi_1d(steps, A, B)
    return np.sum(w * A) + np.sum(v * B)


def jacobi_2d_loss(steps, A, B, w, v):
    """Of both arrays."""
    jacobi_2d(steps, A, B)
    return np.sum(w * A) + np.sum(v * B)


def heat_3d_loss(steps, A, B, w, v):
    """Of both arrays."""
    heat_3d(steps, A, B)
    return np.sum(w * A) + np.sum(v * B)


def seidel_2d_loss(steps, A, w):
    """Of the array."""
    seidel_2d(steps, A)
    return np.sum(w * A)


def fdtd_2d_loss(ex, ey, hz, fict, wx, wy, wz):
    """Of the three fields."""
    fdtd_2d(ex, ey, hz, fict)
    return np.sum(wx * ex) + np.sum(wy * ey) + np.sum(wz * hz)


def adi_loss(steps, u, w):
    """Of the array."""
    adi(steps, u)
    return np.sum(w * u)


def cavity_flow_loss(steps, iterations, u, v, p, rho, nu, dt, dx, dy, wu, wv, wp):
    """Of velocity and pressure."""
    cavity_flow(steps, iterations, u, v, p, rho, nu, dt, dx, dy)
    return np.sum(wu * u) + np.sum(wv * v) + np.sum(wp * p)


def vertical_advection_loss(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage, w):
    """Of the tendency."""
    vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage)
    return np.sum(w * utens_stage)


def horizontal_diffusion_loss(in_field, out_field, coeff, w):
    """Of the diffused field."""
    horizontal_diffusion(in_field, out_field, coeff)
    return np.sum(w * out_field)


def cholesky_loss(A, w):
    """Of the factor, and of what stays above it."""
    cholesky(A)
    return np.sum(w * A)


def lu_loss(A, w):
    """Of both factors."""
    lu(A)
    return np.sum(w * A)


def gramschmidt_loss(A, w, v):
    """Of both factors."""
    Q, R = gramschmidt(A)
    return np.sum(w * Q) + np.sum(v * R)


def durbin_loss(r, w):
    """Of the solution."""
    return np.sum(w * durbin(r))


def trisolv_loss(L, x, b, w):
    """Of the solution."""
    trisolv(L, x, b)
    return np.sum(w * x)


def deriche_loss(alpha, image, w):
    """Of the filtered image."""
    return np.sum(w * deriche(alpha, image))


def mlp_loss(x, labels, W1, b1, W2, b2, W3, b3, w):
    """Of the cross-entropy."""
    return w * mlp(x, labels, W1, b1, W2, b2, W3, b3)


def lstm_loss(x, h, c, W, U, b, w):
    """Of all hidden states."""
    return np.sum(w * lstm(x, h, c, W, U, b))


def convolution_loss(images, weights, bias, w):
    """Of the layer's output."""
    return np.sum(w * convolution(images, weights, bias))


def nbody_loss(steps, positions, velocities, masses, dt, softening, w, v):
    """Of positions and velocities."""
    nbody(steps, positions, velocities, masses, dt, softening)
    return np.sum(w * positions) + np.sum(v * velocities)


def conjugate_gradient_loss(A, b, tolerance, w):
    """Of the solution."""
    return np.sum(w * conjugate_gradient(A, b, tolerance))


def newton_loss(mean_anomaly, eccentricity, tolerance, w):
    """Of the eccentric anomalies."""
    return np.sum(w * newton(mean_anomaly, eccentricity, tolerance))


def runge_kutta_loss(x, forcing, end, step, tolerance, w):
    """Of the last state."""
    return np.sum(w * runge_kutta(x, forcing, end, step, tolerance))


def gaussian_mixture_loss(alphas, means, factors, x, gamma, m, w):
    """Of the log-likelihood."""
    return w * gaussian_mixture(alphas, means, factors, x, gamma, m)


def bundle_adjustment_loss(cameras, points, weights, observations, features, w, v):
    """Of the reprojection errors and those of the weights."""
    errors, weight_errors = bundle_adjustment(cameras, points, weights, observations, features)
    return np.sum(w * errors) + np.sum(v * weight_errors)
