"""`cavity_flow` in JAX."""

from jax import lax


def source(u, v, rho, dt, dx, dy):
    """The right side of the equation for the pressure, at the inner points."""
    ux = (u[1:-1, 2:] - u[1:-1, :-2]) / (2.0 * dx)
    uy = (u[2:, 1:-1] - u[:-2, 1:-1]) / (2.0 * dy)
    vx = (v[1:-1, 2:] - v[1:-1, :-2]) / (2.0 * dx)
    vy = (v[2:, 1:-1] - v[:-2, 1:-1]) / (2.0 * dy)
    return rho * ((ux + vy) / dt - ux**2 - 2.0 * uy * vx - vy**2)


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
    """Loops of `fori_loop` over functional updates."""

    def step(_, state):
        u, v, p = state
        b = source(u, v, rho, dt, dx, dy)

        def relax(_, p):
            inner = ((p[1:-1, 2:] + p[1:-1, :-2]) * dy**2 + (p[2:, 1:-1] + p[:-2, 1:-1]) * dx**2) / (
                2.0 * (dx**2 + dy**2)
            ) - dx**2 * dy**2 / (2.0 * (dx**2 + dy**2)) * b
            p = p.at[1:-1, 1:-1].set(inner)
            p = p.at[:, -1].set(p[:, -2])
            p = p.at[0, :].set(p[1, :])
            p = p.at[:, 0].set(p[:, 1])
            return p.at[-1, :].set(0.0)

        p = lax.fori_loop(0, iterations, relax, p)
        inner_u = moved(u, u, v, nu, dt, dx, dy) - dt / (2.0 * rho * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
        inner_v = moved(v, u, v, nu, dt, dx, dy) - dt / (2.0 * rho * dy) * (p[2:, 1:-1] - p[:-2, 1:-1])
        u = u.at[1:-1, 1:-1].set(inner_u)
        u = u.at[0, :].set(0.0).at[:, 0].set(0.0).at[:, -1].set(0.0).at[-1, :].set(1.0)
        v = v.at[1:-1, 1:-1].set(inner_v)
        v = v.at[0, :].set(0.0).at[-1, :].set(0.0).at[:, 0].set(0.0).at[:, -1].set(0.0)
        return u, v, p

    return lax.fori_loop(0, steps, step, (u, v, p))
