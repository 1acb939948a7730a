"""The kernels and models as a JAX expert would write them: the same arguments, a tuple of the results.

Loops are `scan` or `fori_loop` with trip counts known to the compiler, so that reverse mode works; none is unrolled.
Kernels with a `while` take the number of its iterations as a keyword `trips`. Integers among the arguments are static.
A measured call gets arrays that JAX holds already, and waits for its results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.measuring import Run
from benchmarks.peers import Problem
from benchmarks.peers.twins import twin

jax.config.update("jax_enable_x64", True)


def compiled(given: Problem) -> Run:
    """The derivative by `jax.jit`."""
    return derivative(given, twin("jax", given.case), given.trips)


def with_while(given: Problem) -> Run:
    """The derivative of the kernel with the `while` that it has: `lax.while_loop`."""
    return derivative(given, twin("jax", given.case, "_with_while"), {})


def results(given: Problem, function: Callable[..., Any], trips: dict[str, int]) -> Callable[..., tuple[Any, ...]]:
    """The twin as a function of arrays of any kind."""

    def run(*arguments: Any) -> tuple[Any, ...]:
        own = (jnp.asarray(one) if isinstance(one, np.ndarray) else one for one in arguments)
        found: tuple[Any, ...] = function(*own, **trips)
        return found

    return run


def derivative(given: Problem, function: Callable[..., Any], trips: dict[str, int]) -> Run:
    """What the case asks for, compiled."""
    case, argnums = given.case, given.case.argnums
    run = results(given, function, trips)

    def loss(*arguments: Any) -> Any:
        return sum(jnp.sum(w * one) for w, one in zip(given.weights, run(*arguments), strict=True))

    def curvature(*arguments: Any) -> Any:
        (place,) = argnums

        def gradient(x: Any) -> Any:
            return jax.grad(loss, place)(*arguments[:place], x, *arguments[place + 1 :])

        return jax.jvp(gradient, (arguments[place],), (jnp.ones_like(arguments[place]),))[1]

    def blocks(*arguments: Any) -> Any:
        def of_some(*some: Any) -> Any:
            every = list(arguments)
            for place, one in zip(argnums, some, strict=True):
                every[place] = one
            return run(*every)[0]

        result, pullback = jax.vjp(of_some, *(arguments[place] for place in argnums))
        seeds = jnp.eye(result.shape[1])
        return result, [pullback(jnp.broadcast_to(seed, result.shape)) for seed in seeds]

    def jacobian(*arguments: Any) -> Any:
        return jax.jacfwd(lambda *every: run(*every)[0], argnums[0])(*arguments)

    wanted = {
        "gradient": jax.value_and_grad(loss, argnums),
        "curvature": curvature,
        "blocks": blocks,
        "jacobian": jacobian,
    }
    static = [place for place, one in enumerate(given.arguments) if isinstance(one, int)]
    both = jax.jit(wanted[case.derivative], static_argnums=static)
    held = [jnp.asarray(one) if isinstance(one, np.ndarray) else one for one in given.arguments]
    return Run(lambda *arguments: jax.block_until_ready(both(*arguments)), lambda: held)
