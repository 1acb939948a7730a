"""What recording and sweeping one operation cost, in microseconds, beside peers: see README.md for the method.

python -m benchmarks.overhead            # about two minutes: a Markdown table, and JSON with every repeat
python -m benchmarks.overhead --quick    # a few seconds, to see that it runs
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (1, 10, 100, 10_000)
OPERATIONS = 200
PHASES = ("forward", "reverse", "together")
LIBRARIES = {"wengert": "wengert", "autograd": "autograd", "PyTorch": "torch", "JAX, no jit": "jax", "NumPy": "numpy"}
SINGLE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}

Phases = dict[str, Callable[[], Any]]


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


def numpy_phases(x: Any, y: Any, weights: Any, operations: int) -> tuple[Phases, Any]:
    """The primal alone."""
    loss = make_loss(np, weights, operations)
    return {"forward": lambda: loss(x, y)}, (loss(x, y),)


def wengert_phases(x: Any, y: Any, weights: Any, operations: int) -> tuple[Phases, Any]:
    """Recording by `vjp`, its pullback, and `value_and_grad`."""
    import wengert as wg

    loss = make_loss(np, weights, operations)
    _, pullback = wg.vjp(loss, x, y)
    both = wg.value_and_grad(loss, (0, 1))
    phases = {"forward": lambda: wg.vjp(loss, x, y), "reverse": lambda: pullback(1.0), "together": lambda: both(x, y)}
    return phases, both(x, y)


def autograd_phases(x: Any, y: Any, weights: Any, operations: int) -> tuple[Phases, Any]:
    """The same of HIPS autograd."""
    import autograd
    import autograd.numpy as anp

    loss = make_loss(anp, weights, operations)
    make_vjp = autograd.make_vjp(loss, (0, 1))
    pullback, _ = make_vjp(x, y)
    both = autograd.value_and_grad(loss, (0, 1))
    phases = {"forward": lambda: make_vjp(x, y), "reverse": lambda: pullback(1.0), "together": lambda: both(x, y)}
    return phases, both(x, y)


def torch_phases(x: Any, y: Any, weights: Any, operations: int) -> tuple[Phases, Any]:
    """PyTorch eager: the graph is kept for the reverse sweep alone."""
    import torch

    loss = make_loss(torch, torch.tensor(weights), operations)
    tx, ty = torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)
    kept = loss(tx, ty)

    def together() -> Any:
        value = loss(tx, ty)
        return value, torch.autograd.grad(value, (tx, ty))

    phases = {
        "forward": lambda: loss(tx, ty),
        "reverse": lambda: torch.autograd.grad(kept, (tx, ty), retain_graph=True),
        "together": together,
    }
    value, gradients = together()
    return phases, (value.detach().numpy(), tuple(one.numpy() for one in gradients))


def jax_phases(x: Any, y: Any, weights: Any, operations: int) -> tuple[Phases, Any]:
    """JAX operation by operation, without `jit`; each phase waits for its results."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    loss = make_loss(jnp, jnp.asarray(weights), operations)
    jx, jy = jnp.asarray(x), jnp.asarray(y)
    _, pullback = jax.vjp(loss, jx, jy)
    both = jax.value_and_grad(loss, (0, 1))
    one = jnp.asarray(1.0)
    phases = {
        "forward": lambda: jax.block_until_ready(jax.vjp(loss, jx, jy)[0]),
        "reverse": lambda: jax.block_until_ready(pullback(one)),
        "together": lambda: jax.block_until_ready(both(jx, jy)),
    }
    return phases, both(jx, jy)


MAKERS: dict[str, Callable[[Any, Any, Any, int], tuple[Phases, Any]]] = {
    "wengert": wengert_phases,
    "autograd": autograd_phases,
    "PyTorch": torch_phases,
    "JAX, no jit": jax_phases,
    "NumPy": numpy_phases,
}


def check_agreement(outcomes: dict[str, Any]) -> None:
    """Every library's value, and its gradients, are those of wengert."""
    value, gradients = outcomes["wengert"]
    for name, found in outcomes.items():
        np.testing.assert_allclose(np.asarray(found[0]), value, rtol=1e-9, err_msg=name)
        for one, expected in zip(found[1] if len(found) > 1 else (), gradients, strict=False):
            np.testing.assert_allclose(np.asarray(one), expected, rtol=1e-8, atol=1e-12, err_msg=name)


def calls_in(function: Callable[[], Any], seconds: float) -> int:
    """How many calls take about this long; at least one."""
    function()
    start = time.perf_counter()
    function()
    return max(1, round(seconds / (time.perf_counter() - start)))


