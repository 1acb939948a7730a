"""`trisolv` in PyTorch, as the loop it is. `torch.linalg.solve_triangular` is BLAS's."""

import torch


def trisolv(L, x, b):
    """Column by column: what is found is taken from the right sides that remain."""
    diagonal = torch.diagonal(L).unbind()
    found = []
    for k, column in enumerate(L.unbind(dim=1)):
        value = b[0] / diagonal[k]
        found.append(value)
        b = b[1:] - value * column[k + 1 :]
    return (torch.stack(found),)
