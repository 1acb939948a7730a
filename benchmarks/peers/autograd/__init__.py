"""The kernels and models as a user of HIPS autograd would write them: the same arguments, a tuple of the results.

There is a module for each case that can be written without storing into arrays. Where there is none, the kernel runs as
it is, with `autograd.numpy` in the place of NumPy, and the error that this gives is what the table shows.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

from benchmarks.kernels.cases import Case, fresh
from benchmarks.measuring import Run
from benchmarks.peers import Problem
from benchmarks.peers.twins import has_twin, twin


def recorded(given: Problem) -> Run:
    """The derivative by autograd's tape."""
    case, argnums = given.case, given.case.argnums
    function = exchanged(case)
    if has_twin("autograd", case):
        function = functools.partial(twin("autograd", case), **given.trips)

    def loss(*arguments: Any) -> Any:
        return sum(anp.sum(w * one) for w, one in zip(given.weights, function(*arguments), strict=True))

    def curvature(*arguments: Any) -> Any:
        (place,) = argnums
        product = autograd.make_hvp(loss, place)(*arguments)[0]
        return product(np.ones_like(arguments[place]))

    def blocks(*arguments: Any) -> Any:
        pullback, result = autograd.make_vjp(lambda *every: function(*every)[0], argnums)(*arguments)
        return result, [pullback(np.broadcast_to(seed, result.shape)) for seed in np.eye(result.shape[1])]

    def jacobian(*arguments: Any) -> Any:
        pushforward = autograd.make_jvp(lambda *every: function(*every)[0], argnums[0])(*arguments)
        directions = np.eye(arguments[argnums[0]].size)
        return np.stack([pushforward(direction)[1] for direction in directions], axis=-1)

    wanted = {
        "gradient": autograd.value_and_grad(loss, argnums),
        "curvature": curvature,
        "blocks": blocks,
        "jacobian": jacobian,
    }
    return Run(wanted[case.derivative], lambda: fresh(given.arguments))


def exchanged(case: Case) -> Callable[..., tuple[Any, ...]]:
    """The kernel with `autograd.numpy` for NumPy in its module, and its results in a tuple."""
    function = case.function
    names = {**function.__globals__, "np": anp}
    for name, one in function.__globals__.items():
        if isinstance(one, types.FunctionType) and one.__module__ == function.__module__:
            names[name] = types.FunctionType(one.__code__, names, name, one.__defaults__, one.__closure__)
    run = names[function.__name__]

    def results(*arguments: Any) -> tuple[Any, ...]:
        returned = run(*arguments)
        if case.updated:
            parameters = function.__code__.co_varnames
            return tuple(arguments[parameters.index(name)] for name in case.updated)
        return returned if isinstance(returned, tuple) else (returned,)

    return results
