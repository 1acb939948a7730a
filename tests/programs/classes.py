"""Programs with classes: state arrays, properties, operators, inheritance, callable instances, containers."""

import dataclasses

import numpy as np

from tests.programs.registry import program


class Oscillator:
    """A damped oscillator with its state in one array."""

    stiffness = 2.0

    def __init__(self, state, damping):
        self.state = state
        self.damping = damping
        self.history = np.zeros(4)
        self.steps = 0

    def advance(self, dt):
        position, velocity = self.state
        self.state[1] += dt * (-self.stiffness * position - self.damping * velocity)
        self.state[0] += dt * self.state[1]
        self.history[self.steps] = self.energy
        self.steps += 1

    @property
    def energy(self):
        return 0.5 * self.state[1] ** 2 + 0.5 * self.stiffness * self.state[0] ** 2


@program(inputs=lambda: (np.array([1.0, 0.2]), 0.3), tags={"class", "mutation", "buffer", "loop", "smooth"})
def oscillator_with_state(state, damping):
    oscillator = Oscillator(state.copy(), damping)
    for _ in range(4):
        oscillator.advance(0.1)
    return oscillator.history * oscillator.state[0]


class Stiffer(Oscillator):
    """An oscillator that overrides a number and extends a method."""

    stiffness = 5.0

    def advance(self, dt):
        super().advance(dt)
        self.state *= 0.9


@program(inputs=lambda: (np.array([1.0, 0.2]), 0.3), tags={"class", "mutation", "buffer", "smooth"})
def inherited_methods(state, damping):
    oscillator = Stiffer(state, damping)
    oscillator.advance(0.1)
    oscillator.advance(0.05)
    return oscillator.state, oscillator.history[1]


class Dual:
    """A number with a derivative: operators of a user's class, meeting recorded values."""

    def __init__(self, value, slope):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    @classmethod
    def variable(cls, value):
        return cls(value, 1.0)

    @staticmethod
    def sine(x):
        return Dual(np.sin(x.value), np.cos(x.value) * x.slope)


@program(inputs=lambda: (0.7, 1.1), tags={"class", "scalar", "analytic", "smooth"})
def dual_numbers_of_the_user(x, y):
    a, b = Dual.variable(x), Dual(y, 0.0)
    product = a * b + Dual.sine(a * a)
    return product.value * product.slope


class Layer:
    """A callable instance with parameters that it updates."""

    def __init__(self, weights):
        self.weights = weights
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        out = np.zeros(2)
        out[:] = np.tanh(self.weights @ x)
        self.weights -= 0.1 * np.outer(out, x)
        return out


@program(
    inputs=lambda: (np.array([[0.3, 1.2], [0.8, -0.4]]), np.array([0.5, -1.0])),
    tags={"class", "mutation", "buffer", "smooth"},
)
def callable_instance_that_learns(weights, x):
    layer = Layer(weights.copy())
    for _ in range(3):
        x = layer(x) + 0.1
    return x * layer.weights


class Grid:
    """A container with item access, iteration and length."""

    def __init__(self, n):
        self.values = np.zeros(n)

    def __getitem__(self, place):
        return self.values[place]

    def __setitem__(self, place, value):
        self.values[place] = value

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.values)


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"class", "mutation", "buffer", "loop", "smooth"})
def container_of_the_user(x):
    grid = Grid(3)
    for i in range(len(grid)):
        grid[i] = x[i] * (grid[i - 1] + 1)
    grid[1:] += grid[:-1]
    return sum(value**2 for value in grid)


@dataclasses.dataclass
class Particle:
    """A particle whose fields are rebound and updated in place."""

    position: np.ndarray
    velocity: np.ndarray
    mass: float = 2.0
    trail: list = dataclasses.field(default_factory=list)

    def kick(self, force, dt):
        self.velocity += dt * force / self.mass
        self.position = self.position + dt * self.velocity
        self.trail.append(self.position)


@program(
    inputs=lambda: (np.array([0.3, 1.2]), np.array([0.8, -0.4]), 1.5),
    tags={"class", "mutation", "loop", "analytic", "smooth"},
)
def dataclass_inside(position, velocity, mass):
    particle = Particle(position * 1, velocity * 1, mass=mass)
    for _ in range(3):
        particle.kick(-particle.position, 0.2)
    return particle.trail[0] * particle.velocity + particle.trail[-1]


class Counter:
    """State of the class itself, and a private name."""

    __scale = 3.0

    @property
    def scaled(self):
        return self.__value * Counter.__scale

    @scaled.setter
    def scaled(self, value):
        self.__value = value / self.__scale


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"class", "analytic", "smooth"})
def property_with_setter_and_private_names(x):
    counter = Counter()
    counter.scaled = x * x
    first = counter.scaled
    counter.scaled = first * x
    return counter.scaled + first


class Workspace:
    """Methods that hand out their own buffers: callers share them."""

    __slots__ = ("buffer",)

    def __init__(self, n):
        self.buffer = np.zeros(n)

    def scaled(self, x, c):
        np.multiply(x, c, out=self.buffer)
        return self.buffer


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"class", "alias", "mutation", "overwrite", "ufunc", "smooth"})
def workspace_shared_by_results(x):
    workspace = Workspace(2)
    first = workspace.scaled(x, 2.0)
    product = first * x
    second = workspace.scaled(x, 5.0)
    return product + first * second
