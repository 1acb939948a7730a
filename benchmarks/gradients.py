"""What a gradient of each kernel costs, compiled by wengert and by JAX: see README.md for the method.

python -m benchmarks.gradients               # all kernels: a Markdown table, and JSON with every repeat
python -m benchmarks.gradients --quick       # tiny sizes and few repeats, to see that it runs
python -m benchmarks.gradients --only adi lu # some of them
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kernels.cases import CASES, Case, Size, fresh
from benchmarks.overhead import SINGLE_THREAD, environment, spread_text

NUMPY, JAX, OWN, OWN_PRIMAL = "NumPy primal", "JAX gradient", "wengert gradient", "wengert primal"
AGREEMENT = 1e-9  # of derivatives, relative to the largest of each array
SECONDS = 0.02  # what one repeat of one run should take
HEADERS = [
    NUMPY,
    OWN_PRIMAL,
    JAX,
    OWN,
    "faster than JAX",
    "gradient / own primal",
    "JAX's first call",
    "own first call",
]


@dataclass(frozen=True)
class Run:
    """Something to be timed: `call` on what `prepare` gives, which is not timed."""

    call: Callable[..., Any]
    prepare: Callable[[], Sequence[Any]]

    def seconds(self, count: int) -> float:
        """The mean time of so many calls."""
        prepared = [self.prepare() for _ in range(count)]
        start = time.perf_counter()
        for arguments in prepared:
            self.call(*arguments)
        return (time.perf_counter() - start) / count


def numpy_primal(case: Case, size: Size) -> tuple[Run, Any]:
    """The kernel as it is, on copies, since it may update its arguments."""
    arguments = case.arguments(size)
    return Run(case.function, lambda: fresh(arguments)), None


def wengert_primal(case: Case, size: Size) -> tuple[Run, Any]:
    """The compiled kernel, in the same way; its results are those of NumPy."""
    import wengert as wg

    arguments = case.arguments(size)
    compiled = wg.jit(case.function)
    for one, other in zip(case.results(arguments, compiled), case.results(arguments), strict=True):
        check_close(one, other)
    return Run(compiled, lambda: fresh(arguments)), None


def wengert_gradient(case: Case, size: Size) -> tuple[Run, Any]:
    """Value and gradient of the loss, compiled."""
    import wengert as wg

    arguments = (*case.arguments(size), *case.weights(size))
    both = wg.value_and_grad(wg.jit(case.loss), case.argnums)
    return Run(both, lambda: arguments), both


def jax_gradient(case: Case, size: Size) -> tuple[Run, Any]:
    """Value and gradient of the twin's loss, compiled, of arrays that JAX holds; a call waits for its results."""
    import jax
    import jax.numpy as jnp

    from benchmarks.jax_twins import value_and_gradient

    jax.config.update("jax_enable_x64", True)
    given = [jnp.asarray(one) if isinstance(one, np.ndarray) else one for one in case.arguments(size)]
    compiled = value_and_gradient(case, size, case.weights(size))

    def both(*arguments: Any) -> Any:
        return jax.block_until_ready(compiled(*arguments))

    return Run(both, lambda: given), both


MAKERS = {NUMPY: numpy_primal, JAX: jax_gradient, OWN: wengert_gradient, OWN_PRIMAL: wengert_primal}


def check_close(one: Any, other: Any) -> None:
    """Raise unless the arrays differ by little, relative to the largest element."""
    one, other = np.asarray(one), np.asarray(other)
    np.testing.assert_allclose(one, other, rtol=0.0, atol=AGREEMENT * float(np.max(np.abs(other))))


def first_call(run: Run) -> tuple[float, Any]:
    """The seconds and the result of a call, which compiles."""
    arguments = run.prepare()
    start = time.perf_counter()
    result = run.call(*arguments)
    return time.perf_counter() - start, result


