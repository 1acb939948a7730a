"""`compile`: seconds of the first call, in a fresh process and with empty caches, and how they grow.

With the trip count of a loop: a stencil over more and more steps. With the length of the source: more and more
statements in the body of one loop, no two alike. And of whole kernels. Imports are over before the clock starts, on all
sides. What is listed is the first call as a user waits for it, the run of the derivative included.
"""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.figures import Found, Notes, spread_text, table
from benchmarks.kernels.cases import CASES, Case, Size
from benchmarks.measuring import Run, Subject, arrays, first_call
from benchmarks.peers import CONTENDERS, Problem, problem, run_of

NAME = "compile"
TITLE = "First call"
TIMED = False
WITH_THREADS = False
PROCESSES = {"tiny": 1, "S": 1, "M": 3}
TRIPS = {"tiny": (2,), "S": (100,), "M": (10, 100, 1000, 10_000)}
LENGTHS = {"tiny": (2,), "S": (40,), "M": (10, 40, 160, 320)}
KERNELS = {"tiny": (), "S": (), "M": ("cholesky", "cavity_flow", "lstm", "runge_kutta", "vertical_advection")}
NAMES = ("wengert", "JAX", "JAX, Python's loop", "PyTorch compiled", "Numba primal")


def cases(size: str) -> list[str]:
    """Trip counts, lengths of source, kernels."""
    trips = [f"trip count {one}" for one in TRIPS[size]]
    return [*trips, *(f"statements {one}" for one in LENGTHS[size]), *KERNELS[size]]


def contenders(case: str) -> list[str]:
    """Those that compile; JAX with a loop of Python's, which it unrolls, where the trip count is what grows."""
    unrolled = case.startswith("trip count")
    return [name for name in NAMES if unrolled or name != "JAX, Python's loop"]


def kind(contender: str) -> str:
    """Functions alone, or derivatives."""
    return CONTENDERS[contender].kind


def subject(case: str, contender: str, size: str, seed: int) -> Subject:
    """Its first call: no more."""
    warm_up(contender)
    if case.startswith("trip count"):
        given = problem(stencil(int(case.rsplit(maxsplit=1)[-1])), "measured", seed)
        run = unrolled_by_jax(given) if contender == "JAX, Python's loop" else run_of(contender, given)
    elif case.startswith("statements"):
        run = long_source(int(case.rsplit(maxsplit=1)[-1]), contender, seed)
    else:
        kernel: Size = "tiny" if size == "tiny" else "measured"
        run = run_of(contender, problem(CASES[case], kernel, seed))
    taken, result = first_call(run)
    compared = () if kind(contender) == "primal" else arrays(result)
    return Subject(outcome=compared, first=taken)


def warm_up(contender: str) -> None:
    """The first `jit` of a process imports the compiler; `import jax` is before the clock too."""
    if contender == "wengert":
        import wengert as wg

        wg.jit(np.sum)
    elif contender.startswith("Numba"):
        import numba

        numba.njit(lambda: None)()


def stencil(steps: int) -> Case:
    """A small `jacobi_1d` with that many steps."""
    sizes: dict[Size, Any] = {"tiny": {"steps": 2, "shape": 9}, "measured": {"steps": steps, "shape": 100}}
    return replace(CASES["jacobi_1d"], sizes=sizes)


def unrolled_by_jax(given: Problem) -> Run:
    """The stencil with the loop of Python's, as it stands in the kernel."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    steps, A, B = given.arguments
    w, v = given.weights

    def loss(A: Any, B: Any) -> Any:
        for _ in range(steps):
            B = B.at[1:-1].set(0.33333 * (A[:-2] + A[1:-1] + A[2:]))
            A = A.at[1:-1].set(0.33333 * (B[:-2] + B[1:-1] + B[2:]))
        return jnp.sum(w * A) + jnp.sum(v * B)

    both = jax.jit(jax.value_and_grad(loss, (0, 1)))
    held = (jnp.asarray(A), jnp.asarray(B))
    return Run(lambda *arrays: jax.block_until_ready(both(*arrays)), lambda: held)


SOURCE = {
    "numpy": """import numpy as np


def run(x, y, w):
    a = x.copy()
    for _ in range(3):
{statements}
    return np.sum(w * a)
""",
    "jax": """import jax.numpy as np
from jax import lax


def run(x, y, w):
    def body(_, a):
{statements}
        return a
    return np.sum(w * lax.fori_loop(0, 3, body, x))
