"""The same mathematics in JAX, written without in-place updates: oracles of the programs of the same names."""

from __future__ import annotations

import jax.numpy as jnp


def quotient_and_remainder(x, y):
    quotient = jnp.floor(x / y)
    remainder = x - quotient * y
    return quotient * x + remainder * y, remainder, quotient + y


def escape_time_orbit(scale, c):
    z = 0j
    for _ in range(20):
        z = z * z + c
        if jnp.abs(z) > 0.8:
            break
    return jnp.abs(z) * scale


def masked_square_root(x):
    positive = jnp.where(x > 0, x, 1.0)
    return jnp.where(x > 0, jnp.sqrt(positive) * jnp.log(positive), 0.0)


def moments_by_method(a):
    return jnp.var(a) + jnp.std(a, axis=0) * jnp.var(a, axis=1, ddof=1)


def ufuncs_with_two_results(x):
    whole = jnp.trunc(x)
    return (x - whole) * x + whole * x**2 + (x - 2.0 * jnp.floor(x / 2.0)) * x


def factorisations_of_numpy(a):
    symmetric = a @ a.T
    values, vectors = jnp.linalg.eigh(symmetric, symmetrize_input=False)
    return jnp.linalg.cholesky(symmetric, symmetrize_input=False), values, vectors**2


def recursive_fourier_transform(x):
    return jnp.abs(jnp.fft.fft(x)) ** 2


def holomorphic_function(z, c):
    return jnp.exp(z * c) / (z + 2) + jnp.sin(c) ** 2


def parts_and_moduli(z):
    x, y = jnp.real(z), jnp.imag(z)
    return x * y + (x**2 + y**2) ** 1.5 * (x - 1j * y) + x**2 - 1j * jnp.arctan2(y, x)


def complex_buffer_filled_by_parts(x, y):
    return (x + 1j * y * x) * jnp.array([1 + 2j, 1]) + 1j * x[1]


def quantum_bit_evolution(angle, frequency, dt):
    first, second = 1.0 + 0j, 0j
    cosine, sine = jnp.cos(angle), -1j * jnp.sin(angle)
    for k in range(3):
        phase = jnp.exp(1j * frequency * dt * (k + 1))
        first, second = cosine * first + sine * second, sine * first + phase * second
    return jnp.stack([jnp.abs(first) ** 2, jnp.abs(second) ** 2])


def complex_argument_updated_in_place(z):
    first = z[0] * z[0]
    second = z[1] * z[1] + jnp.conj(first)
    return first * 2j + second * second


def newton_for_a_complex_root(coefficients):
    z = 1.0 + 1.0j
    for _ in range(20):
        z = z - (z**3 + coefficients[0] * z + coefficients[1]) / (3 * z**2 + coefficients[0])
    return jnp.real(z), jnp.imag(z)


def low_pass_filter_by_fft(x):
    spectrum = jnp.fft.rfft(x) * jnp.array([1.0, 0.5 + 0.2j, 0.0])
    return jnp.fft.irfft(spectrum, n=4) + jnp.abs(jnp.fft.fft(x))


def real_and_complex_arguments(x, z):
    start = jnp.stack([jnp.abs(z[0]), x[1]])
    return start + jnp.abs(z) ** 2 * x, z[1] * x[0]


def real_part_is_a_view(x):
    real = jnp.stack([x[1] ** 2, x[1]])
    imaginary = jnp.stack([2 * x[0], 6 * x[1]])
    return real * jnp.sqrt(real**2 + imaginary**2)


def error_state_silenced(x):
    safe = jnp.where(x == 0, 1.0, x)
    return jnp.where(x == 0, 1.0, jnp.sin(safe) / safe) * (x + 1)