def measure(case: Case, size: Size, repeats: int) -> dict[str, Any]:
    """Of one kernel: "seconds" of each repeat and "first", by run, and "errors" of runs that failed.

    Values and gradients are compared before anything is timed. The repeats are interleaved: each goes through all runs
    before the next begins.
    """
    runs: dict[str, Run] = {}
    errors: dict[str, str] = {}
    first: dict[str, float] = {}
    outcomes: dict[str, Any] = {}
    for name, make in MAKERS.items():
        try:
            run, compares = make(case, size)
            first[name], result = first_call(run)
            if compares is not None:
                outcomes[name] = result
            if name == OWN and JAX in outcomes:
                check_agreement(outcomes[OWN], outcomes[JAX])
            runs[name] = run
        except Exception as error:  # noqa: BLE001 (whatever fails is a row that says so; the other runs go on)
            errors[name] = f"{type(error).__name__}: {str(error).strip()}"
    counts = {name: max(1, round(SECONDS / run.seconds(1))) for name, run in runs.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    gc.collect()
    gc.freeze()  # what the imported libraries keep alive is not to be visited again and again
    for _ in range(repeats):
        for name, run in runs.items():
            seconds[name].append(run.seconds(counts[name]))
    return {"seconds": seconds, "first": first, "errors": errors}


def check_agreement(found: Any, expected: Any) -> None:
    """Raise unless values and all derivatives agree."""
    check_close(found[0], expected[0])
    for one, other in zip(found[1], expected[1], strict=True):
        check_close(one, other)


def run_worker(name: str, threads: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure a kernel in a fresh process, which has an empty cache of compiled code, so that a first call is one."""
    command = [sys.executable, "-m", "benchmarks.gradients", "--worker", name, f"--repeats={arguments.repeats}"]
    settings = SINGLE_THREAD if threads == "one thread" else {}
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(  # noqa: S603 (this very module)
            command + ["--quick"] * arguments.quick,
            env={**os.environ, **settings, "WENGERT_CACHE_DIR": cache},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:]
        failure = f"the process ended with {done.returncode}: {' '.join(last)}"
        return {"seconds": {}, "first": {}, "errors": {"all": failure}}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def ratio(found: dict[str, Any], slow: str, quick: str) -> float | None:
    """How many times longer one run takes than another: the median over the repeats, or none if one of them failed."""
    seconds = found["seconds"]
    if slow not in seconds or quick not in seconds:
        return None
    return statistics.median(one / other for one, other in zip(seconds[slow], seconds[quick], strict=True))


def row(name: str, found: dict[str, Any]) -> str:
    """The kernel's row of the table: times in milliseconds, first calls in seconds."""
    cells = [spread_text([1e3 * one for one in found["seconds"].get(key, [])] or [float("nan")]) for key in HEADERS[:4]]
    cells = ["" if cell.startswith("nan") else cell for cell in cells]
    for factor in (ratio(found, JAX, OWN), ratio(found, OWN, OWN_PRIMAL)):
        cells.append("" if factor is None else f"{factor:.2f}")
    cells += [f"{found['first'][key]:.2f}" if key in found["first"] else "" for key in (JAX, OWN)]
    for key, error in found["errors"].items():
        cells[-1] += f" {key} failed: {' '.join(error.split())[:200].replace('|', '/')}"
    return f"| {name} | {' | '.join(cells)} |"


def geometric_mean(factors: Iterable[float | None]) -> str:
    """With the number of kernels that have one."""
    known = [factor for factor in factors if factor is not None]
    return f"{statistics.geometric_mean(known):.2f} ({len(known)})" if known else "none (0)"


def summary_rows(results: dict[str, dict[str, Any]]) -> list[str]:
    """For each group, and for all: geometric means of the ratios, with the number of kernels they are over."""
    rows = []
    for group in (*dict.fromkeys(case.group for case in CASES.values()), "all"):
        chosen = [found for name, found in results.items() if group in {CASES[name].group, "all"}]
        pairs = ((JAX, OWN), (OWN, OWN_PRIMAL), (NUMPY, OWN_PRIMAL), (JAX, NUMPY))
        means = [geometric_mean(ratio(found, slow, quick) for found in chosen) for slow, quick in pairs]
        rows.append(f"| {group} | {len(chosen)} | {' | '.join(means)} |")
    return rows


def table(headers: Sequence[str]) -> str:
    """The first two lines of a table, whose first column is text."""
    return f"| {' | '.join(headers)} |\n|:---|{'---:|' * (len(headers) - 1)}"


def main() -> None:
    """Measure each kernel with one thread and with the libraries' own number of threads; print tables, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats of tiny inputs")
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="NAME", help="these kernels alone")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "gradients.json")
    parser.add_argument("--worker", choices=list(CASES), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        size: Size = "tiny" if arguments.quick else "measured"
        print(json.dumps(measure(CASES[arguments.worker], size, 3 if arguments.quick else arguments.repeats)))
        return
    about = environment()
    print(f"{about['cpu']}, {about['cores']} cores, Python {about['python']}")
    print(", ".join(f"{name} {number}" for name, number in about["versions"].items()))
    results: dict[str, dict[str, Any]] = {}
    for threads in ("one thread", "default threads"):
        print(f"\n{threads}: milliseconds, median (quartiles); first calls in seconds\n\n{table(['kernel', *HEADERS])}")
        results[threads] = {}
        for name in arguments.only or CASES:
            results[threads][name] = run_worker(name, threads, arguments)
            print(row(name, results[threads][name]), flush=True)
        means = ["faster than JAX", "gradient / own primal", "NumPy primal / own primal", "JAX gradient / NumPy primal"]
        print(f"\ngeometric means (number of kernels)\n\n{table(['group', 'kernels', *means])}")
        print("\n".join(summary_rows(results[threads])))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps({**about, "results": results}), encoding="utf-8")
    print(f"\nwritten to {arguments.output}")


if __name__ == "__main__":
    main()
