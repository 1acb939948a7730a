"""The kernels as they are, by wengert: compiled, and recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import wengert as wg
from benchmarks.measuring import Run
from benchmarks.peers import Problem, copying


def primal(given: Problem) -> Run:
    """The compiled function alone."""
    return copying(wg.jit(given.case.function), given)


def compiled(given: Problem) -> Run:
    """The derivative by machine code."""
    return derivative(given, wg.jit)


def recorded(given: Problem) -> Run:
    """The derivative by the tape."""
    return derivative(given, lambda function: function)


def derivative(given: Problem, engine: Callable[[Any], Any]) -> Run:
    """What the case asks for, of functions that an engine runs."""
    case = given.case
    everything = (*given.arguments, *given.weights)
    match case.derivative:
        case "gradient":
            return Run(wg.value_and_grad(engine(case.loss), case.argnums), lambda: everything)
        case "curvature":
            (place,) = case.argnums
            loss, before, after = case.loss, everything[:place], everything[place + 1 :]
            ones = np.ones_like(everything[place])
            of_one = engine(lambda x: loss(*before, x, *after))
            return Run(lambda x: wg.hvp(of_one, (x,), (ones,)), lambda: (everything[place],))
        case "jacobian":
            return Run(wg.jacobian(engine(case.function), case.argnums[0], mode="forward"), lambda: given.arguments)
        case "blocks":
            function = engine(case.function)

            def blocks(*arguments: Any) -> Any:
                result, pullback = wg.vjp(function, *arguments)
                seeds = np.eye(result.shape[1])
                every = [pullback(np.broadcast_to(seed, result.shape)) for seed in seeds]
                return result, [[one[place] for place in case.argnums] for one in every]

            return Run(blocks, lambda: given.arguments)