def measure(size: int, repeats: int, seconds: float) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Seconds for one call: by library, phase and length of the chain, one number for each repeat.

    The repeats are interleaved: each goes through all libraries before the next begins.
    """
    random = np.random.default_rng(size)
    x, y, weights = (random.uniform(0.5, 1.5, size) for _ in range(3))
    runs: dict[tuple[str, str, str], Callable[[], Any]] = {}
    for length, operations in (("chain", OPERATIONS), ("empty", 0)):
        outcomes = {}
        for name, make in MAKERS.items():
            if is_installed(name):
                phases, outcomes[name] = make(x, y, weights, operations)
                runs |= {(name, phase, length): run for phase, run in phases.items()}
        check_agreement(outcomes)
    counts = {key: calls_in(run, seconds) for key, run in runs.items()}
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    gc.collect()
    gc.freeze()  # what the imported libraries keep alive is not to be visited again and again
    for _ in range(repeats):
        for (name, phase, length), run in runs.items():
            calls = range(counts[name, phase, length])
            start = time.perf_counter()
            for _ in calls:
                run()
            elapsed = (time.perf_counter() - start) / len(calls)
            found.setdefault(name, {}).setdefault(phase, {}).setdefault(length, []).append(elapsed)
    return found


def is_installed(name: str) -> bool:
    """Whether the library of a row can be imported here."""
    try:
        version(LIBRARIES[name])
    except PackageNotFoundError:
        return False
    return True


def per_operation(times: dict[str, list[float]]) -> list[float]:
    """Microseconds for one operation, by repeat: what the chain costs beyond the empty program."""
    return [1e6 * (chain - empty) / OPERATIONS for chain, empty in zip(times["chain"], times["empty"], strict=True)]


def spread_text(values: list[float]) -> str:
    """The median, and in parentheses the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    digits = 2 if middle < 10 else 1 if middle < 100 else 0
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def markdown_rows(size: int, found: dict[str, dict[str, dict[str, list[float]]]]) -> list[str]:
    """The rows of one size: per operation by phase, the ratio to wengert, the time of an empty call."""
    rows = []
    own = per_operation(found["wengert"]["together"])
    for name in LIBRARIES:
        if name not in found:
            rows.append(f"| {size} | {name} | not installed | | | | |")
            continue
        phases = found[name]
        cells = [spread_text(per_operation(phases[phase])) if phase in phases else "" for phase in PHASES]
        last = "together" if "together" in phases else "forward"
        ratios = [one / mine for one, mine in zip(per_operation(phases[last]), own, strict=True)]
        empty = spread_text([1e6 * seconds for seconds in phases[last]["empty"]])
        rows.append(f"| {size} | {name} | {' | '.join(cells)} | {statistics.median(ratios):.2f} | {empty} |")
    return rows


def environment() -> dict[str, Any]:
    """What the numbers depend on."""
    cpu = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.exists():
        models = [
            line for line in information.read_text(encoding="utf-8").splitlines() if line.startswith("model name")
        ]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    versions = {package: version(package) for name, package in LIBRARIES.items() if is_installed(name)}
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
    }


def work(arguments: argparse.Namespace) -> None:
    """Measure all sizes in this process, and print the times as JSON."""
    sizes = SIZES[:2] if arguments.quick else SIZES
    repeats, seconds = (3, 0.002) if arguments.quick else (arguments.repeats, 0.02)
    print(json.dumps({str(size): measure(size, repeats, seconds) for size in sizes}))


def run_worker(threads: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure in a fresh process, whose libraries read the number of threads when they are imported."""
    command = [sys.executable, str(Path(__file__).resolve()), "--worker", f"--repeats={arguments.repeats}"]
    settings = SINGLE_THREAD if threads == "one thread" else {}
    done = subprocess.run(  # noqa: S603 (this very file)
        command + ["--quick"] * arguments.quick,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure with one thread and with the libraries' own number of threads; print tables, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats of two sizes")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "overhead.json")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments)
        return
    about = environment()
    print(f"{about['cpu']}, {about['cores']} cores, Python {about['python']}")
    print(", ".join(f"{name} {number}" for name, number in about["versions"].items()))
    results = {}
    for threads in ("one thread", "default threads"):
        results[threads] = run_worker(threads, arguments)
        print(f"\n{threads}: microseconds for one operation, median (quartiles)\n")
        print("| elements | library | forward | reverse | together | ratio to wengert | empty call |")
        print("|---:|---|---:|---:|---:|---:|---:|")
        for size, found in results[threads].items():
            print("\n".join(markdown_rows(int(size), found)))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps({**about, "operations": OPERATIONS, "seconds": results}), encoding="utf-8")
    print(f"\nwritten to {arguments.json}")


if __name__ == "__main__":
    main()
