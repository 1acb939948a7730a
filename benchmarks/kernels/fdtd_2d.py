"""Maxwell's equations in the plane, finite differences in time: PolyBench/C 4.2, `fdtd-2d`.

The electric field (`ex`, `ey`) and the magnetic field (`hz`) on Yee's staggered grid, driven at one edge by `fict`, one
number for each step. The fields are updated in place.
"""


def fdtd_2d(ex, ey, hz, fict):
    """Step the fields (nx, ny) as often as `fict` (steps,) is long."""
    for t in range(len(fict)):
        ey[0, :] = fict[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
