"""Programs about shapes: broadcasting, new axes, ellipsis, joining and splitting, no dimensions and no elements."""

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([[1.0], [2.0]])), tags={"analytic", "smooth"})
def broadcasting_both_ways(x, y):
    return (x + y) * x / y + np.broadcast_to(y, (2, 3)) ** 2


@program(inputs=lambda: (np.arange(1.0, 9.0).reshape(2, 2, 2) / 4,), tags={"analytic", "smooth"})
def ellipsis_and_new_axes(a):
    b = a[..., 0][:, np.newaxis] * a[0, ...]
    return b[..., None, ::-1] + a[None, :, 1, :]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]), np.array([2.0, -1.0, 0.5])), tags={"analytic", "smooth"})
def joined_and_split(x, y):
    table = np.vstack([x, y])
    wide = np.hstack([table, table[:, :1]])
    tall = np.concatenate((wide, wide**2), axis=0)
    top, bottom = np.array_split(tall, 2)
    return np.column_stack([x, y]) @ top[:, :3] + np.stack([bottom[0, :3]] * 3, axis=1)


@program(inputs=lambda: (np.zeros((0,)), np.array(2.0)), tags={"empty", "analytic"})
def nothing_and_a_point(nothing, point):
    doubled = nothing * point
    joined = np.concatenate([doubled, [1.0, 2.0]]) * point
    return joined, doubled, np.sum(nothing) + point


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"analytic", "smooth"})
def tiled_repeated_and_rolled(x):
    return np.tile(x, 2) * np.repeat(x, 2) + np.roll(np.concatenate([x, x[::-1]]), 2)


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 4,), tags={"view", "analytic", "smooth"})
def flipped_rotated_and_moved(a):
    return np.flip(a) + np.fliplr(a) * np.flipud(a) - np.rot90(a, 2) * np.moveaxis(a[None], 0, -1)[..., 0]


@program(inputs=lambda: (np.arange(1.0, 7.0).reshape(2, 3) / 4,), tags={"analytic", "smooth"})
def slices_with_negative_steps(a):
    return a[::-1, ::-2] * a[-1, -3:-1] + a[1:0:-1, 2::-2] - a[:, -1:-4:-2]


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8, -0.5]),), tags={"analytic", "smooth"})
def differences_and_gradients(x):
    return np.diff(x) * np.diff(x, n=2)[0] + np.gradient(x, 0.5)[1:] + np.cumprod(x)[:-1] * np.trapezoid(x)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"analytic", "smooth"})
def padded_and_triangular(x):
    padded = np.pad(x, (1, 2))
    return np.triu(np.outer(padded, padded))[1:4, 1:4] + np.diag(x) - np.tril(np.outer(x, x), -1)


@program(inputs=lambda: (0.7, np.array([[0.3]])), tags={"scalar", "analytic", "smooth"})
def one_element_in_many_shapes(x, y):
    return np.reshape(x, (1, 1)) * y + y.reshape(()) ** 2 + y[0, 0] * np.squeeze(y) + np.atleast_1d(x)


@program(inputs=lambda: (np.array([1.0, 2.0, 0.5]), 0.8), tags={"analytic", "smooth"})
def polynomials_of_numpy(coefficients, x):
    powers = np.array([1.0, 2.0, 3.0])
    return np.polyval(coefficients, x) + np.sum(coefficients * x**powers) + np.convolve(coefficients, [1.0, x])


@program(inputs=lambda: (np.array([0.3, 1.2]), np.array([0.5, 0.7, 0.9])), tags={"analytic", "smooth"})
def meshes_of_coordinates(x, y):
    a, b = np.meshgrid(x, y)
    c, d = np.meshgrid(x, y, indexing="ij")
    return a * b**2 + (c - d).T
