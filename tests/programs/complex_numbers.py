"""Programs with complex numbers: in the middle, as inputs, as results."""

import numpy as np

from tests.programs.registry import program


@program(
    inputs=lambda: (np.array([1.0, 0.3, -0.2, 0.8]),), tags={"complex", "recursion", "call", "smooth"}, oracle="jax"
)
def recursive_fourier_transform(x):
    spectrum = fourier(x + 0j)
    return np.abs(spectrum) ** 2


def fourier(x):
    n = len(x)
    if n == 1:
        return x
    even, odd = fourier(x[::2]), fourier(x[1::2])
    twiddled = np.exp(-2j * np.pi * np.arange(n // 2) / n) * odd
    return np.concatenate([even + twiddled, even - twiddled])


@program(inputs=lambda: (np.array([1.0 + 0.5j, 0.3 - 0.2j]), 0.7 + 0.1j), tags={"complex", "smooth"}, oracle="jax")
def holomorphic_function(z, c):
    return np.exp(z * c) / (z + 2) + np.sin(c) ** 2


@program(inputs=lambda: (np.array([1.0 + 0.5j, 0.3 - 0.2j]),), tags={"complex", "smooth"}, oracle="jax")
def parts_and_moduli(z):
    return np.real(z) * z.imag + np.abs(z) ** 3 * np.conj(z) + z.real**2 - 1j * np.angle(z)


@program(
    inputs=lambda: (np.array([1.0, 0.3]), np.array([0.2, -0.6])),
    tags={"complex", "mutation", "buffer", "smooth"},
    oracle="jax",
)
def complex_buffer_filled_by_parts(x, y):
    z = np.zeros(2, dtype=complex)
    z.real = x
    z.imag = y * x
    z[0] *= 1 + 2j
    z += 1j * x[1]
    return z


@program(inputs=lambda: (0.4, 1.2, 0.05), tags={"complex", "scalar", "loop", "smooth"}, oracle="jax")
def quantum_bit_evolution(angle, frequency, dt):
    state = np.array([1.0 + 0j, 0j])
    for k in range(3):
        rotation = np.array(
            [[np.cos(angle), -1j * np.sin(angle)], [-1j * np.sin(angle), np.exp(1j * frequency * dt * (k + 1))]]
        )
        state = rotation @ state
    return np.abs(state) ** 2


@program(
    inputs=lambda: (np.array([1.0 + 0.5j, 0.3 - 0.2j]),),
    tags={"complex", "mutation", "overwrite", "smooth"},
    oracle="jax",
)
def complex_argument_updated_in_place(z):
    z *= z
    z[1] += np.conj(z[0])
    w = z.copy()
    w[0] = 2j
    return np.sum(z * w)


@program(inputs=lambda: (np.array([0.9, -0.1]),), tags={"complex", "while", "break", "branch"}, oracle="jax")
def newton_for_a_complex_root(coefficients):
    z = 1.0 + 1.0j
    while True:
        value = z**3 + coefficients[0] * z + coefficients[1]
        step = value / (3 * z**2 + coefficients[0])
        z = z - step
        if np.abs(step) < 1e-14:
            break
    return np.real(z), np.imag(z)


@program(inputs=lambda: (np.array([1.0, 0.3, -0.2, 0.8]),), tags={"complex", "smooth"}, oracle="jax")
def low_pass_filter_by_fft(x):
    spectrum = np.fft.rfft(x)
    spectrum[2:] = 0
    return np.fft.irfft(spectrum * np.array([1.0, 0.5 + 0.2j, 0.0]), n=4) + np.abs(np.fft.fft(x))


@program(inputs=lambda: (np.array([0.5, -0.3]), np.array([0.1 + 0.2j, 1j])), tags={"complex", "mutation"}, oracle="jax")
def real_and_complex_arguments(x, z):
    y = x * 1
    y[0] = np.abs(z[0])
    y += np.real(z * np.conj(z)) * x
    return y, complex(z[1]) * x[0]


@program(inputs=lambda: (np.array([0.5, -0.3]),), tags={"complex", "view", "mutation", "smooth"}, oracle="jax")
def real_part_is_a_view(x):
    z = x * (1 + 2j)
    part = z.real
    part[0] = x[1] ** 2
    z.imag[1] *= 3
    return part * np.abs(z)
