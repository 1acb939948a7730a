"""The kernels as a JAX expert would write them: the same arguments, a tuple of the results.

Loops are `scan` or `fori_loop` with trip counts known to the compiler, so that reverse mode works; none is unrolled.
Kernels with a `while` take the number of its iterations as a keyword `trips`. Integers among the arguments are static.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.kernels.cases import Case, Size


def twin(case: Case, size: Size) -> Callable[..., tuple[Any, ...]]:
    """The twin of a kernel, a function of its arguments."""
    function = getattr(importlib.import_module(f"benchmarks.jax_twins.{case.name}"), case.name)

    def run(*arguments: Any) -> tuple[Any, ...]:
        trips = {"trips": case.trips[size]} if case.trips else {}
        own = (jnp.asarray(one) if isinstance(one, np.ndarray) else one for one in arguments)
        results: tuple[Any, ...] = function(*own, **trips)
        return results

    return run


def value_and_gradient(case: Case, size: Size, weights: tuple[Any, ...]) -> Callable[..., Any]:
    """The compiled function of the kernel's arguments that gives the weighted sum of results, and its gradient."""
    run = twin(case, size)

    def loss(*arguments: Any) -> Any:
        results = zip(run(*arguments), weights, strict=True)
        return sum(jnp.sum(weight * result) for result, weight in results)

    static = [place for place, one in enumerate(case.arguments(size)) if isinstance(one, int)]
    return jax.jit(jax.value_and_grad(loss, case.argnums), static_argnums=static)
