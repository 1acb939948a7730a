"""`lstm` in PyTorch, as a cell of one's own. `torch.nn.LSTM` has its gates in another order."""

import torch


def lstm(x, h, c, W, U, b):
    """What does not depend on the state is multiplied at once."""
    units = h.shape[1]
    hidden = []
    for driven in (x @ W + b).unbind():
        z = torch.addmm(driven, h, U)
        entry, forget, leave = torch.sigmoid(z[:, : 3 * units]).chunk(3, dim=1)
        c = forget * c + entry * torch.tanh(z[:, 3 * units :])
        h = leave * torch.tanh(c)
        hidden.append(h)
    return (torch.stack(hidden),)
