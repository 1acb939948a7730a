"""Programs that step a system in time."""

import math

import numpy as np

from tests.programs.registry import program


@program(inputs=lambda: (np.array([1.0, 0.5]), 0.8, 0.3), tags={"loop", "call", "buffer", "smooth"})
def lotka_volterra_by_runge_kutta(state, growth, predation):
    def slope(y):
        prey, predator = y
        return np.array([growth * prey - predation * prey * predator, predation * prey * predator - 0.5 * predator])

    dt = 0.1
    for _ in range(5):
        k1 = slope(state)
        k2 = slope(state + dt / 2 * k1)
        k3 = slope(state + dt / 2 * k2)
        k4 = slope(state + dt * k3)
        state = state + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state


@program(
    inputs=lambda: (np.array([[0.0, 0.0], [1.0, 0.1], [0.2, 1.3]]), np.array([[0.0, 0.1], [-0.1, 0.3], [0.2, 0.0]])),
    tags={"loop", "mutation", "overwrite", "call", "analytic", "smooth"},
)
def leapfrog_gravity(position, velocity):
    acceleration = gravity(position)
    for _ in range(3):
        velocity += 0.05 * acceleration
        position += 0.1 * velocity
        acceleration = gravity(position)
        velocity += 0.05 * acceleration
    return position, velocity


def gravity(position):
    acceleration = np.zeros_like(position)
    for i in range(len(position)):
        for j in range(len(position)):
            if i != j:
                separation = position[j] - position[i]
                acceleration[i] += separation / (np.sum(separation * separation) + 0.01) ** 1.5
    return acceleration


@program(inputs=lambda: (np.sin(np.linspace(0, 3, 7)), 0.2), tags={"loop", "mutation", "overlap", "analytic", "smooth"})
def heat_equation_in_place(u, diffusivity):
    for _ in range(5):
        u[1:-1] += diffusivity * (u[2:] - 2 * u[1:-1] + u[:-2])
        u[0], u[-1] = u[1], 0.0
    return u


@program(
    inputs=lambda: (np.exp(-(np.linspace(-2, 2, 8) ** 2)), 0.5),
    tags={"loop", "mutation", "alias", "analytic", "smooth"},
)
def wave_equation_with_three_levels(u, courant):
    old, now = u.copy(), u.copy()
    new = np.zeros_like(u)
    for _ in range(4):
        new[1:-1] = 2 * now[1:-1] - old[1:-1] + courant**2 * (now[2:] - 2 * now[1:-1] + now[:-2])
        old, now, new = now, new, old
    return now


@program(
    inputs=lambda: (np.arange(1.0, 28.0).reshape(3, 3, 3) ** 0.5,), tags={"loop", "mutation", "analytic", "smooth"}
)
def three_dimensional_stencil(u):
    for _ in range(2):
        new = u.copy()
        new[1:-1, 1:-1, 1:-1] = (
            u[2:, 1:-1, 1:-1] + u[:-2, 1:-1, 1:-1] + u[1:-1, 2:, 1:-1] * u[1:-1, :-2, 1:-1] + u[1:-1, 1:-1, 2:]
        ) / 6
        new[0, :, :] = new[1, :, :] * 0.5
        u = new
    return u[:2]


@program(inputs=lambda: (np.array([1.0, 2.0, 0.5, 1.5]), 0.4), tags={"loop", "mutation", "branch", "buffer"})
def burgers_equation_upwind(u, dt):
    for _ in range(3):
        flux = np.zeros(len(u))
        for i in range(len(u)):
            flux[i] = 0.5 * u[i] ** 2 if u[i] > 0 else 0.5 * u[(i + 1) % len(u)] ** 2
        u[1:] -= dt * (flux[1:] - flux[:-1])
    return u


@program(inputs=lambda: (1.0, 3.0, 0.7), tags={"scalar", "while", "branch", "loop"})
def bouncing_ball(height, velocity, restitution):
    time, dt = 0.0, 0.05
    while time < 1.2:
        velocity -= 9.81 * dt
        height += velocity * dt
        if height < 0:
            height = -restitution * height
            velocity = -restitution * velocity
        time += dt
    return height, velocity


