"""`cavity_flow` in PyTorch."""

import torch


def source(u, v, rho, dt, dx, dy):
    """The right side of the equation for the pressure, at the inner points."""
    ux = (u[1:-1, 2:] - u[1:-1, :-2]) / (2.0 * dx)
    uy = (u[2:, 1:-1] - u[:-2, 1:-1]) / (2.0 * dy)
    vx = (v[1:-1, 2:] - v[1:-1, :-2]) / (2.0 * dx)
    vy = (v[2:, 1:-1] - v[:-2, 1:-1]) / (2.0 * dy)
    return rho * ((ux + vy) / dt - ux**2 - 2.0 * uy * vx - vy**2)


def relaxed(p, forcing, dx, dy):
    """The pressure after one iteration of Jacobi, its edges put around the inner points."""
    inner = ((p[1:-1, 2:] + p[1:-1, :-2]) * dy**2 + (p[2:, 1:-1] + p[:-2, 1:-1]) * dx**2) / (
        2.0 * (dx**2 + dy**2)
    ) - forcing
    rows = torch.cat([inner[:1], inner, torch.zeros_like(inner[:1])])
    return torch.cat([rows[:, :1], rows, rows[:, -1:]], dim=1)


def moved(w, u, v, nu, dt, dx, dy):
    """The component `w` of the velocity at the inner points after advection and diffusion."""
    here = w[1:-1, 1:-1]
    return (
        here
        - u[1:-1, 1:-1] * dt / dx * (here - w[1:-1, :-2])
        - v[1:-1, 1:-1] * dt / dy * (here - w[:-2, 1:-1])
        + nu * dt / dx**2 * (w[1:-1, 2:] - 2.0 * here + w[1:-1, :-2])
        + nu * dt / dy**2 * (w[2:, 1:-1] - 2.0 * here + w[:-2, 1:-1])
    )


def cavity_flow(steps, iterations, u, v, p, rho, nu, dt, dx, dy):
    """Each iteration is a new array, made of its inner points and its edges."""
    pad = torch.nn.functional.pad
    for _ in range(steps):
        forcing = dx**2 * dy**2 / (2.0 * (dx**2 + dy**2)) * source(u, v, rho, dt, dx, dy)
        for _ in range(iterations):
            p = relaxed(p, forcing, dx, dy)
        inner_u = moved(u, u, v, nu, dt, dx, dy) - dt / (2.0 * rho * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
        inner_v = moved(v, u, v, nu, dt, dx, dy) - dt / (2.0 * rho * dy) * (p[2:, 1:-1] - p[:-2, 1:-1])
        u = pad(pad(inner_u, (1, 1, 1, 0)), (0, 0, 0, 1), value=1.0)
        v = pad(inner_v, (1, 1, 1, 1))
    return u, v, p
