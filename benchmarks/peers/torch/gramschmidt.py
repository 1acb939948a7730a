"""`gramschmidt` in PyTorch, as the loop it is. `torch.linalg.qr` is LAPACK's, with signs of its own."""

import torch


def gramschmidt(A):
    """The columns that remain are updated at once."""
    n = A.shape[1]
    Q, R = [], []
    for k in range(n):
        length = torch.sqrt(A[:, 0] @ A[:, 0])
        q = A[:, 0] / length
        r = q @ A[:, 1:]
        A = A[:, 1:] - torch.outer(q, r)
        Q.append(q)
        R.append(torch.nn.functional.pad(torch.cat([length[None], r]), (k, 0)))
    return torch.stack(Q, dim=1), torch.stack(R)
