"""The value of the loss alone, by each peer and with the arrays it uses: what `memory` compares a derivative with."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.kernels.cases import fresh
from benchmarks.measuring import Run
from benchmarks.peers import Problem, run_of
from benchmarks.peers.twins import has_twin, twin


def value_of(contender: str, given: Problem) -> Run:
    """The value, compiled where the derivative is; a peer without the kernel gives the error of its derivative."""
    everything = (*given.arguments, *given.weights)
    if contender == "wengert":
        import wengert as wg

        return Run(wg.jit(given.case.loss), lambda: fresh(everything))
    if contender == "wengert recorded":
        return Run(given.case.loss, lambda: fresh(everything))
    peer = {"JAX": "jax", "PyTorch": "torch", "autograd": "autograd"}[contender]
    if not has_twin(peer, given.case):
        return run_of(contender, given)
    function = twin(peer, given.case)

    def total(xp: Any, *arguments: Any) -> Any:
        results = zip(given.weights, function(*arguments, **given.trips), strict=True)
        return sum(xp.sum(xp.asarray(w) * one) for w, one in results)

    if peer == "autograd":
        return Run(lambda *arguments: total(np, *arguments), lambda: given.arguments)
    if peer == "torch":
        import torch

        held = [torch.tensor(one) if isinstance(one, np.ndarray) else one for one in given.arguments]
        return Run(lambda *arguments: total(torch, *arguments), lambda: held)
    import jax
    import jax.numpy as jnp

    static = [place for place, one in enumerate(given.arguments) if isinstance(one, int)]
    loss = jax.jit(lambda *arguments: total(jnp, *arguments), static_argnums=static)
    given_to_jax = [jnp.asarray(one) if isinstance(one, np.ndarray) else one for one in given.arguments]
    return Run(lambda *arguments: jax.block_until_ready(loss(*arguments)), lambda: given_to_jax)
