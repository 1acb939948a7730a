"""Programs with closures: values and buffers of an enclosing function, `nonlocal`, late binding, lambdas."""

import numpy as np

from tests.programs.registry import program


def make_decay(rate):
    def decay(t):
        return np.exp(-rate * t)

    return decay


@program(inputs=lambda: (0.7, np.array([0.3, 1.2])), tags={"closure", "analytic", "smooth"})
def function_made_by_a_function(rate, t):
    decay = make_decay(rate)
    return decay(t) * make_decay(2 * rate)(t[0])


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"closure", "loop", "analytic", "smooth"})
def nonlocal_running_total(x):
    total = 0.0
    calls = 0

    def add(value):
        nonlocal total, calls
        calls += 1
        total = total + value * calls

    for value in x:
        add(value**2)
        add(total)
    return total


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"closure", "loop", "analytic", "smooth"})
def late_binding_of_a_loop_variable(x):
    late = [lambda v: v * x[i] for i in range(3)]
    early = [lambda v, i=i: v * x[i] for i in range(3)]
    return late[0](2.0) + early[0](3.0) * late[1](x[1])


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"closure", "buffer", "mutation", "loop", "smooth"})
def memory_of_a_closure(x):
    def make_recorder():
        seen = np.zeros((3, 3))
        count = 0

        def record(values):
            nonlocal count
            seen[count] = values
            count += 1
            return seen

        return record

    record = make_recorder()
    other = make_recorder()
    for k in range(3):
        table = record(x**k)
    other(x)
    return table @ x + other(x)[0]


@program(inputs=lambda: (np.array([0.3, 1.2]), 0.4), tags={"closure", "analytic", "smooth"})
def composed_lambdas(x, c):
    compose = lambda f, g: lambda v: f(g(v))  # noqa: E731 - a lambda is what is tested
    affine = lambda v: c * v + 1  # noqa: E731
    return compose(np.sin, compose(affine, affine))(x)


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"closure", "mutation", "analytic", "smooth"})
def default_evaluated_at_definition(x):
    a = x * 2

    def frozen(values=a, *, scale=a[0] * 1):
        return values * scale

    before = frozen()
    a *= 10
    return before + frozen()


@program(inputs=lambda: (np.array([0.3, 1.2, 0.8]),), tags={"closure", "call", "mutation", "buffer", "smooth"})
def residual_and_update_functions(x):
    state = np.zeros(3)

    def residual():
        return state**2 - x * np.array([1.0, 2.0, 3.0]) - 1

    def relax(rate):
        state[:] = state - rate * residual()

    for _ in range(4):
        relax(0.3)
    return state


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"closure", "mutation", "alias", "analytic", "smooth"})
def three_levels_of_nesting(x):
    a = x.copy()

    def outer(c):
        b = a * c

        def middle():
            def inner(k):
                a[k] += b[k]
                b[k] *= a[1]
                return b

            return inner(0) + inner(1)

        return middle()

    return outer(2.0) * a + outer(x[0])


@program(inputs=lambda: (np.array([0.3, 1.2]),), tags={"closure", "mutation", "overwrite", "analytic", "smooth"})
def deferred_evaluation_sees_the_last_value(x):
    a = x * x
    later = [lambda: a * x, lambda: np.sum(a)]
    now = later[0]()
    a[0] = x[1] ** 3
    return now + later[0]() * later[1]()
