"""`deriche` in PyTorch."""

import torch


def recurrence(known, b1, b2):
    """Of second order, over a list of lines."""
    last = second = torch.zeros_like(known[0])
    lines = []
    for line in known:
        last, second = line + b1 * last + b2 * second, last
        lines.append(last)
    return lines


def filtered(lines, here, before, after, farther, b1, b2):
    """Both recurrences along the first axis."""
    zero = torch.zeros_like(lines[:1])
    forward = recurrence((here * lines + before * torch.cat([zero, lines[:-1]])).unbind(), b1, b2)
    ahead = after * torch.cat([lines[1:], zero]) + farther * torch.cat([lines[2:], zero, zero])
    backward = recurrence(ahead.unbind()[::-1], b1, b2)
    return torch.stack(forward) + torch.stack(backward[::-1])


def deriche(alpha, image):
    """Lines in lists, each direction brought to the first axis."""
    k = (1.0 - torch.exp(-alpha)) ** 2 / (1.0 + 2.0 * alpha * torch.exp(-alpha) - torch.exp(2.0 * alpha))
    a1 = k
    a2 = k * torch.exp(-alpha) * (alpha - 1.0)
    a3 = k * torch.exp(-alpha) * (alpha + 1.0)
    a4 = -k * torch.exp(-2.0 * alpha)
    b1 = 2.0 ** (-alpha)
    b2 = -torch.exp(-2.0 * alpha)
    across = filtered(image.T, a1, a2, a3, a4, b1, b2).T
    return (filtered(across, a1, a2, a3, a4, b1, b2),)
