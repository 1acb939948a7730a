"""`nbody` in PyTorch."""

import torch


def accelerations(positions, masses, softening):
    """The acceleration (n, 3) of each body by all others."""
    separations = positions[None, :, :] - positions[:, None, :]
    distances = torch.sqrt(torch.sum(separations**2, dim=2) + softening**2)
    return torch.sum(separations * (masses / distances**3)[:, :, None], dim=1)


def nbody(steps, positions, velocities, masses, dt, softening):
    """Positions and velocities are new arrays in each step."""
    kick = accelerations(positions, masses, softening)
    for _ in range(steps):
        velocities = velocities + 0.5 * dt * kick
        positions = positions + dt * velocities
        kick = accelerations(positions, masses, softening)
        velocities = velocities + 0.5 * dt * kick
    return positions, velocities
