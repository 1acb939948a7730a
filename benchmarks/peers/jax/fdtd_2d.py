"""`fdtd_2d` in JAX."""

from jax import lax


def fdtd_2d(ex, ey, hz, fict):
    """A `scan` over the drive, with functional updates of slices."""

    def step(state, drive):
        ex, ey, hz = state
        ey = ey.at[0, :].set(drive)
        ey = ey.at[1:, :].add(-0.5 * (hz[1:, :] - hz[:-1, :]))
        ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
        hz = hz.at[:-1, :-1].add(-0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]))
        return (ex, ey, hz), None

    return lax.scan(step, (ex, ey, hz), fict)[0]
