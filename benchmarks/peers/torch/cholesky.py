"""`cholesky` in PyTorch, as the loop it is. `torch.linalg.cholesky` is LAPACK's."""

import torch


def cholesky(A):
    """Column by column; the product of each with itself is taken from what remains, which shrinks."""
    remaining = torch.tril(A) + torch.tril(A, -1).T
    n = A.shape[0]
    columns = []
    for k in range(n):
        column = remaining[:, 0] / torch.sqrt(remaining[0, 0])
        columns.append(torch.nn.functional.pad(column, (k, 0)))
        remaining = remaining[1:, 1:] - torch.outer(column[1:], column[1:])
    return (torch.stack(columns, dim=1) + torch.triu(A, 1),)
