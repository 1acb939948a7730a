"""`memory`: peak bytes of the reverse sweep.

The peak of resident memory of a process that computes a derivative, less that of another that does the same up to the
function's value. Both compute the derivative of the tiny inputs first, so that libraries, compilers and their memory
are in both; the peak is that of the whole process, so what a library allocates in advance or compiles for larger sizes
is in it.
"""

from __future__ import annotations

import resource
import statistics
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.figures import Found, Notes, number, table
from benchmarks.kernels.cases import CASES, Case
from benchmarks.measuring import Subject, arrays, first_call
from benchmarks.peers import CONTENDERS, problem, run_of
from benchmarks.peers.values import value_of

NAME = "memory"
TITLE = "Peak memory of the reverse sweep"
TIMED = False
WITH_THREADS = False
PROCESSES = {"tiny": 1, "S": 1, "M": 1}
WAYS = ("value", "derivative")
SIZES: dict[str, dict[str, dict[str, Any]]] = {
    "S": {"lstm": {"t": 200, "n": 64, "features": 64, "units": 128}},
    "M": {
        "fdtd_2d": {"steps": 100, "nx": 400, "ny": 480},
        "jacobi_2d": {"steps": 100, "shape": (500, 500)},
        "lstm": {"t": 400, "n": 64, "features": 64, "units": 128},
        "newton": {"n": 1_000_000},
        "nbody": {"steps": 40, "n": 300},
        "gaussian_mixture": {"n": 50_000, "d": 20, "k": 25},
        "horizontal_diffusion": {"i": 300, "j": 300, "k": 60},
    },
}
NAMES = ("wengert", "wengert recorded", "JAX", "PyTorch", "autograd")


def cases(size: str) -> list[str]:
    """Two ways for each kernel."""
    names = ["lstm"] if size == "tiny" else list(SIZES[size])
    return [f"{name}, {way}" for name in names for way in WAYS]


def contenders(case: str) -> list[str]:
    """Those with a reverse sweep."""
    return list(NAMES)


def kind(contender: str) -> str:
    """All compute the same."""
    return CONTENDERS[contender].kind


def sized(name: str, size: str) -> Case:
    """The kernel with the sizes of this suite."""
    case = CASES[name]
    measured = case.sizes["tiny"] if size == "tiny" else SIZES[size][name]
    return replace(case, sizes={"tiny": case.sizes["tiny"], "measured": measured})


def subject(case: str, contender: str, size: str, seed: int) -> Subject:
    """The peak, after the derivative of the tiny inputs and then the value or the derivative of the large ones."""
    name, way = case.split(", ")
    kernel = sized(name, size)
    first_call(run_of(contender, problem(kernel, "tiny", seed)))
    given = problem(kernel, "measured", seed)
    run = run_of(contender, given) if way == "derivative" else value_of(contender, given)
    taken, result = first_call(run)
    return Subject(outcome=arrays(result), first=taken, counts={"peak": peak_bytes()})


def peak_bytes() -> float:
    """The high-water mark of this process: where the system tells, without that of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text(encoding="utf-8").splitlines() if one.startswith("VmHWM"))
        return 1024.0 * int(line.split()[1])
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(largest) if sys.platform == "darwin" else 1024.0 * largest


def megabytes(found: Found, name: str, contender: str) -> float | None:
    """Of the sweep: the peak with a derivative less that with the value alone; none where either failed."""
    both = [found.get(f"{name}, {way}", {}).get(contender) for way in WAYS]
    if any(one is None or one["error"] for one in both):
        return None
    value, derivative = (one["counts"]["peak"] for one in both if one)
    return max(0.0, (derivative - value) / 1e6)


def names_of(found: Found) -> list[str]:
    """The kernels."""
    return list(dict.fromkeys(case.split(", ")[0] for case in found))


def tables(found: Found) -> list[str]:
    """A row for each kernel."""
    notes = Notes()
    rows = []
    for name in names_of(found):
        cells = []
        for contender in NAMES:
            number = megabytes(found, name, contender)
            errors = [
                found[case][contender]["error"]
                for case in found
                if case.startswith(f"{name}, ") and contender in found[case]
            ]
            error = next((one for one in errors if one), "")
            cells.append(
                notes.mark(f"{name}, {contender}", error) if error else "" if number is None else f"{number:.0f}"
            )
        rows.append([name, *cells])
    return ["Megabytes:", "", *table(["", *NAMES], rows), *notes.lines()]


def draw(axes: Any, found: Found) -> None:
    """A group of bars for each kernel."""
    names = names_of(found)
    height = 0.8 / len(NAMES)
    for place, contender in enumerate(NAMES):
        values = [megabytes(found, name, contender) for name in names]
        known = [(row + place * height, value) for row, value in enumerate(values) if value is not None]
        if known:
            rows, widths = zip(*known, strict=True)
            axes.barh(rows, [max(width, 0.1) for width in widths], height=height, label=contender)
    axes.set_yticks([row + 0.4 - height / 2 for row in range(len(names))], names)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("megabytes")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))


def summary(found: Found) -> list[str]:
    """Geometric means of what each peer needs beside wengert; less than a megabyte, which is noise, counts as one."""
    lines = []
    for peer in ("wengert recorded", "JAX", "PyTorch", "autograd"):
        pairs = [(megabytes(found, name, peer), megabytes(found, name, "wengert")) for name in names_of(found)]
        known = [max(other, 1.0) / max(own, 1.0) for other, own in pairs if other is not None and own is not None]
        if known:
            mean = number(statistics.geometric_mean(known))
            lines.append(f"{peer} needs {mean} times the memory of wengert (geometric mean of {len(known)} cases)")
    return lines


def behind(found: Found) -> list[str]:
    """Where a peer's sweep needs less than nine tenths of what wengert's compiled one does."""
    lines = []
    for name in names_of(found):
        own = megabytes(found, name, "wengert")
        for contender in ("JAX", "PyTorch", "autograd"):
            other = megabytes(found, name, contender)
            if own is not None and other is not None and own > 1.0 and other < 0.9 * own:
                lines.append(f"`{name}`: {own:.0f} MB, {contender} {other:.0f} MB")
    return lines
