"""`vertical_advection` in PyTorch."""

import torch


def vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    """The coefficients of all levels at once; the recurrences go over lists of levels."""
    u, position, tendency, stage = (torch.movedim(one, 2, 0) for one in (u_stage, u_pos, utens, utens_stage))
    w = torch.movedim(wcon, 2, 0)
    mean = 0.25 * (w[1:, 1:, :] + w[1:, :-1, :])
    none = torch.zeros_like(u[:1])
    gcv = torch.cat([mean, none])
    gav = torch.cat([none, -mean])
    slope = u[1:] - u[:-1]
    correction = 0.5 * gav * torch.cat([none, slope]) - 0.5 * gcv * torch.cat([slope, none])
    acol = 0.5 * gav
    ccol = 0.5 * gcv
    bcol = dtr_stage - acol - ccol
    dcol = dtr_stage * position + tendency + stage + correction

    above = torch.zeros_like(u[0]), torch.zeros_like(u[0])
    factors = []
    for a, b, c, d in zip(*(one.unbind() for one in (acol, bcol, ccol, dcol)), strict=True):
        divided = 1.0 / (b - above[0] * a)
        above = c * divided, (d - above[1] * a) * divided
        factors.append(above)
    value = torch.zeros_like(u[0])
    solution = []
    for c, d in reversed(factors):
        value = d - c * value
        solution.append(value)
    return (torch.movedim(dtr_stage * (torch.stack(solution[::-1]) - position), 0, 2),)
