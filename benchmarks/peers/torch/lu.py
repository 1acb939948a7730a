"""`lu` in PyTorch, as the loop it is. `torch.linalg.lu` is LAPACK's, with pivots."""

import torch


def lu(A):
    """The product of column and row is taken from what remains, which shrinks."""
    remaining = A
    rows, columns = [], []
    for k in range(A.shape[0]):
        row = remaining[0]
        column = remaining[1:, 0] / row[0]
        rows.append(torch.nn.functional.pad(row, (k, 0)))
        columns.append(torch.nn.functional.pad(column, (k + 1, 0)))
        remaining = remaining[1:, 1:] - torch.outer(column, row[1:])
    return (torch.stack(rows) + torch.stack(columns, dim=1),)
