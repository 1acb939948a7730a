"""Vertical advection in a weather model, implicit: the COSMO stencil of the GridTools and GT4Py literature.

For each column a tridiagonal system along `k`: forward elimination (`ccol`, `dcol`), then back substitution, whose
result becomes the tendency `utens_stage`, updated in place. The horizontal axes are slices, `k` is a loop. `wcon` has
one more point along the first axis, since the wind is averaged onto the grid of `u`.
"""

import numpy as np


def vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    """Advect fields (i, j, k); `wcon` is (i + 1, j, k), `dtr_stage` is one over the time step."""
    levels = u_stage.shape[2]
    ccol = np.zeros_like(u_stage)
    dcol = np.zeros_like(u_stage)

    gcv = 0.25 * (wcon[1:, :, 1] + wcon[:-1, :, 1])
    ccol[:, :, 0] = 0.5 * gcv
    bcol = dtr_stage - ccol[:, :, 0]
    correction = -0.5 * gcv * (u_stage[:, :, 1] - u_stage[:, :, 0])
    dcol[:, :, 0] = dtr_stage * u_pos[:, :, 0] + utens[:, :, 0] + utens_stage[:, :, 0] + correction
    ccol[:, :, 0] /= bcol
    dcol[:, :, 0] /= bcol

    for k in range(1, levels - 1):
        gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
        gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
        acol = 0.5 * gav
        ccol[:, :, k] = 0.5 * gcv
        bcol = dtr_stage - acol - ccol[:, :, k]
        correction = -0.5 * gav * (u_stage[:, :, k - 1] - u_stage[:, :, k]) - 0.5 * gcv * (
            u_stage[:, :, k + 1] - u_stage[:, :, k]
        )
        dcol[:, :, k] = dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction
        divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
        ccol[:, :, k] = ccol[:, :, k] * divided
        dcol[:, :, k] = (dcol[:, :, k] - dcol[:, :, k - 1] * acol) * divided

    gav = -0.25 * (wcon[1:, :, levels - 1] + wcon[:-1, :, levels - 1])
    acol = 0.5 * gav
    bcol = dtr_stage - acol
    correction = -0.5 * gav * (u_stage[:, :, levels - 2] - u_stage[:, :, levels - 1])
    dcol[:, :, -1] = dtr_stage * u_pos[:, :, -1] + utens[:, :, -1] + utens_stage[:, :, -1] + correction
    divided = 1.0 / (bcol - ccol[:, :, levels - 2] * acol)
    dcol[:, :, -1] = (dcol[:, :, -1] - dcol[:, :, levels - 2] * acol) * divided

    datacol = dcol[:, :, -1].copy()
    utens_stage[:, :, -1] = dtr_stage * (datacol - u_pos[:, :, -1])
    for k in range(levels - 2, -1, -1):
        datacol = dcol[:, :, k] - ccol[:, :, k] * datacol
        utens_stage[:, :, k] = dtr_stage * (datacol - u_pos[:, :, k])
