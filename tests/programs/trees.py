"""Programs whose arguments or results are containers: dicts, lists, tuples, namedtuples, dataclasses."""

import dataclasses
from collections import namedtuple

import numpy as np

from tests.programs.registry import program

State = namedtuple("State", "position velocity")


@dataclasses.dataclass
class Parameters:
    """Parameters of a spring."""

    stiffness: float
    rest: np.ndarray
    damping: float = 0.1


@program(
    inputs=lambda: ({"weight": np.array([0.3, 1.2]), "bias": 0.5}, np.array([1.0, 2.0])),
    tags={"tree", "analytic", "smooth"},
)
def dictionary_argument(parameters, x):
    return np.tanh(parameters["weight"] * x + parameters["bias"])


@program(inputs=lambda: ([np.array([0.3, 1.2]), (0.5, np.array([[2.0]]))],), tags={"tree", "analytic", "smooth"})
def nested_list_argument(values):
    first, (second, third) = values
    return {"product": first * second, "square": [third * third, second]}


@program(
    inputs=lambda: (State(np.array([0.3, 1.2]), np.array([0.1, -0.2])),), tags={"tree", "loop", "analytic", "smooth"}
)
def namedtuple_argument(state):
    for _ in range(3):
        state = state._replace(position=state.position + 0.1 * state.velocity)
        state = State(state.position, state.velocity - 0.1 * state.position)
    return state


@program(inputs=lambda: (Parameters(2.0, np.array([1.0, 0.5])), np.array([1.5, 0.2])), tags={"tree", "smooth"})
def dataclass_argument(parameters, x):
    stretch = x - parameters.rest
    force = -parameters.stiffness * stretch - parameters.damping * x
    return dataclasses.replace(parameters, rest=force).rest * parameters.damping


@program(
    inputs=lambda: ({"u": np.array([0.3, 1.2]), "v": [np.array([0.7])]},),
    tags={"tree", "mutation", "alias", "analytic", "smooth"},
)
def containers_changed_in_place(state):
    state["u"] *= 2
    state["v"][0][0] = state["u"][1] ** 2
    state["w"] = state["u"]
    state["w"][0] -= state["v"][0][0]
    state["v"].append(state["u"] * 3)
    return state["u"] * state["v"][1]


@program(inputs=lambda: ({"b": 2.0, "a": np.array([1.0, 0.5])},), tags={"tree", "loop", "analytic", "smooth"})
def dictionary_iterated_and_rebuilt(parameters):
    squared = {name: value**2 for name, value in parameters.items()}
    total = 0.0
    for name in sorted(squared):
        total = total + squared[name] * len(name)
    squared["a"] = total
    return squared


@program(inputs=lambda: ([0.3, 1.2, -0.5],), tags={"tree", "scalar", "buffer", "smooth"})
def list_of_numbers_as_array(values):
    array = np.array(values)
    return array * array[::-1], sum(values), np.sum(values) ** 2


@program(inputs=lambda: (Parameters(2.0, np.array([1.0, 0.5])),), tags={"tree", "mutation", "analytic", "smooth"})
def fields_assigned(parameters):
    parameters.rest[0] = parameters.stiffness * parameters.damping
    parameters.stiffness = parameters.stiffness**2
    parameters.rest *= parameters.stiffness
    return parameters.rest, parameters.stiffness


@program(inputs=lambda: ((np.array([0.3, 1.2]), None, 0.5), "unused", 3), tags={"tree", "analytic", "smooth"})
def none_strings_and_integers_among_the_leaves(values, label, power):
    x, missing, c = values
    assert missing is None
    assert label == "unused"
    return x**power * c
