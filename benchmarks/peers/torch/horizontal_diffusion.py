"""`horizontal_diffusion` in PyTorch."""

import torch


def horizontal_diffusion(in_field, out_field, coeff):
    """The same expressions; nothing of `out_field` remains."""
    laplacian = 4.0 * in_field[1:-1, 1:-1, :] - (
        in_field[2:, 1:-1, :] + in_field[:-2, 1:-1, :] + in_field[1:-1, 2:, :] + in_field[1:-1, :-2, :]
    )
    flux_i = laplacian[1:, 1:-1, :] - laplacian[:-1, 1:-1, :]
    flux_i = torch.where(flux_i * (in_field[2:-1, 2:-2, :] - in_field[1:-2, 2:-2, :]) > 0.0, 0.0, flux_i)
    flux_j = laplacian[1:-1, 1:, :] - laplacian[1:-1, :-1, :]
    flux_j = torch.where(flux_j * (in_field[2:-2, 2:-1, :] - in_field[2:-2, 1:-2, :]) > 0.0, 0.0, flux_j)
    change = flux_i[1:, :, :] - flux_i[:-1, :, :] + flux_j[:, 1:, :] - flux_j[:, :-1, :]
    return (in_field[2:-2, 2:-2, :] - coeff * change,)
