"""`adi` in PyTorch."""

import torch


def solve(known, off, diagonal):
    """The tridiagonal systems along the first axis, whose solutions are one at both ends; one factor is a number."""
    p, q = 0.0, torch.ones_like(known[0])
    factors = []
    for right in known.unbind():
        divisor = off * p + diagonal
        p, q = -off / divisor, (right - off * q) / divisor
        factors.append((p, q))
    value = torch.ones_like(known[0])
    solution = []
    for p, q in reversed(factors):
        value = p * value + q
        solution.append(value)
    return torch.stack(solution[::-1])


def adi(steps, u):
    """Lines in lists, each direction brought to the first axis."""
    n = u.shape[0]
    mul1 = 2.0 * (1.0 / steps) * n**2
    mul2 = 1.0 * (1.0 / steps) * n**2
    a, b = -mul1 / 2.0, 1.0 + mul1
    d, e = -mul2 / 2.0, 1.0 + mul2
    for _ in range(steps):
        known = -d * u[1:-1, :-2] + (1.0 + 2.0 * d) * u[1:-1, 1:-1] - d * u[1:-1, 2:]
        v = torch.nn.functional.pad(solve(known, a, b), (0, 0, 1, 1), value=1.0)
        known = -a * v[:-2] + (1.0 + 2.0 * a) * v[1:-1] - a * v[2:]
        inner = torch.nn.functional.pad(solve(known.T, d, e).T, (1, 1), value=1.0)
        u = torch.cat([u[:1], inner, u[-1:]])
    return (u,)