""",
    "torch": """import torch as np


def run(x, y, w):
    a = x
    for _ in range(3):
{statements}
    return np.sum(w * a)
""",
}
STATEMENTS = (
    "a = np.sin(a) * {c} + y",
    "a = a * y - {c} * x",
    "a = a / ({c} + a * a)",
    "a = np.exp(-a * a) + {c} * a",
)


def module_of(library: str, length: int, folder: str) -> ModuleType:
    """A module with so many statements in the body of a loop, each with a constant of its own."""
    lines = [STATEMENTS[place % 4].format(c=1.0 + 0.01 * place) for place in range(length)]
    path = Path(folder) / f"long_{library}.py"
    text = SOURCE[library].format(statements="\n".join(f"        {line}" for line in lines))
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def long_source(length: int, contender: str, seed: int) -> Run:
    """The gradient of the program with so many statements, with respect to two arrays; of Numba, the function alone."""
    x, y, w = np.random.default_rng([length, seed]).uniform(0.5, 1.5, size=(3, 200))
    folder = tempfile.mkdtemp()  # the source has to stay until the first call has read it
    if contender == "wengert":
        import wengert as wg

        both = wg.value_and_grad(wg.jit(module_of("numpy", length, folder).run), (0, 1))
        return Run(both, lambda: (x, y, w))
    if contender == "Numba primal":
        import numba

        return Run(numba.njit(module_of("numpy", length, folder).run), lambda: (x, y, w))
    if contender == "JAX":
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        gradient = jax.jit(jax.value_and_grad(module_of("jax", length, folder).run, (0, 1)))
        return Run(lambda *some: jax.block_until_ready(gradient(*some)), lambda: tuple(map(jnp.asarray, (x, y, w))))
    import torch

    loss = torch.compile(module_of("torch", length, folder).run, dynamic=False)
    tx, ty = torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)

    def with_gradient(*some: Any) -> Any:
        value = loss(*some)
        return value, torch.autograd.grad(value, (tx, ty))

    return Run(with_gradient, lambda: (tx, ty, torch.tensor(w)))


def tables(found: Found) -> list[str]:
    """A row for each case."""
    notes = Notes()
    rows = []
    for case, measurements in found.items():
        cells = []
        for name in NAMES:
            one = measurements.get(name)
            error = one["error"] if one else ""
            cells.append(notes.mark(f"{case}, {name}", error) if error else spread_text(one["first"]) if one else "")
        rows.append([case, *cells])
    return ["Seconds, median (quartiles):", "", *table(["", *NAMES], rows), *notes.lines()]


def median(measurement: dict[str, Any] | None) -> float | None:
    """Seconds of the first call."""
    return statistics.median(measurement["first"]) if measurement and not measurement["error"] else None


def draw(axes: Any, found: Found) -> None:
    """Seconds over the trip count (solid) and over the number of statements (dashed)."""
    for place, name in enumerate(NAMES):
        for prefix, style in (("trip count", "-"), ("statements", "--")):
            rows = [(int(case.split()[-1]), median(found[case].get(name))) for case in found if case.startswith(prefix)]
            known = [(count, value) for count, value in rows if value is not None]
            if known:
                label = f"{name}, by {prefix}"
                axes.plot(*zip(*known, strict=True), style, marker="o", color=f"C{place}", label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("trip count of a loop; statements in its body")
    axes.set_ylabel("seconds of the first call")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def summary(found: Found) -> list[str]:
    """From the first to the last case of each kind of growth."""
    lines = []
    for prefix in ("trip count", "statements"):
        cases = [case for case in found if case.startswith(prefix)]
        texts = []
        for name in NAMES:
            ends = [median(found[case].get(name)) for case in (cases[0], cases[-1])] if cases else []
            if ends and None not in ends:
                texts.append(f"{name} {ends[0]:.2f} to {ends[1]:.2f}")
        if texts:
            lines.append(f"{cases[0]} to {cases[-1].split()[-1]}, seconds: {', '.join(texts)}")
    return lines


def behind(found: Found) -> list[str]:
    """Where another library's first derivative comes sooner."""
    lines = []
    for case, measurements in found.items():
        own = median(measurements.get("wengert"))
        for name in ("JAX", "PyTorch compiled"):
            other = median(measurements.get(name))
            if own is not None and other is not None and own > other:
                lines.append(f"{case}: {own:.2f} s, {name} {other:.2f} s")
    return lines
