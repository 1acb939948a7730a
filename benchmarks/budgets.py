"""What budgets of memory cost: the derivative of the long simulation in less and less memory, beside JAX.

    python -m benchmarks.budgets 10000

Each row is a process of its own, which computes the derivative twice and times the second time. Its peak is that of the
whole process, interpreter, libraries and compiler included; the first row has what a process takes that runs the
simulation alone. "Again" are the iterations run again between kept states, for each one of the loop, and the optimum of
Griewank and Walther for the states that were kept; each is run once more when its block is swept back. JAX keeps the
states of every so many steps, the square root of all of them, by `jax.checkpoint` around an inner `scan`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.suites.memory import peak_bytes

POINTS = 194
RATES = np.array([0.03, 0.055])
ROWS = ("value", "no budget", "3 GB", "1 GB", "300 MB", "100 MB", "30 MB", "JAX, all kept", "JAX, square root")


def _inputs() -> tuple[Any, ...]:
    from examples.long_simulation import start

    u, v = start(POINTS)
    return RATES, u, v, np.zeros_like(v)


def _with_wengert(row: str, steps: int) -> dict[str, Any]:
    from examples.long_simulation import misfit

    import wengert as wg
    from wengert.checkpointing import Progress, planning
    from wengert.schedules import optimal_advances

    compiled = wg.jit(misfit)
    if row == "value":
        rates, *rest = _inputs()
        compiled(rates, *rest, steps)
        return {"seconds": None, "gradient": None}
    seen, plans = [Progress()], []
    original = planning.plan_loop

    def plan_loop(*given: Any) -> Any:
        plans.append(original(*given))
        return plans[-1]

    options = {} if row == "no budget" else {"memory": row, "progress": seen.append}
    derivative = wg.grad(compiled, **options)  # type: ignore[arg-type]  # of options of several kinds
    with patch("wengert.checkpointing.compiled.plan_loop", plan_loop):
        for _ in range(2):
            begun = time.perf_counter()
            gradient = derivative(*_inputs(), steps)
            seconds = time.perf_counter() - begun
    found: dict[str, Any] = {"seconds": seconds, "gradient": list(gradient)}
    if plans:
        blocks = -(-steps // plans[-1].block)
        least = plans[-1].block * (optimal_advances(blocks, plans[-1].snapshots) - blocks + 1)
        found |= {"again": seen[-1].recomputed, "least": least}
    return found


def _with_jax(row: str, steps: int) -> dict[str, Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    inner = int(np.sqrt(steps)) if row.endswith("root") else steps

    def step(rates: Any, state: Any) -> Any:
        u, v = state
        middle = (slice(1, -1), slice(1, -1))
        reaction = u[middle] * v[middle] ** 2
        spread_u, spread_v = (w[2:, 1:-1] + w[:-2, 1:-1] + w[1:-1, 2:] + w[1:-1, :-2] - 4.0 * w[middle] for w in (u, v))
        return (
            u.at[middle].add(0.16 * spread_u - reaction + rates[0] * (1.0 - u[middle])),
            v.at[middle].add(0.08 * spread_v + reaction - (rates[0] + rates[1]) * v[middle]),
        )

    def misfit(rates: Any, u: Any, v: Any, target: Any) -> Any:
        def stretch(state: Any, count: int) -> Any:
            return jax.lax.scan(lambda one, _: (step(rates, one), None), state, length=count)[0]

        state = (u, v)
        if inner < steps:
            stretched = jax.checkpoint(lambda one: stretch(one, inner))
            state, _ = jax.lax.scan(lambda one, _: (stretched(one), None), state, length=steps // inner)
        state = stretch(state, steps % inner if inner < steps else steps)
        return jnp.mean((state[1] - target) ** 2)

    derivative = jax.jit(jax.grad(misfit))
    given = [jnp.asarray(one) for one in _inputs()]
    for _ in range(2):
        begun = time.perf_counter()
        gradient = np.asarray(derivative(*given))
        seconds = time.perf_counter() - begun
    return {"seconds": seconds, "gradient": list(gradient)}


def measure(row: str, steps: int) -> dict[str, Any]:
    """One row, in this process."""
    found = (_with_jax if row.startswith("JAX") else _with_wengert)(row, steps)
    return found | {"peak": peak_bytes()}


def main(steps: int) -> None:
    """Print the table."""
    print(f"| {steps} steps | peak of the process, MB | seconds | again, for each step | optimum | derivative |")
    print("|---|---|---|---|---|---|")
    for row in ROWS:
        command = [sys.executable, "-m", "benchmarks.budgets", str(steps), row]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (a row of ours)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no memory"])[-1]
            print(f"| {row} | {reason} | | | | |", flush=True)
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        seconds = "" if found["seconds"] is None else f"{found['seconds']:.1f}"
        again = ["" if key not in found else f"{found[key] / steps:.3f}" for key in ("again", "least")]
        gradient = "" if found["gradient"] is None else " ".join(f"{one:.12g}" for one in found["gradient"])
        print(f"| {row} | {found['peak'] / 1e6:.0f} | {seconds} | {again[0]} | {again[1]} | {gradient} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[2], int(sys.argv[1]))))
    else:
        main(int(sys.argv[1]))
