"""Horizontal diffusion in a weather model, with a limiter: the COSMO stencil of the GridTools and GT4Py literature.

Fourth-order diffusion: the fluxes are differences of the Laplacian, dropped where they would sharpen a gradient. The
result is written to `out_field`; the halo of `in_field` is two points wide on each side.
"""

import numpy as np


def horizontal_diffusion(in_field, out_field, coeff):
    """Diffuse `in_field` (i + 4, j + 4, k) into `out_field` (i, j, k) with the coefficients `coeff` (i, j, k)."""
    laplacian = 4.0 * in_field[1:-1, 1:-1, :] - (
        in_field[2:, 1:-1, :] + in_field[:-2, 1:-1, :] + in_field[1:-1, 2:, :] + in_field[1:-1, :-2, :]
    )
    flux_i = laplacian[1:, 1:-1, :] - laplacian[:-1, 1:-1, :]
    flux_i = np.where(flux_i * (in_field[2:-1, 2:-2, :] - in_field[1:-2, 2:-2, :]) > 0.0, 0.0, flux_i)
    flux_j = laplacian[1:-1, 1:, :] - laplacian[1:-1, :-1, :]
    flux_j = np.where(flux_j * (in_field[2:-2, 2:-1, :] - in_field[2:-2, 1:-2, :]) > 0.0, 0.0, flux_j)
    out_field[:, :, :] = in_field[2:-2, 2:-2, :] - coeff * (
        flux_i[1:, :, :] - flux_i[:-1, :, :] + flux_j[:, 1:, :] - flux_j[:, :-1, :]
    )
