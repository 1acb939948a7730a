"""`overhead`: what recording and sweeping one operation costs, in microseconds.

A chain of elementwise operations on small arrays, ended by a weighted sum; the gradient is with respect to two arrays.
The time of one operation is that of the chain less that of the same call without it, divided by the length of the
chain.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.figures import Found, Notes, factor_text, number, ratio, seconds, spread_text, table
from benchmarks.measuring import Run, Subject, arrays, first_call
from benchmarks.peers import CONTENDERS

NAME = "overhead"
TITLE = "Cost of one recorded operation"
TIMED = True
WITH_THREADS = False
PROCESSES = {"tiny": 1, "S": 1, "M": 1}
OPERATIONS = 200
SIZES = {"tiny": (1,), "S": (1,), "M": (1, 10, 100, 10_000)}
PHASES = ("forward", "reverse", "together")
OWN = "wengert recorded"
CHAINS = {
    OWN: "wengert_phases",
    "autograd": "autograd_phases",
    "PyTorch": "torch_phases",
    "JAX": "jax_phases",
    "NumPy primal": "numpy_phases",
}

Phases = dict[str, Callable[[], Any]]


def cases(size: str) -> list[str]:
    """The numbers of elements."""
    return [f"arrays of {elements}" for elements in SIZES[size]]


def elements_of(case: str) -> int:
    """The number of elements of a case."""
    return int(case.removeprefix("arrays of "))


def contenders(case: str) -> list[str]:
    """Those that record; JAX without `jit`, operation by operation."""
    return list(CHAINS)


def kind(contender: str) -> str:
    """Functions alone, or derivatives."""
    return CONTENDERS[contender].kind


def subject(case: str, contender: str, size: str, seed: int) -> Subject:
    """The phases of the chain, and those of no chain."""
    elements = elements_of(case)
    rng = np.random.default_rng([elements, seed])
    given = [rng.uniform(0.5, 1.5, elements) for _ in range(3)]
    runs = {}
    make = globals()[CHAINS[contender]]
    for length, operations in (("empty", 0), ("chain", OPERATIONS)):
        phases = make(*given, operations)
        runs |= {f"{phase} {length}": Run(call) for phase, call in phases.items()}
    taken, result = first_call(Run(phases.get("together", phases["forward"])))
    return Subject(runs, arrays(result), taken)


def make_loss(xp: Any, weights: Any, operations: int) -> Callable[[Any, Any], Any]:
    """A chain of elementwise operations, written for the array functions of `xp`, and a weighted sum of its result."""

    def loss(x: Any, y: Any) -> Any:
        a = x - y
        for _ in range(operations // 4):
            a = a * y
            a = xp.sin(a)
            a = a + x
            a = xp.cos(a)
        return xp.sum(weights * a)

    return loss


def numpy_phases(x: Any, y: Any, weights: Any, operations: int) -> Phases:
    """The function alone."""
    loss = make_loss(np, weights, operations)
    return {"forward": lambda: loss(x, y)}


def wengert_phases(x: Any, y: Any, weights: Any, operations: int) -> Phases:
    """Recording by `vjp`, its pullback, and `value_and_grad`."""
    import wengert as wg

    loss = make_loss(np, weights, operations)
    _, pullback = wg.vjp(loss, x, y)
    both = wg.value_and_grad(loss, (0, 1))
    return {"forward": lambda: wg.vjp(loss, x, y), "reverse": lambda: pullback(1.0), "together": lambda: both(x, y)}


def autograd_phases(x: Any, y: Any, weights: Any, operations: int) -> Phases:
    """The same of HIPS autograd."""
    import autograd
    import autograd.numpy as anp

    loss = make_loss(anp, weights, operations)
    make_vjp = autograd.make_vjp(loss, (0, 1))
    pullback, _ = make_vjp(x, y)
    both = autograd.value_and_grad(loss, (0, 1))
    return {"forward": lambda: make_vjp(x, y), "reverse": lambda: pullback(1.0), "together": lambda: both(x, y)}


def torch_phases(x: Any, y: Any, weights: Any, operations: int) -> Phases:
    """PyTorch eager: the graph is kept for the reverse sweep alone."""
    import torch

    loss = make_loss(torch, torch.tensor(weights), operations)
    tx, ty = torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)
    kept = loss(tx, ty)

    def together() -> Any:
        value = loss(tx, ty)
        return value, torch.autograd.grad(value, (tx, ty))

    return {
        "forward": lambda: loss(tx, ty),
        "reverse": lambda: torch.autograd.grad(kept, (tx, ty), retain_graph=True),
        "together": together,
    }


def jax_phases(x: Any, y: Any, weights: Any, operations: int) -> Phases:
    """JAX operation by operation, without `jit`; each phase waits for its results."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    loss = make_loss(jnp, jnp.asarray(weights), operations)
    jx, jy = jnp.asarray(x), jnp.asarray(y)
    _, pullback = jax.vjp(loss, jx, jy)
    both = jax.value_and_grad(loss, (0, 1))
    one = jnp.asarray(1.0)
    return {
        "forward": lambda: jax.block_until_ready(jax.vjp(loss, jx, jy)[0]),
        "reverse": lambda: jax.block_until_ready(pullback(one)),
        "together": lambda: jax.block_until_ready(both(jx, jy)),
    }


