"""Bodies that attract each other, stepped by leapfrog: the kick-drift-kick form, with Plummer's softening.

Positions and velocities are updated in place; the unit of mass makes the gravitational constant one.
"""

import numpy as np


def accelerations(positions, masses, softening):
    """The acceleration (n, 3) of each body by all others."""
    separations = positions[np.newaxis, :, :] - positions[:, np.newaxis, :]
    distances = np.sqrt(np.sum(separations**2, axis=2) + softening**2)
    return np.sum(separations * (masses / distances**3)[:, :, np.newaxis], axis=1)


def nbody(steps, positions, velocities, masses, dt, softening):
    """Step `positions` (n, 3) and `velocities` (n, 3) of bodies of the given `masses` (n,)."""
    kick = accelerations(positions, masses, softening)
    for _ in range(steps):
        velocities += 0.5 * dt * kick
        positions += dt * velocities
        kick = accelerations(positions, masses, softening)
        velocities += 0.5 * dt * kick