@program(inputs=lambda: (np.array([1.0, 0.0]), 1.5), tags={"while", "branch", "break", "call"})
def adaptive_step_integrator(y, frequency):
    def slope(state):
        return np.array([state[1], -(frequency**2) * state[0]])

    t, dt = 0.0, 0.2
    while t < 0.5:
        euler = y + dt * slope(y)
        heun = y + dt / 2 * (slope(y) + slope(euler))
        error = np.max(np.abs(heun - euler))
        if error > 0.02:
            dt *= 0.5
            continue
        y = heun
        t += dt
    return y


@program(inputs=lambda: (np.array([0.99, 0.01, 0.0]), 0.5, 0.1), tags={"loop", "buffer", "mutation", "smooth"})
def epidemic_trajectory(initial, infection, recovery):
    trajectory = np.zeros((6, 3))
    trajectory[0] = initial
    for t in range(5):
        s, i, r = trajectory[t]
        trajectory[t + 1] = [s - infection * s * i, i + infection * s * i - recovery * i, r + recovery * i]
    return trajectory[-1] + trajectory[:, 1].max()


@program(
    inputs=lambda: (np.array([0.1, 0.2, 0.05]), 10.0, 28.0),
    tags={"loop", "mutation", "overwrite", "analytic", "smooth"},
)
def lorenz_in_place(state, sigma, rho):
    for _ in range(10):
        x, y, z = state[0] * 1, state[1] * 1, state[2] * 1
        state[0] += 0.01 * sigma * (y - x)
        state[1] += 0.01 * (x * (rho - z) - y)
        state[2] += 0.01 * (x * y - 8 / 3 * z)
    return state


@program(inputs=lambda: (np.array([0.1, 0.2, 0.05]),), tags={"loop", "mutation", "overwrite", "analytic", "smooth"})
def unpacked_numbers_do_not_change(state):
    for _ in range(4):
        x, y, z = state
        state[0] = x + 0.1 * y
        state[1] = y - 0.1 * x * z
        state[2] = x * y
    return state


@program(inputs=lambda: (0.8, 12.0, 0.15), tags={"scalar", "loop", "math", "buffer", "smooth"})
def projectile_with_drag(angle, speed, drag):
    velocity = np.array([speed * math.cos(angle), speed * math.sin(angle)])
    position = np.zeros(2)
    for _ in range(6):
        velocity = velocity - 0.05 * (drag * np.sqrt(velocity @ velocity) * velocity + np.array([0.0, 9.81]))
        position += 0.05 * velocity
    return position


@program(
    inputs=lambda: (np.array([0.4, -0.2, 0.3, 0.9, -0.5, 0.1]),),
    tags={"loop", "mutation", "view", "analytic", "smooth"},
)
def red_black_relaxation(u):
    red, black = u[1:-1:2], u[2:-1:2]
    for _ in range(3):
        red[:] = 0.5 * (u[:-2:2] + u[2::2])
        black[:] = 0.5 * (u[1:-2:2] + u[3::2])
    return u * u


@program(
    inputs=lambda: (np.array([[0.2, 0.4, 0.1], [0.3, 0.8, 0.5], [0.6, 0.1, 0.7]]), 0.1),
    tags={"loop", "analytic", "smooth"},
)
def reaction_diffusion_on_a_torus(u, rate):
    for _ in range(3):
        neighbours = np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, axis=1) + np.roll(u, -1, axis=1)
        u = u + rate * (neighbours - 4 * u) + rate * u * (1 - u)
    return u


@program(inputs=lambda: (np.array([0.3, 0.9]), np.array([0.1, -0.2])), tags={"loop", "while", "mutation", "smooth"})
def implicit_euler_by_newton(y, source):
    y = y.copy()
    for _ in range(2):
        guess = y.copy()
        for _ in range(4):
            residual = guess - y + 0.1 * guess**3 - source
            guess -= residual / (1 + 0.3 * guess**2)
        y[:] = guess
    return y
