"""The kernels and models as a PyTorch expert would write them: the same arguments, a tuple of the results.

Loops are Python's, and as much as possible of each iteration is one operation. Arrays are taken apart once (`unbind`)
and put together once (`stack`), since the derivative of each read or write of a part is as large as the whole. All
numbers have double precision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.measuring import Run
from benchmarks.peers import Problem
from benchmarks.peers.twins import twin

torch.set_default_dtype(torch.float64)


def eager(given: Problem) -> Run:
    """The derivative by the graph of one call."""
    return derivative(given, lambda function: function)


def compiled(given: Problem) -> Run:
    """The same by `torch.compile`, for these sizes."""
    return derivative(given, lambda function: torch.compile(function, dynamic=False))


def tensors(given: Problem) -> list[Any]:
    """The arguments as tensors, those with a derivative marked."""
    held = [torch.tensor(one) if isinstance(one, np.ndarray) else one for one in given.arguments]
    for place in given.case.argnums:
        held[place] = (
            torch.tensor(held[place], requires_grad=True)
            if isinstance(held[place], float)
            else held[place].requires_grad_()
        )
    return held


def derivative(given: Problem, engine: Callable[[Any], Any]) -> Run:
    """What the case asks for."""
    case, argnums = given.case, given.case.argnums
    function = twin("torch", case)
    weights = [torch.as_tensor(one) for one in given.weights]
    held = tensors(given)
    places = [held[place] for place in argnums]

    def total(*arguments: Any) -> Any:
        results = function(*arguments, **given.trips)
        return sum(torch.sum(w * one) for w, one in zip(weights, results, strict=True))

    def forward_over_reverse(*arguments: Any) -> Any:
        (place,) = argnums

        def derivative_of(x: Any) -> Any:
            return torch.func.grad(total, place)(*arguments[:place], x, *arguments[place + 1 :])

        return torch.func.jvp(derivative_of, (arguments[place],), (torch.ones_like(arguments[place]),))[1]

    loss, product = engine(total), engine(forward_over_reverse)

    def gradient(*arguments: Any) -> Any:
        value = loss(*arguments)
        return value, torch.autograd.grad(value, places)

    def curvature(*arguments: Any) -> Any:
        return product(*(one.detach() for one in arguments))

    run = engine(function)

    def blocks(*arguments: Any) -> Any:
        (result,) = run(*arguments)
        seeds = torch.eye(result.shape[1])
        return result, [
            torch.autograd.grad(result, places, seed.expand_as(result), retain_graph=True) for seed in seeds
        ]

    forward = engine(torch.func.jacfwd(lambda *every: function(*every)[0], argnums[0]))
    wanted = {"gradient": gradient, "curvature": curvature, "blocks": blocks, "jacobian": forward}
    return Run(wanted[case.derivative], lambda: held)