def per_operation(measurement: dict[str, Any] | None, phase: str) -> list[float]:
    """Microseconds for one operation, by repeat."""
    pairs = zip(seconds(measurement, f"{phase} chain"), seconds(measurement, f"{phase} empty"), strict=True)
    return [1e6 * (chain - empty) / OPERATIONS for chain, empty in pairs]


def tables(found: Found) -> list[str]:
    """A row for each number of elements and library."""
    notes = Notes()
    rows = []
    for case, measurements in found.items():
        own = per_operation(measurements.get(OWN), "together")
        for name, measurement in measurements.items():
            label = f"{case}, {'JAX, no jit' if name == 'JAX' else name}"
            if measurement["error"]:
                rows.append([label, notes.mark(label, measurement["error"]), *[""] * 4])
                continue
            last = "together" if "together chain" in measurement["repeats"] else "forward"
            rows.append(
                [
                    label,
                    *(spread_text(per_operation(measurement, phase)) for phase in PHASES),
                    factor_text(ratio(per_operation(measurement, last), own)),
                    spread_text([1e6 * one for one in seconds(measurement, f"{last} empty")]),
                ]
            )
    headers = ["", *PHASES, "ratio to wengert", "a call without operations"]
    return ["Microseconds for one operation, median (quartiles):", "", *table(headers, rows), *notes.lines()]


def draw(axes: Any, found: Found) -> None:
    """Microseconds over the number of elements, a line for each library."""
    elements = [elements_of(case) for case in found]
    for name in CHAINS:
        last = "forward" if name == "NumPy primal" else "together"
        times = [per_operation(measurements.get(name), last) for measurements in found.values()]
        known = [(size, float(np.median(one))) for size, one in zip(elements, times, strict=True) if one]
        if known:
            axes.plot(*zip(*known, strict=True), marker="o", label="JAX, no jit" if name == "JAX" else name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("elements of each array")
    axes.set_ylabel("microseconds for one operation, there and back")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def summary(found: Found) -> list[str]:
    """Microseconds for one operation by each library, of the fewest elements."""
    case, measurements = next(iter(found.items()))
    times = {name: per_operation(measurement, "together") for name, measurement in measurements.items()}
    texts = [
        f"{'JAX without jit' if name == 'JAX' else name} {number(statistics.median(one))}"
        for name, one in times.items()
        if one
    ]
    return [f"{case}, there and back, microseconds: {', '.join(texts)}"]


def behind(found: Found) -> list[str]:
    """Where another library records an operation faster."""
    lines = []
    for case, measurements in found.items():
        own = per_operation(measurements.get(OWN), "together")
        for name, measurement in measurements.items():
            if name not in {OWN, "NumPy primal"}:
                value = ratio(own, per_operation(measurement, "together"))
                if value is not None and value > 1.0:
                    lines.append(f"{case}: {value:.2f} times the time of {name}")
    return lines
